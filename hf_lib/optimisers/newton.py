"""Newton's method and Gauss–Newton by dense matrices, for small problems. Derived in notebooks 03 and 04."""

import numpy as np

from hf_lib._checks import number
from hf_lib.network.autodiff import dense
from hf_lib.solvers.line_search import armijo

from .loop import GGN, GRADIENT, HESSIAN, VALUE, Optimiser, Step, value_and_gradient


class Newton(Optimiser):
    """(H + λI) p = −∇f(θ) by a dense solve, θ ← θ + α p: for small d only. Derived in 03 §1.

    Parameters
    ----------
    problem : object
        With `value`, `gradient`, and either `hessian(θ)` (a dense matrix, as the toy surfaces
        have) or `linearize(θ)`.
    theta : ndarray (d,)
    damping : float
        λ ≥ 0, fixed.
    line_search : bool
        Armijo along p; without it α = 1, downhill or not.
    max_steps : int, optional

    Notes
    -----
    Cost: 1 for the gradient, 2 d for the columns of H, 1/3 for every f. The loop ends by itself where the
    gradient is zero, the matrix singular, f not finite, no step of the line search lowers f, or θ + p is θ.
    """

    product, product_cost = "hessian", HESSIAN

    def __init__(self, problem, theta, damping=0.0, line_search=False, max_steps=None):
        super().__init__(problem, theta, max_steps)
        self.damping = number("damping", damping, low=0)
        self.line_search = line_search

    def _step(self):
        theta = self.theta
        f0, g = value_and_gradient(self.problem, theta)
        if not np.isfinite(f0) or not np.isfinite(g).all():
            self.reason = f"loss or gradient is not finite before step {self.index + 1}"
            return None
        if not g.any():
            self.reason = "gradient is zero"
            return None
        matrix = self._matrix(theta) + self.damping * np.eye(theta.size, dtype=theta.dtype)
        try:
            p = np.linalg.solve(matrix, -g)
        except np.linalg.LinAlgError:
            self.reason = f"the matrix is singular at step {self.index + 1}"
            return None
        alpha, f1, evaluations = 1.0, None, 1
        if self.line_search:
            search = armijo(lambda a: self.problem.value(theta + a * p), f0, float(g @ p))
            alpha, f1, evaluations = search.step, search.value, search.evaluations
            if alpha == 0:
                self.reason = f"line search: {search.reason}"
                return None
        else:
            f1 = float(self.problem.value(theta + p))
        if not np.isfinite(f1):
            self.reason = f"loss is not finite after step {self.index + 1}"
            return None
        moved = theta + alpha * p
        if not (moved != theta).any():
            self.reason = "the step is below the rounding of θ"
            return None
        self.theta = moved
        self.cost += GRADIENT + self.product_cost * theta.size + VALUE * evaluations
        self.index += 1
        return Step(self.index, self.theta, f1, alpha, 0.0, self.cost)

    def _matrix(self, theta):
        if self.product == "hessian" and hasattr(self.problem, "hessian"):
            return self.problem.hessian(theta)
        return dense(getattr(self.problem.linearize(theta), self.product), theta.size, theta.dtype)


class GaussNewton(Newton):
    """(G + λI) p = −∇f(θ) by a dense solve, θ ← θ + α p: for small d only. Derived in 04 §4.

    Parameters as for `Newton`; the problem needs `linearize(θ)`. Cost: 4/3 d for the columns of G.
    """

    product, product_cost = "ggn", GGN
