"""Interactive pictures: a pure draw function plus a few controls.

>>> from hf_lib import explore
>>> from . import style
>>> @explore.picture(kappa=explore.Log(1, 1000, default=10, label="κ"))
... def ravine(kappa):
...     fig = style.figure(6, 4)
...     fig.subplots().plot([0, 1], [0, kappa])
...     fig.alt = f"A line of slope κ = {kappa:.3g}."
...     return fig
>>> ravine(kappa=20).alt
'A line of slope κ = 20.'

In a notebook, `explore.show(ravine)` draws it with a slider named κ. Where no
widgets run (a saved page, a static viewer) the same cell shows the picture for
the default values and one line that says what could be moved.
"""

from .controls import Choice, Integer, Log, Player, Slider, Switch
from .picture import Picture, picture, pictures
from .progress import Progress
from .view import View, show

__all__ = ["Choice", "Integer", "Log", "Picture", "Player", "Progress", "Slider", "Switch", "View",
           "picture", "pictures", "show"]
