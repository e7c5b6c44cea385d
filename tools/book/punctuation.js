// For pages and slides, before their formulas are set.
"use strict";

// No line begins with a comma that belongs to the formula before it.
(() => {
  for (const formula of document.querySelectorAll("span.math")) {
    const next = formula.nextSibling;
    const marks = next?.nodeType === Node.TEXT_NODE && /^[,.;:?!)’”]+/.exec(next.data)?.[0];
    if (!marks) continue;
    const together = document.createElement("span");
    together.style.whiteSpace = "nowrap";
    formula.replaceWith(together);
    together.append(formula, marks);
    next.data = next.data.slice(marks.length);
  }
})();
