"""Deep autoencoders at Martens' sizes, on CURVES-like pictures and on MNIST.

    python experiments/autoencoders.py curves hf
    python experiments/autoencoders.py mnist nag --cpu-seconds 10800
    python experiments/autoencoders.py curves adam --rate 2e-3 --name autoencoder_try

    python experiments/autoencoders.py curves grid
    python experiments/autoencoders.py curves tries

A row is added when another gradient-equivalent is spent, later when the cost has grown by 4 %. About every
minute and at its end the run is saved; called again, it goes on. --cpu-seconds ends it: the processor's
time spent inside the optimiser, of all threads together (measuring the errors is not counted). `grid`
makes the short runs by which the first-order methods' settings are chosen, `tries` the short runs of
Hessian-free in which one device at a time is another.
"""

import argparse
import json
import time

import numpy as np
from album import Album
from history import RUNS, History

import hf_lib as hf
from hf_lib.notebook.streams import utf8_streams

ENCODERS = {"curves": [784, 400, 200, 100, 50, 25, 6], "mnist": [784, 1000, 500, 250, 30]}
CURVES_SEED, CURVES_TRAIN, CURVES_TEST = 2010, 20_000, 10_000
CHUNK = 4096
ROW = 1.04                      # a row where the cost has grown by 4 %, at least by 1
SAVE_EVERY = 60                 # seconds between two savings

# Hessian-free goes through stages: from so many gradient-equivalents on, with these settings. The batches
# grow as the noise of the small ones becomes what is left to remove. λ starts high and falls slowly, so that no
# early step drives the sigmoids to their flat ends; when all pictures serve, it may fall fast. The floor keeps ρ,
# which is judged on the batch that the step was made for, from taking it too low. CG makes two or three
# iterations: more of them fit the curvature batch. Once the curvature is from all pictures, more pay.
KRONECKER = dict(preconditioner="kronecker", stop=None, backtracking=False, damping=45.0)
PLANS = {   # from this cost on: gradient batch, curvature batch, CG iterations, floor under λ, factor of its rule
    "curves": ((0, 1000, 250, 3, 0.03, 1.05), (60, 2000, 500, 2, 0.02, 1.05), (100, 5000, 1250, 2, 0.005, 1.05),
               (160, None, 5000, 3, 1e-6, 1.25), (300, None, None, 10, 3e-6, 1.5), (640, None, None, 20, 3e-6, 1.5)),
    "mnist": ((0, 1000, 250, 3, 0.03, 1.05), (20, 2000, 500, 2, 0.02, 1.05), (40, 5000, 1250, 2, 0.005, 1.05),
              (70, 20_000, 5000, 3, 5e-4, 1.1), (150, None, 5000, 3, 1e-4, 1.25)),
}
STAGES = {data: [[begin, dict(KRONECKER, gradient_batch=batch, curvature_batch=part, max_cg=max_cg,
                              damping_floor=floor, damping_factor=factor)]
                 for begin, batch, part, max_cg, floor, factor in plan] for data, plan in PLANS.items()}
# As in 2010: gradient and line search on all data, curvature on a mini-batch, every device
MARTENS = {"curves": [[0, dict(curvature_batch=5000)]], "mnist": [[0, dict(curvature_batch=5000)]]}
# What the first-order methods are tuned over: short runs of so many epochs, the lowest training error wins
GRID_EPOCHS = {"curves": 30, "mnist": 4}
RATES = {0.9: (3e-3, 1e-2, 3e-2, 1e-1), 0.99: (1e-3, 3e-3, 1e-2, 3e-2)}                      # µ's end → η
MOVING = [dict(rate=rate, momentum=mu) for mu, rates in RATES.items() for rate in rates]
GRIDS = {"curves": [*[("sgd", dict(rate=rate)) for rate in (1e-2, 3e-2, 1e-1, 3e-1, 1.0)],
                    *[(method, choice) for method in ("nag", "momentum") for choice in MOVING],
                    *[("adam", dict(rate=rate)) for rate in (3e-4, 1e-3, 3e-3, 1e-2)]],
         "mnist": [*[("sgd", dict(rate=rate)) for rate in (3e-2, 1e-1, 3e-1)],
                   *[(method, dict(rate=rate, momentum=0.99)) for method in ("nag", "momentum")
                     for rate in (3e-3, 1e-2, 3e-2)],
                   *[("adam", dict(rate=rate)) for rate in (3e-4, 1e-3, 3e-3)]]}
# Hessian-free with one device changed at a time, up to so much cost
TRY_COST = 60
DEVICES = {"unchanged": {}, "diagonal": dict(preconditioner=0.75), "plain_cg": dict(preconditioner=None),
           "cold": dict(warm_start=0.0), "cg_10": dict(max_cg=10), "factor": dict(damping_factor=1.5),
           "lambda": dict(damping=1.0), "no_floor": dict(damping_floor=0.0),
           "large_batch": dict(gradient_batch=5000, curvature_batch=1250)}
TRIES = {**{name: (change, 1.0) for name, change in DEVICES.items()},        # settings, scale of the first weights
         "half_start": ({}, 0.5), "double_start": ({}, 2.0)}
GROWING = 250                   # steps from one µ to the next
FIRST_ORDER = {"sgd": hf.SGD, "momentum": hf.Momentum, "nag": hf.NAG, "adam": hf.Adam}


def network(encoder):
    """The encoder and its mirror: sigmoid hidden units, a linear code."""
    sizes = [*encoder, *encoder[-2::-1]]
    activations = ["sigmoid"] * (len(sizes) - 2)
    activations[len(encoder) - 2] = "linear"
    return hf.MLP(sizes, activation=activations)


def pictures(name):
    """Training and test pictures, (N, 784) float32."""
    if name == "mnist":
        data = hf.datasets.mnist()
        return data.X_train, data.X_test
    X = hf.datasets.curves(CURVES_TRAIN + CURVES_TEST, np.random.default_rng(CURVES_SEED))
    return X[:CURVES_TRAIN], X[CURVES_TRAIN:]


def squared_error(net, theta, X):
    """(1/N) Σ_n ‖σ(z_n) − x_n‖², a float: what the papers report."""
    total = 0.0
    for start in range(0, len(X), CHUNK):
        x = X[start:start + CHUNK]
        e = hf.SigmoidCrossEntropy().output(net(theta, x))
        e -= x
        total += float(np.vdot(e, e))
    return total / len(X)


def make_loop(args, problem, theta, rng):
    """The optimiser, and the settings that the history states."""
    if args.method in FIRST_ORDER:
        epoch = problem.N // args.batch
        steps = args.epochs * epoch

        def rate(k):
            """η for the first half, then down to a hundredth of it in a straight line."""
            return args.rate * (1 - 0.99 * max(0.0, 2 * k / steps - 1))

        def momentum(k):
            """µ: ½ for the first GROWING steps, then ¾, ⅚, ⅞, … up to its end (Sutskever et al. 2013)."""
            return min(1 - 0.5 / (k // GROWING + 1), args.momentum)
        settings, more = dict(rate=args.rate, batch=args.batch, epochs=args.epochs), {}
        if args.method in ("momentum", "nag"):
            settings["momentum"], more["momentum"] = args.momentum, momentum
        return FIRST_ORDER[args.method](problem, theta, rate, batch=args.batch, rng=rng, max_steps=steps,
                                        every=epoch, **more), settings
    chosen = {"hf": STAGES, "martens": MARTENS}[args.method][args.data]
    stages = json.loads(args.stages) if args.stages else chosen
    return stage_at(0, stages, problem, theta, rng), {"stages": stages}


def stage_at(cost, stages, problem, theta, rng):
    """Hessian-free with the settings of the stage that is on at this cost."""
    changes = [settings for begin, settings in stages if begin <= cost][-1]
    return hf.HessianFree(problem, theta, rng=rng, **changes)


def take_over(loop, state):
    """`loop`, standing where a loop of another stage had this `state`."""
    return loop.restore({**state, "settings": loop.state()["settings"]})


class Course:
    """A run on its way: pictures, optimiser, history and album. It goes on where a checkpoint stands."""

    def __init__(self, args):
        self.X, self.X_test = pictures(args.data)
        self.net = network(ENCODERS[args.data])
        self.problem = hf.Problem(self.net, hf.SigmoidCrossEntropy(), self.X, self.X, l2=args.l2)
        self.rng = np.random.default_rng(args.seed)
        theta = self.net.init(self.rng, scheme="sparse", dtype=np.float32)
        theta *= np.float32(args.scale)
        self.loop, settings = make_loop(args, self.problem, theta, self.rng)
        self.stages = settings.get("stages")                 # None for first-order methods
        self.history = History(args.name or f"autoencoder_{args.data}_{args.method}", args.seed,
                               dict(settings, l2=args.l2, scale=args.scale))
        self.checkpoint = self.history.path.with_suffix(".checkpoint.npz")
        self.album = Album(self.history.path, self.problem, self.X_test) if args.album else None
        self.cpu = 0.0
        if self.checkpoint.exists() and self.history.path.exists() and not args.fresh:
            self.resume()

    def resume(self):
        self.history.load()
        with np.load(self.checkpoint) as file:
            state = dict(file)
        if self.stages:
            self.loop = stage_at(float(state["cost"]), self.stages, self.problem, self.loop.theta, self.rng)
        take_over(self.loop, state)
        self.history.cut(int(np.searchsorted(self.history.columns["index"], self.loop.index, side="right")))
        self.cpu = self.history.last("cpu_seconds")
        if self.album:
            self.album.load(self.loop.cost)
        print(f"going on after step {self.loop.index}")

    def advance(self):
        """One step of the loop in the settings of its stage; None when it has ended."""
        if self.stages:
            stage = stage_at(self.loop.cost, self.stages, self.problem, self.loop.theta, self.rng)
            if stage.settings != self.loop.settings:
                self.loop = take_over(stage, self.loop.state())
        start = time.process_time()
        step = next(self.loop, None)
        self.cpu += time.process_time() - start
        return step

    def due(self, step):
        """Whether enough has been spent since the last row."""
        return not self.history.columns or step.cost >= max(self.history.last("cost") + 1,
                                                            ROW * self.history.last("cost")) - 1e-6

    def row(self, step):
        """Measure the errors, and add them to the history with what the step says."""
        values = dict(index=step.index, seconds=step.seconds, cpu_seconds=self.cpu, cost=step.cost, loss=step.loss,
                      train=squared_error(self.net, step.theta, self.X),
                      test=squared_error(self.net, step.theta, self.X_test))
        if self.stages:
            values.update(rho=step.rho, damping=step.damping, cg_iterations=step.cg.iterations, chosen=step.chosen,
                          step_size=step.step_size)
        self.history.add(**values)
        words = "  ".join(f"{name} {values[name]:.4g}" for name in values if name not in ("seconds", "chosen"))
        print(f"{self.history.path.stem}: {words}", flush=True)

    def save(self):
        self.history.save()
        self.loop.save(self.checkpoint)
        if self.album:
            self.album.save(self.loop.theta)


def run(args):
    """Make or finish one run, within args.cpu_seconds, args.cost and args.rows."""
    course = Course(args)
    history = course.history
    saved, last = time.monotonic(), None
    while (course.cpu < args.cpu_seconds and course.loop.cost < args.cost
           and len(history.columns.get("index", ())) < args.rows):
        step = course.advance()
        if step is None:
            break
        last = step
        if course.due(step):
            course.row(step)
            if course.album and course.album.due(step.cost):
                course.album.add(step.cost, step.theta)
            if time.monotonic() - saved > SAVE_EVERY:
                course.save()
                saved = time.monotonic()
    if last is not None and last.index > history.last("index"):
        course.row(last)                                     # the last one, whatever it has cost
    course.save()
    print(f"ended: {course.loop.reason or 'time is up'}; training error {min(history.columns['train']):.4f} at best")


def short_runs(args):
    """Names and arguments of the runs of `grid` or `tries`."""
    if args.method == "grid":
        for method, choice in GRIDS[args.data]:
            words = "_".join(f"{value:g}" for value in choice.values())
            yield f"grid_{method}_{words}", dict(method=method, epochs=GRID_EPOCHS[args.data], **choice)
    else:
        for name, (change, scale) in TRIES.items():
            stages = [[begin, {**settings, **change}] for begin, settings in STAGES[args.data] if begin < TRY_COST]
            yield f"try_{name}", dict(method="hf", cost=TRY_COST, stages=json.dumps(stages), scale=scale)


def run_short(args):
    """Every short run that is not stored yet."""
    for name, changes in short_runs(args):
        one = argparse.Namespace(**{**vars(args), **changes, "name": f"autoencoder_{args.data}_{name}"})
        path = RUNS / f"{one.name}.npz"
        checkpoint = path.with_suffix(".checkpoint.npz")     # there until the run has ended
        if args.fresh or checkpoint.exists() or not path.exists():
            run(one)
            checkpoint.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=sorted(ENCODERS))
    parser.add_argument("method", choices=["hf", "martens", "grid", "tries", *FIRST_ORDER])
    parser.add_argument("--cpu-seconds", type=float, default=3600)
    parser.add_argument("--cost", type=float, default=np.inf, help="gradient-equivalents at most")
    parser.add_argument("--rows", type=int, default=10**9, help="at most so many rows in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--l2", type=float, default=0.0, help="weight decay")
    parser.add_argument("--scale", type=float, default=1.0, help="the first weights, times this")
    parser.add_argument("--name", help="file name in data/runs, without .npz")
    parser.add_argument("--fresh", action="store_true", help="start again, whatever is stored")
    parser.add_argument("--album", action="store_true", help="store pictures, codes and spectra of some points too")
    parser.add_argument("--stages", help="hf: other stages, as JSON")
    parser.add_argument("--rate", type=float, default=1e-3, help="first order: learning rate")
    parser.add_argument("--batch", type=int, default=200, help="first order: pictures a step")
    parser.add_argument("--momentum", type=float, default=0.99, help="momentum and nag: where µ ends")
    parser.add_argument("--epochs", type=int, default=250, help="first order: length of the schedule")
    args = parser.parse_args()
    run_short(args) if args.method in ("grid", "tries") else run(args)


if __name__ == "__main__":
    utf8_streams()
    main()
