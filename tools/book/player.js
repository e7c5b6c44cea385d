// Moves the figures of the book: native inputs choose among frames that were drawn beforehand.
(() => {
  "use strict";
  const REST = 700;  // ms after which a screen reader is told what the picture shows

  const wire = figure => {
    const [picture, change] = figure.querySelectorAll(".hf-picture img");
    const {controls, frames} = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const folder = picture.getAttribute("src").replace(/[^/]*$/, "");
    const said = figure.querySelector(".hf-said");
    const inputs = controls.map((_, i) => figure.querySelector(`[data-control="${i}"]`));
    const near = new Map();  // addresses → images on their way or here
    let places = controls.map(control => control.start);  // what the picture shows
    let wanted = places;  // where the reader has put each control, also one that has had to return
    let asked = 0;  // how many frames have been asked for: an older one that comes late is dropped
    let soon;

    const fetched = number => {
      const address = `${folder}${number}.webp`;
      if (!near.has(address)) {
        const image = new Image();
        image.src = address;
        near.set(address, image.decode().then(() => address, () => address));
      }
      return near.get(address);
    };
    // The addresses of a frame: the whole picture, and what is laid on it ("": nothing).
    const layers = ([whole, laid]) => Promise.all([fetched(whole), laid === null ? "" : fetched(laid)]);

    // The places after control i has gone to `place`: the others where the reader wants them, else where they are, if
    // there is such a frame; else those that move alone return to their starts.
    const moved = (i, place) => {
      const [as_wanted, as_it_is] = [wanted, places].map(all => all.map((old, j) => (j === i ? place : old)));
      const at_start = as_it_is.map((old, j) => (j !== i && controls[j].alone ? controls[j].start : old));
      return [as_wanted, as_it_is, at_start].find(next => frames[next]);
    };
    const move = (i, place) => {
      const next = moved(i, place);
      wanted = wanted.map((old, j) => (j === i ? place : old));
      show(next);
    };

    const fetch_neighbours = () => {
      controls.forEach((control, i) => {
        for (const place of [places[i] - 1, places[i] + 1]) {
          if (control.words[place] !== undefined) layers(frames[moved(i, place)]);
        }
      });
    };

    const read_out = (input, i, words) => {
      const place = places[i];
      if (input.type === "checkbox") input.checked = place === 1;
      else input.value = place;
      if (input.type !== "range") return;
      const text = input.closest(".hf-player") && words || controls[i].words[place];
      input.setAttribute("aria-valuetext", text);
      input.nextElementSibling.textContent = text;
    };

    const show = async next => {
      places = next;
      const [, , alt, words] = frames[places];
      const mine = ++asked;
      inputs.forEach((input, i) => read_out(input, i, words));
      const [whole, laid] = await layers(frames[places]);
      if (mine !== asked) return;
      picture.loading = "eager";  // both layers at once
      picture.src = whole;
      if (laid) change.src = laid;
      change.hidden = !laid;
      picture.alt = alt;
      clearTimeout(soon);
      soon = setTimeout(() => { said.textContent = alt; }, REST);
      fetch_neighbours();
    };

    const wire_player = (row, input, i) => {
      const button = row.querySelector(".hf-play");
      const last = controls[i].words.length - 1;
      let timer;
      const playing = yes => {
        clearInterval(timer);
        timer = yes ? setInterval(() => step(1), Number(row.dataset.interval)) : undefined;
        button.setAttribute("aria-label", yes ? "pause" : "play");
        button.textContent = yes ? "⏸\uFE0E" : "▶\uFE0E";
      };
      const step = by => {
        const place = Math.min(Math.max(places[i] + by, 0), last);
        if (place === last && timer) playing(false);
        move(i, place);
      };
      button.addEventListener("click", () => {
        if (timer) return playing(false);
        if (places[i] === last) move(i, 0);
        playing(true);
      });
      row.querySelector(".hf-back").addEventListener("click", () => { playing(false); step(-1); });
      row.querySelector(".hf-forth").addEventListener("click", () => { playing(false); step(1); });
      input.addEventListener("input", () => playing(false));
    };

    inputs.forEach((input, i) => {
      const place = () => (input.type === "checkbox" ? Number(input.checked) : Number(input.value));
      input.addEventListener(input.type === "range" ? "input" : "change", () => move(i, place()));
      const row = input.closest(".hf-player");
      if (row) wire_player(row, input, i);
    });
    // A page with keys of its own, as for the next chapter or slide, must not take those that move a control.
    figure.querySelector(".hf-controls").addEventListener("keydown", event => {
      if (!(event.ctrlKey || event.metaKey || event.altKey)) event.stopPropagation();
    });
    for (const reached of ["pointerenter", "focusin", "touchstart"]) {
      figure.addEventListener(reached, fetch_neighbours, {once: true, passive: true});
    }
  };

  document.querySelectorAll("figure.hf-moving").forEach(wire);
})();
