"""Pictures of notebook 14: sampled Fisher matrices, steps in other coordinates, the race. Lines: `ch14_lines`."""

import numpy as np

from hf_lib import datasets, explore
from hf_lib.explore import style

from .ch14_lines import line_fits

__all__ = ["sampled", "steps_apart", "line_fits", "race", "stored_race"]

LOOKS = {"gradient": "gradient descent", "Hessian": "Newton", "G = F": "Gauss-Newton", "empirical Fisher": "Adam"}
NATURAL = {"natural gradient": ("Gauss-Newton", "natural gradient")}


# ---- a Fisher matrix from drawn labels -------------------------------------------------------------


def _example_samples():
    F = np.diag([3.0, 1.0, 0.5])
    return {"F": F, "drawn": {S: F + 1 / np.sqrt(S) for S in (1, 10, 100)},
            "errors": {S: np.array([0.9, 1.1]) / np.sqrt(S) for S in (1, 10, 100)}}


@explore.picture(_example_samples, S=lambda F, drawn, errors: explore.Choice(tuple(drawn), label="labels S"))
def sampled(F, drawn, errors, S):
    """F, a sampled F̂ from S labels an example, and the relative errors of several such against S.

    `drawn` maps S to one F̂ (d, d), `errors` maps S to the relative errors of several, (repeats,).
    """
    fig = style.figure(8.8, 3.7)
    axes = fig.subplots(1, 3, width_ratios=(1, 1, 1.5))
    top = np.abs(F).max()
    for ax, matrix, title in zip(axes, (F, drawn[S]), ("F", f"F̂ from S = {S}")):
        ax.imshow(matrix, cmap=style.DIVERGING, vmin=-top, vmax=top)
        ax.grid(False)
        ax.set(xticks=(), yticks=())
        style.label(ax, "", "", title)
    right, counts = axes[2], np.array(list(errors))
    for k, values in enumerate(np.transpose([errors[n] for n in counts])):
        right.plot(counts, values, ".", color=style.COLOUR["data"], label="_" if k else "one F̂")
    rms = np.array([np.sqrt(np.mean(errors[n] ** 2)) for n in counts])
    right.plot(counts, rms, color=style.COLOUR["model"], label="root mean square")
    right.axvline(S, color=style.COLOUR["step"], linewidth=1)
    now = rms[list(counts).index(S)]
    right.set(xscale="log", yscale="log", xlim=(0.7 * counts[0], 1.4 * counts[-1]),
              ylim=(0.3 * rms.min(), 3 * rms.max()))
    style.label(right, "labels S an example", "‖F̂ − F‖ / ‖F‖", f"S = {S}: {style.number(now, 2)}")
    style.legend(right, loc="upper right")
    fig.alt = (f"Fisher matrices from S drawn labels an example. With S = {S} the relative error is {now:.2g}; over "
               f"all S it goes from {rms[0]:.2g} at S = {counts[0]} to {rms[-1]:.2g} at S = {counts[-1]}.")
    return fig


# ---- steps made in other coordinates ---------------------------------------------------------------


def _example_apart():
    taus = np.array([1e-3, 1e-2, 1e-1, 1.0])
    return {"taus": taus, "apart": {(where, lam): {"gradient": 5 + 0 * taus, "Hessian": 0.5 + 0 * taus,
                                                   "G = F": taus if where == "exp" else 1e-12 + lam + 0 * taus}
                                    for where in ("centimetres", "exp") for lam in (0.0, 1e-2)}}


def _first(apart, k):
    return tuple(dict.fromkeys(key[k] for key in apart))


@explore.picture(_example_apart, coordinates=lambda taus, apart: explore.Choice(_first(apart, 0)),
                 damping=lambda taus, apart: explore.Choice(_first(apart, 1), label="λ"))
def steps_apart(taus, apart, coordinates, damping):
    """How far apart two steps are in what they change of the predictions, against the share τ of the step that is made.

    `apart` maps (coordinates, damping) to matrices, and a matrix to ‖Δz_η − Δz_θ‖ / ‖Δz_θ‖ at each of `taus`.
    """
    fig = style.figure(8.4, 4.0)
    ax = fig.subplots()
    words = []
    for name, values in apart[coordinates, damping].items():
        shown = np.clip(np.nan_to_num(values, nan=np.inf), 1e-16, 1e6)
        ax.plot(taus, shown, **style.method(LOOKS[name]) | {"label": name})
        words.append(f"{name} {values[0]:.0e} at τ = {taus[0]:.0e} and {values[-1]:.0e} at τ = {taus[-1]:.0e}")
    ax.set(xscale="log", yscale="log", ylim=(1e-16, 3e6), yticks=10.0 ** np.arange(-15, 6, 5))
    style.label(ax, "share τ of the step", "‖Δz_η − Δz_θ‖ / ‖Δz_θ‖", f"{coordinates}, damping: {damping}")
    style.legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fig.alt = (f"Relative differences of the changes of the predictions, {coordinates}, damping {damping}: "
               + "; ".join(words) + ".")
    return fig


# ---- the race --------------------------------------------------------------------------------------


def stored_race():
    """What `experiments/natural_gradient.py` stored: (system, whose setting) → method → (cost, f) of each seed."""
    columns, origin = datasets.run("natural_gradient")
    settings, runs = origin["settings"], {}
    for s, system in enumerate(settings["systems"]):
        for whose, row in (("chosen here", s), ("chosen in metres", 0)):
            runs[system, whose] = {
                method: [tuple(columns[key][_rows(columns, s, m, settings["chosen"][row][m], seed)]
                               for key in ("cost", "loss", "cpu_seconds")) for seed in origin["seed"]]
                for m, method in enumerate(settings["methods"])}
    return runs


def _rows(columns, system, method, setting, seed):
    return ((columns["system"] == system) & (columns["method"] == method) & (columns["setting"] == setting)
            & (columns["seed"] == seed))


def _example_race():
    cost = np.geomspace(1, 2000, 8)
    return {"runs": {(system, whose): {name: [(cost, cost ** -power * (1 + s), 1e-4 * cost) for s in range(3)]
                                       for name, power in (("gradient descent", 0.1), ("natural gradient", 0.3))}
                     for system in ("metres", "centimetres") for whose in ("chosen here", "chosen in metres")}}


@explore.picture(_example_race, system=lambda runs: explore.Choice(_first(runs, 0)),
                 setting=lambda runs: explore.Choice(_first(runs, 1)))
def race(runs, system, setting):
    """f of every seed (thin) and of the middle one at its end (thick), against the gradient-equivalents spent.

    `runs` maps (system, whose setting) to methods, and a method to (cost, f, CPU seconds) of each seed.
    """
    fig, ends = style.figure(8.4, 4.0), {}
    ax = fig.subplots()
    for name, seeds in runs[system, setting].items():
        base, label = NATURAL.get(name, (name, name))
        look = style.method(base) | {"marker": "", "label": label}
        middle = sorted(range(len(seeds)), key=lambda s: seeds[s][1][-1])[len(seeds) // 2]
        for s, (cost, loss, _) in enumerate(seeds):
            ax.plot(cost, loss, **look | ({"linewidth": 2.2} if s == middle else {"linewidth": 0.6, "label": "_"}))
        ends[name] = seeds[middle][1][-1]
    ax.set(xscale="log", yscale="log", xlim=(1, 2500), ylim=(0.07, 1.5))
    ax.set_yticks((0.1, 0.2, 0.5, 1), ("0.1", "0.2", "0.5", "1"))
    style.label(ax, "gradient-equivalents", "f", f"{system}, settings {setting}")
    style.legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fig.alt = (f"f against gradient-equivalents, {system}, settings {setting}. The middle seed ends at "
               + ", ".join(f"{end:.3g} by {name}" for name, end in ends.items()) + ".")
    return fig
