"""A network linearised at θ: one forward pass kept, and every product that it allows. Derived in notebook 06.

====================  =====================================  ==============  ========
product               formula                                passes          cost
====================  =====================================  ==============  ========
``jvp(v)``            J v                                    f1              2/3
``vjp(u)``            Jᵀ u                                   r1              2/3
``ggn(v)``            (1/N) Jᵀ H_L J v                       f1, r1          4/3
``hessian(v)``        ∇²f v                                  f1, r2          2
``fisher(v)``         (1/N) Σ_n J_nᵀ r̃_n r̃_nᵀ J_n v          f1, r1          4/3
``empirical_fisher``  the same with r_n at the true targets  f1, r1          4/3
====================  =====================================  ==============  ========

Costs are in gradient-equivalents on the same data: a forward pass is 1/3, its reverse 2/3.
All products use the N examples' mean and add l2·v at the weights; J and Jᵀ are of the network alone.
"""

from functools import cached_property

import numpy as np
from scipy.linalg.blas import daxpy, saxpy
from scipy.sparse.linalg import LinearOperator

from . import passes
from ._checks import choice, float_array, generator, number


class Linearization:
    """f and its derivatives at one θ. Build it with ``problem.linearize(theta)``.

    Every result is a fresh array of θ's dtype; the passes' buffers are made once and used again.

    Parameters
    ----------
    net : MLP
    loss : Loss
    X : ndarray (N, n_in)
    Y : ndarray (N, n_out)
    theta : ndarray (d,)
    l2 : float
        Weight decay: f gains ½·l2·‖weights‖², biases free.

    Attributes
    ----------
    theta : ndarray (d,)
        A copy, so that a later change of the caller's vector leaves this object true.
    z : ndarray (N, n_out)
        The network's outputs.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit: of what it is built from, or of a v or u given to a product.
    """

    def __init__(self, net, loss, X, Y, theta, l2=0.0):
        float_array("theta", theta, (net.size,))
        float_array("X", X, (None, net.sizes[0]), theta.dtype)
        float_array("Y", Y, (len(X), net.sizes[-1]), theta.dtype)
        if len(X) == 0:
            raise ValueError("X holds no examples, expected N of at least 1")
        self.net, self.loss, self.Y, self.l2, self.N = net, loss, Y, l2, len(X)
        self.theta = theta.copy()
        self._W = net.blocks(self.theta)
        self._A = [_with_ones(self.N, n, theta.dtype) for n in net.sizes[:-1]]
        self._A[0][:, :-1] = X
        self.z = passes.f0(self._W, net.activations, self._A)

    @cached_property
    def value(self):
        """f(θ), a float: made at the first need, for a gradient does without."""
        return self.loss.value(self.z, self.Y) + 0.5 * self.l2 * self.net.squared_weights(self.theta)

    def gradient(self):
        """∇f(θ) = (1/N) Jᵀ r + l2·weights, shape (d,). Cost 2/3 (with the forward pass: 1)."""
        return self._reverse(self._mean_residual(), self.theta)

    def jvp(self, v):
        """J v, shape (N, n_out): how each output moves along v. Cost 2/3. Derived in 05 §4, 06 §3."""
        return self._tangent(v).copy()

    def vjp(self, u):
        """Jᵀ u = Σ_n J_nᵀ u_n, shape (d,): no 1/N, no l2. Cost 2/3. Derived in 05 §4."""
        float_array("u", u, self.z.shape, self.theta.dtype)
        return self._reverse(u, None)

    def ggn(self, v):
        """G v = (1/N) Jᵀ H_L J v + l2·v, shape (d,). Cost 4/3. Derived in 04 §2, 06 §4.

        Schraudolph 2002, §3; Martens 2010, §4.2. Positive semidefinite for the matching losses.
        """
        u = self._H_L(self._tangent(v))                         # v → J v → H_L J v
        u *= 1 / self.N
        return self._reverse(u, v)                              # → Jᵀ H_L J v

    def hessian(self, v):
        """H v = ∇²f(θ) v, shape (d,). Cost 2, and a gradient at the first call. Derived in 06 §5.

        Pearlmutter 1994. At a ReLU's kink act'' counts as 0.
        """
        u = self._H_L(self._tangent(v))
        u *= 1 / self.N                                         # R{δ_L} = (1/N) H_L J v
        D, B = self._adjoints
        R_z, R_a, T = self._tangents
        R_D = self._work
        R_D[-1][:] = u
        out = np.empty_like(self.theta)
        passes.r2(self._W, self.net.blocks(v), self._A, self._S, R_z, R_a, D, B,
                  R_D, T, self.net.blocks(out), self._weight_scratch)
        return self._add_decay(v, out)

    def fisher(self, v, rng):
        """F̂ v with one target drawn from the model for each example, shape (d,). Cost 4/3.

        E[F̂] = G for the matching losses. Every call draws anew; `operator("fisher")` draws once.
        Derived in 13 §1. Martens 2020, §5.
        """
        return self._outer_product(self._sampled_residual(rng), v)

    def empirical_fisher(self, v):
        """(1/N) Σ_n g_n g_nᵀ v + l2·v with g_n = J_nᵀ r_n, shape (d,). Cost 4/3. Derived in 13 §4."""
        return self._outer_product(self.loss.residual(self.z, self.Y), v)

    def squared_gradients(self):
        """(1/N) Σ_n g_n ∘ g_n, shape (d,), g_n the gradient of example n's loss, without l2. Cost 4/3.

        For W_ij that is Σ_n a_ni² δ_nj²: one more matrix product a layer. Derived in 10 §4.
        Martens 2010, §4.7 (there the sum over examples).
        """
        D, _ = self._adjoints                                   # they carry the 1/N
        out = np.empty_like(self.theta)
        for A, delta, block in zip(self._A, D[1:], self.net.blocks(out)):
            np.matmul((A * A).T, delta * delta, out=block)
        out *= self.N
        return out

    def kronecker_factors(self, rng):
        """For every layer A = (1/N) Σ [a, 1][a, 1]ᵀ and S = (1/N) Σ s sᵀ, shapes (n+1, n+1) and (m, m).

        s_n is the reverse pass of a residual whose target the model draws, as in `fisher`: for the
        matching losses E[s sᵀ] belongs to G. Cost 2/3, and N (n + 1)² + N m² multiplications a layer.
        Derived in 12 §5. Martens & Grosse 2015, §3.
        """
        self._reverse(self._sampled_residual(rng), None)         # leaves s_n in its buffers
        return [(np.matmul(A.T, A) / self.N, np.matmul(s.T, s) / self.N) for A, s in zip(self._A, self._work[1:])]

    def operator(self, kind="ggn", damping=0.0, rng=None):
        """The (d, d) matrix B + damping·I as a `scipy.sparse.linalg.LinearOperator`.

        Parameters
        ----------
        kind : {"ggn", "hessian", "fisher", "empirical_fisher"}
            For "fisher" the targets are drawn here, once, from `rng`.
        damping : float
            λ ≥ 0. Derived in 08 §1.

        Raises
        ------
        TypeError, ValueError
            If `kind` is unknown, `damping` negative or not finite, or `rng` no Generator for "fisher".
        """
        choice("kind", kind, ("ggn", "hessian", "fisher", "empirical_fisher"))
        damping = number("damping", damping, low=0)
        if kind == "fisher":
            residual = self._sampled_residual(rng)
            product = lambda v: self._outer_product(residual, v)
        else:
            product = getattr(self, kind)
        axpy = saxpy if self.theta.dtype == np.float32 else daxpy

        def matvec(v):
            v = v.ravel()                                        # SciPy may hand over a column (d, 1)
            return axpy(v, product(v), a=damping)                # B v + λ v
        d = self.theta.size
        return LinearOperator((d, d), matvec=matvec, rmatvec=matvec, dtype=self.theta.dtype)

    # --- what the products share

    def _tangent(self, v):
        """f1 along v; returns the buffer that holds J v."""
        float_array("v", v, self.theta.shape, self.theta.dtype)
        R_z, R_a, T = self._tangents
        passes.f1(self._W, self.net.blocks(v), self._A, self._S, R_z, R_a, T)
        return R_z[-1]

    def _reverse(self, u, v):
        """r1 from δ_L = u, plus l2·v where v is given."""
        out = np.empty_like(self.theta)
        D = self._work
        D[-1][:] = u
        passes.r1(self._W, self._A, self._S, D, self.net.blocks(out))
        return out if v is None else self._add_decay(v, out)

    def _outer_product(self, residual, v):
        """(1/N) Σ_n J_nᵀ r_n (r_nᵀ J_n v) + l2·v."""
        along = np.einsum("nj,nj->n", residual, self._tangent(v))   # r_nᵀ J_n v, (N,)
        return self._reverse(residual * (along / self.N)[:, None], v)

    def _add_decay(self, v, out):
        if self.l2:
            for block, part in zip(self.net.blocks(out), self.net.blocks(v)):
                block[:-1] += self.l2 * part[:-1]
        return out

    def _mean_residual(self):
        return self.loss.residual(self.z, self.Y) * (1 / self.N)

    def _sampled_residual(self, rng):
        return self.loss.residual(self.z, self.loss.sample(self.z, generator("rng", rng)))

    # --- kept between calls, made at the first need

    @cached_property
    def _S(self):
        hidden = zip(self.net.activations, self._A[1:])
        return [None] + [act.slope(A[:, :-1]) for act, A in hidden]

    @cached_property
    def _H_L(self):
        return self.loss.hessian_operator(self.z, self.Y)

    @cached_property
    def _adjoints(self):
        """δ_l of the gradient (with the 1/N), and act''(z_l) ∘ ∂f/∂a_l, for every layer."""
        D, B = self._layer_buffers(), [None] * len(self.net.sizes)
        D[-1][:] = self._mean_residual()
        passes.r1(self._W, self._A, self._S, D, self.net.blocks(np.empty_like(self.theta)))
        for l, act in enumerate(self.net.activations, start=1):
            if act.bend is not None:
                adjoint = D[l + 1] @ self._W[l][:-1].T              # ∂f/∂a_l, (N, n_l)
                B[l] = act.bend(self._A[l][:, :-1], self._S[l]) * adjoint
        return D, B

    @cached_property
    def _tangents(self):
        return self._layer_buffers(), self._layer_buffers(), self._layer_buffers()

    @cached_property
    def _work(self):
        return self._layer_buffers()

    @cached_property
    def _weight_scratch(self):
        return [np.empty_like(W[:-1]) for W in self._W]

    def _layer_buffers(self):
        return [None] + [np.empty((self.N, n), self.theta.dtype) for n in self.net.sizes[1:]]


def _with_ones(N, n, dtype):
    A = np.empty((N, n + 1), dtype)
    A[:, -1] = 1
    return A
