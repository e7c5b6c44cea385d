"""The exercise of notebook 07 on stopping: a rule that looks the wrong way back."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q4"]


def _stops(back=0, cap=True, relative=True, floor=True, at_cap=0, nan=False, more_than=0):
    """A `should_stop`, right or wrong in one of its parts."""
    def should_stop(phi, eps, j, max_iters):
        k = len(phi) - 1
        if (cap and k >= max_iters + at_cap) or (nan and np.isnan(phi[k])):
            return True
        if not k > j + more_than or (floor and not phi[k] < 0):
            return False
        progress = phi[k] - phi[k - j + back]
        return bool((progress / phi[k] if relative else -progress) < j * eps)
    return should_stop


def _stop_cases(rng):
    """Histories in which the exact number of steps looked back over decides, and some that only a cap ends."""
    for k, j, eps in ((12, 5, 2e-3), (15, 3, 2e-3), (9, 4, 1e-2)):
        phi = -2.0 + np.zeros(k + 1)
        phi[:k - j + 1] = -2.0 * (1 - 1.5 * j * eps)            # one fall, exactly j steps ago
        phi[0] = 0.0
        yield phi, eps, j, 100
        later = phi.copy()
        later[k - j] = -2.0                                     # the fall, j + 1 steps ago
        yield later, eps, j, 100
        yield phi[:-1], eps, j, 100
        yield phi[:j + 1], eps, j, 100
        yield -2.0 * np.ones(k), eps, j, 100
        yield -2.0 * np.ones(j + 1), eps, j, 100                # k = j, from a warm start
    yield np.array([0.0, -1.0, -2.0, -3.0, -4.0, -5.0]), 1e-3, 2, 5
    yield np.array([0.0, -1.0, -2.0, -3.0, -4.0]), 1e-3, 2, 5
    yield -2.0 * np.ones(8), 1e-3, 3, 7                         # the rule and the cap at once
    yield np.array([0.0, -1.0, np.nan, np.nan, np.nan, np.nan, np.nan]), 1e-3, 2, 6
    yield np.array([0.0, -1.0] + [np.nan] * 6), 1e-3, 2, 6
    yield np.array([3.0, 2.0, 1.5, 1.4, 1.4, 1.4, 1.4, 1.4]), 1e-3, 2, 50
    yield 0.01 * np.array([0.0, -1.0, -1.5, -1.6, -1.65, -1.67]), 5e-3, 2, 50


q4 = FunctionExercise(
    name="ch07.q4",
    title="A stop that looks the wrong way back",
    kind="find the bug",
    stub='''
        def should_stop(phi, eps, j, max_iters):
            """True if the last j steps brought too little, or after max_iters steps."""
            k = len(phi) - 1
            return bool(k > j and phi[k] < 0 and (phi[k] - phi[k - (j - 1)]) / phi[k] < j * eps)
        ''',
    code='''
        def should_stop(phi, eps, j, max_iters):
            """True if the last j steps brought too little, or after max_iters steps."""
            k = len(phi) - 1
            if k >= max_iters:
                return True
            return bool(k > j and phi[k] < 0 and (phi[k] - phi[k - j]) / phi[k] < j * eps)
        ''',
    why="`phi[k - (j - 1)]` lies $j - 1$ steps back, but the progress is compared with $j \\varepsilon$: the rule "
        "stops too early. And a rule made of comparisons only is never true once $\\phi$ is nan: a cap on the steps "
        "belongs to every loop.",
    hints=("How many steps lie between `phi[k - (j - 1)]` and `phi[k]`?",
           "Put `phi[k - j]`. Then ask what happens if every entry of phi is nan.",
           "Before the comparison: `if k >= max_iters: return True`."),
    cases=_stop_cases,
    diagnoses=(
        Diagnosis("still one step short", _stops(back=1),
                  say="The cap is there. But the rule still looks j − 1 steps back."),
        Diagnosis("no cap", _stops(cap=False),
                  say="It looks back the right way, but after max_iters steps it must be True."),
        Diagnosis("one step too far", _stops(back=-1), say="Now it looks j + 1 steps back."),
        Diagnosis("not relative", _stops(relative=False),
                  say="The progress is to be divided by φ(x_k): else a small φ stops at once."),
        Diagnosis("φ above zero", _stops(floor=False),
                  say="While φ(x_k) is not below 0 nothing has been gained yet, and the quotient means nothing."),
        Diagnosis("nan in place of a cap", _stops(cap=False, nan=True),
                  say="nan is seen now. But a φ that goes on falling still has no end: count the steps."),
        Diagnosis("cap and rule together",
                  lambda phi, eps, j, max_iters: len(phi) > max_iters and _stops(cap=False)(phi, eps, j, max_iters),
                  say="The cap is to stop CG even if the rule is false: join them by `or`, not by `and`."),
        Diagnosis("k = j counted", _stops(more_than=-1), say="The rule asks for k > j: at k = j it is still False."),
        Diagnosis("cap one step late", _stops(at_cap=1),
                  say="After max_iters steps, not after one more: k ≥ max_iters."),
    ),
)
