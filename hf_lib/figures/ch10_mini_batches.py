"""Pictures of notebook 10 on mini-batches: stored runs, batch sizes, test errors by epoch."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from . import panels

__all__ = ["stored", "batch_sizes", "epochs"]

LOOKS = (("#EE3C02", "-"), ("#2B43E1", style.DASHED), ("#4E1D96", style.LONG), ("#B959CE", style.DASH_DOT),
         ("#844729", style.DOTTED))


# ---- mini-batches: the stored runs -----------------------------------------------------------------


def _example_stored():
    steps = np.arange(1, 61.0)
    run = {"before": 1 / steps, "after": 0.5 / steps, "other_before": 1.2 / steps, "other_after": 1.3 / steps,
           "rho": np.cos(steps), "rho_other": np.sin(steps), "damping": 1 / steps}
    return {"runs": {"naive": run, "floor": {**run, "damping": np.ones(60)}}}


@explore.picture(_example_stored, name=lambda runs: explore.Choice(runs, label="run"))
def stored(runs, name):
    """f after each step on its own batch and on other data, ρ on both, and λ."""
    run = runs[name]
    steps = np.arange(1, len(run["after"]) + 1)
    fig = style.figure(8.6, 5.4)
    top, middle, low = fig.subplots(3, 1, sharex=True, height_ratios=(1.3, 1.2, 1))
    own, other = style.COLOUR["training"], style.COLOUR["test"]
    top.plot(steps, run["after"], color=own, label="own batch")
    top.plot(steps, run["other_after"], color=other, linestyle=style.DASHED, label="other data")
    top.set(yscale="log", ylim=(5e-3, max(5, 2 * np.nanmax(run["other_after"]))))
    style.label(top, "", "f after the step", name)
    style.legend(top, loc="center left", bbox_to_anchor=(1, 0.5))
    for column, colour, marker in (("rho", own, "o"), ("rho_other", other, "^")):
        middle.plot(steps, np.clip(run[column], -1, 1.6), marker, color=colour, markersize=3.5)
    for edge in (0.25, 0.75):
        middle.axhline(edge, color=style.COLOUR["bound"], linewidth=1, linestyle=style.DASHED)
    middle.set(ylim=(-1.15, 1.75), yticks=(-1, 0.25, 0.75), yticklabels=("≤ −1", "¼", "¾"))
    medians = np.median(run["rho"]), np.median(run["rho_other"])
    style.label(middle, "", "ρ", f"ρ, median: own {style.number(medians[0], 2)}, other {style.number(medians[1], 2)}")
    low.plot(steps, run["damping"], color=style.COLOUR["step"])
    low.set(yscale="log", ylim=panels.widened(min(run["damping"].min(), 0.01), max(run["damping"].max(), 1), 3))
    style.label(low, "step", "λ", f"λ from {style.number(run['damping'].min(), 2)} to "
                                  f"{style.number(run['damping'].max(), 2)}")
    fig.alt = (f"Run {name}: after the last step f is {run['after'][-1]:.3g} on the step's own batch and "
               f"{run['other_after'][-1]:.3g} on other data. The median of ρ is {medians[0]:.2g} on the own batch and "
               f"{medians[1]:.2g} on other data; λ runs from {run['damping'].min():.2g} to {run['damping'].max():.2g}.")
    return fig


def _example_sizes():
    def run(steps):
        k = np.arange(1, steps + 1.0)
        return {"cost": 90 * k / steps, "other_after": 1 / k, "rho": np.cos(0.1 * k), "rho_other": np.cos(steps * k)}
    return {"runs": {"all": run(5), "75": run(40)}}


@explore.picture(_example_sizes, size=lambda runs: explore.Choice(runs, default=list(runs)[-1], label="batch"))
def batch_sizes(runs, size):
    """Left f on other data against the cost, a line a batch size; right ρ of each step, on its batch and on others."""
    fig = style.figure(9, 3.8)
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    own, other, black = style.COLOUR["training"], style.COLOUR["test"], style.COLOUR["objective"]
    for (name, run), (colour, dashes) in zip(runs.items(), LOOKS, strict=False):
        front = name == size
        left.plot(run["cost"], run["other_after"], color=colour, linestyle=dashes, linewidth=2.4 if front else 1,
                  alpha=1 if front else 0.5, label=name)
    every = np.concatenate([run["other_after"] for run in runs.values()])
    panels.logarithmic(left, every.min() / 1.3, every.max() * 50)            # room for the legend
    style.label(left, "gradient-equivalents", "f on other data")
    style.legend(left, loc="upper left", ncols=3, columnspacing=1)
    for x, run in enumerate(runs.values()):
        for column, shift, colour, marker in (("rho", -0.17, own, "o"), ("rho_other", 0.17, other, "^")):
            shown = np.clip(run[column], -1, 1.6)
            right.plot(x + shift + np.linspace(-0.12, 0.12, len(shown)), shown, marker, color=colour, markersize=3,
                       alpha=0.35, label={"rho": "own batch", "rho_other": "other data"}[column] if x == 0 else None)
            right.plot(x + shift + np.array([-0.15, 0.15]), np.full(2, np.median(shown)), color=black, linewidth=2.4)
    right.axhline(0, color=style.COLOUR["bound"], linewidth=1)
    right.axvspan(list(runs).index(size) - 0.45, list(runs).index(size) + 0.45, color="#E6E6E6", zorder=0)
    right.set(ylim=(-1.2, 2.3), yticks=(-1, 0, 1), yticklabels=("≤ −1", "0", "1"), xlim=(-0.5, len(runs) - 0.5),
              xticks=range(len(runs)), xticklabels=list(runs))
    run = runs[size]
    harm = 100 * np.mean(run["rho_other"] < 0)
    style.label(right, "batch", "ρ", f"{size}: {harm:.0f} % of {len(run['rho'])} steps harm")
    style.legend(right, loc="upper center", ncols=2, columnspacing=1)
    fig.alt = (f"Batch {size}: {len(run['rho'])} steps, f on other data ends at {run['other_after'][-1]:.3g} and is at "
               f"most {run['other_after'].max():.3g}; {harm:.0f} per cent of the steps raise it. Median of ρ on the "
               "own batch and on other data: "
               + "; ".join(f"{name} {np.median(r['rho']):.2f} and {np.median(r['rho_other']):.2f}"
                           for name, r in runs.items()) + ".")
    return fig


def _example_epochs():
    epochs = np.arange(1, 21.0)
    runs = [{"epoch": epochs, "test_error": 0.05 / epochs + 0.01 * k, "average_error": 0.04 / epochs + 0.01 * k}
            for k in range(5)]
    return {"runs": runs, "naive": {"test_error": np.array([0.04, 0.03]), "average_error": np.array([0.03, 0.02])}}


@explore.picture(_example_epochs, average=explore.Switch(label="running average of θ"))
def epochs(runs, naive, average):
    """Test error by epoch: five seeds of the preset, and the two epochs of the naive loop."""
    column = "average_error" if average else "test_error"
    fig = style.figure(8.2, 3.6)
    ax = fig.subplots()
    for seed, run in enumerate(runs):
        ax.plot(run["epoch"], 100 * run[column], color=style.COLOUR["Hessian-free"], linewidth=1.1,
                label="stochastic, 5 seeds" if seed == 0 else None)
    ax.plot([1, 2], 100 * naive[column], "s--", color=style.COLOUR["objective"], label="naive, two epochs")
    ax.set(ylim=(1, 6), xlim=(0.5, 20.5), xticks=(1, 5, 10, 15, 20))
    last = [100 * run[column][-1] for run in runs]
    style.label(ax, "epoch", "test error, per cent", f"after 20 epochs: {min(last):.2f} to {max(last):.2f} %")
    style.legend(ax, loc="upper right")
    fig.alt = (f"Test error {'of the running average ' if average else ''}by epoch for five seeds of the preset: from "
               f"{min(last):.2f} to {max(last):.2f} per cent after 20 epochs. The naive loop has "
               f"{100 * naive[column][0]:.2f} and {100 * naive[column][1]:.2f} per cent after one and two.")
    return fig
