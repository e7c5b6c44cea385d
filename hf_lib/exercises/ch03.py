"""Exercises of notebook 03: the model, the contraction theorem, Newton on x⁴; damped steps are in `ch03_damping`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .ch03_damping import indefinite, positive_definite, q4, q5, q6

__all__ = ["q1", "q2", "q3", "q4", "q5", "q6"]

q1 = FunctionExercise(
    name="ch03.q1",
    title="What the model promises",
    kind="warm-up",
    stub='''
        def promise(H, g):
            """f(θ) − q(p): how far the model falls at the Newton step p; H is positive definite."""
            return ...
        ''',
    code='''
        def promise(H, g):
            """f(θ) − q(p): how far the model falls at the Newton step p; H is positive definite."""
            p = -np.linalg.solve(H, g)
            return -0.5 * g @ p
        ''',
    why="Since $Hp = -g$, the quadratic term is $\\frac12 p^\\top H p = -\\frac12 g^\\top p$. So $q(p) - f(\\theta) = "
        "g^\\top p - \\frac12 g^\\top p = \\frac12 g^\\top p = -\\frac12 g^\\top H^{-1} g$: half of what the slope "
        "alone would give.",
    hints=("Write $q(p) - f(\\theta) = g^\\top p + \\frac12 p^\\top H p$, and put in what $Hp$ is.",
           "$Hp = -g$, so $p^\\top H p = -g^\\top p$.",
           "The promise is $-\\frac12 g^\\top p$ with $p = -H^{-1}g$: `-0.5 * g @ p`."),
    cases=lambda rng: [(positive_definite(rng, d), rng.normal(size=d)) for d in (2, 3, 5)],
    diagnoses=(
        Diagnosis("factor 2", lambda H, g: g @ np.linalg.solve(H, g)),
        Diagnosis("sign", lambda H, g: -0.5 * g @ np.linalg.solve(H, g)),
        Diagnosis("both terms added", lambda H, g: 1.5 * g @ np.linalg.solve(H, g),
                  say="The slope makes the model fall, the curvature makes it rise: the terms have opposite signs."),
        Diagnosis("the wrong quadratic form", lambda H, g: 0.5 * g @ H @ g,
                  say="You have multiplied by H; the Newton step divides by it."),
    ),
)


def _norm(matrix, ord=2):
    return lambda B, H: np.linalg.norm(matrix(B, H), ord)


q2 = FunctionExercise(
    name="ch03.q2",
    title="How wrong is B?",
    kind="core",
    stub='''
        def kappa(B, H):
            """‖B⁻¹(H − B)‖₂, the κ of the contraction theorem."""
            return ...
        ''',
    code='''
        def kappa(B, H):
            """‖B⁻¹(H − B)‖₂, the κ of the contraction theorem."""
            return np.linalg.norm(np.linalg.solve(B, H - B), 2)
        ''',
    why="`np.linalg.solve(B, M)` is $B^{-1}M$ without forming the inverse. The norm in the theorem must satisfy "
        "$\\lVert Mv \\rVert \\le \\lVert M \\rVert \\lVert v \\rVert$ as sharply as it can: that is the largest "
        "singular value, `np.linalg.norm(M, 2)`. Without the 2, NumPy gives the root of the sum of all squares.",
    hints=("First the matrix $B^{-1}(H - B)$, then its norm.",
           "`np.linalg.solve(B, M)` is $B^{-1}M$; `np.linalg.norm` needs to be told which norm.",
           "`np.linalg.norm(np.linalg.solve(B, H - B), 2)`."),
    cases=lambda rng: [(positive_definite(rng, d), indefinite(rng, d)) for d in (2, 3, 4)],
    rtol=1e-8,
    diagnoses=(
        Diagnosis("the wrong norm", _norm(lambda B, H: np.linalg.solve(B, H - B), None),
                  say="This is the Frobenius norm, NumPy's default. The theorem uses the largest singular value."),
        Diagnosis("an eigenvalue", lambda B, H: np.max(np.abs(np.linalg.eigvals(np.linalg.solve(B, H - B)))),
                  say="B⁻¹(H − B) is not symmetric: its largest |eigenvalue| can be smaller than its norm."),
        Diagnosis("H inverted in place of B", _norm(lambda B, H: np.linalg.solve(H, H - B)),
                  say="You divide by H; the method only knows B."),
        Diagnosis("not divided", _norm(lambda B, H: H - B),
                  say="‖H − B‖ changes when f is measured in other units; B⁻¹ takes that out."),
        Diagnosis("multiplied", _norm(lambda B, H: B @ (H - B)), say="You have multiplied by B; solve with it."),
    ),
)

q3 = ValueExercise(
    name="ch03.q3",
    title="Newton on x⁴",
    kind="core",
    stub="""
        ratio = ...              # x_{k+1} / x_k for Newton on f(x) = x⁴
        order = ...              # the order of convergence: 1 or 2
        answer = (ratio, order)
        """,
    code="""
        ratio = 1 - 4 / 12       # x − 4x³ / (12x²) = x − x/3
        order = 1                # the same ratio in every step
        answer = (ratio, order)
        """,
    why="$f' = 4x^3$ and $f'' = 12x^2$, so $x_{k+1} = x_k - x_k/3$. The theorem does not promise more: at the solution "
        "$f'' = 0$, so $B^{-1}$ grows without bound near it and no finite $\\omega$ exists.",
    hints=("Write down $f'$ and $f''$ and one Newton step.",
           "$x - 4x^3/(12x^2)$; simplify.",
           "Each step leaves two thirds of $x$. Is that a fixed share, or the square of the error?"),
    diagnoses=(
        Diagnosis("the step, not what is left", (1 / 3, 1), say="x/3 is the length of the step; what is left of x?"),
        Diagnosis("Newton is always quadratic", (2 / 3, 2),
                  say="The ratio is right. But a fixed share of the error in every step is order 1."),
        Diagnosis("quadratic, and the step", (1 / 3, 2),
                  say="x/3 is the length of the step; and a fixed share in every step is order 1."),
        Diagnosis("only the slope", (1 - 4 / 3, 1), say="Divide by f″ = 12x², the derivative of 4x³ and not of x³."),
        Diagnosis("sign", (4 / 3, 1), say="The step goes against the gradient: subtract it."),
    ),
)
