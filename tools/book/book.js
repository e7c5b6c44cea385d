// What the pages need beside their pictures: boxes that scroll by keyboard too, and folded parts that open for paper.
"use strict";

const BOXES = ".highlight pre, pre.hf-printed, .table-wrapper, div.math, mjx-container.hf-wide, .hf-film";
const HANDFUL = 20;  // formulas
const FOR_PAPER = "details:not(.hf-hint)";

// A formula in a line that is wider than its column scrolls in a box of its own.
function boxWideFormulas() {
  for (const formula of document.querySelectorAll("mjx-container:not([display])")) {
    const column = formula.closest("p, li, td, summary");
    formula.classList.toggle("hf-wide", Boolean(column) && formula.firstChild.clientWidth > column.clientWidth);
  }
}

// What scrolls sideways can be reached by the Tab key; what fits is no stop on the way.
function markScrolling() {
  for (const box of document.querySelectorAll(BOXES)) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
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

function settle() {
  boxWideFormulas();
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
window.hfReady = new Promise(done => addEventListener("load", done)).then(setFormulas).then(settle);
addEventListener("resize", settle);
addEventListener("beforeprint", openForPaper);
addEventListener("afterprint", closeAgain);
document.addEventListener("toggle", markScrolling, true);
