"""Pictures of notebook 00: the races on the sine data and on digits; that on an equation is in `ch00_equation`."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style
from hf_lib.network.losses import SquaredError
from hf_lib.network.mlp import MLP
from hf_lib.network.problem import Problem
from hf_lib.optimisers.first_order import SGD, Adam
from hf_lib.optimisers.hessian_free import HessianFree

from .ch00_equation import EquationRun, equation, record_equation
from .error_map import style_of

__all__ = ["CELL", "Lap", "record", "race", "digits", "EquationRun", "record_equation", "equation"]

CELL = 40  # pixels of the wall of misread digits that one of them gets, with the guess above it
AXES = {"gradient-equivalents": "cost", "seconds": "seconds"}


@dataclass(frozen=True)
class Lap:
    """A recorded race of one method: a row a record, and what the network computed then.

    Attributes
    ----------
    cost, seconds, loss : ndarray (rows,)
    shown : ndarray (rows, …)
        Whatever the picture shows of θ at each record.
    reason : str or None
        Why the method stopped by itself; None where the budget ran out.
    """

    cost: np.ndarray
    seconds: np.ndarray
    loss: np.ndarray
    shown: np.ndarray
    reason: str | None


def record(name, optimiser, budget, show, loss=None):
    """Run `optimiser` until it has spent `budget` gradient-equivalents.

    Parameters
    ----------
    name : str
        Stands beside the progress bar.
    show : callable
        θ → array, called at each record.
    loss : callable, optional
        θ → float; without it each record's own loss is taken.
    """
    rows = []
    with explore.Progress(budget, name) as bar:
        for step in optimiser:
            rows.append((step.cost, step.seconds, loss(step.theta) if loss else step.loss, show(step.theta)))
            bar.to(step.cost)
            if step.cost >= budget:
                break
    cost, seconds, losses, shown = zip(*rows)
    return Lap(np.array(cost), np.array(seconds), np.array(losses), np.array(shown), optimiser.reason)


@lru_cache(1)
def _example_race():
    """A race of half a second, so that tests can draw the picture."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (60, 1))
    net = MLP([1, 6, 1])
    problem = Problem(net, SquaredError(), X, np.sin(5 * X))
    theta, grid = net.init(rng), np.linspace(-1, 1, 50)[:, None]
    entrants = {"Hessian-free": HessianFree(problem, theta, damping=1.0),
                "Adam": Adam(problem, theta, 1e-2, every=5),
                "Adam, falling": Adam(problem, theta, lambda k: 1e-2 * 0.95**k, every=5),
                "SGD": SGD(problem, theta, 0.05, batch=20, rng=rng, every=5)}
    laps = {name: record(name, entrant, 60, lambda t: net(t, grid)[:, 0]) for name, entrant in entrants.items()}
    return {"laps": laps, "data": (X[:, 0], np.sin(5 * X[:, 0])), "grid": grid[:, 0]}


FRAMES = 40


@explore.picture(
    _example_race,
    who=lambda laps, **_: explore.Choice(list(laps), label="follow"),
    k=explore.Player(frames=FRAMES, default=FRAMES - 1, label="budget spent"),
    axis=explore.Choice(list(AXES), label="measured in"),
)
def race(laps, data, grid, who, k, axis):
    """Left: data, and the curve that one method has fitted; right: every method's loss against its cost."""
    fig = style.figure(9, 3.9)
    fit, progress = fig.subplots(1, 2, width_ratios=[1, 1.25])
    field = AXES[axis]
    budget = _budget(laps, field, k)
    lap = laps[who]
    fig.readout = _amount(budget, axis)
    row = max(np.searchsorted(getattr(lap, field), budget, side="right") - 1, 0)

    fit.plot(*data, ".", color=style.COLOUR["data"], markersize=7, alpha=0.5, label="data")
    fit.plot(grid, lap.shown[row], color=style_of(who)["color"], linewidth=1.6, label=f"network of {who}")
    fit.set_ylim(-1.6, 1.9)
    style.label(fit, "x", "z", f"{who} after {_amount(budget, axis)}")
    style.legend(fit, loc="upper left", ncols=2)

    for name, other in laps.items():
        line = style_of(name) | {"marker": ""}
        progress.plot(getattr(other, field), other.loss, **line, alpha=1 if name == who else 0.75)
    progress.axvline(budget, color="#555555", linewidth=1)
    progress.plot(getattr(lap, field)[row], lap.loss[row], style_of(who)["marker"],
                  color=style_of(who)["color"], markersize=10)
    progress.set_xscale("log")
    progress.set_yscale("log")
    style.label(progress, axis, "f(θ)", "loss against cost")
    style.legend(progress, loc="lower left")
    losses = ", ".join(f"{name} {_loss_at(other, field, budget):.2g}" for name, other in laps.items())
    fig.alt = (f"Left: {len(data[0]):,} data points and the curve of the network that {who} has trained for "
               f"{_amount(budget, axis)}. Right: loss against {axis}, both axes logarithmic; "
               f"at this budget: {losses}.")
    return fig


def _budget(laps, field, k):
    """Budgets evenly spaced in their logarithm, from the earliest record to the last of the slowest."""
    low = min(getattr(lap, field)[0] for lap in laps.values())
    high = max(getattr(lap, field)[-1] for lap in laps.values())
    return np.geomspace(low, high, FRAMES)[k]


def _loss_at(lap, field, budget):
    return lap.loss[max(np.searchsorted(getattr(lap, field), budget, side="right") - 1, 0)]


def _amount(budget, axis):
    if axis == "gradient-equivalents":
        return f"{budget:,.0f} GE" if budget >= 100 else f"{budget:.1f} GE"    # each frame has its own words
    return f"{budget:.2g} s"


@lru_cache(1)
def _example_digits():
    rng = np.random.default_rng(0)
    images, labels = rng.random((40, 784), dtype=np.float32), rng.integers(0, 10, 40)
    ramp = np.geomspace(1, 30, 8)
    laps = {name: Lap(ramp, ramp / (20 + i), 1 / ramp, 0.9 / ramp, None)
            for i, name in enumerate(["Hessian-free", "SGD", "Adam", "Adam, falling"])}
    return {"laps": laps, "images": images, "labels": labels,
            "guesses": {name: (labels + (np.arange(40) % 3 == 0)) % 10 for name in laps}}


@explore.picture(
    _example_digits,
    who=lambda laps, **_: explore.Choice(list(laps), label="mistakes of"),
    axis=explore.Choice(list(AXES), label="measured in"),
)
def digits(laps, images, labels, guesses, who, axis):
    """Left: test error against cost; right: the first test images that one method's network misreads."""
    fig = style.figure(9, 3.9)
    error, wall = fig.subplots(1, 2, width_ratios=[1.25, 1])
    for name, lap in laps.items():
        error.plot(getattr(lap, AXES[axis]), 100 * lap.shown, **style_of(name) | {"markersize": 4})
    error.set_xscale("log")
    error.set_yscale("log")
    error.set_ylim(2, 110)                        # room for the legend below all curves
    error.set_yticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"])
    style.label(error, axis, "test error in %", "784–100–10 on part of MNIST")
    style.legend(error, loc="lower left", ncols=2)

    wrong = np.flatnonzero(guesses[who] != labels)
    shown = wrong[:20]
    mosaic = np.zeros((4 * CELL, 5 * CELL))
    for i, digit in enumerate(shown):
        row, column = CELL * (i // 5), CELL * (i % 5)
        mosaic[row + CELL - 28:row + CELL, column:column + 28] = images[digit].reshape(28, 28)
        wall.text(column + 14, row + CELL - 31, f"{guesses[who][digit]}", ha="center", color=style.COLOUR["negative"])
    wall.imshow(mosaic, cmap="Greys")
    wall.set_axis_off()
    wall.set_anchor("N")
    wall.set_title(f"{who}: misread as")
    best = ", ".join(f"{name} {100 * lap.shown[-1]:.1f} %" for name, lap in laps.items())
    fig.alt = (f"Left: test error against {axis}; at the end: {best}. Right: the first of "
               f"{len(wrong)} test digits that the network trained by {who} misreads, each under its wrong label.")
    return fig
