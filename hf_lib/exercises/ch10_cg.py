"""Exercises of notebook 10 on CG: a stop that looks back too short, and the walk back while f falls."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.cg_rules import RelativeProgress

__all__ = ["q1", "q3"]


# ---- the stop --------------------------------------------------------------------------------------


def _stop(look_back=0, factor=0, sign=True, start=True):
    """A rule with its faults: how far it looks back, which k stands in k·ε, whether it asks for φ < 0 and for i > k."""
    def answer(phi, k, eps):
        i = len(phi) - 1
        if start and i <= k or sign and phi[i] >= 0:
            return False
        return bool((phi[i] - phi[max(i - k - look_back, 0)]) / phi[i] < (k + factor) * eps)
    return answer


def _values_of_phi(rng):
    yield [0.0, -1.0, -1.9, -2.0, -2.05, -2.06], 2, 0.02            # looks back to −2: 0.029 of −2.06, not below 0.04
    yield [0.0, -1.0, -1.9, -2.0, -2.01, -2.02], 2, 0.02
    yield [-1.0, -1.001, -1.002], 2, 0.02                           # too early, though nothing moves
    yield [5.0, 1.0, 0.3, 0.29, 0.289, 0.2889], 2, 0.02             # a warm start that has not paid yet
    yield [0.0, -1.0, -2.0, -2.1, -2.13, -2.149, -2.16], 3, 0.01
    for k in (2, 3):
        yield list(-np.cumsum(0.5 ** np.arange(12)) * rng.uniform(1, 3)), k, 5e-4


q1 = FunctionExercise(
    name="ch10.q1",
    title="A stop that looks back too short",
    kind="find the bug",
    stub='''
        def stop(phi, k, eps):
            """Whether CG may stop: φ_i < 0, i > k, and the last k steps brought less than k·eps of all progress."""
            i = len(phi) - 1
            if i <= k or phi[i] >= 0:
                return False
            recent = phi[-k]
            return (phi[i] - recent) / phi[i] < k * eps
        ''',
    code={"recent = phi[-k]": "recent = phi[i - k]                  # k steps back: phi[-k] is only k − 1 back"},
    why="The list ends with $\\varphi_i$, which is `phi[-1]`. One step back is `phi[-2]`, so $k$ steps back is "
        "`phi[-k - 1]`, or `phi[i - k]`. The code compared the progress of $k - 1$ steps with the bound for $k$ and so "
        "stopped too early. The student project's published code has this slip. With $k = 10$ nobody notices; with "
        "$k = 1$ it would compare $\\varphi_i$ with itself and stop at once.",
    hints=("Write the list [φ₀, φ₁, φ₂, φ₃] on paper, so i = 3. Which entry is two steps back? Which one is `phi[-2]`?",
           "`phi[-1]` is φ_i itself: zero steps back.",
           "`recent = phi[i - k]`"),
    cases=_values_of_phi,
    own_work=(RelativeProgress,),
    diagnoses=(
        Diagnosis("one too far", _stop(look_back=1),
                  say="Now you look k + 1 steps back. Count once more: `phi[i]` is the last."),
        Diagnosis("k − 1 on both sides", _stop(look_back=-1, factor=-1),
                  say="You have made the bound fit the short look back: that is the rule for k − 1."),
        Diagnosis("the sign of φ dropped", _stop(sign=False),
                  say="With φ ≥ 0 CG has not even made good its warm start, and must go on: keep that condition."),
        Diagnosis("too early", _stop(start=False),
                  say="With i ≤ k there are no k steps behind you (and i = k reaches back to the start): go on then."),
    ),
)


def _forward(f):
    k = 0
    while k < len(f) - 1 and f[k + 1] < f[k]:
        k += 1
    return k


def _walk_back(goes_on):
    """A `chosen` that starts at the last and steps back while goes_on(f, k)."""
    def answer(f):
        k = len(f) - 1
        while k > 0 and goes_on(f, k):
            k -= 1
        return k
    return answer


def _falls(rng):
    yield (np.array([2.0, 1.2, 1.0, 1.1, 1.5]),)
    yield (np.array([0.5, 1.2, 1.0, 1.1, 1.5]),)                    # lower still, but behind a hill
    yield (np.array([3.0, 2.0, 1.0, 0.9]),)
    yield (np.array([2.0, 1.0, 1.0, 1.3]),)                         # equal: stay at the later one
    yield (np.array([2.0, 1.2, 3.0, np.inf, np.inf]),)
    yield (np.array([2.0, np.inf, 1.2, 1.3]),)                      # ∞ ends the walk as any rise does
    yield (np.array([1.0, 1.5, 2.0, 2.5]),)
    yield (rng.uniform(0, 1, 8),)


q3 = FunctionExercise(
    name="ch10.q3",
    title="Walk back while f falls",
    kind="core",
    stub='''
        def chosen(f):
            """The place of the iterate that backtracking chooses; f: the loss at the kept iterates, first to last.

            Start at the last. Walk back as long as the one before has a lower f, or f here is infinite.
            """
            return ...
        ''',
    code='''
        def chosen(f):
            """The place of the iterate that backtracking chooses; f: the loss at the kept iterates, first to last.

            Start at the last. Walk back as long as the one before has a lower f, or f here is infinite.
            """
            k = len(f) - 1
            while k > 0 and (f[k - 1] < f[k] or f[k] == np.inf):
                k -= 1
            return k
        ''',
    why="Each comparison is between neighbours on the way back: the one before against the one where you stand. The "
        "walk ends at the first rise and never sees what lies behind it. That saves forward passes, but can miss a "
        "lower value behind a hill. At equal f you stay, with the iterate that CG likes better.",
    hints=("Start with `k = len(f) - 1` and a `while` that lowers k.",
           "Two things allow a step back: `f[k - 1] < f[k]`, or that f[k] is no number to stay with.",
           "`while k > 0 and (f[k - 1] < f[k] or f[k] == np.inf): k -= 1`"),
    cases=_falls,
    diagnoses=(
        Diagnosis("the lowest of all", lambda f: int(np.argmin(f)),
                  say="The lowest of all would need f everywhere. The walk ends at the first rise."),
        Diagnosis("from the front", _forward, say="You walk from the first iterate forwards. Begin at the last."),
        Diagnosis("compared with the last", _walk_back(lambda f, k: f[k - 1] < f[-1] or not f[k] < np.inf),
                  say="You compare with f at the last iterate all the way. Compare with f where you stand."),
        Diagnosis("equal is not lower", _walk_back(lambda f, k: f[k - 1] <= f[k] or not f[k] < np.inf),
                  say="Where the one before is only as low, stay."),
        Diagnosis("stuck at infinity", _walk_back(lambda f, k: f[k - 1] < f[k]),
                  say="∞ is not larger than ∞, so you never leave it. From an infinite f walk back in any case."),
        Diagnosis("on into infinity", _walk_back(lambda f, k: f[k - 1] < f[k] or f[k - 1] == np.inf),
                  say="You go on where the one *before* is infinite. Walk back in any case only where f *here* is."),
        Diagnosis("the last", lambda f: len(f) - 1, say="This is always CG's last iterate: no walk at all."),
    ),
)
