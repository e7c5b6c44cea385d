"""Faulty loops and sick runs on purpose: the failure clinic of notebook 10 §10."""

import numpy as np

from hf_lib._checks import choice, generator
from hf_lib.datasets import mnist
from hf_lib.network.losses import SoftmaxCrossEntropy, SquaredError
from hf_lib.network.mlp import MLP
from hf_lib.network.problem import Problem
from hf_lib.optimisers.hessian_free import HessianFree
from hf_lib.optimisers.loop import GGN, GRADIENT, VALUE, Batches, Optimiser
from hf_lib.optimisers.record import HFStep, dead_units
from hf_lib.solvers.cg import cg
from hf_lib.solvers.cg_rules import RelativeProgress
from hf_lib.solvers.damping import levenberg_marquardt, predicted_reduction, reduction_ratio


class Transcription(Optimiser):
    """Hessian-free as one writes it down on the first day: whatever CG returns is added to θ.

    Gradient, curvature and ρ on the same batch, plain CG with a warm start, λ by the Levenberg–
    Marquardt rule; no preconditioner, no backtracking, no line search, and no step is ever refused.
    Notebook 10 §9 shows what becomes of it on mini-batches. A subclass may override `predicted` and
    `next_damping`, to make a fault.

    Parameters
    ----------
    problem : Problem
    theta : ndarray (d,)
    rng : numpy.random.Generator, needed where a batch size is given
    batch, curvature_batch : int or None
        Examples a step, and how many of these for G; None for all.
    damping, damping_floor : float
        λ at the start, and the least that the rule may make of it.
    max_cg : int
    judge : {"same", "next"}
        Whether ρ is judged on the step's own batch or on the next one.
    max_steps : int, optional
    """

    def __init__(self, problem, theta, rng=None, batch=None, curvature_batch=None, damping=1.0, damping_floor=0.0,
                 max_cg=50, judge="same", max_steps=None):
        super().__init__(problem, theta, max_steps)
        self.rng, self.damping, self.floor, self.max_cg, self.judge = rng, damping, damping_floor, max_cg, judge
        self.curvature_batch = curvature_batch
        self.batches = Batches(problem, batch, rng, "batch")
        self.warm = np.zeros_like(self.theta)
        self.following = self.batches.draw()

    def _step(self):
        part, self.following = self.following, self.batches.draw()
        share, lam = self.batches.share, self.damping
        f0, g = part.value_and_gradient(self.theta)
        norm = float(np.linalg.norm(g))
        if not np.isfinite(f0) or not np.isfinite(norm):
            self.reason = f"loss or gradient is not finite before step {self.index + 1}"
            return None
        small, product_share = part, share
        if self.curvature_batch is not None:
            small = part.batch(self.rng.choice(part.N, self.curvature_batch, replace=False))
            product_share = self.curvature_batch / self.problem.N
        lin = small.linearize(self.theta)
        result = cg(lambda v: lin.ggn(v) + lam * v, -g, x0=self.warm if self.warm.any() else None, rtol=0.0,
                    max_iters=self.max_cg, stop=RelativeProgress(), keep=lambda k: False)
        p = result.x
        theta = self.theta + p
        f1 = part.value(theta)
        predicted = self.predicted(g, p, lin.ggn(p))
        if self.judge == "same":
            rho = reduction_ratio(f0 - f1, predicted)
        else:
            rho = reduction_ratio(self.following.value(self.theta) - self.following.value(theta), predicted)
        self.damping = self.next_damping(lam, rho)
        self.theta, self.warm = theta, p
        self.index += 1
        self.cost += (GRADIENT + VALUE) * share + GGN * (result.iterations + 2) * product_share
        return HFStep(self.index, theta, f1, 1.0, 0.0, self.cost, rho, lam, result, result.iterations, norm,
                      dead_units(self.problem, g), f0, predicted, product_share / share, None, True, "full step")

    def predicted(self, g, p, G_p):
        """−(gᵀp + ½ pᵀG p)."""
        return predicted_reduction(g, p, G_p)

    def next_damping(self, lam, rho):
        """The Levenberg–Marquardt rule, and the floor."""
        return max(levenberg_marquardt(lam, rho), self.floor)


class WrongSign(Transcription):
    """The promised reduction with + in place of −, as for a step −v: the student project's slip."""

    def predicted(self, g, p, G_p):
        return -float(g @ p) + 0.5 * float(p @ G_p)


class Stuck(Transcription):
    """A rule that asks in both branches for λ above a floor: once below it, λ never moves again."""

    def next_damping(self, lam, rho):
        return levenberg_marquardt(lam, rho) if lam > 0.01 else lam


class RawSoftmax(SoftmaxCrossEntropy):
    """The softmax as its formula reads, e^z / Σ e^z, with nothing taken out first."""

    def output(self, z):
        e = np.exp(z)
        return e / e.sum(axis=1, keepdims=True)

    def per_example(self, z, Y):
        return np.log(np.exp(z).sum(axis=1)) - np.sum(Y * z, axis=1)


class Flipped(SquaredError):
    """y − z where the residual is z − y: the gradient points downhill."""

    def residual(self, z, Y):
        return Y - z


class InverseHandedOver(Problem):
    """Its squared gradients come as 1 / (…): the inverse where the preconditioner itself belongs."""

    def linearize(self, theta):
        lin = super().linearize(theta)
        right = lin.squared_gradients
        lin.squared_gradients = lambda: 1 / (right() + np.float32(1e-6))
        return lin


def digits(rng, n=400, hidden=(30,), activation="tanh", loss=SoftmaxCrossEntropy, kind=Problem):
    """The first n digits at 14×14, float32: a problem and a θ to start from."""
    data = mnist(side=14)
    net = MLP([196, *hidden, 10], activation)
    return kind(net, loss(), data.X_train[:n], data.Y_train[:n]), net.init(rng, dtype=np.float32)


def sine(rng, n=200, loss=SquaredError):
    """y = sin 6x without noise: a problem and a θ to start from."""
    X = rng.uniform(-1, 1, (n, 1))
    net = MLP([1, 15, 1])
    return Problem(net, loss(), X, np.sin(6 * X)), net.init(rng)


def _overflow(rng):
    problem, theta = digits(rng, loss=RawSoftmax)
    return Transcription(problem, theta, damping=1e-3, max_steps=60)


def _below_zero(rng):
    return HessianFree(*sine(rng, loss=Flipped), damping=0.1)


def _runaway(rng):
    problem, theta = digits(rng, n=4000)
    return Transcription(problem, theta, rng, batch=100, damping=0.1, judge="next", max_steps=60)


def _stuck(rng):
    return Stuck(*sine(rng), damping=1e-6, max_steps=80)


def _preconditioner(rng):
    return HessianFree(*digits(rng, kind=InverseHandedOver), damping=0.01, damping_factor=1.0, compare_plain=True,
                       max_steps=10)


def _dead(rng):
    problem, theta = digits(rng, activation="relu")
    problem.net.layers(theta)[0][1][:] = -3                # as one step that was far too long leaves them
    return HessianFree(problem, theta, max_steps=15)


def _wrong_sign(rng):
    return WrongSign(*sine(rng), max_steps=30)


def _small_curvature(rng):
    return HessianFree(*digits(rng, n=2000), rng, damping=1e-3, curvature_batch=5, max_steps=20)


SICK = {"overflow": _overflow, "ratio below zero": _below_zero, "runaway damping": _runaway, "stuck damping": _stuck,
        "harmful preconditioner": _preconditioner, "dead units": _dead, "wrong sign": _wrong_sign,
        "small curvature batch": _small_curvature}


def _he_start(rng):
    problem, _ = digits(rng, activation="relu")
    return HessianFree(problem, problem.net.init(rng, scheme="he", dtype=np.float32), max_steps=15)


# the same problems with the fault repaired
REPAIRED = {
    "overflow": lambda rng: HessianFree(*digits(rng), damping=1e-3, max_steps=8),
    "ratio below zero": lambda rng: HessianFree(*sine(rng), damping=0.1, max_steps=30),
    "runaway damping": lambda rng: HessianFree(*digits(rng, n=4000), rng, preset="stochastic", gradient_batch=400,
                                               curvature_batch=100, max_steps=60),
    "stuck damping": lambda rng: HessianFree(*sine(rng), damping=1e-6, max_steps=40),
    "harmful preconditioner": lambda rng: HessianFree(*digits(rng), damping=0.01, damping_factor=1.0,
                                                      compare_plain=True, max_steps=10),
    "dead units": _he_start,
    "wrong sign": lambda rng: Transcription(*sine(rng), max_steps=30),
    "small curvature batch": lambda rng: HessianFree(*digits(rng, n=2000), rng, damping=1e-3, curvature_batch=500,
                                                     max_steps=20),
}


def sick(name, rng):
    """A run with one sickness: its records, and why the loop ended, as `diagnose` takes them.

    Parameters
    ----------
    name : str
        One of `SICK`, the names that `diagnose` gives.
    rng : numpy.random.Generator

    Examples
    --------
    >>> import hf_lib as hf
    >>> steps, reason = sick("wrong sign", np.random.default_rng(0))
    >>> [finding.sickness for finding in hf.diagnose(steps, reason)]
    ['wrong sign']
    """
    return _records(SICK, name, rng)


def repaired(name, rng):
    """The run of `sick` with its fault repaired: its records, and why the loop ended.

    Parameters
    ----------
    name : str
        One of `SICK`.
    rng : numpy.random.Generator

    Examples
    --------
    >>> import hf_lib as hf
    >>> hf.diagnose(*repaired("wrong sign", np.random.default_rng(0)))
    ()
    """
    return _records(REPAIRED, name, rng)


def _records(runs, name, rng):
    loop = runs[choice("name", name, tuple(runs))](generator("rng", rng))
    steps = list(loop)
    return steps, loop.reason
