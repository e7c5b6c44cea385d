"""Exercise of notebook 03 on a rule for the damping that gets stuck."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q5"]


def _passes_the_floor(lam, better):
    if better:
        return lam / 4 if lam > 1e-3 else lam
    return 4 * lam


def _stops_above_the_floor(lam, better):
    if better:
        return lam / 4 if lam / 4 >= 1e-3 else lam
    return 4 * lam


def _sticks_at_the_floor(lam, better):
    if better:
        return max(lam / 4, 1e-3)
    return 4 * lam if lam > 1e-3 else lam


q5 = FunctionExercise(
    name="ch03.q5",
    title="Damping that gets stuck",
    kind="find the bug",
    stub='''
        def next_damping(lam, better):
            """The next λ: a quarter after a better step, never below the floor; else 4 λ."""
            floor = 1e-3
            if better and lam > floor:
                return lam / 4
            elif not better and lam > floor:
                return lam * 4
            return lam
        ''',
    code='''
        def next_damping(lam, better):
            """The next λ: a quarter after a better step, never below the floor; else 4 λ."""
            floor = 1e-3
            if better:
                return max(lam / 4, floor)
            return 4 * lam
        ''',
    why="Both branches asked for λ above the floor. The first can carry λ *below* it (0.002 becomes 0.0005), and from "
        "then on neither branch applies: λ stays there for ever, however bad the steps are. The floor has to hold "
        "for what is returned, and it has no business in the branch that grows. This bug was found in a published "
        "implementation of Hessian-free optimisation.",
    hints=("Start at λ = 0.002, say *better* once and then *worse* ten times. What is λ?",
           "Which branch should the floor limit, and should it limit what comes in or what goes out?",
           "After a worse step λ grows, whatever it is. After a better one, limit λ/4 from below."),
    cases=lambda rng: [(1.0, True), (10, False), (2e-3, np.True_), (5e-4, False), (1e-3, True), (1e-3, np.False_),
                       (2e-3, False), (5e-4, True), (4e-3, True), (7e-3, True), (10, True)],
    diagnoses=(
        Diagnosis("the floor is passed", _passes_the_floor,
                  say="λ grows again now. But 0.002 still becomes 0.0005: the floor must hold for what is returned."),
        Diagnosis("short of the floor", _stops_above_the_floor,
                  say="From 0.002 a better step should lead to the floor, 0.001. Yours stays at 0.002."),
        Diagnosis("still stuck", _sticks_at_the_floor,
                  say="A bad step at the floor, or below it, must raise λ."),
        Diagnosis("still stuck", lambda lam, better: max(lam / 4, 1e-3) if better else 4 * lam if lam > 1e-3 else 1e-3,
                  say="A bad step at the floor, or below it, must raise λ."),
        Diagnosis("≥ in place of >", lambda lam, better: (lam / 4 if better else 4 * lam) if lam >= 1e-3 else lam,
                  say="With ≥ for > 0.001 still becomes 0.00025, and from there nothing moves λ."),
        Diagnosis("stays below the floor",
                  lambda lam, better: (max(lam / 4, 1e-3) if lam > 1e-3 else lam) if better else 4 * lam,
                  say="From 0.0005, below the floor, a better step leaves λ where it is. What is returned must not be "
                      "below the floor."),
        Diagnosis("the floor before the quarter", lambda lam, better: max(lam, 1e-3) / 4 if better else 4 * lam,
                  say="You limit λ and divide afterwards. The floor must hold for what is returned, λ/4."),
        Diagnosis("max and min exchanged", lambda lam, better: min(lam / 4, 1e-3) if better else 4 * lam,
                  say="min(λ/4, floor) is never above the floor. Never below it is asked for."),
        Diagnosis("short of the floor", lambda lam, better: (lam / 4 if lam / 4 > 1e-3 else lam) if better else 4 * lam,
                  say="From 0.002 a better step should lead to the floor, 0.001. Yours stays at 0.002."),
        Diagnosis("λ falls always", lambda lam, better: max(lam / 4, 1e-3),
                  say="After a bad step λ must rise."),
        Diagnosis("`is True`", lambda lam, better: max(lam / 4, 1e-3) if better is True else 4 * lam,
                  say="Comparing NumPy's numbers gives np.True_, which `is True` does not accept: write `if better`."),
        Diagnosis("λ falls always", lambda lam, better: max(lam / 4, 1e-3) if better else lam / 4,
                  say="After a bad step λ must rise."),
        Diagnosis("the wrong way round", lambda lam, better: max(4 * lam, 1e-3) if better else lam / 4,
                  say="A good step earns trust: λ falls. After a bad one it rises."),
        Diagnosis("another floor", lambda lam, better: max(lam / 4, 1e-2) if better else 4 * lam,
                  say="Your floor is 0.01; it should be 0.001."),
        Diagnosis("4 added and subtracted", lambda lam, better: max(lam - 4, 1e-3) if better else lam + 4,
                  say="You add and subtract 4. λ is multiplied and divided by it."),
        Diagnosis("whole numbers", lambda lam, better: max(lam // 4, 1e-3) if better else 4 * lam,
                  say="`//` drops what stands behind the decimal point: 10 becomes 2, not 2.5."),
        Diagnosis("no floor", lambda lam, better: lam / 4 if better else 4 * lam,
                  say="λ must not fall below 0.001, or many good steps will bring it to nothing."),
        Diagnosis("the wrong way round", lambda lam, better: 4 * lam if better else max(lam / 4, 1e-3),
                  say="A good step earns trust: λ falls. After a bad one it rises."),
    ),
)
