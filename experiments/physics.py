"""Where curvature wins: six differential equations, nine methods, equal CPU seconds on one thread. Notebook 13.

    python experiments/physics.py --list
    python experiments/physics.py poisson2_257       # tuning, then three seeds of each method's best setting

Every setting of a method's grid runs once from seed 100 for the short time; the one with the lowest f at its end
runs from three more seeds for the full time. The choice looks at f alone: the error needs the solution, which
nobody has. Rates fall, and SciPy's run ends, after as many steps as fit into the time, counted beforehand. A method
whose best lies at its grid's edge is named at the end, and its grid has to be made wider. All runs of a problem
stand in data/runs/physics_NAME.npz, told apart by method, setting, seed and seconds allowed.
"""

import one_thread  # isort: skip  # noqa: F401

import time
from dataclasses import dataclass

import numpy as np
from commands import Entry, command_line
from history import History
from runner import Course, End, Grid, rows
from table import Table
from tuning import choose, combinations, last

import hf_lib as hf
from hf_lib.network import equations

TUNING_SEED, SEEDS = 100, (0, 1, 2)
ROWS = 60                                                # of each run, even in the logarithm of CPU seconds
CHUNK = 2000                                             # iterations of SciPy's L-BFGS between two restarts


@dataclass(frozen=True)
class Task:
    """An equation, a network, how many points, and the CPU seconds of a tuning run and of a final one."""

    equation: object
    sizes: tuple
    interior: int
    border: int
    tuning: float
    seconds: float

    def problem(self):
        """The objective on fixed random points: the same for every method and seed."""
        rng = np.random.default_rng(0)
        points = self.equation.interior_points(self.interior, rng), self.equation.border_points(self.border, rng)
        return hf.PhysicsProblem(hf.MLP(self.sizes), self.equation, *points)

    def fresh(self):
        """Points that no method has seen: the error is taken there."""
        return self.equation.interior_points(10 * self.interior, np.random.default_rng(1))


POISSON = equations.PoissonSine(2)
TASKS = {
    "poisson2_257": Task(POISSON, (2, 64, 1), 900, 120, 5, 40),
    "heat_257": Task(equations.Heat(), (2, 64, 1), 900, 120, 5, 30),
    "cubic_97": Task(equations.Cubic(), (1, 32, 1), 200, 2, 2, 15),
    "poisson5_449": Task(equations.PoissonCosine(5), (5, 64, 1), 3000, 500, 10, 40),
    "poisson2_9873": Task(POISSON, (2, 64, 64, 48, 48, 1), 900, 120, 15, 120),
    "poisson2_116097": Task(POISSON, (2, 256, 256, 128, 128, 1), 900, 120, 30, 200),
}


def falling(rate, steps):
    """A rate that falls along half a cosine to a thousandth."""
    return lambda k: rate * (0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * min(k / steps, 1.0))))


def steps_in(seconds, loop):
    """How many steps of a loop fit into so many CPU seconds, measured on some of them."""
    next(loop)
    start, made = time.process_time(), 0
    while made < 5 or time.process_time() - start < 0.3:
        if next(loop, None) is None:
            break
        made += 1
    return max(int(seconds * made / max(time.process_time() - start, 1e-9)), 10)


def first_order(kind, rate, fall, problem, theta, seconds, **others):
    """A first-order loop, with a constant rate or one that falls within the time."""
    if fall:
        rate = falling(rate, steps_in(seconds, kind(problem, theta, rate, **others)))
    return kind(problem, theta, rate, **others)


class RestartedLBFGS:
    """SciPy's L-BFGS, 2,000 iterations at a time, for it keeps them all: as patient as the time allows.

    Where SciPy's line search gives up it is started once more at the same θ; where that helps no more, the run ends.
    """

    def __init__(self, problem, theta, memory):
        self.problem, self.theta, self.memory, self.reason = problem, theta, memory, None
        self.cost, self.index = 0.0, 0

    def chunk(self):
        """The steps of one run of SciPy's, each with its cost and index counted on."""
        loop = hf.LBFGS(self.problem, self.theta, CHUNK, memory=self.memory)
        steps = list(loop)
        if not steps:
            self.reason = loop.reason
        return steps


class LBFGSCourse(Course):
    """The time of one run of SciPy's is shared out over its steps."""

    def _steps(self):
        while True:
            start = time.process_time()
            steps = self.loop.chunk()
            total = time.process_time() - start
            if not steps:
                return
            cpu, cost, index = self.cpu, self.loop.cost, self.loop.index
            for step in steps:
                self.cpu = cpu + total * step.seconds / steps[-1].seconds
                self.loop.theta, self.loop.cost, self.loop.index = step.theta, cost + step.cost, index + step.index
                yield step


@dataclass(frozen=True)
class Method:
    """Its grid, and how its loop is made from (problem, theta, rng, seconds, **setting)."""

    grid: dict
    make: object


def hessian_free(preconditioner, **fixed):
    def make(problem, theta, rng, seconds, **setting):
        return hf.HessianFree(problem, theta, rng, preconditioner=preconditioner, **fixed, **setting)
    return make


def scheduled(kind, fall):
    def make(problem, theta, rng, seconds, learning_rate, **others):
        return first_order(kind, learning_rate, fall, problem, theta, seconds, **others)
    return make


def restarted(problem, theta, rng, seconds, memory):
    return RestartedLBFGS(problem, theta, memory)


def dense(problem, theta, rng, seconds, **setting):
    return hf.LevenbergMarquardt(problem, theta, **setting)


LAMBDAS, RATES, MOMENTA = (1e-6, 1e-4, 1e-2), (3e-4, 1e-3, 3e-3, 1e-2, 3e-2), (0.9, 0.99, 0.999)
CG = {"damping": LAMBDAS, "max_cg": (30, 100, 300)}
METHODS = {
    "Hessian-free": Method(CG, hessian_free(None)),
    "Hessian-free, diagonal": Method(CG, hessian_free(0.75)),
    "Hessian-free, Kronecker": Method({"damping": LAMBDAS, "max_cg": (3, 10, 30)},
                                      hessian_free("kronecker", stop=None, backtracking=False)),
    "Gauss-Newton": Method({"damping_factor": (2.0, 3.0, 5.0, 10.0)}, dense),
    "L-BFGS": Method({"memory": (10, 30, 100, 300)}, restarted),
    "Adam": Method({"learning_rate": RATES}, scheduled(hf.Adam, False)),
    "Adam, falling": Method({"learning_rate": RATES}, scheduled(hf.Adam, True)),
    "momentum": Method({"learning_rate": RATES[1:], "momentum": MOMENTA}, scheduled(hf.Momentum, False)),
    "momentum, falling": Method({"learning_rate": RATES[1:], "momentum": MOMENTA}, scheduled(hf.Momentum, True)),
}
NAMES = tuple(METHODS)


def columns_of(task, method, setting, seed, seconds):
    """One run: a row at each of 60 times, even in the logarithm, and one at the end."""
    problem, fresh, rng = task.problem(), task.fresh(), np.random.default_rng(seed)
    theta = problem.net.init(rng)
    loop = METHODS[method].make(problem, theta, rng, seconds, **setting)

    def measure(step, cpu):
        return dict(index=step.index, cost=step.cost, cpu_seconds=cpu, loss=step.loss,
                    error=problem.relative_error(step.theta, fresh))
    kind = LBFGSCourse if isinstance(loop, RestartedLBFGS) else Course
    times = Grid.log(min(0.05, seconds / 100), seconds, ROWS, of="cpu_seconds")
    made = rows(kind(loop, measure, times, closing=True), End(cpu_seconds=seconds))
    if made:
        return made
    return dict(index=[0], cost=[loop.cost], cpu_seconds=[0.0], loss=[np.inf], error=[np.inf])   # it broke at once


def race(name, args):
    """Tune every method, run the best of each from three seeds, and say which lie at an edge."""
    task = TASKS[name]
    settings = {"equation": repr(task.equation), "sizes": task.sizes, "interior": task.interior,
                "border": task.border, "tuning": task.tuning, "seconds": task.seconds, "methods": NAMES,
                "grid": {method: METHODS[method].grid for method in NAMES}}
    history = History(f"physics_{name}", list(SEEDS), settings, results=("best", "edges"))
    grids = {method: combinations(METHODS[method].grid) for method in NAMES}
    runs = sum(map(len, grids.values())) + len(SEEDS) * len(NAMES)
    table = Table(history, ("method", "setting", "seed", "seconds"), runs, args.fresh)

    def cell(method, setting, seed, seconds):
        key = dict(method=NAMES.index(method), setting=grids[method].index(setting), seed=seed, seconds=seconds)
        return table.get(key, lambda: columns_of(task, method, setting, seed, seconds))

    best = {}
    for method, grid in grids.items():
        reached = [last(cell(method, setting, TUNING_SEED, task.tuning), "loss") for setting in grid]
        best[method] = choose(grid, reached)
        for seed in SEEDS:
            cell(method, best[method].setting, seed, task.seconds)
    history.origin["settings"] |= {"best": {method: of.setting for method, of in best.items()},
                                   "edges": {method: of.edges for method, of in best.items() if of.edges}}
    history.save()
    for method, of in best.items():
        print(f"{method:26} {of.setting}" + (f"   at the edge of its grid: {of.edges}" if of.edges else ""))


def entries():
    for name, task in TASKS.items():
        grid = sum(len(combinations(method.grid)) for method in METHODS.values())
        seconds = grid * task.tuning + len(SEEDS) * len(METHODS) * task.seconds
        d = hf.MLP(task.sizes).size
        yield Entry(name, f"{task.equation}, {d:,} parameters, {task.interior} + {task.border} points",
                    f"{seconds / 3600:.1f} h of one core", (f"physics_{name}",),
                    lambda args, name=name: race(name, args))


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
