"""One look for all pictures: colours, line styles, labels, sizes.

The same method has the same colour, dashes and marker everywhere. The colours
stay apart for readers with any kind of colour vision, and where two of them
print as the same grey, their dashes differ (tests/explore/test_style.py measures both).

>>> COLOUR["Hessian-free"]
'#EE3C02'
>>> method("Adam")["linestyle"]
(0, (1, 1.5))
"""

from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import AutoLocator

from .canvas import Figure
from .kept import Kept

SOLID, DASHED, DOTTED = "-", (0, (5, 2)), (0, (1, 1.5))
DASH_DOT, LONG = (0, (6, 2, 1, 2)), (0, (9, 2.5))

# colour, dashes, marker
METHODS = {
    "gradient descent": ("#73595B", SOLID, "o"),
    "SGD": ("#B59C8B", DASHED, "."),
    "momentum": ("#84A3BB", SOLID, "^"),
    "NAG": ("#2B43E1", DASH_DOT, "v"),
    "Adam": ("#B959CE", DOTTED, "D"),
    "Newton": ("#000000", SOLID, "s"),
    "Gauss-Newton": ("#00B94D", LONG, "P"),
    "Hessian-free": ("#EE3C02", SOLID, "*"),
    "L-BFGS": ("#844729", DASHED, "X"),
    "conjugate gradients": ("#4E1D96", LONG, "h"),
}
QUANTITIES = {
    "objective": "#000000",  # f, and whatever is true
    "model": "#EE3C02",  # q, and whatever approximates it
    "gradient": "#2B43E1",
    "step": "#B959CE",
    "training": "#2B43E1",
    "test": "#844729",
    "data": "#84A3BB",
    "bound": "#73595B",  # what theory promises
    "negative": "#EE3C02",  # negative curvature, a rejected step
    "positive": "#2B43E1",
}
COLOUR = {name: colour for name, (colour, _, _) in METHODS.items()} | QUANTITIES
SEQUENTIAL, DIVERGING = "cividis", "PuOr"  # colour maps: for amounts, and for signs

RC = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere, with θ₁, ∇ and λ
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # else matplotlib measures all tick labels to place the title: a quarter of the time
    "axes.labelsize": 10.5,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.handlelength": 3,  # long enough to show the dashes
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "image.cmap": SEQUENTIAL,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.12,  # room for a tick label to grow by two digits
}


def context():
    """Return a context in which matplotlib draws in the course's style, whatever the user has set."""
    return mpl.rc_context(_DEFAULTS | RC)


# A user's other settings go back to matplotlib's own; those of the session (the backend) stay.
_DEFAULTS = {key: value for key, value in mpl.rcParamsDefault.items()
             if key.startswith(("axes.", "contour.", "font.", "grid.", "hatch.", "image.", "legend.",
                                "lines.", "mathtext.", "patch.", "scatter.", "text.", "xtick.", "ytick."))}


def figure(width=7, height=4):
    """Return an empty figure of `width` × `height` inches; set its `alt` before you return it."""
    return Figure(width, height)


def method(name):
    """Return the keyword arguments of `ax.plot` that draw a method, and name it in the legend."""
    colour, dashes, marker = METHODS[name]
    return {"color": colour, "linestyle": dashes, "marker": marker,
            "label": name.replace("Gauss-Newton", "Gauss–Newton")}


def label(ax, x, y, title=None):
    """Name both axes, in the symbols of the notation table, and the panel if it needs a title.

    Set the scales first. A logarithmic axis keeps the ticks of its decades, a
    linear one has about six: ticks take most of the time of a drawing.
    """
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log":
            axis.minorticks_off()
        elif type(axis.get_major_locator()) is AutoLocator:
            axis.get_major_locator().set_params(nbins=6)
    if title is not None:
        ax.set_title(title)


def legend(ax, **where):
    """Explain the lines, on a pale ground so that the grid does not run through the words."""
    ax.add_artist(Legend(where))


class Legend(Kept):
    """A legend that is set when it is drawn: one that reads as before need not be."""

    def __init__(self, where):
        super().__init__()
        self.where = where
        self.set_zorder(5)                                        # above all lines
        self.set_clip_on(False)                                   # it may stand beside the panel

    def _look(self):
        handles, words = self.axes.get_legend_handles_labels()
        return (*self.axes.bbox.bounds, str(self.where), *words, *(seen for h in handles for seen in _ink(h)))

    @contextmanager
    def _made(self):
        with context():
            legend = self.axes.legend(frameon=True, framealpha=0.9, edgecolor="none", **self.where)
        yield legend
        legend.remove()

    def get_tightbbox(self, renderer=None):
        with self._made() as legend:
            return legend.get_tightbbox(renderer)

    def _draw(self, renderer):
        with self._made() as legend:
            legend.draw(renderer)


INK = ("color", "alpha", "linewidth", "linestyle", "dashes", "marker", "markersize", "markeredgewidth",
       "markeredgecolor", "markerfacecolor", "edgecolor", "facecolor", "hatch")


def _ink(artist):
    """How an artist looks in a legend."""
    properties = {name: str(getattr(artist, f"get_{name}")()) for name in INK if hasattr(artist, f"get_{name}")}
    return *properties.items(), str(getattr(artist, "_dash_pattern", None))


def contours(ax, X, Y, Z, levels=14):
    """Draw the level lines of Z over a pale ground, so that paths stand out; they fill the panel."""
    ax.set(xlim=(np.min(X), np.max(X)), ylim=(np.min(Y), np.max(Y)))
    ax.grid(False)
    ax.add_artist(Levels(X, Y, Z, levels))


class Levels(Kept):
    """Level lines that are worked out when they are drawn: those that stood there before need not be."""

    def __init__(self, X, Y, Z, levels):
        super().__init__()
        self.surface, self.levels = (np.asarray(X), np.asarray(Y), np.asarray(Z)), np.asarray(levels)
        self.set_zorder(1)                                        # below all lines
        self.set_in_layout(False)

    def _look(self):
        ax = self.axes
        return (*ax.bbox.bounds, *ax.viewLim.bounds, ax.get_xscale(), ax.get_yscale(), self.levels.tobytes(),
                *(values.tobytes() for values in self.surface))

    def _draw(self, renderer):
        with context():
            ground = self.axes.contourf(*self.surface, levels=self.levels, cmap="Greys", alpha=0.25)
            lines = self.axes.contour(*self.surface, levels=self.levels, colors="#8C8C8C", linewidths=0.7)
        for levels in (ground, lines):
            levels.draw(renderer)
            levels.remove()


def name_lines(ax):
    """Write each labelled line's name at its right end, in its colour: no legend to look up.

    Names that would fall on each other move apart. Call it last, when the axis
    limits stand.
    """
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    to_axes = ax.transData + ax.transAxes.inverted()
    ends = sorted(((to_axes.transform(_last_point(line))[1], line) for line in lines),
                  key=lambda end: end[0])
    panel = ax.get_position().height * ax.figure.get_figheight() * 72  # in points
    gap = 1.5 * mpl.rcParams["legend.fontsize"] / panel
    heights = np.clip([height for height, _ in ends], 0, 1)
    for i in range(1, len(heights)):  # push up what falls on the name below
        heights[i] = max(heights[i], heights[i - 1] + gap)
    heights -= max(0, heights[-1] - 1) if len(heights) else 0
    for height, (_, line) in zip(heights, ends, strict=True):
        ink = 0.7 * np.array(mpl.colors.to_rgb(line.get_color()))  # words need more contrast than lines
        ax.text(1.02, height, line.get_label(), color=ink, va="center",
                fontsize=mpl.rcParams["legend.fontsize"], transform=ax.transAxes)


def number(value, digits=3):
    """Write a number for a title or an alt text, short and readable.

    >>> number(1000.0), number(0.12345), number(2.5e-8)
    ('1000', '0.123', '2.5·10⁻⁸')
    """
    mantissa, _, exponent = f"{float(f'{value:.{digits}g}'):g}".partition("e")
    if not exponent:
        return mantissa.replace("-", "−")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}·10{power}".replace("-", "−")


def _last_point(line):
    points = line.get_xydata()
    return points[np.isfinite(points).all(axis=1)][-1]
