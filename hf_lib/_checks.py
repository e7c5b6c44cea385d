"""Checks of arguments: every message names the argument, what came and what was expected."""

import numpy as np

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def float_array(name, value, shape=None, dtype=None, finite=False):
    """Return `value` if it is a float32 or float64 array of the wanted shape, and refuse it if not.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : object
        What the caller passed.
    shape : tuple of (int or None), optional
        Wanted shape; None stands for any length.
    dtype : numpy.dtype, optional
        Wanted dtype. Without it float32 and float64 are both welcome.
    finite : bool
        Refuse NaN and infinity too (one pass over the array).

    Raises
    ------
    TypeError
        If `value` is no array, or its dtype is not the wanted one. Nothing is cast.
    ValueError
        If the shape differs, or an entry is not finite.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {_kind(value)}")
    wanted = FLOATS if dtype is None else (np.dtype(dtype),)
    if value.dtype not in wanted:
        names = " or ".join(d.name for d in wanted)
        if value.dtype == object:
            raise TypeError(f"{name} is an ndarray of dtype object, expected {names}: are all its rows of one length, "
                            "and all its entries numbers?")
        raise TypeError(f"{name} has dtype {value.dtype}, expected {names}: convert it with .astype(...)")
    if shape is not None and not _fits(value.shape, shape):
        raise ValueError(f"{name} has shape {value.shape}, expected {_shape_text(shape)}")
    if finite and not np.isfinite(value).all():
        raise ValueError(f"{name} holds NaN or infinity, expected finite numbers")
    return value


def generator(name, value):
    """Return `value` if it is a `numpy.random.Generator`; raise TypeError if not."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"{name} must be a numpy.random.Generator such as "
                        f"numpy.random.default_rng(0), got {_kind(value)}")
    return value


def number(name, value, low=-np.inf, high=np.inf, open_low=False):
    """Return `value` as a float if it is a finite number in [low, high], or in (low, high]."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {_kind(value)}")
    above = value > low if open_low else value >= low
    if not (above and value <= high and np.isfinite(value)):
        left, right = "(" if open_low else "[", "]" if np.isfinite(high) else ")"
        raise ValueError(f"{name} is {value}, expected a number in {left}{low}, {high}{right}")
    return float(value)


def count(name, value, low=1, high=None):
    """Return `value` as an int if it is a whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {_kind(value)} ({value!r})")
    if value < low or (high is not None and value > high):
        upper = "" if high is None else f" and at most {high}"
        raise ValueError(f"{name} is {value}, expected at least {low}{upper}")
    return int(value)


def row_numbers(name, value):
    """Return `value` if it is a slice or an array of row numbers; raise TypeError if not."""
    if not isinstance(value, slice) and np.asarray(value).dtype.kind not in "iu":
        raise TypeError(f"{name} must be a slice or an array of row numbers, "
                        f"got {type(value).__name__} of {np.asarray(value).dtype}")
    return value


def rows_of(name, value, n, what):
    """The row numbers (at least one) that a slice or an array of them selects out of n; `what` names the rows."""
    rows = np.arange(n)[row_numbers(name, value)]
    if rows.ndim != 1 or len(rows) == 0:
        raise ValueError(f"{name} {value!r} selects no list of {what} out of {n}")
    return rows


def choice(name, value, options):
    """Return `value` if it is one of `options`; the message lists them."""
    if value not in options:
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(map(repr, options))}")
    return value


def _kind(value):
    return f"an ndarray of dtype {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(w is None or s == w for s, w in zip(shape, wanted))


def _shape_text(shape):
    inner = ", ".join("any" if s is None else str(s) for s in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"
