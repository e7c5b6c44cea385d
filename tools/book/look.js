// What is wrong with a page as it stands, each fault a sentence; an empty list where nothing is.
() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`the page scrolls sideways by ${wide} px`);
  const unset = document.querySelectorAll(".math").length - document.querySelectorAll(".math mjx-container").length;
  if (unset > 0) faults.push(`${unset} formulas are not set`);
  for (const error of document.querySelectorAll("mjx-merror")) faults.push(`a formula has an error: ${error.textContent}`);
  for (const picture of document.querySelectorAll("img:not([hidden])")) {
    if (!picture.complete || !picture.naturalWidth) faults.push(`a picture is missing: ${picture.getAttribute("src")}`);
    if (!picture.alt.trim() && !picture.matches(".hf-change")) faults.push(`a picture has no description: ${picture.getAttribute("src")}`);
  }
  return faults;
}
