"""Exercises of notebook 12: the mean picture, a fair reading; Kronecker products are in `ch12_kronecker`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .ch12_kronecker import q2, q3, q4

__all__ = ["q1", "q2", "q3", "q4", "q5"]


# ---- the mean picture ------------------------------------------------------------------------------


def _pictures(rng):
    for n, pixels in ((5, 4), (8, 3), (6, 9)):
        yield (rng.random((n, pixels)),)


q1 = FunctionExercise(
    name="ch12.q1",
    title="The error of the mean picture",
    kind="warm-up",
    stub='''
        def mean_picture_error(X):
            """(1/N) Σ_n ‖m − x_n‖² of a network that draws the mean picture m for all.

            X: (N, pixels).
            """
            return ...
        ''',
    code='''
        def mean_picture_error(X):
            """(1/N) Σ_n ‖m − x_n‖² of a network that draws the mean picture m for all.

            X: (N, pixels).
            """
            m = X.mean(axis=0)
            return np.mean(np.sum((m - X) ** 2, axis=1))
        ''',
    why="The norm sums over the pixels, the mean runs over the pictures. The same number is the sum of the pixels' "
        "variances, `X.var(axis=0).sum()`: whoever ignores the input can do no better, for the mean minimises the sum "
        "of squares in every pixel.",
    hints=("The mean picture has one entry a pixel: which axis of X does its mean run along?",
           "‖m − x_n‖² is a sum over the pixels (axis 1); then comes the mean over n.",
           "`np.mean(np.sum((X.mean(axis=0) - X) ** 2, axis=1))`"),
    cases=_pictures,
    mean_over="X",
    diagnoses=(
        Diagnosis("mean over pixels too", lambda X: np.mean((X.mean(axis=0) - X) ** 2),
                  say="You have the mean over the pixels as well. The papers' error sums over a picture's pixels."),
        Diagnosis("mean along the wrong axis", lambda X: np.mean(np.sum((X.mean(axis=1)[:, None] - X) ** 2, axis=1)),
                  say="You took each picture's own mean grey. The mean picture is a mean over the pictures, axis 0."),
        Diagnosis("N − 1", lambda X: X.var(axis=0, ddof=1).sum(),
                  say="You divide by N − 1, as for an unbiased variance. The error is a plain mean over N."),
        Diagnosis("not squared", lambda X: np.mean(np.sqrt(np.sum((X.mean(axis=0) - X) ** 2, axis=1))),
                  say="You have the mean distance ‖m − x‖. The error is its square."),
        Diagnosis("one grey for all", lambda X: np.mean(np.sum((X.mean() - X) ** 2, axis=1)),
                  say="You took one grey for all pixels. The mean picture has a mean for each pixel, over axis 0."),
        Diagnosis("deviations, not variances", lambda X: X.std(axis=0).sum(),
                  say="You sum the pixels' standard deviations. The error is a sum of squares: of their variances."),
        Diagnosis("factor ½", lambda X: 0.5 * X.var(axis=0).sum()),
    ),
)


# ---- reading runs fairly ---------------------------------------------------------------------------


def _histories(rng):
    yield np.array([1.0, 2, 3, 4, 5]), np.array([9.0, 7, 5, 3, 2]), 5.0           # reached exactly
    yield np.array([1.0, 2, 3, 4, 5]), np.array([9.0, 4, 6, 3, 2]), 5.0           # falls, rises, falls
    yield np.array([1.0, 2, 3]), np.array([9.0, 8, 7]), 5.0                       # never
    yield np.array([0.5, 1.5, 4]), np.array([3.0, 2, 1]), 5.0                     # from the start
    yield np.array([2.0, 4, 6, 8]), np.array([9.0, 6, 4, 5.5]), 5.0               # gets there and does not stay


def _nearest(cost, error, target):
    return float(cost[np.argmin(np.abs(error - target))])


def _stays(cost, error, target):
    above = np.flatnonzero(error > target)
    at = above[-1] + 1 if len(above) else 0
    return float(cost[at]) if at < len(cost) else np.inf


def _index(cost, error, target):
    below = error <= target
    return float(np.argmax(below)) if below.any() else np.inf


def _no_infinity(cost, error, target):
    return float(cost[np.argmax(error <= target)])


def _between(cost, error, target):
    return float(np.interp(target, error[::-1], cost[::-1]))


def _last(cost, error, target):
    below = error <= target
    return float(cost[below][-1]) if below.any() else np.inf


def _strictly(cost, error, target):
    below = error < target
    return float(cost[np.argmax(below)]) if below.any() else np.inf


q5 = FunctionExercise(
    name="ch12.q5",
    title="What did it cost to get there?",
    kind="core",
    stub='''
        def cost_to_reach(cost, error, target):
            """The cost at which error (rows,) is first at or below the target, ∞ if never."""
            return ...
        ''',
    code='''
        def cost_to_reach(cost, error, target):
            """The cost at which error (rows,) is first at or below the target, ∞ if never."""
            below = error <= target
            return cost[np.argmax(below)] if below.any() else np.inf    # argmax: the first True
        ''',
    why="`np.argmax` of booleans is the place of the first True, and 0 where there is none: so ask `any` first, or a "
        "run that never gets there looks like the fastest of all. It is the first time that counts here; a run that "
        "rises again later has still had a good θ at that cost.",
    hints=("Make an array of booleans: which rows are at or below the target?",
           "`np.argmax` gives the place of the first True. What does it give where there is none?",
           "`below = error <= target`, and `np.inf` unless `below.any()`."),
    cases=_histories,
    diagnoses=(
        Diagnosis("never looks like at once", _no_infinity,
                  say="Where no row is True, argmax is 0: a run that never gets there would seem the fastest."),
        Diagnosis("the row, not its cost", _index, say="You return the number of the row. Its cost is asked for."),
        Diagnosis("nearest", _nearest,
                  say="The nearest row may be above the target, or late. Take the first at or below."),
        Diagnosis("between the rows", _between,
                  say="You interpolate, which needs errors that only fall. Take the first row at or below."),
        Diagnosis("the last time", _last, say="You return the last row at or below the target. The first counts."),
        Diagnosis("for good", _stays, say="You wait until the error stays below for good. The first time counts."),
        Diagnosis("strictly below", _strictly, say="At the target is good enough: ≤, not <."),
    ),
)
