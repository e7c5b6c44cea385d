"""Pictures of notebook 11: the stored runs, their trials, and the run browser."""

from functools import lru_cache

import numpy as np

from hf_lib import datasets, explore
from hf_lib.explore import style

DASHED, DOTTED, LONG, DASH_DOT = style.DASHED, style.DOTTED, style.LONG, style.DASH_DOT
PREFIX = "mnist_"

# group → name → the run, or the beginning of the names of its seeds
GROUPS = {
    "tuned, three seeds": {"Hessian-free": "hf_", "SGD": "sgd_", "Adam": "adam_"},
    "third round": {"HF, preset": "hf_guess_", "SGD": "sgd_", "Adam": "adam_", "Adam, η falls": "adam_falling_"},
    "the project's": {"SGD, η = 0.1": "project_sgd", "batch 1,000": "project_1000_cg",
                      "batch 75, with the slip": "slip_75_cg", "batch 75, repaired": "project_75_cg",
                      "batch 75, chapter 10's form": "hf_75"},
    "CG and PCG": {"batch 1,000, CG": "project_1000_cg", "batch 1,000, PCG": "project_1000_pcg",
                   "all images, CG": "classical_cg", "all images, PCG": "classical_pcg"},
}
LOOKS = {
    "Hessian-free": (style.COLOUR["Hessian-free"], "-"), "SGD": (style.COLOUR["SGD"], DASHED),
    "Adam": (style.COLOUR["Adam"], DOTTED), "HF, preset": ("#2B43E1", "-"), "Adam, η falls": ("#844729", LONG),
    "SGD, η = 0.1": (style.COLOUR["SGD"], DASHED), "batch 1,000": ("#2B43E1", "-"),
    "batch 75, with the slip": ("#4E1D96", LONG), "batch 75, repaired": ("#000000", DOTTED),
    "batch 75, chapter 10's form": (style.COLOUR["Hessian-free"], DASH_DOT),
    "batch 1,000, CG": ("#2B43E1", "-"), "batch 1,000, PCG": ("#EE3C02", DASHED),
    "all images, CG": ("#4E1D96", LONG), "all images, PCG": ("#844729", DASH_DOT),
}
WHAT = {"test error, %": "test_error", "test error of the average, %": "average_test_error",
        "f on all training data": "loss"}
AXES = {"CPU seconds": "cpu_seconds", "gradient-equivalents": "cost", "epochs": "epoch", "steps": "steps"}


# ---- stored runs ------------------------------------------------------------------------------------


def digits_runs():
    """Every final run of `experiments/mnist.py`: name → columns."""
    names = [name for name in datasets.runs(PREFIX) if not name.startswith(f"{PREFIX}choose")]
    return {name.removeprefix(PREFIX): datasets.run(name)[0] for name in names}


FORMS = {"hf": "Hessian-free", "sgd": "SGD", "adam": "Adam", "hf late": "HF, preset", "adam late": "Adam, η falls"}


def digits_trials():
    """The runs by which settings were chosen: form → setting in words → (held-out error of θ, of θ̄, CPU s, GE).

    The errors are in per cent, the means of the last three rows. "late" is what ends with short steps.
    """
    trials = {form: {} for form in FORMS.values()}
    for name in datasets.runs(f"{PREFIX}choose"):
        columns, origin = datasets.run(name)
        made = origin["settings"]
        words = [f"η = {made['learning_rate']:g}"] if "learning_rate" in made else []
        words += [f"batch {made.get('batch', made.get('gradient_batch'))}"]
        if "rises_to" in made:
            low = made["damping_floor"]
            words += [f"CG {made['max_cg']}", f"λ ≥ {low:g}, {low * made['rises_to']:g}"]
        words += [f"L2 {made['l2']:g}"] if made["l2"] else []
        words += [f"seed {origin['seed']}"] if origin["seed"] else []
        form = FORMS[made["method"] + " late" * ("rises_to" in made or "falls_to" in made)]
        errors = [100 * float(np.mean(columns[field][-3:])) for field in ("valid_error", "average_valid_error")]
        trials[form][", ".join(words)] = (*errors, columns["cpu_seconds"][-1], columns["cost"][-1])
    return trials


# ---- 4: the run browser -----------------------------------------------------------------------------


@lru_cache(1)
def _example_runs():
    epochs = np.array([0.0, 0.1, 0.5, 1, 2, 4])
    names = sorted({f"{key}0" if key.endswith("_") else key for group in GROUPS.values() for key in group.values()})
    return {"runs": {name: {"epoch": epochs, "steps": 60 * epochs, "cost": (1 + k) * epochs,
                            "cpu_seconds": 2 * (1 + k) * epochs, "loss": 2.3 / (1 + 9 * epochs),
                            "test_error": 0.9 / (1 + (20 + k) * epochs), "average_test_error": 0.9 / (1 + 18 * epochs)}
                     for k, name in enumerate(names)}}


@explore.picture(_example_runs, group=explore.Choice(tuple(GROUPS), label="runs"),
                 what=explore.Choice(tuple(WHAT), label="show"), axis=explore.Choice(tuple(AXES), label="measured in"),
                 log=explore.Switch(True, label="logarithmic axes"))
def browser(runs, group, what, axis, log):
    """Stored runs on the axes that the reader chooses; seeds of one setting share their look."""
    fig = style.figure(8.6, 4.3)
    ax = fig.subplots()
    field, scale = WHAT[what], 100 if "%" in what else 1
    said = []
    for name, key in GROUPS[group].items():
        colour, dashes = LOOKS[name]
        of = [runs[run] for run in sorted(runs) if (run[:-1] == key if key.endswith("_") else run == key)]
        for k, columns in enumerate(of):
            x, y = columns[AXES[axis]][1:], scale * columns[field][1:]
            ax.plot(x, y, color=colour, linestyle=dashes, linewidth=1.7, label="_" if k else name)
            ax.plot(x[-1], y[-1], "o", color=colour, markersize=5)
        last = [scale * columns[field][-1] for columns in of]
        said.append(f"{name} {' and '.join(sorted({style.number(low, 3) for low in (min(last), max(last))}))}")
    if log:
        ax.set(xscale="log", yscale="log")
    low, high = _limits(field, log)
    ax.set(ylim=(low, high))
    if log:
        ticks = ((1.5, "1.5"), (2, "2"), (3, "3"), (5, "5"), (10, "10"), (20, "20"), (50, "50"))
        if scale == 1:
            ticks = ((0.001, "10⁻³"), (0.01, "10⁻²"), (0.1, "0.1"), (1, "1"))
        ax.set(yticks=[tick for tick, _ in ticks], yticklabels=[words for _, words in ticks])
    style.label(ax, axis, "", f"{what}; {group}")
    style.legend(ax, loc="lower left" if log else "upper right")       # where no curve runs
    fig.alt = (f"Runs: {group}. {what} against {axis}, {'logarithmic' if log else 'linear'} axes, from the first "
               f"tenth of an epoch on. At their ends: {'; '.join(said)}.")
    return fig


def _limits(field, log):
    if field == "loss":
        return (1e-3, 3) if log else (0, 0.3)
    return (1.2, 60) if log else (1, 5)
