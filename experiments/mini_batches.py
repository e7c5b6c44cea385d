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
stochastic the preset, batch 1,000, 20 epochs, five seeds
========== ===================================================================================

A row is a step; for `stochastic` an epoch. Columns: f on the batch and on 1,000 others, before and
after the step; ρ on both; λ, CG iterations, cost; and at the end of an epoch the test errors of θ
and of its running average.
"""

import argparse

import numpy as np
from history import History

import hf_lib as hf
from hf_lib.notebook.clinic import Transcription
from hf_lib.notebook.streams import utf8_streams

SIZES, BATCH, OTHER, SEEDS, EPOCHS = [784, 800, 10], 1000, 1000, [0, 1, 2, 3, 4], 20
SMALL, SMALL_BUDGET, SMALL_BATCHES = 10_000, 100, (None, 5000, 1000, 250, 75)
FEW_EPOCHS = 2
ARMS = {"naive": {}, "few_cg": {"max_cg": 8}, "floor": {"damping_floor": 1.0}, "curvature": {"curvature_batch": 250},
        "judge": {"judge": "next"}}
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


def show(name, step, row):
    print(f"{name:10s} step {step.index:4d}  {row['cost']:6.1f} GE  batch {row['before']:.4f} → {row['after']:.4f}  "
          f"others {row['other_before']:.4f} → {row['other_after']:.4f}  ρ {row['rho']:5.2f} and "
          f"{row['rho_other']:5.2f}  λ {row['damping']:8.3g}  CG {row['cg_iterations']:2d}  "
          f"test {100 * row['test_error']:.2f} %, average {100 * row['average_error']:.2f} %", flush=True)


def run_arm(name, fresh):
    """A faulty loop or one remedy: a row a step, two epochs."""
    history = History(f"mini_batches_{name}", 0, {"batch": BATCH, **ARMS[name]})
    if history.path.exists() and not fresh:
        return
    watch = Watch(0)
    epoch = watch.problem.N // BATCH
    loop = Transcription(watch.problem, watch.theta, watch.rng, batch=BATCH, max_steps=FEW_EPOCHS * epoch, **ARMS[name])
    for step in loop:
        row = watch.row(step, measure=step.index % epoch == 0)
        history.add(**row)
        if step.index % (epoch // 6) == 0:
            show(name, step, row)
    history.save()
    print(f"{name} ended: {loop.reason}")


def run_sizes(fresh):
    """The naive loop as the batch shrinks, at one cost."""
    for size in SMALL_BATCHES:
        history = History(f"mini_batches_size_{size or 'all'}", 0, {"batch": size, "examples": SMALL})
        if history.path.exists() and not fresh:
            continue
        watch = Watch(0, SMALL)
        for step in Transcription(watch.problem, watch.theta, watch.rng, batch=size):
            row = watch.row(step, measure=step.index == 1)
            if step.cost > SMALL_BUDGET:
                row.update(test_error=watch.test_error(step.theta), average_error=watch.test_error(watch.average))
            history.add(**row)
            if step.cost > SMALL_BUDGET:
                break
        history.save()
        show(f"batch {size or 'all'}", step, row)


def run_stochastic(seed, fresh):
    """The preset with one seed: a row an epoch."""
    history = History(f"mini_batches_stochastic_{seed}", seed, {"preset": "stochastic", "batch": BATCH})
    if history.path.exists() and not fresh:
        return
    watch = Watch(seed)
    epoch = watch.problem.N // BATCH
    loop = hf.HessianFree(watch.problem, watch.theta, watch.rng, preset="stochastic", gradient_batch=BATCH,
                          max_steps=EPOCHS * epoch)
    rows, dampings, rejected = [], [], 0
    for step in loop:
        dampings.append(step.damping)
        rejected += not step.accepted
        if step.index % 5:                                              # every fifth step is watched closely
            watch.follow(step)
            continue
        rows.append(watch.row(step, measure=step.index % epoch == 0))
        if step.index % epoch == 0:
            part = {name: np.array([row[name] for row in rows]) for name in rows[-1]}
            history.add(epoch=step.index // epoch, loss=watch.all.value(step.theta),
                        average_loss=watch.all.value(watch.average), test_error=rows[-1]["test_error"],
                        average_error=rows[-1]["average_error"], cost=step.cost, seconds=step.seconds,
                        rho=np.median(part["rho"]), rho_other=np.median(part["rho_other"]),
                        gain=np.mean(part["before"] - part["after"]),
                        gain_other=np.mean(part["other_before"] - part["other_after"]),
                        damping_low=min(dampings), damping_high=max(dampings), rejected=rejected)
            show(f"seed {seed}", step, rows[-1])
            print(f"           all training data {history.last('loss'):.4f}", flush=True)
            rows, dampings, rejected = [], [], 0
    print(f"seed {seed} ended: {loop.reason}")
    history.save()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*ARMS, "sizes", "stochastic"]
    parser.add_argument("names", nargs="*", default=names, help=f"of {', '.join(names)}")
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS, help="stochastic: which")
    parser.add_argument("--fresh", action="store_true", help="make again what is there")
    args = parser.parse_args()
    for name in args.names:
        if name not in names:
            parser.error(f"no run is called {name}, expected {', '.join(names)}")
        if name in ARMS:
            run_arm(name, args.fresh)
        elif name == "sizes":
            run_sizes(args.fresh)
        else:
            for seed in args.seeds:
                run_stochastic(seed, args.fresh)


if __name__ == "__main__":
    utf8_streams()
    main()
