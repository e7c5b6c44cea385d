"""v ↦ B v + λ v as SciPy's LinearOperator, for whatever product B v. Derived in notebook 08 §2."""

import numpy as np
from scipy.linalg.blas import daxpy, saxpy
from scipy.sparse.linalg import LinearOperator


def add(lam, v, out):
    """out + λ v, in place and without a change of dtype."""
    return (saxpy if out.dtype == np.float32 else daxpy)(v, out, a=lam)


def symmetric_operator(product, theta):
    """The (d, d) matrix behind a symmetric `product` (d,) → (d,), of θ's size and dtype."""
    def matvec(v):
        return product(v.ravel())                                # SciPy may hand over a column (d, 1)
    return LinearOperator((theta.size, theta.size), matvec=matvec, rmatvec=matvec, dtype=theta.dtype)
