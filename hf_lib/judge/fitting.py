"""An answer in the form of what is expected, where its meaning is beyond doubt: types never decide, numbers do.

A `Fraction` or `Decimal` is a number, a 0-d array too; n values in a list, an array or a tuple are the same n
values; texts are compared without case, double blanks and the full stop. A boolean is no number.
"""

import numbers
from decimal import Decimal

import numpy as np

DEEPEST, LARGEST = 8, 10**6


def fitted(out, ref):
    """``out`` in the form of ``ref``; unchanged where it has another form altogether.

    Parameters
    ----------
    out : object
        Anything a reader may have written.
    ref : number, str, array, or tuple of these
    """
    if isinstance(ref, (tuple, list)):
        items = _items(out, ref)
        return out if items is None else tuple(map(fitted, items, ref))
    if isinstance(ref, str):
        return _text(out)
    if np.ndim(ref):
        return _array(out, np.asarray(ref))
    return _number(out)


def plain(text):
    """A text without what does not matter in it."""
    return " ".join(text.split()).casefold().removesuffix(".").rstrip()


def _items(out, ref):
    """As many parts of a tuple, a list or an array as are expected; None where there are more, or fewer."""
    if isinstance(out, np.ndarray):                      # its rows are as the parts are: it holds just these
        rows = list(out) if out.ndim and len(out) == len(ref) else None
        return rows if rows and all(np.shape(row) == np.shape(part) for row, part in zip(rows, ref)) else None
    return list(out) if isinstance(out, (tuple, list)) and len(out) == len(ref) else None


def _text(out):
    if isinstance(out, np.ndarray) and out.ndim == 0:
        out = out[()]
    return str(out) if isinstance(out, str) else out


def _number(out):
    if isinstance(out, np.ndarray) and out.ndim == 0:
        out = out[()]
    if isinstance(out, (bool, int, float, complex, np.generic)):
        return _too_large(out) if isinstance(out, int) else out
    if isinstance(out, (Decimal, numbers.Real)):         # fractions.Fraction, and the like
        try:
            return float(out)
        except (OverflowError, ValueError, TypeError):
            return out
    return out


def _too_large(number):
    """An int that no array holds, as the infinite float of its sign."""
    if abs(number) < 2**63:
        return number
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _array(out, ref):
    if isinstance(out, np.ndarray):
        if out.dtype == object and 0 < out.size < LARGEST:
            return _of_numbers(out.tolist(), ref, out)
        return out
    if not isinstance(out, (tuple, list)) or not _is_tame(out):
        return out
    return _of_numbers(out, ref, out)


def _of_numbers(items, ref, out):
    """An array of nested lists of numbers; ``out`` where they hold anything else or are ragged."""
    try:
        array = np.array(_deep(items))
    except (ValueError, TypeError, OverflowError):
        return out
    if array.dtype.kind not in "biufc":
        return out
    if ref.dtype.kind == "f" and array.dtype.kind in "iuf" and not _has_arrays(items):
        return array.astype(ref.dtype)                   # Python's numbers know no dtype
    return array


def _deep(items):
    return [_deep(i) if isinstance(i, (tuple, list)) else i if isinstance(i, np.ndarray) else _number(i) for i in items]


def _has_arrays(items):
    return any(_has_arrays(i) if isinstance(i, (tuple, list)) else isinstance(i, (np.ndarray, np.generic))
               for i in items)


def _is_tame(items):
    """Whether nested lists are neither too deep, nor too many, nor hold themselves."""
    level, count = [items], 0
    for _ in range(DEEPEST):
        level = [i for one in level for i in one if isinstance(i, (tuple, list))] if count <= LARGEST else [items]
        count += sum(map(len, level))
        if not level:
            return True
    return False
