"""Gauss–Newton by dense solves with an adaptive λ, for least squares of moderate size. Derived in notebook 13 §5."""

import numpy as np

from hf_lib._checks import number
from hf_lib.network.overflow import quietly
from hf_lib.solvers.damped_least_squares import damped_step
from hf_lib.solvers.damping import levenberg_marquardt, reduction_ratio
from hf_lib.solvers.line_search import armijo

from .ending import no_step
from .loop import GRADIENT, REVERSE, VALUE, Batches, Optimiser, Step
from .saving import Resumable

MAX_REJECTIONS = 30      # in a row, at one θ
PROBE = 0.1              # of p, for the difference that gives r's second derivative along it
STEEPEST_BEND = 0.75     # of 2‖a‖/‖p‖, beyond which the path is kept straight


class LevenbergMarquardt(Resumable, Optimiser):
    """(JᵀJ + λI) p = −∇f by Cholesky, θ ← θ + α p + ½α² a, with λ by the rule that `HessianFree` has.

    With at most as many parameters as residuals the d × d matrix JᵀJ is formed, else the N × N matrix JJᵀ.
    The acceleration a bends the path as the residuals bend along p: (JᵀJ + λI) a = −Jᵀ r″, where r″ is the second
    derivative of r(θ + τp). It uses the same factor once more.
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
        Armijo along the path; without it a full step or none.
    acceleration : bool
        Without it a = 0: the plain Gauss–Newton step. It is left out, too, where 2‖a‖ > ¾‖p‖.
    max_steps : int, optional

    Notes
    -----
    The loop ends by itself, with the reason, where 30 λ in a row give no lower f.
    Cost of a step: 1 for the gradient, 2/3 for the matrix's reverse pass, 5/3 for a, 1/3 for every f, and the
    multiplications of the matrix and its factors over those of N gradients of a plain network, 3 N d. (A residual of
    a differential equation takes several rows, so this counts the dense work too high rather than too low.)
    Levenberg 1944; Marquardt 1963; the acceleration: Transtrum & Sethna 2012 (arXiv 1201.5885). For physics-informed
    networks: Müller & Zeinhofer 2023 (without λ and a); in the residuals' space: Jnini & Vella 2025.

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
                 acceleration=True, max_steps=None):
        super().__init__(problem, theta, max_steps)
        self.damping = number("damping", damping, low=0, open_low=True)
        self.damping_factor = number("damping_factor", damping_factor, low=1)
        self.damping_floor = number("damping_floor", damping_floor, low=0, open_low=True)
        self.line_search, self.acceleration = line_search, acceleration
        self._batches = Batches(problem, None, None, "batch")                    # all points at every step

    def _described(self):
        return (f"LevenbergMarquardt(damping_factor={self.damping_factor}, damping_floor={self.damping_floor}, "
                f"line_search={self.line_search}, acceleration={self.acceleration})")

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
            alpha, f1 = self._try(lin, solve, lam, f0, g)
            if alpha > 0:
                self.index += 1
                return Step(self.index, self.theta, f1, alpha, 0.0, self.cost)
            self.damping = max(self.damping, lam * max(self.damping_factor, 2.0))
        self.reason = f"no step lowers f: {MAX_REJECTIONS} rejected in a row, up to λ = {lam:.1e}"
        return None

    def _try(self, lin, solve, lam, f0, g):
        """One λ: move θ if f falls, and let the rule set the next λ. Returns α, 0 if θ stays, and f."""
        try:
            p = solve(lam)
        except np.linalg.LinAlgError:
            return 0.0, f0
        path = _Path(self.theta, p, self._acceleration(lin, solve, p) if self.acceleration else None)
        evaluate = self._counted(path)
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
        self.theta = path(alpha)
        return alpha, f1

    @quietly
    def _acceleration(self, lin, solve, p):
        """a of shape (d,), or None where it is too long beside p to be believed."""
        self.cost += VALUE + 2 * REVERSE
        ahead = self.problem.linearize(lin.theta + PROBE * p).residual
        bend = 2 / PROBE * ((ahead - lin.residual) / PROBE - lin.jvp(p))         # r″ + O(PROBE)
        a = solve.bend(bend)
        return a if 2 * np.linalg.norm(a) <= STEEPEST_BEND * np.linalg.norm(p) else None

    def _counted(self, path):
        def evaluate(alpha):
            self.cost += VALUE
            f = self.problem.value(path(alpha))
            return f if np.isfinite(f) else np.inf
        return evaluate


class _Path:
    """α → θ + α p + ½α² a."""

    def __init__(self, theta, p, a):
        self.theta, self.p, self.a = theta, p, a

    def __call__(self, alpha):
        moved = self.theta + alpha * self.p
        return moved if self.a is None else moved + 0.5 * alpha * alpha * self.a
