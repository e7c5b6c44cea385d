"""The exercises of notebook 08: radius and λ, the promise's sign, the rule for λ and how it sticks, CG's filter."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.solvers.damping import levenberg_marquardt, predicted_reduction

q1 = ValueExercise(
    name="ch08.q1",
    title="Two radii, by hand",
    kind="warm-up",
    stub="""
        lam_1 = ...              # the λ that belongs to the radius Δ = 1, for q(δ) = 6δ + δ²
        lam_5 = ...              # and to Δ = 5
        answer = (lam_1, lam_5)
        """,
    code="""
        lam_1 = 4                # |p(λ)| = 6 / (2 + λ) = 1
        lam_5 = 0                # the minimum −3 lies inside: no damping
        answer = (lam_1, lam_5)
        """,
    why="$\\delta^2 = \\frac12 \\cdot 2 \\cdot \\delta^2$, so the curvature is $h = 2$ and "
        "$p(\\lambda) = -6/(2 + \\lambda)$. It has length 1 at $\\lambda = 4$. Its greatest length is 3, at "
        "$\\lambda = 0$: inside the radius 5 the model's own minimum can be reached, and the condition "
        "$\\lambda\\,(\\Delta - \\lVert \\delta \\rVert) = 0$ leaves only $\\lambda = 0$.",
    hints=("What are $g$ and the curvature $h$ of this $q$? Write down $p(\\lambda)$.",
           "$h = 2$, for $\\delta^2 = \\frac12 h\\,\\delta^2$. Set $6/(2 + \\lambda)$ equal to the radius. Is λ ≥ 0?",
           "$6/(2 + \\lambda) = 1$ gives the first. The second equation would need λ < 0: what does the step do if it "
           "need not go as far as Δ?"),
    diagnoses=(
        Diagnosis("λ below zero", (4, -0.8),
                  say="The first is right. For Δ = 5 your λ is negative: it would push the step beyond the minimum of "
                      "q, just to touch the edge."),
        Diagnosis("the factor ½", (5, 0), say="δ² is ½·2·δ²: the curvature is 2, not 1."),
        Diagnosis("the factor ½", (5, 0.2),
                  say="δ² is ½·2·δ²: the curvature is 2, not 1. How long is then the undamped step, beside Δ = 5?"),
        Diagnosis("the price without its ½", (2, 0),
                  say="The price is ½λδ², so that its slope is λδ. With a slope of 2λδ the λ comes out half as large."),
        Diagnosis("no curvature", (6, 1.2), say="You have divided g by Δ, as for λ → ∞. The model bends, too."),
        Diagnosis("no curvature", (6, 0),
                  say="λ = 0 is right. For Δ = 1 you have divided g by Δ, as for λ → ∞. The model bends, too."),
        Diagnosis("the steps", (-1, -3), say="These are the steps. Asked for are the λ that lead to them."),
        Diagnosis("the lengths", (1, 3), say="These are the lengths of the steps. Asked for are the λ."),
    ),
)


def _steps(rng):
    for d in (2, 3, 5):
        M = rng.normal(size=(d, d))
        v = rng.normal(size=d)
        yield rng.normal(size=d), v, M @ M.T @ v


q2 = FunctionExercise(
    name="ch08.q2",
    title="A promise with the wrong sign",
    kind="find the bug",
    stub='''
        def predicted_fall(g, v, Gv):
            """q(0) − q(−v), the fall that the model promises for the step θ → θ − v; Gv is the product G v."""
            return g @ v + 0.5 * v @ Gv
        ''',
    code='''
        def predicted_fall(g, v, Gv):
            """q(0) − q(−v), the fall that the model promises for the step θ → θ − v; Gv is the product G v."""
            return g @ v - 0.5 * v @ Gv
        ''',
    why="$q(-v) = f + g^\\top(-v) + \\frac12 (-v)^\\top G (-v)$. The linear term changes its sign, the quadratic one "
        "does not: two minus signs make a plus. So $q(0) - q(-v) = g^\\top v - \\frac12 v^\\top G v$. The slope "
        "promises, the curvature takes some of it back. With the plus, as in the student project's code, the curvature "
        "seems to promise still more.",
    hints=("Put $\\delta = -v$ into $q(\\delta) = f + g^\\top\\delta + \\frac12 \\delta^\\top G\\,\\delta$, and do not "
           "simplify too early.",
           "$(-v)^\\top G (-v) = v^\\top G v$. What is then $q(0) - q(-v)$?",
           "Only the sign of the quadratic term is wrong."),
    cases=_steps,
    own_work=(predicted_reduction,),
    diagnoses=(
        Diagnosis("the step +v", lambda g, v, Gv: -(g @ v + 0.5 * v @ Gv),
                  say="This is q(0) − q(+v). The step here is −v: the linear term changes its sign."),
        Diagnosis("sign", lambda g, v, Gv: -(g @ v) + 0.5 * v @ Gv),
        Diagnosis("the factor ½", lambda g, v, Gv: g @ v - v @ Gv, say="The quadratic term of q has a factor ½."),
        Diagnosis("the slope alone", lambda g, v, Gv: g @ v,
                  say="This is the promise of the tangent. The model bends: the curvature takes part of it back."),
        Diagnosis("one special step", lambda g, v, Gv: 0.5 * g @ v,
                  say="½gᵀv is right for the undamped step only, where Gv = g. Here v may be any step."),
        Diagnosis("the curvature alone", lambda g, v, Gv: 0.5 * v @ Gv,
                  say="½vᵀGv is right for the undamped step only, where Gv = g. Here v may be any step."),
    ),
)

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
            """The next λ: λ·3/2 where ρ < 1/4, λ·2/3 where ρ > 3/4, else λ. A ρ that is NaN is a bad one."""
            return ...
        ''',
    code='''
        def next_damping(lam, rho):
            """The next λ: λ·3/2 where ρ < 1/4, λ·2/3 where ρ > 3/4, else λ. A ρ that is NaN is a bad one."""
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
                  say="ρ above 1 means that f fell by more than was promised. That is no reason to trust less."),
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
            """The rule of exercise 3; but where a good step leads below 0.001, λ becomes 0.001. NaN is a bad ρ."""
            floor = 1e-3
            if rho < 1 / 4 and lam > floor:
                return lam * 3 / 2
            if rho > 3 / 4 and lam > floor:
                return lam * 2 / 3
            return lam
        ''',
    code='''
        def damping_with_floor(lam, rho):
            """The rule of exercise 3; but where a good step leads below 0.001, λ becomes 0.001. NaN is a bad ρ."""
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


def _polynomial(h, c, k, weight, times_h=True, degree=0):
    """Filter factors of the polynomial of k (+ degree) coefficients that is best under `weight`."""
    powers = h[:, None] ** np.arange(k + degree)
    A = (weight(h, c) * h)[:, None] * powers
    s = np.linalg.lstsq(A, weight(h, c))[0]
    return (h if times_h else 1) * (powers @ s)


def _energy(h, c):
    return np.abs(c) / np.sqrt(h)


def _spectra(rng):
    for d, k in ((4, 1), (5, 2), (6, 3), (3, 3)):
        yield np.sort(rng.uniform(0.2, 3, d)), rng.uniform(0.5, 2, d) * rng.choice([-1.0, 1.0], d), k


q5 = FunctionExercise(
    name="ch08.q5",
    title="CG's filter without CG",
    kind="stretch",
    stub='''
        def cg_filter(h, c, k):
            """The filter factors h_i s(h_i) of k CG steps from 0; h: eigenvalues of G, c: components of g.

            s has k coefficients, and δ with the components −s(h_i) c_i has the lowest possible q.
            """
            return ...
        ''',
    code='''
        def cg_filter(h, c, k):
            """The filter factors h_i s(h_i) of k CG steps from 0; h: eigenvalues of G, c: components of g.

            s has k coefficients, and δ with the components −s(h_i) c_i has the lowest possible q.
            """
            powers = h[:, None] ** np.arange(k)                # (d, k): 1, h, h², …
            A = c[:, None] * powers                            # δ = −A s
            s = np.linalg.solve(A.T @ (h[:, None] * A), A.T @ c)
            return h * (powers @ s)
        ''',
    why="With $\\delta = -As$, where $A$ has the columns $h^j \\circ c$, the model is "
        "$q = f - c^\\top A s + \\frac12 s^\\top A^\\top \\mathrm{diag}(h) A\\, s$: a small quadratic in the "
        "coefficients. Its gradient vanishes where $A^\\top \\mathrm{diag}(h) A\\, s = A^\\top c$. CG finds the same "
        "point without these powers, which become nearly parallel for large $k$: never use this for more than a "
        "few steps.",
    hints=("Write δ with the unknown coefficients: $\\delta_i = -(s_0 + s_1 h_i + s_2 h_i^2 + \\dots)\\, c_i$. What is "
           "q as a function of $s$?",
           "$\\delta = -As$ with `A = c[:, None] * h[:, None] ** np.arange(k)`, and "
           "$q = f + c^\\top\\delta + \\frac12 \\sum_i h_i \\delta_i^2$. Set the gradient in $s$ to zero.",
           "Solve $A^\\top \\mathrm{diag}(h) A\\, s = A^\\top c$; the factors are `h * (powers @ s)`."),
    cases=_spectra,
    rtol=1e-7,
    diagnoses=(
        Diagnosis("s, not h·s", lambda h, c, k: _polynomial(h, c, k, _energy, times_h=False),
                  say="These are the s(h). The filter factor compares with the full step −c/h: multiply by h."),
        Diagnosis("what is left", lambda h, c, k: 1 - _polynomial(h, c, k, _energy),
                  say="This is 1 − h s(h), the share of the full step that is still missing."),
        Diagnosis("one step too many", lambda h, c, k: _polynomial(h, c, k, _energy, degree=1),
                  say="s has k coefficients, that is, degree k − 1: yours is the filter of k + 1 steps."),
        Diagnosis("another measure", lambda h, c, k: _polynomial(h, c, k, lambda h, c: np.abs(c)),
                  say="You have made the residual g + Gδ as small as possible. CG makes q as low as possible."),
        Diagnosis("the gradient left out", lambda h, c, k: _polynomial(h, c, k, lambda h, c: 1 / np.sqrt(h)),
                  say="Where c_i is small, CG need not care. The components of g are missing as weights."),
        Diagnosis("no weights", lambda h, c, k: _polynomial(h, c, k, lambda h, c: np.ones_like(h)),
                  say="You have brought all factors near 1 alike. In q the direction i counts with c_i²/h_i."),
        Diagnosis("the full step", lambda h, c, k: np.ones_like(h),
                  say="All factors 1: that is the full step, which CG reaches only after enough steps."),
    ),
)
