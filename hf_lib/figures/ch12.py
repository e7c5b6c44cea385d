"""Pictures of notebook 12: what a deep network lets through, blocks of G, CG's progress, runs, codes, a walk."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

SIDE, GAP = 28, 4
OWN_LOOKS = {"Hessian-free, 2010": ("#4E1D96", style.LONG), "plain": ("#000000", style.DASHED),
             "diagonal": ("#2B43E1", style.DASH_DOT), "Kronecker": ("#EE3C02", "-"),
             "G from 5,000": ("#4E1D96", style.LONG), "G from 5,000, CG 10": ("#2B43E1", style.DOTTED),
             "G from all, CG 3": ("#000000", style.DASHED)}
AXES = {"CPU seconds": "cpu_seconds", "gradient-equivalents": "cost"}
ERRORS = {"training": "train", "test": "test"}


def _look(name):
    colour, dashes = OWN_LOOKS.get(name) or style.METHODS[name][:2]
    return {"color": colour, "linestyle": dashes}


def _ticks(low, high):
    """1, 2, 5, 10, … between two ends: numbers, and words."""
    ticks = [float(f"{m}e{k}") for k in range(-4, 4) for m in (1, 2, 5) if low <= float(f"{m}e{k}") <= high]
    return ticks, [f"{tick:g}" for tick in ticks]


def _others(ax, x, rows, colour="#C4C4C4"):
    """Many grey lines as a single one with gaps: one artist is drawn in the time of one."""
    gap = np.full((len(rows), 1), np.nan)
    ax.plot(np.tile([*x, np.nan], len(rows)), np.hstack([rows, gap]).ravel(), color=colour, linewidth=1)


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
        _others(ax, layers, values)
        ax.plot(layers, values[at], "o-", color=colour, linewidth=2.4)
        ax.set(yscale="log", ylim=(0.4 * values.min(), 2.5 * values.max()), xticks=layers)
        style.label(ax, "layer", "", f"{title}, × {scale}")
    fig.alt = (f"Left, the spread of a layer's values between pictures, from {spread[at, 0]:.2g} in the first layer to "
               f"{spread[at, -1]:.2g} in the last; right, the length of the gradient in each layer, from "
               f"{gradients[at, 0]:.2g} to {gradients[at, -1]:.2g}. First weights times {scale}; grey: others.")
    return fig


# ---- pictures as a wall ----------------------------------------------------------------------------


def _example_wall():
    rng = np.random.default_rng(0)
    album = lambda n: {"cost": 1.4 ** np.arange(n), "reconstructions": rng.integers(0, 255, (n, 10, 784), np.uint8)}
    return {"originals": rng.random((10, 784)), "albums": {"Hessian-free": album(4), "Adam": album(5)}}


@explore.picture(_example_wall, page=lambda albums, **_: explore.Player(
    len(next(iter(albums.values()))["cost"]), label="page"))
def wall(originals, albums, page):
    """Pictures, and what the networks make of them at the cost of a page of the first album."""
    first = next(iter(albums.values()))
    cost, said = first["cost"][page], []
    rows, names = [originals], ["original"]
    for name, album in albums.items():
        at = page if album is first else int(np.argmin(np.abs(np.log(album["cost"] / cost))))
        shown = album["reconstructions"][at] / 255
        error = np.mean(np.sum((shown - originals) ** 2, axis=1))
        rows.append(shown)
        names.append(f"{name}\n{style.number(album['cost'][at], 2)} GE")
        said.append(f"{name} at {album['cost'][at]:.3g} gradient-equivalents, squared error {error:.3g} on these ten")
    step = SIDE + GAP
    picture = np.ones((len(rows) * step, 10 * step))
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            picture[i * step:i * step + SIDE, j * step:j * step + SIDE] = image.reshape(SIDE, SIDE)
    fig = style.figure(9, 0.6 + 0.82 * len(rows))
    ax = fig.subplots()
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="equal")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set(xticks=[], yticks=[i * step + SIDE / 2 for i in range(len(rows))], yticklabels=names)
    ax.set_title(f"page {page}: {style.number(cost, 3)} gradient-equivalents")
    fig.alt = f"Ten test pictures, and under them what each network makes of them: {'; '.join(said)}."
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
                 log=explore.Switch(True, label="what is missing, logarithmic"))
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
        ax.set_yticks(*_ticks(low, high))
        first = min(columns[x_field][0] for columns in runs.values())
        if max(ends) < 100 * first:                      # else powers of ten are enough
            ax.set_xticks(*_ticks(first, max(ends)))
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
    top.set_yticks(*_ticks(0.8 * run["train"].min(), 60))
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


# ---- 6: codes, spectrum, a walk --------------------------------------------------------------------

PAIRS = {"1 and 2": (0, 1), "3 and 4": (2, 3), "5 and 6": (4, 5)}


def _example_codes():
    rng = np.random.default_rng(2)
    grown = np.arange(1, 6)[:, None]
    return {"album": {"cost": 1.4 ** np.arange(5), "codes": rng.standard_normal((5, 80, 6)) * grown[:, None],
                      "eigenvalues": np.sort(rng.random((5, 20)))[:, ::-1] * grown},
            "height": rng.random(80)}


@explore.picture(_example_codes, page=lambda album, **_: explore.Player(len(album["cost"]), label="page",
                                                                        default=len(album["cost"]) - 1),
                 pair=explore.Choice(tuple(PAIRS), label="code units"))
def codes(album, height, page, pair):
    """Left the codes of test pictures in two units, shaded by the ink's height; right the top eigenvalues of G."""
    i, j = PAIRS[pair]
    points = np.asarray(album["codes"][page], float)
    fig = style.figure(9, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.15, 1))
    left.scatter(points[:, i], points[:, j], c=height, s=9, cmap=style.SEQUENTIAL, linewidths=0)
    span = 1.1 * np.quantile(np.abs(np.asarray(album["codes"], float)[:, :, [i, j]]), 0.998)   # a few fall outside
    left.set(xlim=(-span, span), ylim=(-span, span))
    style.label(left, f"code unit {i + 1}", f"code unit {j + 1}",
                f"{style.number(album['cost'][page], 3)} GE; light: high ink")
    values, order = np.maximum(album["eigenvalues"], 1e-6), np.arange(1, album["eigenvalues"].shape[1] + 1)
    _others(right, order, values)
    right.plot(order, values[page], "o-", color=style.COLOUR["Hessian-free"], markersize=4)
    right.set(yscale="log", ylim=(0.5 * values.min(), 2 * values.max()), xticks=(1, 5, 10, 15, 20))
    ratio = style.number(values[page, 0] / values[page, -1], 2)
    style.label(right, "number", "", f"eigenvalues of G: 1st / 20th = {ratio}")
    reach = points[:, [i, j]].std(axis=0)
    fig.alt = (f"Page {page}, {album['cost'][page]:.3g} gradient-equivalents. Left, code units {pair} of {len(points)} "
               f"test pictures: they spread by {reach[0]:.2g} and {reach[1]:.2g}. Right, the 20 largest eigenvalues of "
               f"G, from {values[page, 0]:.3g} down to {values[page, -1]:.3g}; grey: the other pages.")
    return fig


def decode(blocks, code):
    """The picture of a code: the blocks behind the middle layer, sigmoids all the way."""
    a = code
    for W in blocks:
        a = 1 / (1 + np.exp(-(a @ W[:-1] + W[-1])))
    return a


@lru_cache(1)
def _example_walk():
    rng = np.random.default_rng(3)
    return {"blocks": [rng.standard_normal((7, 20)), 0.3 * rng.standard_normal((21, 784))],
            "points": rng.standard_normal((80, 6)) * np.arange(6, 0, -1)}


@explore.picture(_example_walk, x=explore.Slider(-2.5, 2.5, 0.25, default=0, label="to the right"),
                 y=explore.Slider(-2.5, 2.5, 0.25, default=0, label="upwards"),
                 pair=explore.Choice(tuple(PAIRS), label="directions"))
def walk(blocks, points, x, y, pair):
    """A place in the plane of two principal directions of the codes, and the picture that the decoder makes of it."""
    i, j = PAIRS[pair]
    middle = points.mean(axis=0)
    _, s, V = np.linalg.svd(points - middle, full_matrices=False)
    spread = s / np.sqrt(len(points))
    V *= np.sign(V[np.arange(len(V)), np.abs(V).argmax(axis=1)])[:, None]
    along = (points - middle) @ V.T / spread
    image = decode(blocks, middle + x * spread[i] * V[i] + y * spread[j] * V[j])
    fig = style.figure(8, 3.9)
    left, right = fig.subplots(1, 2)
    left.plot(along[:, i], along[:, j], ".", color=style.COLOUR["data"], markersize=4)
    left.plot(x, y, "o", color=style.COLOUR["Hessian-free"], markersize=11)
    left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2))
    style.label(left, f"direction {i + 1}, in standard deviations", f"direction {j + 1}", "codes of test pictures")
    right.imshow(image.reshape(SIDE, SIDE), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    right.grid(False)
    right.set(xticks=[], yticks=[])
    right.set_title(f"decoded at ({style.number(x)}, {style.number(y)})")
    rows, columns = np.indices((SIDE, SIDE))
    ink = image.sum()
    centre = (rows.ravel() @ image / ink, columns.ravel() @ image / ink)
    fig.alt = (f"Left, the codes of test pictures along directions {pair}, and the place ({x:g}, {y:g}); right, the "
               f"picture decoded there: its ink adds up to {ink:.0f} white pixels, centred on row {centre[0]:.0f}, "
               f"column {centre[1]:.0f} of 28.")
    return fig
