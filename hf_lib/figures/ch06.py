"""Picture of notebook 06: the four passes layer by layer."""

from functools import lru_cache

import numpy as np
from matplotlib.collections import LineCollection

from hf_lib import explore
from hf_lib.explore import style

R_A, R_DELTA = style.COLOUR["model"], style.COLOUR["gradient"]

# --- the four passes on one example of a 2-4-4-2 network, tanh, softmax cross-entropy ---

SIZES, INPUT, TARGET = (2, 4, 4, 2), np.array([[0.9, -0.6]]), np.array([[1.0, 0.0]])
DIRECTIONS = ("every parameter", "one weight of layer 1", "one weight of layer 2", "one bias of layer 3")
EPSILONS = np.geomspace(1e-9, 1, 37)


@lru_cache(1)
def _theta():
    d = sum((n + 1) * m for n, m in zip(SIZES, SIZES[1:]))
    return np.random.default_rng(612).normal(0, 0.8, d)


@lru_cache(4)
def _direction(name):
    theta = _theta()
    if name == DIRECTIONS[0]:
        return np.random.default_rng(5).normal(0, 0.5, theta.size)
    v = np.zeros(theta.size)
    v[{DIRECTIONS[1]: 1, DIRECTIONS[2]: 12 + 6, DIRECTIONS[3]: theta.size - 1}[name]] = 1.0
    return v


def _blocks(theta):
    parts, start = [], 0
    for n, m in zip(SIZES, SIZES[1:]):
        parts.append(theta[start:start + (n + 1) * m].reshape(n + 1, m))
        start += (n + 1) * m
    return parts


def _values(theta):
    """a_1, a_2, z_3, and δ_1, δ_2, δ_3, each a vector, in θ's dtype (complex too)."""
    W, real = _blocks(theta), theta.real.dtype
    a = [INPUT.astype(real)]
    for l, block in enumerate(W):
        z = a[-1] @ block[:-1] + block[-1]
        a.append(np.tanh(z) if l < len(W) - 1 else z)
    p = np.exp(a[-1])
    delta = [p / p.sum() - TARGET.astype(real)]
    for l in (2, 1):
        delta.insert(0, (1 - a[l] * a[l]) * (delta[0] @ W[l][:-1].T))
    return [part[0] for part in a[1:]], [part[0] for part in delta]


@lru_cache(4)
def _moves(name):
    """R{a_l} and R{δ_l} along the direction, by an imaginary step: exact up to rounding."""
    parts = _values(_theta() + 1e-20j * _direction(name))
    return [[part.imag / 1e-20 for part in kind] for kind in parts]


def _quotients(name, eps, dtype=np.float64):
    """(a(θ + εv) − a(θ))/ε, and the same of δ, for every layer."""
    theta, v, eps = _theta().astype(dtype), _direction(name).astype(dtype), dtype(eps)
    there, here = _values(theta + eps * v), _values(theta)
    return [[(b - a) / eps for a, b in zip(*pair)] for pair in zip(here, there)]


@lru_cache(32)
def _errors(name, layer, dtype):
    """The largest difference between quotient and R, (a, δ) for every one of EPSILONS."""
    moves = _moves(name)
    found = [[np.abs(q[layer - 1] - m[layer - 1]).max() for q, m in zip(_quotients(name, eps, dtype), moves)]
             for eps in EPSILONS]
    return np.maximum(np.array(found).T, 2e-13)


WIDTH = 4.15                                                    # from one drawing of the network to the next


def _networks(ax, titles, shown, layer, v):
    """The network once for each quantity: units coloured by it, the chosen layer's numbers written in."""
    places = [[(l, (n - 1) / 2 - i) for i in range(n)] for l, n in enumerate(SIZES)]
    pairs = [(l, i, j) for l in range(3) for i in range(SIZES[l]) for j in range(SIZES[l + 1])]
    moved = [pair for pair in pairs if _blocks(v)[pair[0]][pair[1:]] != 0 and np.count_nonzero(v) == 1]
    spots, colours, rings, edges, thick = [], [], [], [], []
    for k, (title, values) in enumerate(zip(titles, shown)):
        right = np.array([k * WIDTH, 0])
        edges += [(places[l][i] + right, places[l + 1][j] + right) for l, i, j in pairs]
        thick += [(places[l][i] + right, places[l + 1][j] + right) for l, i, j in moved]
        ax.text(k * WIDTH + 1.5, 2.3, title, ha="center", fontsize=12)
        scale = max(np.abs(np.concatenate(values)).max(), 1e-12)
        for l, part in enumerate(values):
            spots += [place + right for place in places[l]]
            colours += list(part / scale)
            rings += [2.2 if l == layer else 0.7] * len(part)
            for (x, y), value in zip(places[l], part) if l == layer else ():
                ax.text(x + right[0], y, f"{value + 0.0:.2f}".replace("-", "−"), ha="center", va="center", fontsize=9,
                        zorder=4, color="white" if abs(value) > 0.75 * scale else "black")
    ax.add_collection(LineCollection(edges, colors="#CCCCCC", linewidths=0.7, zorder=1))
    ax.add_collection(LineCollection(thick, colors="#222222", linewidths=2.6, zorder=2))
    ax.scatter(*np.array(spots).T, s=800, c=colours, cmap=style.DIVERGING, vmin=-1.3, vmax=1.3, zorder=3,
               linewidths=rings, edgecolors="#444444")
    ax.set(xlim=(-0.5, 3 * WIDTH + 3.5), ylim=(-2.1, 2.7))
    ax.set_axis_off()


def _bars(ax, moves, quotients, colour, symbol, layer):
    units = np.arange(1, len(moves) + 1)
    ax.bar(units, moves, 0.62, color=colour, alpha=0.55, label="R")
    ax.plot(units, quotients, "o", color="black", markersize=6, label="quotient")
    reach = 1.25 * max(np.abs(moves).max(), np.abs(quotients).max(), 0.1)
    ax.axhline(0, color="#555555", linewidth=0.8)
    ax.set(xlim=(0.4, 4.6), ylim=(-reach, reach), xticks=units, yticks=(-reach / 1.25, 0, reach / 1.25))
    ax.set_yticklabels([f"{y:.2f}".replace("-", "−") for y in ax.get_yticks()])
    style.label(ax, f"unit of layer {layer}", "", rf"R{{{symbol}}} and quotient")


@explore.picture(layer=explore.Integer(1, 3, default=2, label="layer"),
                 direction=explore.Choice(DIRECTIONS, label="direction v moves"),
                 eps=explore.Log(1e-9, 1, step=4, default=0.3162, label="ε"))
def layers(layer, direction, eps):
    """Values, R-values, adjoints and R-adjoints of every layer, and the quotient that tends to R."""
    a, delta = _values(_theta())
    moves, quotients = _moves(direction), _quotients(direction, eps)
    v = _direction(direction)
    fig = style.figure(9.6, 5.6)
    grid = fig.add_gridspec(2, 3, height_ratios=(1.25, 1))
    none = np.zeros(2)                                        # the inputs do not move, and nobody asks for their δ
    shown = ([INPUT[0], *a], [none, *moves[0]], [none, *delta], [none, *moves[1]])
    _networks(fig.add_subplot(grid[0, :]), ("a", "R{a}", "δ", "R{δ}"), shown, layer, v)
    for k, (colour, symbol) in enumerate(((R_A, "a"), (R_DELTA, "δ"))):
        _bars(fig.add_subplot(grid[1, k]), moves[k][layer - 1], quotients[k][layer - 1], colour, symbol,
              layer)
    ax = fig.add_subplot(grid[1, 2])
    for dtype, dashes in ((np.float64, "-"), (np.float32, (0, (2, 2)))):
        for error, colour, symbol in zip(_errors(direction, layer, dtype), (R_A, R_DELTA), "aδ"):
            ax.plot(EPSILONS, error, color=colour, linestyle=dashes, linewidth=1.5,
                    label=f"{symbol}, {np.dtype(dtype).name}")
    ax.axvline(eps, color="#555555", linewidth=1, zorder=0)
    ax.set(xscale="log", yscale="log", xlim=(1e-9, 1), ylim=(1e-13, 1e7), xticks=(1e-9, 1e-6, 1e-3, 1),
           yticks=(1e-12, 1e-8, 1e-4, 1))
    style.label(ax, "ε", "", "|quotient − R|, largest")
    style.legend(ax, loc="upper right", ncols=2, columnspacing=0.8, handlelength=1.6, borderaxespad=0.1)
    off = [np.abs(q[layer - 1] - m[layer - 1]).max() for q, m in zip(quotients, moves)]
    listed = [", ".join(style.number(x + 0.0, 2) for x in kind[layer - 1]) for kind in (a, moves[0], delta, moves[1])]
    fig.alt = (f"A network 2-4-4-2 four times, units coloured by activation a, R of a, adjoint delta, R of delta; v "
               f"moves {direction}. Layer {layer}: a = {listed[0]}; R of a = {listed[1]}; delta = {listed[2]}; "
               f"R of delta = {listed[3]}. Below, the difference quotients at ε = {style.number(eps, 2)}, off by "
               f"at most {style.number(off[0], 2)} for a and {style.number(off[1], 2)} for delta; and that "
               f"error against ε, in float64 and float32: it falls with ε, then rises by rounding.")
    return fig
