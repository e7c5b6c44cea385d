"""784-800-10 on all of MNIST, by Hessian-free optimisation or by SGD as in the source project.

    python experiments/mnist.py hf  [--steps 60]  [--seed 0]
    python experiments/mnist.py sgd [--epochs 15] [--seed 0]

`hf` is the classical form: gradient and line search on all 60,000 images, curvature on 5,000,
every device of Martens (2010). It writes a checkpoint after each step; called again, it goes on.
The history goes to data/runs/mnist_hf.npz or mnist_sgd.npz.
"""

import argparse

import numpy as np
from history import History

import hf_lib as hf

SIZES = [784, 800, 10]
CURVATURE_BATCH = 5000


def setting(seed):
    """Problem, start θ, generator, and θ → test error."""
    data = hf.datasets.mnist()
    rng = np.random.default_rng(seed)
    net = hf.MLP(SIZES, activation="relu")
    problem = hf.Problem(net, hf.SoftmaxCrossEntropy(), data.X_train, data.Y_train)
    theta = net.init(rng, scheme="glorot", dtype=np.float32)

    def test_error(theta):
        return float(np.mean(np.argmax(net(theta, data.X_test), axis=1) != data.y_test))
    return problem, theta, rng, test_error


def run_hf(args):
    """One row a step, one checkpoint a step."""
    problem, theta, rng, test_error = setting(args.seed)
    settings = {"preset": "martens2010", "damping": args.damping, "curvature_batch": CURVATURE_BATCH}
    history = History(args.name or "mnist_hf", args.seed, settings)
    checkpoint = history.path.with_suffix(".checkpoint.npz")
    loop = hf.HessianFree(problem, theta, rng=rng, max_steps=args.steps, **settings)
    if checkpoint.exists() and history.path.exists() and not args.fresh:
        history.load()
        loop.restore(checkpoint)
        history.cut(loop.index)
        print(f"going on after step {loop.index}")
    for step in loop:
        history.add(seconds=step.seconds, cost=step.cost, loss=step.loss, test_error=test_error(step.theta),
                    rho=step.rho, damping=step.damping, cg_iterations=step.cg.iterations,
                    chosen=step.chosen, step_size=step.step_size)
        history.save()
        loop.save(checkpoint)
        print(f"step {step.index:3d}/{args.steps}  {step.seconds:6.0f} s  {step.cost:7.1f} GE  f {step.loss:.5f}  "
              f"test {100 * history.last('test_error'):.2f} %  ρ {step.rho:5.2f}  λ {step.damping:8.3g}  "
              f"CG {step.cg.iterations:3d} → {step.chosen:3d}  {step.note}", flush=True)
    print(f"ended: {loop.reason}; lowest test error {100 * min(history.columns['test_error']):.2f} %")


def run_sgd(args):
    """One row an epoch; a run takes about a minute, so it has no checkpoint."""
    problem, theta, rng, test_error = setting(args.seed)
    settings = {"learning_rate": args.rate, "batch": args.batch}
    history = History(args.name or "mnist_sgd", args.seed, settings)
    epoch = problem.N // args.batch
    loop = hf.SGD(problem, theta, rng=rng, max_steps=args.epochs * epoch, every=epoch, **settings)
    for step in loop:
        history.add(seconds=step.seconds, cost=step.cost, loss=problem.value(step.theta),
                    test_error=test_error(step.theta))
        history.save()
        print(f"epoch {step.index // epoch:3d}/{args.epochs}  {step.seconds:6.0f} s  {step.cost:6.1f} GE  "
              f"f {history.last('loss'):.5f}  test {100 * history.last('test_error'):.2f} %", flush=True)
    print(f"ended: {loop.reason}; lowest test error {100 * min(history.columns['test_error']):.2f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=["hf", "sgd"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", help="file name in data/runs, without .npz")
    parser.add_argument("--fresh", action="store_true", help="hf: start again, whatever is stored")
    parser.add_argument("--steps", type=int, default=60, help="hf: how many steps")
    parser.add_argument("--damping", type=float, default=45.0, help="hf: λ at the start")
    parser.add_argument("--epochs", type=int, default=15, help="sgd: how many epochs")
    parser.add_argument("--rate", type=float, default=0.1, help="sgd: learning rate")
    parser.add_argument("--batch", type=int, default=100, help="sgd: images a step")
    args = parser.parse_args()
    {"hf": run_hf, "sgd": run_sgd}[args.method](args)


if __name__ == "__main__":
    main()
