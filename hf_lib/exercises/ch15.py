"""Exercises of notebook 15: the update of p, v's recursion, a missing p; what v tends to is in `ch15_fixed_point`."""

import numpy as np

from hf_lib.judge.demands import Calls
from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .ch15_fixed_point import q4, q5
from .slips import combined

__all__ = ["q1", "q2", "q3", "q4", "q5"]


def _step_sizes(rng):
    for d, mu, scale in ((4, 0.05, 2.0), (6, 0.5, 1.0), (5, 2.0, 1.0)):
        yield rng.uniform(0.05, 2, d), scale * rng.normal(size=d), scale * rng.normal(size=d), mu
    yield np.array([0.2, 0.2, 3.0]), np.array([1.0, 1.0, -1.0]), np.array([30.0, -30.0, -30.0]), 0.1


def _update(x=lambda v, g, mu: -mu * v * g, factor=lambda x: np.maximum(0.5, 1 + x), join=lambda p, f: p * f):
    """The update of p, right or wrong in some of its parts."""
    return lambda p, v, g, mu: join(p, factor(x(v, g, mu)))


q1 = FunctionExercise(
    name="ch15.q1",
    title="The step sizes' step",
    kind="warm-up",
    stub='''
        def next_step_sizes(p, v, g, mu):
            """The new p (d,): p · exp(−µ v g) with exp(x) ≈ max(½, 1 + x), entry by entry."""
            return ...
        ''',
    code='''
        def next_step_sizes(p, v, g, mu):
            """The new p (d,): p · exp(−µ v g) with exp(x) ≈ max(½, 1 + x), entry by entry."""
            return p * np.maximum(0.5, 1 - mu * v * g)
        ''',
    why="The gradient of $f$ with respect to $\\ln p_i$ is $v_i g_i$, so a step of gradient descent is "
        "$\\ln p_i \\leftarrow \\ln p_i - \\mu v_i g_i$, and $p_i$ is multiplied by $e^{-\\mu v_i g_i}$. The line "
        "$1 + x$ would make $p_i$ negative where $x < -1$: the floor ½ stands on the *factor*, so that $p_i$ may "
        "still fall as far as it wants, only not by more than a half in one step.",
    hints=("Three factors and a sign make x. What multiplies p?",
           "x is −µ v g, entry by entry. The floor ½ belongs to the factor 1 + x, not to p.",
           "`np.maximum` compares entry by entry; the result multiplies `p`."),
    cases=_step_sizes,
    diagnoses=combined(
        _update,
        ("the sign of the step", "ln p goes *down* the gradient: x is −µ v g.", {"x": lambda v, g, mu: mu * v * g}),
        ("µ forgotten", "The meta-rate µ is missing.", {"x": lambda v, g, mu: -v * g}),
        ("g left out", "The gradient with respect to ln p_i is v_i g_i: g is missing.",
         {"x": lambda v, g, mu: -mu * v}),
        ("v left out", "The gradient with respect to ln p_i is v_i g_i: v is missing.",
         {"x": lambda v, g, mu: -mu * g}),
        ("an inner product", "Every parameter has its own product v_i g_i: `*`, entry by entry, not `@`.",
         {"x": lambda v, g, mu: -mu * (v @ g)}),
        ("the mean over all", "Every parameter has its own product v_i g_i: nothing is averaged.",
         {"x": lambda v, g, mu: -mu * np.mean(v * g)}),
        ("the sign alone", "The size of v g counts, too, not its sign alone.",
         {"x": lambda v, g, mu: -mu * np.sign(v * g)}),
        ("no floor", "Without the floor a large µ v g makes p negative: uphill.", {"factor": lambda x: 1 + x}),
        ("a floor of 0", "The floor is ½: with 0 a single step can end p for ever.",
         {"factor": lambda x: np.maximum(0, 1 + x)}),
        ("exp itself", "That is exp(x). Asked for is its first-order form, max(½, 1 + x).", {"factor": np.exp}),
        ("exp with a floor", "Asked for is 1 + x, not exp(x), above the floor.",
         {"factor": lambda x: np.maximum(0.5, np.exp(x))}),
        ("the smaller of the two", "`minimum` gives ½ or less. The factor is not to be *below* ½: `maximum`.",
         {"factor": lambda x: np.minimum(0.5, 1 + x)}),
        ("the 1 left out", "exp(x) is near 1 + x: without the 1 a small x would halve p.",
         {"factor": lambda x: np.maximum(0.5, x)}),
        ("a ceiling too", "There is no ceiling: where v and g agree to go down, p may grow fast.",
         {"factor": lambda x: np.clip(1 + x, 0.5, 2)}),
        ("added", "exp(ln p + x) is p·exp(x): p is multiplied by the factor.", {"join": lambda p, f: p + f}),
        ("divided", "p is multiplied by the factor.", {"join": lambda p, f: p / f}),
        ("p left out", "That is the factor alone: it multiplies p.", {"join": lambda p, f: f}),
        most=1,
    ) + (
        Diagnosis("a floor for p", lambda p, v, g, mu: np.maximum(0.5, p * (1 - mu * v * g)),
                  say="The floor belongs to the factor: p itself may become as small as it likes, by halves."),
        Diagnosis("the step subtracted from p", lambda p, v, g, mu: p - mu * v * g,
                  say="The step is one of ln p, so it multiplies p: p · (1 + x)."),
        Diagnosis("the step subtracted from p", lambda p, v, g, mu: np.maximum(0.5, p - mu * v * g),
                  say="The step is one of ln p, so it multiplies p, and the floor belongs to the factor."),
        Diagnosis("the step subtracted from p", lambda p, v, g, mu: np.maximum(p / 2, p - mu * v * g),
                  say="The step is one of ln p, so it multiplies p: p · (1 + x)."),
        Diagnosis("p twice", lambda p, v, g, mu: p * np.maximum(0.5, 1 - mu * p * v * g),
                  say="v holds the step size already: x has no p."),
    ),
)


def _traces(rng):
    for d, lam in ((4, 1.0), (3, 0.9), (6, 0.5)):
        v, g, Cv = rng.normal(size=(3, d))
        yield v, g, Cv, rng.uniform(0.1, 2, d), lam


def _trace(memory=lambda lam: lam, of_C=lambda lam: lam, of_g=lambda lam: 1.0, p_g=lambda p: p, p_C=lambda p: p):
    """v's recursion, right or wrong in some of its parts."""
    return lambda v, g, Cv, p, lam: memory(lam) * v - of_g(lam) * p_g(p) * g - of_C(lam) * p_C(p) * Cv


q2 = FunctionExercise(
    name="ch15.q2",
    title="How θ answers to ln p",
    kind="core",
    stub='''
        def next_trace(v, g, Cv, p, lam):
            """v after the step θ − p·g, with memory λ. Cv is the product C v; all (d,)."""
            return ...
        ''',
    code='''
        def next_trace(v, g, Cv, p, lam):
            """v after the step θ − p·g, with memory λ. Cv is the product C v; all (d,)."""
            return lam * v - p * (g + lam * Cv)
        ''',
    why="The step is $\\theta - p \\odot g(\\theta)$. Raise all $\\ln p$ by a little. Then $\\theta$ has already moved "
        "along $v$; $p$ grows in proportion to itself, which gives $-p \\odot g$; and $g$ is another one, because "
        "it is taken elsewhere: $-p \\odot (C v)$. Forgetting replaces the old $v$ by $\\lambda v$, *wherever* it "
        "stands, so λ is before $v$ and before $Cv$, and not before $g$, which is new.",
    hints=("Differentiate θ − p·g(θ) by ln p: there are three places where ln p has an influence.",
           "θ gives v, p gives −p g, and g(θ) gives −p C v. Which of these hold the old v?",
           "λ stands before every old v: before `v` itself, and before `Cv` inside the bracket that p multiplies."),
    cases=_traces,
    diagnoses=combined(
        _trace,
        ("λ missing before C v", "The old v stands in C v as well: it is forgotten there, too.",
         {"of_C": lambda lam: 1.0}),
        ("λ missing before v", "With memory λ the old v enters as λ v.", {"memory": lambda lam: 1.0}),
        ("λ before g", "g is new: λ stands only before what is old, v and C v.", {"of_g": lambda lam: lam}),
        ("1 − λ before g", "This is no average: g enters with the factor 1.", {"of_g": lambda lam: 1 - lam}),
        ("p missing before C v", "g changes by C v, and the step takes p times that change.", {"p_C": np.ones_like}),
        ("p missing before g", "The derivative of p g by ln p is p g: p is missing.", {"p_g": np.ones_like}),
        ("the sign of g", "The step is θ *minus* p g.", {"of_g": lambda lam: -1.0}),
        ("the sign of C v", "The step is θ *minus* p g, and g changes by C v.", {"of_C": lambda lam: -lam}),
        ("the sign of v", "θ has moved by v before: it stays, with a plus.", {"memory": lambda lam: -lam}),
        ("λ squared", "One factor λ: the old v is forgotten once.", {"of_C": lambda lam: lam**2}),
        ("g left out", "The last step answers to ln p as well: −p g is missing.",
         {"of_g": lambda lam: 0.0, "p_g": np.copy}),
        ("C v left out", "g is taken at another θ: −p λ C v is missing.", {"of_C": lambda lam: 0.0, "p_C": np.copy}),
        ("v left out", "What θ has answered so far remains: λ v is missing.", {"memory": lambda lam: 0.0}),
    ) + (
        Diagnosis("an average", lambda v, g, Cv, p, lam: lam * v - (1 - lam) * p * (g + lam * Cv),
                  say="This is no average: the new part enters whole, with the factor 1."),
    ),
)


def _systems(rng):
    for d, steps in ((3, 1), (4, 3), (5, 8)):
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        C = Q * rng.uniform(0.1, 1.8, d) @ Q.T
        yield (lambda v, C=C: C @ v), rng.normal(size=d), rng.uniform(0.1, 0.6, d), steps


def _held(step, extra=0, start=0.0):
    """The loop of `follow`, with another line or another length."""
    def follow(product, g, p, steps):
        v = start * p * g
        for _ in range(steps + extra):
            v = step(v, g, p, product)
        return v
    return follow


q3 = FunctionExercise(
    name="ch15.q3",
    title="A factor is missing",
    kind="find the bug",
    stub='''
        def follow(product, g, p, steps):
            """v after so many steps from 0, θ and p held, λ = 1. product(v) is C v."""
            v = np.zeros_like(g)
            for _ in range(steps):
                v = v - p * g - product(v)
            return v
        ''',
    code={"v = v - p * g - product(v)": "v = v - p * (g + product(v))"},
    why="The gradient at the new $\\theta$ differs by $C v$, and the step takes $p$ times the gradient, so $p$ stands "
        "before both. Without it the recursion contracts by $I - C$ instead of $I - PC$ with $P = "
        "\\mathrm{diag}(p)$: it overflows as soon as an eigenvalue of $C$ is above 2, and where it converges, its "
        "limit is $-C^{-1} P g$, too small by the step sizes. The package tjax had this line in its "
        "`SMDGradient` when we read it. A test on one small quadratic finds it.",
    hints=("At a fixed point v no longer changes. Which equation does the student's line give there?",
           "It gives C v = −p g. The Newton step has C v = −g.",
           "p has to multiply both, the gradient and the product: one bracket."),
    cases=_systems,
    demands=(Calls("product", most=lambda product, g, p, steps: steps, say="One product a step is enough."),),
    diagnoses=(
        Diagnosis("p missing on both", _held(lambda v, g, p, C: v - g - C(v)),
                  say="Now p is missing at g as well: at both it has to stand."),
        Diagnosis("p moved to C v", _held(lambda v, g, p, C: v - g - p * C(v)),
                  say="Now p stands before C v and is missing at g: it belongs to both."),
        Diagnosis("p inside the product", _held(lambda v, g, p, C: v - p * g - C(p * v)),
                  say="p multiplies what C v gives, p·(C v): C(p·v) is another vector."),
        Diagnosis("the sign of C v", _held(lambda v, g, p, C: v - p * g + p * C(v)),
                  say="p is right now. C v has a minus, as g has: the gradient is g + C v."),
        Diagnosis("the sign of C v", _held(lambda v, g, p, C: v - p * g + C(v)),
                  say="C v has a minus, as g has, and the factor p."),
        Diagnosis("the sign of g", _held(lambda v, g, p, C: v + p * g - p * C(v)),
                  say="p is right now. g has a minus: v would tend to +C⁻¹ g."),
        Diagnosis("both signs", _held(lambda v, g, p, C: v + p * (g + C(v))),
                  say="p is right now. The step goes down: v minus p·(g + C v)."),
        Diagnosis("one step too many", _held(lambda v, g, p, C: v - p * (g + C(v)), extra=1),
                  say="The line is right now, but there is one step too many: v begins at 0."),
        Diagnosis("one step too few", _held(lambda v, g, p, C: v - p * (g + C(v)), extra=-1),
                  say="The line is right now, but there is one step too few."),
        Diagnosis("v forgotten", _held(lambda v, g, p, C: -p * (g + C(v))),
                  say="p is right now. With λ = 1 the old v stays: v − …"),
        Diagnosis("p twice", _held(lambda v, g, p, C: v - p * (p * g + C(v))),
                  say="p multiplies g twice now, and C v once: once each."),
        Diagnosis("p squared", _held(lambda v, g, p, C: v - p * g - p * p * C(v)),
                  say="One factor p before C v is enough."),
        Diagnosis("divided by p", _held(lambda v, g, p, C: v - p * g - C(v) / p),
                  say="p multiplies C v: it does not divide it."),
        Diagnosis("the product left out", _held(lambda v, g, p, C: v - p * g),
                  say="Without C v, v is a sum of gradients: it grows for ever."),
    ),
)
