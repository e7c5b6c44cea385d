"""The student project's first experiment in both its forms, for notebook 11 §2.

    python experiments/sine.py [slides] [code]     # both take about three minutes on one thread

slides: 2,000 points of sin x + noise, x ~ N(0, 1), 1-15-15-1 with ReLU, 100 epochs.
code:   10,000 points of sin 10x + noise, x ~ U(−1, 1), 1-20-20-1 with tanh, 150 epochs.

SGD with batch 100 and η = 0.05, Adam with the same batch, Hessian-free with batch 1,000 (preset
"source2022") and both values of r that the project names, three seeds each. A row an epoch, all in
data/runs/sine_FORM.npz. The runs are short and have no checkpoint.
"""

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")          # before NumPy is loaded

import history as stored  # noqa: E402
import numpy as np  # noqa: E402

import hf_lib as hf  # noqa: E402
from hf_lib.notebook.streams import utf8_streams  # noqa: E402

FORMS = {"slides": ([1, 15, 15, 1], "relu", 100), "code": ([1, 20, 20, 1], "tanh", 150)}
METHODS = {
    "SGD": (hf.SGD, dict(learning_rate=0.05, batch=100)),
    "Adam": (hf.Adam, dict(learning_rate=3e-3, batch=100)),
    "Hessian-free, r = 1.01": (hf.HessianFree, dict(preset="source2022", gradient_batch=1000)),
    "Hessian-free, r = 1.5": (hf.HessianFree, dict(preset="source2022", gradient_batch=1000, damping_factor=1.5)),
}
SEEDS = range(3)


def setting(form, seed):
    """Training problem, one on fresh points, θ to start from."""
    sizes, activation, _ = FORMS[form]
    rng = np.random.default_rng(seed)
    net = hf.MLP(sizes, activation=activation)
    problems = []
    for _ in range(2):
        data = hf.datasets.sine(form, rng)
        problems.append(hf.Problem(net, hf.SquaredError(), data.X, data.Y))
    return *problems, net.init(rng)


def run(form, method, seed, epochs):
    """Yield epoch, cost, CPU seconds, f on the training and on fresh points."""
    kind, settings = METHODS[method]
    train, fresh, theta = setting(form, seed)
    steps = train.N // settings.get("batch", settings.get("gradient_batch"))
    loop, cpu = kind(train, theta, rng=np.random.default_rng(seed), **settings), 0.0
    yield 0, 0.0, 0.0, train.value(theta), fresh.value(theta)
    for epoch in range(1, epochs + 1):
        start = time.process_time()
        for _ in range(steps):
            step = next(loop, None)
            if step is None:
                return
        cpu += time.process_time() - start
        yield epoch, step.cost, cpu, train.value(step.theta), fresh.value(step.theta)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forms", nargs="*", default=list(FORMS), help="slides, code or both")
    for form in parser.parse_args().forms:
        settings = {"methods": {name: words for name, (_, words) in METHODS.items()}, "epochs": FORMS[form][2],
                    "seeds": list(SEEDS)}
        history = stored.History(f"sine_{form}", 0, settings)
        history.origin |= {"command": f"python experiments/sine.py {form}",
                           "threads": os.environ["OPENBLAS_NUM_THREADS"]}
        for number, method in enumerate(METHODS):
            for seed in SEEDS:
                for epoch, cost, cpu, loss, fresh in run(form, method, seed, FORMS[form][2]):
                    history.add(method=number, seed=seed, epoch=epoch, cost=cost, cpu_seconds=cpu, loss=loss,
                                fresh_loss=fresh)
                print(f"{form} {method:22} seed {seed}: {epoch} epochs, {cost:6.0f} GE, {cpu:5.1f} s, f {loss:.5f}, "
                      f"fresh {fresh:.5f}", flush=True)
        history.save()


if __name__ == "__main__":
    utf8_streams()
    main()
