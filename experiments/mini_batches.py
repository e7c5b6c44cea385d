"""What happens to Hessian-free as the batch shrinks, and what helps: 784-800-10 on MNIST.

    python experiments/mini_batches.py [naive few_cg floor curvature judge sizes stochastic] [--seeds 0 1 2 3 4]

Without names it makes them all, in about 45 minutes on one thread. A run whose file is there is not
made again; --fresh starts anew.

========== ===================================================================================
naive      batch 1,000 for gradient, curvature and ρ, 50 CG steps, every step taken: two epochs
few_cg     the same with 8 CG steps
floor      the same as naive with λ ≥ 1
curvature  the same as naive with curvature on 250 of the 1,000
judge      the same as naive with ρ on the next batch
sizes      naive on the first 10,000 images with batches of all, 5,000, 1,000, 250 and 75, for
           100 gradient-equivalents of these 10,000
stochastic the preset in its first form (batch 1,000, curvature on 250, five CG steps, the diagonal
           preconditioner), 20 epochs, five seeds
========== ===================================================================================

A row is a step; for `stochastic` an epoch. Columns: f on the batch and on 1,000 other images, before
and after the step (drawn from all 60,000, so that about 17 are the batch's own; for `sizes` from the
50,000 that it does not train on); ρ on both; λ, CG iterations, cost; and at the end of an epoch the test errors of θ
and of its running average.
"""

import numpy as np
from commands import Entry, command_line
from history import History
from runner import Course, End, Grid, run

import hf_lib as hf
from hf_lib.notebook.clinic import Transcription

SIZES, BATCH, OTHER, SEEDS, EPOCHS = [784, 800, 10], 1000, 1000, [0, 1, 2, 3, 4], 20
SMALL, SMALL_BUDGET, SMALL_BATCHES = 10_000, 100, (None, 5000, 1000, 250, 75)
FEW_EPOCHS = 2
ARMS = {"naive": {}, "few_cg": {"max_cg": 8}, "floor": {"damping_floor": 1.0}, "curvature": {"curvature_batch": 250},
        "judge": {"judge": "next"}}
PRESET = {"curvature_batch": 250, "max_cg": 5, "preconditioner": 0.75}     # when `stochastic` was made; its five
                                                                           # histories do not state these
AVERAGE = 0.97                    # running average θ̄ ← 0.97 θ̄ + 0.03 θ: about the last thirty steps


class Watch:
    """Reads off a loop's steps what the loop itself does not see: other data, and the test set."""

    def __init__(self, seed, n=None):
        self.data = hf.datasets.mnist()
        self.rng = np.random.default_rng(seed)
        self.net = hf.MLP(SIZES, activation="relu")
        X, Y = self.data.X_train, self.data.Y_train
        self.all = hf.Problem(self.net, hf.SoftmaxCrossEntropy(), X, Y)
        self.problem = self.all if n is None else self.all.batch(slice(n))
        self.theta = self.net.init(self.rng, scheme="glorot", dtype=np.float32)
        self.average = self.theta.copy()
        self.rest = np.arange(0 if n is None else n, len(X))            # rows for the other batch
        self.other_rng = np.random.default_rng([seed, 1])

    def test_error(self, theta):
        return float(np.mean(np.argmax(self.net(theta, self.data.X_test), axis=1) != self.data.y_test))

    def follow(self, step):
        self.theta = step.theta
        self.average += np.float32(1 - AVERAGE) * (step.theta - self.average)

    def row(self, step, measure):
        """The columns of a step; `measure` says whether the test set is read too."""
        other = self.all.batch(self.other_rng.choice(self.rest, OTHER, replace=False))
        before, after = other.value(self.theta), other.value(step.theta)
        self.follow(step)
        gain = step.rho if not step.predicted > 0 else (before - after) / step.predicted
        return dict(before=step.before, after=step.loss, other_before=before, other_after=after, rho=step.rho,
                    rho_other=gain, damping=step.damping, cg_iterations=step.cg.iterations, cost=step.cost,
                    accepted=step.accepted, test_error=self.test_error(step.theta) if measure else np.nan,
                    average_error=self.test_error(self.average) if measure else np.nan)


def steps_of(watch, loop, history, measured):
    """The course of a loop with a row a step; `measured`: step → whether the test set is read too."""
    def measure(step, cpu):
        return watch.row(step, measured(step))
    return Course(loop, measure, Grid.every(1), history)


def arm(history, name):
    """A faulty loop or one remedy: two epochs."""
    watch = Watch(0)
    epoch = watch.problem.N // BATCH
    loop = Transcription(watch.problem, watch.theta, watch.rng, batch=BATCH, max_steps=FEW_EPOCHS * epoch, **ARMS[name])
    return steps_of(watch, loop, history, lambda step: step.index % epoch == 0)


def small(history, size):
    """The naive loop with batches of this size; the test set is read at the first step and at the end."""
    watch = Watch(0, SMALL)
    loop = Transcription(watch.problem, watch.theta, watch.rng, batch=size)
    return steps_of(watch, loop, history, lambda step: step.index == 1 or step.cost > SMALL_BUDGET)


class Stochastic(Course):
    """The preset with one seed: a row an epoch, of what was seen at every fifth step."""

    resumable = False

    def __init__(self, history, seed):
        self.watch = Watch(seed)
        problem = self.watch.problem
        self.epoch = problem.N // BATCH
        self.seen, self.dampings, self.rejected = [], [], 0
        loop = hf.HessianFree(problem, self.watch.theta, self.watch.rng, preset="stochastic", gradient_batch=BATCH,
                              **PRESET, max_steps=EPOCHS * self.epoch)
        super().__init__(loop, self.sums, Grid.every(self.epoch), history)

    def advance(self):
        step = super().advance()
        if step is not None:
            self.dampings.append(step.damping)
            self.rejected += not step.accepted
            if step.index % 5:
                self.watch.follow(step)
            else:                                                       # watched closely
                self.seen.append(self.watch.row(step, measure=step.index % self.epoch == 0))
        return step

    def sums(self, step, cpu):
        part, whole = {name: np.array([row[name] for row in self.seen]) for name in self.seen[-1]}, self.watch.all
        row = dict(epoch=step.index // self.epoch, loss=whole.value(step.theta),
                   average_loss=whole.value(self.watch.average), test_error=part["test_error"][-1],
                   average_error=part["average_error"][-1], cost=step.cost, seconds=step.seconds,
                   rho=np.median(part["rho"]), rho_other=np.median(part["rho_other"]),
                   gain=np.mean(part["before"] - part["after"]),
                   gain_other=np.mean(part["other_before"] - part["other_after"]),
                   damping_low=min(self.dampings), damping_high=max(self.dampings), rejected=self.rejected)
        self.seen, self.dampings, self.rejected = [], [], 0
        return row


def make(name, args):
    """Every run of this name that is not stored."""
    if name in ARMS:
        runs = [(name, 0, {"batch": BATCH, **ARMS[name]}, lambda history: arm(history, name), End())]
    elif name == "sizes":
        runs = [(f"size_{size or 'all'}", 0, {"batch": size, "examples": SMALL},
                 lambda history, size=size: small(history, size), End(cost=np.nextafter(SMALL_BUDGET, np.inf)))
                for size in SMALL_BATCHES]
    else:
        runs = [(f"stochastic_{seed}", seed, {"preset": "stochastic", "batch": BATCH, **PRESET},
                 lambda history, seed=seed: Stochastic(history, seed), End()) for seed in args.seeds]
    for file, seed, settings, course, end in runs:
        before = PRESET if "preset" in settings else None
        run(History(f"mini_batches_{file}", seed, settings, before=before), course, end, args.fresh)


def entries():
    sizes, seeds = [f"size_{size or 'all'}" for size in SMALL_BATCHES], [f"stochastic_{seed}" for seed in SEEDS]
    takes = {**dict.fromkeys(ARMS, f"{FEW_EPOCHS} epochs"), "sizes": f"{SMALL_BUDGET} GE a run",
             "stochastic": f"{EPOCHS} epochs, 75 GE a run"}
    files = {**{name: [name] for name in ARMS}, "sizes": sizes, "stochastic": seeds}
    for name, of in files.items():
        what = ARMS.get(name, f"{len(of)} runs")
        yield Entry(name, f"784-800-10 on MNIST: {what}", takes[name], tuple(f"mini_batches_{file}" for file in of),
                    lambda args, name=name: make(name, args))


def main():
    command_line(__doc__, entries, lambda parser: parser.add_argument(
        "--seeds", nargs="*", type=int, default=SEEDS, help="stochastic: which"))


if __name__ == "__main__":
    main()
