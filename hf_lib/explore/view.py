"""Show a picture in a notebook: the image above, its controls below."""

import gc
import html
import os
from contextlib import contextmanager
from threading import RLock

import ipywidgets as widgets
from IPython.display import HTML, display

from .canvas import PANEL
from .shown import close, close_former, remember

# A kernel may run two controls' messages in two threads, and matplotlib's settings are those of the process.
DRAWING = RLock()

# Each new picture puts two things right for those who do not use a mouse: ipywidgets leaves a slider's
# handle and the player's buttons without a name for screen readers; and JupyterLab takes plain keys for
# itself, so that an arrow key on a drop-down would move on to the next cell.
KEYBOARD_AND_NAMES = """
const image = this;
const mend = view => {
  view.querySelectorAll('.widget-slider').forEach(slider => {
    const handle = slider.querySelector('.noUi-handle');
    handle?.setAttribute('aria-label', slider.querySelector('.widget-label').textContent);
    handle?.setAttribute('aria-valuetext', slider.querySelector('.widget-readout').textContent);
  });
  view.querySelectorAll('.widget-play button').forEach((button, i) =>
    button.setAttribute('aria-label', ['play or pause', 'back to the start', 'repeat'][i]));
  view.querySelectorAll('button[title]').forEach(button => button.setAttribute('aria-label', button.title));
  view.setAttribute('onkeydown', 'event.ctrlKey || event.metaKey || event.shiftKey || event.stopPropagation()');
};
const start = tries => {
  const view = image.closest('.hf-explore');
  if (!view) return tries && setTimeout(start, 200, tries - 1);  // loaded before it stands in the page
  const known = view.hasAttribute('onkeydown');
  mend(view);
  if (!known) new MutationObserver(() => mend(view)).observe(view, {childList: true, subtree: true});
};
start(100);
"""


@contextmanager
def young_figures():
    """Throw a figure away as soon as it has been drawn, and collect no other garbage meanwhile.

    A figure is thousands of objects in cycles. If such figures grow old, then every twentieth picture
    waits for a collection that looks at all objects there are, which takes longer than the picture.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if collecting:
            gc.enable()


class View:
    """A picture, the widgets that move it, and the page's copy for where none run.

    Attributes
    ----------
    movers : dict
        Name of the control → the widget whose `value` it is.
    image : ipywidgets.HTML
        Holds the `<img alt>`, or one line with `role="alert"` where drawing failed.
    frame : int
        How often the picture was drawn.
    still : str
        The last picture as `<img alt>`; `stage`, what it leaves to the next.
    """

    def __init__(self, picture, **given):
        self.picture = picture
        start, self.data = picture.split(given)
        self.controls = picture.controls(self.data)
        self.names = {name: c.label or name.replace("_", " ") for name, c in self.controls.items()}
        self.image, self.movers = widgets.HTML(layout={"width": "100%"}), {}
        self.still, self.stage, self.frame = "", None, 0
        rows = [self.image]
        for name, control in self.controls.items():
            row, mover = control.widget(self.names[name])
            if name in start:
                mover.value = control.nearest(start[name])
            mover.observe(self.draw, "value")
            self.movers[name] = mover
            rows.append(row)
        self.box = widgets.VBox().add_class("hf-explore")
        # Apart from the picture: with every new style sheet the browser would look at the whole page again.
        hide_copy = f"<style>#hf-{self.box.model_id}{{display:none}}</style>"
        self.box.children = [*rows, widgets.HTML(hide_copy, layout={"display": "none"})]
        self.draw()

    def close(self):
        """Let the widgets go, and the data with them."""
        close(self.box)

    def values(self):
        """Return name → value, as the controls stand."""
        return {name: self.controls[name].nearest(w.value) for name, w in self.movers.items()}

    def draw(self, _change=None):
        """Draw the picture for the controls' values, or say in its place why it cannot be.

        The page waits for one picture before it asks for the next, and asks for
        the newest values only: late frames cannot pile up.
        """
        with DRAWING, young_figures():
            self._draw()

    def _draw(self):
        self.frame += 1
        try:
            fig = self.picture(**self.data, **self.values())
            if self.stage is None:
                fig.lead()
            else:
                fig.follow(self.stage)
                fig.keep(self.stage)
            self.still, self.stage = fig.img(), fig.stage
            body = self.still.replace("<img", f'<img class="hf-picture" data-frame="{self.frame}" '
                                              f'onload="{html.escape(KEYBOARD_AND_NAMES)}"', 1)
        except Exception as error:
            if os.environ.get("HF_LIB_STRICT"):
                raise
            body = self._alert(error)
        self.image.value = body

    def _alert(self, error):
        call = ", ".join(f"{name}={value!r}" for name, value in self.values().items())
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        place = self.stage.box if self.stage else PANEL
        return (f'<p role="alert" class="hf-error" data-frame="{self.frame}" '
                f'style="{place}color:#a40000;padding:1em;margin:0">'
                f"{html.escape(f'{self.picture.name}({call}) failed: {reason}')}</p>")

    def static(self):
        """Return the page's copy: the picture as it stands, and what could be moved."""
        reach = "; ".join(c.reach(self.names[name]) for name, c in self.controls.items())
        caption = f"In a running notebook you can move: {reach}." if reach else ""
        return (f'<figure id="hf-{self.box.model_id}" style="margin:0">{self.still}'
                f"<figcaption>{html.escape(caption)}</figcaption></figure>")


def show(picture, **given):
    """Show a picture with its controls in a notebook.

    Two outputs: the widgets, which hide the second wherever they run; and a copy
    as plain HTML, for saved pages and static viewers. With the environment
    variable ``HF_LIB_STRICT`` set, an error in the draw function is raised
    rather than shown. What the same cell showed when it last ran is closed.

    Parameters
    ----------
    picture : Picture
    **given
        The data that the draw function needs; and, for a control, the value it
        starts from.
    """
    close_former()
    view = View(picture, **given)
    remember(view)
    if view.controls:
        display({"application/vnd.jupyter.widget-view+json":
                 {"version_major": 2, "version_minor": 0, "model_id": view.box.model_id},
                 "text/html": ""}, raw=True)  # nothing, where no widgets run: the copy follows
    display(HTML(view.static()))
