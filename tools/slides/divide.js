// Puts on several slides what one does not hold.
"use strict";

const hfDivide = (() => {
  const EASY = 0.8;  // smaller than that, a slide is divided
  const DIVIDED = 0.9;  // the size for which it is divided
  const {ROOM, PICTURE, GAP, NARROWEST, figures, own_width} = hfFit;

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
    hfFit.narrow(body);
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
    const leads_on = heading || (before.node.matches("p")
      && (before.node.matches(".summary") || /Questions? for the [^.]*\.$/.test(words) || !/[.?!)”]$/.test(words)));
    let cost = before.cell === after.cell ? 0.12 : 0;
    if (before.list && before.list === after.list) cost += 0.15;
    if (after.node.matches("pre") && /^\s/.test(after.node.textContent)) cost += 0.15;  // inside a function or class
    if (leads_on) cost += 1.5;
    if (before.figure && !after.cell.matches(".code")) cost += 0.9;  // questions are asked with the picture in view
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

  // Makes a slide fit, on as many slides as that takes.
  return section => {
    hfFit.own_cells_for_pictures(section.querySelector(".body"));
    if (hfFit.best(section, EASY)) return;
    for (const page of divide(section)) {
      if (!hfFit.best(page, hfFit.LEAST)) hfFit.squeeze(page);
    }
  };
})();
