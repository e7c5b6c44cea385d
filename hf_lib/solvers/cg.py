"""Preconditioned conjugate gradients with a full trace. Derived in notebook 07."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import daxpy, saxpy

from hf_lib._checks import count, float_array, number


@dataclass(frozen=True)
class CGResult:
    """What `cg` found, why it stopped, and its whole way there.

    Attributes
    ----------
    x : ndarray (n,)
        The last iterate: for "negative curvature" and "not finite" the last one before it.
    iterations : int
        Steps made, one product with A each. Beside these: one product for the first residual where
        x0 is given, and one for the step not made at "negative curvature" or "not finite".
    reason : str
        "residual below tolerance", "iteration limit", "negative curvature", "not finite",
        "lost in rounding" (rᵀM⁻¹r or pᵀ A p, which CG divides by, is not above 0, but may be so by
        underflow or rounding only), or the words of `stop`, such as "relative progress".
    phi : ndarray (iterations + 1,)
        φ(x_k) = ½ x_kᵀ A x_k − bᵀ x_k, float64, from x_0 on.
    residual_norms : ndarray (iterations + 1,)
        ‖r_k‖, float64, r_k by the recurrence r ← r − α A p. It equals ‖b − A x_k‖ but for rounding, and rounding
        adds up: r goes on to shrink where b − A x_k no longer does, so the true norm of the last iterate is
        one product more, ``norm(b - A @ x)``. 07 §9.
    iterates : tuple of ndarray
        The x_k that `keep` asked for; the last iterate is always the last entry.
    kept : tuple of int
        Their numbers k.
    direction : ndarray (n,) or None
        p with pᵀ A p ≤ 0, by more than rounding, where the reason is "negative curvature".
    """

    x: np.ndarray
    iterations: int
    reason: str
    phi: np.ndarray
    residual_norms: np.ndarray
    iterates: tuple
    kept: tuple
    direction: np.ndarray | None = None


@np.errstate(all="ignore")                                     # overflow and underflow are looked for, not warned of
def cg(A, b, x0=None, M=None, rtol=1e-6, max_iters=None, stop=None, keep=None):
    """Minimise φ(x) = ½ xᵀ A x − bᵀ x, that is, solve A x = b, for symmetric positive definite A.

    This differs from `scipy.sparse.linalg.cg` in: (1) it sees negative curvature, stops there and
    returns the direction; (2) it records φ and keeps copies of the iterates; (3) `stop` may judge
    by φ; (4) a preconditioner that is not positive is refused; (5) it says why it stopped.

    Parameters
    ----------
    A : callable, ndarray (n, n) or LinearOperator
        v → A v. A callable may return the same buffer at every call. An array is checked for
        symmetry; a callable is not: with an unsymmetric one the result means nothing.
    b : ndarray (n,), float32 or float64
    x0 : ndarray (n,), optional
        Where to start (a warm start); 0 if not given.
    M : ndarray (n,), callable or LinearOperator, optional
        The preconditioner: a vector is the diagonal of M itself, z = r / M; a callable or
        LinearOperator is r → M⁻¹ r.
    rtol : float
        Stop when ‖r‖ ≤ rtol·‖b‖, r as in `CGResult`, or where its square would underflow (1e-19 in float32).
    max_iters : int, optional
        At most so many iterations; 10 n if not given.
    stop : callable, optional
        ``stop(phi)`` gets φ(x_0), …, φ(x_k) and returns None to go on, or a reason in words.
    keep : callable, optional
        ``keep(k)`` says whether to keep a copy of x_k; without it all are kept.

    Returns
    -------
    CGResult

    Raises
    ------
    TypeError, ValueError
        If shapes or dtypes do not fit, an array A is not symmetric, M is not positive, or b or x0
        holds NaN or infinity.

    Notes
    -----
    Cost: one product with A an iteration (4/3 gradient for G), and one for x0.
    Hestenes & Stiefel 1952; preconditioned form: Martens 2010, §4.7.

    Examples
    --------
    >>> A = np.array([[4.0, 1.0], [1.0, 3.0]])
    >>> res = cg(A, np.array([1.0, 2.0]))
    >>> res.x.round(4), res.iterations, res.reason
    (array([0.0909, 0.6364]), 2, 'residual below tolerance')
    """
    float_array("b", b, (None,), finite=True)
    product = _product(A, b)
    precondition = _preconditioner(M, b)
    rtol = number("rtol", rtol, low=0)
    max_iters = 10 * b.size if max_iters is None else count("max_iters", max_iters, low=0)
    axpy = saxpy if b.dtype == np.float32 else daxpy           # axpy(p, x, a=α): x ← x + α p, in place

    if x0 is None:
        x, r = np.zeros_like(b), b.copy()
    else:
        x = float_array("x0", x0, b.shape, b.dtype, finite=True).copy()
        r = b - product(x)                                     # r_0 = b − A x_0
    z = precondition(r)
    p = z.copy()
    r_z = p_M_p = _inner(r, z)                                 # pᵀ M p: the square of p's length as M measures it
    tiny, eps = float(np.finfo(b.dtype).tiny), float(np.finfo(b.dtype).eps)
    tolerance = max(rtol * np.sqrt(_inner(b, b)), np.sqrt(tiny))

    x_next = np.empty_like(x)
    phi, norms = [_phi(x, b, r)], [np.sqrt(_inner(r, r))]
    iterates, kept = [], []
    direction, steepest = None, 0.0                            # steepest: the largest pᵀ A p / pᵀ M p so far
    k = 0
    while True:
        if keep is None or keep(k):
            iterates.append(x.copy())
            kept.append(k)
        reason = _reason(k, norms[-1], tolerance, max_iters, stop, phi)
        if reason:
            break
        if r_z <= 0:
            reason = "lost in rounding"
            break
        A_p = product(p)
        curvature = _inner(p, A_p)                             # pᵀ A p
        if not np.isfinite(curvature):
            reason = "not finite"
            break
        if curvature <= 0:
            rounding = max(eps * np.sqrt(b.size) * steepest * p_M_p, tiny)
            if -curvature < rounding and A_p.any():            # A may be positive definite all the same
                reason = "lost in rounding"
            else:
                reason, direction = "negative curvature", p.copy()
            break
        steepest = max(steepest, curvature / p_M_p)
        alpha = r_z / curvature                                # the minimum of φ along p
        np.multiply(p, alpha, out=x_next)
        x_next += x                                            # x + α p; x itself stays as it was
        r = axpy(A_p, r, a=-alpha)                             # r ← r − α A p
        value, norm = _phi(x_next, b, r), np.sqrt(_inner(r, r))
        if not (np.isfinite(value) and np.isfinite(norm)):
            reason = "not finite"
            break
        x, x_next = x_next, x
        k += 1
        phi.append(value)
        norms.append(norm)
        z = precondition(r)
        r_z, previous = _inner(r, z), r_z
        beta = r_z / previous
        p *= beta
        p += z                                                 # p ← z + β p
        p_M_p = r_z + beta * beta * p_M_p                      # for r_k is orthogonal to the p before
    if not kept or kept[-1] != k:
        iterates.append(x.copy())
        kept.append(k)
    return CGResult(x, k, reason, np.array(phi), np.array(norms), tuple(iterates), tuple(kept), direction)


def _reason(k, norm, tolerance, max_iters, stop, phi):
    """Why to stop at x_k, or None."""
    if not (np.isfinite(norm) and np.isfinite(phi[-1])):
        return "not finite"
    if norm <= tolerance:
        return "residual below tolerance"
    words = stop(phi) if stop is not None else None
    if words:
        return words
    return "iteration limit" if k >= max_iters else None


def _inner(x, y):
    return float(np.vdot(x, y))


def _phi(x, b, r):
    """½ xᵀ A x − bᵀ x = −½ xᵀ (b + r), since A x = b − r."""
    return -0.5 * (_inner(x, b) + _inner(x, r))


def _map(name, A):
    """v → A v, for a callable or for anything that has @."""
    if not (hasattr(A, "__matmul__") or callable(A)):
        raise TypeError(f"{name} must be a callable, an array or a LinearOperator, got {type(A).__name__}")
    return A.__matmul__ if hasattr(A, "__matmul__") else A


def _product(A, b):
    """v → A v with its answer checked."""
    if isinstance(A, np.ndarray):
        float_array("A", A, (b.size, b.size), b.dtype)
        if np.abs(A - A.T).max(initial=0) > 100 * np.finfo(A.dtype).eps * np.abs(A).max(initial=0):
            raise ValueError("A is not symmetric, expected a symmetric matrix")
    apply = _map("A", A)
    return lambda v: float_array("A(v)", apply(v), b.shape, b.dtype)


def _preconditioner(M, b):
    """r → M⁻¹ r, refused where it is not positive."""
    if M is None:
        return lambda r: r
    if isinstance(M, np.ndarray):
        float_array("M", M, b.shape, b.dtype, finite=True)
        if M.min(initial=np.inf) <= 0:
            raise ValueError(f"M has an entry {M.min()}, expected a diagonal with positive entries only")
        z = np.empty_like(b)
        return lambda r: np.divide(r, M, out=z)
    apply = _map("M", M)

    def checked(r):
        z = float_array("M(r)", apply(r), b.shape, b.dtype)
        r_z = _inner(r, z)
        if r_z <= 0 and r.any():
            z = z.copy()
            if (not z.any() and _inner(r, r) > 0) or r_z < -_rounding(apply, r, z):
                raise np.linalg.LinAlgError(f"rᵀM⁻¹r is {r_z}, expected a positive definite preconditioner M")
        return z
    return checked


def _rounding(apply, r, z):
    """How far rᵀM⁻¹r may be off: n ε ‖M⁻¹‖ ‖r‖², at least where products underflow.

    Where z = M⁻¹r is made of rounding it lies along the largest of M⁻¹, which one more application thus finds.
    """
    info, length = np.finfo(r.dtype), float(np.linalg.norm(z))
    norm = float(np.linalg.norm(apply(z / info.dtype.type(length)))) if length > 0 else 0.0
    return r.size * max(float(info.eps) * norm * float(np.linalg.norm(r)) ** 2, float(info.tiny))
