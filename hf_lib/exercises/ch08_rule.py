"""Exercises of notebook 08 on the rule for λ: to write it, and two ways to get stuck."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.damping import levenberg_marquardt

__all__ = ["q3", "q4"]

RATIOS = (0.1, 0.5, 0.9, -3.0, 1.4, -np.inf, 0.3, 0.7, 0.25, 0.75)


def _rule(grows, falls, up=3 / 2, down=2 / 3):
    """A rule for λ from two conditions on ρ."""
    def answer(lam, rho):
        return lam * up if grows(rho) else lam * down if falls(rho) else lam
    return answer


q3 = FunctionExercise(
    name="ch08.q3",
    title="The rule of Levenberg and Marquardt",
    kind="core",
    stub='''
        def next_damping(lam, rho):
            """The next λ: λ·3/2 if ρ < 1/4, λ·2/3 if ρ > 3/4, else λ. NaN is a bad ρ."""
            return ...
        ''',
    code='''
        def next_damping(lam, rho):
            """The next λ: λ·3/2 if ρ < 1/4, λ·2/3 if ρ > 3/4, else λ. NaN is a bad ρ."""
            if not rho >= 1 / 4:                 # true for NaN, too
                return lam * 3 / 2
            return lam * 2 / 3 if rho > 3 / 4 else lam
        ''',
    why="Every comparison with NaN is false. So `rho < 1/4` would let a NaN through, and the loop would try the same "
        "step for ever; `not rho >= 1/4` catches it. Everything below 1/4 counts as bad, also a negative ρ and −∞; "
        "everything above 3/4 as good, also a ρ above 1: the model was too careful.",
    hints=("Two thresholds make three cases. Which of them means that the model promised too much?",
           "What is `float('nan') < 0.25`? Find a way to ask that is true for NaN as well.",
           "`if not rho >= 1 / 4: return lam * 3 / 2`, then the case above 3/4."),
    cases=lambda rng: [(float(rng.uniform(0.1, 10)), rho) for rho in (*RATIOS, np.nan)],
    own_work=(levenberg_marquardt,),
    diagnoses=(
        Diagnosis("the wrong way round", _rule(lambda r: r > 3 / 4, lambda r: not r >= 1 / 4),
                  say="After a bad step (small ρ) the model has to be trusted less: λ grows."),
        Diagnosis("the wrong way round", _rule(lambda r: r > 3 / 4, lambda r: r < 1 / 4),
                  say="After a bad step (small ρ) the model has to be trusted less: λ grows. And NaN slips through."),
        Diagnosis("at the borders", _rule(lambda r: not r > 1 / 4, lambda r: r >= 3 / 4),
                  say="All right but at the borders: where ρ is 1/4 or 3/4, λ stays."),
        Diagnosis("NaN and the borders", _rule(lambda r: r <= 1 / 4, lambda r: r >= 3 / 4),
                  say="Two things are left: where ρ is 1/4 or 3/4, λ stays; and no comparison with NaN is true."),
        Diagnosis("NaN slips through", _rule(lambda r: r < 1 / 4, lambda r: r > 3 / 4),
                  say="All right but for NaN: `nan < 1/4` is false, so λ stays, and the same step comes again."),
        Diagnosis("above 1 taken for bad", _rule(lambda r: not 1 / 4 <= r <= 1, lambda r: r > 3 / 4),
                  say="ρ above 1 means that f fell by more than was promised. This rule trusts more then, too."),
        Diagnosis("|ρ|", _rule(lambda r: not abs(r) >= 1 / 4, lambda r: abs(r) > 3 / 4),
                  say="With |ρ| a step that made f much worse passes for a good one. Keep the sign."),
        Diagnosis("one threshold", _rule(lambda r: not r >= 3 / 4, lambda r: r > 3 / 4),
                  say="Between 1/4 and 3/4 λ should stay as it is."),
        Diagnosis("one threshold", _rule(lambda r: not r > 3 / 4, lambda r: r > 3 / 4),
                  say="From 1/4 to 3/4 λ should stay as it is."),
        Diagnosis("one threshold", _rule(lambda r: not r >= 1 / 4, lambda r: r >= 1 / 4),
                  say="From 1/4 to 3/4 λ should stay as it is."),
        Diagnosis("other factors", _rule(lambda r: not r >= 1 / 4, lambda r: r > 3 / 4, 2.0, 0.5),
                  say="The cases are right, the factors are not: 3/2 up, 2/3 down."),
    ),
)


def _passes_the_floor(lam, rho):
    if not rho >= 1 / 4:
        return lam * 3 / 2
    return lam * 2 / 3 if rho > 3 / 4 and lam > 1e-3 else lam


def _nan_sticks(lam, rho):
    if rho < 1 / 4:
        return lam * 3 / 2
    return max(lam * 2 / 3, 1e-3) if rho > 3 / 4 else lam


def _stops_above(lam, rho):
    if not rho >= 1 / 4:
        return lam * 3 / 2
    return lam * 2 / 3 if rho > 3 / 4 and lam * 2 / 3 >= 1e-3 else lam


def _sticks_below(lam, rho):
    if not rho >= 1 / 4:
        return lam * 3 / 2 if lam > 1e-3 else lam
    return max(lam * 2 / 3, 1e-3) if rho > 3 / 4 else lam


q4 = FunctionExercise(
    name="ch08.q4",
    title="Two ways to get stuck",
    kind="find the bug",
    stub='''
        def damping_with_floor(lam, rho):
            """Exercise 3's rule; a good step that leads below 0.001 gives 0.001. NaN is bad."""
            floor = 1e-3
            if rho < 1 / 4 and lam > floor:
                return lam * 3 / 2
            if rho > 3 / 4 and lam > floor:
                return lam * 2 / 3
            return lam
        ''',
    code='''
        def damping_with_floor(lam, rho):
            """Exercise 3's rule; a good step that leads below 0.001 gives 0.001. NaN is bad."""
            floor = 1e-3
            if not rho >= 1 / 4:
                return lam * 3 / 2
            if rho > 3 / 4:
                return max(lam * 2 / 3, floor)
            return lam
        ''',
    why="From 0.0012 a good step leads to 0.0008, *below* the floor, since the code asks what comes in and not what "
        "goes out. From then on both conditions are false, and λ stays at 0.0008 however bad the steps are. This "
        "defect stood in a published implementation of Hessian-free optimisation. The second way to get stuck is NaN: "
        "all comparisons with it are false, so λ stays just when the step has blown up.",
    hints=("Start at λ = 0.0012, with one good ρ and then ten bad ones. What is λ?",
           "Should the floor limit what comes in, or what goes out? And which branch is taken where ρ is NaN?",
           "`not rho >= 1 / 4` for the first branch, without any floor; `max(lam * 2 / 3, floor)` in the second."),
    cases=lambda rng: [(1.0, 0.1), (1.0, 0.9), (1.2e-3, 0.9), (8e-4, 0.1), (1e-3, -2.0), (0.5, np.nan), (0.5, 0.5),
                       (1e-3, 0.9), (8e-4, -np.inf)],
    own_work=(levenberg_marquardt,),
    diagnoses=(
        Diagnosis("the floor is passed", _passes_the_floor,
                  say="λ grows again now. But 0.0012 still becomes 0.0008: the floor must hold for what is returned."),
        Diagnosis("NaN sticks", _nan_sticks,
                  say="The floor is right now. But where ρ is NaN, λ stays: no comparison with NaN is true."),
        Diagnosis("short of the floor", _stops_above,
                  say="Nothing is stuck, and no λ is too small. But where 0.0012 would become 0.0008 it should become "
                      "the floor 0.001, and yours stays at 0.0012."),
        Diagnosis("still stuck", _sticks_below, say="A bad step must raise λ wherever it is, at the floor and below."),
        Diagnosis("no floor", _rule(lambda r: not r >= 1 / 4, lambda r: r > 3 / 4),
                  say="Nothing is stuck any more, but many good steps would bring λ to nothing: keep the floor."),
    ),
)
