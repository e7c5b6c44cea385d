"""The picture of notebook 12 §9: the Hessian-free run with one device changed at a time."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

__all__ = ["CHANGED", "tries"]

# what was changed, by the name of the run in data/runs/autoencoder_curves_try_NAME.npz
CHANGED = {
    "unchanged": "nothing", "diagonal": "the diagonal preconditioner of 2010", "plain_cg": "no preconditioner",
    "cold": "CG starts at 0", "cg_10": "10 CG iterations a step", "factor": "factor 1.5 of the rule for λ",
    "lambda": "λ starts at 1", "no_floor": "no floor under λ", "large_batch": "batches of 5,000 from the start",
    "half_start": "first weights × ½", "double_start": "first weights × 2",
}


def _example_tries():
    k = np.arange(1.0, 60)
    return {"tries": {name: {"cost": k, "train": 26 / (1 + k / (10 + 3 * i))} for i, name in enumerate(CHANGED)}}


@explore.picture(_example_tries, changed=lambda tries, **_: explore.Choice(
    tuple(CHANGED[name] for name in tries if name != "unchanged"), label="changed"))
def tries(tries, changed):
    """Training error against cost of the run with one device changed, beside the unchanged one; grey: the others."""
    (name,) = [name for name in tries if CHANGED[name] == changed]
    fig = style.figure(8.4, 4)
    ax = fig.subplots()
    for other in tries.values():
        ax.plot(other["cost"], other["train"], color="#D0D0D0", linewidth=1)
    plain, chosen = tries["unchanged"], tries[name]
    ax.plot(plain["cost"], plain["train"], color="#000000", linestyle=style.DASHED, label="unchanged")
    ax.plot(chosen["cost"], chosen["train"], color=style.COLOUR["Hessian-free"], linewidth=2.4, label=changed)
    ax.set(xlim=(0, max(of["cost"][-1] for of in tries.values())), ylim=(0, 32))
    style.label(ax, "gradient-equivalents", "", "training error per picture")
    style.legend(ax, loc="lower left")
    fig.alt = (f"Training error against cost with one change, “{changed}”: {chosen['train'][-1]:.3g} at "
               f"{chosen['cost'][-1]:.3g} gradient-equivalents; unchanged {plain['train'][-1]:.3g} at "
               f"{plain['cost'][-1]:.3g}. Grey: the other changes.")
    return fig
