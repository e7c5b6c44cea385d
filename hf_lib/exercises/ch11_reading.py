"""Exercises of notebook 11 on reading runs: a level, a report that peeks, a real difference."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q2", "q3", "q5"]


def _lasting(cost, error, level):
    above = np.flatnonzero(error > level)
    k = 0 if above.size == 0 else above[-1] + 1
    return float(cost[k]) if k < len(cost) else np.inf


def _first(cost, error, level):
    below = np.flatnonzero(error <= level)
    return float(cost[below[0]]) if below.size else np.inf


def _curves(rng):
    yield np.array([1.0, 2, 4, 8, 16]), np.array([9.0, 3, 5, 2, 2.5]), 3.0
    yield np.array([1.0, 2, 4, 8]), np.array([9.0, 3, 2, 4]), 3.0
    yield np.array([1.0, 3, 4]), np.array([1.0, 2, 1]), 2.0
    yield np.array([1.0, 3, 4]), np.array([5.0, 2, 2]), 2.0
    for _ in range(2):
        yield np.cumsum(rng.uniform(1, 2, 12)), 5 / np.arange(1, 13) + rng.uniform(0, 1, 12), 1.5


q2 = FunctionExercise(
    name="ch11.q2",
    title="Below a level, and to stay",
    kind="core",
    stub='''
        def settled(cost, error, level):
            """The first cost from which on every error is at most the level.

            np.inf if the last error is above it. cost, error: arrays of one run, in order.
            """
            return ...
        ''',
    code='''
        def settled(cost, error, level):
            """The first cost from which on every error is at most the level.

            np.inf if the last error is above it. cost, error: arrays of one run, in order.
            """
            above = np.flatnonzero(error > level)
            k = above[-1] + 1 if above.size else 0
            return cost[k] if k < len(cost) else np.inf
        ''',
    why="The first time below a level rewards a curve that jumps about: it has many chances to be lucky. One row after "
        "the last that is *above* the level, the run has settled. Such a number still moves with the seed, so give it "
        "for several.",
    hints=("Where is the last entry that is *above* the level? `np.flatnonzero` lists them.",
           "The answer is the cost one entry later, if there is one.",
           "Two cases apart: no entry is above the level, and the last one is."),
    cases=_curves,
    diagnoses=(
        Diagnosis("the first time", _first,
                  say="This is the first time below the level; the curve may rise above it again."),
        Diagnosis("one too early", lambda cost, error, level: float(cost[max(np.flatnonzero(error > level)[-1], 0)])
                  if np.any(error > level) and error[-1] <= level else _lasting(cost, error, level),
                  say="You give the cost of the last entry above the level; the next one is wanted."),
        Diagnosis("strictly below", lambda cost, error, level: _lasting(cost, error, np.nextafter(level, -np.inf)),
                  say="At the level itself counts as settled: at most, not below."),
        Diagnosis("the lowest", lambda cost, error, level: float(cost[np.argmin(error)]),
                  say="This is where the error is lowest, whatever the level."),
        Diagnosis("a number for never", lambda cost, error, level: min(_lasting(cost, error, level), float(cost[-1])),
                  say="Where the last error is above the level the answer is np.inf, not the end of the run."),
    ),
)


def _tables(rng):
    yield np.array([[5.0, 3, 4], [4, 3.5, 2]]), np.array([[6.0, 4, 2], [5, 3, 3.4]])
    yield np.array([[2.0, 3, 4], [4, 3.5, 2.5]]), np.array([[6.0, 1, 2], [5, 3, 3.4]])
    for _ in range(3):
        yield rng.uniform(1, 5, (4, 6)), rng.uniform(1, 5, (4, 6))


def _run_by_its_end(valid, test):
    run = np.argmin(valid[:, -1])
    return test[run, np.argmin(valid[run])]


q3 = FunctionExercise(
    name="ch11.q3",
    title="A report that peeks",
    kind="find the bug",
    stub='''
        def report(valid, test):
            """The test error to report; run and epoch are chosen by the validation error.

            valid and test: errors of each run after each epoch, (runs, epochs).
            """
            run = np.argmin(np.min(valid, axis=1))
            return np.min(test[run])
        ''',
    code={"return np.min(test[run])": "return test[run, np.argmin(valid[run])]"},
    why="The run is chosen as it should be, but then the *epoch* is chosen by the test images: the luckiest of many "
        "draws. On 10,000 digits, an error near 1.5 % moves by about 0.1 % from epoch to epoch, and the minimum of "
        "twenty such numbers lies well below their mean. It tells how low the curve dipped, not how well "
        "the network will do on new digits. A \"best test error during training\" is such a number.",
    hints=("Which of the two lines looks at `test` to *decide* something?",
           "The epoch must be chosen as the run is: by `valid`.",
           "`test[run, np.argmin(valid[run])]`"),
    cases=_tables,
    diagnoses=(
        Diagnosis("the lowest of the test", lambda valid, test: np.min(test),
                  say="Now run and epoch are both chosen by the test images."),
        Diagnosis("validation reported", lambda valid, test: np.min(valid),
                  say="This is the validation error of the chosen epoch. It was used to choose, so it flatters: report "
                      "the test error there."),
        Diagnosis("the last epoch", lambda valid, test: test[np.argmin(np.min(valid, axis=1)), -1],
                  say="You take the last epoch. The one with the lowest validation error is wanted."),
        Diagnosis("the run by its end", _run_by_its_end,
                  say="The run is now chosen by its last epoch alone."),
    ),
)


def _flags(rng):
    for n, p, q in ((40, 0.3, 0.2), (100, 0.1, 0.15), (25, 0.4, 0.4)):
        both = rng.random(n)
        yield both < p, (both < 0.5 * q) | (rng.random(n) < 0.5 * q)


q5 = FunctionExercise(
    name="ch11.q5",
    title="Is the difference real?",
    kind="stretch",
    stub='''
        def difference(a, b):
            """Two classifiers on the same n images; a, b: True where each misreads (n,).

            Returns the difference of their error rates, a's minus b's, and its standard
            deviation √(n_a + n_b) / n: n_a images are misread by a alone, n_b by b alone.
            """
            return ...
        ''',
    code='''
        def difference(a, b):
            """Two classifiers on the same n images; a, b: True where each misreads (n,).

            Returns the difference of their error rates, a's minus b's, and its standard
            deviation √(n_a + n_b) / n: n_a images are misread by a alone, n_b by b alone.
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
           "`n_a, n_b = np.sum(a & ~b), np.sum(b & ~a)`"),
    cases=_flags,
    diagnoses=(
        Diagnosis("as if on different images",
                  lambda a, b: (a.mean() - b.mean(), np.sqrt((a.var() + b.var()) / len(a))),
                  say="This is the deviation for two *different* sets of images. Here both saw the same: what both "
                      "misread must not count."),
        Diagnosis("all that is misread", lambda a, b: (a.mean() - b.mean(), np.sqrt(a.sum() + b.sum()) / len(a)),
                  say="Images that both misread must not count in the deviation."),
        Diagnosis("the spread of the differences",
                  lambda a, b: (a.mean() - b.mean(), np.std(a * 1.0 - b) / np.sqrt(len(a))),
                  say="You have taken the mean difference off before squaring. Nearly right; but if the two were "
                      "equally good that mean would be 0, and nothing comes off: √(n_a + n_b) / n."),
        Diagnosis("n under the root", lambda a, b: (a.mean() - b.mean(), np.sqrt(np.mean(a != b))),
                  say="Your n stands under the root. Take the root of n_a + n_b first, then divide by n."),
        Diagnosis("b's minus a's", lambda a, b: (b.mean() - a.mean(), np.sqrt(np.sum(a != b)) / len(a)),
                  say="The deviation is right; the difference is asked the other way round."),
        Diagnosis("numbers, not rates", lambda a, b: (float(a.sum() - b.sum()), np.sqrt(np.sum(a != b))),
                  say="You have numbers of images. Divide both by n."),
        Diagnosis("no root", lambda a, b: (a.mean() - b.mean(), np.sum(a != b) / len(a)),
                  say="n_a + n_b is the variance of the number: take its root, then divide by n."),
    ),
)
