// What is wrong with the slide that is shown, each fault a sentence; all that appears at a click has appeared.
() => {
  const slide = Reveal.getCurrentSlide();
  const body = slide.querySelector(".body");
  const size = Number(body.style.getPropertyValue("--size"));
  const faults = [];
  slide.querySelectorAll(".fragment").forEach(part => part.classList.add("visible"));
  if (body.style.transform) faults.push("it holds more than it can show in letters that can be read");
  if (!slide.querySelector(".cell")) faults.push("it is empty");
  const page = slide.getBoundingClientRect();
  const foot = page.bottom - parseFloat(getComputedStyle(slide).paddingBottom) * page.height / 720;
  for (const part of body.querySelectorAll(".cell *")) {
    if (part.closest("svg, mjx-assistive-mml, .hf-said, noscript, script")) continue;
    const box = part.getBoundingClientRect();
    const out = box.left < page.left - 1 || box.right > page.right + 1 || box.top < page.top - 1 || box.bottom > foot + 1;
    if (box.width && box.height && out) faults.push(`cut off: ${part.tagName} ${part.textContent.trim().slice(0, 40)}`);
    if (part.matches("pre") && part.scrollWidth > part.clientWidth + 1) faults.push(`code is cut off: ${part.textContent.slice(0, 40)}`);
  }
  const letters = [...body.querySelectorAll("p, li, td, pre")].filter(part => part.getClientRects().length)
    .map(part => parseFloat(getComputedStyle(part).fontSize));
  return {faults, size, letters: Math.min(26, ...letters)};
}
