"""Where curvature wins: six differential equations, eleven methods, equal CPU seconds on one thread. Notebook 13.

    python experiments/physics.py --list
    python experiments/physics.py poisson2_257       # tuning, then three seeds of each method's best setting

From a middle setting a walk over a method's grid goes on to the neighbour with the lowest f after the short time,
from seed 100, until none is lower; that setting runs from three more seeds for the full time, and where f ends above
its start from one of them, the next best of the walk takes its place. The choice looks at f alone: the error needs the
solution, which nobody has. Rates fall after as many steps as fit into the time, counted beforehand. A method whose
best lies at its grid's edge is named at the end, and its grid has to be made wider. All runs of a problem stand in
data/runs/physics_NAME.npz, told apart by method, setting, seed and seconds allowed.
"""

import one_thread  # isort: skip  # noqa: F401

import time
from dataclasses import dataclass

import numpy as np
from commands import Entry, command_line
from history import History
from runner import Course, End, Grid, rows
from self_scaled_broyden import SelfScaledBroyden
from table import Table
from tuning import combinations, edges, last, walk

import hf_lib as hf
from hf_lib.network import equations

TUNING_SEED, SEEDS = 100, (0, 1, 2)
TRIED = 7                                                # settings of a method's walk, about, for the time left
ROWS = 60                                                # of each run, even in the logarithm of CPU seconds


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
    "heat_257": Task(equations.Heat(), (2, 64, 1), 900, 120, 5, 20),
    "cubic_97": Task(equations.Cubic(), (1, 32, 1), 200, 2, 2, 10),
    "poisson5_449": Task(equations.PoissonCosine(5), (5, 64, 1), 3000, 500, 5, 25),
    "poisson2_9873": Task(POISSON, (2, 64, 64, 48, 48, 1), 900, 120, 10, 60),
    "poisson2_116097": Task(POISSON, (2, 256, 256, 128, 128, 1), 900, 120, 10, 60),
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


class PatientLBFGS:
    """SciPy's L-BFGS as long as the time allows: where its line search gives up it is started once more at the same θ.

    Where that helps no more, the run ends. `steps` is about how many fit into the time.
    """

    def __init__(self, problem, theta, memory, steps):
        self.problem, self.theta, self.memory, self.steps, self.reason = problem, theta, memory, steps, None
        self.cost, self.index = 0.0, 0

    def chunk(self):
        """The steps of one run of SciPy's, which makes all at once."""
        loop = hf.LBFGS(self.problem, self.theta, self.steps, memory=self.memory)
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
    """Its grid, a setting in the middle, what makes a loop of (problem, theta, rng, seconds, **setting); largest d."""

    grid: dict
    start: dict
    make: object
    largest: float = np.inf


def hessian_free(preconditioner, **fixed):
    def make(problem, theta, rng, seconds, **setting):
        return hf.HessianFree(problem, theta, rng, preconditioner=preconditioner, **fixed, **setting)
    return make


def scheduled(kind, fall):
    def make(problem, theta, rng, seconds, learning_rate, **others):
        return first_order(kind, learning_rate, fall, problem, theta, seconds, **others)
    return make


def patient(problem, theta, rng, seconds, memory):
    start, few = time.process_time(), list(hf.LBFGS(problem, theta, 50, memory=memory))
    rate = len(few) / max(time.process_time() - start, 1e-9)
    return PatientLBFGS(problem, theta, memory, max(int(1.2 * seconds * rate), 50))


def dense(acceleration):
    def make(problem, theta, rng, seconds, **setting):
        return hf.LevenbergMarquardt(problem, theta, acceleration=acceleration, **setting)
    return make


LAMBDAS = tuple(10.0**k for k in range(-8, 4))
RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)
STEPS = {"learning_rate": RATES, "momentum": (0.0, 0.9, 0.97, 0.99, 0.997, 0.999, 0.9997)}, {
    "learning_rate": 3e-3, "momentum": 0.99}
CG = {"damping": LAMBDAS, "max_cg": (3, 10, 30, 100, 300, 1000)}, {"damping": 0.01, "max_cg": 100}
SOLVE = {"damping_factor": (1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0)}, {"damping_factor": 2.0}
METHODS = {
    "Hessian-free": Method(*CG, hessian_free(None)),
    "Hessian-free, diagonal": Method(*CG, hessian_free(0.75)),
    "Hessian-free, Kronecker": Method({"damping": LAMBDAS, "max_cg": (1, 3, 10, 20, 50, 100, 200)},
                                      {"damping": 0.01, "max_cg": 20},
                                      hessian_free("kronecker", stop=None, backtracking=False)),
    "Gauss-Newton": Method(*SOLVE, dense(False)),
    "Gauss-Newton, bent": Method(*SOLVE, dense(True)),
    "L-BFGS": Method({"memory": (3, 10, 30, 100, 300, 1000)}, {"memory": 100}, patient),
    "Adam": Method({"learning_rate": RATES}, {"learning_rate": 3e-3}, scheduled(hf.Adam, False)),
    "Adam, falling": Method({"learning_rate": RATES}, {"learning_rate": 0.01}, scheduled(hf.Adam, True)),
    "momentum": Method(*STEPS, scheduled(hf.Momentum, False)),
    "momentum, falling": Method(*STEPS, scheduled(hf.Momentum, True)),
    "self-scaled Broyden": Method({}, {}, lambda problem, theta, rng, seconds: SelfScaledBroyden(problem, theta), 500),
}


def names_of(task):
    """The methods that the network is small enough for."""
    return tuple(name for name, method in METHODS.items() if hf.MLP(task.sizes).size <= method.largest)


def columns_of(task, method, setting, seed, seconds):
    """One run: a row at each of 60 times, even in the logarithm, and one at the end."""
    problem, fresh, rng = task.problem(), task.fresh(), np.random.default_rng(seed)
    theta = problem.net.init(rng)
    loop = METHODS[method].make(problem, theta, rng, seconds, **setting)

    def measure(step, cpu):
        return dict(index=step.index, cost=step.cost, cpu_seconds=cpu, loss=step.loss,
                    error=problem.relative_error(step.theta, fresh))
    kind = LBFGSCourse if isinstance(loop, PatientLBFGS) else Course
    times = Grid.log(min(0.05, seconds / 100), seconds, ROWS, of="cpu_seconds")
    made = rows(kind(loop, measure, times, closing=True), End(cpu_seconds=seconds))
    if made:
        return made
    return dict(index=[0], cost=[loop.cost], cpu_seconds=[0.0], loss=[np.inf], error=[np.inf])   # it broke at once


def race(name, args):
    """Tune every method, run the best of each from three seeds, and say which lie at an edge."""
    task, names = TASKS[name], names_of(TASKS[name])
    settings = {"equation": repr(task.equation), "sizes": task.sizes, "interior": task.interior,
                "border": task.border, "tuning": task.tuning, "seconds": task.seconds, "methods": names,
                "grid": {method: METHODS[method].grid for method in names}}
    history = History(f"physics_{name}", list(SEEDS), settings, results=("best", "edges", "chosen"))
    grids = {method: combinations(METHODS[method].grid) for method in names}
    problem, runs = task.problem(), (TRIED + len(SEEDS)) * len(names)
    starts = {seed: problem.value(problem.net.init(np.random.default_rng(seed))) for seed in SEEDS}
    table = Table(history, ("method", "setting", "seed", "seconds"), runs, args.fresh)

    def cell(method, setting, seed, seconds):
        key = dict(method=names.index(method), setting=grids[method].index(setting), seed=seed, seconds=seconds)
        return table.get(key, lambda: columns_of(task, method, setting, seed, seconds))

    best = {}
    for method in names:
        tried = []

        def score(setting, method=method, tried=tried):
            tried.append((last(cell(method, setting, TUNING_SEED, task.tuning), "loss"), len(tried), setting))
            return tried[-1][0]
        walk(METHODS[method].grid, METHODS[method].start, score)
        ranked = [setting for *_, setting in sorted(tried)]
        best[method] = next((setting for setting in ranked if all(
            last(cell(method, setting, seed, task.seconds), "loss") < starts[seed] for seed in SEEDS)), ranked[0])
    at_edge = {method: found for method in names if (found := edges(best[method], grids[method]))}
    history.origin["settings"] |= {"best": best, "edges": at_edge,
                                   "chosen": [grids[method].index(best[method]) for method in names]}
    history.save()
    for method, setting in best.items():
        print(f"{method:26} {setting}   {at_edge.get(method) or 'inside its grid'}")


def entries():
    for name, task in TASKS.items():
        seconds = len(names_of(task)) * (TRIED * task.tuning + len(SEEDS) * task.seconds)
        d = hf.MLP(task.sizes).size
        yield Entry(name, f"{task.equation}, {d:,} parameters, {task.interior} + {task.border} points",
                    f"about {seconds / 3600:.1f} h of one core", (f"physics_{name}",),
                    lambda args, name=name: race(name, args))


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
