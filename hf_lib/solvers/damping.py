"""Reduction ratio and the Levenberg–Marquardt rule. Derived in notebook 08 §3–4."""

import sys

import numpy as np

from hf_lib._checks import number


def predicted_reduction(g, p, B_p):
    """q(0) − q(p) = −(gᵀp + ½ pᵀB p): what the quadratic model promises for the step p.

    Parameters
    ----------
    g : ndarray (d,)
        Gradient at θ.
    p : ndarray (d,)
        The step *as it is added*, θ → θ + p. With p = −v the first term is +gᵀv, the second −½ vᵀBv.
    B_p : ndarray (d,)
        B p: with B = G the ratio leaves the damping out, with B = G + λI it is in.
    """
    with np.errstate(all="ignore"):          # an overflow shows in the value
        return -(float(g @ p) + 0.5 * float(p @ B_p))


def reduction_ratio(actual, predicted):
    """ρ = actual / predicted reduction; −∞ where the model promised none, or the loss is not finite.

    ρ = 1 on an exact quadratic. Martens 2010, §4.1.

    Examples
    --------
    >>> reduction_ratio(actual=0.5, predicted=1.0), reduction_ratio(actual=0.5, predicted=-1.0)
    (0.5, -inf)
    """
    if not predicted > 0 or not abs(actual) < float("inf"):
        return -float("inf")
    return float(actual / predicted)


def levenberg_marquardt(damping, rho, factor=1.5, low=0.25, high=0.75):
    """The next λ: λ·factor where ρ < low, λ/factor where ρ > high, else λ.

    Martens 2010, §4.1, with factor 3/2. The result is a Python float, so it leaves a float32 vector what it
    is; a λ above 0 neither overflows nor becomes 0.

    Raises
    ------
    TypeError, ValueError
        If the damping is negative or the factor is not above 1.

    Examples
    --------
    >>> levenberg_marquardt(3.0, rho=0.1), levenberg_marquardt(3.0, rho=0.5), levenberg_marquardt(3.0, rho=0.9)
    (4.5, 3.0, 2.0)
    """
    damping = number("damping", damping, low=0)
    factor = number("factor", factor, low=1, open_low=True)
    if not rho >= low:                       # NaN too counts as a bad step
        return min(damping * factor, sys.float_info.max)
    if rho > high:
        return max(damping / factor, min(damping, sys.float_info.min))
    return damping
