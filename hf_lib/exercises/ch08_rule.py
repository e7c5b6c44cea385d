"""Exercises of notebook 08 on the rule for λ: to write it, and two ways to get stuck."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.damping import levenberg_marquardt

from .slips import combined

__all__ = ["q3", "q4"]

FLOOR = 1e-3
RATIOS = (0.1, 0.5, 0.9, -3.0, 1.4, -np.inf, 0.3, 0.7, 0.25, 0.75, 0.249, 0.751, -0.1, -0.5, np.nan)


SOUND = {"low": lambda r: r < 1 / 4, "high": lambda r: r > 3 / 4}


def _rule(low=lambda r: r < 1 / 4, high=lambda r: r > 3 / 4, nan="up", up=3 / 2, down=2 / 3, see=lambda r: r,
          change=lambda lam, factor: lam * factor):
    """A rule for λ, right or wrong in some of its parts."""
    def next_damping(lam, rho):
        r = see(rho)
        if low(r) or np.isnan(r) and nan == "up":
            return change(lam, up)
        return change(lam, down) if high(r) or np.isnan(r) and nan == "down" else lam
    return next_damping


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
           "`not rho >= 1 / 4` is true for NaN, too: begin with the bad case, and let the middle one be what is left."),
    cases=lambda rng: [*((float(rng.uniform(0.1, 10)), rho) for rho in RATIOS), (2e-4, 0.9)],     # no floor
    own_work=(levenberg_marquardt,),
    diagnoses=combined(
        _rule,
        ("NaN slips through", "`nan < 1/4` is false, as every comparison with NaN, so λ stays, and the same step comes "
         "again.", {"nan": "stay"}),
        ("NaN taken for good", "Every comparison with NaN is false, so a NaN ends in your last branch, and λ falls. "
                               "NaN "
         "is a bad ρ.", {"nan": "down"}),
        ("the wrong way round", "After a bad step (small ρ) the model has to be trusted less: λ grows.",
         {"up": 2 / 3, "down": 3 / 2}),
        ("a floor", "There is no floor in this rule: after a good step λ is 2/3 of what it was, however small.",
         {"change": lambda lam, factor: max(lam * factor, 1e-3) if factor < 1 else lam * factor}),
        ("2/3 rounded", "The factor down is 2/3 itself: rounded, λ drifts from step to step.", {"down": 0.6667}),
        ("2/3 rounded", "The factor down is 2/3 itself: rounded, λ drifts from step to step.", {"down": 0.66}),
        ("2/3 rounded", "The factor down is 2/3 itself: rounded, λ drifts from step to step.", {"down": 0.667}),
        ("added, not multiplied", "λ is multiplied by 3/2 or by 2/3: nothing is added.",
         {"change": lambda lam, factor: lam + factor if factor > 1 else lam - factor}),
        ("at the border 1/4", "Where ρ is 1/4, λ stays.", {"low": lambda r: r <= 1 / 4}),
        ("at the border 3/4", "Where ρ is 3/4, λ stays.", {"high": lambda r: r >= 3 / 4}),
        ("above 1 taken for bad", "ρ above 1 means that f fell by more than was promised. This rule trusts more then, "
                                  "too.",
         SOUND | {"low": lambda r: r < 1 / 4 or r > 1}),
        ("above 1 left out", "ρ above 1 is above 3/4 as well: λ falls.", SOUND | {"high": lambda r: 3 / 4 < r <= 1}),
        ("below 0 left out", "A negative ρ is below 1/4 as well: λ grows.", SOUND | {"low": lambda r: 0 <= r < 1 / 4}),
        ("below 0 alone", "Every ρ below 1/4 is bad, not only a negative one.", SOUND | {"low": lambda r: r < 0}),
        ("−∞ left out", "−∞ is below 1/4 as well: λ grows.", SOUND | {"low": lambda r: -np.inf < r < 1 / 4}),
        ("|ρ|", "With |ρ| a step that made f much worse passes for a good one. Keep the sign.", SOUND | {"see": abs}),
        ("one threshold, 3/4", "From 1/4 to 3/4 λ should stay as it is; yours grows there.",
         SOUND | {"low": lambda r: r < 3 / 4}),
        ("one threshold, 3/4", "From 1/4 to 3/4 λ should stay as it is; yours grows there.",
         SOUND | {"low": lambda r: r <= 3 / 4}),
        ("one threshold, 1/4", "From 1/4 to 3/4 λ should stay as it is; yours falls there.",
         SOUND | {"high": lambda r: r >= 1 / 4}),
        ("one threshold, 1/4", "Between 1/4 and 3/4 λ should stay as it is; yours falls there.",
         SOUND | {"high": lambda r: r > 1 / 4}),
        ("other factor up", "The factor up is 3/2.", {"up": 2.0}),
        ("other factor down", "The factor down is 2/3.", {"down": 0.5}),
        ("up in both cases", "After a good step λ falls, to 2/3 of what it was.", {"up": 3 / 2, "down": 3 / 2}),
        ("added", "λ is multiplied by 3/2 or 2/3, not increased by it.",
         SOUND | {"change": lambda lam, factor: lam + factor, "up": 3 / 2, "down": 2 / 3}),
        without=({"a floor", "the wrong way round"}, {"a floor", "up in both cases"},
                 {"NaN taken for good", "up in both cases"}, {"above 1 taken for bad", "up in both cases"},
                 {"one threshold, 1/4", "up in both cases"}),
    ) + (
        Diagnosis("NaN left out, the borders, the wrong way round",
                  _rule(lambda r: r <= 1 / 4, lambda r: r >= 3 / 4, "stay", 2 / 3, 3 / 2),
                  say="After a bad step λ grows; where ρ is 1/4 or 3/4 it stays; and NaN is a bad ρ."),
    ),
)


def _floored(good=lambda lam: max(lam * 2 / 3, FLOOR), bad=lambda lam: lam * 3 / 2, between=lambda lam: lam, nan=None,
             low=lambda r: r < 1 / 4, high=lambda r: r > 3 / 4):
    """A `damping_with_floor`, right or wrong in some of its branches."""
    def damping_with_floor(lam, rho):
        if np.isnan(rho):
            return (nan or bad)(lam)
        return bad(lam) if low(rho) else good(lam) if high(rho) else between(lam)
    return damping_with_floor


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
           "Ask in the first branch as in exercise 3, without the floor; in the second, return no less than the "
           "floor."),
    cases=lambda rng: [(1.0, 0.1), (1.0, 0.9), (1.2e-3, 0.9), (8e-4, 0.1), (1e-3, -2.0), (0.5, np.nan), (0.5, 0.5),
                       (1e-3, 0.9), (8e-4, -np.inf), (5e-4, 0.1), (8e-4, 0.5), (8e-4, 0.9), (5e-4, np.nan), (2e-3, 0.9),
                       (0.2, 0.25), (0.2, 0.75), (0.2, 0.249), (0.2, 0.751), (1.2e-3, 0.1), (3.0, 1.4)],
    own_work=(levenberg_marquardt,),
    diagnoses=combined(
        _floored,
        ("the floor is passed", "0.0012 still becomes 0.0008: the floor must hold for what is returned.",
         {"good": lambda lam: lam * 2 / 3 if lam > FLOOR else lam}),
        ("short of the floor", "Where a good step would lead from 0.0012 to 0.0008, the result is the floor 0.001; "
                               "yours "
         "stays at 0.0012.", {"good": lambda lam: lam * 2 / 3 if lam * 2 / 3 >= FLOOR else lam}),
        ("a λ below stays below", "A good step from 0.0008 leads below 0.001 as well, so it gives the floor 0.001.",
         {"good": lambda lam: max(lam * 2 / 3, FLOOR) if lam > FLOOR else lam}),
        ("no floor", "Many good steps would bring λ to nothing: keep the floor.", {"good": lambda lam: lam * 2 / 3}),
        ("the smaller of the two", "`min` gives the floor or less. The result is not to be *below* it: `max`.",
         {"good": lambda lam: min(lam * 2 / 3, FLOOR)}),
        ("NaN sticks", "Where ρ is NaN, λ stays: no comparison with NaN is true.", {"nan": lambda lam: lam}),
        ("NaN taken for good", "A NaN ends in your branch for good steps. NaN is bad: λ grows.",
         {"nan": lambda lam: max(lam * 2 / 3, FLOOR)}),
        ("still stuck", "A bad step must raise λ wherever it is, at the floor and below.",
         {"bad": lambda lam: lam * 3 / 2 if lam > FLOOR else lam}),
        ("stuck below", "A bad step must raise λ wherever it is, below the floor too.",
         {"bad": lambda lam: lam * 3 / 2 if lam >= FLOOR else lam}),
        ("a floor for bad steps", "The floor is for good steps. A bad step from 0.0005 gives 0.00075.",
         {"bad": lambda lam: max(lam * 3 / 2, FLOOR)}),
        ("lifted before the rule", "The floor is for the result of good steps. A bad step from 0.0005 gives 0.00075.",
         {"bad": lambda lam: max(lam, FLOOR) * 3 / 2}),
        ("a floor between", "The floor is for good steps. Between 1/4 and 3/4 λ stays as it is, at 0.0008 too.",
         {"between": lambda lam: max(lam, FLOOR)}),
        ("at the border 1/4", "Where ρ is 1/4, λ stays.", {"low": lambda r: r <= 1 / 4}),
        ("at the border 3/4", "Where ρ is 3/4, λ stays.", {"high": lambda r: r >= 3 / 4}),
    ),
)
