"""Six methods, each tuned over a grid, on the sine network and on 5,000 small digits: the race of notebook 09 §6.

    python experiments/race.py sine      # about three minutes on one core
    python experiments/race.py digits    # about two minutes

Each setting of a grid runs once with seed 0 (the start θ, and the order of the mini-batches) until the budget is
spent. The five with the lowest f at the end run with two more seeds; the one with the lowest geometric mean of f is
chosen. Its histories and the whole grid with its results go to data/runs/race_sine.npz or race_digits.npz. Where the
choice lies at an edge of its grid, that has to be made wider; but for L-BFGS's memory, where more than 100 pairs
make no difference and cost SciPy their cube. Runs are not resumed: they are short.
--list tells what is stored, --fresh makes it again.
"""

from dataclasses import dataclass

import numpy as np
import tuning
from commands import Entry, command_line
from history import History
from runner import Course, End, Grid, rows
from tuning import last

import hf_lib as hf

SEEDS, FINALISTS = range(3), 5
BUDGET = {"sine": 1000.0, "digits": 60.0}                               # gradient-equivalents
LISTED = {"sine": ("1-20-20-1 on 1,000 points of sin 10x", "1,000 GE a run, 3 min"),
          "digits": ("196-50-10 on 5,000 digits of 14×14", "60 GE a run, 2 min")}
ROWS = 80                                                               # of each history, even in log cost
SCHEDULES = {"constant": lambda eta, last: eta,
             "linear to 0": lambda eta, last: lambda k: eta * max(1 - k / last, 1e-3)}
BATCHES, MEMORY = (100, None), (3, 10, 30, 100, 300)                     # None: all data in every step
MOMENTUM = (0.9, 0.97, 0.99, 0.997, 0.999)
GRID = {
    "sine": {
        "Hessian-free": {"damping": (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0), "preconditioner": (None, 0.75)},
        "SGD": {"learning_rate": (0.03, 0.1, 0.3, 1.0, 3.0), "batch": BATCHES},
        "momentum": {"learning_rate": (0.003, 0.01, 0.03, 0.1, 0.3), "momentum": MOMENTUM[1:], "batch": BATCHES},
        "NAG": {"learning_rate": (0.003, 0.01, 0.03, 0.1, 0.3), "momentum": MOMENTUM[1:], "batch": BATCHES},
        "Adam": {"learning_rate": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3), "batch": BATCHES},
        "L-BFGS": {"memory": MEMORY},
    },
    "digits": {
        "Hessian-free": {"damping": (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 0.01), "max_cg": (2, 3, 5, 7, 10, 20),
                         "preconditioner": (None, 0.75)},
        "SGD": {"learning_rate": (0.1, 0.3, 1.0, 3.0, 10.0), "batch": BATCHES},
        "momentum": {"learning_rate": (0.01, 0.03, 0.1, 0.3, 1.0), "momentum": MOMENTUM, "batch": BATCHES},
        "NAG": {"learning_rate": (0.01, 0.03, 0.1, 0.3, 1.0), "momentum": MOMENTUM, "batch": BATCHES},
        "Adam": {"learning_rate": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3), "batch": BATCHES},
        "L-BFGS": {"memory": MEMORY},
    },
}
METHODS = {"Hessian-free": hf.HessianFree, "SGD": hf.SGD, "momentum": hf.Momentum, "NAG": hf.NAG, "Adam": hf.Adam,
           "L-BFGS": hf.LBFGS}


@dataclass(frozen=True)
class Track:
    """A problem, its network, and θ → test error (NaN where there is no test)."""

    problem: hf.Problem
    net: hf.MLP
    test_error: object


def track(name):
    if name == "sine":
        data = hf.datasets.sine("code", np.random.default_rng(0), n=1000, noise=0.0)
        net = hf.MLP([1, 20, 20, 1], activation="tanh")
        return Track(hf.Problem(net, hf.SquaredError(), data.X, data.Y), net, lambda theta: np.nan)
    digits = hf.datasets.mnist(14)
    net = hf.MLP([196, 50, 10], activation="tanh")
    problem = hf.Problem(net, hf.SoftmaxCrossEntropy(), digits.X_train[:5000], digits.Y_train[:5000])

    def test_error(theta):
        return float(np.mean(np.argmax(net(theta, digits.X_test), axis=1) != digits.y_test))
    return Track(problem, net, test_error)


def combinations(name, method):
    """Every setting of a method's grid, as a dict."""
    grid = dict(GRID[name][method])
    if "learning_rate" in grid:
        grid["schedule"] = tuple(SCHEDULES)
    return tuning.combinations(grid)


def entrant(method, at, seed, setting, budget):
    """The optimiser, ready to run."""
    setting = dict(setting)
    theta = at.net.init(np.random.default_rng(seed), dtype=at.problem.X.dtype)
    if method == "Hessian-free":
        return hf.HessianFree(at.problem, theta, **setting)
    if method == "L-BFGS":
        return hf.LBFGS(at.problem, theta, max_steps=int(budget), **setting)
    batch = setting.pop("batch")
    last = budget * (1 if batch is None else at.problem.N / batch)      # steps that the budget allows
    setting["learning_rate"] = SCHEDULES[setting.pop("schedule")](setting["learning_rate"], last)
    rng = None if batch is None else np.random.default_rng(seed)
    return METHODS[method](at.problem, theta, batch=batch, rng=rng, **setting)


def run(method, at, seed, setting, budget, grid):
    """Columns index, cost, CPU seconds, loss on all data and test error, rows where `grid` has them and at the end."""
    def measure(step, cpu):
        return dict(index=step.index, cost=step.cost, seconds=cpu, loss=at.problem.value(step.theta),
                    test_error=at.test_error(step.theta))
    return rows(Course(entrant(method, at, seed, setting, budget), measure, grid, closing=True), End())


def score(method, at, seed, setting, budget):
    """f at the end, ∞ where it blew up before."""
    columns = run(method, at, seed, setting, budget, Grid.log(budget, budget, 1))
    healthy = columns and (columns["cost"][-1] >= budget or method in ("L-BFGS", "Hessian-free"))
    return last(columns, "loss") if healthy else np.inf


def tune(method, at, grid, budget):
    """f at the end for each setting: with seed 0, for the lowest of them with every seed; and the `Choice`."""
    ends = [[score(method, at, 0, setting, budget)] for setting in grid]
    for i in np.argsort(ends, axis=0).ravel()[:FINALISTS]:
        ends[i] += [score(method, at, seed, grid[i], budget) for seed in SEEDS[1:]]
    return ends, tuning.choose(grid, [mean(found) if len(found) == len(SEEDS) else np.inf for found in ends])


def mean(ends):
    """The geometric mean: a setting that fails with one seed cannot hide it, as it can in a median."""
    return float(np.exp(np.mean(np.log(ends))))


def make(name, fresh):
    """The grids, the best of each with every seed, and the history; nothing if it is stored."""
    budget = BUDGET[name]
    history = History(f"race_{name}", 0, {"budget": budget, "seeds": list(SEEDS), "methods": list(METHODS),
                                          "finalists": FINALISTS, "grid": GRID[name], "schedules": list(SCHEDULES)},
                      results=("best", "results"), command=f"python experiments/race.py {name}")
    if history.complete() and not fresh:
        history.load()
        print(f"race_{name}: stored already; --fresh makes it again")
        return
    at, best, results = track(name), {}, {}
    for number, method in enumerate(METHODS):
        grid = combinations(name, method)
        ends, choice = tune(method, at, grid, budget)
        best[method] = choice.setting
        results[method] = [[setting, [end if np.isfinite(end) else None for end in found]]
                           for setting, found in zip(grid, ends)]
        for seed in SEEDS:
            columns = run(method, at, seed, choice.setting, budget, Grid.log(1, budget, ROWS))
            for i in range(len(columns["cost"])):
                history.add(method=number, seed=seed, **{key: values[i] for key, values in columns.items()})
            print(f"{method:13} best {choice.setting}, at the grid's edge {choice.edges}, seed {seed}: f = "
                  f"{history.last('loss'):.3g}, "
                  f"test {history.last('test_error'):.4f}, {history.last('seconds'):.1f} s", flush=True)
    history.origin["settings"] |= {"best": best, "results": results}
    history.save()


def entries():
    for name, (what, takes) in LISTED.items():
        yield Entry(name, what, takes, (f"race_{name}",), lambda args, name=name: make(name, args.fresh))


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
