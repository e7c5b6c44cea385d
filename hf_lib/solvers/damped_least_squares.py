"""The damped Gauss–Newton step by a dense solve, in whichever space is smaller. Derived in notebook 13 §5.

The step minimises ½‖J p + r‖² + gᵀ's decay part + ½ pᵀ D p with the diagonal D = λ, or λ + l2 at the weights.
With d parameters and N residuals it is, by the identity (D + JᵀJ)⁻¹ Jᵀ = D⁻¹ Jᵀ (I + J D⁻¹ Jᵀ)⁻¹,

    parameter space, d × d     (JᵀJ + D) p = −g
    residual space, N × N      p = −D⁻¹ Jᵀ y − s,   (J D⁻¹ Jᵀ + I) y = r − J s,   s = D⁻¹·l2·weights
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from hf_lib._checks import number


class ParameterSpace:
    """λ → p from the (d, d) matrix JᵀJ + l2 at the weights, formed once."""

    def __init__(self, lin, g):
        self._lin, self._g = lin, g
        J = lin.jacobian()
        self._G = J.T @ J
        if lin.l2:
            self._G[np.diag_indices(g.size)] += lin.l2 * lin.net.weight_mask(g.dtype)

    def __call__(self, damping):
        self._root = _factor(self._G, damping)
        return -_solve(self._root, self._g)

    def bend(self, w):
        """−(JᵀJ + D)⁻¹ Jᵀ w with the last λ and its factor, shape (d,)."""
        return -_solve(self._root, self._lin.vjp(w))


class ResidualSpace:
    """λ → p from the (N, N) matrix J D⁻¹ Jᵀ, formed once without weight decay and once a λ with it."""

    def __init__(self, lin):
        self._lin = lin
        self._K = None if lin.l2 else lin.gram()

    def __call__(self, damping):
        lin, l2 = self._lin, self._lin.l2
        if not l2:
            self._root, self._D = _factor(self._K, damping), 1.0
            return self.bend(lin.residual)                           # −Jᵀ (JJᵀ + λI)⁻¹ r
        mask = lin.net.weight_mask(lin.theta.dtype)
        self._D = damping + l2 * mask
        s = l2 * mask * lin.theta / self._D
        self._root = _factor(lin.gram(weights=1 / (damping + l2), biases=1 / damping), 1.0)
        return self.bend(lin.residual - lin.jvp(s)) - s

    def bend(self, w):
        """−(JᵀJ + D)⁻¹ Jᵀ w with the last λ and its factor, shape (d,)."""
        return -self._lin.vjp(_solve(self._root, w)) / self._D


def damped_step(lin, g):
    """The function λ → p, for λ > 0, of whichever space is smaller; its `bend(w)` is −(JᵀJ + D)⁻¹ Jᵀ w at that λ.

    Parameters
    ----------
    lin : ResidualLinearization
        Or any object with its `residual`, `jacobian`, `gram`, `jvp`, `vjp`, `l2`, `net` and `theta`.
    g : ndarray (d,)
        ∇f.

    Raises
    ------
    numpy.linalg.LinAlgError
        The function: where the damped matrix is not positive definite to rounding. A larger λ is then needed.

    Examples
    --------
    >>> import hf_lib as hf
    >>> equation = hf.equations.PoissonSine(1)
    >>> problem = hf.PhysicsProblem(hf.MLP([1, 4, 1]), equation, equation.interior_grid(20), equation.border_grid(2))
    >>> lin = problem.linearize(problem.net.init(np.random.default_rng(0)))
    >>> p = damped_step(lin, lin.gradient())(0.1)
    >>> bool(np.allclose(lin.ggn(p) + 0.1 * p, -lin.gradient()))
    True
    """
    return ParameterSpace(lin, g) if g.size <= len(lin.residual) else ResidualSpace(lin)


def _factor(matrix, damping):
    """The Cholesky factor of matrix + damping·I, in float64."""
    number("damping", damping, low=0, open_low=True)
    damped = matrix.astype(np.float64)
    damped[np.diag_indices(len(damped))] += damping
    root, failed = dpotrf(damped, lower=1, overwrite_a=1, clean=0)
    if failed:
        raise np.linalg.LinAlgError(f"the matrix with {damping:g} on its diagonal is not positive definite")
    return root


def _solve(root, b):
    """(root rootᵀ)⁻¹ b, in the dtype of b."""
    return dpotrs(root, b.astype(np.float64), lower=1)[0].astype(b.dtype)
