"""Deep autoencoders at Martens' sizes, on CURVES-like pictures and on MNIST.

    python experiments/autoencoders.py curves hf
    python experiments/autoencoders.py mnist nag --cpu-seconds 10800
    python experiments/autoencoders.py curves adam --rate 2e-3 --name autoencoder_try
    python experiments/autoencoders.py curves grid

A row is added when another gradient-equivalent is spent, later when the cost has grown by 4 %. About every minute and
at its end the run is saved; called again, perhaps with a larger budget, it goes on as long as its checkpoint is there.
--cpu-seconds ends it: the processor's time inside the optimiser, of all threads together, without measuring. `grid`
makes the short runs by which the first-order methods' settings are chosen, `tries` those of Hessian-free in which one
device at a time is another.
"""

import argparse
import json

import numpy as np
import runner
from album import Album
from commands import Entry, interruptible, parser_of
from history import History

import hf_lib as hf

ENCODERS = {"curves": [784, 400, 200, 100, 50, 25, 6], "mnist": [784, 1000, 500, 250, 30]}
CURVES_SEED, CURVES_TRAIN, CURVES_TEST = 2010, 20_000, 10_000
HELD_OUT_SEED, HELD_OUT = 2011, 5000      # further curves, to choose by: where to stop, which weight decay
CHUNK = 4096
ROW = 1.04                      # a row where the cost has grown by 4 %, at least by 1

# Hessian-free goes through stages: from so many gradient-equivalents on, with these settings. The batches grow as the
# noise of the small ones becomes what is left to remove. λ starts high and falls slowly, so that no early step drives
# the sigmoids to their flat ends. The floor keeps ρ, which is judged on the batch that the step was made for, from
# taking it too low. CG makes two or three iterations: more of them fit the curvature batch, until that is all pictures.
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
MARTENS = [[0, dict(curvature_batch=5000)]]      # as in 2010: gradient and line search on all data, every device
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
TRY_COST = 60                   # Hessian-free with one device changed at a time, up to so much cost
DEVICES = {"unchanged": {}, "diagonal": dict(preconditioner=0.75), "plain_cg": dict(preconditioner=None),
           "cold": dict(warm_start=0.0), "cg_10": dict(max_cg=10), "factor": dict(damping_factor=1.5),
           "lambda": dict(damping=1.0), "no_floor": dict(damping_floor=0.0),
           "large_batch": dict(gradient_batch=5000, curvature_batch=1250)}
TRIES = {**{name: (change, 1.0) for name, change in DEVICES.items()},        # settings, scale of the first weights
         "half_start": ({}, 0.5), "double_start": ({}, 2.0)}
GROWING = 250                   # steps from one µ to the next
FIRST_ORDER = {"sgd": hf.SGD, "momentum": hf.Momentum, "nag": hf.NAG, "adam": hf.Adam}
LISTED = {"hf": "Hessian-free in its stages", "martens": "Hessian-free as in 2010",
          "grid": "short runs of the first-order methods",
          "tries": "short runs of Hessian-free, a device changed in each",
          **{name: f"{name}, with --rate, --epochs and so on" for name in FIRST_ORDER}}


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


def held_out(name):
    """Pictures that are neither trained on nor tested with; None for MNIST."""
    return hf.datasets.curves(HELD_OUT, np.random.default_rng(HELD_OUT_SEED)) if name == "curves" else None


def squared_error(net, theta, X):
    """(1/N) Σ_n ‖σ(z_n) − x_n‖², a float: what the papers report."""
    total = 0.0
    for start in range(0, len(X), CHUNK):
        x = X[start:start + CHUNK]
        e = hf.SigmoidCrossEntropy().output(net(theta, x))
        e -= x
        total += float(np.vdot(e, e))
    return total / len(X)


def stages_of(args):
    """Hessian-free: the settings from each cost on; None for first-order methods."""
    if args.method in FIRST_ORDER:
        return None
    return json.loads(args.stages) if args.stages else {"hf": STAGES[args.data], "martens": MARTENS}[args.method]


def make_loop(args, problem, theta, rng):
    """The optimiser at its start."""
    if args.method not in FIRST_ORDER:
        return hf.HessianFree(problem, theta, rng=rng, **settings_at(0, stages_of(args)))
    epoch = problem.N // args.batch
    steps = args.epochs * epoch

    def rate(k):
        """η for the first half, then down to a hundredth of it in a straight line."""
        return args.rate * (1 - 0.99 * max(0.0, 2 * k / steps - 1))

    def momentum(k):
        """µ: ½ for the first GROWING steps, then ¾, ⅚, ⅞, … up to its end (Sutskever et al. 2013)."""
        return min(1 - 0.5 / (k // GROWING + 1), args.momentum)
    more = {"momentum": momentum} if args.method in ("momentum", "nag") else {}
    return FIRST_ORDER[args.method](problem, theta, rate, batch=args.batch, rng=rng, max_steps=steps, every=epoch,
                                    **more)


def settings_at(cost, stages):
    """Those of the stage that is on at this cost."""
    return [settings for begin, settings in stages if begin <= cost][-1]


class Course(runner.Course):
    """A run on its way: pictures, the optimiser in its stages, the album."""

    def __init__(self, args, history):
        self.X, self.X_test = pictures(args.data)
        self.X_held_out = held_out(args.data)
        self.net = network(ENCODERS[args.data])
        self.problem = hf.Problem(self.net, hf.SigmoidCrossEntropy(), self.X, self.X, l2=args.l2)
        self.rng = np.random.default_rng(args.seed)
        theta = self.net.init(self.rng, scheme="sparse", dtype=np.float32)
        theta *= np.float32(args.scale)
        super().__init__(make_loop(args, self.problem, theta, self.rng), self.row, runner.Grid.growing(1, ROW), history,
                         closing=True)
        self.stages = stages_of(args)                        # None for first-order methods
        self.settings = self.stages and settings_at(0, self.stages)
        self.album = Album(history.path, self.problem, self.X_test) if args.album else None

    def advance(self):
        """One step of the loop in the settings of its stage; None when it has ended."""
        if self.stages and settings_at(self.loop.cost, self.stages) != self.settings:
            self.change(self.loop.state())
        return super().advance()

    def change(self, state):
        """A loop of the stage that is on at this state's cost takes over where the state was taken."""
        self.settings = settings_at(float(state["cost"]), self.stages)
        loop = hf.HessianFree(self.problem, self.loop.theta, rng=self.rng, **self.settings)
        self.loop = loop.restore({**state, "settings": loop.state()["settings"]})

    def row(self, step, cpu):
        """The errors, and what the step says; perhaps a page for the album."""
        values = dict(index=step.index, seconds=step.seconds, cpu_seconds=cpu, cost=step.cost, loss=step.loss,
                      train=squared_error(self.net, step.theta, self.X),
                      test=squared_error(self.net, step.theta, self.X_test))
        if self.X_held_out is not None:
            values["held_out"] = squared_error(self.net, step.theta, self.X_held_out)
        if self.stages:
            values.update(rho=step.rho, damping=step.damping, cg_iterations=step.cg.iterations, chosen=step.chosen,
                          step_size=step.step_size)
        if self.album and self.album.due(step.cost):
            self.album.add(step.cost, step.theta)
        return values

    def restore(self, state):
        self.change(state) if self.stages else self.loop.restore(state)
        if self.album:
            self.album.load(self.loop.cost)

    def save(self):
        super().save()
        if self.album:
            self.album.save(self.loop.theta)


def history_of(args):
    """Where the run is stored; its name, seed and settings."""
    first_order = ("rate", "batch", "epochs", *(["momentum"] if args.method in ("momentum", "nag") else []))
    settings = {"stages": stages_of(args)} if stages_of(args) else {name: getattr(args, name) for name in first_order}
    return History(args.name or f"autoencoder_{args.data}_{args.method}", args.seed,
                   dict(settings, l2=args.l2, scale=args.scale), before={"scale": 1.0})


def run(args, keep=True):
    """Make or finish one run, within args.cpu_seconds, args.cost and args.rows."""
    end = runner.End(cost=args.cost, cpu_seconds=args.cpu_seconds, rows=args.rows)
    runner.run(history_of(args), lambda history: Course(args, history), end, args.fresh, keep)


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
        run(argparse.Namespace(**{**vars(args), **changes, "name": f"autoencoder_{args.data}_{name}"}), keep=False)


def entries():
    for data in ENCODERS:
        size, beside = "-".join(map(str, ENCODERS[data])), argparse.Namespace(data=data)
        for method, what in LISTED.items():
            if method in ("grid", "tries"):
                beside.method = method
                files = [f"autoencoder_{data}_{name}" for name, _ in short_runs(beside)]
                takes = f"{GRID_EPOCHS[data]} epochs a run" if method == "grid" else f"{TRY_COST} GE a run"
            else:
                files, takes = [f"autoencoder_{data}_{method}"], "an hour, or --cpu-seconds"
            yield Entry(f"{data} {method}", f"{size} and back: {what}", takes, tuple(files))


def main():
    parser = parser_of(__doc__, entries)
    parser.add_argument("data", choices=sorted(ENCODERS))
    parser.add_argument("method", choices=list(LISTED))
    parser.add_argument("--cpu-seconds", type=float, default=3600)
    parser.add_argument("--cost", type=float, default=np.inf, help="gradient-equivalents at most")
    parser.add_argument("--rows", type=int, default=10**9, help="at most so many rows in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--l2", type=float, default=0.0, help="weight decay")
    parser.add_argument("--scale", type=float, default=1.0, help="the first weights, times this")
    parser.add_argument("--name", help="file name in data/runs, without .npz")
    parser.add_argument("--album", action="store_true", help="store pictures, codes and spectra of some points too")
    parser.add_argument("--stages", help="hf: other stages, as JSON")
    parser.add_argument("--rate", type=float, default=1e-3, help="first order: learning rate")
    parser.add_argument("--batch", type=int, default=200, help="first order: pictures a step")
    parser.add_argument("--momentum", type=float, default=0.99, help="momentum and nag: where µ ends")
    parser.add_argument("--epochs", type=int, default=250, help="first order: length of the schedule")
    args = parser.parse_args()
    with interruptible():
        run_short(args) if args.method in ("grid", "tries") else run(args)


if __name__ == "__main__":
    main()
