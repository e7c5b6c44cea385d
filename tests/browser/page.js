// What the browser tests ask of the page; loaded into it before anything else.
window.hf = (() => {
  const tests = { pressed: 0, taken: 0 };
  window.addEventListener('keydown', () => { tests.pressed = performance.now(); }, true);

  const text = node => node?.textContent.trim() ?? '';

  const sleep = ms => new Promise(wake => setTimeout(wake, ms));

  const fingerprint = text => {
    let hash = 0;
    for (let i = 0; i < text.length; i++) hash = (31 * hash + text.charCodeAt(i)) | 0;
    return hash;
  };

  // Where a figure stands: how far a moved control lets the page jump is measured from here.
  const place = view => {
    const box = view.getBoundingClientRect();
    return [box.top, box.height];
  };

  const look = (view, time) => {
    const picture = view.querySelector('[data-frame]');
    return {
      frame: Number(picture?.dataset.frame ?? 0), time, pressed: tests.pressed,
      error: picture?.matches('.hf-error') ? picture.textContent : null,
      alt: picture?.alt ?? '', picture: fingerprint(picture?.src ?? ''), jump: view.hfJump ?? 0,
    };
  };

  // Keep an eye on a figure: each new picture counts from the moment at which it is painted.
  tests.watch = view => {
    if (view.hfLast) return view.hfLast;
    view.hfWaiting = [];
    view.hfLast = look(view, performance.now());
    const measure = () => {
      if (!view.hfHome) return;
      const [top, height] = place(view);
      view.hfJump = Math.max(view.hfJump, Math.abs(top - view.hfHome[0]), Math.abs(height - view.hfHome[1]));
    };
    let seen = view.hfLast.frame;
    new MutationObserver(async () => {
      const picture = view.querySelector('[data-frame]');
      const frame = Number(picture?.dataset.frame ?? seen);
      if (frame === seen) return;
      seen = frame;
      measure();
      await picture.decode?.().catch(() => {});
      requestAnimationFrame(() => {
        const time = performance.now();
        measure();
        view.hfLast = look(view, time);
        view.hfWaiting.splice(0).forEach(tell => tell());
      });
    }).observe(view, { childList: true, subtree: true });
    return view.hfLast;
  };

  // Before a move: from now on the figure has to stay where it is.
  tests.hold = view => {
    view.hfHome = place(view);
    view.hfJump = 0;
    return view.hfLast;
  };

  // The first picture after `frame`, or null where none comes in time.
  tests.after = async (view, frame, ms) => {
    const late = sleep(ms).then(() => null);
    while (view.hfLast.frame <= frame) {
      const news = new Promise(tell => view.hfWaiting.push(() => tell(true)));
      if (!await Promise.race([news, late])) return null;
    }
    return view.hfLast;
  };

  // The last of the pictures after `frame`: none newer follows within `quiet` milliseconds.
  tests.last = async (view, frame, ms, quiet) => {
    let look = await tests.after(view, frame, ms);
    for (let next = look; next; next = await tests.after(view, look.frame, quiet)) look = next;
    return look;
  };

  // Whether a control still has the keyboard. JupyterLab takes it now and then for the notebook as a whole after
  // that was opened (its issue 18457): once a notebook that is no fault of the figure.
  tests.has_keyboard = control => {
    const holder = document.activeElement;
    if (holder === control) return true;
    const taken = holder !== document.body && holder.contains(control);
    return taken && ++tests.taken === 1;
  };

  // Open a notebook in place of the one before: true where that was done in time.
  tests.open = async (path, ms) => {
    const app = window.jupyterapp;
    tests.taken = 0;
    app.shell.currentWidget?.dispose();
    const opened = async () => {
      const panel = await app.commands.execute('docmanager:open', { path });
      await panel.context.ready;
      await panel.revealed;
      await panel.sessionContext.ready;
      return true;
    };
    return await Promise.race([opened(), sleep(ms)]) === true;
  };

  // Run all its cells: true where all of them ran, and in time.
  tests.run = async ms => {
    const ran = window.jupyterapp.commands.execute('notebook:run-all-cells');
    return await Promise.race([ran, sleep(ms)]) === true;
  };

  // The figures that can be moved, each with the copy for pages without widgets that stands beside it.
  const figures = cell => ({
    views: [...cell.querySelectorAll('.hf-explore')],
    copies: [...cell.querySelectorAll('figure[id^=hf-]')].filter(copy => text(copy.querySelector('figcaption'))),
  });

  // Whether all figures, of which so many were shown, are there: they come a moment after their cell has run.
  tests.standing = shown => {
    const { views, copies } = figures(document);
    return document.querySelectorAll('figure[id^=hf-]').length >= shown && views.length >= copies.length
      && [...document.querySelectorAll('.jp-Notebook img')].every(i => i.complete);
  };

  // Put the file browser beside the notebook, as it stands when the course is opened; or take it away.
  tests.files = async shown => {
    const { shell, commands } = window.jupyterapp;
    shell.mode = shown ? 'multiple-document' : 'single-document';
    if (shown) await commands.execute('filebrowser:activate');
    else shell.collapseLeft();
  };

  const scrolls = node => node.scrollWidth > node.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(node).overflowX);

  // Code and figures that scroll sideways, and figures that are higher with their controls than `most` pixels or
  // than the window shows of the notebook: [what, sentence] each.
  tests.misfits = most => {
    const found = [];
    const room = Math.min(most, document.querySelector('.jp-WindowedPanel-outer').clientHeight);
    document.querySelectorAll('.jp-Notebook .jp-Cell').forEach((cell, index) => {
      const say = (what, words) => found.push([what, `cell ${index + 1}: ${words}`]);
      if (cell.matches('.jp-CodeCell') && scrolls(cell.querySelector('.cm-scroller'))) {
        say('code', 'its code scrolls sideways');
      }
      cell.querySelectorAll('.jp-OutputArea-output').forEach(output => {
        if (!output.querySelector('.hf-explore, figure')) return;
        if ([output, ...output.querySelectorAll('*')].some(scrolls)) say('figure', 'its figure scrolls sideways');
      });
      cell.querySelectorAll('.hf-explore').forEach(view => {
        const height = view.getBoundingClientRect().height;
        if (height > room) say('figure', `its figure with the controls is ${Math.round(height)} pixels high, of ${room}`);
      });
    });
    return found;
  };

  // What a screen reader calls a control.
  const name = control => control.getAttribute('aria-label')?.trim()
    || text(document.getElementById(control.getAttribute('aria-labelledby')))
    || [...control.labels ?? []].map(text).join(' ') || text(control);  // a title does not name an icon

  // Everything in the open notebook that ought not to be there, as sentences.
  tests.faults = () => {
    const found = [];
    document.querySelectorAll('.jp-Notebook .jp-Cell').forEach((cell, index) => {
      const say = words => found.push(`cell ${index + 1}: ${words}`);
      const all = (selector, then) => cell.querySelectorAll(selector).forEach(then);
      if (/^\[[ *]?\]:$/.test(text(cell.querySelector('.jp-InputPrompt')))) say('it did not run');
      all('[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]',
        node => say(`an error or a warning is shown: ${text(node).slice(-200)}`));
      all('.jp-OutputArea-output', node => {
        if (node.offsetParent && /model not found|error displaying widget/i.test(text(node))) say(`a widget is missing: ${text(node)}`);
      });
      all('.hf-error, .jp-OutputArea-output [role=alert]', node => say(`an error line is shown: ${text(node)}`));
      all('img', node => {
        if (['', 'Image'].includes(node.alt.trim())) say('an image has no alt text');  // 'Image' is JupyterLab's
        if (node.complete && !node.naturalWidth) say(`an image is broken: ${node.alt}`);
      });
      all('.hf-explore :is([role=slider], button, select, input)', node => {
        if (!name(node)) say(`a control has no name: ${node.outerHTML.slice(0, 120)}`);
      });
      const { views, copies } = figures(cell);
      if (views.length !== copies.length) {
        say(`${copies.length} interactive figures were asked for, ${views.length} are there`);
      }
      if (copies.some(copy => getComputedStyle(copy).display !== 'none')) {
        say('the copy for pages without widgets shows beside the figure');
      }
    });
    return found;
  };
  return tests;
})();
