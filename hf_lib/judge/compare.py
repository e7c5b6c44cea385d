"""Comparing a learner's output with the reference's: form first, then values.

An output is a number, a string, an array, or a tuple of these; its parts are compared one by one.
"""

import inspect
from typing import NamedTuple

import numpy as np

from .fitting import fitted, plain


class Finding(NamedTuple):
    """One diagnosis: its name, a sentence for the learner, and what was seen."""

    name: str
    message: str
    details: tuple[str, ...] = ()


def parts(value):
    """The output as a flat list of arrays; texts without what does not matter in them."""
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in parts(item)]
    return [np.asarray(plain(value) if isinstance(value, str) else value)]


def is_numeric(a):
    """Whether an array holds booleans, integers, real or complex numbers."""
    return a.dtype.kind in "biufc"


def close(a, b, rtol=None):
    """Whether two arrays agree: the same shape, and max|a − b| ≤ rtol · max|b|.

    Without ``rtol`` it is ε^(2/3) of the coarser dtype (4e-11 in float64, 2e-5 in float32). That leaves
    room for 10⁵ (float64) and 200 (float32) roundings; random cases of order one keep any wrong formula
    far outside it. Where b is zero the scale is one. Where ∞ or nan is expected, the same must have come.
    """
    if a.shape != b.shape:
        return False
    if not (is_numeric(a) and is_numeric(b)):
        return a.dtype.kind == b.dtype.kind and bool(np.all(a == b))
    if a.dtype.kind in "biu" and b.dtype.kind in "biu":
        return np.array_equal(a, b)
    return distance(a, b) <= tolerance(a, b, rtol)


def tolerance(a, b, rtol=None):
    """``rtol``, or else ε^(2/3) of the coarser of two dtypes."""
    return max(np.finfo(x.dtype).eps for x in (a, b) if x.dtype.kind in "fc") ** (2 / 3) if rtol is None else rtol


def distance(a, b):
    """max|a − b| / max|b| over the finite entries of b; ∞ where one of the two is finite alone."""
    finite = np.isfinite(b)
    if finite.all() and np.isfinite(a).all():
        scale = np.max(np.abs(b), initial=0.0) or 1.0
        return float(np.max(np.abs(a - b), initial=0.0) / scale)
    if not np.array_equal(np.isfinite(a), finite) or not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return np.inf
    return distance(a[finite], b[finite])


def agree(out, ref, rtol=None):
    """Whether two whole outputs agree: the same meaning, the same form and close values."""
    out = fitted(out, ref)
    return form_of(out, ref) is None and all(close(a, b, rtol) for a, b in zip(parts(out), parts(ref)))


def form_of(out, ref, where="the answer"):
    """The `Finding` on type or shape, or None where ``out`` has the form of ``ref``."""
    if isinstance(ref, (tuple, list)):
        if not isinstance(out, (tuple, list)) or len(out) != len(ref):
            came = f"{len(out)} value{'s' * (len(out) != 1)}" if isinstance(out, (tuple, list)) else a_type(out)
            return Finding("wrong type", f"Expected {len(ref)} values, came {came}.")
        named = ((f"value {i} of {len(ref)}", o, r) for i, (o, r) in enumerate(zip(out, ref), start=1))
        return next((found for name, o, r in named if (found := form_of(o, r, name))), None)
    b = np.asarray(ref)
    expected = "an array" if b.ndim else "a truth value" if b.dtype.kind == "b" else "a number" if is_numeric(b) \
        else "a text"
    a = None if isinstance(out, (list, tuple)) else _as_array(out)
    if a is None or is_numeric(a) != is_numeric(b) or (not is_numeric(b) and a.dtype.kind != b.dtype.kind):
        return Finding("wrong type", f"Expected {expected} for {where}, came {a_type(out)}.")
    if a.shape == b.shape:
        if a.dtype.kind == "b" and b.dtype.kind != "b" or a.dtype.kind in "fc" and b.dtype.kind == "b":
            return Finding("wrong type", f"Expected {expected} for {where}, came {a_type(out)}.")
        return None
    shapes = (f"shape {a.shape}, expected {b.shape}",)
    if a.ndim == 2 and close(a.T, b):
        return Finding("transposed", f"The values are right, but {where} is transposed.", shapes)
    return Finding("wrong shape", f"The shape of {where} is not the one expected.", shapes)


def a_type(value):
    """The type's name in words: "a list", "an int"."""
    if inspect.isgenerator(value):
        return "a generator (it has `yield` where `return` is wanted)"
    if inspect.iscoroutine(value):
        return "a coroutine (it is declared with `async`)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    name = type(value).__name__ or "nameless thing"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _as_array(value):
    try:
        return np.asarray(value)
    except Exception:  # a foreign object whose __array__ fails
        return None
