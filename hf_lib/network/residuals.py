"""The residuals of a differential equation at one θ, and every product that they allow. Derived in notebook 13 §2–4.

========================  ======================================================  ========
product                   formula                                                 cost
========================  ======================================================  ========
``jvp(v)``                J v                                                     2/3
``vjp(u)``                Jᵀ u                                                    2/3
``ggn(v)``                Jᵀ J v + l2·v at the weights                            4/3
``squared_gradients()``   Σ_n J_n ∘ J_n, the diagonal of Jᵀ J                     4/3
``jacobian()``            J itself                                                2/3
========================  ======================================================  ========

Costs are in gradient-equivalents on the same points: a forward pass is 1/3, its reverse 2/3.
The weights 1/N_i and border_weight/N_b are inside r, so f = ½‖r‖² and G = JᵀJ without further factors.
"""

from functools import cached_property
from weakref import finalize

import numpy as np
from scipy.linalg.blas import daxpy, saxpy
from scipy.sparse.linalg import LinearOperator

from hf_lib._checks import choice, float_array, number

from .forward_laplacian import ForwardLaplacian

CHUNK = 64       # points at a time for a Jacobian whose rows are not kept


class ResidualLinearization:
    """f = ½‖r‖² + ½·l2·‖weights‖² and its derivatives at one θ. Build it with ``problem.linearize(theta)``.

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
    def value(self):
        """f(θ), summed in float64."""
        squares = float(np.sum(self.residual * self.residual, dtype=np.float64))
        return 0.5 * squares + 0.5 * self.l2 * self.net.squared_weights(self.theta)

    def gradient(self):
        """∇f(θ) = Jᵀ r + l2·weights, shape (d,). Cost 2/3 (with the forward pass: 1)."""
        return self._add_decay(self.theta, self._reverse(self.residual))

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
        return self._add_decay(v, self._reverse(self.jvp(v)))         # v → J v → Jᵀ J v

    def jacobian(self):
        """J, shape (N, d), from one reverse pass: row n is ∇r_n, the outer products of point n. Cost 2/3."""
        J = np.empty((self.N, self.theta.size), self.theta.dtype)
        inside = self.problem.channels.interior
        layers = self._network.inputs_and_adjoints(self._fill(np.ones_like(self.residual)))
        for l, (A, Z_bar) in enumerate(layers):
            n, m = self.net.sizes[l] + 1, self.net.sizes[l + 1]
            start = sum(block.size for block in self.net.blocks(self.theta)[:l])
            block = J[:, start:start + n * m].reshape(self.N, n, m)   # a view: row n's part of [W; b]
            block[:, -1] = Z_bar.value
            a = self.problem.X if A is None else A.value
            np.multiply(a[:, :, None], Z_bar.value[:, None], out=block[:, :-1])
            if A is None:
                for k, z_bar in zip(self.problem.channels.coordinates, Z_bar.slopes):
                    block[:inside, k] += z_bar                        # a_k is the k-th unit vector
            else:
                left = np.stack([A.inside, A.laplacian, *A.slopes], axis=2)              # (N_i, n, channels)
                right = np.stack([Z_bar.inside, Z_bar.laplacian, *Z_bar.slopes], axis=1)     # (N_i, channels, m)
                block[:inside, :-1] = np.matmul(left, right)
        return J

    def squared_gradients(self):
        """Σ_n ∇r_n ∘ ∇r_n, shape (d,): the diagonal of JᵀJ, without l2. Cost 4/3.

        `Problem` squares the gradients of the examples' losses, r_n ∇r_n. Here that would vanish with r, and
        G does not. So r_n counts as 1: what its square is on average where r_n is drawn from the model N(0, 1),
        and then it is exactly G's diagonal.
        """
        total = np.zeros_like(self.theta)
        for part in self.problem.pieces(CHUNK):
            J = ResidualLinearization(part, self.theta).jacobian()
            total += np.einsum("nd,nd->d", J, J)
        return total

    def kronecker_factors(self, rng=None):
        """For every layer A and S with A ⊗ S ≈ its block of JᵀJ, shapes (n+1, n+1) and (m, m).

        One pair a layer, shared by all rows: value, Lu and slopes inside, value on the border. With the weights
        of r inside the adjoints δ, S = Σ δδᵀ over all rows and A is the mean of aaᵀ over them, where a has a 1
        for the bias in the value rows and a 0 in the others. Cost 2/3, and as many multiplications as rows for
        each entry of A and S. `rng` is not used: the residual's curvature is 1, nothing is drawn.
        Dangel et al. 2024, §3.3 (there a pair for the inside and one for the border).
        """
        inside, channels = self.problem.channels.interior, self.problem.channels
        factors = []
        for A, Z_bar in self._network.inputs_and_adjoints(self._fill(np.ones_like(self.residual))):
            S = Z_bar.all.T @ Z_bar.all
            a = self.problem.X if A is None else A.all
            M, rows = np.zeros((a.shape[1] + 1,) * 2, S.dtype), len(a)
            M[:-1, :-1] = a.T @ a
            M[-1, :-1] = M[:-1, -1] = a[:self.N].sum(axis=0)
            M[-1, -1] = self.N
            if A is None:
                for k, z_bar in zip(channels.coordinates, Z_bar.slopes):
                    M[k, k] += inside
                    S += z_bar.T @ z_bar
                    rows += inside
            factors.append((M / rows, S))
        return factors

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
        axpy = saxpy if self.theta.dtype == np.float32 else daxpy

        def matvec(v):
            v = v.ravel()                                             # SciPy may hand over a column (d, 1)
            return axpy(v, self.ggn(v), a=damping)                    # G v + λ v
        d = self.theta.size
        return LinearOperator((d, d), matvec=matvec, rmatvec=matvec, dtype=self.theta.dtype)

    # --- what the products share

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

    def _add_decay(self, v, out):
        if self.l2:
            for block, part in zip(self.net.blocks(out), self.net.blocks(v)):
                block[:-1] += self.l2 * part[:-1]
        return out

    def _at_points(self):
        """x, u, its slopes and Lu inside."""
        rows, inside = self._network.out, self.problem.channels.interior
        return self.problem.X[:inside], rows.inside[:, 0], rows.slopes[..., 0], rows.laplacian[:, 0]

    @cached_property
    def _partials(self):
        """∂r/∂u, [∂r/∂u_k], ∂r/∂Lu with the weight of a point inside."""
        scale, (by_u, by_slopes, by_L) = self.problem.interior_scale, self.problem.equation.partials(*self._at_points())
        return scale * by_u, [scale * by_k for by_k in by_slopes], scale * by_L
