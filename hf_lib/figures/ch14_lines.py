"""The picture of notebook 14 in which a line is fitted with F, or with the empirical Fisher matrix in its place."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

MATRICES = {"F": "Gauss-Newton", "empirical Fisher": "Adam"}


def _example_fits():
    x = np.linspace(0, 4, 20)
    path = np.array([[4.0, 2.0], [3.0, 0.0], [2.0, -1.0]])
    return {"fits": {data: {"x": x, "y": 2 * x - 1 + bend * (x - 2) ** 2,
                            "paths": {"F": path, "empirical Fisher": path[:2]}}
                     for data, bend in (("line", 0.0), ("curve", 0.5))}}


@explore.picture(_example_fits, data=lambda fits: explore.Choice(tuple(fits)),
                 matrix=lambda fits: explore.Choice(tuple(next(iter(fits.values()))["paths"])),
                 k=lambda fits: explore.Player(max(len(path) for of in fits.values() for path in of["paths"].values()),
                                               interval=300, label="step"))
def line_fits(fits, data, matrix, k):
    """Left the data and the line after k steps, right the steps in the plane of slope and offset.

    `fits` maps data to `x`, `y` (N,) and `paths`, which maps a matrix to θ = (slope, offset) of each step.
    """
    of = fits[data]
    x, y, path = of["x"], of["y"], np.asarray(of["paths"][matrix])
    k = min(k, len(path) - 1)
    fig = style.figure(8.6, 3.9)
    left, right = fig.subplots(1, 2)
    left.plot(x, y, ".", color=style.COLOUR["data"], markersize=3)
    ends = np.array([x.min(), x.max()])
    left.plot(ends, path[k, 0] * ends + path[k, 1], color=style.COLOUR["model"])
    left.set(xlim=ends, ylim=(y.min() - 1, y.max() + 1))

    def loss(slope, offset):
        return 0.5 * np.mean((np.multiply.outer(slope, x) + np.asarray(offset)[..., None] - y) ** 2, axis=-1)
    best = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y)[0]
    everywhere = np.concatenate([*of["paths"].values(), best[None]])
    low, high = everywhere.min(axis=0) - 0.5, everywhere.max(axis=0) + 0.5
    S, O = np.meshgrid(np.linspace(low[0], high[0], 50), np.linspace(low[1], high[1], 50))
    f = loss(S, O)
    style.contours(right, S, O, f, levels=np.geomspace(f.min(), f.max(), 12))
    right.plot(*path[:k + 1].T, **style.method(MATRICES[matrix]) | {"markersize": 3, "label": "_", "linewidth": 1})
    right.plot(*best, "+", color="#000000", markersize=11, label="the minimum")
    now = float(loss(*path[k]))
    style.label(left, "x", "y", f"step {k} with {matrix}")
    style.label(right, "slope", "offset", f"f = {style.number(now, 3)} (lowest: {style.number(loss(*best), 3)})")
    style.legend(right, loc="lower left")
    fig.alt = (f"Data “{data}”, step {k} with {matrix}: slope {path[k, 0]:.2f} and offset {path[k, 1]:.2f}, f = "
               f"{now:.3g}. The minimum is at {best[0]:.2f} and {best[1]:.2f}, where f = {loss(*best):.3g}.")
    return fig
