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

ENCODERS = {"curves": [784, 400, 200, 100, 50, 25, 6], "mnist": [784, 1000, 500, 250, 30]}
CURVES_SEED, CURVES_TRAIN, CURVES_TEST = 2010, 20_000, 10_000
CHUNK = 4096
ROW = 1.04                      # a row where the cost has grown by 4 %, at least by 1
SAVE_EVERY = 60                 # seconds between two savings

# Hessian-free goes through stages: from so many gradient-equivalents on, with these settings. The batches
# grow as the noise of the small ones becomes what is left to remove. λ starts high and falls slowly, so that no
# early step drives the sigmoids to their flat ends; when all pictures serve, it may fall fast. The floor keeps ρ,
# which is judged on the batch that the step was made for, from taking it too low. CG makes two or three
# iterations: more of them fit the curvature batch.
KRONECKER = dict(preconditioner="kronecker", stop=None, backtracking=False, damping=45.0)
PLANS = {   # from this cost on: gradient batch, curvature batch, CG iterations, floor under λ, factor of its rule
    "curves": ((0, 1000, 250, 3, 0.03, 1.05), (60, 2000, 500, 2, 0.02, 1.05), (100, 5000, 1250, 2, 0.005, 1.05),
               (160, None, 5000, 3, 1e-6, 1.25)),
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
         "mnist": [*[("nag", dict(rate=rate, momentum=0.99)) for rate in (3e-3, 1e-2, 3e-2)],
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


def run(args):
    X, X_test = pictures(args.data)
    net = network(ENCODERS[args.data])
    problem = hf.Problem(net, hf.SigmoidCrossEntropy(), X, X, l2=args.l2)
    rng = np.random.default_rng(args.seed)
    theta = net.init(rng, scheme="sparse", dtype=np.float32)
    theta *= np.float32(args.scale)
    loop, settings = make_loop(args, problem, theta, rng)
    history = History(args.name or f"autoencoder_{args.data}_{args.method}", args.seed,
                      dict(settings, l2=args.l2, scale=args.scale))
    checkpoint = history.path.with_suffix(".checkpoint.npz")
    album = Album(history.path, problem, X_test) if args.album else None
    second_order, cpu = isinstance(loop, hf.HessianFree), 0.0
    if checkpoint.exists() and history.path.exists() and not args.fresh:
        history.load()
        with np.load(checkpoint) as file:
            state = dict(file)
        if second_order:
            loop = stage_at(float(state["cost"]), settings["stages"], problem, theta, rng)
        take_over(loop, state)
        history.cut(int(np.searchsorted(history.columns["index"], loop.index, side="right")))
        cpu = history.last("cpu_seconds")
        if album:
            album.load(loop.cost)
        print(f"going on after step {loop.index}")
    def row(step):
        """Measure the errors, and add them to the history with what the step says."""
        values = dict(index=step.index, seconds=step.seconds, cpu_seconds=cpu, cost=step.cost, loss=step.loss,
                      train=squared_error(net, step.theta, X), test=squared_error(net, step.theta, X_test))
        if second_order:
            values.update(rho=step.rho, damping=step.damping, cg_iterations=step.cg.iterations, chosen=step.chosen,
                          step_size=step.step_size)
        history.add(**values)
        words = "  ".join(f"{name} {values[name]:.4g}" for name in values if name not in ("seconds", "chosen"))
        print(f"{history.path.stem}: {words}", flush=True)

    saved, step = time.monotonic(), None
    while cpu < args.cpu_seconds and loop.cost < args.cost and len(history.columns.get("index", ())) < args.rows:
        if second_order:
            stage = stage_at(loop.cost, settings["stages"], problem, loop.theta, rng)
            if stage.settings != loop.settings:
                loop = take_over(stage, loop.state())
        start = time.process_time()
        step, before = next(loop, None), step
        cpu += time.process_time() - start
        if step is None:
            step = before
            break
        if history.columns and step.cost < max(history.last("cost") + 1, ROW * history.last("cost")) - 1e-6:
            continue
        row(step)
        if album and album.due(step.cost):
            album.add(step.cost, step.theta)
        if time.monotonic() - saved > SAVE_EVERY:
            save(history, loop, checkpoint, album)
            saved = time.monotonic()
    if step is not None and step.index > history.last("index"):
        row(step)                                            # the last one, whatever it has cost
    save(history, loop, checkpoint, album)
    print(f"ended: {loop.reason or 'time is up'}; training error {min(history.columns['train']):.4f} at best")


def save(history, loop, checkpoint, album):
    history.save()
    loop.save(checkpoint)
    if album:
        album.save(loop.theta)


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
    main()
