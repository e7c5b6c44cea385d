// For pages and slides, before their formulas are set: no line ends with the bracket before a formula, or begins with
// the comma behind it.
"use strict";

for (const formula of document.querySelectorAll("span.math")) {
  const [before, after] = [formula.previousSibling, formula.nextSibling];
  const words = node => (node?.nodeType === Node.TEXT_NODE ? node.data : "");
  const opening = /[([“‘]*$/.exec(words(before))[0];
  const marks = /^[,.;:?!)\]’”]*/.exec(words(after))[0];
  if (opening || marks) {
    const together = document.createElement("span");
    together.style.whiteSpace = "nowrap";
    formula.replaceWith(together);
    together.append(opening, formula, marks);
    if (opening) before.data = before.data.slice(0, -opening.length);
    if (marks) after.data = after.data.slice(marks.length);
  }
}
