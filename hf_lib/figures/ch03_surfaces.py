"""The surfaces of notebook 03's pictures: their maps, the level lines of a model, words."""

from functools import cache

import numpy as np

from hf_lib import explore
from hf_lib.datasets import surfaces
from hf_lib.explore import style
from hf_lib.solvers.line_search import armijo

X, Y = np.linspace(-2, 3.6, 71), np.linspace(-1.5, 2, 51)      # the window of every map
SURFACES = {s.name: s for s in (surfaces.saddle(), surfaces.rosenbrock(), surfaces.beale(), surfaces.ravine(20))}

START_X = explore.Slider(-2, 3.6, 0.1, default=1.5, label="start θ₁")
START_Y = explore.Slider(-1.5, 2, 0.1, default=0.3, label="start θ₂")


@cache
def _grid(name):
    """Values of a surface on the window, and levels that crowd near the lowest."""
    Z = SURFACES[name].value(np.stack(np.meshgrid(X, Y), axis=-1))
    power = 4 if name in ("Rosenbrock", "Beale") else 2
    return Z, Z.min() + (Z.max() - Z.min()) * np.linspace(0, 1, 13) ** power


def surface_map(ax, name):
    style.contours(ax, X, Y, *_grid(name))
    for x, y in SURFACES[name].minima:
        ax.plot(x, y, "+", color=style.COLOUR["objective"], markersize=11, markeredgewidth=2, zorder=4)
    ax.set(xlim=(X[0], X[-1]), ylim=(Y[0], Y[-1]))


def model_lines(ax, theta, g, H, centre):
    """Level lines of q around its stationary point: solid above it, dashed below."""
    dx, dy = np.meshgrid(X - centre[0], Y - centre[1])
    excess = 0.5 * (H[0, 0] * dx * dx + 2 * H[0, 1] * dx * dy + H[1, 1] * dy * dy)
    start = theta - centre
    through = abs(0.5 * start @ H @ start)                    # |q(0) − q(p)|: one line runs through θ
    if not np.isfinite(through) or through < 1e-12:
        return
    levels = through * np.array([-9, -4, -1, -0.25, 0.25, 1, 4, 9])
    inside = levels[(levels > excess.min()) & (levels < excess.max())]
    if inside.size:
        ax.contour(X, Y, excess, levels=inside, colors=style.COLOUR["model"], linewidths=1.1,
                   linestyles=["-" if level > 0 else "--" for level in inside])


def stationary_kind(h):
    """What two eigenvalues make of a stationary point."""
    if h[0] > 0:
        return "a minimum"
    return "a saddle" if h[1] > 0 else "a maximum"


def backtrack(f, theta, p, g):
    """α by Armijo's condition; 0 where p does not go downhill."""
    return armijo(lambda a: f.value(theta + a * p), f.value(theta), float(g @ p), c=1e-4, shrink=0.5).step


def in_words(point):
    return f"({point[0]:.3g}, {point[1]:.3g})".replace("-", "−")
