"""Exercises of notebook 12: the mean picture, a fair reading; the others are in the modules beside it."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .ch12_kronecker import q2, q3
from .ch12_price import q4
from .slips import combined

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
           "Subtract `X.mean(axis=0)` from all rows, square, sum along a row, and take the mean of the rows."),
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
                  say="You have the mean of ‖m − x‖. The error is the mean of its square."),
        Diagnosis("one grey for all", lambda X: np.mean(np.sum((X.mean() - X) ** 2, axis=1)),
                  say="You took one grey for all pixels. The mean picture has a mean for each pixel, over axis 0."),
        Diagnosis("deviations, not variances", lambda X: X.std(axis=0).sum(),
                  say="You sum the pixels' standard deviations. The error is a sum of squares: of their variances."),
        Diagnosis("the root of the whole", lambda X: np.sqrt(X.var(axis=0).sum()),
                  say="The error is the mean of the squared distances, without a root."),
        Diagnosis("absolute values", lambda X: np.mean(np.sum(np.abs(X.mean(axis=0) - X), axis=1)),
                  say="You sum |m − x|. The error is a sum of squares."),
        Diagnosis("the mean left out", lambda X: np.mean(np.sum(X**2, axis=1)),
                  say="This is the error of a black picture: m is not subtracted."),
        Diagnosis("a picture for the mean", lambda X: np.mean(np.sum((X[0] - X) ** 2, axis=1)),
                  say="You compare with the first picture. The network draws the mean of all."),
        Diagnosis("the variances within the pictures", lambda X: X.var(axis=1).sum(),
                  say="You sum over the pictures how much each varies in itself. The sum runs over the pixels, axis "
                      "0."),
        Diagnosis("the mean and the sum exchanged", lambda X: np.sum(np.mean((X.mean(axis=0) - X) ** 2, axis=1)),
                  say="The sum runs over the pixels of a picture, the mean over the pictures: you have them the other "
                      "way round."),
        Diagnosis("a sum over the pictures", lambda X: np.sum((X.mean(axis=0) - X) ** 2),
                  say="This sums over the pictures as well; the error is a mean over them."),
        Diagnosis("squared after the sum", lambda X: np.mean(np.sum(X.mean(axis=0) - X, axis=1) ** 2),
                  say="Square each difference first, then add. The square of the sum lets them cancel."),
        Diagnosis("factor ½", lambda X: 0.5 * X.var(axis=0).sum()),
    ),
)


# ---- reading runs fairly ---------------------------------------------------------------------------


def _histories(rng):
    yield np.array([1.0, 2, 3, 4, 5]), np.array([9.0, 7, 5, 3, 2]), 5.0           # reached exactly
    yield np.array([1.0, 2, 3, 4, 5]), np.array([9.0, 4, 6, 3, 2]), 5.0           # falls, rises, falls
    yield np.array([1.0, 2, 3]), np.array([9.0, 8, 7]), 5.0                       # never
    yield np.array([0.5, 1.5, 4]), np.array([3.0, 2, 1]), 3.5                     # from the start
    yield np.array([2.0, 4, 6, 8]), np.array([9.0, 6, 4, 5.5]), 5.0               # gets there and does not stay
    yield np.array([1.0, 3, 4, 7, 9]), np.array([9.0, 4.5, 3.2, 3, 3.4]), 3.5     # nearest, lowest and last are others
    yield np.array([2.0, 3, 5, 7]), np.array([9.0, 5, 4, 6]), 5.0                 # exactly, then below, then above
    yield np.array([2.0, 3, 5]), np.array([4.0, 6, 7]), 5.0                       # at once, and not again


def _first(below, error, target):
    return int(np.argmax(below))


def _for_good(below, error, target):
    above = np.flatnonzero(~below)
    return above[-1] + 1 if above.size else 0


AT_OR_BELOW = {"below": lambda error, target: error <= target}


def _reach(below=AT_OR_BELOW["below"], row=_first, what=lambda cost, k: cost[k],
           never=lambda cost: np.inf):
    """A `cost_to_reach`, right or wrong in some of its parts."""
    def cost_to_reach(cost, error, target):
        there = below(error, target)
        if not there.any():
            return never(cost)
        k = row(there, error, target)
        return what(cost, k) if k < len(cost) else never(cost)
    return cost_to_reach


def _between(cost, error, target):
    return float(np.interp(target, error[::-1], cost[::-1]))


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
           "Ask `any` before you trust `argmax`: where it is False the answer is `np.inf`."),
    cases=_histories,
    diagnoses=combined(
        _reach,
        ("never looks like at once", "Where no row is True, argmax is 0: a run that never gets there would seem the "
         "fastest.", {"never": lambda cost: cost[0]}),
        ("a number for never", "A run that never gets there has cost ∞, not the cost of its end.",
         {"never": lambda cost: cost[-1]}),
        ("nan for never", "A run that never gets there has cost ∞: np.inf, not nan.", {"never": lambda cost: np.nan}),
        ("0 for never", "A run that never gets there has cost ∞: with 0 it would seem the fastest.",
         {"never": lambda cost: 0}),
        ("the row, not its cost", "You return the number of the row. Its cost is asked for.",
         {"what": lambda cost, k: k}),
        ("the row before", "You return the cost of the row before: there the error is still above the target.",
         {"what": lambda cost, k: cost[max(k - 1, 0)], "row": _first}),
        ("the row after", "You return the cost of the row after the first one that is at or below.",
         {"what": lambda cost, k: cost[min(k + 1, len(cost) - 1)], "row": _first}),
        ("nearest", "The nearest row may be above the target, or late. Take the first at or below.",
         AT_OR_BELOW | {"row": lambda below, error, target: np.argmin(np.abs(error - target))}),
        ("the lowest", "This is where the error is lowest, whatever the target.",
         AT_OR_BELOW | {"row": lambda below, error, target: np.argmin(error)}),
        ("the last time", "You return the last row at or below the target. The first counts.",
         AT_OR_BELOW | {"row": lambda below, error, target: np.flatnonzero(below)[-1]}),
        ("for good", "You wait until the error stays below for good. The first time counts.", {"row": _for_good}),
        ("strictly below", "At the target is good enough: ≤, not <.", {"below": lambda error, target: error < target}),
    ) + combined(
        _reach,
        ("first above", "You look for the first row *above* the target: ≤, not ≥.",
         {"below": lambda error, target: error >= target, "row": _first}),
        ("the first row above", "`argmin` of booleans is the place of the first False, a row above the target.",
         AT_OR_BELOW | {"row": lambda below, error, target: np.argmin(below)}),
        ("only the first row", "Only the first row is looked at: return ∞ after the loop, when none was at or below.",
         AT_OR_BELOW | {"row": lambda below, error, target: 0 if below[0] else len(below)}),
        ("∞ unless all are", "Ask `any`, not `all`: one row at or below is enough.",
         AT_OR_BELOW | {"row": lambda below, error, target: int(np.argmax(below)) if below.all() else len(below)}),
        most=1,
    ) + (
        Diagnosis("between the rows", _between,
                  say="You interpolate, which needs errors that only fall. Take the first row at or below."),
        Diagnosis("the error", lambda cost, error, target: _reach(what=lambda c, k: error[k])(cost, error, target),
                  say="You return the error of that row. Its cost is asked for."),
        Diagnosis("all that are there", lambda cost, error, target: cost[error <= target],
                  say="These are the costs of all rows at or below the target. The first is asked for."),
    ),
)
