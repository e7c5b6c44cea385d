"""Exercises of notebook 06: R by hand and of two new layers; a broken curvature product is in `ch06_products`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.network import autodiff, passes

from . import drawn_numbers
from .ch06_products import q3

__all__ = ["q1", "q2", "q3", "q4"]

q1 = ValueExercise(
    name="ch06.q1",
    title="R by hand",
    kind="warm-up",
    stub="""
        # f(θ) = θ₁² θ₂ at θ = (3, 5), along v = (4, −2)
        R_f = ...                # R{f}
        R_g1 = ...               # R{∂f/∂θ₁}
        R_g2 = ...               # R{∂f/∂θ₂}
        answer = (R_f, R_g1, R_g2)
        """,
    code="""
        # f(θ) = θ₁² θ₂ at θ = (3, 5), along v = (4, −2)
        t1, t2, v1, v2 = 3, 5, 4, -2
        R_f = 2 * t1 * v1 * t2 + t1**2 * v2         # product rule
        R_g1 = 2 * (v1 * t2 + t1 * v2)              # ∂f/∂θ₁ = 2 θ₁ θ₂
        R_g2 = 2 * t1 * v1                          # ∂f/∂θ₂ = θ₁²
        answer = (R_f, R_g1, R_g2)
        """,
    why="$\\mathcal R\\{f\\} = \\nabla f^\\top v = 30 \\cdot 4 + 9 \\cdot (-2)$. The other two are the entries of "
        "$Hv$ with $H = \\begin{pmatrix} 10 & 6 \\\\ 6 & 0 \\end{pmatrix}$, and no entry of $H$ was needed.",
    hints=("$\\mathcal R\\{\\theta_1\\} = v_1$ and $\\mathcal R\\{\\theta_2\\} = v_2$. Which rule does "
           "$\\theta_1^2 \\theta_2$ call for?",
           "Write down both entries of $\\nabla f$ as formulas in $\\theta_1, \\theta_2$ before you put in numbers.",
           "$\\nabla f = (2 \\theta_1 \\theta_2, \\theta_1^2)$. Each is a product of numbers that move."),
    variant=drawn_numbers.r_by_hand,
    diagnoses=(
        Diagnosis("the gradient itself", (102, 30, 9),
                  say="R{f} is right. The other two are the gradient's entries; asked is how these change along v."),
        Diagnosis("v forgotten", (39, 16, 6),
                  say="This is R along (1, 1). Each derivative is multiplied by its entry of v."),
        Diagnosis("the sign of v₂", (138, 52, 24), say="v₂ is −2: its terms are negative."),
        Diagnosis("the entries of v exchanged", (-24, 4, -12),
                  say="v₁ and v₂ have changed places: θ₁ moves along v₁ = 4."),
        Diagnosis("one term of the product rule", (120, 40, 24),
                  say="Only θ₁ moves in your answer. θ₂ moves too, along v₂."),
        Diagnosis("the other term of the product rule", (-18, -12, 0),
                  say="Only θ₂ moves in your answer. θ₁ moves too, along v₁."),
        Diagnosis("one term of the product rule, in R{f}", (120, 28, 24),
                  say="The other two are right. In f = θ₁² θ₂ only θ₁ moves in your answer; θ₂ moves too."),
        Diagnosis("one term of the product rule, in R{g₁}", (102, 40, 24),
                  say="R{f} and the last are right. In ∂f/∂θ₁ = 2 θ₁ θ₂ only θ₁ moves in your answer; θ₂ moves too."),
        Diagnosis("the other term, in R{g₁}", (102, -12, 24),
                  say="R{f} and the last are right. In ∂f/∂θ₁ = 2 θ₁ θ₂ only θ₂ moves in your answer; θ₁ moves too."),
        Diagnosis("factor 2 of 2 θ₁ θ₂", (102, 14, 24),
                  say="R{f} and the last are right. ∂f/∂θ₁ = 2 θ₁ θ₂: the 2 stays."),
        Diagnosis("factor 2 of the square", (102, 28, 12),
                  say="The first two are right. The last is R{θ₁²} = 2 θ₁ R{θ₁}: the 2 is missing."),
        Diagnosis("factor 2 of the square, in R{f} too", (42, 28, 12),
                  say="R{θ₁²} is 2 θ₁ R{θ₁}: the 2 is missing, in R{f} and in the last."),
        Diagnosis("v₁ forgotten in the last", (102, 28, 6),
                  say="The first two are right. R{θ₁²} = 2 θ₁ R{θ₁}, and R{θ₁} is v₁."),
        Diagnosis("the sign of v₂, in R{g₁}", (102, 52, 24),
                  say="R{f} and the last are right. In R{g₁} the term with v₂ = −2 is negative."),
        Diagnosis("the diagonal of H", (102, 40, 0), say="∂f/∂θ₁ depends on θ₂ as well, and ∂f/∂θ₂ on θ₁."),
        Diagnosis("products, entry by entry", (102, 120, -18),
                  say="R{f} is right, and these are its two terms. Asked is how each entry of ∇f changes along v."),
    ),
)


def _row_cases(rng):
    for N, n in ((3, 4), (5, 2), (4, 3)):
        yield rng.normal(size=(N, n)), rng.normal(size=(N, n))


def _norm(z, axis=1):
    return np.sqrt(np.sum(z * z, axis=axis, keepdims=True))


q2 = FunctionExercise(
    name="ch06.q2",
    title="R of a layer that normalises",
    kind="core",
    stub='''
        def R_normalise(z, R_z):
            """R{a} (N, n) for a = z/‖z‖, row by row."""
            return ...
        ''',
    code='''
        def R_normalise(z, R_z):
            """R{a} (N, n) for a = z/‖z‖, row by row."""
            r = np.sqrt(np.sum(z * z, axis=1, keepdims=True))      # ‖z‖, (N, 1)
            R_r = np.sum(z * R_z, axis=1, keepdims=True) / r       # R{r² } = 2 r R{r} = 2 zᵀR{z}
            return R_z / r - z * R_r / r**2                        # product rule for z · (1/r)
        ''',
    why="Name the length $r$ and go line by line: $r^2 = z^\\top z$ gives $2 r \\mathcal R\\{r\\} = "
        "2 z^\\top \\mathcal R\\{z\\}$, and $a = z \\cdot r^{-1}$ gives the rest. The result has no part "
        "along $a$: a vector of fixed length can only turn.",
    hints=("Give the length a name, $r = \\lVert z \\rVert$, and find $\\mathcal R\\{r\\}$ first.",
           "From $r^2 = z^\\top z$: $r \\mathcal R\\{r\\} = z^\\top \\mathcal R\\{z\\}$. Then "
           "$a = z \\cdot \\frac1r$ is a product.",
           "$\\mathcal R\\{1/r\\} = -\\mathcal R\\{r\\}/r^2$. Each row has its own $r$: `axis=1, keepdims=True`."),
    cases=_row_cases,
    linear_in="R_z",
    diagnoses=(
        Diagnosis("the length held fixed", lambda z, R_z: R_z / _norm(z),
                  say="The length ‖z‖ moves as well: R{1/‖z‖} is missing."),
        Diagnosis("normalised like a value", lambda z, R_z: R_z / _norm(R_z),
                  say="You normalise R{z}. R is a derivative of the layer, not the layer at another place."),
        Diagnosis("sign of the second term",
                  lambda z, R_z: R_z / _norm(z) + z * np.sum(z * R_z, axis=1, keepdims=True) / _norm(z) ** 3,
                  say="A longer z makes a = z/‖z‖ shorter: R{1/r} = −R{r}/r²."),
        Diagnosis("power of the length",
                  lambda z, R_z: R_z / _norm(z) - z * np.sum(z * R_z, axis=1, keepdims=True) / _norm(z) ** 2,
                  say="The second term is off by a power of ‖z‖. R{r} = zᵀR{z}/r, and it is divided by r² once more."),
        Diagnosis("sum over everything",
                  lambda z, R_z: R_z / _norm(z) - z * np.sum(z * R_z) / _norm(z) ** 3,
                  say="Your zᵀR{z} sums over all examples. Every row has its own: axis=1, keepdims=True."),
        Diagnosis("along the columns",
                  lambda z, R_z: R_z / _norm(z, 0) - z * np.sum(z * R_z, axis=0, keepdims=True) / _norm(z, 0) ** 3,
                  say="You normalise the columns. Each row is an example: axis=1."),
        Diagnosis("the root forgotten",
                  lambda z, R_z: R_z / _norm(z) ** 2 - z * np.sum(z * R_z, axis=1, keepdims=True) / _norm(z) ** 6,
                  say="Σ z² is ‖z‖²: the root is missing."),
        Diagnosis("the second term alone",
                  lambda z, R_z: -z * np.sum(z * R_z, axis=1, keepdims=True) / _norm(z) ** 3,
                  say="z itself moves as well: R{z}/‖z‖ is missing."),
        Diagnosis("R{‖z‖} taken for ‖R{z}‖", lambda z, R_z: R_z / _norm(z) - z * _norm(R_z) / _norm(z) ** 2,
                  say="R{‖z‖} is zᵀR{z}/‖z‖: how fast the length changes, not how fast z moves."),
        Diagnosis("the slope of a product", lambda z, R_z: R_z / _norm(z) - z * np.sum(R_z, axis=1, keepdims=True)
                  / _norm(z) ** 2,
                  say="In the second term zᵀR{z} is wanted, not the sum of R{z} alone."),
        Diagnosis("one length for all",
                  lambda z, R_z: R_z / _norm(z, None) - z * np.sum(z * R_z) / _norm(z, None) ** 3,
                  say="You scale the whole array to length one. Every row has its own length: axis=1, keepdims=True."),
    ),
)


def _tied(move_decoder=True, move_code=True, through=True, decoder=True, slope=True, back_slope=True):
    """A `tied_products` with or without each of the terms."""
    def answer(W, X, V, u):
        a = np.tanh(X @ W)
        S = 1 - a * a
        R_a = (S if slope else 1) * (X @ V)
        R_z = (R_a @ W.T if move_code else 0) + (a @ V.T if move_decoder else 0)
        bar_W = np.zeros_like(W)
        if through:
            bar_W += X.T @ ((S if back_slope else 1) * (u @ W))
        if decoder:
            bar_W += u.T @ a
        return R_z, bar_W
    return answer


def _with_a_for_the_slope(W, X, V, u):
    a = np.tanh(X @ W)
    return (a * (X @ V)) @ W.T + a @ V.T, X.T @ (a * (u @ W)) + u.T @ a


def _tied_cases(rng):
    for N, n, k in ((4, 3, 2), (5, 4, 3), (3, 3, 4)):
        yield rng.normal(size=(n, k)), rng.normal(size=(N, n)), rng.normal(size=(n, k)), rng.normal(size=(N, n))


q4 = FunctionExercise(
    name="ch06.q4",
    title="One matrix, used twice",
    kind="stretch",
    stub='''
        def tied_products(W, X, V, u):
            """For z = tanh(X W) Wᵀ: R{z} along V (N, n); the adjoint of W from u, that of z."""
            return ...
        ''',
    code='''
        def tied_products(W, X, V, u):
            """For z = tanh(X W) Wᵀ: R{z} along V (N, n); the adjoint of W from u, that of z."""
            a = np.tanh(X @ W)                          # (N, k)
            S = 1 - a * a
            R_a = S * (X @ V)
            R_z = R_a @ W.T + a @ V.T                   # product rule, and R{Wᵀ} = Vᵀ
            delta = S * (u @ W)                         # ā = u (Wᵀ)ᵀ = u W
            bar_W = X.T @ delta + u.T @ a               # the encoder's share, and the decoder's, transposed
            return R_z, bar_W
        ''',
    why="The decoder's matrix is $M = W^\\top$; its adjoint is $a^\\top u$, of shape $(k, n)$, and $\\bar W$ gets it "
        "transposed. Test: $\\langle \\mathcal R\\{z\\}, u \\rangle = \\langle V, \\bar W \\rangle$, as in "
        "chapter 05, step 4.3.",
    hints=("$z = a M$ with $M = W^\\top$. Which rules give $\\mathcal R\\{z\\}$ and $\\mathcal R\\{M\\}$?",
           "Reverse: the adjoint of $M$ is $a^\\top u$ and that of $a$ is $u M^\\top = u W$. $W$ is used twice, so its "
           "two shares are added.",
           "With $S = 1 - a^2$ for the slope: $\\mathcal R\\{a\\} = S \\circ XV$, and back the same $S$ meets $u W$."),
    cases=_tied_cases,
    own_work=(autodiff.jvp, autodiff.vjp, passes.f1, passes.r1),
    diagnoses=(
        Diagnosis("the decoder does not move", _tied(move_decoder=False),
                  say="R{z} has two terms: the code moves, and Wᵀ moves too, by Vᵀ."),
        Diagnosis("the code does not move", _tied(move_code=False),
                  say="R{z} has two terms: Wᵀ moves, and the code moves too, by R{a}."),
        Diagnosis("the decoder's share forgotten", _tied(decoder=False),
                  say="R{z} is right. W is used twice: the decoder's share uᵀa is missing in the adjoint."),
        Diagnosis("the encoder's share forgotten", _tied(through=False),
                  say="R{z} is right. The adjoint has only the decoder's share: W is used in the encoder as well."),
        Diagnosis("one use only, both ways", _tied(move_decoder=False, decoder=False),
                  say="W is used twice: R{z} has a second term with Vᵀ, and the adjoint a second share, uᵀa."),
        Diagnosis("a for its slope", _with_a_for_the_slope, say="tanh's slope is 1 − a², not a."),
        Diagnosis("the slope forgotten", _tied(slope=False, back_slope=False),
                  say="tanh's slope 1 − a² is missing, on the way forward and on the way back."),
        Diagnosis("the slope forgotten forward", _tied(slope=False),
                  say="The adjoint is right. In R{z} tanh's slope is missing: R{a} = (1 − a²) ∘ XV."),
        Diagnosis("the slope forgotten on the way back", _tied(back_slope=False),
                  say="R{z} is right. In the encoder's share of the adjoint tanh's slope 1 − a² is missing."),
        Diagnosis("transposed", lambda W, X, V, u: (_tied()(W, X, V, u)[0], _tied()(W, X, V, u)[1].T)),
    ),
)
