"""The pictures in the README: the race of notebook 00 §3, made again, and the autoencoders of notebook 12 §6.

    python experiments/readme_picture.py        # about half a minute; writes data/pictures/*.png
"""

from pathlib import Path

import numpy as np
from commands import Entry, command_line

import hf_lib as hf
from hf_lib.datasets import run
from hf_lib.figures import ch00, ch12

PICTURES = Path(__file__).resolve().parent.parent / "data" / "pictures"
HOUR = {"SGD": "sgd_hour", "momentum": "momentum_hour", "NAG": "nag_hour", "Adam": "adam_hour", "Hessian-free": "hf"}


def race(budget=3000):
    """Hessian-free, Adam and SGD on y = sin 10x without noise, from the same θ."""
    data = hf.datasets.sine("code", np.random.default_rng(0), n=1000, noise=0.0)
    net = hf.MLP([1, 20, 20, 1], activation="tanh")
    problem = hf.Problem(net, hf.SquaredError(), data.X, data.Y)
    theta = net.init(np.random.default_rng(0))
    grid = np.linspace(-1, 1, 300)[:, None]
    entrants = {
        "Hessian-free": hf.HessianFree(problem, theta, damping=1.0),
        "Adam": hf.Adam(problem, theta, 0.01, batch=100, rng=np.random.default_rng(1), every=100),
        "SGD": hf.SGD(problem, theta, 0.05, batch=100, rng=np.random.default_rng(1), every=100),
    }
    laps = {name: ch00.record(name, entrant, budget, show=lambda t: net(t, grid)[:, 0], loss=problem.value)
            for name, entrant in entrants.items()}
    return ch00.race(laps=laps, data=(data.X[:, 0], data.Y[:, 0]), grid=grid[:, 0], who="Hessian-free")


def autoencoders():
    """An hour of `experiments/autoencoders.py curves`, stored: training error against cost."""
    runs = {name: run(f"autoencoder_curves_{key}")[0] for name, key in HOUR.items()}
    return ch12.runs(runs=runs, what="training", axis="gradient-equivalents", log=True)


def draw(make):
    """Write the picture, and print its alt text."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    fig = make()
    (PICTURES / f"{make.__name__}.png").write_bytes(fig.png())
    print(fig.alt)


def entries():
    yield Entry("race", "three methods on y = sin 10x", "half a minute", run=lambda args: draw(race))
    yield Entry("autoencoders", "an hour of each, as stored", "a second", run=lambda args: draw(autoencoders))


def main():
    command_line(__doc__, entries, stores=False)


if __name__ == "__main__":
    main()
