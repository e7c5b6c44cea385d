"""Pictures of notebook 13: the race, too few points; spectra are in `ch13_spectrum`, the film is notebook 00's."""

from dataclasses import dataclass

import numpy as np

from hf_lib import datasets, explore
from hf_lib.explore import style

from .ch13_spectrum import spectrum, where_f_sits
from .error_map import error_map, scale, style_of

__all__ = ["where_f_sits", "spectrum", "race", "stored_races", "few_points"]


def _map(fig, ax, error, title):
    image = error_map(ax, error)
    ax.set(xticks=(0, 0.5, 1), xticklabels=("0", "½", "1"), yticks=(0, 0.5, 1), yticklabels=("0", "½", "1"))
    style.label(ax, "x₁", "x₂", title)
    scale(fig, image, ax, shrink=0.85)


# ---- the race --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoredRun:
    """One run of a method: CPU seconds and gradient-equivalents spent, and the relative error, each (rows,)."""

    cpu: np.ndarray
    cost: np.ndarray
    error: np.ndarray


def stored_races():
    """What `experiments/physics.py` stored: problem → method → one `StoredRun` a seed, of the chosen setting."""
    races = {}
    for name in datasets.runs("physics_"):
        columns, origin = datasets.run(name)
        races[name.removeprefix("physics_")] = {
            method: [_run(columns, number, seed, origin["settings"]["chosen"][number]) for seed in origin["seed"]]
            for number, method in enumerate(origin["settings"]["methods"])}
    return races


def _run(columns, method, seed, setting):
    rows = (columns["method"] == method) & (columns["seed"] == seed) & (columns["setting"] == setting)
    return StoredRun(*(columns[key][rows] for key in ("cpu_seconds", "cost", "error")))


def _example_races():
    cost = np.geomspace(10, 4000, 8)
    return {"races": {"2-32-1": {name: [StoredRun(cost * slow, cost, (s + 1) * cost ** -p) for s in range(3)]
                                 for name, slow, p in (("Adam", 1e-4, 0.5), ("Hessian-free", 2e-4, 1.5),
                                                       ("Hessian-free, Kronecker", 3e-4, 2.0))},
                      "2-32-32-1": {"Adam": [StoredRun(1e-3 * cost, cost, cost**-0.3)]}}}


AXES = {"CPU seconds": "cpu", "gradient-equivalents": "cost"}


@explore.picture(_example_races, problem=lambda races: explore.Choice(tuple(races)),
                 against=explore.Choice(tuple(AXES), default="gradient-equivalents"))
def race(races, problem, against):
    """Relative error of every seed (thin) and of the middle one at its end (thick).

    `races` maps a problem to methods, and a method to one run a seed with the arrays `cpu`, `cost` and `error`.
    """
    key, ends = AXES[against], {}
    fig = style.figure(8.6, 4.1)
    ax = fig.subplots()
    for name, seeds in races[problem].items():
        order = sorted(range(len(seeds)), key=lambda s: seeds[s].error[-1])
        middle = order[len(order) // 2]
        for s, run in enumerate(seeds):
            thick = s == middle
            look = style_of(name) | {"marker": "", "linewidth": 2.2 if thick else 0.7}
            ax.plot(getattr(run, key), run.error, **look if thick else look | {"label": "_"})
        ends[name] = seeds[middle].error[-1]
    everything = np.concatenate([getattr(run, key) for seeds in races[problem].values() for run in seeds])
    low = 10.0 ** np.floor(np.log10(max(min(ends.values()) / 3, 1e-13)))
    ax.set(xscale="log", yscale="log", xlim=(max(everything.min(), everything.max() * 1e-4), everything.max() * 1.2),
           ylim=(low, 3), yticks=10.0 ** np.arange(np.log10(low), 1))
    style.label(ax, against, "‖u − u*‖ / ‖u*‖", f"{problem}: relative error on new points")
    style.legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fig.alt = (f"{problem}: relative errors against {against}. At the end, the middle seed: "
               + ", ".join(f"{name} {end:.1e}" for name, end in ends.items()) + ".")
    return fig


# ---- too few points --------------------------------------------------------------------------------


def _grid(n=21):
    x = np.linspace(0, 1, n)
    return np.sin(np.pi * x)[:, None] * np.sin(np.pi * x)


def _example_points():
    n = (10, 40, 160)
    return {"fits": {name: {"n": n, "loss": 10.0 ** -np.arange(3, 6), "error": np.array([0.7, 0.1, 1e-3]),
                            "maps": [_grid() * e for e in (0.7, 0.1, 1e-3)]} for name in ("Gauss-Newton", "Adam")},
            "points": [np.random.default_rng(0).random((count, 2)) for count in n]}


@explore.picture(_example_points, method=lambda fits, points: explore.Choice(tuple(fits)),
                 n=lambda fits, points: explore.Choice(tuple(map(len, points)), default=len(points[-1]),
                                                       label="points N"))
def few_points(fits, points, method, n):
    """Left the error's map and the points of the residuals, right √(2f) and the error for every number of points.

    `points` has one array (N, 2) for each N; `fits` maps a method to `loss`, `error` and `maps`, one entry for each N.
    """
    i = [len(x) for x in points].index(n)
    of = fits[method]
    fig = style.figure(8.6, 3.9)
    left, right = fig.subplots(1, 2, width_ratios=(1.15, 1))
    _map(fig, left, of["maps"][i], f"{style_of(method)['label']}, N = {n}")
    left.plot(*points[i].T, "o", color="#ffffff", markeredgecolor="#000000", markersize=4, clip_on=False)
    counts = [len(x) for x in points]
    rms = np.maximum(np.sqrt(2 * np.asarray(of["loss"])), 1e-9)
    right.plot(counts, rms, color=style.COLOUR["training"], marker="o", label="√(2f), at the points")
    right.plot(counts, of["error"], color=style.COLOUR["test"], linestyle=style.DASHED, marker="s",
               label="error, elsewhere")
    right.axvline(n, color=style.COLOUR["step"], linewidth=1)
    right.set(xscale="log", yscale="log", xlim=(0.8 * counts[0], 1.25 * counts[-1]), ylim=(3e-10, 100), xticks=counts,
              xticklabels=[str(count) for count in counts], yticks=10.0 ** np.arange(-9, 2, 2))
    style.label(right, "points N", "", f"√(2f) {style.number(rms[i], 2)},  error {style.number(of['error'][i], 2)}")
    style.legend(right, loc="upper right")
    fig.alt = (f"{method} with {n} points: at the points the residual has {rms[i]:.1e}, elsewhere u is off by "
               f"{of['error'][i]:.1e} relatively. The map of the error goes up to {np.max(of['maps'][i]):.1e}.")
    return fig
