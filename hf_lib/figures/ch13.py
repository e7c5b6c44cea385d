"""Pictures of notebook 13: the error's map as a film, the race, too few points; spectra are in `ch13_spectrum`."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .ch13_spectrum import spectrum, where_f_sits
from .error_map import error_map, scale, style_of

__all__ = ["where_f_sits", "spectrum", "race", "film", "few_points"]


def _map(fig, ax, error, title):
    image = error_map(ax, error)
    ax.set(xticks=(0, 0.5, 1), xticklabels=("0", "½", "1"), yticks=(0, 0.5, 1), yticklabels=("0", "½", "1"))
    style.label(ax, "x₁", "x₂", title)
    scale(fig, image, ax, shrink=0.85)


# ---- a film of the error ---------------------------------------------------------------------------


def _grid(n=21):
    x = np.linspace(0, 1, n)
    return np.sin(np.pi * x)[:, None] * np.sin(np.pi * x)


def _example_films():
    at = np.geomspace(0.01, 1, 6)
    return {"films": {name: {"cpu": at, "error": rate ** np.arange(6.0), "maps": [_grid() * rate**k for k in range(6)]}
                      for name, rate in (("Adam", 0.5), ("Gauss-Newton", 0.05))}}


@explore.picture(_example_films, method=lambda films: explore.Choice(tuple(films)),
                 k=lambda films: explore.Player(len(next(iter(films.values()))["cpu"]), interval=250, label="frame"))
def film(films, method, k):
    """Left where a method's u is wrong at frame k, right all methods' errors up to there.

    `films` maps a method to `cpu` (F,), the CPU seconds of its frames, the relative `error` (F,) and `maps` (F, n, n).
    """
    of = films[method]
    fig = style.figure(8.6, 3.9)
    fig.readout = f"{style.number(of['cpu'][k], 2)} CPU s"
    left, right = fig.subplots(1, 2, width_ratios=(1.15, 1))
    _map(fig, left, of["maps"][k], f"{style_of(method)['label']} after {style.number(of['cpu'][k], 2)} CPU s")
    for name, other in films.items():
        right.plot(other["cpu"][:k + 1], other["error"][:k + 1], **style_of(name) | {"marker": ""})
    right.plot(of["cpu"][k], of["error"][k], "o", color=style_of(method)["color"], markersize=8)
    right.set(xscale="log", yscale="log", xlim=(0.7 * of["cpu"][0], 1.4 * of["cpu"][-1]), ylim=(1e-11, 6),
              yticks=10.0 ** np.arange(-10, 1, 2))
    style.label(right, "CPU seconds", "", f"relative error {style.number(of['error'][k], 2)}")
    style.legend(right, loc="lower left")
    fig.alt = (f"Map of |u − u*| for {style_of(method)['label']} after {of['cpu'][k]:.2g} CPU seconds: from "
               f"{np.min(of['maps'][k]):.1e} to {np.max(of['maps'][k]):.1e}. The relative errors at this frame: "
               + ", ".join(f"{name} {other['error'][k]:.1e}" for name, other in films.items()) + ".")
    return fig


# ---- the race --------------------------------------------------------------------------------------


def _example_races():
    cost = np.geomspace(10, 4000, 8)
    return {"races": {"2-32-1": {name: [{"cost": cost, "cpu": cost * slow, "error": (s + 1) * cost ** -p}
                                        for s in range(3)]
                                 for name, slow, p in (("Adam", 1e-4, 0.5), ("Hessian-free", 2e-4, 1.5),
                                                       ("Hessian-free, Kronecker", 3e-4, 2.0))},
                      "2-32-32-1": {"Adam": [{"cost": cost, "cpu": 1e-3 * cost, "error": cost**-0.3}]}}}


AXES = {"CPU seconds": "cpu", "gradient-equivalents": "cost"}


@explore.picture(_example_races, problem=lambda races: explore.Choice(tuple(races)),
                 against=explore.Choice(tuple(AXES), default="gradient-equivalents"))
def race(races, problem, against):
    """Relative error of every seed (thin) and of the middle one at its end (thick).

    `races` maps a problem to methods, and a method to one dict a seed with the arrays `cpu`, `cost` and `error`.
    """
    key, ends = AXES[against], {}
    fig = style.figure(8.6, 4.1)
    ax = fig.subplots()
    for name, seeds in races[problem].items():
        order = sorted(range(len(seeds)), key=lambda s: seeds[s]["error"][-1])
        middle = order[len(order) // 2]
        for s, run in enumerate(seeds):
            thick = s == middle
            look = style_of(name) | {"marker": "", "linewidth": 2.2 if thick else 0.7}
            ax.plot(run[key], run["error"], **look if thick else look | {"label": "_"})
        ends[name] = seeds[middle]["error"][-1]
    everything = np.concatenate([run[key] for seeds in races[problem].values() for run in seeds])
    low = 10.0 ** np.floor(np.log10(max(min(ends.values()) / 3, 1e-9)))
    ax.set(xscale="log", yscale="log", xlim=(max(everything.min(), everything.max() * 1e-4), everything.max() * 1.2),
           ylim=(low, 3), yticks=10.0 ** np.arange(np.log10(low), 1))
    style.label(ax, against, "‖u − u*‖ / ‖u*‖", f"{problem}: relative error on new points")
    style.legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fig.alt = (f"{problem}: relative errors against {against}. At the end, the middle seed: "
               + ", ".join(f"{name} {end:.1e}" for name, end in ends.items()) + ".")
    return fig


# ---- too few points --------------------------------------------------------------------------------


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
