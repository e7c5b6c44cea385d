"""Exercises of notebook 05: adjoints by hand, a rule, an imaginary step; the reverse sweep is in `ch05_sweeps`."""

import numpy as np

from hf_lib.judge.demands import Calls
from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.network import autodiff

from .ch05_sweeps import q3, q4

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = ValueExercise(
    name="ch05.q1",
    title="Adjoints of five nodes",
    kind="warm-up",
    stub="""
        # s1 = 2,  s2 = -1,  s3 = s1 * s2,  s4 = s3 + s2,  s5 = s4 * s4,  f = s5
        bar_4 = ...                                     # the adjoint of s4
        bar_3 = ...
        bar_2 = ...                                     # = ∂f/∂s2
        bar_1 = ...                                     # = ∂f/∂s1
        answer = (bar_4, bar_3, bar_2, bar_1)
        """,
    code="""
        # s1 = 2,  s2 = -1,  s3 = s1 * s2,  s4 = s3 + s2,  s5 = s4 * s4,  f = s5
        s1, s2, s4 = 2, -1, -3
        bar_4 = 2 * s4                                  # s4 stands in s5 twice
        bar_3 = bar_4
        bar_2 = bar_4 + s1 * bar_3                      # through s4, and through s3
        bar_1 = s2 * bar_3
        answer = (bar_4, bar_3, bar_2, bar_1)
        """,
    why="$s_2$ is used by $s_4$ and by $s_3$, so its adjoint is a sum of two shares, $-6$ and $2 \\cdot (-6)$. "
        "Check: $f = (s_1 s_2 + s_2)^2$, so $\\partial f / \\partial s_2 = 2 (s_1 s_2 + s_2)(s_1 + 1) = "
        "2 \\cdot (-3) \\cdot 3$.",
    hints=("Work backwards from $\\bar s_5 = 1$. How often does $s_4$ occur in $s_5$?",
           "Every node that uses $s_i$ hands it a share: its own adjoint times the local derivative. Shares are added.",
           "$\\bar s_4 = 2 s_4$, $\\bar s_3 = \\bar s_4$, $\\bar s_2 = \\bar s_4 + s_1 \\bar s_3$, "
           "$\\bar s_1 = s_2 \\bar s_3$."),
    diagnoses=(
        Diagnosis("only the path through s3", (-6, -6, -12, 6),
                  say="s₂ is used by s₄ as well as by s₃: both hand it a share."),
        Diagnosis("only the path through s4", (-6, -6, -6, 6),
                  say="s₂ is used by s₃ as well as by s₄: both hand it a share."),
        Diagnosis("s4 counted once", (-3, -3, -9, 3),
                  say="s₄ · s₄ uses s₄ twice, so the local derivative is 2 s₄."),
        Diagnosis("local derivatives swapped", (-6, -6, 0, -12),
                  say="The derivative of s₁·s₂ by s₁ is s₂, and by s₂ it is s₁."),
        Diagnosis("s4 for 2 s4, later right", (-3, -6, -18, 6),
                  say="s₄ · s₄ uses s₄ twice, so its adjoint is 2 s₄ = −6."),
        Diagnosis("s4 has the wrong value", (2, 2, 6, -2),
                  say="s₄ = s₃ + s₂ = −2 − 1 = −3. Its adjoint is 2 s₄."),
        Diagnosis("shares of s2 subtracted", (-6, -6, 6, 6),
                  say="Shares are added, with the sign of the local derivative."),
        Diagnosis("sign", (6, 6, 18, -6), say="All signs are turned round: s₄ = −2 − 1 is negative."),
        Diagnosis("tangents", (3, 2, 1, 0),
                  say="These are tangents, for a move of s₂ alone. Adjoints run from the end to the beginning."),
    ),
)


def _division(forward, for_a, for_b):
    """A `division_rules` with the given tangent, and the given factors of the two shares."""
    return lambda a, b, da, db, g: (forward(a, b, da, db), for_a(a, b) * g, for_b(a, b) * g)


def _right(a, b, da, db):
    return (da - a / b * db) / b


def _division_cases(rng):
    for shape in ((2,), (3,), (2, 4)):
        a, da, db, g = rng.normal(size=(4, *shape))
        b = rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1, 1], size=shape)
        yield a, b, da, db, g


q2 = FunctionExercise(
    name="ch05.q2",
    title="A rule for the quotient",
    kind="core",
    stub='''
        def division_rules(a, b, da, db, g):
            """For s = a / b: the tangent of s; the shares of a and of b in the adjoint g."""
            return ...
        ''',
    code='''
        def division_rules(a, b, da, db, g):
            """For s = a / b: the tangent of s; the shares of a and of b in the adjoint g."""
            by_a = 1 / b                       # ∂s/∂a
            by_b = -a / b**2                   # ∂s/∂b
            return by_a * da + by_b * db, by_a * g, by_b * g
        ''',
    why="Both sweeps use the same two local derivatives. Forward they gather: $\\dot s$ is a sum over what $s$ uses. "
        "In reverse they scatter: each thing that $s$ uses is handed a share.",
    hints=("First the two local derivatives, $\\partial s / \\partial a$ and $\\partial s / \\partial b$.",
           "They are $1/b$ and $-a/b^2$. Forward: add up derivative times tangent.",
           "In reverse each local derivative is multiplied by $g$; nothing is added up."),
    cases=_division_cases,
    diagnoses=(
        Diagnosis("sign of the share of b",
                  _division(lambda a, b, da, db: (da + a / b * db) / b, lambda a, b: 1 / b, lambda a, b: a / b ** 2),
                  say="A larger denominator makes the quotient smaller: ∂s/∂b has a minus."),
        Diagnosis("b not squared", _division(lambda a, b, da, db: (da - a * db) / b, lambda a, b: 1 / b,
                                             lambda a, b: -a / b),
                  say="∂s/∂b has b² below: differentiate a · b⁻¹ by b."),
        Diagnosis("numerator forgotten", _division(lambda a, b, da, db: da / b - db / b ** 2, lambda a, b: 1 / b,
                                                   lambda a, b: -1 / b ** 2),
                  say="∂s/∂b is −a/b², with the a."),
        Diagnosis("the adjoint left out",
                  lambda a, b, da, db, g: ((da - a / b * db) / b, 1 / b, -a / b ** 2),
                  say="These are the local derivatives. A share is the local derivative times the adjoint g."),
        Diagnosis("quotient of the tangents", _division(lambda a, b, da, db: da / db, lambda a, b: 1 / b,
                                                        lambda a, b: -a / b ** 2),
                  say="Your shares are right. The tangent is no quotient of tangents: add up local derivative "
                      "times tangent, as for a product."),
        Diagnosis("the tangent's terms subtracted",
                  lambda a, b, da, db, g: (da / b + a / b ** 2 * db, g / b, -a / b ** 2 * g),
                  say="Your shares are right. In the tangent the term with db has the wrong sign: ∂s/∂b is negative."),
        Diagnosis("da and db exchanged",
                  lambda a, b, da, db, g: (db / b - a / b ** 2 * da, g / b, -a / b ** 2 * g),
                  say="Your shares are right. In the tangent da and db have changed places."),
        Diagnosis("divided by the adjoint", lambda a, b, da, db, g: (_right(a, b, da, db), 1 / b / g, -a / b ** 2 / g),
                  say="The tangent is right. A share is the local derivative times g, not divided by it."),
        Diagnosis("all of a product", lambda a, b, da, db, g: (b * da + a * db, b * g, a * g),
                  say="These are the rules of the product a · b."),
        Diagnosis("tangents in the shares",
                  lambda a, b, da, db, g: (_right(a, b, da, db), g * da / b, -g * a * db / b ** 2),
                  say="The tangent is right. In the shares there is no da and no db: local derivative times g."),
        Diagnosis("the shares of a product", _division(_right, lambda a, b: b, lambda a, b: a),
                  say="The tangent is right. The shares b g and a g belong to the product a · b."),
        Diagnosis("shares swapped", _division(_right, lambda a, b: -a / b ** 2, lambda a, b: 1 / b),
                  say="The tangent is right, but the two shares stand in the wrong order: first that of a."),
    ),
)


def _complex_gradients(rng):
    """Gradients that take complex arguments: of a quartic, of a sum of exponentials, of a sine of a product."""
    for d in (2, 3, 5):
        A = rng.normal(size=(d, d))
        yield (lambda t, A=A: A.T @ (A @ t) ** 3), rng.normal(size=d), rng.normal(size=d)
    a = rng.normal(size=4)
    yield (lambda t: a * np.exp(a @ t) + 2 * t), rng.normal(size=4), rng.normal(size=4)
    yield (lambda t: np.cos(a @ t) * a), rng.normal(size=4), rng.normal(size=4)


def _difference(t, central):
    """The product from a difference of gradients."""
    def product(gradient, theta, v):
        before = gradient(theta - t * v) if central else gradient(theta)
        return (gradient(theta + t * v) - before) / (2 * t if central else t)
    return product


def _two_calls(gradient, theta, v):
    step = 1e-20j * v
    return (gradient(theta + step) - gradient(theta)).imag / 1e-20


def _imaginary(part, divide=1e-20, scale=1.0):
    return lambda gradient, theta, v: part(gradient(theta + 1e-20j * v)) / divide * scale


q5 = FunctionExercise(
    name="ch05.q5",
    title="A Hessian product from an imaginary step",
    kind="stretch",
    stub='''
        def hessian_product(gradient, theta, v):
            """H v (d,), exact, from ONE call of gradient, which takes complex vectors too."""
            return ...
        ''',
    code='''
        def hessian_product(gradient, theta, v):
            """H v (d,), exact, from ONE call of gradient, which takes complex vectors too."""
            t = 1e-20
            return gradient(theta + 1j * t * v).imag / t
        ''',
    why="$\\nabla f(\\theta + i t v) = \\nabla f(\\theta) + i t H v - \\dots$, and the next imaginary term is smaller "
        "by $t^2 = 10^{-40}$. Nothing is subtracted, so nothing is lost. It needs a gradient code that does not "
        "break on complex numbers: no `abs`, no conjugate. Chapter 06 finds the same product without them.",
    hints=("Step 6.3, with the gradient in place of $f$: what is the imaginary part of $\\nabla f(\\theta + i t v)$?",
           "It is $t H v$, up to $t^3$. Choose $t$ so small that the rest is far below rounding.",
           "In Python $i$ is `1j`, and `.imag` is the imaginary part."),
    cases=_complex_gradients,
    linear_in="v",
    rtol=1e-12,
    demands=(Calls("gradient", most=1, say="The values are right, and the task asks for ONE call of `gradient`."),),
    own_work=(autodiff.hessian_product,),
    diagnoses=(
        *(Diagnosis("a difference", _difference(t, central),
                    say="That is close, and no closer than differences get. Step into the imaginary direction instead.")
          for t in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8) for central in (True, False)),
        *(Diagnosis("an imaginary step too long", lambda gradient, theta, v, t=t: gradient(theta + 1j * t * v).imag / t,
                    say="The right idea, with an error of order t². No rounding threatens here: take t far smaller.")
          for t in (1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5)),
        Diagnosis("too many calls", _two_calls),
        Diagnosis("not divided", _imaginary(np.imag, divide=1.0),
                  say="The imaginary part is t·Hv: divide by t."),
        Diagnosis("the real part", _imaginary(np.real, divide=1.0),
                  say="The real part is the gradient itself; the change along v is in the imaginary part."),
        Diagnosis("sign", _imaginary(np.imag, scale=-1.0)),
        Diagnosis("factor 2", _imaginary(np.imag, scale=2.0)),
    ),
)
