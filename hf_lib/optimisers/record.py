"""What one step of the Hessian-free loop leaves behind. Read in notebooks 09 §4 and 10 §10."""

from dataclasses import dataclass

import numpy as np

from hf_lib.solvers.cg import CGResult

from .loop import Step


@dataclass(frozen=True)
class HFStep(Step):
    """One record of `HessianFree`: what a `Step` has, and:

    Attributes
    ----------
    rho : float
        Reduction ratio of CG's chosen iterate, before the line search; −∞ where it is not finite or the
        promise not positive.
    damping : float
        λ of this step.
    cg : CGResult
        CG's trace; its iterates only with ``keep_iterates=True``.
    chosen : int
        The number of the CG iterate that backtracking chose.
    gradient_norm : float
        ‖∇f‖ where the step began.
    dead : float
        Share of hidden units whose bias has a gradient of exactly 0 there, as a dead ReLU's has; NaN
        where the problem has no `net`.
    before : float
        f where the step began, on the examples of `loss`.
    predicted : float
        The predicted reduction that ρ divides by.
    curvature_share : float
        How many of the gradient's examples G was made from: 1 for all.
    plain_iterations : int or None
        With ``compare_plain=True`` how many iterations plain CG needed for 99 % of the φ that the
        preconditioned one reached, or as many as that one where it did not get there.
    accepted : bool
        Whether θ moved.
    note : str
        What happened to the step, in words.
    """

    rho: float
    damping: float
    cg: CGResult
    chosen: int
    gradient_norm: float
    dead: float
    before: float
    predicted: float
    curvature_share: float
    plain_iterations: int | None
    accepted: bool
    note: str


def dead_units(problem, g):
    """Share of hidden units whose bias has a gradient of exactly 0; NaN without a `problem.net` or such biases."""
    if not hasattr(problem, "net"):
        return float("nan")
    biases = problem.net.hidden_biases(g)
    return float(np.mean(biases == 0)) if biases.size else float("nan")
