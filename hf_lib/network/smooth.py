"""Three derivatives of a smooth activation. Derived in notebook 13 §2–3.

The Laplacian of a network needs act'' on the way forwards, so its tangent and its reverse need act'''.
Each is written through the ones before it, so that one tanh or exp serves all four. (`Activation.bend` is
act'' too, but makes a new array at every call.)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .activations import activation


@dataclass(frozen=True)
class Smooth:
    """act'' and act''', entry by entry, written into arrays of the caller.

    Attributes
    ----------
    second : callable
        ``second(a, s, out)`` fills `out` with act''(z), from a = act(z) and s = act'(z).
    third : callable
        ``third(a, s, t, out)`` fills `out` with act'''(z), from t = act''(z) too.
    """

    second: Callable
    third: Callable


def _tanh_second(a, s, out):
    np.multiply(a, s, out=out)
    out *= -2                                            # −2 a s


def _tanh_third(a, s, t, out):
    np.multiply(s, -6, out=out)
    out += 4
    out *= s                                             # s (4 − 6 s)


def _sigmoid_second(a, s, out):
    np.multiply(a, -2, out=out)
    out += 1
    out *= s                                             # s (1 − 2 a)


def _sigmoid_third(a, s, t, out):
    np.multiply(s, -6, out=out)
    out += 1
    out *= s                                             # s (1 − 6 s)


def _softplus_second(a, s, out):
    np.subtract(1, s, out=out)
    out *= s                                             # s (1 − s)


def _softplus_third(a, s, t, out):
    np.multiply(s, -2, out=out)
    out += 1
    out *= t                                             # t (1 − 2 s)


SMOOTH = {
    "tanh": Smooth(_tanh_second, _tanh_third),
    "sigmoid": Smooth(_sigmoid_second, _sigmoid_third),
    "softplus": Smooth(_softplus_second, _softplus_third),
    "sin": Smooth(lambda a, s, out: np.negative(a, out=out), lambda a, s, t, out: np.negative(s, out=out)),
    "linear": Smooth(lambda a, s, out: out.fill(0), lambda a, s, t, out: out.fill(0)),
}


def smooth(name):
    """The activation called `name` as a pair: its `Activation` and its `Smooth`.

    Raises
    ------
    ValueError
        For a name that is not tanh, sigmoid, softplus, sin or linear; for ReLU, whose act'' is 0 almost
        everywhere, the message says so.

    Examples
    --------
    >>> act, higher = smooth("tanh")
    >>> z, t = np.array([1.0]), np.empty(1)
    >>> a = act.apply(z)
    >>> s = act.slope(z, a)
    >>> higher.second(a, s, out=t)
    >>> a.round(4), s.round(4), t.round(4)
    (array([0.7616]), array([0.42]), array([-0.6397]))
    """
    if name == "relu":
        raise ValueError("activation 'relu' has a second derivative of 0 almost everywhere, so its network's Laplacian "
                         "is 0 whatever θ is; expected one of " + ", ".join(map(repr, SMOOTH)))
    if name not in SMOOTH:
        raise ValueError(f"activation {name!r} has no third derivative here, expected one of "
                         + ", ".join(map(repr, SMOOTH)))
    return activation(name), SMOOTH[name]
