// What the pages need beside their pictures: formulas that fit, boxes that scroll by keyboard too, and folded parts that
// open for paper and for a link into them.
"use strict";

const BOXES = ".highlight pre, pre.hf-printed, .table-wrapper, div.math, mjx-container.hf-wide";
const SMALLEST = 0.65;  // of its size, to which a formula is shrunk that is too wide
const HANDFUL = 20;  // formulas
const FOR_PAPER = "details:not(.hf-hint)";

// A formula that is wider than its column gets smaller; if that is not enough, it scrolls in a box of its own.
function fitFormulas(part) {
  const formulas = [...part.querySelectorAll("mjx-container")].filter(formula => formula.checkVisibility());
  for (const formula of formulas) formula.style.fontSize = "";
  const shares = formulas.map(formula => {
    const column = formula.closest("div.math, p, li, td, summary");
    return column ? column.clientWidth / formula.firstChild.getBoundingClientRect().width : 1;
  });
  formulas.forEach((formula, i) => {
    if (shares[i] < 1) formula.style.fontSize = `${100 * Math.max(shares[i], SMALLEST)}%`;
    formula.classList.toggle("hf-wide", shares[i] < SMALLEST && !formula.hasAttribute("display"));
  });
}

// A link to a picture that is folded away opens what it lies in.
function openGoal() {
  const goal = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = goal?.closest("details:not([open])");
  if (!folded) return;
  folded.open = true;
  goal.scrollIntoView();
}

// What scrolls sideways can be reached by the Tab key; what fits is no stop on the way.
function markScrolling() {
  for (const box of document.querySelectorAll(BOXES)) {
    const more = box.scrollWidth > box.clientWidth;
    box.classList.toggle("hf-more", more);
    if (more) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
}

// The theme has two side columns of one kind; a screen reader has to tell them apart.
function nameColumns() {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All chapters");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
}

function loadMathJax() {
  const script = document.createElement("script");
  script.src = document.getElementById("mathjax").src;
  document.head.append(script);
  return new Promise(done => { script.onload = done; }).then(() => MathJax.startup.promise);
}

// Setting hundreds of formulas takes a second: the pictures come first, and between two handfuls the page answers.
async function setFormulas() {
  const formulas = [...document.querySelectorAll(".math")];
  if (formulas.length) await loadMathJax();
  for (let first = 0; first < formulas.length; first += HANDFUL) {
    await MathJax.typesetPromise(formulas.slice(first, first + HANDFUL));
    await new Promise(done => setTimeout(done));
  }
}

function settle(part) {
  fitFormulas(part);
  markScrolling();
}

function openForPaper() {
  for (const folded of document.querySelectorAll(FOR_PAPER)) {
    folded.dataset.wasOpen = folded.open;
    folded.open = true;
  }
}

function closeAgain() {
  for (const folded of document.querySelectorAll(FOR_PAPER)) folded.open = folded.dataset.wasOpen === "true";
}

nameColumns();
window.hfReady = new Promise(done => addEventListener("load", done)).then(setFormulas).then(() => settle(document));
openGoal();
addEventListener("hashchange", openGoal);
addEventListener("resize", () => settle(document));
addEventListener("beforeprint", openForPaper);
addEventListener("afterprint", closeAgain);
document.addEventListener("toggle", event => settle(event.target), true);
