"""The residuals of a differential equation at one θ, and the products that they allow. Derived in notebook 13 §3.

==============  ==============================  ========
product         formula                         cost
==============  ==============================  ========
``jvp(v)``      J v                             2/3
``vjp(u)``      Jᵀ u                            2/3
``gradient()``  Jᵀ r + l2·θ at the weights      2/3
``ggn(v)``      Jᵀ J v + l2·v at the weights    4/3
==============  ==============================  ========

Costs are in gradient-equivalents on the same points: a forward pass is 1/3, its reverse 2/3.
The weights 1/N_i and border_weight/N_b are inside r, so f = ½‖r‖² and G = JᵀJ without further factors.
"""

from functools import cached_property
from weakref import finalize

import numpy as np

from hf_lib._checks import choice, float_array, number

from .forward_laplacian import ForwardLaplacian
from .operators import add, symmetric_operator
from .overflow import quietly


class Residuals:
    """f = ½‖r‖² + ½·l2·‖weights‖², its gradient and G at one θ: what a `ResidualLinearization` has before any matrix.

    Every result is a fresh array of θ's dtype; the passes' buffers are made once and used again.

    Parameters
    ----------
    problem : PhysicsProblem
    theta : ndarray (d,)

    Attributes
    ----------
    theta : ndarray (d,)
        A copy.
    residual : ndarray (N,)
        [√(1/N_i)·(N[u] − f) inside; √(border_weight/N_b)·(u − g) on the border].
    value : float
        f(θ).
    N : int
        Residuals.
    """

    @quietly
    def __init__(self, problem, theta):
        self.problem, self.net, self.l2, self.N = problem, problem.net, problem.l2, problem.N
        self.theta = theta.copy()
        free = problem.free_passes
        self._network = free.pop() if free else ForwardLaplacian(problem.net, problem.X, problem.channels)
        finalize(self, free.append, self._network).atexit = False     # the buffers serve the next θ
        self._network.forward(self.theta)
        inside, edge = problem.channels.interior, problem.border_scale
        self.residual = np.empty(self.N, theta.dtype)
        self.residual[:inside] = problem.equation.operator(*self._at_points()) - problem.targets[:inside]
        self.residual[:inside] *= problem.interior_scale
        self.residual[inside:] = self._network.out.value[inside:, 0] - problem.targets[inside:]
        self.residual[inside:] *= edge

    @cached_property
    @quietly
    def value(self):
        """f(θ), summed in float64."""
        squares = float(np.sum(self.residual * self.residual, dtype=np.float64))
        return 0.5 * squares + 0.5 * self.l2 * self.net.squared_weights(self.theta)

    def gradient(self):
        """∇f(θ) = Jᵀ r + l2·weights, shape (d,). Cost 2/3 (with the forward pass: 1)."""
        return self.net.add_decay(self.l2, self.theta, self._reverse(self.residual))

    @quietly
    def jvp(self, v):
        """J v, shape (N,): how each residual moves along v. Cost 2/3."""
        float_array("v", v, self.theta.shape, self.theta.dtype)
        rows, inside = self._network.tangent(v), self.problem.channels.interior
        by_u, by_slopes, by_L = self._partials
        out = rows.value[:, 0].copy()
        out[inside:] *= self.problem.border_scale                     # R{r} on the border
        out[:inside] *= by_u
        out[:inside] += by_L * rows.laplacian[:, 0]
        for by_k, R_u_k in zip(by_slopes, rows.slopes):
            out[:inside] += by_k * R_u_k[:, 0]                        # R{r} = r_u R{u} + r_L R{Lu} + Σ r_k R{u_k}
        return out

    def vjp(self, u):
        """Jᵀ u = Σ_n u_n ∇r_n, shape (d,): no l2. Cost 2/3."""
        return self._reverse(float_array("u", u, (self.N,), self.theta.dtype))

    def ggn(self, v):
        """G v = Jᵀ J v + l2·v at the weights, shape (d,). Cost 4/3."""
        return self.net.add_decay(self.l2, v, self._reverse(self.jvp(v)))     # v → J v → Jᵀ J v

    def operator(self, kind="ggn", damping=0.0):
        """The (d, d) matrix G + damping·I as a `scipy.sparse.linalg.LinearOperator`.

        Parameters
        ----------
        kind : {"ggn"}
        damping : float
            λ ≥ 0.

        Raises
        ------
        TypeError, ValueError
            If `kind` is unknown, or `damping` negative or not finite.
        """
        choice("kind", kind, ("ggn",))
        damping = number("damping", damping, low=0)
        return symmetric_operator(lambda v: add(damping, v, self.ggn(v)), self.theta)     # G v + λ v

    # --- what the products share

    @quietly
    def _reverse(self, u):
        return self._network.reverse(self._fill(u), np.empty_like(self.theta))

    def _fill(self, u):
        """The adjoints of u, Lu and ∂_k u where those of r are `u`."""
        inside, (by_u, by_slopes, by_L) = self.problem.channels.interior, self._partials

        def fill(rows):
            rows.value[inside:, 0] = self.problem.border_scale * u[inside:]
            rows.value[:inside, 0] = by_u * u[:inside]
            rows.laplacian[:, 0] = by_L * u[:inside]
            for by_k, u_k in zip(by_slopes, rows.slopes):
                u_k[:, 0] = by_k * u[:inside]
        return fill

    def _at_points(self):
        """x, u, its slopes and Lu inside."""
        rows, inside = self._network.out, self.problem.channels.interior
        return self.problem.X[:inside], rows.inside[:, 0], rows.slopes[..., 0], rows.laplacian[:, 0]

    @cached_property
    def _partials(self):
        """∂r/∂u, [∂r/∂u_k], ∂r/∂Lu with the weight of a point inside."""
        scale, (by_u, by_slopes, by_L) = self.problem.interior_scale, self.problem.equation.partials(*self._at_points())
        return scale * by_u, [scale * by_k for by_k in by_slopes], scale * by_L
