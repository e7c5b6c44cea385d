"""The picture of notebook 09 of the race between the methods."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

__all__ = ["race", "seeds_of"]


# ---- the race --------------------------------------------------------------------------------------

QUANTITIES = {"sine": ("f",), "digits": ("f", "test error")}
AXES = {"steps": "index", "gradient-equivalents": "cost", "seconds": "seconds"}


@lru_cache(1)
def _example_race():
    rows = {name: [] for name in ("method", "seed", "index", "cost", "seconds", "loss", "test_error")}
    for method in range(2):
        for seed in range(2):
            for i in range(1, 6):
                for name, value in zip(rows, (method, seed, 3 ** i, 2.0 ** i, 0.01 * 2 ** i / (1 + method),
                                              0.3 / i ** (1 + method) * (1 + 0.1 * seed), 0.5 / i ** (2 - method))):
                    rows[name].append(value)
    columns = {name: np.array(values, float) for name, values in rows.items()}
    methods = ["Hessian-free", "Adam"]
    return {"tracks": {"sine": (columns, methods), "digits": (columns, methods)}}


@explore.picture(
    _example_race,
    what=lambda tracks: explore.Choice(tuple(f"{name}: {quantity}" for name in tracks for quantity in QUANTITIES[name]),
                                       label="show"),
    axis=explore.Choice(tuple(AXES), default="gradient-equivalents", label="measured in"),
    who=lambda tracks: explore.Choice(("all", *next(iter(tracks.values()))[1]), label="in front"),
)
def race(tracks, what, axis, who):
    """Every tuned method, each of its seeds a line: f or test error against steps, work or time."""
    name, _, quantity = what.partition(": ")
    columns, methods = tracks[name]
    field = "loss" if quantity == "f" else "test_error"
    fig = style.figure(8.4, 4.4)
    ax = fig.subplots()
    ends = {}
    for number, method in enumerate(methods):
        front = who in ("all", method)
        runs = seeds_of(columns, number)
        ends[method] = float(np.median([run[field][-1] for run in runs]))
        for i, run in enumerate(runs):
            line = style.method(method) | {"marker": "", "linewidth": 1.8 if front else 0.8}
            ax.plot(run[AXES[axis]], run[field] * (100 if field == "test_error" else 1),
                    **line | ({} if i == 0 else {"label": "_"}), alpha=0.85 if front else 0.25)
    ax.set(xscale="log", yscale="log")
    if field == "test_error":
        ax.set(ylim=(5, 100), yticks=(5, 10, 20, 50, 100), yticklabels=("5", "10", "20", "50", "100"))
    style.label(ax, axis, "f(θ)" if field == "loss" else "test error in %",
                "sine network, 1,000 points" if name == "sine" else "196–50–10 on 5,000 digits")
    style.legend(ax, loc="lower left" if field == "loss" else "upper right")
    fig.alt = (f"{what} against {axis}, both axes logarithmic, {who} in front. Medians of the seeds at the end: "
               + ", ".join(f"{method} {end:.2g}" for method, end in ends.items()) + ".")
    return fig


def seeds_of(columns, number):
    """The histories of one method, a dict of columns for each seed."""
    rows = columns["method"] == number
    return [{name: values[rows & (columns["seed"] == seed)] for name, values in columns.items()}
            for seed in np.unique(columns["seed"][rows])]
