"""What the page needs beside the picture: sizes that fit the window, names and words for screen readers, keys."""

CSS_DPI = 96  # CSS pixels per inch: a picture of 7 inches is shown 672 pixels wide on a laptop
LAPTOP = 1366  # CSS pixels of a window in which pictures have that size; they grow with a wider one
LARGEST, SMALLEST = 1.75, 0.6  # times that size
AROUND = 140  # CSS pixels of the window's height that menus, tabs and margins take
ROW = 32  # CSS pixels of a row of controls

# A white panel, so that the colours keep their contrast in a dark theme.
PANEL = "display:block;box-sizing:border-box;width:100%;background:#fff;border-radius:6px;"

# Each new picture runs this. It gives the slider's handle and the player's buttons names, which ipywidgets does
# not; it tells a screen reader what the picture shows when it has come to rest; and it keeps plain keys from
# JupyterLab and Notebook 7, in which an arrow key on a control would move on to the next cell.
SCRIPT = """
const image = this;
const name = view => {
  view.querySelectorAll('.widget-slider').forEach(slider => {
    const handle = slider.querySelector('.noUi-handle');
    handle?.setAttribute('aria-label', slider.querySelector('.widget-label').textContent);
    const words = slider.parentElement.querySelector(':scope > .widget-label')?.textContent;
    handle?.setAttribute('aria-valuetext', words || slider.querySelector('.widget-readout').textContent);
  });
  view.querySelectorAll('.widget-play button').forEach((button, i) =>
    button.setAttribute('aria-label', ['play or pause', 'back to the start', 'repeat'][i]));
  view.querySelectorAll('button[title]').forEach(button => button.setAttribute('aria-label', button.title));
  view.setAttribute('onkeydown', 'event.ctrlKey || event.metaKey || event.shiftKey || event.stopPropagation()');
};
const say = view => {
  if (!view.hfSaid) {
    view.hfSaid = document.createElement('div');
    view.hfSaid.setAttribute('aria-live', 'polite');
    view.hfSaid.style = 'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)';
    view.append(view.hfSaid);
  }
  clearTimeout(view.hfSoon);
  if (image.dataset.frame > 1) view.hfSoon = setTimeout(() => { view.hfSaid.textContent = image.alt; }, 700);
};
const start = tries => {
  const view = image.closest('.hf-explore');
  if (!view) return tries && setTimeout(start, 200, tries - 1);  // loaded before it stands in the page
  const known = view.hasAttribute('onkeydown');
  name(view);
  say(view);
  if (!known) new MutationObserver(() => name(view)).observe(view, {childList: true, subtree: true});
};
start(100);
if (!window.hfKeys) {
  window.hfKeys = true;
  window.addEventListener('keydown', event => event.target.closest?.('.hf-explore') && event.target.toggleAttribute(
    'data-lm-suppress-shortcuts', !(event.ctrlKey || event.metaKey || event.shiftKey)), true);
}
"""

# A page that is opened again has no widgets: then JupyterLab would write "model not found" above the copy.
HIDE_MISSING = ("<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child figure[id^=hf-]):not(:has(.hf-explore))"
                "{display:none}</style>")


def widest(width, height, below=0):
    """How wide a picture of so many inches may get, in CSS: it fits the window, with `below` pixels of controls.

    The last of the three bounds is the window's height; where that is unknown, as in a frame that is as
    high as its content, the picture keeps its smallest size at least.
    """
    width, shape = CSS_DPI * width, width / height
    return (f"min({LARGEST * width:.0f}px, max({width:.0f}px, {100 * width / LAPTOP:.1f}vw), "
            f"max({SMALLEST * width:.0f}px, (100vh - {AROUND + below}px) * {shape:.3f}))")


def place(width, height, below=0):
    """The CSS that gives a picture its place: its shape never makes the page jump."""
    return f"{PANEL}max-width:{widest(width, height, below)};aspect-ratio:{width:g}/{height:g};"
