// Sets the formulas, makes every slide fit, and starts reveal.js.
"use strict";

window.hfReady = (async () => {
  await new Promise(done => (document.readyState === "complete" ? done() : addEventListener("load", done)));
  await MathJax.startup.promise;
  await MathJax.typesetPromise([...document.querySelectorAll(".math")]);
  // The speaker's window, which has none of MathJax's styles, would show them as formulas once more.
  document.querySelectorAll("aside.notes mjx-assistive-mml").forEach(copy => copy.remove());
  document.querySelectorAll("section.page").forEach(hfDivide);
  document.querySelector(".wait").remove();
  document.body.classList.remove("setting");
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, hash: true, slideNumber: "c/t", transition: "none",
    plugins: [RevealNotes],
  });
})();
