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
        return f"the square of the gradient's norm underflows {g.dtype} before step {k}"
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
    if not np.isfinite(moved).all():
        return np.nan                                    # not known at all
    return max(np.finfo(theta.dtype).eps * abs(f), np.abs(moved - f).max(initial=0.0))


def unseen(promised, g, G_g, lam, rounding):
    """The reason to end, where f cannot show what the step promises: f is lowest, or λ far too large; else None.

    The step is judged together with the best one along −g, which promises ½ (gᵀg)² / gᵀG g: CG's may be small
    for other reasons.

    Parameters
    ----------
    promised : float
        The predicted reduction of the step.
    g, G_g : ndarray (d,)
        The gradient and G g.
    lam : float
        The step's λ.
    rounding : float
        How far f moves by rounding alone.
    """
    squares, curvature = float(g @ g), float(g @ G_g)
    if not (0 < promised <= rounding and 0 < curvature < np.inf):     # no promise is no evidence, nor is NaN
        return None
    steepest, damped = (0.5 * squares * (squares / (curvature + add * squares)) for add in (0.0, lam))
    known = f"and f is known to {rounding:.1e} only"
    if steepest <= rounding:
        return f"f can no longer be lowered in this precision: a step promises {max(promised, steepest):.1e}, {known}"
    if damped <= rounding:
        return f"λ = {lam:.1e} is too large for this precision: a step promises {promised:.1e}, {known}"
    return None
