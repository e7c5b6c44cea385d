"""The general diagnoses of a result that is the right one, changed: turned, shifted, squared, rounded, …

A change is named only if it turns the reference's result into the learner's in every case in which they
differ, and if there are numbers enough for that to be no accident.
"""

import numpy as np

from .compare import Finding, close, parts
from .trials import differing, subject, where

ENOUGH = 3                       # numbers that a change alters


def _shifted(b, step):
    """b moved by one place along its first axis, what leaves at one end coming in at the other."""
    return np.roll(b, step, axis=0) if b.ndim and len(b) > 2 else None


CHANGES = (
    ("transposed", "is transposed", lambda b: b.T if b.ndim == 2 and b.shape[0] == b.shape[1] else None),
    ("shifted by one", "has the right entries, one place too late", lambda b: _shifted(b, 1)),
    ("shifted by one", "has the right entries, one place too early", lambda b: _shifted(b, -1)),
    ("reverse order", "has the right entries in reverse order", lambda b: b[::-1] if b.ndim else None),
    ("absolute value", "is the absolute value of what it should be", np.abs),
    ("squared", "is the square of what it should be", np.square),
    ("square root", "is the square root of what it should be", lambda b: np.sqrt(b) if np.all(b >= 0) else None),
    ("reciprocal", "is 1 divided by what it should be", lambda b: 1 / b if np.all(b) else None),
    ("rounded", "is rounded to whole numbers", np.round),
    ("rounded", "is rounded down to whole numbers", np.floor),
    ("rounded", "has lost what stands behind the decimal point", np.trunc),
)


def changed(trials, context):
    """The first of the `CHANGES` that makes the learner's result of the reference's."""
    pairs = differing(trials, context)
    if len(trials) < 2 or not all(p.b.dtype.kind in "iuf" and p.a.dtype.kind in "iuf" for p in pairs):
        return None
    if not all(np.isfinite(p.b).all() for p in pairs):
        return None
    for name, says, change in CHANGES:
        images = [change(pair.b) for pair in pairs]
        if any(image is None or not close(pair.a, image, context.rtol) for image, pair in zip(images, pairs)):
            continue
        altered = (np.count_nonzero(~np.isclose(image, pair.b) & (image != 0)) for image, pair in zip(images, pairs))
        if sum(altered) >= ENOUGH:
            return Finding(name, f"{subject(pairs, trials)} {says}{where(pairs, trials)}.")
    return None


def swapped(trials, context):
    """The parts of the result are right, but two of them have changed places."""
    n = len(parts(trials[0].ref))
    for i in range(n):
        for j in range(i + 1, n):
            unlike = [t for t in trials if not _are_alike(t, i, j, context)]
            if unlike and all(_are_swapped(t, i, j, context) for t in trials):
                word = "Results" if trials[0].args else "Values"
                return Finding("order of the results", f"{word} {i + 1} and {j + 1} of {n} have changed places; apart "
                                                       "from that they are right.")
    return None


def _are_alike(trial, i, j, context):
    """Whether the two parts should be the same in a case, so that it cannot tell."""
    b = parts(trial.ref)
    return close(b[i], b[j], context.rtol)


def _are_swapped(trial, i, j, context):
    a, b = parts(trial.out), parts(trial.ref)
    if len(a) != len(b):
        return False
    a[i], a[j] = a[j], a[i]
    return all(close(x, y, context.rtol) for x, y in zip(a, b))


def the_same_always(trials, context):
    """The result does not depend on the case, where the reference's does."""
    firsts = parts(trials[0].out), parts(trials[0].ref)
    if len(trials) < 3 or any(len(parts(t.out)) != len(firsts[0]) for t in trials):
        return None
    outs = all(close(a, first, 1e-12) for t in trials for a, first in zip(parts(t.out), firsts[0]))
    refs = any(not close(b, first, context.rtol) for t in trials for b, first in zip(parts(t.ref), firsts[1]))
    if not (outs and refs):
        return zero(trials, context)
    return Finding("the same in every case", "The result is the same in every case, and should not be.")


def zero(trials, context):
    """Everything that differs is zero."""
    pairs = differing(trials, context)
    if sum(np.count_nonzero(p.b) for p in pairs) < ENOUGH or any(p.a.dtype.kind not in "iuf" or np.any(p.a)
                                                                for p in pairs):
        return None
    return Finding("zero everywhere", f"{subject(pairs, trials)} is zero{where(pairs, trials)}.")


def one_too_many(trials, context):
    """An array has one entry (or row) more than it should have, or one fewer; the others are right."""
    if any(not isinstance(t.ref, np.ndarray) or not isinstance(t.out, np.ndarray) for t in trials):
        return None
    pairs = [(t.out, t.ref) for t in trials]
    if any(a.ndim != b.ndim or not b.ndim or a.dtype.kind not in "iuf" for a, b in pairs):
        return None
    for name, says, longer, shorter in (
        ("one too many", "The last entry is one too many; the others are right.", lambda a, b: a[:-1], lambda a, b: b),
        ("one too many", "The first entry is one too many; the others are right.", lambda a, b: a[1:], lambda a, b: b),
        ("one too few", "The last entry is missing; the others are right.", lambda a, b: a, lambda a, b: b[:-1]),
        ("one too few", "The first entry is missing; the others are right.", lambda a, b: a, lambda a, b: b[1:]),
    ):
        if all(close(longer(a, b), shorter(a, b), context.rtol) for a, b in pairs):
            return Finding(name, says)
    return None
