"""Exercises of notebook 11 on reading runs: a level, a report that peeks."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .slips import combined

__all__ = ["q2", "q3"]


def _settled(above=lambda error, level: error > level, later=1, first=False, what=lambda cost, k: cost[k], never=None):
    """A `settled`, right or wrong in some of its parts."""
    def settled(cost, error, level):
        over = above(error, level)
        if first:
            k = int(np.argmin(over)) if not over.all() else len(cost)
        else:
            last = np.flatnonzero(over)
            k = last[-1] + later if last.size else 0
        if (over.all() if first else over[-1]):
            return np.inf if never is None else never(cost)
        return what(cost, min(k, len(cost) - 1))
    return settled


def _curves(rng):
    yield np.array([1.0, 2, 4, 8, 16]), np.array([9.0, 3, 5, 2, 2.5]), 3.0
    yield np.array([1.0, 2, 4, 8]), np.array([9.0, 3, 2, 4]), 3.0
    yield np.array([1.0, 3, 4]), np.array([1.0, 2, 1]), 2.0
    yield np.array([1.0, 3, 4]), np.array([5.0, 2, 2]), 2.0
    yield np.array([1.0, 2, 5]), np.array([4.0, 3, 3.5]), 1.0           # never below
    yield np.array([1.0, 3, 4]), np.array([5.0, 4, 2]), 3.0             # at the last entry alone
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
    diagnoses=combined(
        _settled,
        ("the first time", "This is the first time below the level; the curve may rise above it again.",
         {"first": True}),
        ("one too early", "You give the cost of the last entry above the level; the next one is wanted.", {"later": 0}),
        ("one too late", "The very next entry after the last one above the level is wanted.", {"later": 2}),
        ("strictly below", "At the level itself counts as settled: at most, not below.",
         {"above": lambda error, level: error >= level}),
        ("the index", "You return the number of the entry. Its cost is asked for.", {"what": lambda cost, k: k}),
        ("a number for never", "Where the last error is above the level the answer is np.inf, not the end of the run.",
         {"never": lambda cost: cost[-1]}),
        ("the start for never", "Where the last error is above the level the answer is np.inf, not the first cost.",
         {"never": lambda cost: cost[0]}),
        ("nan for never", "Where the last error is above the level the answer is np.inf.",
         {"never": lambda cost: np.nan}),
        ("another infinity", "Where the last error is above the level the answer is +∞.",
         {"never": lambda cost: -np.inf}),
        without=({"the first time", "one too early"}, {"the first time", "one too late"}),
    ) + (
        Diagnosis("∞ where none is above", lambda cost, error, level: (
            _settled()(cost, error, level) if np.any(error > level) else np.inf),
                  say="Where no entry is above the level the run has settled from its start on: the first cost."),
        Diagnosis("the lowest", lambda cost, error, level: float(cost[np.argmin(error)]),
                  say="This is where the error is lowest, whatever the level."),
        Diagnosis("the last entry below",
                  lambda cost, error, level: max(cost[error <= level], default=np.inf),
                  say="You give the last entry below the level. Asked for is from where on *every* entry is."),
        Diagnosis("the error", lambda cost, error, level: _settled(what=lambda c, k: error[k])(cost, error, level),
                  say="You return the error. The cost at that place is asked for."),
    ),
)


def _tables(rng):
    yield np.array([[5.0, 3, 4], [4, 3.5, 2]]), np.array([[6.0, 4, 2], [5, 3, 3.4]])
    yield np.array([[2.0, 3, 4], [4, 3.5, 2.5]]), np.array([[6.0, 1, 2], [5, 3, 3.4]])
    for _ in range(5):
        yield rng.uniform(1, 5, (4, 6)), rng.uniform(1, 5, (4, 6))


def _best(valid, test):
    """Run and epoch of the lowest validation error."""
    return np.unravel_index(np.argmin(valid), valid.shape)


def _report(run=lambda valid, test: np.argmin(np.min(valid, axis=1)),
            epoch=lambda run, valid, test: np.argmin(valid[run])):
    """A `report`, right or wrong in some of its parts."""
    def report(valid, test):
        r = run(valid, test)
        return test[r, epoch(r, valid, test)]
    return report


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
           "In the last line `valid[run]` decides about the epoch, and `test` only gives its value."),
    cases=_tables,
    diagnoses=(
        Diagnosis("the lowest of the test", lambda valid, test: np.min(test),
                  say="Now run and epoch are both chosen by the test images."),
        Diagnosis("validation reported", lambda valid, test: np.min(valid),
                  say="This is the validation error of the chosen epoch. It was used to choose, so it flatters: report "
                      "the test error there."),
        Diagnosis("both numbers", lambda valid, test: (test[_best(valid, test)], np.min(valid)),
                  say="One number is asked for, the test error of the chosen run and epoch."),
        Diagnosis("the place", lambda valid, test: _best(valid, test),
                  say="This is the place. The test error there is asked for."),
        *combined(
            _report,
            ("the last epoch", "You take the last epoch. The one with the lowest validation error is wanted.",
             {"epoch": lambda run, valid, test: -1}),
            ("the epoch by the mean of the runs", "The epoch is chosen by the validation error of the chosen run "
                                                  "alone.",
             {"epoch": lambda run, valid, test: np.argmin(valid.mean(axis=0))}),
            ("the epoch by all runs", "The epoch is chosen in the chosen run alone, not across the runs.",
             {"epoch": lambda run, valid, test: np.argmin(valid, axis=0)[run]}),
            ("the highest for the lowest", "`argmax` gives the worst epoch.",
             {"epoch": lambda run, valid, test: np.argmax(valid[run])}),
            ("the run by its end", "The run is chosen by its last epoch alone.",
             {"run": lambda valid, test: np.argmin(valid[:, -1])}),
            ("the run by the test", "The run is chosen by the test images.",
             {"run": lambda valid, test: np.argmin(np.min(test, axis=1))}),
            ("the run by its mean", "The run is chosen by its mean over the epochs; its lowest validation error "
                                    "decides.",
             {"run": lambda valid, test: np.argmin(np.mean(valid, axis=1))}),
            ("the first run", "The run with the lowest validation error is wanted, not the first.",
             {"run": lambda valid, test: 0}),
        ),
        Diagnosis("a mean over the epochs", lambda valid, test: np.mean(test[np.argmin(np.min(valid, axis=1))]),
                  say="One epoch is to be reported, the one with the lowest validation error."),
        Diagnosis("a mean over the runs", lambda valid, test: np.mean([t[np.argmin(v)] for v, t in zip(valid, test)]),
                  say="Each run's epoch is right. But one run is chosen, not the mean of all."),
        Diagnosis("the best of the runs' ends",
                  lambda valid, test: np.min([t[np.argmin(v)] for v, t in zip(valid, test)]),
                  say="Each run's epoch is right. But among the runs you choose by the test error."),
    ),
)
