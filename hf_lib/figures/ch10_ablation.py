"""The picture of notebook 10 §11: the full method without one device at a time."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

__all__ = ["WITHOUT", "finals_of", "relative", "ablation"]

# what stands beside each row, by the name of the device in data/runs/ablation.npz
WITHOUT = {
    "stop": "no stopping rule", "warm start": "warm start from 0", "decay": "warm start, no decay",
    "backtracking": "no backtracking", "preconditioner": "no preconditioner", "exponent": "exponent 1, not 0.75",
    "rule for λ": "λ stays as at the start", "ratio": "ρ with the damping", "line search": "no line search",
    "fixed λ": "one tuned λ throughout", "initialisation": "the other initialisation",
    "curvature batch": "the other curvature batch",
}


def finals_of(columns, settings):
    """The stored table as {problem: {variant: f at the end, in the order of the seeds}}.

    `columns` and `settings` are the arrays of data/runs/ablation.npz and the settings in its `origin`.
    """
    finals = {}
    for i, problem in enumerate(settings["problems"]):
        finals[problem] = {}
        for j, variant in enumerate(settings["variants"]):
            cell = (columns["problem"] == i) & (columns["variant"] == j)
            finals[problem][variant] = columns["final"][cell][np.argsort(columns["seed"][cell])]
    return finals


def relative(finals):
    """Each variant's f over that of "full" with the same seed: {variant: (ratios (seeds,), their median)}.

    `finals` maps variants, "full" among them, to arrays (seeds,).
    """
    ratios = {name: f / finals["full"] for name, f in finals.items() if name != "full"}
    return {name: (r, float(np.median(r))) for name, r in ratios.items()}


def _example_ablation():
    seeds = np.linspace(-0.3, 0.3, 5)
    return {"finals": {problem: {name: np.exp(width * (np.sin(k) + seeds)) for k, name in enumerate(["full", *WITHOUT])}
                       for problem, width in (("one", 1.0), ("two", 2.5))}}


@explore.picture(_example_ablation, problem=lambda finals: explore.Choice(tuple(finals), label="problem"))
def ablation(finals, problem):
    """For each device left out: f at the end over that of the full method, a dot a seed; a bar at the median.

    `finals` maps problems to {variant: f of each seed}, as `finals_of` returns it.
    """
    rows = relative(finals[problem])
    order = sorted(rows, key=lambda name: rows[name][1])
    everything = np.concatenate([rows[name][0] for name in order])
    low, high = min(np.log10(everything.min()), 0), max(np.log10(everything.max()), 0)
    room = 0.06 * max(high - low, 0.3)
    fig = style.figure(8.4, 4.8)
    ax = fig.subplots()
    for y, name in enumerate(order):
        ratios, median = rows[name]
        agreed = np.all(ratios > 1) or np.all(ratios < 1)                # every seed on one side
        colour = style.COLOUR["bound" if not agreed else "negative" if median > 1 else "positive"]
        ax.plot([ratios.min(), ratios.max()], [y, y], color=colour, linewidth=1, alpha=0.6)
        ax.plot(ratios, np.full(ratios.size, y), "o", color=colour, alpha=0.7)
        ax.plot(median, y, "|", color=colour, markersize=18, markeredgewidth=2.5)
        ax.text(1.01, y, style.number(median, 2), transform=ax.get_yaxis_transform(), va="center")
    ax.axvline(1, color=style.COLOUR["objective"], linewidth=1)
    ax.set(xscale="log", xlim=(10 ** (low - room), 10 ** (high + room)), ylim=(-0.7, len(order) - 0.3),
           yticks=range(len(order)), yticklabels=[WITHOUT[name] for name in order])
    if high - low < 1:
        ticks = [t for t in (0.1, 0.2, 0.5, 0.7, 1, 1.5, 2, 5, 10) if low - room < np.log10(t) < high + room]
        ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    style.label(ax, "f at the end over that of the full method, same seed", "",
                f"{problem}, without one device; right: the median")
    harm = [WITHOUT[name] for name in reversed(order) if np.all(rows[name][0] > 1)]
    fig.alt = (f"Ablation on {problem}, f at the end over that of the full method. Highest median: "
               f"“{WITHOUT[order[-1]]}” with {rows[order[-1]][1]:.3g}; lowest: “{WITHOUT[order[0]]}” with "
               f"{rows[order[0]][1]:.3g}. Worse with every seed: {', '.join(harm) or 'none'}.")
    return fig
