"""When a loop has come to its end: no step can be made, or none that lowers f can be seen."""

import numpy as np

PATIENCE = 3             # rejected steps in a row: then CG starts at 0, and the loop asks whether f can be lowered


def no_step(k, f, g, norm, whole):
    """Why step k cannot be made where f and its gradient are these; None where it can.

    Parameters
    ----------
    k : int
    f, norm : float
        f and ‖g‖.
    g : ndarray (d,)
    whole : bool
        Whether f is the mean over all data: on a mini-batch the next one may have a gradient again.
    """
    if not np.isfinite(f) or not (np.isfinite(norm) or np.isfinite(g).all()):
        return f"loss or gradient is not finite before step {k}"
    if not np.isfinite(norm):                            # CG begins with ‖g‖²
        return f"the square of the gradient's norm overflows {g.dtype} before step {k}"
    if whole and not g.any():
        return "gradient is zero"
    if whole and norm <= np.sqrt(np.finfo(g.dtype).tiny):
        return f"the square of the gradient's norm underflows {g.dtype}"
    return None


def rounding_of(f, evaluate, theta):
    """How far f moves when every θ_i moves to a neighbouring number: f is not known better than that.

    Of θ's neighbours it takes four: all up, all down, and each second one the other way. This finds what ε·|f|
    misses: the mean of (z − y)² is known to about ε·mean |z|·|z − y| only. Cost 4/3.

    Parameters
    ----------
    f : float
        f(θ).
    evaluate : callable
        p → f(θ + p).
    theta : ndarray (d,)
    """
    up, down = (np.nextafter(theta, theta.dtype.type(end)) - theta for end in (np.inf, -np.inf))
    odd = np.arange(theta.size) % 2 == 1
    moved = np.array([evaluate(p) for p in (up, down, np.where(odd, up, down), np.where(odd, down, up))])
    moved = moved[np.isfinite(moved)]
    return max(np.finfo(theta.dtype).eps * abs(f), np.abs(moved - f).max(initial=0.0))


def steepest_promise(g, G_g):
    """What the undamped model promises for its best step along −g: ½ (gᵀg)² / gᵀG g; ∞ where that is no number."""
    squares, curvature = float(g @ g), float(g @ G_g)
    return 0.5 * squares * (squares / curvature) if 0 < curvature < np.inf else np.inf


def unseen(promised, steepest, rounding, lam):
    """The reason to end, where f cannot show what the step promises: f is lowest, or λ far too large; else None.

    Parameters
    ----------
    promised, steepest : float
        The predicted reductions of the step, and of the best step along −g.
    rounding : float
        How far f moves by rounding alone.
    lam : float
        The step's λ.
    """
    if not 0 < promised <= rounding:                     # a step that promises nothing is no evidence, nor is NaN
        return None
    known = f"and f is known to {rounding:.1e} only"
    if steepest <= rounding:
        return f"f can no longer be lowered in this precision: a step promises {max(promised, steepest):.1e}, {known}"
    if 10 * rounding < steepest < np.inf:
        return f"λ = {lam:.1e} is too large for this precision: a step promises {promised:.1e}, {known}"
    return None
