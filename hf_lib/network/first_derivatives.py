"""A network at θ to first order: one forward pass kept, and what tangents and reverse passes make of it.

J v goes forwards, along v (f1); Jᵀ u comes back, from the outputs (r1). Of them are made ∇f, and two means
over the examples that preconditioners are built from. Derived in notebooks 05 §4, 06 §3, 10 §4 and 12 §5.
"""

from functools import cached_property

import numpy as np

from hf_lib._checks import float_array, generator, number

from . import passes
from .buffers import Buffers, chunks
from .overflow import quietly


def objective(totals, N, net, theta, l2):
    """f(θ), a float, from Σ_n L of each chunk in turn: the one expression for every way to f."""
    decay = 0.5 * l2 * net.squared_weights(theta) if l2 else 0.0
    return sum(totals) / N + decay


class FirstDerivatives:
    """f, ∇f, J v and Jᵀ u at one θ: what a `Linearization` has before any curvature, and how it is built."""

    @quietly
    def __init__(self, net, loss, X, Y, theta, l2=0.0, shelf=None):
        float_array("theta", theta, (net.size,))
        float_array("X", X, (None, net.sizes[0]), theta.dtype)
        float_array("Y", Y, (len(X), net.sizes[-1]), theta.dtype)
        if len(X) == 0:
            raise ValueError("X holds no examples, expected N of at least 1")
        self.net, self.loss, self.Y, self.l2, self.N = net, loss, Y, number("l2", l2, low=0), len(X)
        self.theta = theta.copy()
        self.z = np.empty((self.N, net.sizes[-1]), theta.dtype)          # not from the shelf: it is handed out
        self._buffers = Buffers(net.sizes, self.N, theta.dtype, [] if shelf is None else shelf)
        self._W = net.blocks(self.theta)
        self._A = self._buffers.with_ones("A")
        self._S = [*self._buffers.hidden("S"), self.z]
        T = self._buffers.hidden("T")
        for rows in chunks(self.N):
            A, S = [a[rows] for a in self._A], [None] + [s[rows] for s in self._S[1:]]
            A[0][:, :-1] = X[rows]
            passes.f0(self._W, net.activations, A, S, [None] + [t[:len(A[0])] for t in T[1:]])

    @cached_property
    def value(self):
        """f(θ), a float: made at the first need, for a gradient does without."""
        totals = [self.loss.total(self.z[rows], self.Y[rows]) for rows in chunks(self.N)]
        return objective(totals, self.N, self.net, self.theta, self.l2)

    @quietly
    def gradient(self):
        """∇f(θ) = (1/N) Jᵀ r + l2·weights, shape (d,). Cost 2/3 (with the forward pass: 1)."""
        self._mean_residual(self._work[-1])
        return self._reverse(self.theta)

    @quietly
    def jvp(self, v):
        """J v, shape (N, n_out): how each output moves along v. Cost 2/3. Derived in 05 §4, 06 §3."""
        return self._tangent(v).copy()

    @quietly
    def vjp(self, u):
        """Jᵀ u = Σ_n J_nᵀ u_n, shape (d,): no 1/N, no l2. Cost 2/3. Derived in 05 §4."""
        float_array("u", u, self.z.shape, self.theta.dtype)
        self._work[-1][:] = u
        return self._reverse()

    @quietly
    def squared_gradients(self):
        """(1/N) Σ_n g_n ∘ g_n, shape (d,), g_n the gradient of example n's loss, without l2. Cost 4/3.

        For W_ij that is Σ_n a_ni² δ_nj²: one more matrix product a layer. Derived in 10 §4.
        Martens 2010, §4.7 (there the sum over examples).
        """
        out = np.empty_like(self.theta)
        for A, delta, block in zip(self._A, self._D[1:], self.net.blocks(out)):
            np.matmul((A * A).T, delta * delta, out=block)
        out *= self.N                                           # each δ carries 1/N
        return out

    @quietly
    def kronecker_factors(self, rng):
        """For every layer A = (1/N) Σ [a, 1][a, 1]ᵀ and S = (1/N) Σ s sᵀ, shapes (n+1, n+1) and (m, m).

        s_n is the reverse pass of a residual whose target the model draws, as in `fisher`: for the
        matching losses E[s sᵀ] belongs to G. Cost 2/3, and N (n + 1)² + N m² multiplications a layer.
        Derived in 12 §5. Martens & Grosse 2015, §3.
        """
        self._work[-1][:] = self._sampled_residual(rng)
        self._reverse()                                         # leaves s_n in its buffers
        return [(np.matmul(A.T, A) / self.N, np.matmul(s.T, s) / self.N) for A, s in zip(self._A, self._work[1:])]

    # --- what the products share

    def _tangent(self, v):
        """f1 along v; returns the buffer that holds J v."""
        float_array("v", v, self.theta.shape, self.theta.dtype)
        R_z, R_a, T = self._tangents
        passes.f1(self._W, self.net.blocks(v), self._A, self._S, R_z, R_a, T)
        return R_z[-1]

    def _reverse(self, v=None):
        """r1 from the δ_L that stands in the last of `_work`, plus l2·v where v is given."""
        out = np.empty_like(self.theta)
        passes.r1(self._W, self._A, self._S, self._work, self.net.blocks(out))
        return out if v is None else self.net.add_decay(self.l2, v, out)

    def _mean_residual(self, out):
        np.multiply(self.loss.residual(self.z, self.Y), 1 / self.N, out=out)

    def _sampled_residual(self, rng):
        return self.loss.residual(self.z, self.loss.sample(self.z, generator("rng", rng)))

    # --- kept between calls, made at the first need

    @cached_property
    def _D(self):
        """δ_l of the gradient (with the 1/N), for every layer."""
        D = self._buffers.layers("D")
        self._mean_residual(D[-1])
        passes.r1(self._W, self._A, self._S, D, self.net.blocks(self._weight_scratch))
        return D

    @cached_property
    def _tangents(self):
        return self._buffers.layers("R_z"), self._buffers.hidden("R_a"), self._buffers.layers("T")

    @cached_property
    def _work(self):
        return self._buffers.layers("work")

    @cached_property
    def _weight_scratch(self):
        return np.empty_like(self.theta)
