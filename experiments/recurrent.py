"""Five bits kept for T steps: Hessian-free with and without structural damping, momentum and Adam. Notebook 16.

    python experiments/recurrent.py --list
    python experiments/recurrent.py memory5_50       # tuning, then three seeds of each method's best setting

Each of four methods starts from a sparse and from an orthogonal W_hh. From a middle setting a walk over its grid goes
on to the best neighbour, from seeds 100 and 101 and for the short time each, until none is better. A run's score is
the CPU seconds after which it has all 32 sequences right; where it never has, the seconds allowed and f at its end.
A setting's score is the mean of both: from one seed alone, luck picked settings that failed from the next. The best
setting runs from three more seeds, at most for the long time. A run ends as soon as a row of its history has all
sequences right, at every step. Full batch, float64, one thread, the same network for all. All runs of a T stand in
data/runs/recurrent_memory5_T.npz, told apart by method, setting, seed and seconds allowed.

    python experiments/recurrent.py longer           # after the race over 100 steps

Its runs that were not solved, but below the plateau when their time was up, are made once more with twice the seconds,
in data/runs/recurrent_longer.npz.

    python experiments/recurrent.py slower           # Adam over 50 steps with a smaller rate than the chosen one

Both of its walks tried that rate and left it after the short time. Here it has the long time, from three seeds of each
start, in data/runs/recurrent_slower.npz.

    python experiments/recurrent.py states           # after the races: θ of a network that keeps the five bits

For each T one trained θ, float32, stands in data/runs/recurrent_states.npz as the column theta_T.
"""

import one_thread  # isort: skip  # noqa: F401

from dataclasses import dataclass
from functools import partial

import numpy as np
from commands import Entry, command_line
from history import History
from runner import Course, End, Grid, rows
from table import Table
from tuning import combinations, edges, last, walk

import hf_lib as hf
from hf_lib.datasets.runs import RUNS, load

TUNING_SEEDS, SEEDS = (100, 101), (0, 1, 2)
HIDDEN, ROWS = 50, 120                                   # units; rows of each run, even in the logarithm of CPU seconds
TASKS = {20: (2, 10), 50: (4, 15), 100: (8, 30)}         # T → CPU seconds of a tuning run and of a final one
SETTINGS_TRIED = 12                                      # about so many a walk, to say what a race may take
CG = 300
LONGER, LEFT = 60, 3.0                                   # CPU seconds once more where f ended below this, unsolved
SLOWER = {"learning_rate": 1e-3, "clip": 1.0}
ENOUGH = 0.1                                             # f where θ is stored, below that where all are first right


@dataclass(frozen=True)
class Method:
    """Its grid, a setting in the middle, and what makes a loop of (problem, theta, **setting)."""

    grid: dict
    start: dict
    make: object


def hessian_free(problem, theta, preconditioner, damping, structural=0.0):
    problem.structural = structural
    return hf.HessianFree(problem, theta, preconditioner=preconditioner, damping=damping, max_cg=CG)


LAMBDAS = {"preconditioner": (None, 0.75), "damping": (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1000.0)}
SETTING = {"preconditioner": None, "damping": 1.0}
CLIPS = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
RATES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0)
LOOPS = {
    "Hessian-free, structural": Method({**LAMBDAS, "structural": (1e-3, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)},
                                       {**SETTING, "structural": 0.3}, hessian_free),
    "Hessian-free": Method(LAMBDAS, SETTING, hessian_free),
    "momentum": Method({"learning_rate": RATES, "momentum": (0.0, 0.9, 0.97, 0.99, 0.997, 0.999), "clip": CLIPS},
                       {"learning_rate": 0.01, "momentum": 0.97, "clip": 1.0}, hf.Momentum),
    "Adam": Method({"learning_rate": RATES, "clip": CLIPS}, {"learning_rate": 3e-3, "clip": 1.0}, hf.Adam),
}
STARTS = ("orthogonal", "sparse")
METHODS = {f"{name}, {start} start": (loop, start) for name, loop in LOOPS.items() for start in STARTS}


class UntilSolved(Course):
    """A run that ends with the first row in which every sequence is right."""

    def advance(self):
        if len(self.history) and self.history.last("solved") == 1:
            self.loop.reason = "every sequence is right"
            return None
        return super().advance()


def made(T, method, setting, seed):
    """The data, the problem and the loop of one run."""
    loop, start = METHODS[method]
    data = hf.datasets.sequences.memory5(T)
    problem = hf.SequenceProblem(hf.RNN(4, HIDDEN, 3), hf.SoftmaxCrossEntropy(), data.X, data.Y, data.mask)
    theta = problem.net.init(np.random.default_rng(seed), start)
    return data, problem, loop.make(problem, theta, **setting)


def columns_of(T, method, setting, seed, seconds):
    """One run: a row at each of 120 times, even in the logarithm, and one at the end."""
    data, problem, loop = made(T, method, setting, seed)

    def measure(step, cpu):
        solved = np.mean(data.solved(problem.net(step.theta, problem.X)))
        return dict(index=step.index, cost=step.cost, cpu_seconds=cpu, loss=step.loss, solved=solved)
    times = Grid.log(seconds / 1000, seconds, ROWS, of="cpu_seconds")
    found = rows(UntilSolved(loop, measure, times, closing=True), End(cpu_seconds=seconds))
    return found or dict(index=[0], cost=[loop.cost], cpu_seconds=[seconds], loss=[np.inf], solved=[0.0])


def score(columns, seconds):
    """CPU seconds until every sequence is right; where that never is, those allowed and f at the end."""
    if last(columns, "solved") == 1:
        return last(columns, "cpu_seconds")
    loss = last(columns, "loss")
    return seconds + loss if np.isfinite(loss) else np.inf


def race(T, args):
    """Tune every method, run the best setting of each from three seeds, and say which lie at an edge."""
    tuning, seconds = TASKS[T]
    names = tuple(METHODS)
    settings = {"T": T, "hidden": HIDDEN, "tuning": tuning, "seconds": seconds, "methods": names, "max_cg": CG,
                "tuning_seeds": TUNING_SEEDS, "grid": {name: loop.grid for name, loop in LOOPS.items()}}
    history = History(f"recurrent_memory5_{T}", list(SEEDS), settings, results=("best", "edges", "chosen"))
    runs = len(names) * (SETTINGS_TRIED * len(TUNING_SEEDS) + len(SEEDS))
    table = Table(history, ("method", "setting", "seed", "seconds"), runs, args.fresh)
    best = {}
    for number, (method, (loop, _)) in enumerate(METHODS.items()):
        grid = combinations(loop.grid)

        def cell(setting, seed, limit, method=method, number=number, grid=grid):
            key = dict(method=number, setting=grid.index(setting), seed=seed, seconds=limit)
            return table.get(key, lambda: columns_of(T, method, setting, seed, limit))

        def mean_score(setting, cell=cell):
            return np.mean([score(cell(setting, seed, tuning), tuning) for seed in TUNING_SEEDS])
        best[method] = walk(loop.grid, loop.start, mean_score).setting
        for seed in SEEDS:
            cell(best[method], seed, seconds)
    grids = {method: combinations(loop.grid) for method, (loop, _) in METHODS.items()}
    history.origin["settings"] |= {
        "best": best, "chosen": [grids[method].index(setting) for method, setting in best.items()],
        "edges": {method: found for method in names if (found := edges(best[method], grids[method]))}}
    history.save()
    for method, setting in best.items():
        print(f"{method:44} {setting}   {history.origin['settings']['edges'].get(method) or 'inside its grid'}")


def longer(args):
    """Once more, with more time, what the longest race left below the plateau and unsolved."""
    T = max(TASKS)
    columns, origin = load(RUNS / f"recurrent_memory5_{T}.npz")
    made = origin["settings"]
    history = History("recurrent_longer", list(SEEDS), {
        "T": T, "hidden": HIDDEN, "seconds": LONGER, "loss below": LEFT, "best": made["best"]})
    table = Table(history, ("method", "seed"), len(METHODS) * len(SEEDS), args.fresh)
    for number, (method, setting) in enumerate(made["best"].items()):
        for seed in SEEDS:
            run = (columns["method"] == number) & (columns["seed"] == seed) & (columns["seconds"] == made["seconds"])
            if columns["solved"][run][-1] < 1 and columns["loss"][run][-1] < LEFT:
                table.get({"method": number, "seed": seed}, partial(columns_of, T, method, setting, seed, LONGER))


def slower(args):
    """Adam over 50 steps, three seeds from each start for the long time, with `SLOWER`."""
    T, names = 50, [name for name in METHODS if name.startswith("Adam")]
    seconds = TASKS[T][1]
    history = History("recurrent_slower", list(SEEDS), {
        "T": T, "hidden": HIDDEN, "seconds": seconds, "methods": names, "setting": SLOWER})
    table = Table(history, ("method", "seed"), len(names) * len(SEEDS), args.fresh)
    for number, method in enumerate(names):
        for seed in SEEDS:
            table.get({"method": number, "seed": seed}, partial(columns_of, T, method, SLOWER, seed, seconds))


def trained(T):
    """θ in float32 of structural Hessian-free, orthogonal start, from seed 0, with f below `ENOUGH` and all right."""
    method = next(iter(METHODS))
    _, origin = load(RUNS / f"recurrent_memory5_{T}.npz")
    data, problem, loop = made(T, method, origin["settings"]["best"][method], SEEDS[0])
    for step in loop:
        theta = step.theta.astype(np.float32)
        if step.loss < ENOUGH and data.solved(problem.net(theta.astype(float), problem.X)).all():
            return theta
    raise SystemExit(f"T = {T}: {loop.reason} before every sequence was right with f below {ENOUGH}")


def states(args):
    """Store `trained` of every T."""
    history = History("recurrent_states", SEEDS[0], {"hidden": HIDDEN, "loss below": ENOUGH, "T": list(TASKS)})
    if history.complete() and not args.fresh:
        print(f"{history.path.stem}: stored already; --fresh makes it again")
        return
    history.columns = {f"theta_{T}": trained(T) for T in TASKS}
    history.save()


def entries():
    for T, (tuning, seconds) in TASKS.items():
        most = len(METHODS) * (SETTINGS_TRIED * len(TUNING_SEEDS) * tuning + len(SEEDS) * seconds)
        yield Entry(f"memory5_{T}", f"five bits over {T} steps, {HIDDEN} hidden units",
                    f"up to {most / 60:.0f} CPU minutes", (f"recurrent_memory5_{T}",), lambda args, T=T: race(T, args))
    yield Entry("longer", "the longest race's runs that were on their way when time was up", "about 10 CPU minutes",
                ("recurrent_longer",), longer)
    yield Entry("slower", "Adam over 50 steps with a rate that its walks left", "about 2 CPU minutes",
                ("recurrent_slower",), slower)
    yield Entry("states", "θ of the trained networks, from the races' best settings", "about 2 CPU minutes",
                ("recurrent_states",), states)


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
