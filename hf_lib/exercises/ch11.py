"""Exercises of notebook 11: the slip's threshold, a running average; reading runs is in `ch11_reading`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .ch11_reading import q2, q3, q5

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
        "far as predicted. It grows wherever the true ρ is below 3/4, which the rule itself calls good. The slip "
        "turned the rule of Levenberg and Marquardt into a very distrustful one.",
    hints=("Put b = 0 into both predictions. By which factor do they differ?",
           "ρ = real fall / prediction. A prediction three times as large makes ρ a third.",
           "The rule looks at ρ/3: above ¾, and below ¼. What is ρ then?"),
    diagnoses=(
        Diagnosis("the rule without the slip", (0.75, 0.25),
                  say="These are the thresholds for the ρ that the code computes. Which true ρ belongs to them?"),
        Diagnosis("the wrong way", (0.25, 1 / 12),
                  say="You have divided by 3. The code's ρ is too small, so the true one is larger."),
        Diagnosis("the other limit", (1.5, 0.5),
                  say="That would be a factor of 2. Put b = 0: ½a against ³⁄₂a."),
        Diagnosis("the two exchanged", (0.75, 2.25), say="You have exchanged the two."),
    ),
)


def _average(w=lambda w, k: max(w, 1 / k), start=0, swap=False):
    def answer(thetas, weight):
        average = thetas[0].copy()
        for k, theta in enumerate(thetas[1:], start=2):
            share = w(weight, k + start)
            average = average + (1 - share if swap else share) * (theta - average)
        return average
    return answer


def _in_place(thetas, w):
    average = thetas[0]
    for k, theta in enumerate(thetas[1:], start=2):
        average += max(w, 1 / k) * (theta - average)
    return average


def _from_zeros(w):
    def answer(thetas, weight):
        average = np.zeros_like(thetas[0])
        for k, theta in enumerate(thetas, start=1):
            average = average + w(weight, k) * (theta - average)
        return average
    return answer


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
    hints=("Begin with zeros; the first θ enters with weight max(w, 1/1) = 1.",
           "`enumerate(thetas, start=1)` gives k and θ.",
           "`average = average + max(w, 1 / k) * (theta - average)`"),
    cases=_snapshots,
    diagnoses=(
        Diagnosis("the first one lingers", _average(w=lambda w, k: w),
                  say="The weight is w from the start, so the first θ keeps a large share for long: use max(w, 1/k)."),
        Diagnosis("the zeros linger", _from_zeros(lambda w, k: w),
                  say="The weight is w from the start, so the zeros you began with keep a share: use max(w, 1/k)."),
        Diagnosis("the smaller weight", _from_zeros(lambda w, k: min(w, 1 / k)),
                  say="You take the smaller of w and 1/k. It is the larger one: first 1/k, then w."),
        Diagnosis("the plain mean", lambda thetas, w: np.mean(thetas, axis=0),
                  say="This is the mean of all: it never forgets. From k = 1/w on the weight should stay at w."),
        Diagnosis("k from 0", _average(start=-1), say="You count k one too low: the second θ enters with weight ½."),
        Diagnosis("weights exchanged", _average(swap=True),
                  say="The weight belongs to the new θ; you have given it to the old average."),
        Diagnosis("changed in place", _in_place),
    ),
)
