"""Exercises of notebook 11: the slip's threshold, a running average; the others are in the modules beside it."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .ch11_difference import q5
from .ch11_reading import q2, q3
from .slips import in_parts

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = ValueExercise(
    name="ch11.q1",
    title="What the slip demands",
    kind="warm-up",
    stub="""
        falls = ...              # λ falls where the true ρ is above …
        grows = ...              # λ grows where the true ρ is below …
        answer = (falls, grows)
        """,
    code="""
        falls = 3 * 3 / 4        # ρ with the slip is ρ/3, and must be above 3/4
        grows = 3 * 1 / 4        # … below 1/4
        answer = (falls, grows)
        """,
    why="With $b = 0$ the prediction is $\\frac12 a$, with the slip $\\frac32 a$: three times as much, so ρ is a "
        "third of what it should be. So λ falls only where the true ρ is above 9/4, where $f$ falls more than twice as "
        "far as predicted. It grows wherever the true ρ is below 3/4, also from 1/4 to 3/4, where the rule itself "
        "leaves λ alone. The slip turned the rule of Levenberg and Marquardt into a very distrustful one.",
    hints=("Put b = 0 into both predictions. By which factor do they differ?",
           "ρ = real fall / prediction. A prediction three times as large makes ρ a third.",
           "The rule looks at ρ/3: above ¾, and below ¼. What is ρ then?"),
    diagnoses=in_parts(
        (2.25, 0.75),
        {0.75: ("falls: without the slip", "Falls: 3/4 is the threshold of the ρ that the code computes, a third of "
                                           "the "
                                           "true one."),
         0.25: ("falls: divided by 3", "Falls: the code's ρ is too small, so the true one is *larger* than 3/4."),
         1.5: ("falls: a factor 2", "Falls: put b = 0. The two predictions are ½a and ³⁄₂a: that is a factor of 3."),
         1.125: ("falls: a factor 3/2", "Falls: the prediction with the slip is three times the right one, ³⁄₂a "
                                        "beside ½a."),
         1.0: ("falls: one", "Falls: the code asks for ρ/3 > 3/4.")},
        {0.25: ("grows: without the slip", "Grows: 1/4 is the threshold of the ρ that the code computes, a third of "
                                           "the "
                                           "true one."),
         1 / 12: ("grows: divided by 3", "Grows: the code's ρ is too small, so the true one is *larger* than 1/4."),
         0.5: ("grows: a factor 2", "Grows: put b = 0. The two predictions are ½a and ³⁄₂a: that is a factor of 3."),
         0.375: ("grows: a factor 3/2", "Grows: the prediction with the slip is three times the right one, ³⁄₂a beside "
                                        "½a."),
         2.25: ("grows: the other threshold", "Grows: below a quarter of what the code sees, so below ¼ · 3.")},
        known=(Diagnosis("the two exchanged", (0.75, 2.25), say="You have exchanged the two."),),
    ),
)


def _average(weight=lambda w, k: max(w, 1 / k), first=lambda thetas: np.zeros_like(thetas[0]), skip=0,
             mix=lambda average, theta, share: average + share * (theta - average)):
    """A `running_average`, right or wrong in some of its parts."""
    def running_average(thetas, w):
        average = first(thetas)
        for k, theta in enumerate(thetas[skip:], start=1 + skip):
            average = mix(average, theta, weight(w, k))
        return average
    return running_average


def _in_place(thetas, w):
    average = thetas[0]
    for k, theta in enumerate(thetas[1:], start=2):
        average += max(w, 1 / k) * (theta - average)
    return average


def _snapshots(rng):
    for n, w in ((3, 0.1), (8, 0.3), (12, 0.2), (1, 0.1)):
        yield rng.normal(size=(n, 4)), w


q4 = FunctionExercise(
    name="ch11.q4",
    title="A running average that starts well",
    kind="core",
    stub='''
        def running_average(thetas, w):
            """The running average of the rows of thetas (n, d), shape (d,).

            Row k, k = 1, 2, …, enters with weight max(w, 1/k):
            average ← average + weight · (θ − average). thetas is not changed.
            """
            return ...
        ''',
    code='''
        def running_average(thetas, w):
            """The running average of the rows of thetas (n, d), shape (d,).

            Row k, k = 1, 2, …, enters with weight max(w, 1/k):
            average ← average + weight · (θ − average). thetas is not changed.
            """
            average = np.zeros_like(thetas[0])
            for k, theta in enumerate(thetas, start=1):
                average = average + max(w, 1 / k) * (theta - average)
            return average
        ''',
    why="With the weight $1/k$ the average is the plain mean of the first $k$: the first one enters with weight 1, so "
        "it does not matter where the average began. From $k = 1/w$ on the weight stays at $w$, and the average "
        "forgets: a θ that is $n$ steps old has the weight $w(1-w)^n$. An average that *is* the first row, changed "
        "with `+=`, would overwrite the caller's θ.",
    hints=("Where may the average begin, if the first θ enters with weight max(w, 1/1) = 1?",
           "`enumerate(thetas, start=1)` gives k and θ.",
           "One line in the loop: a new average, as in the docstring, and not `+=` on a row of thetas."),
    cases=_snapshots,
    diagnoses=(
        Diagnosis("the first one lingers", _average(lambda w, k: w, lambda thetas: thetas[0], 1),
                  say="The weight is w from the start, so the first θ keeps a large share for long: use max(w, 1/k)."),
        Diagnosis("the zeros linger", _average(lambda w, k: w),
                  say="The weight is w from the start, so the zeros you began with keep a share: use max(w, 1/k)."),
        Diagnosis("the smaller weight", _average(lambda w, k: min(w, 1 / k)),
                  say="You take the smaller of w and 1/k. It is the larger one: first 1/k, then w."),
        Diagnosis("the plain mean", lambda thetas, w: np.mean(thetas, axis=0),
                  say="This is the mean of all: it never forgets. From k = 1/w on the weight should stay at w."),
        Diagnosis("k one too low", _average(lambda w, k: max(w, 1 / (k - 1)), lambda thetas: thetas[0], 1),
                  say="k counts from 1, so the second θ enters with weight max(w, 1/2), not with 1."),
        Diagnosis("k one too high", _average(lambda w, k: max(w, 1 / (k + 1))),
                  say="k counts from 1: the first θ enters with weight 1, the second with 1/2."),
        Diagnosis("weights exchanged", _average(mix=lambda average, theta, share: theta + share * (average - theta)),
                  say="The weight belongs to the new θ; you have given it to the old average."),
        Diagnosis("weights exchanged", _average(first=lambda thetas: thetas[0], skip=1,
                                                mix=lambda average, theta, share: theta + share * (average - theta)),
                  say="The weight belongs to the new θ; you have given it to the old average."),
        Diagnosis("the sign of the change",
                  _average(mix=lambda average, theta, share: average - share * (theta - average)),
                  say="The average moves *towards* the new θ: + weight · (θ − average)."),
        Diagnosis("nothing forgotten", _average(mix=lambda average, theta, share: average + share * theta),
                  say="The average also loses its share: + weight · (θ − average), not + weight · θ."),
        Diagnosis("1/N for 1/k", lambda thetas, w: _average(lambda w, k: max(w, 1 / len(thetas)))(thetas, w),
                  say="k is the number of the row, not the number of all rows."),
        Diagnosis("an average that stops", lambda thetas, w: np.mean(thetas[:int(1 / w)], axis=0),
                  say="From k = 1/w on the average goes on, with the weight w."),
        Diagnosis("a window", lambda thetas, w: np.mean(thetas[-int(1 / w):], axis=0),
                  say="This is the mean of the last 1/w rows. A running average keeps a share of all."),
        Diagnosis("the last row left out", lambda thetas, w: _average()(thetas[:-1] if len(thetas) > 1 else thetas, w),
                  say="The last row is missing: it enters, too."),
        Diagnosis("the first one", lambda thetas, w: thetas[0],
                  say="This is the first θ alone: does your loop end after one row?"),
        Diagnosis("the last one", lambda thetas, w: thetas[-1], say="This is the last θ alone, without its past."),
        Diagnosis("changed in place", _in_place),
    ),
)
