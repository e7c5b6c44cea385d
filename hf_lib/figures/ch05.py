"""Pictures of notebook 05: the graph, a fit, the cheap gradient; differences are in `ch05_differences`."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .ch05_differences import differences

__all__ = ["FRAMES", "graph", "fit", "cheap_gradient", "differences"]

X, INPUTS = 1.5, (0.8, -0.2, 0.3)                               # as in the notebook: x, and w, b, c
# node: its name, its place, the nodes it uses
NODES = {
    1: ("w", (0, 0), ()),
    2: ("b", (2.2, -1), ()),
    3: ("c", (5.5, -1), ()),
    4: ("s₁·x", (1.1, 0), (1,)),
    5: ("s₄ + s₂", (2.2, 0), (4, 2)),
    6: ("tanh s₅", (3.3, 0), (5,)),
    7: ("s₁·s₆", (4.4, 0), (1, 6)),
    8: ("s₇ + s₃", (5.5, 0), (7, 3)),
    9: ("s₈ − x", (6.6, 0), (8,)),
    10: ("s₉·s₉", (7.7, 0), (9,)),
}
FORWARD = {4: r"\dot s_1 x", 5: r"\dot s_4 + \dot s_2", 6: r"(1 - s_6^2)\,\dot s_5", 7: r"\dot s_1 s_6 + s_1 \dot s_6",
           8: r"\dot s_7 + \dot s_3", 9: r"\dot s_8", 10: r"2\, s_9\, \dot s_9"}
# in reverse mode a frame is a node handing on shares: node, (receiver, formula), …
REVERSE = ((10, ((9, r"2\, s_9\, \bar s_{10}"),)), (9, ((8, r"\bar s_9"),)),
           (8, ((7, r"\bar s_8"), (3, r"\bar s_8"))),
           (7, ((1, r"s_6\, \bar s_7"), (6, r"s_1\, \bar s_7"))), (6, ((5, r"(1 - s_6^2)\,\bar s_6"),)),
           (5, ((4, r"\bar s_5"), (2, r"\bar s_5"))), (4, ((1, r"x\, \bar s_4"),)))
FRAMES = 11
SUBSCRIPT = {i: str(i).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")) for i in NODES}
VALUE, TANGENT, ADJOINT, PALE = style.COLOUR["objective"], style.COLOUR["model"], style.COLOUR["gradient"], "#9A9A9A"
MODES = {"forward mode along w": (1, 0, 0), "forward mode along b": (0, 1, 0), "forward mode along c": (0, 0, 1),
         "reverse mode": None}


@lru_cache(1)
def _values():
    w, b, c = INPUTS
    s5 = w * X + b
    s6 = np.tanh(s5)
    s8 = w * s6 + c
    return dict(enumerate((w, b, c, w * X, s5, s6, w * s6, s8, s8 - X, (s8 - X) ** 2), start=1))


@lru_cache(3)
def _tangents(along):
    s, d = _values(), dict(enumerate(along, start=1))
    d[4] = d[1] * X
    d[5] = d[4] + d[2]
    d[6] = (1 - s[6] ** 2) * d[5]
    d[7] = d[1] * s[6] + s[1] * d[6]
    d[8] = d[9] = d[7] + d[3]
    d[10] = 2 * s[9] * d[9]
    return d


def _shares(i, bar):
    """What node i hands on: (receiver, share), …."""
    s = _values()
    slopes = {10: (2 * s[9],), 9: (1,), 8: (1, 1), 7: (s[6], s[1]), 6: (1 - s[6] ** 2,), 5: (1, 1), 4: (X,)}[i]
    receivers = [receiver for receiver, _ in dict(REVERSE)[i]]
    return [(receiver, slope * bar[i]) for receiver, slope in zip(receivers, slopes, strict=True)]


def _adjoints(frames):
    """The adjoints collected after so many nodes have handed on their shares; 1 is the seed alone."""
    bar = {10: 1.0} if frames > 0 else {}
    for i, _ in REVERSE[:max(frames - 1, 0)]:
        for receiver, share in _shares(i, bar):
            bar[receiver] = bar.get(receiver, 0.0) + share
    return bar


def _frame(mode, k):
    """(numbers on the nodes, node in focus, nodes it touches, lines of formula) of one frame."""
    along = MODES[mode]
    if along is not None:
        d = _tangents(along)
        shown = {i: d[i] for i in range(1, k + 1)}
        if k == 0:
            return shown, None, (), ["Nothing computed yet."]
        if k <= 3:
            return shown, k, (), [rf"$\dot s_{{{k}}} = {along[k - 1]}$, the direction's entry"]
        return shown, k, NODES[k][2], [rf"$\dot s_{{{k}}} = {FORWARD[k]} = {style.number(d[k])}$"]
    shown = _adjoints(min(k, len(REVERSE) + 1))
    if k == 0:
        return shown, None, (), ["All values are known; nothing handed back yet."]
    if k == 1:
        return shown, 10, (), [r"$\bar s_{10} = 1$, the seed"]
    if k > len(REVERSE) + 1:
        return shown, None, (), [f"Complete: ∇f = ({', '.join(style.number(shown[i]) for i in (1, 2, 3))})"]
    i, targets = REVERSE[k - 2]
    before = _adjoints(k - 1)
    lines = []
    for (receiver, formula), (_, share) in zip(targets, _shares(i, before), strict=True):
        more = " (added to the first share)" if receiver in before else ""
        lines.append(rf"$\bar s_{{{receiver}}}$ gets ${formula} = {style.number(share)}${more}")
    return shown, i, tuple(receiver for receiver, _ in targets), lines


def _arrow(ax, start, end, colour, width, bend=0.0, back=False):
    ax.annotate("", xy=start if back else end, xytext=end if back else start,
                arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0,
                            "connectionstyle": f"arc3,rad={-bend if back else bend}"})


@explore.picture(mode=explore.Choice(tuple(MODES), label="sweep", default="reverse mode"),
                 k=explore.Player(FRAMES, label="step", interval=1200, default=3))
def graph(mode, k):
    """The ten nodes with their values, and the tangents or adjoints computed so far."""
    reverse = MODES[mode] is None
    shown, focus, touched, lines = _frame(mode, k)
    colour, mark = (ADJOINT, r"\bar s") if reverse else (TANGENT, r"\dot s")
    fig = style.figure(9, 3.9)
    ax = fig.subplots()
    ax.set_axis_off()
    ax.set(xlim=(-0.55, 8.25), ylim=(-2.35, 1.35))
    half, tall = 0.46, 0.36
    for i, (_, (x, y), uses) in NODES.items():
        for p in uses:
            active = focus == i and p in touched
            (px, py), ink = NODES[p][1], colour if active else "#B5B5B5"
            width = 2.2 if active else 1.1
            if (p, i) == (1, 7):
                _arrow(ax, (px, py + tall), (x, y + tall), ink, width, -0.16, reverse and active)
            elif py < y:
                _arrow(ax, (px, py + tall), (x, y - tall), ink, width, 0.0, reverse and active)
            else:
                _arrow(ax, (px + half, py), (x - half, y), ink, width, 0.0, reverse and active)
    for i, (name, (x, y), _) in NODES.items():
        value_known = reverse or i <= k
        here = i == focus
        ax.fill([x - half, x + half, x + half, x - half], [y - tall, y - tall, y + tall, y + tall], zorder=2,
                facecolor="#FFF6D6" if here else "white", edgecolor=colour if here or i in touched else "#8C8C8C",
                linewidth=2 if here else 1)
        number = {"ha": "center", "va": "center", "fontsize": 9.5, "zorder": 3}
        ax.text(x, y + 0.2, f"s{SUBSCRIPT[i]} = {name}", **number | {"fontsize": 9, "color": "#444444"})
        ax.text(x, y - 0.02, style.number(_values()[i]) if value_known else "·", **number,
                color=VALUE if value_known else PALE)
        ax.text(x, y - 0.24, style.number(shown[i]) if i in shown else "·", **number,
                color=colour if i in shown else PALE, weight="bold" if i in shown else "normal")
    ax.text(-0.46, 1.2, f"{mode}, step {k}", fontsize=11, va="center")
    ax.text(8.16, 1.2, rf"black: value $s_i$    coloured: ${mark}_i$", fontsize=10, va="center", ha="right",
            color="#444444")
    for j, line in enumerate(lines):
        ax.text(3.85, -1.72 - 0.36 * j, line, fontsize=12, va="center", ha="center", color=colour)
    what = "adjoints" if reverse else "tangents"
    known = ", ".join(f"s{i}: {style.number(shown[i])}" for i in sorted(shown)) or "none yet"
    fig.alt = (f"The graph of ten nodes, from w, b and c on the left to f = s10 = {style.number(_values()[10])} on "
               f"the right; s1 = w feeds s4 and s7. {mode.capitalize()}, step {k}; {what} so far: {known}.")
    return fig


def _example_fit():
    grid = np.linspace(-1, 1, 41)
    return {"X": grid[::4, None], "Y": np.sin(10 * grid[::4, None]), "grid": grid,
            "curves": [a * np.sin(10 * grid) for a in (0.0, 0.5, 1.0)], "losses": np.array([0.25, 0.06, 1e-4]),
            "every": 100}


@explore.picture(
    _example_fit,
    k=lambda curves, **_: explore.Player(len(curves), label="record"),
)
def fit(X, Y, grid, curves, losses, every, k):
    """Left the network's curve on the data, right the loss of the run."""
    fig = style.figure(8.4, 3.6)
    fig.readout = f"step {k * every}"
    left, right = fig.subplots(1, 2, width_ratios=(1.5, 1))
    left.plot(X[:, 0], Y[:, 0], ".", color=style.COLOUR["data"], label="data")
    left.plot(grid, curves[k], color=style.COLOUR["model"], label="network")
    left.set(xlim=(-1, 1), ylim=(-1.4, 1.9), yticks=(-1, 0, 1))
    style.label(left, "x", "z", f"trained by your tape, step {k * every}")
    style.legend(left, loc="upper center", ncols=2)
    steps = every * np.arange(len(losses))
    right.plot(steps, losses, **style.method("Adam") | {"markersize": 3})
    right.plot(steps[k], losses[k], "o", color=style.COLOUR["objective"], markersize=8)
    right.set_yscale("log")
    style.label(right, "step of Adam", "f(θ)", f"f = {style.number(losses[k])}")
    fig.alt = (f"After {k * every} steps of Adam with gradients from the tape, f = {style.number(losses[k])}: the "
               f"network's curve differs from the {len(X)} data points by up to "
               f"{style.number(np.abs(np.interp(X[:, 0], grid, curves[k]) - Y[:, 0]).max(), 2)}.")
    return fig


def _example_times():
    d = np.array([30, 300, 3000, 20000])
    return {"sizes": d, "times": {"differences": 0.1 * d, "forward mode": 0.15 * d, "reverse mode": 0.3 + 1e-4 * d}}


@explore.picture(_example_times)
def cheap_gradient(sizes, times):
    """The time of a whole gradient against the number of parameters."""
    looks = {"differences": (style.COLOUR["bound"], style.DASHED, "s"), "forward mode": (TANGENT, style.LONG, "^"),
             "reverse mode": (ADJOINT, "-", "o")}
    fig = style.figure(7.4, 3.9)
    ax = fig.subplots()
    for name, ms in times.items():
        colour, dashes, marker = looks[name]
        ax.plot(sizes, ms, color=colour, linestyle=dashes, marker=marker, label=name)
    ax.set(xscale="log", yscale="log")
    style.label(ax, "number of parameters d", "ms for one gradient", "a whole gradient: many sweeps, or one")
    style.legend(ax, loc="upper left")
    last = ", ".join(f"{name} {style.number(ms[-1], 2)} ms" for name, ms in times.items())
    fig.alt = (f"Time for a whole gradient against d, both axes logarithmic. Differences and forward mode rise at "
               f"least in proportion to d, reverse mode hardly. At d = {sizes[-1]}: {last}.")
    return fig
