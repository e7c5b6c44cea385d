"""When a loop has come to its end: no step can be made, or none that lowers f can be seen."""

import numpy as np

PATIENCE = 3             # rejected steps in a row, before a loop asks whether f can be lowered at all


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
    """What the model promises for its best step along −g, without damping: ½ (gᵀg)² / gᵀG g; ∞ where no such number is known."""
    squares, curvature = float(g @ g), float(g @ G_g)
    return 0.5 * squares * (squares / curvature) if 0 < curvature < np.inf else np.inf


def cannot_be_lowered(promised, steepest, rounding):
    """The reason to end, where the step's promise and that along −g are both below the rounding of f; else None."""
    best = max(promised, steepest)
    if not 0 < promised <= best <= rounding:             # a step that promises nothing is no evidence, nor is NaN
        return None
    return (f"f can no longer be lowered in this precision: a step promises {best:.1e} at most, "
            f"and f is known to {rounding:.1e} only")
