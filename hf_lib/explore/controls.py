"""The controls of a picture: each is a finite list of values, a default and a widget.

Because the list is finite, tests can draw whatever a reader can reach.
"""

from dataclasses import KW_ONLY, dataclass
from math import log10

import ipywidgets as widgets
import numpy as np

WIDE = {"style": {"description_width": "initial"}, "layout": {"width": "min(100% - 4px, 420px)"}}


@dataclass(frozen=True)
class Control:
    """What all controls share.

    Attributes
    ----------
    label : str
        The name the reader sees; the parameter's own name where it is empty.
    values : list
        Every value the control can take; `ends` are those at its corners.
    """

    _: KW_ONLY
    label: str = ""
    default: object = None

    def __post_init__(self):
        if not self.values:
            raise ValueError(f"{self!r} has no value to choose")
        if self.default is None:
            object.__setattr__(self, "default", self.values[0])
        else:
            object.__setattr__(self, "default", self.nearest(self.default))

    @property
    def ends(self):
        return list(dict.fromkeys([self.values[0], self.values[-1]]))

    def nearest(self, value):
        """Return the member of `values` that `value` means; ValueError if there is none."""
        if value not in self.values:
            raise ValueError(f"{type(self).__name__}: {value!r} is not one of {self.values}")
        return self.values[self.values.index(value)]


@dataclass(frozen=True)
class Slider(Control):
    """Evenly spaced numbers low, low + step, …, high (by default in 100 steps)."""

    low: float
    high: float
    step: float | None = None

    def __post_init__(self):
        if not self.low < self.high:
            raise ValueError(f"{type(self).__name__}: low = {self.low} is not below high = {self.high}")
        if self.step is None:
            object.__setattr__(self, "step", (self.high - self.low) / 100)
        count = (self.high - self.low) / self.step
        if not (self.step > 0 and abs(count - round(count)) < 1e-6):
            raise ValueError(f"Slider: step = {self.step} does not divide {self.low} to {self.high}")
        super().__post_init__()

    @property
    def values(self):
        count = round((self.high - self.low) / self.step)
        return [round(float(v), self.decimals + 9) + 0.0 for v in np.linspace(self.low, self.high, count + 1)]

    def nearest(self, value):
        if not self.low <= value <= self.high:
            raise ValueError(f"{type(self).__name__}: {value} is outside {self.low} to {self.high}")
        return min(self.values, key=lambda v: abs(v - value))

    @property
    def decimals(self):
        """How many digits after the point tell two neighbours apart."""
        return max(0, -int(np.floor(log10(self.step) + 1e-9)))

    def reach(self, name):
        return f"{name} ({self.values[0]:g} to {self.values[-1]:g})"

    def widget(self, name):
        w = widgets.FloatSlider(self.default, min=self.low, max=self.high, step=self.step,
                                description=name, readout_format=f".{self.decimals}f", **WIDE)
        return w, w


@dataclass(frozen=True)
class Log(Slider):
    """Numbers evenly spaced in their logarithm, `step` of them to a decade (10 by default)."""

    step: int = 10

    def __post_init__(self):
        if not 0 < self.low < self.high:
            raise ValueError(f"Log: expected 0 < low < high, got low = {self.low}, high = {self.high}")
        Control.__post_init__(self)

    @property
    def values(self):
        count = max(1, round(self.step * log10(self.high / self.low)))
        return [float(f"{v:.6g}") for v in np.geomspace(self.low, self.high, count + 1)]

    def nearest(self, value):
        if not self.low * 0.999 <= value <= self.high * 1.001:
            raise ValueError(f"Log: {value} is outside {self.low} to {self.high}")
        return min(self.values, key=lambda v: abs(log10(v / value)))

    def widget(self, name):
        low, high = log10(self.low), log10(self.high)
        digits = ".3r" if -3 <= low and high <= 5 else ".1e"
        w = widgets.FloatLogSlider(self.default, min=low, max=high,
                                   step=(high - low) / (len(self.values) - 1),
                                   description=name, readout_format=digits, **WIDE)
        return w, w


@dataclass(frozen=True)
class Integer(Control):
    """The whole numbers low, low + 1, …, high."""

    low: int
    high: int

    @property
    def values(self):
        return list(range(self.low, self.high + 1))

    def reach(self, name):
        return f"{name} ({self.low} to {self.high})"

    def widget(self, name):
        w = widgets.IntSlider(self.default, min=self.low, max=self.high, description=name, **WIDE)
        return w, w


@dataclass(frozen=True)
class Choice(Control):
    """One of a few options: a drop-down."""

    options: tuple

    def __post_init__(self):
        object.__setattr__(self, "options", tuple(self.options))
        super().__post_init__()

    @property
    def values(self):
        return list(self.options)

    @property
    def ends(self):
        return self.values

    def reach(self, name):
        return f"{name} ({', '.join(map(str, self.values))})"

    def widget(self, name):
        w = widgets.Dropdown(options=self.values, value=self.default, description=name, **WIDE)
        return w, w


@dataclass(frozen=True)
class Switch(Control):
    """On or off: a tick box."""

    start: bool = False

    def __post_init__(self):
        object.__setattr__(self, "default", bool(self.start))

    @property
    def values(self):
        return [False, True]

    def reach(self, name):
        return f"{name} (on or off)"

    def widget(self, name):
        w = widgets.Checkbox(self.default, description=name, indent=False)
        return w, w


@dataclass(frozen=True)
class Player(Control):
    """The frames 0, 1, …, frames − 1 of a recorded sequence: play, pause, step, slider.

    Beside the slider stands the frame's number, or what the figure's `readout` calls it, as "1,231 GE".
    """

    frames: int
    interval: int = 400  # milliseconds a frame

    @property
    def values(self):
        return list(range(self.frames))

    def reach(self, name):
        return f"{name} (0 to {self.frames - 1}, one step at a time or as a film)"

    def widget(self, name):
        last = self.frames - 1
        slider = widgets.IntSlider(self.default, min=0, max=last, description=name,
                                   **WIDE | {"layout": {"flex": "1 1 200px", "max_width": "520px"}})
        slider.words = widgets.Label(layout={"display": "none", "flex": "none", "width": "96px"})
        play = widgets.Play(value=self.default, min=0, max=last, interval=self.interval, show_repeat=False,
                            layout={"width": "76px", "flex": "none"})
        play.link = widgets.jslink((play, "value"), (slider, "value"))

        def button(icon, words, move):
            b = widgets.Button(icon=icon, tooltip=words, layout={"width": "36px", "flex": "none"})
            b.on_click(lambda _: setattr(slider, "value", min(max(slider.value + move, 0), last)))
            return b

        row = [play, button("step-backward", "one step back", -1),
               button("step-forward", "one step forward", 1), slider, slider.words]
        whole_row = {"grid_area": "auto / 1 / auto / -1", "flex_flow": "row wrap", "overflow": "visible"}
        return widgets.HBox(row, layout=whole_row), slider
