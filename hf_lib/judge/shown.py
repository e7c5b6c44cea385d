"""A case in words: with which arguments a function was called, what came, and what was expected."""

import numpy as np

from .compare import close, parts

SMALL = 8                        # an array or a list of so many numbers is shown by value
LONGEST = 400                    # signs of one line
MEMBERS = 3                      # members of a tuple that are shown


def call_in_words(target, parameters, args):
    """``next_damping(lam=0.001, better=True)``: scalars, texts and small arrays by value, the others by shape."""
    given = [f"{name}={in_words(value)}" for name, value in zip(parameters, args)]
    if len(", ".join(given)) > LONGEST:
        given = [f"{name}={in_words(value, small=0)}" for name, value in zip(parameters, args)]
    return f"{target}({', '.join(given)})"[:LONGEST]


def in_words(value, small=SMALL):
    """A value as a reader would type it, or what it is."""
    if isinstance(value, np.ndarray):
        return _numbers(value, 4) if value.size <= small and value.dtype.kind in "biufc" else _kind(value)
    if isinstance(value, (list, tuple)):
        return _listed(value, small)
    if isinstance(value, np.generic):
        return repr(str(value)) if isinstance(value, str) else str(value)
    if isinstance(value, (bool, int, float, complex, str)):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}…"
    if callable(value):
        name = getattr(value, "__name__", type(value).__name__)
        return "a function" if name == "<lambda>" else str(name)
    return f"<{type(value).__name__}>"


def difference_in_words(out, ref, rtol=None):
    """One line for each part that differs: which one, what came, and what was expected."""
    outs, refs = parts(out), parts(ref)
    lines = [f"{_member(number, len(refs))}{_came(a, b)}"
             for number, (a, b) in enumerate(zip(outs, refs), start=1) if not close(a, b, rtol)]
    more = [f"{len(lines) - MEMBERS} more differ"] if len(lines) > MEMBERS else []
    return (*lines[:MEMBERS], *more)


def which(numbers, word="case"):
    """``case 3``, ``cases 1, 2 and 4``."""
    *first, last = map(str, numbers)
    return f"{word}s {', '.join(first)} and {last}" if first else f"{word} {last}"


def _member(number, n):
    return f"value {number} of {n}: " if n > 1 else ""


def _came(a, b):
    """What came and what was expected, with as many digits as show the difference."""
    if a.shape != b.shape:
        return f"came shape {a.shape}, expected {b.shape}"
    if a.dtype.kind not in "biufc" or b.dtype.kind not in "biufc":
        return f"came {in_words(a[()])}, expected {in_words(b[()])}" if not a.ndim else "other entries"
    if a.size <= SMALL:
        for digits in (4, 6, 9, 12, 17):
            came, expected = _numbers(a, digits), _numbers(b, digits)
            if came != expected:
                break
        return f"came `{came}`, expected `{expected}`"
    with np.errstate(all="ignore"):
        off = np.abs(a.astype(complex) - b.astype(complex))
    place = np.unravel_index(np.argmax(np.where(np.isnan(off) | ~np.isfinite(b) & (a != b), np.inf, off)), b.shape)
    at = ", ".join(map(str, place))
    return f"shape {b.shape}, at [{at}] {_came(np.asarray(a[place]), np.asarray(b[place]))}"


def _numbers(a, digits):
    """Nested brackets with the numbers, rounded."""
    if a.ndim:
        return f"[{', '.join(_numbers(row, digits) for row in a)}]"
    value = a[()]
    return str(value) if a.dtype.kind in "biu" else f"{value:.{digits}g}".replace("inf", "∞")


def _kind(a):
    return f"<array {'×'.join(map(str, a.shape))}{'' if a.dtype == float else f' {a.dtype}'}>"


def _listed(items, small):
    """A list or a tuple by value where it is small, its length where not."""
    if _leaves(items) > small:
        return f"<{type(items).__name__} of {len(items)}>"
    inside = ", ".join(in_words(item, small) for item in items)
    return f"[{inside}]" if isinstance(items, list) else f"({inside}{',' if len(items) == 1 else ''})"


def _leaves(items, depth=4):
    """How many things lie in nested lists; many where they are nested deeper than anybody wants to read."""
    if depth == 0:
        return 1000
    return sum(_leaves(i, depth - 1) if isinstance(i, (list, tuple)) else max(np.size(i), 1)
               if isinstance(i, np.ndarray) else 1 for i in items)
