"""Stochastic meta-descent on four regions, learning online, against methods of the first order. Notebook 15.

    python experiments/meta_descent.py --list
    python experiments/meta_descent.py               # tuning, then five seeds of each method's best setting

Every method may spend as much as 21,000 gradients of a mini-batch cost, products counted as hf_lib counts them: 9,000
steps of meta-descent with G, 7,000 with H. Each example is seen once. All 25 settings of a method's grid run from two
seeds, and the one with the lowest mean of f at the end wins, on points kept for this choice. It then runs from five
more seeds, judged on other points: for the same budget, and for one five times as long, over which a falling rate is
stretched. A method whose best lies at its grid's edge is named at the end, and its grid has to be made wider.
"""

import one_thread  # isort: skip  # noqa: F401

from dataclasses import dataclass
from functools import cache

import numpy as np
from commands import Entry, command_line
from history import History
from physics import falling
from runner import Course, End, Grid, rows
from table import Table
from tuning import choose, combinations, last

import hf_lib as hf

TUNING_SEEDS, SEEDS = (100, 101), (0, 1, 2, 3, 4)
BUDGET, LONGER = 21_000, 5               # gradients of a mini-batch; how much longer the second race is
BATCH, ROWS = 10, 30
NET = hf.MLP([2, 10, 10, 4], activation="tanh")
LOSS = hf.SoftmaxCrossEntropy()


@cache
def held_out(seed):
    """10,000 points: 1 for the choice of the settings, 2 for what is reported."""
    data = hf.datasets.four_regions(10_000, np.random.default_rng([seed, 15]))
    return hf.Problem(NET, LOSS, data.X, data.Y), data.y


@dataclass(frozen=True)
class Method:
    """Its class and grid; a step's price in gradients; whether its rate falls; what is the same in all settings."""

    kind: type
    grid: dict
    price: float = 1.0
    fall: bool = False
    fixed: tuple = ()

    def loop(self, problem, theta, rng, steps, every, learning_rate, **setting):
        rate = falling(learning_rate, steps) if self.fall else learning_rate
        return self.kind(problem, theta, rate, batch=BATCH, rng=rng, max_steps=steps, every=every,
                         **dict(self.fixed), **setting)


def logarithmic(low, high, n):
    """n numbers from low to high, even in the logarithm, to three digits."""
    return tuple(float(f"{x:.3g}") for x in np.geomspace(low, high, n))


RATES = {"learning_rate": logarithmic(0.01, 10, 25)}
HEAVY = {"learning_rate": (0.003, 0.01, 0.03, 0.1, 0.3), "momentum": (0.0, 0.5, 0.8, 0.9, 0.97)}
ADAM = {"learning_rate": (0.003, 0.01, 0.03, 0.1, 0.3), "beta1": (0.0, 0.5, 0.9, 0.97, 0.99)}
META = {"learning_rate": (0.03, 0.1, 0.3, 1.0, 3.0), "mu": (0.02, 0.1, 0.3, 1.0, 3.0)}
METHODS = {
    "SGD": Method(hf.SGD, RATES),
    "SGD, falling": Method(hf.SGD, RATES, fall=True),
    "momentum": Method(hf.Momentum, HEAVY),
    "momentum, falling": Method(hf.Momentum, HEAVY, fall=True),
    "Adam": Method(hf.Adam, ADAM),
    "Adam, falling": Method(hf.Adam, ADAM, fall=True),
    "SMD with G": Method(hf.SMD, META, 7 / 3, fixed=(("product", "ggn"), ("decay", 0.99))),
    "SMD with H": Method(hf.SMD, META, 3.0, fixed=(("product", "hessian"), ("decay", 0.99))),
}


def columns_of(method, setting, seed, budget, judge, many):
    """One run: as many rows, and one where it broke off or has ended."""
    steps, rng = round(budget / METHODS[method].price), np.random.default_rng(seed)
    data = hf.datasets.four_regions(BATCH * (steps + 1), rng)
    problem = hf.Problem(NET, LOSS, data.X, data.Y)
    theta = rng.uniform(-0.3, 0.3, NET.size)
    loop = METHODS[method].loop(problem, theta, rng, steps, steps // many, **setting)
    points, labels = held_out(judge)

    def measure(step, cpu):
        wrong = np.mean(points.predict(step.theta).argmax(axis=1) != labels)
        return dict(index=step.index, cost=step.cost * problem.N / BATCH, cpu_seconds=cpu,
                    loss=points.value(step.theta), wrong=wrong)
    made = rows(Course(loop, measure, Grid.every(1), closing=True), End())
    if loop.index < steps:                                       # it broke off: as bad as can be
        broken = dict(index=loop.index, cost=loop.cost * problem.N / BATCH, cpu_seconds=0.0, loss=np.inf, wrong=1.0)
        made = {name: [*made.get(name, ()), value] for name, value in broken.items()}
    return made


def race(args):
    """Tune every method, run the best of each from five seeds, and say which lie at an edge."""
    names = tuple(METHODS)
    settings = {"network": repr(NET), "batch": BATCH, "budget": BUDGET, "longer": LONGER, "methods": names,
                "grid": {name: method.grid for name, method in METHODS.items()},
                "fixed": {name: dict(method.fixed) for name, method in METHODS.items()}}
    history = History("meta_descent", list(SEEDS), settings, results=("best", "edges", "chosen"))
    grids = {name: combinations(method.grid) for name, method in METHODS.items()}
    runs = sum(len(TUNING_SEEDS) * len(grid) + 2 * len(SEEDS) for grid in grids.values())
    table = Table(history, ("method", "setting", "seed", "budget"), runs, args.fresh)

    def cell(name, k, seed, budget, judge, many):
        key = dict(method=names.index(name), setting=k, seed=seed, budget=budget)
        return table.get(key, lambda: columns_of(name, grids[name][k], seed, budget, judge, many))

    best = {name: choose(grid, [np.mean([last(cell(name, k, seed, BUDGET, 1, 1), "loss") for seed in TUNING_SEEDS])
                                for k in range(len(grid))]) for name, grid in grids.items()}
    for name, found in best.items():
        print(f"{name:20} {found.setting}   {found.score:.4f}   {found.edges or 'inside its grid'}", flush=True)
    chosen = {name: grids[name].index(found.setting) for name, found in best.items()}
    for budget in (BUDGET, LONGER * BUDGET):
        for seed in SEEDS:
            for name, k in chosen.items():
                cell(name, k, seed, budget, 2, ROWS)
    history.origin["settings"] |= {"best": {name: found.setting for name, found in best.items()},
                                   "edges": {name: found.edges for name, found in best.items() if found.edges},
                                   "chosen": [chosen[name] for name in names]}
    history.save()


def entries():
    yield Entry("meta_descent", "eight methods on four regions, online", "about 15 min of one core", ("meta_descent",),
                race)


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
