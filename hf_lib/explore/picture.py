"""A picture: a pure draw function, its controls, and an example of the data it needs."""

import functools
import inspect

from . import style
from .controls import Control


class Picture:
    """A draw function that knows its controls; calling it draws.

    Missing controls take their defaults, so `ravine()` is the picture that a
    reader meets first. Made by the decorator `picture`.

    Raises
    ------
    TypeError
        If a control is no argument of the draw function, or the draw function
        returns something other than a figure made by `style.figure`.
    ValueError
        If the picture has no alt text, or needs data and has no example of it.
    """

    def __init__(self, draw, example, controls):
        functools.update_wrapper(self, draw)
        self.name = draw.__name__
        self.draw, self.example, self._controls = draw, example, controls
        parameters = inspect.signature(draw).parameters
        for name in controls:
            if name not in parameters:
                raise TypeError(f"{self.name}: control {name!r} is no argument of the draw function")
        needed = [p.name for p in parameters.values()
                  if p.name not in controls and p.default is p.empty]
        if needed and example is None:
            raise ValueError(f"{self.name} needs {', '.join(needed)}: "
                             "give @picture a function that returns an example of them")

    def __repr__(self):
        return f"<picture {self.name} with controls {list(self._controls)}>"

    def split(self, given):
        """Part the keyword arguments into values of controls and data."""
        values = {k: v for k, v in given.items() if k in self._controls}
        data = {k: v for k, v in given.items() if k not in self._controls}
        return values, data

    def controls(self, data):
        """Return name → control, where those that depend on the data have seen it."""
        return {name: c if isinstance(c, Control) else c(**data)
                for name, c in self._controls.items()}

    def __call__(self, **given):
        values, data = self.split(given)
        defaults = {name: c.default for name, c in self.controls(data).items()}
        with style.context():
            fig = self.draw(**data, **(defaults | values))
        if not isinstance(fig, style.Figure):
            raise TypeError(f"{self.name} returned {type(fig).__name__}, expected a style.figure(…)")
        if not fig.alt:
            raise ValueError(f"{self.name} wrote no alt text: set fig.alt to what the picture shows")
        return fig


def picture(example=None, /, **controls):
    """Make a draw function into a `Picture`.

    Parameters
    ----------
    example : callable, optional
        Returns a dict of the arguments that are not controls (a recorded run,
        say), so that tests can draw the picture.
    **controls : Control or callable
        One for each argument that the reader moves. A control that depends on
        the data is a function of it: ``k=lambda run: Player(len(run))``.
    """
    return lambda draw: Picture(draw, example, controls)


def pictures(module):
    """Return name → `Picture` for every picture of a module, in the order of its ``__all__`` if it has one."""
    names = getattr(module, "__all__", vars(module))
    return {name: vars(module)[name] for name in names if isinstance(vars(module)[name], Picture)}
