"""Show a picture in a notebook: the image above, its controls below."""

import html
import os

import ipywidgets as widgets
from IPython.display import HTML, display

# ipywidgets leaves a slider's handle and the player's buttons without a name.
# Each new picture puts them right, for screen readers.
NAMING = """
const view = this.closest('.hf-explore');
view?.querySelectorAll('.widget-slider').forEach(slider => {
  const handle = slider.querySelector('.noUi-handle');
  handle?.setAttribute('aria-label', slider.querySelector('.widget-label').textContent);
  handle?.setAttribute('aria-valuetext', slider.querySelector('.widget-readout').textContent);
});
view?.querySelectorAll('.widget-play button').forEach((button, i) =>
  button.setAttribute('aria-label', ['play or pause', 'back to the start', 'repeat'][i]));
"""


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
    """

    def __init__(self, picture, **given):
        self.picture = picture
        start, self.data = picture.split(given)
        self.controls = picture.controls(self.data)
        self.image, self.movers, self.frame = widgets.HTML(layout={"width": "100%"}), {}, 0
        self.names = {name: c.label or name.replace("_", " ") for name, c in self.controls.items()}
        rows = [self.image]
        for name, control in self.controls.items():
            row, mover = control.widget(self.names[name])
            if name in start:
                mover.value = control.nearest(start[name])
            mover.observe(self.draw, "value")
            self.movers[name] = mover
            rows.append(row)
        self.box = widgets.VBox(rows, layout={"overflow": "visible"})
        self.box.add_class("hf-explore")
        self.draw()

    def values(self):
        """Return name → value, as the controls stand."""
        return {name: self.controls[name].nearest(w.value) for name, w in self.movers.items()}

    def draw(self, _change=None):
        """Draw the picture for the controls' values, or say in its place why it cannot be."""
        self.frame += 1
        try:
            self.drawn = self.picture(**self.data, **self.values())
            body = self.drawn.img(class_="hf-picture", data_frame=self.frame, onload=NAMING)
        except Exception as error:
            if os.environ.get("HF_LIB_STRICT"):
                raise
            body = self._alert(error)
        hide_copy = f"<style>#static-{self.box.model_id}{{display:none}}</style>"
        self.image.value = hide_copy + body

    def _alert(self, error):
        settings = ", ".join(f"{name} = {value}" for name, value in self.values().items())
        words = f"{self.picture.name} cannot be drawn for {settings}: {error}"
        return (f'<p role="alert" class="hf-error" data-frame="{self.frame}" '
                f'style="background:#fff;color:#a00;padding:1em">{html.escape(words)}</p>')

    def static(self):
        """Return the picture as it stands, as HTML, with a line that says what could be moved."""
        reach = "; ".join(c.reach(self.names[name]) for name, c in self.controls.items())
        caption = f"<figcaption>In a running notebook you can move {html.escape(reach)}.</figcaption>"
        return f'<figure id="static-{self.box.model_id}" style="margin:0">{self.drawn.img()}{caption}</figure>'


def show(picture, **given):
    """Show a picture with its controls in a notebook.

    Parameters
    ----------
    picture : Picture
    **given
        The data that the draw function needs; and, for a control, the value it
        starts from.
    """
    view = View(picture, **given)
    widget = {"application/vnd.jupyter.widget-view+json":
              {"version_major": 2, "version_minor": 0, "model_id": view.box.model_id}}
    display(widget, raw=True)
    display(HTML(view.static()))
