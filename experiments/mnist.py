"""784-800-10 on MNIST, by Hessian-free, SGD and Adam: the runs of notebook 11.

    python experiments/mnist.py                    # everything that is not stored yet, about an hour
    python experiments/mnist.py sgd_0 hf_0         # these only; --list names them all
    python experiments/mnist.py --quick            # the beginning of each, a few minutes, held against what is stored

First the settings are chosen: 50,000 training images, the other 10,000 to choose by, the test images
unseen. Each setting of a method's grid runs once; the best runs again with three weights of L2. What has
the lowest error, the mean of the last three rows, of θ or of its running average, is chosen, and runs on
all 60,000 with three seeds. Beside it: the source project's SGD, its form of Hessian-free at
batches of 1,000 and 75, repaired and (at 75) with the slip that its published ratio has, and the
classical form (gradient on all images, curvature on 5,000); with and without the preconditioner.

Histories go to data/runs/mnist_NAME.npz, with a checkpoint beside them until a run is complete: a run
that was interrupted goes on. One BLAS thread, so that `cpu_seconds` can be compared.
"""

import argparse
import os
import time
from dataclasses import dataclass, replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")          # before NumPy is loaded

import history as stored  # noqa: E402
import numpy as np  # noqa: E402

import hf_lib as hf  # noqa: E402
from hf_lib.notebook.streams import utf8_streams  # noqa: E402
from hf_lib.optimisers.loop import GGN  # noqa: E402


class Slip(hf.HessianFree):
    """Hessian-free with the project's published promise: −gᵀp + ½ pᵀGp, where a minus belongs."""

    def _solve(self, lin, g, lam):
        result, plain = super()._solve(lin, g, lam)
        p = result.x
        promise = -float(g @ p) + 0.5 * float(p @ lin.ggn(p))
        self.cost += GGN * self._batches.share
        return replace(result, phi=np.append(result.phi[:-1], -promise)), plain


SIZES, HELD_OUT, LAST = [784, 800, 10], 10_000, 3
ROWS = (0, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, *range(10, 1000, 2))       # epochs with a row
AVERAGE = 0.1                    # θ̄ ← θ̄ + 0.1 (θ − θ̄) every tenth of an epoch: about the last epoch
QUICK = 0.2                      # epochs
GRID = {
    "hf": [dict(preset="stochastic", gradient_batch=batch, curvature_batch=batch // 4) for batch in (500, 1000, 2000)],
    "sgd": [dict(learning_rate=rate, batch=batch) for rate in (0.01, 0.025, 0.1, 0.3) for batch in (100, 250)],
    "adam": [dict(learning_rate=rate, batch=batch) for rate in (3e-4, 1e-3) for batch in (100, 250)],
}
L2 = (3e-5, 1e-4, 3e-4)
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


def trials(method):
    """The grid, then the best of it with L2; the second half needs the first half's histories."""
    first = [_trial(method, settings, 0.0) for settings in GRID[method]]
    yield from first
    best = min(first, key=lambda run: validation(run.name)[0])
    for l2 in L2:
        yield _trial(method, best.settings, l2)


def _trial(method, settings, l2):
    words = [method, *(f"{value:g}" for value in settings.values() if not isinstance(value, str))]
    return Run("_".join(["choose", *words, *([f"l2_{l2:g}"] if l2 else [])]), method, settings, EPOCHS[method], l2=l2,
               held_out=HELD_OUT)


def validation(name):
    """Error on the held-out images, the mean of the last rows: the lower of θ's and θ̄'s, and which it is."""
    path = stored.RUNS / f"mnist_{name}.npz"
    if not path.exists():
        raise SystemExit(f"{path.name} is missing, and what comes after it depends on it: make {name} first")
    columns, _ = stored.load(path)
    errors = {which: float(np.mean(columns[which][-LAST:])) for which in ("valid_error", "average_valid_error")}
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
    final = [Run(f"{method}_{seed}", method, of.settings, FINAL[method], seed, of.l2)
             for seed in SEEDS for method, of in best.items()]
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
    yield Run("hf_75", "hf", dict(preset="stochastic", gradient_batch=75, curvature_batch=19), 2)
    yield from final[len(GRID):]


class Course:
    """A run on its way: the optimiser, the running average, the history."""

    def __init__(self, run):
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
        self.loop = METHODS[run.method](self.problem, self.theta, rng=rng, **run.settings, **every)
        self.average, self.snapshots, self.cpu = self.theta.copy(), 0, 0.0
        self.history = stored.History(f"mnist_{run.name}", run.seed, run.described)
        self.history.origin |= {"command": f"python experiments/mnist.py {run.name}",
                                "threads": os.environ["OPENBLAS_NUM_THREADS"]}
        self.checkpoint = self.history.path.with_suffix(".checkpoint.npz")

    @property
    def now(self):
        """Epochs, steps, seconds and cost so far."""
        return dict(epoch=self.loop.index / self.epoch, steps=self.loop.index, seconds=self.loop.seconds,
                    cost=self.loop.cost)

    def follow(self, epochs):
        """Make steps up to `epochs`; yield after each row."""
        if not self.history.columns:
            self._row(None)
            yield
        due = [row for row in ROWS if self.now["epoch"] < row <= epochs]
        while due:
            start = time.process_time()
            step = next(self.loop, None)
            if step is None:
                self.history.origin["ended"] = self.loop.reason
                return
            self.theta = step.theta
            if step.index % self.tenth == 0:
                self.snapshots += 1
                self.average += np.float32(max(AVERAGE, 1 / self.snapshots)) * (step.theta - self.average)
            self.cpu += time.process_time() - start
            if step.index % self.tenth == 0 and self.now["epoch"] >= due[0] - 1e-9:
                due.pop(0)
                self._row(step)
                yield

    def _row(self, step):
        row = self.now | dict(cpu_seconds=self.cpu)
        if self.run.held_out:
            row |= dict(valid_error=self._error(self.theta), average_valid_error=self._error(self.average))
        else:
            row |= dict(loss=self.plain.value(self.theta), test_error=self._error(self.theta),
                        average_test_error=self._error(self.average))
        if isinstance(self.loop, hf.HessianFree):
            names = dict(rho="rho", damping="damping", batch_loss="loss", chosen="chosen", step_size="step_size")
            row |= {name: getattr(step, field) if step else np.nan for name, field in names.items()}
            row["cg_iterations"] = step.cg.iterations if step else np.nan
        self.history.add(**row)

    def _error(self, theta):
        X, y = self.judge
        return float(np.mean(np.argmax(self.net(theta, X), axis=1) != y))

    def save(self):
        """History and checkpoint."""
        self.history.save()
        part = self.checkpoint.with_name(self.checkpoint.name + ".part.npz")
        np.savez(part, **self.loop.state(), average=self.average, snapshots=self.snapshots, cpu=self.cpu,
                 rows=len(self.history.columns["cost"]))
        part.replace(self.checkpoint)

    def resume(self):
        """Go on where a checkpoint and its history were left."""
        self.history.load()
        with np.load(self.checkpoint) as file:
            state = dict(file)
        self.loop.restore(state)
        self.theta, self.average = self.loop.theta, state["average"]
        self.snapshots, self.cpu = int(state["snapshots"]), float(state["cpu"])
        self.history.cut(int(state["rows"]))

    def misread(self):
        """Which test images θ̄ reads as what, where that is wrong: pairs of row and digit."""
        X, y = self.judge
        guess = np.argmax(self.net(self.average, X), axis=1)
        return [[int(row), int(guess[row])] for row in np.flatnonzero(guess != y)]


def make(run, fresh=False):
    """Make or finish one run; nothing if it is complete."""
    course = Course(run)
    path = course.history.path
    if path.exists() and not fresh:
        if not course.checkpoint.exists():
            course.history.load()                        # ValueError if the settings have changed
            return
        course.resume()
        print(f"{run.name}: going on after epoch {course.now['epoch']:.4g}")
    for _ in course.follow(run.epochs):
        course.save()
        show(run, course.history)
    if not run.held_out:
        course.history.origin["misread"] = course.misread()
    course.history.save()
    course.checkpoint.unlink(missing_ok=True)


def begin(run):
    """The beginning of a run as new, held against the stored one: the columns that do not measure time."""
    course = Course(run)
    for _ in course.follow(QUICK if course.epoch > 1 else 1):
        pass
    columns, origin = stored.load(course.history.path)
    apart = 0.0
    for name, values in course.history.columns.items():
        if name not in ("seconds", "cpu_seconds"):
            old = columns[name][:len(values)]
            apart = max(apart, np.nanmax(np.abs(values - old) / np.maximum(np.abs(old), 1e-3)))
    print(f"{run.name:32} {len(values)} rows, largest relative difference from the stored ones {apart:.1g}", flush=True)


def show(run, history):
    row = {name: values[-1] for name, values in history.columns.items()}
    kind = "valid" if run.held_out else "test"
    words = [f"{run.name:32} epoch {row['epoch']:5.1f}/{run.epochs}", f"{row['cpu_seconds']:6.1f} s",
             f"{row['cost']:6.1f} GE", f"{kind} {100 * row[f'{kind}_error']:.2f} %",
             f"average {100 * row[f'average_{kind}_error']:.2f} %"]
    words += [f"f {row['loss']:.5f}"] if "loss" in row else []
    words += [f"ρ {row['rho']:5.2f}  λ {row['damping']:.3g}  CG {row['cg_iterations']:.0f}"] if "rho" in row else []
    print("  ".join(words), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="which runs; all without")
    parser.add_argument("--list", action="store_true", help="name all runs and their settings")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} epochs of each, compared with what is stored")
    parser.add_argument("--fresh", action="store_true", help="make again what is there")
    args = parser.parse_args()
    unknown = set(args.names)
    for run in runs():
        unknown.discard(run.name)
        if args.names and run.name not in args.names:
            continue
        if args.list:
            print(f"{run.name:32} seed {run.seed}, {run.epochs} epochs, {run.described}")
        elif args.quick:
            begin(run)
        else:
            make(run, args.fresh)
        if args.names and not unknown:
            break
    if unknown:
        parser.error(f"no run is called {', '.join(sorted(unknown))}; --list names them all")


if __name__ == "__main__":
    utf8_streams()
    main()
