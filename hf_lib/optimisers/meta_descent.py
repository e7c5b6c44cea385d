"""Stochastic meta-descent: a step size for every parameter, adapted by curvature products. Derived in notebook 15.

>>> import hf_lib as hf
>>> data = hf.datasets.four_regions(1000, np.random.default_rng(0))
>>> problem = hf.Problem(hf.MLP([2, 10, 10, 4]), hf.SoftmaxCrossEntropy(), data.X, data.Y)
>>> theta = problem.net.init(np.random.default_rng(1))
>>> *_, step = SMD(problem, theta, 0.1, batch=10, rng=np.random.default_rng(2), max_steps=1000)
>>> problem.value(step.theta) < 0.7 * problem.value(theta), bool(step.step_sizes.max() > step.step_sizes.min())
(True, True)
"""

from dataclasses import dataclass

import numpy as np

from hf_lib._checks import choice, float_array, number

from .first_order import FirstOrder
from .loop import GGN, GRADIENT, HESSIAN, Step

COST = {"ggn": GGN, "hessian": HESSIAN}


@dataclass(frozen=True)
class SMDStep(Step):
    """One record of `SMD`: what a `Step` has, with the median of p as `step_size`, and:

    Attributes
    ----------
    step_sizes : ndarray (d,)
        p of this step.
    trace : ndarray (d,)
        v after it: how θ has answered to a change of every ln p, with memory λ.
    """

    step_sizes: np.ndarray
    trace: np.ndarray


class SMD(FirstOrder):
    """p ← p ⊙ max(½, 1 − µ v ⊙ g), θ ← θ − p ⊙ g, v ← λ v − p ⊙ (g + λ C v). Derived in 15 §3–5.

    g and C (G or H) are those of one mini-batch at the old θ; the new p is used at once.

    Parameters
    ----------
    problem : Problem
        Or any object whose `linearize(θ)` has `value`, `gradient` and the product; with a batch size also
        `batch` and `N`.
    theta : ndarray (d,)
        Where to start; copied.
    learning_rate : float or ndarray (d,)
        p > 0 at the start: one for all parameters, or one for each, of θ's dtype.
    mu : float
        µ ≥ 0, the rate at which ln p descends. With 0 the step sizes stay: SGD, at the price of the products.
    decay : float
        λ in [0, 1], the memory of v: about 1 / (1 − λ) steps. With 0 only the last gradient counts.
    product : {"ggn", "hessian"}
        C. With "hessian" v grows without bound where negative curvature lasts and λ is near 1.
    floor : float
        In (0, 1): by which factor p may fall in a step; ½ in the source.
    batch, rng, max_steps, every
        As `FirstOrder` has them.

    Notes
    -----
    Cost of a step: 7/3 with G, 3 with H, times batch / N; as much once at the start. Beside θ it keeps p, v, g and
    C v. The loop ends, with the reason, where f, g, v or C v is not finite, or every p has fallen to zero.
    Schraudolph 1999 (ICANN) and 2002 (Neural Computation 14:7).
    """

    _saved = (*FirstOrder._saved, "step_sizes", "trace", "_product")
    _settings = (*FirstOrder._settings, "mu", "decay", "product", "floor")

    def __init__(self, problem, theta, learning_rate=0.1, mu=0.05, decay=0.99, product="ggn", floor=0.5,
                 batch=None, rng=None, max_steps=None, every=1):
        one_for_all = not isinstance(learning_rate, np.ndarray)
        middle = number("learning_rate", learning_rate if one_for_all else float(np.median(learning_rate)),
                        low=0, open_low=True)
        super().__init__(problem, theta, middle, batch, rng, max_steps, every)
        self.step_sizes = np.full_like(self.theta, middle) if one_for_all else learning_rate.copy()
        float_array("learning_rate", self.step_sizes, self.theta.shape, self.theta.dtype, finite=True)
        if not (self.step_sizes > 0).all():
            raise ValueError(f"learning_rate holds {self.step_sizes.min()}, expected numbers above 0 in {theta.dtype}")
        self.mu = number("mu", mu, low=0)
        self.decay = number("decay", decay, low=0, high=1)
        self.product = choice("product", product, tuple(COST))
        self.floor = number("floor", floor, low=0, high=np.nextafter(1, 0), open_low=True)
        self.trace, self._product = np.zeros_like(self.theta), None
        if not hasattr(problem, "linearize"):
            raise TypeError(f"problem has no linearize(theta), which gives C v: got {type(problem).__name__}")

    def _evaluate(self, theta, k):
        lin = self._batches.draw().linearize(theta)
        if not hasattr(lin, self.product):
            raise TypeError(f"linearize(theta) has no {self.product}: pass product={_other(self.product)!r}")
        self._gradient, self._product = lin.gradient(), getattr(lin, self.product)(self.trace)
        self.cost += (GRADIENT + COST[self.product]) * self._batches.share
        if not np.isfinite(lin.value) or not np.isfinite(self._gradient).all():
            self.reason = f"loss or gradient is not finite after step {k}"
        elif not np.isfinite(self.trace).all() or not np.isfinite(self._product).all():
            self.reason = f"v, which follows the curvature, or its product C v is not finite after step {k}"
        elif not self.step_sizes.any():
            self.reason = f"every step size p has fallen to zero after step {k}"
        return lin.value

    def _move(self, theta, g, eta):
        v, lam = self.trace, self.decay
        p = self.step_sizes * np.maximum(self.floor, 1 - self.mu * v * g)
        self.trace = lam * v - p * (g + lam * self._product)
        self.step_sizes = p
        return theta - p * g

    def _record(self, loss, eta):
        middle = float(np.median(self.step_sizes))
        return SMDStep(self.index, self.theta, loss, middle, 0.0, self.cost, self.step_sizes, self.trace)


def _other(product):
    return "hessian" if product == "ggn" else "ggn"
