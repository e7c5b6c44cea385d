"""Show a picture in a notebook: the image above, its controls below, in two columns."""

import gc
import html
import os
from contextlib import contextmanager
from threading import RLock

import ipywidgets as widgets
from IPython.display import HTML, display

from .controls import Player
from .page import HIDE_MISSING, PANEL, ROW, SCRIPT, place, widest
from .shown import close, close_former, remember

# A kernel may run two controls' messages in two threads, and matplotlib's settings are those of the process.
DRAWING = RLock()

# Two columns as wide as the picture together, below the players, which take a whole row; one in a narrow window.
COLUMNS = {"grid_template_columns": "repeat(auto-fill, minmax(min(100%, max(280px, 40%)), 1fr))", "overflow": "visible"}


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
    controls : dict
        Name → `Control`, for those that have more than one value.
    movers : dict
        Name of the control → the widget whose `value` it is.
    below : int
        CSS pixels of height that the controls take.
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
        every = picture.controls(self.data)
        start = {name: every[name].nearest(value) for name, value in start.items()}
        self.controls = {name: control for name, control in every.items() if len(control.values) > 1}
        self.names = {name: c.label or name.replace("_", " ") for name, c in self.controls.items()}
        self.image, self.movers = widgets.HTML(layout={"width": "auto", "margin": "0"}), {}
        self.still, self.stage, self.frame = "", None, 0
        rows, players = [], []
        for name, control in self.controls.items():
            row, mover = control.widget(self.names[name])
            mover.value = start.get(name, control.default)
            mover.observe(self.draw, "value")
            self.movers[name] = mover
            (players if isinstance(control, Player) else rows).append(row)
        self.below = ROW * (len(players) + (len(rows) + 1) // 2)
        self.box = widgets.VBox(layout={"overflow": "visible"}).add_class("hf-explore")
        # Apart from the picture: with every new style sheet the browser would look at the whole page again.
        hide_copy = f"<style>#hf-{self.box.model_id}{{display:none}}</style>"
        self.panel = widgets.GridBox(players + rows, layout=COLUMNS).add_class("hf-controls")
        self.box.children = [self.image, self.panel, widgets.HTML(hide_copy, layout={"display": "none"})]
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
            if self.stage is None:
                self.panel.layout.max_width = widest(*fig.get_size_inches(), self.below)
            if fig.readout:
                self._read_out(fig.readout)
            self.still, self.stage = fig.img(self.below), fig.stage
            body = self.still.replace("<img", f'<img class="hf-picture" data-frame="{self.frame}" '
                                              f'onload="{html.escape(SCRIPT)}"', 1)
        except Exception as error:
            if os.environ.get("HF_LIB_STRICT"):
                raise
            body = self._alert(error)
        self.image.value = body

    def _read_out(self, words):
        """Show what a player's frame is in place of its number."""
        for name, control in self.controls.items():
            if isinstance(control, Player):
                slider = self.movers[name]
                slider.readout, slider.words.layout.display, slider.words.value = False, None, words

    def _alert(self, error):
        call = ", ".join(f"{name}={value!r}" for name, value in self.values().items())
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        where = place(*self.stage.size, self.below) if self.stage else PANEL
        return (f'<p role="alert" class="hf-error" data-frame="{self.frame}" '
                f'style="{where}color:#a40000;padding:1em;margin:0">'
                f"{html.escape(f'{self.picture.name}({call}) failed: {reason}')}</p>")

    def static(self):
        """Return the page's copy: the picture as it stands, and what could be moved."""
        reach = "; ".join(c.reach(self.names[name]) for name, c in self.controls.items())
        caption = f"Run this cell to move {reach}." if reach else ""
        return (f'{HIDE_MISSING if reach else ""}<figure id="hf-{self.box.model_id}" style="margin:0">{self.still}'
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
