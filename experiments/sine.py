"""The student project's first experiment in both its forms, for notebook 11 §11.

    python experiments/sine.py [slides] [code]     # both take about three minutes on one thread

slides: 2,000 points of sin x + noise, x ~ N(0, 1), 1-15-15-1 with ReLU, 100 epochs.
code:   10,000 points of sin 10x + noise, x ~ U(−1, 1), 1-20-20-1 with tanh, 150 epochs.

SGD with batch 100 and η = 0.05, Adam with the same batch, Hessian-free with batch 1,000 (preset
"source2022") and both values of r that the project names, three seeds each. A row an epoch, all in
data/runs/sine_FORM.npz. The runs are short and have no checkpoint: called again, the script makes those
that are missing.
"""

import one_thread  # noqa: F401  isort: skip

import numpy as np
from commands import Entry, command_line
from history import History
from runner import Course, End, Grid, rows
from table import Table

import hf_lib as hf

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


def run(form, method, seed):
    """Columns epoch, cost, CPU seconds, f on the training and on fresh points."""
    kind, settings = METHODS[method]
    train, fresh, theta = setting(form, seed)
    steps = train.N // settings.get("batch", settings.get("gradient_batch"))                  # an epoch
    loop = kind(train, theta, rng=np.random.default_rng(seed), **settings)

    def measure(step, cpu):
        at = theta if step is None else step.theta
        return dict(epoch=loop.index // steps, cost=loop.cost, cpu_seconds=cpu, loss=train.value(at),
                    fresh_loss=fresh.value(at))
    return rows(Course(loop, measure, Grid.every(steps), first=True), End(steps=FORMS[form][2] * steps))


def make(form, fresh):
    """Every method with every seed; only those that are not stored."""
    settings = {"methods": {name: words for name, (_, words) in METHODS.items()}, "epochs": FORMS[form][2],
                "seeds": list(SEEDS)}
    history = History(f"sine_{form}", 0, settings, command=f"python experiments/sine.py {form}")
    table = Table(history, ("method", "seed"), len(METHODS) * len(SEEDS), fresh)
    for number, method in enumerate(METHODS):
        for seed in SEEDS:
            made = table.get(dict(method=number, seed=seed), lambda method=method, seed=seed: run(form, method, seed))
            words = "  ".join(f"{name} {values[-1]:.5g}" for name, values in made.items())
            print(f"{form} {method:22} {words}", flush=True)


def entries():
    for form, (sizes, activation, epochs) in FORMS.items():
        yield Entry(form, f"{'-'.join(map(str, sizes))}, {activation}, {len(METHODS)} methods, {len(SEEDS)} seeds",
                    f"{epochs} epochs, 90 s", (f"sine_{form}",), lambda args, form=form: make(form, args.fresh))


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
