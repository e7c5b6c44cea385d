"""Exercises of notebook 08: radius and λ, the promise's sign, CG's filter; the rule for λ is in `ch08_rule`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.solvers.cg import cg
from hf_lib.solvers.damping import predicted_reduction

from . import drawn_numbers
from .ch08_rule import q3, q4
from .slips import in_parts

__all__ = ["q1", "q2", "q3", "q4", "q5"]

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
    variant=drawn_numbers.two_radii,
    diagnoses=in_parts(
        (4, 0),
        {5: ("the factor ½", "δ² is ½·2·δ²: the curvature is 2, not 1."),
         2: ("the price without its ½", "Δ = 1: the price is ½λδ², so that its slope is λδ, not 2λδ."),
         6: ("no curvature", "Δ = 1: you have divided g by Δ, as for λ → ∞. The model bends, too."),
         -8: ("the sign of the step", "Δ = 1: the step is −1, not +1. Its length |p(λ)| = 6/(2 + λ) is to be 1."),
         -1: ("the step", "Δ = 1: this is the step. Asked for is its λ."),
         1: ("the length", "Δ = 1: this is the length of the step. Asked for is its λ.")},
        {-0.8: ("λ below zero", "Δ = 5: your λ is negative. It would push the step beyond the minimum of q, just to "
                                "touch the edge."),
         -0.4: ("λ below zero", "Δ = 5: your λ is negative. How long is the step without any damping?"),
         0.2: ("curvature 1", "Δ = 5: the curvature is 2, not 1. How long is then the undamped step, beside 5?"),
         1.2: ("no curvature", "Δ = 5: you have divided g by Δ, as for λ → ∞. The model bends, too."),
         -3.2: ("λ below zero", "Δ = 5: a λ is never negative. How long is the step without any damping?"),
         -3: ("the step", "Δ = 5: this is the step. Asked for is its λ."),
         3: ("the length", "Δ = 5: this is the length of the step. Asked for is its λ."),
         5: ("the radius", "Δ = 5: this is the radius. Does the step need any λ to stay within it?")},
    ),
)


def _steps(rng):
    for d, share in ((2, 0.0), (3, 2.0), (5, 0.0), (4, -0.3)):       # promises of both signs
        M, v, noise = rng.normal(size=(d, d)), rng.normal(size=d), rng.normal(size=d)
        Gv = M @ M.T @ v
        yield share * Gv + (0.2 if share else 1.0) * noise, v, Gv


q2 = FunctionExercise(
    name="ch08.q2",
    title="A promise with the wrong sign",
    kind="find the bug",
    stub='''
        def predicted_fall(g, v, Gv):
            """q(0) − q(−v), promised for the step θ → θ − v; Gv is the product G v."""
            return g @ v + 0.5 * v @ Gv
        ''',
    code='''
        def predicted_fall(g, v, Gv):
            """q(0) − q(−v), promised for the step θ → θ − v; Gv is the product G v."""
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
        Diagnosis("the factor ½ and the sign", lambda g, v, Gv: g @ v + v @ Gv,
                  say="The quadratic term of q has a factor ½, and it takes back some of what the slope promises."),
        Diagnosis("a factor 2", lambda g, v, Gv: g @ v - 2 * v @ Gv, say="The quadratic term of q has a factor ½."),
        Diagnosis("½ of both", lambda g, v, Gv: 0.5 * (g @ v - v @ Gv), say="The linear term has no factor ½."),
        Diagnosis("the slope alone", lambda g, v, Gv: g @ v,
                  say="This is the promise of the tangent. The model bends: the curvature takes part of it back."),
        Diagnosis("one special step", lambda g, v, Gv: 0.5 * g @ v,
                  say="½gᵀv is right for the undamped step only, where Gv = g. Here v may be any step."),
        Diagnosis("the curvature alone", lambda g, v, Gv: 0.5 * v @ Gv,
                  say="½vᵀGv is right for the undamped step only, where Gv = g. Here v may be any step."),
        Diagnosis("the curvature alone, and its sign", lambda g, v, Gv: -0.5 * v @ Gv,
                  say="The linear term is gone: the slope gᵀv promises, the curvature takes some of it back."),
        Diagnosis("g for v", lambda g, v, Gv: g @ v - 0.5 * g @ Gv,
                  say="The quadratic term is ½vᵀGv, with v on both sides."),
        Diagnosis("Gv for v", lambda g, v, Gv: g @ v - 0.5 * Gv @ Gv,
                  say="The quadratic term is ½vᵀGv. Your G stands there twice."),
        Diagnosis("v for Gv", lambda g, v, Gv: g @ v - 0.5 * v @ v,
                  say="The quadratic term is ½vᵀGv. Your G is missing."),
        Diagnosis("no signs", lambda g, v, Gv: abs(g @ v) - 0.5 * v @ Gv,
                  say="Where gᵀv is negative, −v leads uphill, and the promise is negative: keep the sign."),
        Diagnosis("no signs", lambda g, v, Gv: abs(g @ v - 0.5 * v @ Gv),
                  say="Where the model rises the promised fall is negative: keep the sign."),
    ),
)


def _polynomial(h, c, k, weight, times_h=True, degree=0, lowest=0):
    """Filter factors of the polynomial of k (+ degree) coefficients that is best under `weight`."""
    powers = h[:, None] ** np.arange(lowest, max(k + degree, 0) + lowest)
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
            """The filter factors h_i s(h_i) of k CG steps from 0.

            h: eigenvalues of G; c: components of g. s has k coefficients, and δ with the
            components −s(h_i) c_i has the lowest possible q.
            """
            return ...
        ''',
    code='''
        def cg_filter(h, c, k):
            """The filter factors h_i s(h_i) of k CG steps from 0.

            h: eigenvalues of G; c: components of g. s has k coefficients, and δ with the
            components −s(h_i) c_i has the lowest possible q.
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
           "The gradient is zero where $A^\\top \\mathrm{diag}(h) A\\, s = A^\\top c$. What are the factors, once $s$ "
           "is "
           "known?"),
    cases=_spectra,
    own_work=(cg,),
    rtol=1e-7,
    diagnoses=(
        Diagnosis("s, not h·s", lambda h, c, k: _polynomial(h, c, k, _energy, times_h=False),
                  say="These are the s(h). The filter factor compares with the full step −c/h: multiply by h."),
        Diagnosis("what is left", lambda h, c, k: 1 - _polynomial(h, c, k, _energy),
                  say="This is 1 − h s(h), the share of the full step that is still missing."),
        Diagnosis("one step too many", lambda h, c, k: _polynomial(h, c, k, _energy, degree=1),
                  say="s has k coefficients, that is, degree k − 1: yours is the filter of k + 1 steps."),
        Diagnosis("one step too few", lambda h, c, k: _polynomial(h, c, k, _energy, degree=-1),
                  say="s has k coefficients, that is, degree k − 1: yours is the filter of k − 1 steps."),
        Diagnosis("powers from h on", lambda h, c, k: _polynomial(h, c, k, _energy, lowest=1),
                  say="The first power in s is h⁰: without it s vanishes at 0, and k coefficients are one short."),
        Diagnosis("h left out of q", lambda h, c, k: h * (h[:, None] ** np.arange(k) @ np.linalg.lstsq(
            c[:, None] * h[:, None] ** np.arange(k), c)[0]),
                  say="The quadratic term of q is ½ Σ hᵢ δᵢ²: your hᵢ is missing, so that δ comes near −c, not −c/h."),
        Diagnosis("δ", lambda h, c, k: -c / h * _polynomial(h, c, k, _energy),
                  say="These are the components of δ. The filter factor compares them with the full step −c/h."),
        Diagnosis("the slope twice", lambda h, c, k: 2 * _polynomial(h, c, k, _energy),
                  say="q has ½ before its quadratic term, so that the gradient in s has Aᵀ diag(h) A s with no ½."),
        Diagnosis("uphill", lambda h, c, k: -_polynomial(h, c, k, _energy),
                  say="δ has the components −s(hᵢ) cᵢ: with that minus, s is positive where q falls."),
        Diagnosis("another measure", lambda h, c, k: _polynomial(h, c, k, lambda h, c: np.abs(c)),
                  say="You have made the residual g + Gδ as small as possible. CG makes q as low as possible."),
        Diagnosis("the gradient left out", lambda h, c, k: _polynomial(h, c, k, lambda h, c: 1 / np.sqrt(h)),
                  say="Where c_i is small, CG need not care. The components of g are missing as weights."),
        Diagnosis("no weights", lambda h, c, k: _polynomial(h, c, k, lambda h, c: np.ones_like(h)),
                  say="You have brought all factors near 1 alike. In q the direction i counts with c_i²/h_i."),
        Diagnosis("the full step", lambda h, c, k: np.ones_like(h),
                  say="All factors 1: that is the full step, which CG reaches only after enough steps."),
        Diagnosis("one step, whatever k", lambda h, c, k: _polynomial(h, c, 1, _energy),
                  say="That is the filter of one step. s has k coefficients."),
        Diagnosis("the error", lambda h, c, k: _polynomial(h, c, k, lambda h, c: c / h),
                  say="You have made the distance from the full step as small as possible. CG makes q as low as "
                      "possible."),
        Diagnosis("cut off", lambda h, c, k: np.clip(_polynomial(h, c, k, _energy), 0, 1),
                  say="You cut the factors at 0 and 1. CG may overshoot."),
    ),
)
