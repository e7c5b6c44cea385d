"""Pictures of notebook 12: what a deep network lets through, blocks of G, runs; more in `ch12_codes` and beside it."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from . import panels
from .ch12_codes import codes, decode, walk, wall
from .ch12_generalisation import against_training
from .ch12_tries import tries

__all__ = ["decode", "signal", "wall", "blocks", "progress", "runs", "against_training", "codes", "walk", "tries",
           "inside"]

OWN_LOOKS = {"Hessian-free, 2010": ("#4E1D96", style.LONG), "plain": ("#000000", style.DASHED),
             "diagonal": ("#2B43E1", style.DASH_DOT), "Kronecker": ("#EE3C02", "-"),
             "G from 5,000": ("#4E1D96", style.LONG), "G from 5,000, CG 10": ("#2B43E1", style.DOTTED),
             "G from all, CG 3": ("#000000", style.DASHED)}
AXES = {"CPU seconds": "cpu_seconds", "gradient-equivalents": "cost"}
ERRORS = {"training": "train", "test": "test"}


def _look(name):
    colour, dashes = OWN_LOOKS.get(name) or style.METHODS[name][:2]
    return {"color": colour, "linestyle": dashes}


# ---- 2: what a deep network lets through -----------------------------------------------------------


def _example_signal():
    layers = np.arange(12)
    return {"scales": ("½", "1"), "spread": np.array([0.3 * 0.4**layers, 0.3 * 0.8**layers]),
            "gradients": np.array([10 * 0.3 ** layers[::-1], 10 * 0.7 ** layers[::-1]])}


@explore.picture(_example_signal, scale=lambda scales, **_: explore.Choice(
    scales, default="1" if "1" in scales else scales[0], label="first weights times"))
def signal(scales, spread, gradients, scale):
    """How much each layer's values differ from picture to picture, and the gradient's length there."""
    at = list(scales).index(scale)
    fig = style.figure(9, 3.5)
    forward, backward = fig.subplots(1, 2)
    layers = np.arange(1, spread.shape[1] + 1)
    for ax, values, colour, title in ((forward, spread, style.COLOUR["data"], "spread between pictures"),
                                      (backward, gradients, style.COLOUR["gradient"], "‖gradient of the layer‖")):
        panels.others(ax, layers, values)
        ax.plot(layers, values[at], "o-", color=colour, linewidth=2.4)
        ax.set(yscale="log", ylim=(0.4 * values.min(), 2.5 * values.max()), xticks=layers)
        style.label(ax, "layer", "", f"{title}, × {scale}")
    fig.alt = (f"Left, the spread of a layer's values between pictures, from {spread[at, 0]:.2g} in the first layer to "
               f"{spread[at, -1]:.2g} in the last; right, the length of the gradient in each layer, from "
               f"{gradients[at, 0]:.2g} to {gradients[at, -1]:.2g}. First weights times {scale}; grey: others.")
    return fig


# ---- 5: Kronecker products -------------------------------------------------------------------------

DEEPER = 5              # times as deep the colours of a difference are


def _example_blocks():
    rng = np.random.default_rng(1)
    exact = [rng.standard_normal((n, n)) for n in (6, 9)]
    return {"exact": exact, "product": [block + 0.1 for block in exact]}


@explore.picture(_example_blocks, layer=lambda exact, **_: explore.Integer(1, len(exact), label="layer"))
def blocks(exact, product, layer):
    """A layer's block of G, and the product of the two means that stands in for it."""
    true, near = exact[layer - 1], product[layer - 1]
    fig = style.figure(8.4, 3.3)
    ax = fig.subplots()                                  # one panel for all three: three take twice the time
    limit = np.abs(true).max()
    error = np.linalg.norm(near - true) / np.linalg.norm(true)
    shown = {f"block of G, layer {layer}": true, f"A ⊗ S, layer {layer}": near,
             f"difference, {100 * error:.2g} %; colours × {DEEPER}": DEEPER * (near - true)}
    for k, (words, matrix) in enumerate(shown.items()):
        ax.imshow(matrix, cmap=style.DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest",
                  extent=(1.1 * k, 1.1 * k + 1, 0, 1))
        ax.text(1.1 * k, 1.03, words, fontsize=11)
    ax.set(xlim=(0, 3.2), ylim=(0, 1.12))
    ax.set_axis_off()
    fig.alt = (f"Layer {layer}: the block of G, {len(true)} by {len(true)}, the product A ⊗ S, and their difference, "
               f"which is {100 * error:.2g} per cent of the block's size; its entries lie between "
               f"{(near - true).min():.2g} and {(near - true).max():.2g}, the block's reach {limit:.2g}.")
    return fig


def _example_progress():
    k = np.arange(60)
    return {"phi": {"0.1": {"plain": -1 + 0.95**k, "Kronecker": -1 + 0.8**k},
                    "1": {"plain": -1 + 0.9**k, "Kronecker": -1 + 0.7**k}}, "lowest": {"0.1": -1.0, "1": -1.0}}


@explore.picture(_example_progress, lam=lambda phi, **_: explore.Choice(tuple(phi), label="λ"),
                 log=explore.Switch(False, label="what is missing, logarithmic"))
def progress(phi, lowest, lam, log):
    """The share of φ that CG has reached, or still lacks, after k iterations; `phi`: λ → preconditioner → φ.

    `lowest`: λ → the lowest φ there is, of a run that goes on beyond the picture's end.
    """
    best = lowest[lam]
    fig = style.figure(8.2, 3.7)
    ax = fig.subplots()
    said = []
    for name, values in phi[lam].items():
        share = values / best
        ax.plot(np.maximum(1 - share, 1e-9) if log else 100 * share, **_look(name), linewidth=2.2, label=name)
        said.append(f"{name} {100 * share[min(5, len(share) - 1)]:.0f} per cent")
    longest = max(len(values) for of in phi.values() for values in of.values())
    ax.set(xlim=(0, longest if log else 40))
    if log:
        ax.set(yscale="log", ylim=(1e-7, 1.5))
    else:
        ax.set(ylim=(0, 103))
    style.label(ax, "CG iteration", "share of φ still missing" if log else "share of φ reached, %", f"λ = {lam}")
    style.legend(ax, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.alt = (f"λ = {lam}: {'what φ still lacks, logarithmic' if log else 'the share of φ reached'}, by CG iteration. "
               f"After five: {', '.join(said)}.")
    return fig


# ---- 4 and 6: runs ---------------------------------------------------------------------------------


@lru_cache(1)
def _example_runs():
    k = np.arange(1.0, 30)
    return {"runs": {name: {"cpu_seconds": (1 + i) * k, "cost": (2 + i) * k, "train": 26 / k ** (0.3 + 0.1 * i),
                            "test": 27 / k ** (0.3 + 0.1 * i)}
                     for i, name in enumerate(("SGD", "momentum", "NAG", "Adam", "Hessian-free"))}}


@explore.picture(_example_runs, what=explore.Choice(tuple(ERRORS), label="squared error"),
                 axis=explore.Choice(tuple(AXES), label="measured in"),
                 log=explore.Switch(True, label="logarithmic axes"))
def runs(runs, what, axis, log):
    """Squared error of runs, on the axes that the reader chooses; `runs`: name → columns."""
    field, x_field = ERRORS[what], AXES[axis]
    fig = style.figure(8.6, 4.2)
    ax = fig.subplots()
    every = np.concatenate([columns[error] for columns in runs.values() for error in ERRORS.values()])
    for name, columns in runs.items():
        x, y = columns[x_field], columns[field]
        ax.plot(x, y, **_look(name), linewidth=2, label=name)
        ax.plot(x[-1], y[-1], style.METHODS.get(name, (0, 0, "o"))[2], color=_look(name)["color"], markersize=6)
    ends = [columns[x_field][-1] for columns in runs.values()]
    low, high = 0.85 * every.min(), min(1.2 * every.max(), 80)
    if log:
        ax.set(xscale="log", yscale="log", ylim=(low, high))
        ax.set_yticks(*panels.ticks(low, high))
        first = min(columns[x_field][0] for columns in runs.values())
        if max(ends) < 100 * first:                      # else powers of ten are enough
            ax.set_xticks(*panels.ticks(first, max(ends)))
    else:
        ax.set(xlim=(0, 1.03 * max(ends)), ylim=(0, min(high, 30)))
    style.label(ax, axis, "", f"{what} error per picture, Σ (ŷ − x)²")
    style.legend(ax, loc="center left", bbox_to_anchor=(1, 0.5))
    said = "; ".join(f"{name} {columns[field][-1]:.3g} at {columns[x_field][-1]:.3g}" for name, columns in runs.items())
    fig.alt = (f"The squared error on the {what} pictures against {axis}, {'logarithmic' if log else 'linear'} axes. "
               f"The runs end at: {said}.")
    return fig


def _example_inside():
    k = np.arange(1.0, 200)
    return {"run": {"cost": 2 * k, "rho": 0.5 + 0.3 * np.cos(k), "damping": 1 / k, "train": 26 / k},
            "stages": [[0, {"gradient_batch": 1000, "curvature_batch": 250, "max_cg": 3}],
                       [120, {"gradient_batch": None, "curvature_batch": None, "max_cg": 10}]]}


UP_TO = {"the growing batches": 400, "the beginning": 80, "the whole run": np.inf}      # gradient-equivalents


@explore.picture(_example_inside, zoom=explore.Choice(tuple(UP_TO), label="show"))
def inside(run, stages, zoom):
    """Training error, λ and ρ along the Hessian-free run, and where its batches and CG's iterations grow."""
    end = min(run["cost"][-1] * 1.02, UP_TO[zoom])
    rows = run["cost"] <= end
    fig = style.figure(8.6, 4.8)
    top, middle, low = fig.subplots(3, 1, sharex=True, height_ratios=(1.4, 1, 1))
    x = run["cost"]
    top.plot(x, run["train"], color=style.COLOUR["training"])
    top.set(yscale="log", ylim=(0.8 * run["train"].min(), 150))
    top.set_yticks(*panels.ticks(0.8 * run["train"].min(), 60))
    style.label(top, "", "", "training error per picture; pictures in a batch, those behind G, CG iterations")
    middle.plot(x, run["damping"], color=style.COLOUR["step"])
    middle.set(yscale="log", ylim=(0.4 * run["damping"].min(), 2.5 * run["damping"].max()))
    style.label(middle, "", "λ")
    low.plot(x, np.clip(run["rho"], -0.2, 1.6), ".", color=style.COLOUR["model"], markersize=3)
    for edge in (0.25, 0.75):
        low.axhline(edge, color=style.COLOUR["bound"], linewidth=1, linestyle=style.DASHED)
    low.set(xlim=(0, end), ylim=(-0.3, 1.7), yticks=(0.25, 0.75, 1.5), yticklabels=("¼", "¾", "1.5"))
    style.label(low, "gradient-equivalents", "ρ")
    seen = [(begin, of["gradient_batch"] or "all", of["curvature_batch"] or "all", of["max_cg"])
            for begin, of in stages if begin < 0.93 * end]
    begins = [begin for begin, *_ in seen]
    for ax in (top, middle, low):
        ax.vlines(begins, 0, 1, transform=ax.get_xaxis_transform(), color="#8C8C8C", linewidth=1,
                  linestyle=style.DOTTED)
    for (begin, *numbers), after in zip(seen, [*begins[1:], end]):
        if after - begin > 0.1 * end:                    # else there is no room for its name
            words = "{}\nG {}\nCG {}".format(*numbers)
            top.text(begin + 0.025 * end, 125, words, fontsize=9, va="top", linespacing=1.1)
    batches = "; ".join(f"{batch}, {part} and {max_cg} from {begin} on" for begin, batch, part, max_cg in seen)
    fig.alt = (f"{zoom.capitalize()}: up to {run['cost'][rows][-1]:.3g} gradient-equivalents the training error falls "
               f"from {run['train'][0]:.3g} to {run['train'][rows][-1]:.3g}, λ from {run['damping'][0]:.3g} to "
               f"{run['damping'][rows][-1]:.2g}; the median of ρ is {np.median(run['rho'][rows]):.2g}. Pictures in a "
               f"batch, behind G, and CG iterations: {batches}.")
    return fig
