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
    """act and its first three derivatives, entry by entry, written into arrays of the caller.

    Attributes
    ----------
    first : callable
        ``first(z, a, s)`` fills a with act(z) and s with act'(z).
    second : callable
        ``second(a, s, out)`` fills `out` with act''(z).
    third : callable
        ``third(a, s, t, out)`` fills `out` with act'''(z), from t = act''(z).
    """

    first: Callable
    second: Callable
    third: Callable


def _tanh_first(z, a, s):
    np.tanh(z, out=a)
    np.multiply(a, a, out=s)
    np.subtract(1, s, out=s)                             # 1 − a²


def _tanh_second(a, s, out):
    np.multiply(a, s, out=out)
    out *= -2                                            # −2 a s


def _tanh_third(a, s, t, out):
    np.multiply(s, -6, out=out)
    out += 4
    out *= s                                             # s (4 − 6 s)


def _sigmoid_first(z, a, s):
    sigmoid(z, out=a)
    np.subtract(1, a, out=s)
    s *= a                                               # a (1 − a)


def _sigmoid_second(a, s, out):
    np.multiply(a, -2, out=out)
    out += 1
    out *= s                                             # s (1 − 2 a)


def _sigmoid_third(a, s, t, out):
    np.multiply(s, -6, out=out)
    out += 1
    out *= s                                             # s (1 − 6 s)


def _softplus_first(z, a, s):
    np.logaddexp(z, 0, out=a)                            # log(1 + e^z), without overflow
    sigmoid(z, out=s)


def _softplus_second(a, s, out):
    np.subtract(1, s, out=out)
    out *= s                                             # s (1 − s)


def _softplus_third(a, s, t, out):
    np.multiply(s, -2, out=out)
    out += 1
    out *= t                                             # t (1 − 2 s)


def _sin_first(z, a, s):
    np.cos(z, out=s)
    np.sin(z, out=a)


def _linear_first(z, a, s):
    a[...] = z
    s[...] = 1


SMOOTH = {
    "tanh": Smooth(_tanh_first, _tanh_second, _tanh_third),
    "sigmoid": Smooth(_sigmoid_first, _sigmoid_second, _sigmoid_third),
    "softplus": Smooth(_softplus_first, _softplus_second, _softplus_third),
    "sin": Smooth(_sin_first, lambda a, s, out: np.negative(a, out=out), lambda a, s, t, out: np.negative(s, out=out)),
    "linear": Smooth(_linear_first, lambda a, s, out: out.fill(0), lambda a, s, t, out: out.fill(0)),
}


def smooth(name):
    """The `Smooth` called `name`: tanh, sigmoid, softplus, sin or linear.

    Raises
    ------
    ValueError
        For any other; for ReLU, whose act'' is 0 almost everywhere, the message says so.

    Examples
    --------
    >>> z, a, s, t = np.array([1.0]), *np.empty((3, 1))
    >>> smooth("tanh").first(z, a, s)
    >>> smooth("tanh").second(a, s, t)
    >>> a.round(4), s.round(4), t.round(4)
    (array([0.7616]), array([0.42]), array([-0.6397]))
    """
    if name == "relu":
        raise ValueError("activation 'relu' has a second derivative of 0 almost everywhere, so its network's Laplacian "
                         "is 0 whatever θ is; expected one of " + ", ".join(map(repr, SMOOTH)))
    if name not in SMOOTH:
        raise ValueError(f"activation {name!r} has no third derivative here, expected one of "
                         + ", ".join(map(repr, SMOOTH)))
    return SMOOTH[name]
