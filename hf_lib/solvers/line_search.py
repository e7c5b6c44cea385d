"""Line searches along a descent direction. Derived in notebook 03 §5 (Armijo), §8 (Wolfe) and 10 §6."""

from dataclasses import dataclass
from math import inf, isfinite, nan

from hf_lib._checks import count, number


@dataclass(frozen=True)
class LineSearchResult:
    """Step size found, f there, evaluations made, and why the search stopped.

    Attributes
    ----------
    step : float
        α; 0 where no step was good enough.
    value : float
        f(θ + α p), or f(θ) where α = 0.
    evaluations : int
        Calls of the function.
    reason : str
        "sufficient decrease", "Wolfe conditions", "try limit" or "not a descent direction".
    """

    step: float
    value: float
    evaluations: int
    reason: str


def armijo(along, f0, slope, c=1e-2, shrink=0.8, max_tries=60, first=None):
    """Backtracking: the first α in 1, shrink, shrink², … with f(θ + αp) ≤ f(θ) + c·α·slope, and < f(θ).

    The second condition is the first one's own, save for rounding: c·α·slope may be too small to be seen beside f.

    Parameters
    ----------
    along : callable
        α → f(θ + α p).
    f0, slope : float
        f(θ), and ∇f(θ)ᵀp, which must be negative.
    c, shrink : float
        c in [0, 1], shrink in (0, 1]; the defaults are those of Martens' published code.
    max_tries : int
        Give up, with α = 0, after so many values of α.
    first : float, optional
        f(θ + p), where it is known already; saves one evaluation.

    Returns
    -------
    LineSearchResult

    Examples
    --------
    >>> found = armijo(lambda a: (a - 0.25) ** 2, f0=0.0625, slope=-0.5, c=0.5, shrink=0.5)
    >>> found.step, found.evaluations, found.reason
    (0.25, 3, 'sufficient decrease')
    """
    c = number("c", c, low=0, high=1)
    shrink = number("shrink", shrink, low=0, high=1, open_low=True)
    count("max_tries", max_tries)
    f0, slope = float(f0), float(slope)                          # and α is a Python float: none promotes a float32 p
    if not slope < 0:
        return LineSearchResult(0.0, f0, 0, "not a descent direction")
    step, evaluations = 1.0, 0
    for attempt in range(max_tries):
        if attempt == 0 and first is not None:
            value = float(first)
        else:
            value = float(along(step))
            evaluations += 1
        if isfinite(value) and value < f0 and value <= f0 + c * step * slope:
            return LineSearchResult(step, value, evaluations, "sufficient decrease")
        step *= shrink
    return LineSearchResult(0.0, f0, evaluations, "try limit")


def wolfe(along, slope_along, f0, slope, c1=1e-4, c2=0.9, max_tries=60):
    """Bisection for the weak Wolfe conditions: enough decrease, and a slope that has flattened.

    f(θ + αp) ≤ f(θ) + c1·α·slope and < f(θ), and ∇f(θ + αp)ᵀp ≥ c2·slope. The last forbids steps that
    are needlessly short. Whenever the interval is too long the search halves it, and while no
    upper end is known it doubles α.

    Parameters
    ----------
    along, slope_along : callable
        α → f(θ + α p), and α → ∇f(θ + α p)ᵀp.
    f0, slope : float
        f(θ), and ∇f(θ)ᵀp, which must be negative.
    c1, c2 : float
        0 < c1 < c2 < 1.

    Raises
    ------
    ValueError
        If not 0 < c1 < c2 < 1.

    Examples
    --------
    >>> wolfe(lambda a: (a - 4) ** 2, lambda a: 2 * (a - 4), f0=16.0, slope=-8.0, c2=0.5).step
    2.0
    """
    if not 0 < c1 < c2 < 1:
        raise ValueError(f"c1 is {c1} and c2 is {c2}, expected 0 < c1 < c2 < 1")
    count("max_tries", max_tries)
    f0, slope = float(f0), float(slope)
    if not slope < 0:
        return LineSearchResult(0.0, f0, 0, "not a descent direction")
    low, high, step = 0.0, inf, 1.0
    for attempt in range(1, max_tries + 1):
        value = float(along(step))
        enough = isfinite(value) and value < f0 and value <= f0 + c1 * step * slope
        here = slope_along(step) if enough else nan
        if here >= c2 * slope:
            return LineSearchResult(step, value, attempt, "Wolfe conditions")
        if here < c2 * slope:
            low = step                                           # still steep: too near
        else:
            high = step                                          # too far, or not finite
        step = 2 * low if high == inf else (low + high) / 2
    return LineSearchResult(0.0, f0, max_tries, "try limit")
