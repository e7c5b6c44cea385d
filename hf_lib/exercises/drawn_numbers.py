"""Other numbers for sealed variants of value exercises: what each draws, in text, stub, code and wrong answers."""

import math

from hf_lib.judge.compare import agree
from hf_lib.judge.exercise import Diagnosis


def price(rng):
    """Of ch00.q1: other numbers of products and values."""
    while True:
        products, values = (int(number) for number in rng.integers(5, 31, size=2))
        diagnoses = (
            Diagnosis("the products count as gradients", 1 + products + values / 3,
                      say="A curvature product is more expensive than a gradient: 4/3."),
            Diagnosis("the values left out", 1 + products * 4 / 3, say="The values of f cost something too: 1/3 each."),
            Diagnosis("the gradient left out", products * 4 / 3 + values / 3, say="The gradient itself costs 1."),
            Diagnosis("the values count as gradients", 1 + products * 4 / 3 + values,
                      say="A value of f is cheaper than a gradient: 1/3."),
            Diagnosis("the prices exchanged", 1 + products / 3 + values * 4 / 3,
                      say="You took the price of a value for a product, and that of a product for a value."),
        )
        if _all_differ(1 + products * 4 / 3 + values / 3, diagnoses):
            break
    text = (f"**Exercise 1 (warm-up).** One step of Hessian-free computed 1 gradient, {products} curvature products "
            f"and {values} values of $f$, all on all the data. What did it cost, in gradient-equivalents?")
    return {"text": text, "code": f"cost = 1 + {products} * 4 / 3 + {values} / 3", "diagnoses": diagnoses}


def r_by_hand(rng):
    """Of ch06.q1: f(θ) = θ₁² θ₂ at another point, along another vector."""
    while True:
        t1, t2 = (int(number) for number in rng.integers(2, 6, size=2))
        v1, v2 = (int(number) for number in rng.choice([-3, -2, -1, 2, 3], size=2))
        right = (2 * t1 * v1 * t2 + t1**2 * v2, 2 * (v1 * t2 + t1 * v2), 2 * t1 * v1)
        diagnoses = (
            Diagnosis("the gradient itself", (right[0], 2 * t1 * t2, t1**2),
                      say="The last two are the gradient's entries; asked is how these change along v."),
            Diagnosis("v forgotten", (2 * t1 * t2 + t1**2, 2 * (t2 + t1), 2 * t1),
                      say="This is R along (1, 1). Each derivative is multiplied by the entry of v."),
            Diagnosis("one term of the product rule", (2 * t1 * v1 * t2, 2 * v1 * t2, 2 * t1 * v1),
                      say="Only θ₁ moves in your answer. θ₂ moves too, along v₂."),
            Diagnosis("the other term of the product rule", (t1**2 * v2, 2 * t1 * v2, 0),
                      say="Only θ₂ moves in your answer. θ₁ moves too, along v₁."),
        )
        if _all_differ(right, diagnoses):
            break
    where = f"f(θ) = θ₁² θ₂ at θ = ({t1}, {t2}), along v = ({v1}, {v2})"
    text = (f"**Exercise 1 (warm-up, section 2, 8 min).** By hand: $f(\\theta) = \\theta_1^2 \\theta_2$ at "
            f"$\\theta = ({t1}, {t2})$, along $v = ({v1}, {v2})$.")
    return {"text": text, "diagnoses": diagnoses, "code": f"R_f, R_g1, R_g2 = {right}\nanswer = (R_f, R_g1, R_g2)",
            "stub": f"""
        # {where}
        R_f = ...                # R{{f}}
        R_g1 = ...               # R{{∂f/∂θ₁}}
        R_g2 = ...               # R{{∂f/∂θ₂}}
        answer = (R_f, R_g1, R_g2)
        """}


def two_radii(rng):
    """Of ch08.q1: another q, one radius within its minimum and one beyond."""
    while True:
        k, longest, inner, more = (int(rng.integers(*bounds)) for bounds in ((2, 6), (3, 8), (1, 3), (1, 4)))
        g, h, outer = 2 * k * longest, 2 * k, longest + more
        right = (g / inner - h, 0)
        diagnoses = (
            Diagnosis("λ below zero", (right[0], g / outer - h),
                      say="A λ is never negative. How long is the step without any damping?"),
            Diagnosis("the factor ½", (g / inner - k, 0), say=f"The curvature is {h}, for {k}δ² = ½·{h}·δ²."),
            Diagnosis("no curvature", (g / inner, g / outer),
                      say="You have divided g by Δ, as for λ → ∞. The model bends, too."),
            Diagnosis("the radii", (inner, outer), say="These are the radii. Asked for are the λ."),
        )
        if _all_differ(right, diagnoses):
            break
    text = (f"**Exercise 1 (warm-up, 10 min).** One parameter, $q(\\delta) = {g}\\delta + {k}\\delta^2$. Give the λ "
            f"that belongs to $\\Delta = {inner}$, and the one that belongs to $\\Delta = {outer}$.")
    return {"text": text, "diagnoses": diagnoses, "code": f"lam_1, lam_2 = {right}\nanswer = (lam_1, lam_2)",
            "stub": f"""
        lam_1 = ...              # the λ that belongs to the radius Δ = {inner}, for q(δ) = {g}δ + {k}δ²
        lam_2 = ...              # and to Δ = {outer}
        answer = (lam_1, lam_2)
        """}


def memory(rng):
    """Of ch10.q1: another share of the last solution, another weight."""
    while True:
        gamma, weight = float(rng.choice([0.8, 0.85, 0.9, 0.92, 0.97])), float(rng.choice([0.02, 0.05, 0.2, 0.25]))
        exact = math.log(weight) / math.log(gamma)
        n = math.ceil(exact)
        diagnoses = (
            Diagnosis("one too few", n - 1, say="One step earlier the weight is still above that."),
            Diagnosis("one too many", n + 1, say="One step earlier the weight is below that already."),
            Diagnosis("not a whole number", exact, say="n counts steps: take the next whole one."),
            Diagnosis("a negative number", -n, say="Both logarithms are negative: their quotient is positive."),
            Diagnosis("the sum of the weights", 1 / (1 - gamma),
                      say="This is the sum of all weights. Asked for is when one weight is small."),
        )
        if min(n - exact, exact - n + 1) > 0.05 and _all_differ(n, diagnoses, 1e-6):
            break
    text = (f"**Exercise 1 (warm-up).** A warm start begins at {gamma:g} times the last solution, so that a part which "
            f"nobody corrects has the weight ${gamma:g}^n$ after $n$ steps. After how many steps does it weigh less "
            f"than {weight:g} of what it weighed?")
    return {"text": text, "diagnoses": diagnoses, "code": f"steps = {n}\nanswer = steps", "stub": f"""
        steps = ...              # the smallest whole n with {gamma:g}ⁿ < {weight:g}
        answer = steps
        """}


def _all_differ(right, diagnoses, rtol=0.01):
    """Whether the right answer and all wrong ones can be told apart."""
    values = [right, *(diagnosis.wrong for diagnosis in diagnoses)]
    return not any(agree(a, b, 2 * rtol) or agree(b, a, 2 * rtol) for k, a in enumerate(values) for b in values[:k])
