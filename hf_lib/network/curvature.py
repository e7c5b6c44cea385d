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

from hf_lib._checks import choice, number

from . import passes
from .first_derivatives import FirstDerivatives
from .operators import add, symmetric_operator
from .overflow import quietly


class Linearization(FirstDerivatives):
    """f and its derivatives at one θ. Build it with ``problem.linearize(theta)``.

    Every result is a fresh array of θ's dtype. The passes' arrays are made once and used again; those of a
    linearisation that is no longer alive serve the problem's next one.

    Parameters
    ----------
    net : MLP
    loss : Loss
    X : ndarray (N, n_in)
    Y : ndarray (N, n_out)
    theta : ndarray (d,)
    l2 : float
        Weight decay: f gains ½·l2·‖weights‖², biases free.
    shelf : list, optional
        Where a problem keeps arrays between its linearisations.

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

    @quietly
    def ggn(self, v):
        """G v = (1/N) Jᵀ H_L J v + l2·v, shape (d,). Cost 4/3. Derived in 04 §2, 06 §4.

        Schraudolph 2002, §3; Martens 2010, §4.2. Positive semidefinite for the matching losses.
        """
        u = self._H_L(self._tangent(v))                         # v → J v → H_L J v
        np.multiply(u, 1 / self.N, out=self._work[-1])
        return self._reverse(v)                                 # → Jᵀ H_L J v

    @quietly
    def hessian(self, v):
        """H v = ∇²f(θ) v, shape (d,). Cost 2, and a gradient at the first call. Derived in 06 §5.

        Pearlmutter 1994. At a ReLU's kink act'' counts as 0.
        """
        u = self._H_L(self._tangent(v))
        D, B = self._D, self._B
        R_z, R_a, T = self._tangents
        R_D = self._work
        np.multiply(u, 1 / self.N, out=R_D[-1])                 # R{δ_L} = (1/N) H_L J v
        out = np.empty_like(self.theta)
        passes.r2(self._W, self.net.blocks(v), self._A, self._S, R_z, R_a, D, B,
                  R_D, T, self.net.blocks(out), [block[:-1] for block in self.net.blocks(self._weight_scratch)])
        return self.net.add_decay(self.l2, v, out)

    @quietly
    def fisher(self, v, rng):
        """F̂ v with one target drawn from the model for each example, shape (d,). Cost 4/3.

        E[F̂] = G for the matching losses. Every call draws anew; `operator("fisher")` draws once.
        Derived in 14 §4. Martens 2020.
        """
        return self._outer_product(self._sampled_residual(rng), v)

    @quietly
    def empirical_fisher(self, v):
        """(1/N) Σ_n g_n g_nᵀ v + l2·v with g_n = J_nᵀ r_n, shape (d,). Cost 4/3. Derived in 14 §6."""
        return self._outer_product(self.loss.residual(self.z, self.Y), v)

    def operator(self, kind="ggn", damping=0.0, rng=None):
        """The (d, d) matrix B + damping·I as a `scipy.sparse.linalg.LinearOperator`.

        Parameters
        ----------
        kind : {"ggn", "hessian", "fisher", "empirical_fisher"}
            For "fisher" the targets are drawn here, once, from `rng`.
        damping : float
            λ ≥ 0. Derived in 08 §2.

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
        return symmetric_operator(lambda v: add(damping, v, product(v)), self.theta)     # B v + λ v

    def _outer_product(self, residual, v):
        """(1/N) Σ_n J_nᵀ r_n (r_nᵀ J_n v) + l2·v."""
        along = np.einsum("nj,nj->n", residual, self._tangent(v))   # r_nᵀ J_n v, (N,)
        np.multiply(residual, (along / self.N)[:, None], out=self._work[-1])
        return self._reverse(v)

    # --- kept between calls, made at the first need

    @cached_property
    def _H_L(self):
        return self.loss.hessian_operator(self.z, self.Y)

    @cached_property
    def _B(self):
        """act''(z_l) ∘ ∂f/∂a_l for every layer, None where act'' = 0."""
        B = [None] * len(self.net.sizes)
        for l, act in enumerate(self.net.activations, start=1):
            if act.bend is not None:
                adjoint = self._D[l + 1] @ self._W[l][:-1].T        # ∂f/∂a_l, (N, n_l)
                B[l] = act.bend(self._A[l][:, :-1], self._S[l]) * adjoint
        return B
