"""Six methods, each tuned over a grid, on the sine network and on 5,000 small digits: the race of notebook 09 §6.

    python experiments/race.py sine      # about three minutes on one core
    python experiments/race.py digits    # about one minute

Each setting of a grid runs once with seed 0 (the start θ, and the order of the mini-batches) until the budget is
spent. The one with the lowest f at the end is run with two more seeds. All its histories, its settings and the
whole grid with its results go to data/runs/race_sine.npz or race_digits.npz. Runs are not resumed: they are short.
"""

import argparse
import itertools
import time
from dataclasses import dataclass

import numpy as np
from history import History

import hf_lib as hf
from hf_lib.notebook.streams import utf8_streams

SEEDS = range(3)
BUDGET = {"sine": 1000.0, "digits": 60.0}                               # gradient-equivalents
ROWS = 80                                                               # of each history, even in log cost
SCHEDULES = {"constant": lambda eta, last: eta,
             "linear to 0": lambda eta, last: lambda k: eta * max(1 - k / last, 1e-3)}
GRID = {
    "sine": {
        "Hessian-free": {"damping": (0.01, 0.1, 1.0, 10.0), "preconditioner": (None, 0.75)},
        "SGD": {"learning_rate": (0.1, 0.3, 1.0), "batch": (100,)},
        "momentum": {"learning_rate": (0.01, 0.03, 0.1), "momentum": (0.9, 0.99), "batch": (100,)},
        "NAG": {"learning_rate": (0.01, 0.03, 0.1), "momentum": (0.9, 0.99), "batch": (100,)},
        "Adam": {"learning_rate": (0.003, 0.01, 0.03), "batch": (100, None)},
        "L-BFGS": {"memory": (10, 30, 100)},
    },
    "digits": {
        "Hessian-free": {"damping": (0.00003, 0.0003, 0.003), "max_cg": (3, 5, 10)},
        "SGD": {"learning_rate": (0.1, 0.3, 1.0), "batch": (100,)},
        "momentum": {"learning_rate": (0.01, 0.03, 0.1), "momentum": (0.9, 0.99), "batch": (100,)},
        "NAG": {"learning_rate": (0.01, 0.03, 0.1), "momentum": (0.9, 0.99), "batch": (100,)},
        "Adam": {"learning_rate": (0.001, 0.003, 0.01), "batch": (100,)},
        "L-BFGS": {"memory": (10, 30)},
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
    return [dict(zip(grid, values)) for values in itertools.product(*grid.values())]


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


def run(method, at, seed, setting, budget):
    """Rows of index, cost, CPU seconds, loss on all data and test error; and f at the end, ∞ where it blew up."""
    due = iter(np.geomspace(1, budget, ROWS))
    rows, next_due, cpu = [], next(due), 0.0
    optimiser = entrant(method, at, seed, setting, budget)
    while not rows or rows[-1][1] < budget:
        start = time.process_time()
        step = next(optimiser, None)
        cpu += time.process_time() - start
        if step is None:
            break
        if step.cost >= next_due or step.cost >= budget:
            seconds = step.seconds if method == "L-BFGS" else cpu
            rows.append((step.index, step.cost, seconds, at.problem.value(step.theta), at.test_error(step.theta)))
            while next_due <= step.cost:
                next_due = next(due, np.inf)
    if method == "L-BFGS":                       # its run is made at the first record: share out its CPU time
        rows = [(index, cost, cpu * seconds / optimiser.seconds, *rest) for index, cost, seconds, *rest in rows]
    healthy = rows and np.isfinite(rows[-1][3]) and (rows[-1][1] >= budget or method in ("L-BFGS", "Hessian-free"))
    return rows, rows[-1][3] if healthy else np.inf


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=list(BUDGET))
    parser.add_argument("--budget", type=float, help="gradient-equivalents a run")
    args = parser.parse_args()
    budget, at = args.budget or BUDGET[args.name], track(args.name)
    history = History(f"race_{args.name}", 0, {"budget": budget, "seeds": list(SEEDS), "methods": list(METHODS),
                                               "grid": GRID[args.name], "schedules": list(SCHEDULES)})
    results, best = {}, {}
    for number, method in enumerate(METHODS):
        tried = []
        for setting in combinations(args.name, method):
            rows, end = run(method, at, 0, setting, budget)
            tried.append((end, setting, rows))
            print(f"{method:13} {setting}: f = {end:.3g}", flush=True)
        end, setting, first = min(tried, key=lambda entry: entry[0])
        best[method] = setting
        results[method] = [[setting, end if np.isfinite(end) else None] for end, setting, _ in tried]
        for seed in SEEDS:
            rows = first if seed == 0 else run(method, at, seed, setting, budget)[0]
            for index, cost, seconds, loss, error in rows:
                history.add(method=number, seed=seed, index=index, cost=cost, seconds=seconds, loss=loss,
                            test_error=error)
            print(f"{method:13} best {setting}, seed {seed}: f = {rows[-1][3]:.3g}, test {rows[-1][4]:.4f}, "
                  f"{rows[-1][2]:.1f} s", flush=True)
    history.origin["settings"] |= {"best": best, "results": results}
    history.save()


if __name__ == "__main__":
    utf8_streams()
    main()
