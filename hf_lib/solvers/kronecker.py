"""A block preconditioner of Kronecker products for CG. Derived in notebook 12 §5.

A layer's part of G is (1/N) Σ_n [a_n, 1][a_n, 1]ᵀ ⊗ s_n s_nᵀ, where s_n is the reverse pass of a
residual whose target the model drew. The mean of the product is taken for the product of the means:

    block of G + λI  ≈  (A + π√λ I) ⊗ (S + √λ/π I),   π² = (tr A / rows of A) / (tr S / rows of S)

and on the layer's (n + 1, m) part R of a vector the inverse is two small matrix products,
(A + π√λ I)⁻¹ R (S + √λ/π I)⁻¹. Martens & Grosse 2015, §3 and §6.3. Where CG converges, its answer is
the same with any M; where it is cut short, the step depends on M: from 0, the first iterate is −M⁻¹g
with the length that is best in the model.

A factor is known to about ε·tr, ε its dtype's precision. What is added to its diagonal is never less than a hundred
times that, or its inverse, and with it M, would be positive by luck only.
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

from hf_lib._checks import number


class KroneckerPreconditioner:
    """r → M⁻¹ r, to be given to `cg` as M.

    Parameters
    ----------
    net : MLP
    factors : sequence of (A, S)
        One pair a layer, from `Linearization.kronecker_factors`: (n + 1, n + 1) and (m, m).
    damping : float
        λ > 0, the one that CG's system has.

    Attributes
    ----------
    multiplications : int
        Of one application: Σ (n + 1)² m + (n + 1) m² over the layers.
    set_up : int
        Of the inverses: Σ (n + 1)³ + m³.

    Raises
    ------
    TypeError, ValueError
        If `damping` is not positive and finite.
    numpy.linalg.LinAlgError
        A ValueError too: if a factor with its damping is not positive definite, or holds NaN.
    """

    @np.errstate(all="ignore")                                   # overflow is looked for, not warned of
    def __init__(self, net, factors, damping):
        damping = number("damping", damping, low=0, open_low=True)
        self._blocks = net.blocks
        self._inverses = []
        self.multiplications = self.set_up = 0
        for A, S in factors:
            (n, m), dtype = (len(A), len(S)), A.dtype
            tiny = float(np.finfo(dtype).tiny)
            damping = max(damping, tiny / float(np.finfo(dtype).eps))                # M⁻¹ is about I / λ at most
            mean_A, mean_S = (max(np.trace(F) / len(F), tiny) for F in (A, S))
            pi = np.clip(np.sqrt(mean_A / mean_S), tiny ** 0.25, tiny ** -0.25)      # one of them may be 0
            self._inverses.append((_inverse(A, pi * np.sqrt(damping)), _inverse(S, np.sqrt(damping) / pi)))
            self.multiplications += n * n * m + n * m * m
            self.set_up += n**3 + m**3
        self._out = np.empty(net.size, dtype)
        self._half = [np.empty_like(block) for block in net.blocks(self._out)]

    def __call__(self, r):
        """M⁻¹ r, shape (d,): the same buffer at every call."""
        for (A, S), R, half, out in zip(self._inverses, self._blocks(r), self._half, self._blocks(self._out)):
            np.matmul(A, R, out=half)
            np.matmul(half, S, out=out)
        return self._out


def _inverse(F, damping):
    """(F + damping·I)⁻¹ by Cholesky in float64, in the dtype of F."""
    damped = F.astype(np.float64)
    damped[np.diag_indices(len(F))] += max(damping, 100 * np.finfo(F.dtype).eps * np.trace(damped))
    root, failed = dpotrf(damped, lower=1)
    if failed or not np.isfinite(root).all():
        raise np.linalg.LinAlgError(f"a Kronecker factor with {damping:g} on its diagonal is not positive definite")
    inverse, _ = dpotri(root, lower=1)                       # fills the lower triangle only
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    return inverse.astype(F.dtype)
