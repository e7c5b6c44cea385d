"""The exercise of notebook 11 on two classifiers: is their difference real?"""

import numpy as np

from hf_lib.judge.kinds import FunctionExercise

from .slips import combined

__all__ = ["q5"]


def _flags(rng):
    for n, p, q in ((40, 0.3, 0.2), (100, 0.1, 0.15), (25, 0.4, 0.4)):
        both = rng.random(n)
        a, b = both < p, (both < 0.5 * q) | (rng.random(n) < 0.5 * q)
        yield a, b
        yield b, a                                                  # each of the two is worse in some case
    yield np.arange(10) < 3, np.arange(10) >= 7                     # no difference, and none shared


def _rates(a, b):
    return a.mean() - b.mean()


def _difference(value=_rates, spread=lambda a, b: np.sqrt(np.sum(a != b)) / len(a)):
    """A `difference`, right or wrong in one of its parts."""
    return lambda a, b: (value(a, b), spread(a, b))


q5 = FunctionExercise(
    name="ch11.q5",
    title="Is the difference real?",
    kind="stretch",
    stub='''
        def difference(a, b):
            """Two classifiers on the same n images; a, b: True where each misreads (n,).

            Returns the difference of their error rates, a's minus b's, and its standard
            deviation, if the two were equally good (step 6.1).
            """
            return ...
        ''',
    code='''
        def difference(a, b):
            """Two classifiers on the same n images; a, b: True where each misreads (n,).

            Returns the difference of their error rates, a's minus b's, and its standard
            deviation, if the two were equally good (step 6.1).
            """
            n_a, n_b = np.sum(a & ~b), np.sum(b & ~a)
            return (n_a - n_b) / len(a), np.sqrt(n_a + n_b) / len(a)
        ''',
    why="An image that both misread, or both read, says nothing about which is better. What is left are $n_a + n_b$ "
        "images, and if the two were equally good each would fall to either side like a coin: the "
        "standard deviation of $n_a - n_b$ is $\\sqrt{n_a + n_b}$. Statisticians call the test McNemar's. "
        "Differences below two standard deviations are not worth a sentence.",
    hints=("`a & ~b` is True where a alone is wrong.",
           "Images that both misread cancel in the difference: only `n_a` and `n_b` are needed.",
           "Count `a & ~b` and `b & ~a`; the difference of the two numbers, and the root of their sum, each over n."),
    cases=_flags,
    diagnoses=combined(
        _difference,
        ("as if on different images", "This is the deviation for two *different* sets of images. Here both saw the "
                                      "same: "
         "what both misread must not count.", {"spread": lambda a, b: np.sqrt((a.var() + b.var()) / len(a))}),
        ("all that is misread", "Images that both misread must not count in the deviation.",
         {"spread": lambda a, b: np.sqrt(a.sum() + b.sum()) / len(a)}),
        ("what both misread", "Each image that *only one* misreads counts. You count those that both do.",
         {"spread": lambda a, b: np.sqrt(np.sum(a & b)) / len(a)}),
        ("either one", "n_a + n_b counts what only one misreads: `a | b` has those of both in it, too.",
         {"spread": lambda a, b: np.sqrt(np.sum(a | b)) / len(a)}),
        ("the spread of the differences", "In the deviation you have taken the mean difference off before squaring. "
         "Nearly right; but if the two were equally good that mean would be 0: √(n_a + n_b) / n.",
         {"spread": lambda a, b: np.std(a * 1.0 - b) / np.sqrt(len(a))}),
        ("the spread with n − 1", "In the deviation you have taken the mean difference off, and divided by n − 1: if "
                                  "the two "
         "were equally good that mean would be 0, so √(n_a + n_b) / n.",
         {"spread": lambda a, b: np.std(a * 1.0 - b, ddof=1) / np.sqrt(len(a))}),
        ("n under the root", "In the deviation your n stands under the root. Take the root of n_a + n_b first, then "
                             "divide "
         "by n.", {"spread": lambda a, b: np.sqrt(np.mean(a != b))}),
        ("no n in the deviation", "The deviation is a share of the images, too: divide by n.",
         {"spread": lambda a, b: np.sqrt(np.sum(a != b))}),
        ("no root", "n_a + n_b is the variance of the number: take its root, then divide by n.",
         {"spread": lambda a, b: np.sum(a != b) / len(a)}),
        ("the difference under the root", "Under the root stands the sum n_a + n_b, not the difference.",
         {"spread": lambda a, b: np.sqrt(abs(int(a.sum()) - int(b.sum()))) / len(a)}),
        ("a alone", "Under the root stands n_a + n_b: also what b alone misreads.",
         {"spread": lambda a, b: np.sqrt(np.sum(a & ~b)) / len(a)}),
        ("b's minus a's", "The difference is asked the other way round: a's rate minus b's.",
         {"value": lambda a, b: -_rates(a, b)}),
        ("a size for a difference", "The difference has a sign: negative where a is better.",
         {"value": lambda a, b: abs(_rates(a, b))}),
        ("a number, not a rate", "The difference is one of rates: divide by n.",
         {"value": lambda a, b: float(a.sum()) - float(b.sum())}),
        ("of those that differ", "The difference is a share of all n images, not of the n_a + n_b.",
         {"value": lambda a, b: (float(a.sum()) - float(b.sum())) / np.sum(a != b)}),
        ("the share that differs", "(n_a + n_b) / n is no difference: n_a − n_b.",
         {"value": lambda a, b: np.mean(a != b)}),
        ("a's rate alone", "b's rate is to be subtracted.", {"value": lambda a, b: a.mean()}),
    ),
)
