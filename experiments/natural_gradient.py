"""The same network in four coordinate systems: who trains alike in all of them? Notebook 14.

    python experiments/natural_gradient.py           # all: about a CPU minute

Two inputs, the second in metres, centimetres or kilometres, or both whitened; the starts are the same functions. In
each system each method's whole grid is tried on one seed; the setting with the lowest f at the end runs from five
more seeds, and so does the setting that was best in metres: tuned once, used elsewhere. All runs stand in
data/runs/natural_gradient.npz, told apart by system, method, setting and seed. A best setting at the edge of its grid
is named at the end.
"""

import one_thread  # isort: skip  # noqa: F401

from dataclasses import dataclass

import numpy as np
from commands import Entry, command_line
from history import History
from runner import Course, End, Grid, rows
from table import Table
from tuning import choose, combinations, last

import hf_lib as hf

TUNING_SEED, SEEDS = 100, (0, 1, 2, 3, 4)
COST, ROWS, N, HIDDEN = 2000, 40, 400, 8
SYSTEMS = {"metres": 1.0, "centimetres": 100.0, "kilometres": 1e-3, "whitened": None}


def data():
    """400 points, two correlated coordinates in metres, and labels drawn by a 2-3-1 network: X (N, 2), Y (N, 1)."""
    rng, teacher = np.random.default_rng(0), hf.MLP([2, 3, 1])
    X = rng.normal(size=(N, 2)) @ np.array([[1.0, 0.9], [0.0, 0.44]])
    z = teacher(3 * teacher.init(np.random.default_rng(10)), X)
    return X, hf.SigmoidCrossEntropy().sample(z, np.random.default_rng(1))


def system(name, X):
    """x ↦ (x − m) P of a coordinate system: m (2,) and P (2, 2)."""
    if SYSTEMS[name] is not None:
        return np.zeros(2), np.diag([1.0, SYSTEMS[name]])
    return X.mean(axis=0), np.linalg.inv(np.linalg.cholesky(np.cov(X.T, bias=True))).T


def moved(theta, net, m, P):
    """The parameters of the same function on (x − m) P: the first layer's W becomes P⁻¹ W, and b becomes b + m W."""
    out = theta.copy()
    W, new = net.blocks(theta)[0], net.blocks(out)[0]
    new[:-1] = np.linalg.solve(P, W[:-1])
    new[-1] = W[-1] + m @ W[:-1]
    return out


def start(name, seed):
    """The problem in a coordinate system, and the θ of the same first function in each."""
    X, Y = data()
    m, P = system(name, X)
    net = hf.MLP([2, HIDDEN, 1])
    problem = hf.Problem(net, hf.SigmoidCrossEntropy(), (X - m) @ P, Y)
    return problem, moved(net.init(np.random.default_rng(seed)), net, m, P)


def straight(rate):
    """A rate that falls in a straight line to 0 at the end of the budget: one gradient a step."""
    return lambda k: rate * max(1 - (k - 1) / COST, 0.0)


def adam(problem, theta, learning_rate, falls):
    return hf.Adam(problem, theta, straight(learning_rate) if falls else learning_rate)


@dataclass(frozen=True)
class Method:
    """Its grid, and what makes a loop of (problem, theta, **setting)."""

    grid: dict
    make: object


HALVES = tuple(float(f"{10.0 ** (k / 2):.1e}") for k in range(-12, 5))
LAMBDAS = tuple(10.0**k for k in range(-9, 5))
METHODS = {
    "gradient descent": Method({"learning_rate": HALVES}, hf.GradientDescent),
    "Adam": Method({"learning_rate": HALVES[2:], "falls": (False, True)}, adam),
    "L-BFGS": Method({"memory": (1, 2, 3, 10, 30, 100)},
                     lambda problem, theta, memory: hf.LBFGS(problem, theta, COST, memory=memory)),
    "natural gradient": Method({"damping": LAMBDAS},
                               lambda problem, theta, damping: hf.GaussNewton(problem, theta, damping,
                                                                              line_search=True)),
    "Hessian-free": Method({"damping": LAMBDAS}, hf.HessianFree),
}


def columns_of(name, method, setting, seed):
    """One run: a row at each of 40 costs, even in the logarithm, and one at the end."""
    problem, theta = start(name, seed)
    loop = METHODS[method].make(problem, theta, **setting)
    made = rows(Course(loop, lambda step, cpu: dict(cost=step.cost, cpu_seconds=cpu, loss=step.loss),
                       Grid.log(1, COST, ROWS), closing=True), End(cost=COST))
    return made or dict(cost=[0.0], cpu_seconds=[0.0], loss=[np.inf])                 # it broke at once


def race(args):
    """Every grid in every system on one seed, then the best there and the best in metres from five seeds."""
    grids = {method: combinations(of.grid) for method, of in METHODS.items()}
    settings = {"systems": list(SYSTEMS), "methods": list(METHODS), "cost": COST, "sizes": [2, HIDDEN, 1], "N": N,
                "grid": {method: of.grid for method, of in METHODS.items()}}
    history = History("natural_gradient", list(SEEDS), settings, results=("best", "edges", "chosen"))
    runs = len(SYSTEMS) * sum(len(grid) + len(SEEDS) for grid in grids.values())
    table = Table(history, ("system", "method", "setting", "seed"), runs, args.fresh)
    chosen, best, at_edge = [], {}, {}
    for s, name in enumerate(SYSTEMS):
        chosen.append([])
        for m, (method, grid) in enumerate(grids.items()):
            def cell(number, seed, s=s, m=m, name=name, method=method, grid=grid):
                key = dict(system=s, method=m, setting=number, seed=seed)
                return table.get(key, lambda: columns_of(name, method, grid[number], seed))
            found = choose(grid, [last(cell(k, TUNING_SEED), "loss") for k in range(len(grid))])
            chosen[s].append(grid.index(found.setting))
            best[f"{method}, {name}"] = found.setting
            if found.edges:
                at_edge[f"{method}, {name}"] = found.edges
            for seed in SEEDS:
                cell(chosen[s][m], seed)
                cell(chosen[0][m], seed)
    history.origin["settings"] |= {"best": best, "edges": at_edge, "chosen": chosen}
    history.save()
    for what, setting in best.items():
        print(f"{what:30} {setting}   {at_edge.get(what) or 'inside its grid'}")


def entries():
    yield Entry("natural_gradient", "2-8-1, four coordinate systems, five methods", "about 1 min",
                ("natural_gradient",), race)


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
