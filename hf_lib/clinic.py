"""Faulty loops and sick runs on purpose: the failure clinic of notebook 10 §10."""

import numpy as np

from .cg import cg
from .cg_rules import RelativeProgress
from .damping import levenberg_marquardt, predicted_reduction, reduction_ratio
from .hf import HessianFree, HFStep, dead_units
from .loop import GGN, GRADIENT, VALUE, Batches, Optimiser


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
                      dead_units(self.problem, g), f0, predicted, product_share / share, True, "full step")

    def predicted(self, g, p, G_p):
        """−(gᵀp + ½ pᵀG p)."""
        return predicted_reduction(g, p, G_p)

    def next_damping(self, lam, rho):
        """The Levenberg–Marquardt rule, and the floor."""
        return max(levenberg_marquardt(lam, rho), self.floor)
