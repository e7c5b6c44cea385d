"""The picture of notebook 12 §7: the test error of runs against their training error."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from . import panels

__all__ = ["against_training"]


def _example_runs():
    train = np.geomspace(25, 0.8, 30)
    return {"runs": {name: {"train": train, "test": by * train + 8 / train**0.5}
                     for name, by in (("SGD", 1), ("Adam", 0.6), ("Hessian-free", 0.5))}}


@explore.picture(_example_runs, level=explore.Log(0.8, 20, step=20, default=10, label="training error"))
def against_training(runs, level):
    """Test error where a run's training error is at a new low, against that error; all runs at one training error."""
    fig = style.figure(8.6, 4.0)
    ax = fig.subplots()
    said = []
    for name, of in runs.items():
        colour, dashes, marker = style.METHODS[name]
        low = of["train"] == np.minimum.accumulate(of["train"])
        ax.plot(of["train"][low], of["test"][low], color=colour, linestyle=dashes, linewidth=2, label=name)
        there = of["train"] <= level
        if there.any():
            test = of["test"][np.argmax(there)]                  # when it is reached for the first time
            ax.plot(level, test, marker, color=colour, markersize=8)
            said.append(f"{name} {style.number(test, 3)}")
        else:
            said.append(f"{name} does not get there")
    ax.axvline(level, color=style.COLOUR["bound"], linewidth=1, linestyle=style.DASHED)
    every = np.concatenate([of["test"][of["train"] < 22] for of in runs.values()])
    ends = 0.95 * every.min(), 1.05 * every.max()
    ax.set(xscale="log", yscale="log", xlim=(22, 0.65), ylim=ends)
    ax.set_xticks(*panels.ticks(0.7, 21))
    ax.set_yticks(*panels.ticks(*ends, (1, 1.2, 1.5, 2, 3, 5, 8)))
    ax.minorticks_off()
    style.label(ax, "training error per picture (falling to the right)", "",
                f"test error per picture; at training error {style.number(level, 3)}")
    style.legend(ax, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.alt = (f"Test error against training error, logarithmic axes. Test errors at training error "
               f"{level:.3g}: {', '.join(said)}.")
    return fig
