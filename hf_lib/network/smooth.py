"""Three derivatives of a smooth activation. Derived in notebook 13 §2.

The Laplacian of a network needs act'' on the way forwards, so its tangent and its reverse need act'''.
Each is written through the ones before it, so that one tanh or exp serves all four.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .activations import sigmoid


@dataclass(frozen=True)
class Smooth:
    """act and its first three derivatives, entry by entry.

    Attributes
    ----------
    first : callable
        ``first(z, out)`` writes a = act(z) to `out` and returns s = act'(z), a new array.
    second : callable
        ``second(a, s)`` is t = act''(z).
    third : callable
        ``third(a, s, t)`` is act'''(z).
    """

    first: Callable
    second: Callable
    third: Callable


def _tanh(z, out):
    np.tanh(z, out=out)
    s = out * out
    return np.subtract(1, s, out=s)                      # 1 − a²


def _sigmoid(z, out):
    sigmoid(z, out=out)
    s = 1 - out
    s *= out                                             # a (1 − a)
    return s


def _softplus(z, out):
    s = sigmoid(z)
    np.logaddexp(z, 0, out=out)                          # log(1 + e^z), without overflow
    return s


def _sin(z, out):
    s = np.cos(z)
    np.sin(z, out=out)
    return s


def _linear(z, out):
    out[...] = z
    return np.ones_like(z)


SMOOTH = {
    "tanh": Smooth(_tanh, lambda a, s: -2 * a * s, lambda a, s, t: -2 * (s * s + a * t)),
    "sigmoid": Smooth(_sigmoid, lambda a, s: s * (1 - 2 * a), lambda a, s, t: s * (1 - 6 * s)),
    "softplus": Smooth(_softplus, lambda a, s: s * (1 - s), lambda a, s, t: t * (1 - 2 * s)),
    "sin": Smooth(_sin, lambda a, s: -a, lambda a, s, t: -s),
    "linear": Smooth(_linear, lambda a, s: np.zeros_like(a), lambda a, s, t: np.zeros_like(a)),
}


def smooth(name):
    """The `Smooth` called `name`: tanh, sigmoid, softplus, sin or linear.

    Raises
    ------
    ValueError
        For any other; for ReLU, whose act'' is 0 almost everywhere, the message says so.

    Examples
    --------
    >>> a = np.empty(1)
    >>> s = smooth("tanh").first(np.array([1.0]), a)
    >>> a.round(4), s.round(4), smooth("tanh").second(a, s).round(4)
    (array([0.7616]), array([0.42]), array([-0.6397]))
    """
    if name == "relu":
        raise ValueError("activation 'relu' has a second derivative of 0 almost everywhere, so its network's Laplacian "
                         "is 0 whatever θ is; expected one of " + ", ".join(map(repr, SMOOTH)))
    if name not in SMOOTH:
        raise ValueError(f"activation {name!r} has no third derivative here, expected one of "
                         + ", ".join(map(repr, SMOOTH)))
    return SMOOTH[name]
