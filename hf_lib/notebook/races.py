"""Small problems, and races of Hessian-free with and without a device on them. Used in notebook 10.

Each problem is made from a seed: `make(seed)` gives (problem, θ to start from, the generator that made them).
"""

from dataclasses import dataclass

import numpy as np

from hf_lib import datasets
from hf_lib.network.losses import SquaredError
from hf_lib.network.mlp import MLP
from hf_lib.network.problem import Problem
from hf_lib.optimisers.hessian_free import HessianFree

from . import clinic


def relu_digits(seed):
    """4,000 digits at 14×14, 196-30-10 with ReLU, float32."""
    rng = np.random.default_rng(seed)
    return *clinic.digits(rng, n=4000, activation="relu"), rng


def digits(seed, n=500, hidden=(40,)):
    """n digits at 14×14, tanh, float32."""
    rng = np.random.default_rng(seed)
    return *clinic.digits(rng, n=n, hidden=hidden), rng


def deep_digits(seed, scheme="glorot", scale=1.0):
    """300 digits at 14×14, six hidden layers of 30 tanh units, float32; `scheme` and `scale` as `MLP.init` has them."""
    problem, _, rng = digits(seed, n=300, hidden=(30,) * 6)
    return problem, problem.net.init(rng, scheme=scheme, scale=scale, dtype=np.float32), rng


def sine(seed):
    """60 points of y = sin 10x without noise, 1-8-8-1, tanh."""
    rng = np.random.default_rng(seed)
    data = datasets.sine("code", rng, n=60, noise=0.0)
    net = MLP([1, 8, 8, 1], activation="tanh")
    return Problem(net, SquaredError(), data.X, data.Y), net.init(rng), rng


def units(seed):
    """400 points in 20 inputs in units from 0.01 to 3, as if some came in kilometres; 20-10-1, tanh."""
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((400, 20))
    Y = np.sin(U @ rng.normal(size=(20, 1)) / 2)
    net = MLP([20, 10, 1], activation="tanh")
    theta = net.init(rng)
    return Problem(net, SquaredError(), U * np.geomspace(0.01, 3, 20), Y), theta, rng


@dataclass(frozen=True, repr=False)
class Race:
    """What came out of a race: for each variant (cost, f) of every seed, one line a variant where it is shown."""

    curves: dict

    def ends(self, name):
        """f at the end, an array with one entry a seed."""
        return np.array([loss[-1] for _, loss in self.curves[name]])

    def median(self, name):
        """The median over the seeds of f at the end."""
        return float(np.median(self.ends(name)))

    def __repr__(self):
        lines = []
        for name, seeds in self.curves.items():
            last, steps = self.ends(name), round(np.mean([len(cost) - 1 for cost, _ in seeds]))
            several = f" ({last.min():.4f} to {last.max():.4f})" if len(last) > 1 else ""
            lines.append(f"{name:16} f = {np.median(last):.4f}{several} after {steps} step{'s' * (steps != 1)}")
        return "\n".join(lines)


def race(make, budget, seeds, **variants):
    """Hessian-free with the settings of each variant, up to a cost.

    Parameters
    ----------
    make : callable
        seed → (problem, theta, rng).
    budget : float
        Gradient-equivalents; a step that would end beyond it does not count.
    seeds : int
        Seeds 0, 1, …, seeds − 1.
    **variants : dict
        The settings of `HessianFree` for each name.

    Returns
    -------
    Race

    Examples
    --------
    >>> race(sine, 30, 2, warm={}, cold={"warm_start": 0.0}).ends("cold").shape
    (2,)
    """
    curves = {}
    for name, changes in variants.items():
        curves[name] = []
        for seed in range(seeds):
            problem, theta, rng = make(seed)
            cost, loss = [1.0], [problem.value(theta)]
            for step in HessianFree(problem, theta, rng, **changes):
                if step.cost > budget:
                    break
                cost.append(step.cost)
                loss.append(step.loss)
            curves[name].append((np.array(cost), np.array(loss)))
    return Race(curves)


def watch(loop, problem):
    """A loop's whole run: cost and f on all data after each step, arrays (steps,), and its records."""
    steps = list(loop)
    return np.array([s.cost for s in steps]), np.array([problem.value(s.theta) for s in steps]), steps
