"""Pictures of notebook 12 of pictures and codes: a wall, a plane of codes, a walk from code to code."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from . import panels

__all__ = ["decode", "wall", "codes", "walk"]

SIDE, GAP = 28, 4


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
    fig.readout = f"{style.number(cost, 3)} GE"
    ax = fig.subplots()
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="equal")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set(xticks=[], yticks=[i * step + SIDE / 2 for i in range(len(rows))], yticklabels=names)
    ax.set_title(f"page {page}: {style.number(cost, 3)} gradient-equivalents")
    fig.alt = f"Ten test pictures, and under them what each network makes of them: {'; '.join(said)}."
    return fig


# ---- 9: codes, spectrum, a walk --------------------------------------------------------------------

PAIRS = {"1 and 2": (0, 1), "3 and 4": (2, 3), "5 and 6": (4, 5)}


def _example_codes():
    rng = np.random.default_rng(2)
    grown = np.arange(1, 6)[:, None]
    return {"album": {"cost": 1.4 ** np.arange(5), "codes": rng.standard_normal((5, 80, 6)) * grown[:, None],
                      "eigenvalues": np.sort(rng.random((5, 20)))[:, ::-1] * grown},
            "height": rng.random(80)}


@explore.picture(_example_codes, page=lambda album, **_: explore.Player(len(album["cost"]), label="page"),
                 pair=explore.Choice(tuple(PAIRS), label="code units"))
def codes(album, height, page, pair):
    """Left the codes of test pictures in two units, shaded by the ink's height; right the top eigenvalues of G."""
    i, j = PAIRS[pair]
    points = np.asarray(album["codes"][page], float)
    fig = style.figure(9, 4)
    fig.readout = f"{style.number(album['cost'][page], 3)} GE"
    left, right = fig.subplots(1, 2, width_ratios=(1.15, 1))
    left.scatter(points[:, i], points[:, j], c=height, s=9, cmap=style.SEQUENTIAL, linewidths=0)
    span = 1.1 * np.quantile(np.abs(np.asarray(album["codes"], float)[:, :, [i, j]]), 0.998)   # a few fall outside
    left.set(xlim=(-span, span), ylim=(-span, span))
    style.label(left, f"code unit {i + 1}", f"code unit {j + 1}",
                f"{style.number(album['cost'][page], 3)} GE; light: high ink")
    values, order = np.maximum(album["eigenvalues"], 1e-6), np.arange(1, album["eigenvalues"].shape[1] + 1)
    panels.others(right, order, values)
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
