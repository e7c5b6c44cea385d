"""A recurrent network linearised at θ: one forward pass through time kept, and its products. Derived in notebook 16.

====================  ==============================================  ==============  ========
product               formula                                         passes          cost
====================  ==============================================  ==============  ========
``jvp(v)``            J v                                             f1              2/3
``vjp(u)``            Jᵀ u                                            r1              2/3
``ggn(v)``            G v = (1/N) Σ_t Jᵀ m_t H_L J v                  f1, r1          4/3
``damped(v, lam)``    G v + λ v + (µ λ / N) Σ_t J_{s_t}ᵀ M_t J_{s_t} v  f1, r1        4/3
``hessian(v)``        ∇²f v                                           f1, r2          2
====================  ==============================================  ==============  ========

Costs are in gradient-equivalents on the same sequences. l2·v is added at the weights.
M_t = diag(act'(s_t)) / 4 weighs the change of the hidden state, see `SequenceProblem`.
"""

from functools import cached_property
from weakref import finalize

import numpy as np

from hf_lib._checks import choice, float_array, number

from . import time_passes
from .operators import add, symmetric_operator
from .overflow import quietly


class TimeBuffers:
    """The arrays of the passes for N sequences of T steps. Memory is taken where one is first written to."""

    def __init__(self, net, T, N, dtype):
        hidden, out = ([np.empty((T, N, units), dtype) for _ in range(5)] for units in (net.n_hidden, net.n_out))
        self.S, self.R_S, self.D, self.work, self.scratch = hidden
        self.z, self.R_z, self.T_z, self.D_z, self.U_z = out
        self.H, self.R_H = np.empty((2, T + 1, N, net.n_hidden), dtype)
        self.T = np.empty((N, net.n_hidden), dtype)


class SequenceLinearization:
    """f and its derivatives at one θ. Build it with ``problem.linearize(theta)``.

    Every result is a fresh array of θ's dtype; the passes' arrays serve the problem's next linearisation.

    Parameters
    ----------
    problem : SequenceProblem
    theta : ndarray (d,)

    Attributes
    ----------
    theta : ndarray (d,)
        A copy.
    z : ndarray (N, T, n_out)
        The network's outputs.
    N : int
        Sequences.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype of a v or u given to a product does not fit.
    """

    @quietly
    def __init__(self, problem, theta):
        self.problem, self.net, self.N = problem, problem.net, problem.N
        self.theta = theta.copy()
        self._W = self.net.parts(self.theta)
        free = problem.free_buffers
        self._a = free.pop() if free else TimeBuffers(self.net, *problem.weights.shape, theta.dtype)
        finalize(self, free.append, self._a).atexit = False
        time_passes.f0(self._W, self.net.activation, problem.inputs, self._a.H, self._a.S, self._a.z)

    @cached_property
    def z(self):
        """A copy in the order of X: sequences first."""
        return self._a.z.swapaxes(0, 1).copy()

    @cached_property
    @quietly
    def value(self):
        """f(θ), a float."""
        return self.problem.objective(self._a.z, self.theta)

    @quietly
    def gradient(self):
        """∇f(θ), shape (d,). Cost 2/3 (with the forward pass: 1)."""
        return self.net.add_decay(self.problem.l2, self.theta, self._reverse(self._residual, self._a.work))

    @quietly
    def jvp(self, v):
        """J v, shape (N, T, n_out): how each output moves along v. Cost 2/3."""
        return self._tangent(v).swapaxes(0, 1).copy()

    @quietly
    def vjp(self, u):
        """Jᵀ u = Σ_n Σ_t J_{n,t}ᵀ u_{n,t}, shape (d,): no 1/N, no mask, no l2. Cost 2/3."""
        steps, N, n_out = self._a.z.shape
        float_array("u", u, (N, steps, n_out), self.theta.dtype)
        self._a.U_z[:] = u.swapaxes(0, 1)
        return self._reverse(self._a.U_z, self._a.work)

    @quietly
    def ggn(self, v):
        """G v, shape (d,): no damping of any kind. Cost 4/3. Schraudolph 2002, §3."""
        return self.net.add_decay(self.problem.l2, v, self._reverse(self._curved(v), self._a.work))

    @quietly
    def damped(self, v, lam):
        """B v = G v + λ v + the structural damping, shape (d,): what CG has to solve with. Cost 4/3.

        The structural term costs one line in the reverse pass: R{h_t} is there from the forward one.

        Parameters
        ----------
        v : ndarray (d,)
        lam : float
            λ ≥ 0.
        """
        lam, mu = number("lam", lam, low=0), self.problem.structural
        pull = (0.25 * mu * lam / self.N, self._a.R_H) if mu else None       # M_t R{s_t} = R{h_t} / 4
        out = self._reverse(self._curved(v), self._a.work, pull)
        return add(lam, v, self.net.add_decay(self.problem.l2, v, out))

    @quietly
    def hessian(self, v):
        """H v = ∇²f(θ) v, shape (d,). Cost 2, and a gradient at the first call. Pearlmutter 1994."""
        a, D_z = self._a, self._residual
        u, out = self._curved(v), np.empty_like(self.theta)
        D, B = self._adjoints
        time_passes.r2(self._W, self.net.parts(v), self.problem.inputs, a.H, a.S, a.R_S, a.R_H, D_z, D, B,
                       u, a.work, self.net.parts(out), a.scratch, self._scratch)
        return self.net.add_decay(self.problem.l2, v, out)

    @quietly
    def squared_gradients(self):
        """(1/N) Σ_n g_n ∘ g_n, shape (d,), g_n the gradient of sequence n's loss, without l2. Cost 4/3.

        A weight acts at every step, so g_n is a sum over t, squared afterwards: for W_hh one product of (n_hidden, T)
        with (T, n_hidden) for each sequence, as many multiplications as the gradient makes.
        """
        X, H, D, D_z = self.problem.inputs, self._a.H, self._adjoints[0], self._residual
        out = np.zeros_like(self.theta)
        of, one = self.net.parts(out), self._scratch
        for n in range(self.N):
            for A, delta, g, total in ((X, D, one.W_vh, of.W_vh), (H[:-1], D, one.W_hh, of.W_hh),
                                       (H[1:], D_z, one.W_ho, of.W_ho)):
                np.matmul(A[:, n].T, delta[:, n], out=g)             # Σ_t aᵀ δ
                total += np.square(g, out=g)
        if of.b_h is not None:
            np.sum(np.square(D.sum(axis=0)), axis=0, out=of.b_h)
            np.sum(np.square(D_z.sum(axis=0)), axis=0, out=of.b_o)
        np.sum(np.square(D[0] @ self._W.W_hh.T), axis=0, out=of.h_0)
        out *= self.N                                                # each δ carries 1/N
        return out

    def operator(self, kind="ggn", damping=0.0):
        """A (d, d) matrix as a `scipy.sparse.linalg.LinearOperator`.

        Parameters
        ----------
        kind : {"ggn", "hessian", "damped"}
            G + λI, ∇²f + λI, or G + λI with the structural damping.
        damping : float
            λ ≥ 0.

        Raises
        ------
        TypeError, ValueError
            If `kind` is unknown, or `damping` negative or not finite.
        """
        choice("kind", kind, ("ggn", "hessian", "damped"))
        damping = number("damping", damping, low=0)
        if kind == "damped":
            return symmetric_operator(lambda v: self.damped(v, damping), self.theta)
        product = getattr(self, kind)
        return symmetric_operator(lambda v: add(damping, v, product(v)), self.theta)

    # --- what the products share

    def _tangent(self, v):
        """f1 along v; returns the buffer that holds J v, (T, N, n_out)."""
        float_array("v", v, self.theta.shape, self.theta.dtype)
        a = self._a
        time_passes.f1(self._W, self.net.parts(np.ascontiguousarray(v)), self.problem.inputs, a.H, a.S, a.R_S, a.R_H,
                       a.R_z, a.T_z)
        return a.R_z

    def _curved(self, v):
        """v → J v → m H_L J v / N, in J v's buffer."""
        u = self._tangent(v)
        self._H_L(u.reshape(-1, u.shape[-1]))
        u *= self.problem.shares
        return u

    def _reverse(self, D_z, D, pull=None):
        out = np.empty_like(self.theta)
        time_passes.r1(self._W, self.problem.inputs, self._a.H, self._a.S, D_z, D, self.net.parts(out), self._a.T, pull)
        return out

    # --- kept between calls, made at the first need

    @cached_property
    def _H_L(self):
        return self.problem.loss.hessian_operator(*self.problem.rows(self._a.z))

    @cached_property
    def _residual(self):
        """∂f/∂z_t with mask and 1/N, (T, N, n_out)."""
        D_z = self.problem.loss.residual(*self.problem.rows(self._a.z)).reshape(self._a.z.shape)
        return np.multiply(D_z, self.problem.shares, out=self._a.D_z)

    @cached_property
    def _adjoints(self):
        """∂f/∂s_t of the gradient, and act''(s_t) ∘ ∂f/∂h or None, for every step."""
        a, bend, D = self._a, self.net.activation.bend, self._a.D
        self._reverse(self._residual, D)
        if bend is None:
            return D, None
        adjoint = self._residual @ self._W.W_ho.T
        adjoint[:-1] += D[1:] @ self._W.W_hh.T                       # ∂f/∂h
        return D, np.multiply(bend(a.H[1:], a.S), adjoint, out=adjoint)

    @cached_property
    def _scratch(self):
        return self.net.parts(np.empty_like(self.theta))
