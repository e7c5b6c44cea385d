"""The exercise of notebook 07 on stopping: a rule that looks the wrong way back."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .slips import combined

__all__ = ["q4"]


def _stops(back=0, cap=lambda k, max_iters: k >= max_iters, over=lambda phi, k, j: phi[k], limit=lambda j, eps: j * eps,
           floor=True, join=False, more_than=0, size=lambda progress: progress, equal=False):
    """A `should_stop`, right or wrong in some of its parts."""
    def should_stop(phi, eps, j, max_iters):
        k = len(phi) - 1
        at_cap = bool(cap(k, max_iters))
        if not k > j + more_than or (floor and not phi[k] < 0):
            rule = False
        else:
            progress = size((phi[k] - phi[max(k - j + back, 0)]) / over(phi, k, j))
            rule = bool(progress <= limit(j, eps) if equal else progress < limit(j, eps))
        return at_cap and rule if join else at_cap or rule
    return should_stop


def _nan_stops(rule):
    return lambda phi, eps, j, max_iters: bool(np.isnan(phi[-1])) or rule(phi, eps, j, max_iters)


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
        yield phi, eps, j, k
        yield later, eps, j, k
        yield phi[:-1], eps, j, 100
        yield phi[:j + 1], eps, j, 100
        yield -2.0 * np.ones(k), eps, j, 100
        yield -2.0 * np.ones(j + 1), eps, j, 100                # k = j, from a warm start
    yield np.array([0.0, -1.0, -2.0, -3.0, -4.0, -5.0]), 1e-3, 2, 5
    yield np.array([0.0, -1.0, -2.0, -3.0, -4.0]), 1e-3, 2, 5
    yield -2.0 * np.ones(8), 1e-3, 3, 7                         # the rule and the cap at once
    yield np.array([0.0, -1.0, np.nan, np.nan, np.nan, np.nan, np.nan]), 1e-3, 2, 6
    yield np.array([0.0, -1.0] + [np.nan] * 6), 1e-3, 2, 6
    yield np.array([0.0, -1.0, -2.0, -3.0]), 1e-3, 10, 3                     # the cap before there are j steps
    yield np.array([3.0, 2.0, 1.5, 1.4, 1.4, 1.4, 1.4, 1.4]), 1e-3, 2, 50
    yield 0.01 * np.array([0.0, -1.0, -1.5, -1.6, -1.65, -1.67]), 5e-3, 2, 50
    yield np.array([0.0, -1.6, -1.6, -1.6, -1.6, -1.61]), 4e-3, 3, 50       # more than ε, less than j ε
    yield np.array([0.0, -1.0, -1.0, -1.2, -1.5, -1.8, -2.0]), 0.13, 4, 50      # divided by φ(x_k), by no other
    yield -2.0 * np.ones(5), 1e-3, 3, 50                                    # k = j + 1
    yield np.array([0.0, -2.0, -2.0, -2.0, -1.5, -1.0]), 1e-2, 3, 50        # φ rises
    yield np.array([3.0, 2.0, -1.0, 2.0, -1.0, 0.5]), 1e-3, 2, 50           # φ(x_k) is above 0, others are not
    yield np.array([3.0, 2.0, 2.0, 2.0, 0.0]), 1e-3, 2, 50
    yield np.array([0.0, -0.5, -1.0, -1.5, -2.0]), 0.25, 2, 50              # exactly j ε: not too little


q4 = FunctionExercise(
    name="ch07.q4",
    title="A stop that looks the wrong way back",
    kind="find the bug",
    stub='''
        def should_stop(phi, eps, j, max_iters):
            """True if the last j steps brought too little, or after max_iters steps.

            phi is an array: φ(x_0), …, φ(x_k).
            """
            k = len(phi) - 1
            return bool(k > j and phi[k] < 0 and (phi[k] - phi[k - (j - 1)]) / phi[k] < j * eps)
        ''',
    code='''
        def should_stop(phi, eps, j, max_iters):
            """True if the last j steps brought too little, or after max_iters steps.

            phi is an array: φ(x_0), …, φ(x_k).
            """
            k = len(phi) - 1
            if k >= max_iters:
                return True
            return bool(k > j and phi[k] < 0 and (phi[k] - phi[k - j]) / phi[k] < j * eps)
        ''',
    why="`phi[k - (j - 1)]` lies $j - 1$ steps back, but the progress is compared with $j \\varepsilon$: the rule "
        "stops too early. And a rule made of comparisons only is never true once $\\phi$ is nan: a cap on the steps "
        "belongs to every loop.",
    hints=("How many steps lie between `phi[k - (j - 1)]` and `phi[k]`?",
           "Which index lies j steps before k? Then ask what happens if every entry of phi is nan.",
           "`phi[k - j]`; and before any comparison of phi ask whether `k` has reached `max_iters`."),
    cases=_stop_cases,
    diagnoses=combined(
        _stops,
        ("still one step short", "The rule still looks j − 1 steps back.", {"back": 1}),
        ("one step too far", "The rule looks j + 1 steps back.", {"back": -1}),
        ("no cap", "After max_iters steps the answer must be True, whatever φ is.", {"cap": lambda k, most: False}),
        ("cap one step late", "After max_iters steps, not after one more: k ≥ max_iters.",
         {"cap": lambda k, most: k > most}),
        ("cap one step early", "phi has k + 1 entries after k steps: it is k that reaches max_iters.",
         {"cap": lambda k, most: k + 1 >= most}),
        ("cap at one step only", "From max_iters steps on the answer is True, not at k = max_iters alone.",
         {"cap": lambda k, most: k == most}),
        ("cap and rule together", "The cap is to stop CG even if the rule is false: join them by `or`, not by `and`.",
         {"join": True, "cap": lambda k, most: k >= most}),
        ("compared with ε", "The progress of j steps is compared with j ε.",
         {"limit": lambda j, eps: eps, "join": False}),
        without=({"still one step short", "no cap"},),                          # the stub
    ) + combined(
        _stops,
        ("not relative", "The progress is to be divided by φ(x_k): else a small φ stops at once.",
         {"over": lambda phi, k, j: -1.0}),
        ("relative to φ before", "The progress is divided by φ(x_k), not by φ(x_{k−j}).",
         {"over": lambda phi, k, j: phi[k - j]}),
        ("the size of the progress", "Without its sign, a φ that *rises* counts as progress.", {"size": abs}),
        ("sign of the progress", "φ(x_k) − φ(x_{k−j}) and φ(x_k) are both negative where φ falls: progress is "
                                 "positive.",
         {"size": lambda progress: -progress}),
        ("φ above zero", "While φ(x_k) is not below 0 nothing has been gained yet, and the quotient means nothing.",
         {"floor": False}),
        ("k = j counted", "The rule asks for k > j: at k = j it is still False.", {"more_than": -1}),
        ("k = j + 1 left out", "The rule asks for k > j: from k = j + 1 on it holds.", {"more_than": 1}),
        ("equal counted", "Progress of exactly j ε is not too little: <, as you found it.", {"equal": True}),
        most=1,
    ) + (
        Diagnosis("nan in place of a cap", _nan_stops(_stops(cap=lambda k, most: False)),
                  say="nan is seen now. But a φ that goes on falling still has no end: count the steps."),
        Diagnosis("nan in place of a cap, still one step short", _nan_stops(_stops(1, lambda k, most: False)),
                  say="nan is seen now, but the rule still looks j − 1 steps back. And a φ that goes on falling has no "
                      "end: count the steps."),
        Diagnosis("the last step alone", lambda phi, eps, j, max_iters: _stops()(
            np.append(np.full(len(phi) - 2, phi[-2]), phi[-2:]), eps, j, max_iters),
                  say="You look back one step. The progress of the last j steps is wanted."),
        Diagnosis("the cap alone", lambda phi, eps, j, max_iters: len(phi) > max_iters,
                  say="The cap is right. The rule of relative progress is gone."),
    ),
)
