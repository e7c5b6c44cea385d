"""The last race of notebook 00: a network that obeys an equation, where it is wrong, and by how much."""

import time
from dataclasses import dataclass

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .error_map import error_map, scale, style_of

__all__ = ["EquationRun", "equation", "record_equation"]

KEPT = 80                                       # records of a run
SIDE = 41                                       # points of a map along an edge
FRAMES = 40
AXES = {"CPU seconds": "cpu", "gradient-equivalents": "cost"}


@dataclass(frozen=True)
class EquationRun:
    """One method on one equation, at up to 80 of its steps.

    Attributes
    ----------
    cpu, cost, error : ndarray (rows,)
        CPU seconds and gradient-equivalents spent, ‖u − u*‖ / ‖u*‖ on fresh points.
    maps : ndarray (rows, 41, 41)
        |u − u*| on a grid over the square.
    """

    cpu: np.ndarray
    cost: np.ndarray
    error: np.ndarray
    maps: np.ndarray


def record_equation(name, optimiser, fresh):
    """Run `optimiser` to its end, then measure: what is measured costs it no time.

    Parameters
    ----------
    name : str
        Stands beside the progress bar.
    optimiser
        On a `PhysicsProblem` of two dimensions, with `max_steps`.
    fresh : ndarray (n, 2)
        Points for the relative error.
    """
    made, begin = [], time.process_time()
    with explore.Progress(optimiser.max_steps, name) as bar:
        for step in optimiser:
            made.append(step)
            bar.to(step.index)
    cpu = time.process_time() - begin
    kept = [made[k] for k in np.unique(np.geomspace(1, len(made), KEPT).astype(int)) - 1]
    problem = optimiser.problem
    side = np.linspace(0, 1, SIDE)
    square = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    exact = problem.equation.solution(square)
    maps = [np.abs(problem.predict(step.theta, square) - exact).reshape(SIDE, SIDE) for step in kept]
    return EquationRun(np.array([cpu * step.seconds / made[-1].seconds for step in kept]),  # shared as the clock has it
                       np.array([step.cost for step in kept]),
                       np.array([problem.relative_error(step.theta, fresh) for step in kept]), np.array(maps))


def _example_equation():
    x = np.sin(np.pi * np.linspace(0, 1, SIDE))
    rows = np.arange(1.0, 8)
    runs = {}
    for i, (name, rate) in enumerate({"Adam, falling": 0.6, "L-BFGS": 0.3, "Hessian-free": 0.2,
                                      "Gauss-Newton": 0.1}.items()):
        error = rate**rows
        runs[name] = EquationRun(rows / 10, 2.0**i * 100 * rows, error, error[:, None, None] * x[:, None] * x)
    return {"runs": runs}


@explore.picture(
    _example_equation,
    k=explore.Player(frames=FRAMES, default=FRAMES - 1, interval=250, label="budget spent"),
    axis=explore.Choice(tuple(AXES), label="measured in"),
)
def equation(runs, k, axis):
    """Above: where each method's u is wrong, at one budget for all; below: relative errors up to there."""
    field = AXES[axis]
    budget = _budget(runs, field, k)
    row = {name: _row(run, field, budget) for name, run in runs.items()}
    fig = style.figure(1.0 + 1.6 * len(runs), 4.9)
    fig.readout = _amount(budget, axis)
    grid = fig.add_gridspec(2, len(runs), height_ratios=(1, 1.25))
    above = [fig.add_subplot(grid[0, i]) for i in range(len(runs))]
    for ax, (name, run) in zip(above, runs.items(), strict=True):
        image = error_map(ax, run.maps[row[name]])
        ax.set(xticks=(), yticks=())
        ax.set_title(style_of(name)["label"].replace("Hessian-free, ", "HF, "))  # no wider than its map
    scale(fig, image, above, shrink=0.9)

    below = fig.add_subplot(grid[1, :])
    for name, run in runs.items():
        look, at = style_of(name), row[name]
        below.plot(getattr(run, field)[:at + 1], run.error[:at + 1], **look | {"marker": ""})
        below.plot(getattr(run, field)[at], run.error[at], look["marker"], color=look["color"], markersize=8)
    below.axvline(budget, color="#555555", linewidth=1)
    last = max(getattr(run, field)[-1] for run in runs.values())
    low = min(run.error.min() for run in runs.values())
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), 1)
    below.set(xscale="log", yscale="log", xlim=(_budget(runs, field, 0) / 1.1, 1.1 * last), ylim=(decades[0], 3),
              yticks=decades[::-2])
    style.label(below, axis, "‖u − u*‖ / ‖u*‖", f"relative error after {_amount(budget, axis)}")
    style.legend(below, loc="lower left")
    fig.alt = (f"Maps of |u − u*| on the square, and relative errors, after {_amount(budget, axis)}: "
               + ", ".join(f"{name} {run.error[row[name]]:.1e}" for name, run in runs.items()) + ".")
    return fig


def _budget(runs, field, k):
    """Budgets evenly spaced in their logarithm, over the last two decades of the longest run."""
    high = max(getattr(run, field)[-1] for run in runs.values())
    return np.geomspace(high / 100, high, FRAMES)[k]


def _row(run, field, budget):
    """The last record within the budget; the first where there is none."""
    return max(np.searchsorted(getattr(run, field), budget, side="right") - 1, 0)


def _amount(budget, axis):
    return f"{budget:,.0f} GE" if axis == "gradient-equivalents" else f"{style.number(budget, 2)} CPU s"
