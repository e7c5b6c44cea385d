// Makes what a slide holds fit on it: smaller, or with its text beside its picture.
"use strict";

const hfFit = (() => {
  const LEAST = 0.6;  // what cannot be divided becomes no smaller
  const STEP = 0.05;
  const PICTURE = {most: 1.25, least: 0.88};  // of its own width
  const GAP = 32;  // px between a picture and the text beside it
  const NARROWEST = 290;  // px of a column of text

  const figures = body => [...body.querySelectorAll("figure")];
  const own_width = figure => Number(figure.querySelector("img").getAttribute("width"));
  const ROOM = 720 - 24 - 46;  // px: a slide's height without its paddings in deck.css
  const height_of = body => {
    const top = body.getBoundingClientRect().top;
    return Math.max(0, ...[...body.children].map(cell => cell.getBoundingClientRect().bottom - top));
  };

  // Formulas, code and tables that are wider than their column become smaller; code at last breaks its lines.
  const widen = body => {
    const wide = [...body.querySelectorAll(".cell :is(pre, mjx-container, table)")];
    for (const one of wide) {
      one.style.setProperty("--narrow", 1);
      one.classList.remove("broken");
    }
    return wide;
  };
  const narrow = body => {
    const wide = widen(body);
    const ratios = wide.map(one => {
      const width = one.matches("mjx-container") ? one.firstElementChild.getBoundingClientRect().width : one.scrollWidth;
      const column = one.matches("pre") ? one : one.parentElement.closest("div, p, li, td, section, blockquote");
      return column.clientWidth / width;
    });
    wide.forEach((one, i) => {
      if (ratios[i] >= 1) return;
      const breaks = one.matches("pre") && ratios[i] < 0.75;
      one.style.setProperty("--narrow", breaks ? 0.85 : 0.99 * ratios[i]);
      one.classList.toggle("broken", breaks);
    });
  };

  // Pictures as large as the height allows; returns the smallest, as a part of its own width.
  const size_pictures = (body, beside) => {
    const shown = figures(body);
    const most = body.clientWidth - (beside ? NARROWEST + GAP : 0);
    let factor = Math.min(PICTURE.most, ...shown.map(figure => most / own_width(figure)));
    const set = () => {
      for (const figure of shown) figure.style.setProperty("--picture", `${factor * own_width(figure)}px`);
      body.style.setProperty("--side", `${factor * own_width(shown[0]) + GAP}px`);
    };
    set();
    for (let turn = 0; turn < 3; turn++) {
      const over = height_of(body) - ROOM;
      if (over <= 0) break;
      const tall = shown.map(figure => figure.querySelector(".hf-picture").clientHeight / factor);
      factor = Math.max(LEAST, factor - 1.02 * over / tall.reduce((sum, one) => sum + one, 0));
      set();
    }
    return factor;
  };

  const set = (section, size, beside) => {
    const body = section.querySelector(".body");
    body.style.setProperty("--size", size);
    body.classList.toggle("beside", beside);
    let factor = 1;
    if (figures(body).length) {  // the column's width depends on the picture's height, and that on the column's
      widen(body);
      size_pictures(body, beside);
      narrow(body);
      factor = size_pictures(body, beside);
    }
    narrow(body);
    return {factor, height: height_of(body)};
  };

  // A picture at the beginning or the end of a slide may stand beside its text, but not beside code.
  const may_stand_beside = section => {
    const cells = [...section.querySelectorAll(".body > .cell")];
    const shown = cells.filter(cell => cell.matches(".picture"));
    return shown.length === 1 && cells.length > 1 && [cells[0], cells.at(-1)].includes(shown[0])
      && !section.querySelector(".cell pre");
  };

  // The largest size that fits, and whether with the text beside the picture; undefined where none is at least `least`.
  const best = (section, least) => {
    let found;
    for (const beside of may_stand_beside(section) ? [false, true] : [false]) {
      let size = 1, tried = set(section, size, beside);
      while (size > least && (tried.height > ROOM || tried.factor < PICTURE.least)) {
        size = Math.max(least, Math.min(size - STEP, size * Math.sqrt(ROOM / tried.height)));
        tried = set(section, size, beside);
      }
      if (tried.height > ROOM || tried.factor < PICTURE.least) continue;
      const score = size * Math.min(1, tried.factor) - (beside ? 0.05 : 0);
      if (!found || score > found.score) found = {size, beside, score};
    }
    if (found) set(section, found.size, found.beside);
    return found;
  };

  // What cannot be made to fit is shown as a whole, however small.
  const squeeze = section => {
    const body = section.querySelector(".body");
    set(section, LEAST, false);
    body.style.transform = `scale(${Math.min(1, ROOM / height_of(body))})`;
  };

  const own_cells_for_pictures = body => {
    for (const figure of figures(body)) {
      const cell = figure.closest(".cell");
      const [before, after] = [cell.cloneNode(false), cell.cloneNode(false)];
      let block = figure;
      while (block.parentElement !== cell) block = block.parentElement;
      while (cell.firstChild !== block) before.append(cell.firstChild);
      while (cell.lastChild !== block) after.prepend(cell.lastChild);
      if (before.children.length) cell.before(before);
      if (after.children.length) cell.after(after);
      cell.classList.add("picture");
    }
  };

  return {
    ROOM, LEAST, PICTURE, GAP, NARROWEST, figures, own_width, narrow, best, squeeze, own_cells_for_pictures,
  };
})();
