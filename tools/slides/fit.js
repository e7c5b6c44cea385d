// Makes what a slide holds fit on it: smaller, with its text beside its picture, or on several slides.
"use strict";

const hfFit = (() => {
  const EASY = 0.8;  // smaller than that, a slide is divided
  const DIVIDED = 0.9;  // the size for which it is divided
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

  // What can go on different slides: blocks of text, points of a list, paragraphs of code.
  const units_of = body => {
    const units = [];
    let waiting = [];
    for (const cell of body.children) {
      if (cell.matches("aside")) {
        (units.at(-1)?.notes ?? waiting).push(cell);
        continue;
      }
      const blocks = [...cell.children].flatMap(block => (block.matches("ul, ol") ? [...block.children] : [block]));
      for (const node of blocks) {
        units.push({node, cell, list: node.matches("li") ? node.parentElement : null, notes: waiting,
                    place: [...node.parentElement.children].indexOf(node)});
        waiting = [];
      }
    }
    return units;
  };

  const measure = (section, units) => {
    const body = section.querySelector(".body");
    body.style.setProperty("--size", DIVIDED);
    body.classList.remove("beside");
    for (const figure of figures(body)) figure.style.setProperty("--picture", `${own_width(figure)}px`);
    narrow(body);
    for (const unit of units) {
      const {top, bottom} = unit.node.getBoundingClientRect();
      Object.assign(unit, {top, bottom, figure: unit.node.matches("figure") ? unit.node : null});
    }
  };

  // How bad it is to end a slide after a unit.
  const cut = (before, after) => {
    const words = before.node.textContent.trim();
    const heading = before.node.matches("h1, h2, h3, h4") || before.node.firstElementChild?.matches("strong")
      && before.node.firstElementChild.textContent === words;
    const leads_on = heading || (before.node.matches("p") && /[:,]$/.test(words));
    let cost = before.cell === after.cell ? 0.12 : 0;
    if (before.list && before.list === after.list) cost += 0.15;
    if (after.node.matches("pre") && /^\s/.test(after.node.textContent)) cost += 0.15;  // inside a function or class
    if (leads_on) cost += 1.5;
    if (before.figure && !after.cell.matches(".code")) cost += 0.4;
    return cost;
  };

  // How well units i to j fill a slide; Infinity where they do not fit.
  const fill = (units, i, j, width) => {
    const chosen = units.slice(i, j + 1);
    const high = units[j].bottom - units[i].top;
    if (high <= ROOM) return 0.6 * (1 - high / ROOM) ** 2;
    if (i === j) return 1;
    const shown = chosen.filter(unit => unit.figure);
    if (shown.length !== 1 || ![units[i], units[j]].includes(shown[0])) return Infinity;
    if (chosen.some(unit => unit.node.matches("pre"))) return Infinity;
    const column = width - PICTURE.least * own_width(shown[0].figure) - GAP;
    const tall = shown[0].bottom - shown[0].top;
    const text = (high - tall) * 1.05 * width / column;
    return column >= NARROWEST && text <= ROOM ? 0.2 : Infinity;
  };

  // The first units of the slides, so that these are few, well filled, and end where a thought ends.
  const first_units = (units, width) => {
    const cost = [0], from = [0];
    for (let j = 1; j <= units.length; j++) {
      cost[j] = Infinity;
      for (let i = 0; i < j; i++) {
        const total = cost[i] + 1 + fill(units, i, j - 1, width)
          + (j < units.length ? cut(units[j - 1], units[j]) : 0);
        if (total < cost[j]) [cost[j], from[j]] = [total, i];
      }
    }
    const firsts = [];
    for (let j = units.length; j > 0; j = from[j]) firsts.unshift(from[j]);
    return firsts;
  };

  const shell = (node, unit) => {
    const copy = node.cloneNode(false);
    if (node.matches("ol")) copy.start = node.start + unit.place;
    return copy;
  };

  // Put units on a slide of their own, in copies of what they stood in.
  const put = (section, units) => {
    const body = section.querySelector(".body");
    let last = {};
    for (const unit of units) {
      if (last.cell !== unit.cell || last.figure || unit.figure) {
        body.append(shell(unit.cell, unit));
        last = {};
      }
      const box = body.lastElementChild;
      if (unit.list && last.list !== unit.list) box.append(shell(unit.list, unit));
      (unit.list ? box.lastElementChild : box).append(unit.node);
      last = unit;
    }
    body.firstElementChild.classList.remove("fragment");
    body.append(...units.flatMap(unit => unit.notes));
  };

  const divide = section => {
    const units = units_of(section.querySelector(".body"));
    measure(section, units);
    const firsts = first_units(units, section.querySelector(".body").clientWidth);
    const made = firsts.map((first, k) => {
      const page = section.cloneNode(false);
      if (k) page.removeAttribute("id");
      page.append(section.querySelector(".body").cloneNode(false));
      return [page, units.slice(first, firsts[k + 1])];
    });
    section.after(...made.map(([page]) => page));
    for (const [page, share] of made) put(page, share);
    section.remove();
    return made.map(([page]) => page);
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

  return section => {
    own_cells_for_pictures(section.querySelector(".body"));
    if (best(section, EASY)) return;
    for (const page of divide(section)) {
      if (!best(page, LEAST)) squeeze(page);
    }
  };
})();
