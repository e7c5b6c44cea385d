"""Gauss–Newton by dense solves with an adaptive λ, for least squares of moderate size. Derived in notebook 13 §5."""

import numpy as np

from hf_lib._checks import number
from hf_lib.solvers.damped_least_squares import damped_step
from hf_lib.solvers.damping import levenberg_marquardt, reduction_ratio
from hf_lib.solvers.line_search import armijo

from .ending import no_step
from .loop import GRADIENT, REVERSE, VALUE, Batches, Optimiser, Step
from .saving import Resumable

MAX_REJECTIONS = 30      # in a row, at one θ


class LevenbergMarquardt(Resumable, Optimiser):
    """(JᵀJ + λI) p = −∇f by Cholesky, θ ← θ + α p, with λ by the rule that `HessianFree` has.

    With at most as many parameters as residuals the d × d matrix JᵀJ is formed, else the N × N matrix JJᵀ.
    A step that does not lower f is rejected: λ grows, and the same matrix is factored once more.

    Parameters
    ----------
    problem : PhysicsProblem
        Or any object whose `linearize(θ)` has `value`, `gradient`, `residual`, `jacobian` and `gram`.
    theta : ndarray (d,)
        Where to start; copied.
    damping : float
        λ > 0 at the start.
    damping_factor : float
        Factor of the Levenberg–Marquardt rule; 1 keeps λ where no step is rejected.
    damping_floor : float
        The rule does not take λ below it.
    line_search : bool
        Armijo along p; without it a full step or none.
    max_steps : int, optional

    Notes
    -----
    The loop ends by itself, with the reason, where 30 λ in a row give no lower f.
    Cost of a step: 1 for the gradient, 2/3 for the matrix's reverse pass, 1/3 for every f, and the multiplications
    of the matrix and its factors over those of N gradients of a plain network, 3 N d. (A residual of a
    differential equation takes several rows, so this counts the dense work too high rather than too low.)
    Levenberg 1944; Marquardt 1963. For physics-informed networks: Müller & Zeinhofer 2023 (without λ);
    in the residuals' space: Jnini & Vella 2025.

    Examples
    --------
    >>> import hf_lib as hf
    >>> rng, equation = np.random.default_rng(0), hf.equations.PoissonSine(1)
    >>> problem = hf.PhysicsProblem(hf.MLP([1, 8, 1]), equation, equation.interior_grid(30), equation.border_grid(2))
    >>> for step in LevenbergMarquardt(problem, problem.net.init(rng), max_steps=100):
    ...     pass
    >>> problem.relative_error(step.theta, equation.interior_points(200, rng)) < 1e-3
    True
    """

    _saved = (*Resumable._saved, "damping")

    def __init__(self, problem, theta, damping=1.0, damping_factor=3.0, damping_floor=1e-14, line_search=True,
                 max_steps=None):
        super().__init__(problem, theta, max_steps)
        self.damping = number("damping", damping, low=0, open_low=True)
        self.damping_factor = number("damping_factor", damping_factor, low=1)
        self.damping_floor = number("damping_floor", damping_floor, low=0, open_low=True)
        self.line_search = line_search
        self._batches = Batches(problem, None, None, "batch")                    # all points at every step

    def _described(self):
        return (f"LevenbergMarquardt(damping_factor={self.damping_factor}, damping_floor={self.damping_floor}, "
                f"line_search={self.line_search})")

    def _step(self):
        lin = self.problem.linearize(self.theta)
        if not hasattr(lin, "jacobian"):
            raise TypeError("linearize(theta) has no jacobian: LevenbergMarquardt needs one, GaussNewton does not")
        f0, g = lin.value, lin.gradient()
        self.cost += GRADIENT
        self.reason = no_step(self.index + 1, f0, g, float(np.linalg.norm(g)), whole=True)
        if self.reason:
            return None
        solve = damped_step(lin, g)
        size, unit = min(g.size, lin.N), 3 * lin.N * g.size
        self.cost += REVERSE + size * lin.N * g.size / (2 * unit)                # half of a symmetric matrix
        for _ in range(MAX_REJECTIONS):
            lam = self.damping
            self.cost += size**3 / (6 * unit)
            alpha, f1 = self._try(solve, lam, f0, g)
            if alpha > 0:
                self.index += 1
                return Step(self.index, self.theta, f1, alpha, 0.0, self.cost)
            self.damping = max(self.damping, lam * max(self.damping_factor, 2.0))
        self.reason = f"no step lowers f: {MAX_REJECTIONS} rejected in a row, up to λ = {lam:.1e}"
        return None

    def _try(self, solve, lam, f0, g):
        """One λ: move θ if f falls, and let the rule set the next λ. Returns α, 0 if θ stays, and f."""
        try:
            p = solve(lam)
        except np.linalg.LinAlgError:
            return 0.0, f0
        evaluate = self._counted(self.theta, p)
        f1, slope = evaluate(1.0), float(g @ p)
        predicted = 0.5 * (lam * float(p @ p) - slope)                           # as (G + λI) p = −g
        rho = reduction_ratio(f0 - f1, predicted)
        if self.damping_factor > 1:
            self.damping = max(levenberg_marquardt(lam, rho, self.damping_factor), self.damping_floor)
        if self.line_search:
            search = armijo(evaluate, f0, slope, shrink=0.5, max_tries=10, first=f1)
            alpha, f1 = search.step, search.value
        else:
            alpha = 1.0
        if not f1 < f0:                                                          # to rounding f stands still
            return 0.0, f0
        self.theta = self.theta + alpha * p
        return alpha, f1

    def _counted(self, theta, p):
        def evaluate(alpha):
            self.cost += VALUE
            f = self.problem.value(theta + alpha * p)
            return f if np.isfinite(f) else np.inf
        return evaluate
