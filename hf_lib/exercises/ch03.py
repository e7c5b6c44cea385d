"""Exercises of notebook 03: the model, a truncated step, Newton on x⁴; the others stand in modules of their own."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .ch03_damping import q5
from .ch03_downhill import q4
from .ch03_radius import positive_definite, q6

__all__ = ["q1", "q2", "q3", "q4", "q5", "q6"]

q1 = FunctionExercise(
    name="ch03.q1",
    title="What the model promises",
    kind="warm-up",
    stub='''
        def promise(H, g):
            """f(θ) − q(p): how far q falls at the Newton step p; H is positive definite."""
            return ...
        ''',
    code='''
        def promise(H, g):
            """f(θ) − q(p): how far q falls at the Newton step p; H is positive definite."""
            p = -np.linalg.solve(H, g)
            return -0.5 * g @ p
        ''',
    why="Since $Hp = -g$, the quadratic term is $\\frac12 p^\\top H p = -\\frac12 g^\\top p$. So $q(p) - f(\\theta) = "
        "g^\\top p - \\frac12 g^\\top p = \\frac12 g^\\top p = -\\frac12 g^\\top H^{-1} g$: half of what the slope "
        "alone would give.",
    hints=("Write $q(p) - f(\\theta) = g^\\top p + \\frac12 p^\\top H p$, and put in what $Hp$ is.",
           "$Hp = -g$, so $p^\\top H p = -g^\\top p$.",
           "So $q(p) - f(\\theta) = \\frac12 g^\\top p$. Which sign has the fall? And what solves $Hp = -g$?"),
    cases=lambda rng: [(positive_definite(rng, d), rng.normal(size=d)) for d in (2, 3, 5)],
    diagnoses=(
        Diagnosis("factor 2", lambda H, g: g @ np.linalg.solve(H, g)),
        Diagnosis("sign", lambda H, g: -0.5 * g @ np.linalg.solve(H, g)),
        Diagnosis("both terms added", lambda H, g: 1.5 * g @ np.linalg.solve(H, g),
                  say="The slope makes the model fall, the curvature makes it rise: the terms have opposite signs."),
        Diagnosis("the slope alone", lambda H, g: 0.5 * g @ g,
                  say="This is half of ‖g‖², what a step −g would promise if H were I."),
        Diagnosis("the length of the step", lambda H, g: np.linalg.norm(np.linalg.solve(H, g)),
                  say="This is ‖p‖, how long the step is; asked for is how far q falls."),
        Diagnosis("along −g alone", lambda H, g: 0.5 * (g @ g) ** 2 / (g @ H @ g),
                  say="This is what the best step along −g promises. Newton's step promises more."),
        Diagnosis("½ pᵀp for ½ pᵀHp", lambda H, g: g @ (p := np.linalg.solve(H, g)) - 0.5 * p @ p,
                  say="Your quadratic term is ½ pᵀp: H is missing in it."),
        Diagnosis("the step's length", lambda H, g: 0.5 * (p := np.linalg.solve(H, g)) @ p,
                  say="This is half of ‖p‖². The quadratic term has H in it: ½ pᵀ H p."),
        Diagnosis("the wrong quadratic form", lambda H, g: 0.5 * g @ H @ g,
                  say="You have multiplied by H; the Newton step divides by it."),
        Diagnosis("the diagonal alone", lambda H, g: 0.5 * np.sum(g**2 / np.diag(H)),
                  say="You divide by the diagonal of H. H has other entries, too: solve with it."),
        Diagnosis("one over the entries", lambda H, g: 0.5 * g @ (1 / H) @ g,
                  say="`1 / H` inverts each entry. H⁻¹ is the inverse of the matrix: solve with H."),
        Diagnosis("the squared length", lambda H, g: np.sum(np.linalg.solve(H, g) ** 2),
                  say="This is ‖p‖². How far q falls is ½ gᵀ H⁻¹ g."),
        Diagnosis("Q and Qᵀ exchanged",
                  lambda H, g: 0.5 * np.sum((np.linalg.eigh(H)[1] @ g) ** 2 / np.linalg.eigvalsh(H)),
                  say="The eigenvectors are the columns of Q: the components of g are Qᵀ g."),
    ),
)


def _steps(stop, extra=0, most=10_000):
    """A wrong `truncated_step`: it stops where stop(r, p, g, η, ξ) holds, or `extra` steps later."""
    def step(H, g, eta, xi):
        p, left = np.zeros_like(g), most
        while left and not stop(H @ p + g, p, g, eta, xi):
            p, left = p - eta * (H @ p + g), left - 1
        for _ in range(extra):
            p = p - eta * (H @ p + g)
        return p
    return step


def _small(r, p, g, eta, xi):
    return np.linalg.norm(r) <= xi * np.linalg.norm(g)


def _truncated_cases(rng):
    """Far from the minimum and near it; and one in which ‖H p + g‖ = ξ ‖g‖ after two steps, without rounding."""
    for d, scale, xi in ((2, 40.0, 0.3), (3, 0.05, 0.1), (5, 8.0, 0.01), (8, 1.0, 0.2)):
        H = positive_definite(rng, d)
        yield H, scale * rng.normal(size=d), 1 / np.linalg.norm(H, 2), xi
    yield np.eye(2), np.array([3.0, 4.0]), 0.5, 0.25


def _one_step_early(H, g, eta, xi):
    p, r, before = np.zeros_like(g), g, np.zeros_like(g)
    while np.linalg.norm(r) > xi * np.linalg.norm(g):
        p, before = p - eta * r, p
        r = H @ p + g
    return before


q2 = FunctionExercise(
    name="ch03.q2",
    title="A truncated Newton step",
    kind="warm-up",
    stub='''
        def truncated_step(H, g, eta, xi):
            """The first p of p ← p − η (H p + g), from p = 0, with ‖H p + g‖ ≤ ξ ‖g‖."""
            return ...
        ''',
    code='''
        def truncated_step(H, g, eta, xi):
            """The first p of p ← p − η (H p + g), from p = 0, with ‖H p + g‖ ≤ ξ ‖g‖."""
            p, r = np.zeros_like(g), g                # H p + g = g at p = 0
            while np.linalg.norm(r) > xi * np.linalg.norm(g):
                p = p - eta * r                       # gradient descent on the model
                r = H @ p + g                         # its gradient, and our residual
            return p
        ''',
    why="The gradient of the model at $p$ is $Hp + g$, so the residual that decides is at hand in every step. "
        "Conjugate gradients, in chapter 07, replace the line that moves $p$, and nothing else.",
    hints=("Two lines in a `while` loop: move $p$ against the residual, then compute the new residual $Hp + g$.",
           "Go on while $\\lVert r \\rVert$ is above $\\xi \\lVert g \\rVert$; at $p = 0$ the residual is $g$.",
           "Which of the two lines comes first, if $r$ starts as $g$? No step is needed where the test already holds."),
    cases=lambda rng: list(_truncated_cases(rng)),
    rtol=1e-8,
    diagnoses=(
        Diagnosis("not compared with the gradient", _steps(lambda r, p, g, eta, xi: np.linalg.norm(r) <= xi),
                  say="You stop at ‖Hp + g‖ ≤ ξ. The forcing term compares with ‖g‖: far away little is asked."),
        Diagnosis("solved exactly", lambda H, g, eta, xi: -np.linalg.solve(H, g),
                  say="That is Newton's step itself. Stop as soon as the residual is small enough."),
        Diagnosis("one step too many", _steps(_small, extra=1),
                  say="Test before you move: the first p that satisfies the condition is asked for."),
        Diagnosis("one step too few", _one_step_early,
                  say="You return the p before the one that satisfies the condition."),
        Diagnosis("< in place of ≤", _steps(lambda r, p, g, eta, xi: np.linalg.norm(r) < xi * np.linalg.norm(g)),
                  say="‖Hp + g‖ = ξ‖g‖ is small enough already: the condition is ≤."),
        Diagnosis("another norm", _steps(lambda r, p, g, eta, xi: np.max(np.abs(r)) <= xi * np.max(np.abs(g))),
                  say="You compare the largest entries; ‖·‖ is the Euclidean length, `np.linalg.norm`."),
        Diagnosis("the entries added", _steps(lambda r, p, g, eta, xi: np.sum(np.abs(r)) <= xi * np.sum(np.abs(g))),
                  say="You compare sums of |entries|; ‖·‖ is the Euclidean length, `np.linalg.norm`."),
        Diagnosis("the step, not the residual",
                  _steps(lambda r, p, g, eta, xi: eta * np.linalg.norm(r) <= xi * np.linalg.norm(g)),
                  say="You stop when the step is short, η‖Hp + g‖ ≤ ξ‖g‖. The condition is about the residual itself."),
        *(Diagnosis("a fixed number of steps", _steps(lambda r, p, g, eta, xi: False, most=count),
                    say=f"These are {count} steps in every case. Stop as soon as the residual is small enough.")
          for count in (2, 5, 10)),
        Diagnosis("a single step", lambda H, g, eta, xi: -eta * g,
                  say="One step of gradient descent is rarely enough: repeat until ‖Hp + g‖ ≤ ξ ‖g‖."),
        Diagnosis("squared norms",
                  _steps(lambda r, p, g, eta, xi: r @ r <= xi * (g @ g)),
                  say="You compare squared norms, so ξ has to be squared as well."),
        Diagnosis("sign", lambda H, g, eta, xi: -_steps(_small)(H, g, eta, xi)),
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
           "Does a step leave a fixed share of the error (order 1), or something like its square (order 2)?"),
    diagnoses=(
        Diagnosis("the step, not what is left", (1 / 3, 1), say="x/3 is the length of the step; what is left of x?"),
        Diagnosis("Newton is always quadratic", (2 / 3, 2),
                  say="The ratio is right. But a fixed share of the error in every step is order 1."),
        Diagnosis("quadratic, and the step", (1 / 3, 2),
                  say="x/3 is the length of the step; and a fixed share in every step is order 1."),
        Diagnosis("a zero of f", (3 / 4, 1),
                  say="x − f/f′ looks for a zero of f. A minimum is a zero of f′: x − f′/f″."),
        Diagnosis("a zero of f, and quadratic", (3 / 4, 2),
                  say="x − f/f′ looks for a zero of f, a minimum is one of f′; and a fixed share a step is order 1."),
        Diagnosis("what x − f/f′ takes away", (1 / 4, 1),
                  say="x/4 is the step of x − f/f′. A minimum is a zero of f′: x − f′/f″."),
        *(Diagnosis("another order", (2 / 3, order),
                    say="The ratio is right; the order of convergence is 1 or 2.") for order in (0, 3)),
        Diagnosis("one step is enough", (0, 2), say="One step is enough for a quadratic. f is x⁴: do the step once."),
        Diagnosis("only the slope", (1 - 4 / 3, 1), say="Divide by f″ = 12x², the derivative of 4x³ and not of x³."),
        Diagnosis("sign", (4 / 3, 1), say="The step goes against the gradient: subtract it."),
    ),
)
