"""Matrices from every single residual's gradient: J, J Jᵀ, the diagonal of Jᵀ J, Kronecker factors. Notebook 13 §3–6.

A reverse pass that starts with 1 at every residual leaves, for each point n and channel c, the adjoint δ_nc of what a
layer's matrix put out. Beside the a_nc that went in, row n of J is Σ_c a_nc δ_ncᵀ for each layer, with a 1 for the
bias in the value's channel. All that follows is made of these pairs, and no second pass is needed.

========================  ====================================  =========================================
matrix                    shape                                 multiplications beside the reverse pass
========================  ====================================  =========================================
``jacobian()``            (N, d)                                channels × N d
``gram()``                (N, N)                                channels² × N² (n + m) a layer
``squared_gradients()``   (d,)                                  channels × N d
``kronecker_factors()``   (n + 1, n + 1), (m, m) a layer        channels × N (n² + m²) a layer
========================  ====================================  =========================================
"""

import numpy as np

from hf_lib._checks import number

from .overflow import quietly
from .residuals import Residuals

CHUNK = 64       # points at a time for a Jacobian whose rows are not kept


class ResidualLinearization(Residuals):
    """The residuals at one θ with all products and matrices. Build it with ``problem.linearize(theta)``."""

    @quietly
    def jacobian(self):
        """J, shape (N, d): row n is ∇r_n. Cost 2/3, and N d numbers to write."""
        J = np.empty((self.N, self.theta.size), self.theta.dtype)
        inside, start = self.problem.channels.interior, 0
        for A, D in self._inputs_and_adjoints():
            n, m = A[0].shape[-1], D[0].shape[1]
            block = J[:, start:start + (n + 1) * m].reshape(self.N, n + 1, m)       # a view: each row's [W; b]
            start += (n + 1) * m
            np.multiply(A[0][:, :, None], D[0][:, None], out=block[:, :-1])         # the value's a δᵀ
            block[:, -1] = D[0]
            if A[1].ndim == 1:
                for a, delta in zip(A[1:], D[1:]):
                    block[:inside, np.argmax(a)] += delta                               # a is a unit vector
            else:
                left, right = np.stack(A[1:], axis=2), np.stack(D[1:], axis=1)      # (N_i, n, c), (N_i, c, m)
                block[:inside, :-1] += np.matmul(left, right)
        return J

    @quietly
    def gram(self, weights=1.0, biases=1.0):
        """J E Jᵀ, shape (N, N), where the diagonal E is `weights` at each weight and `biases` at each bias.

        Entry (n, k) is Σ a_ncᵀ a_ke · δ_ncᵀ δ_ke over all pairs of channels c, e: J itself is never there,
        which is less work, and much less memory, where a layer's n m is larger than channels·(n + m).

        Raises
        ------
        TypeError, ValueError
            If a factor is not positive and finite.
        """
        weights, biases = (number(name, e, low=0, open_low=True) for name, e in
                           (("weights", weights), ("biases", biases)))
        total = np.zeros((self.N, self.N), self.theta.dtype)
        for A, D in self._inputs_and_adjoints():
            for c in range(len(A)):
                for e in range(c + 1):
                    inputs = _inner(A[c], A[e])
                    if np.ndim(inputs) == 0 and inputs == 0:
                        continue                                                    # two unit vectors
                    part = weights * inputs
                    if c == 0:
                        part += biases
                    part = part * (D[c] @ D[e].T)
                    total[:len(D[c]), :len(D[e])] += part
                    if c != e:
                        total[:len(D[e]), :len(D[c])] += part.T
        return total

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

    @quietly
    def kronecker_factors(self, rng=None):
        """For every layer A and S with A ⊗ S ≈ its block of JᵀJ, shapes (n+1, n+1) and (m, m). Cost 2/3.

        One pair a layer, shared by all pairs (a, δ): of every channel inside, and of the value on the border.
        S = Σ δ δᵀ (r's weights are in δ) and A is the mean of [a, 1][a, 1]ᵀ, with 0 for the 1 in all channels but
        the value's. `rng` is not used: r's own curvature is 1, no target has to be drawn.
        Dangel et al. 2024 (there one pair for the inside and one for the border).
        """
        factors = []
        for A, D in self._inputs_and_adjoints():
            n = A[0].shape[-1]
            M, rows = np.zeros((n + 1, n + 1), self.theta.dtype), 0
            for a, delta in zip(A, D):
                M[:-1, :-1] += a.T @ a if a.ndim == 2 else len(delta) * np.outer(a, a)
                rows += len(delta)
            M[-1, :-1] = M[:-1, -1] = A[0].sum(axis=0)
            M[-1, -1] = self.N
            factors.append((M / rows, sum(delta.T @ delta for delta in D)))
        return factors

    def _inputs_and_adjoints(self):
        """Layer by layer the lists [a_c] and [δ_c] over channels: the value (N, ·) first, the others (N_i, ·).

        At the first layer the other a_c are one unit vector (n,) for all points.
        """
        fill = self._fill(np.ones_like(self.residual))
        for A, Z_bar in self._network.inputs_and_adjoints(fill):
            if A is None:
                units = np.eye(self.net.sizes[0], dtype=self.theta.dtype)[self.problem.channels.coordinates]
                yield [self.problem.X, *units], [Z_bar.value, *Z_bar.slopes]
            else:
                yield [A.value, A.laplacian, *A.slopes], [Z_bar.value, Z_bar.laplacian, *Z_bar.slopes]


def _inner(a, b):
    """aᵀb for every pair of rows; a unit vector stands for as many equal rows as needed."""
    if a.ndim == b.ndim == 1:
        return float(a @ b)
    if a.ndim == 1:
        return (b @ a)[None]
    return a @ b.T
