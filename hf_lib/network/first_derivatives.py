"""A network at θ to first order: one forward pass kept, and what tangents and reverse passes make of it.

J v goes forwards, along v (f1); Jᵀ u comes back, from the outputs (r1). Of them are made ∇f, and two means
over the examples that preconditioners are built from. Derived in notebooks 05 §4, 06 §3, 10 §4 and 12 §5.
"""

from functools import cached_property

import numpy as np

from hf_lib._checks import float_array, generator

from . import passes


class FirstDerivatives:
    """f, ∇f, J v and Jᵀ u at one θ: what a `Linearization` has before any curvature, and how it is built."""

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

    def kronecker_factors(self, rng):
        """For every layer A = (1/N) Σ [a, 1][a, 1]ᵀ and S = (1/N) Σ s sᵀ, shapes (n+1, n+1) and (m, m).

        s_n is the reverse pass of a residual whose target the model draws, as in `fisher`: for the
        matching losses E[s sᵀ] belongs to G. Cost 2/3, and N (n + 1)² + N m² multiplications a layer.
        Derived in 12 §5. Martens & Grosse 2015, §3.
        """
        self._reverse(self._sampled_residual(rng), None)         # leaves s_n in its buffers
        return [(np.matmul(A.T, A) / self.N, np.matmul(s.T, s) / self.N) for A, s in zip(self._A, self._work[1:])]

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
    def _D(self):
        """δ_l of the gradient (with the 1/N), for every layer."""
        D = self._layer_buffers()
        D[-1][:] = self._mean_residual()
        passes.r1(self._W, self._A, self._S, D, self.net.blocks(np.empty_like(self.theta)))
        return D

    @cached_property
    def _tangents(self):
        return self._layer_buffers(), self._layer_buffers(), self._layer_buffers()

    @cached_property
    def _work(self):
        return self._layer_buffers()

    def _layer_buffers(self):
        return [None] + [np.empty((self.N, n), self.theta.dtype) for n in self.net.sizes[1:]]


def _with_ones(N, n, dtype):
    A = np.empty((N, n + 1), dtype)
    A[:, -1] = 1
    return A
