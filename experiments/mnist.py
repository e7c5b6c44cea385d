"""784-800-10 on MNIST, by Hessian-free, SGD and Adam: the runs of notebook 11.

    python experiments/mnist.py                    # everything that is not stored yet, about an hour
    python experiments/mnist.py sgd_0 hf_0         # these only; --list names them all
    python experiments/mnist.py --quick            # the beginning of each, a few minutes, compared with what is stored

First the settings are chosen: 50,000 training images, the other 10,000 to choose by, the test images
unseen. Each setting of a method's grid runs once; the best runs again with three weights of L2. What has
the lowest error, the mean of the last three rows, of θ or of its running average, is chosen, and runs on
all 60,000 with three seeds. The same with an end in view (a learning rate that falls to 0, a floor under λ
that rises in the second half): a first guess and its neighbours. Beside it: the source project's SGD, its
form of Hessian-free at batches of 1,000 and 75, repaired and (at 75) with the slip that its published ratio
has, and the classical form (gradient on all images, curvature on 5,000); with and without the preconditioner.

Histories go to data/runs/mnist_NAME.npz, with a checkpoint beside them until a run is complete: a run
that was interrupted goes on. One BLAS thread, so that `cpu_seconds` can be compared.
"""

import one_thread  # noqa: F401  isort: skip

from dataclasses import dataclass, replace
from math import ceil

import history as stored
import numpy as np
import runner
from commands import Entry, command_line
from tuning import last

import hf_lib as hf
from hf_lib.optimisers.loop import GGN


class Slip(hf.HessianFree):
    """Hessian-free with the project's published promise: −gᵀp + ½ pᵀGp, where a minus belongs."""

    def _solve(self, lin, g, lam):
        result, plain = super()._solve(lin, g, lam)
        p = result.x
        promise = -float(g @ p) + 0.5 * float(p @ lin.ggn(p))
        self.cost += GGN * self._batches.share
        return replace(result, phi=np.append(result.phi[:-1], -promise)), plain


@dataclass(frozen=True)
class Falling:
    """A learning rate that falls linearly over `steps` steps, from `start` to the share `to` of it."""

    start: float
    to: float
    steps: int

    def __call__(self, k):
        return self.start * (1 - (1 - self.to) * min(k / self.steps, 1))


@dataclass(frozen=True)
class Rising:
    """A floor under λ that is `times` as high in the second half of `steps` steps."""

    start: float
    times: float
    steps: int

    def __call__(self, k):
        return self.start * (self.times if 2 * k >= self.steps else 1)


SIZES, HELD_OUT, LAST = [784, 800, 10], 10_000, 3
ROWS = (0, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, *range(10, 1000, 2))       # epochs with a row
AVERAGE = 0.1                    # θ̄ ← θ̄ + 0.1 (θ − θ̄) every tenth of an epoch: about the last epoch
QUICK = 0.2                      # epochs
FORMER = dict(max_cg=5, preconditioner=0.75)       # of the preset when these runs were made, which do not state them
GRID = {
    "hf": [dict(preset="stochastic", **FORMER, gradient_batch=batch, curvature_batch=batch // 4)
           for batch in (500, 1000, 2000)],
    "sgd": [dict(learning_rate=rate, batch=batch) for rate in (0.01, 0.025, 0.1, 0.3) for batch in (100, 250)],
    "adam": [dict(learning_rate=rate, batch=batch) for rate in (3e-4, 1e-3) for batch in (100, 250)],
}
L2 = (3e-5, 1e-4, 3e-4)
# With an end in view: the learning rate falls to 0, the floor under λ rises in the second half. A first guess each, and
# what to try instead of its values, one at a time. (Adam's L2 is that of the constant rate.)
GUESSES = {"adam_falling": dict(learning_rate=3e-3, batch=100, l2=1e-4),
           "hf_rising": dict(gradient_batch=125, max_cg=3, damping_floor=0.1, rises_to=10, l2=1e-4)}
INSTEAD = {"adam_falling": dict(learning_rate=(3e-4, 1e-3, 1e-2), batch=(50, 250)),
           "hf_rising": dict(gradient_batch=(60, 250), max_cg=(2, 5), damping_floor=(0.03, 0.3), rises_to=(1, 30),
                             l2=(3e-5, 3e-4))}
EPOCHS = {"hf": 8, "sgd": 10, "adam": 10}                                 # to choose
FINAL = {"hf": 20, "sgd": 24, "adam": 16}
SEEDS = (0, 1, 2)
METHODS = {"hf": hf.HessianFree, "slip": Slip, "sgd": hf.SGD, "adam": hf.Adam}
FORMS = (("cg", None), ("pcg", 0.75))                                     # name and preconditioner


@dataclass(frozen=True)
class Run:
    """One history: `epochs` on the training images, without the last `held_out` of them."""

    name: str
    method: str
    settings: dict
    epochs: int
    seed: int = 0
    l2: float = 0.0
    held_out: int = 0

    @property
    def described(self):
        return {"method": self.method, **self.settings, "l2": self.l2, "held_out": self.held_out}

    def history(self):
        return stored.History(f"mnist_{self.name}", self.seed, self.described,
                              command=f"python experiments/mnist.py {self.name}",
                              before=FORMER if self.settings.get("preset") == "stochastic" else None)


def trials(method):
    """The grid, then the best of it with L2; the second half needs the first half's histories."""
    first = [_trial(method, settings, 0.0) for settings in GRID[method]]
    yield from first
    best = min(first, key=lambda run: validation(run.name)[0])
    for l2 in L2:
        yield _trial(method, best.settings, l2)


def _trial(method, settings, l2):
    words = [method, *(f"{value:g}" for name, value in settings.items() if name not in ("preset", *FORMER))]
    return Run("_".join(["choose", *words, *([f"l2_{l2:g}"] if l2 else [])]), method, settings, EPOCHS[method], l2=l2,
               held_out=HELD_OUT)


def around(family):
    """A family's first guess, and every setting that differs from it in one value."""
    guess = GUESSES[family]
    settings = [guess, *(guess | {name: value} for name, values in INSTEAD[family].items() for value in values)]
    return [_ending(family, setting) for setting in settings]


def _ending(family, setting):
    method = family.split("_")[0]
    settings = {name: value for name, value in setting.items() if name != "l2"}
    if method == "hf":
        settings |= dict(preset="stochastic", preconditioner=None, curvature_batch=setting["gradient_batch"] // 4)
    else:
        settings |= dict(falls_to=0.0)
    words = "_".join(f"{value:g}" for value in setting.values())
    return Run(f"choose_{family}_{words}", method, settings, EPOCHS[method], l2=setting["l2"], held_out=HELD_OUT)


def validation(name):
    """Error on the held-out images, the mean of the last rows: the lower of θ's and θ̄'s, and which it is."""
    path = stored.RUNS / f"mnist_{name}.npz"
    if not path.exists():
        raise SystemExit(f"{path.name} is missing, and what comes after it depends on it: make {name} first")
    columns, _ = stored.load(path)
    errors = {which: last(columns, which, LAST) for which in ("valid_error", "average_valid_error")}
    which = min(errors, key=errors.get)
    return errors[which], which


def runs():
    """All runs in order; a run that depends on a choice is made when the choice is stored."""
    best = {}
    for method in GRID:
        tried = []
        for run in trials(method):
            tried.append(run)
            yield run
        best[method] = min(tried, key=lambda run: validation(run.name)[0])
    final = [_final(method, best[method], seed) for seed in SEEDS for method in GRID]
    yield from final[:len(GRID)]
    for name, method, batch, factor, epochs in (("slip_75", "slip", 75, 1.01, 2), ("project_1000", "hf", 1000, 1.5, 2),
                                                ("project_75", "hf", 75, 1.01, 2)):
        for form, preconditioner in FORMS[:1 if method == "slip" else 2]:
            yield Run(f"{name}_{form}", method, dict(preset="source2022", gradient_batch=batch, damping_factor=factor,
                                                     preconditioner=preconditioner), epochs)
    for form, preconditioner in FORMS:
        yield Run(f"classical_{form}", "hf", dict(preset="martens2010", damping=1.0, curvature_batch=5000,
                                                  preconditioner=preconditioner), 12)
    yield Run("project_sgd", "sgd", dict(learning_rate=0.1, batch=100), 20)
    yield Run("hf_75", "hf", dict(preset="stochastic", **FORMER, gradient_batch=75, curvature_batch=19), 2)
    yield from final[len(GRID):]
    guess, *others = around("hf_rising")          # a batch of 60 has the lowest error, and takes 1.6 times the seconds:
    yield from (guess, *others)                   # so the guess, which is the preset, runs on all; and as its θ and θ̄
    for seed in SEEDS[1:]:                        # are level, two more seeds say which of them is to be reported
        yield replace(guess, name=f"{guess.name}_seed_{seed}", seed=seed)
    yield from (_final("hf_guess", guess, seed) for seed in SEEDS)
    yield from around("adam_falling")
    chosen = min(around("adam_falling"), key=lambda run: validation(run.name)[0])
    yield from (_final("adam_falling", chosen, seed) for seed in SEEDS)


def _final(name, chosen, seed):
    return Run(f"{name}_{seed}", chosen.method, chosen.settings, FINAL[chosen.method], seed, chosen.l2)


class Course(runner.Course):
    """A run on its way: the optimiser and the running average."""

    def __init__(self, run, history=None):
        data = hf.datasets.mnist()
        n = len(data.X_train) - run.held_out
        rng = np.random.default_rng(run.seed)
        self.run, self.net = run, hf.MLP(SIZES, activation="relu")
        self.problem = hf.Problem(self.net, hf.SoftmaxCrossEntropy(), data.X_train[:n], data.Y_train[:n], l2=run.l2)
        self.plain = hf.Problem(self.net, hf.SoftmaxCrossEntropy(), data.X_train[:n], data.Y_train[:n])
        self.judge = (data.X_train[n:], data.y_train[n:]) if run.held_out else (data.X_test, data.y_test)
        self.theta = self.net.init(rng, scheme="glorot", dtype=np.float32)
        batch = run.settings.get("gradient_batch", run.settings.get("batch"))
        self.epoch = 1 if batch is None else self.problem.N // batch      # steps
        self.tenth = max(self.epoch // 10, 1)
        every = {"every": self.tenth} if run.method in ("sgd", "adam") else {}
        loop = METHODS[run.method](self.problem, self.theta, rng=rng, **self.settings(), **every)
        self.average, self.snapshots = self.theta.copy(), 0
        super().__init__(loop, self.row, self.grid_of(run.epochs), history, first=True)

    def settings(self):
        """The run's settings as the loop takes them: with functions, which a history cannot hold."""
        settings, steps = dict(self.run.settings), self.run.epochs * self.epoch
        if "falls_to" in settings:
            settings["learning_rate"] = Falling(settings["learning_rate"], settings.pop("falls_to"), steps)
        if "rises_to" in settings:
            settings["damping_floor"] = Rising(settings["damping_floor"], settings.pop("rises_to"), steps)
        return settings

    def grid_of(self, epochs):
        """A row at the first tenth of an epoch at or after each of ROWS; after every step where it is an epoch."""
        if self.epoch == 1:
            return runner.Grid.points(range(1, max(int(epochs), 1) + 1), "index")
        return runner.Grid.points([self.steps_until(row) for row in ROWS if 0 < row <= epochs], "index")

    def steps_until(self, epochs):
        """The steps of so many epochs, up to the next tenth of one."""
        return self.tenth * ceil((epochs - 1e-9) * self.epoch / self.tenth)

    def advance(self):
        step = super().advance()
        if step is not None:
            self.theta = step.theta
            if step.index % self.tenth == 0:
                self.snapshots += 1
                self.average += np.float32(max(AVERAGE, 1 / self.snapshots)) * (step.theta - self.average)
        return step

    def row(self, step, cpu):
        row = dict(epoch=self.loop.index / self.epoch, steps=self.loop.index, seconds=self.loop.seconds,
                   cost=self.loop.cost, cpu_seconds=cpu)
        if self.run.held_out:
            row |= dict(valid_error=self._error(self.theta), average_valid_error=self._error(self.average))
        else:
            row |= dict(loss=self.plain.value(self.theta), test_error=self._error(self.theta),
                        average_test_error=self._error(self.average))
        if isinstance(self.loop, hf.HessianFree):
            names = dict(rho="rho", damping="damping", batch_loss="loss", chosen="chosen", step_size="step_size")
            row |= {name: getattr(step, field) if step else np.nan for name, field in names.items()}
            row["cg_iterations"] = step.cg.iterations if step else np.nan
        return row

    def _error(self, theta):
        X, y = self.judge
        return float(np.mean(np.argmax(self.net(theta, X), axis=1) != y))

    def state(self):
        return self.loop.state() | {"average": self.average, "snapshots": self.snapshots}

    def restore(self, state):
        self.loop.restore(state)
        self.theta, self.average, self.snapshots = self.loop.theta, state["average"], int(state["snapshots"])

    def found(self):
        """Also which test images θ̄ reads as what, where that is wrong: pairs of row and digit."""
        if self.run.held_out:
            return super().found()
        X, y = self.judge
        guess = np.argmax(self.net(self.average, X), axis=1)
        wrong = np.flatnonzero(guess != y)
        return super().found() | {"misread": [[int(row), int(guess[row])] for row in wrong]}


def make(run, fresh=False):
    """Make or finish one run; nothing if it is complete."""
    runner.run(run.history(), lambda history: Course(run, history), runner.End(), fresh)


def begin(run):
    """The beginning of a run as new, compared with the stored one."""
    course = Course(run)
    new = runner.rows(course, runner.End(steps=course.steps_until(QUICK)))
    differences, rows = runner.apart(stored.load(run.history().path)[0], new, by="steps")
    print(f"{run.name:32} {rows} rows, largest relative difference from the stored ones "
          f"{max(differences.values()):.1g}", flush=True)


def entries():
    for run in runs():
        yield Entry(run.name, f"seed {run.seed}, {run.described}", f"{run.epochs} epochs", (f"mnist_{run.name}",),
                    lambda args, run=run: make(run, args.fresh), lambda run=run: begin(run))


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
