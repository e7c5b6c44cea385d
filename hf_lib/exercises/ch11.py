"""The exercises of notebook 11: the slip's threshold, a level, a report that peeks, an average, a real difference."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

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
    why="With $b = 0$ the promise is $\\frac12 a$, with the slip $\\frac32 a$: three times as much, and ρ comes out a "
        "third of what it is. So λ falls only where the true ρ is above 9/4, that is where $f$ falls more than twice "
        "as far as promised. It grows wherever the true ρ is below 3/4, which the rule itself calls good. The "
        "slip turned the rule of Levenberg and Marquardt into a very distrustful one.",
    hints=("Put b = 0 into both promises. By which factor do they differ?",
           "ρ = real fall / promise. A promise that is three times as large makes ρ a third.",
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
            """The first cost from which on every error is at most the level; np.inf if the last is above it.

            cost, error: arrays of one run, in order.
            """
            return ...
        ''',
    code='''
        def settled(cost, error, level):
            """The first cost from which on every error is at most the level; np.inf if the last is above it.

            cost, error: arrays of one run, in order.
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
            """The test error to report; valid and test: errors of each run after each epoch, (runs, epochs).

            Run and epoch are chosen by the error on the validation images.
            """
            run = np.argmin(np.min(valid, axis=1))
            return np.min(test[run])
        ''',
    code='''
        def report(valid, test):
            """The test error to report; valid and test: errors of each run after each epoch, (runs, epochs).

            Run and epoch are chosen by the error on the validation images.
            """
            run = np.argmin(np.min(valid, axis=1))
            return test[run, np.argmin(valid[run])]
        ''',
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
            """The running average of the rows of thetas (n, d): row k, k = 1, 2, …, enters with weight max(w, 1/k).

            average ← average + weight · (θ − average); shape (d,), and thetas is not changed.
            """
            return ...
        ''',
    code='''
        def running_average(thetas, w):
            """The running average of the rows of thetas (n, d): row k, k = 1, 2, …, enters with weight max(w, 1/k).

            average ← average + weight · (θ − average); shape (d,), and thetas is not changed.
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

            Returns the difference of their error rates, a's minus b's, and its standard deviation √(n_a + n_b) / n,
            where n_a images are misread by a alone and n_b by b alone.
            """
            return ...
        ''',
    code='''
        def difference(a, b):
            """Two classifiers on the same n images; a, b: True where each misreads (n,).

            Returns the difference of their error rates, a's minus b's, and its standard deviation √(n_a + n_b) / n,
            where n_a images are misread by a alone and n_b by b alone.
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
