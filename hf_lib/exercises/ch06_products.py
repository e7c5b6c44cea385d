"""Exercise of notebook 06 on a broken curvature product: a bend is missing."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q3"]


def _two_layers(bend=-2.0, twice=True, move=True, weights=True, mean=True, moving="R_z", adjoint="bar_a"):
    """A `hessian_product` with the given factors of the bend, and with or without each term."""
    def answer(W1, W2, X, Y, V1, V2):
        N = len(X) if mean else 1
        a = np.tanh(X @ W1)
        S = 1 - a * a
        delta_2 = (a @ W2 - Y) / N
        R_z = X @ V1
        R_a = S * R_z
        R_delta_2 = (R_a @ W2 + a @ V2) / N
        bar_a = delta_2 @ W2.T
        R_bar_a = R_delta_2 @ W2.T + (delta_2 @ V2.T if weights else 0)
        factors = {"R_z": R_z, "R_a": R_a, "bar_a": bar_a, "R_bar_a": R_bar_a, "none": 1}
        R_delta_1 = S * R_bar_a + bend * a * (S if twice else 1) * factors[moving] * factors[adjoint]
        return X.T @ R_delta_1, a.T @ R_delta_2 + (R_a.T @ delta_2 if move else 0)
    return answer


def _layer_cases(rng):
    for N, n, h, m in ((4, 3, 3, 2), (5, 2, 4, 3), (3, 4, 2, 2)):
        W1, V1 = rng.normal(size=(2, n, h))
        W2, V2 = rng.normal(size=(2, h, m))
        yield W1, W2, rng.normal(size=(N, n)), rng.normal(size=(N, m)), V1, V2


q3 = FunctionExercise(
    name="ch06.q3",
    title="Symmetric, and wrong",
    kind="find the bug",
    stub='''
        def hessian_product(W1, W2, X, Y, V1, V2):
            """The two blocks of H v for z = tanh(X W1) W2 and f = Σ‖z − y‖²/(2N)."""
            a = np.tanh(X @ W1)
            S = 1 - a * a
            delta_2 = (a @ W2 - Y) / len(X)
            R_a = S * (X @ V1)
            R_delta_2 = (R_a @ W2 + a @ V2) / len(X)                # R{δ₂}
            R_bar_a = R_delta_2 @ W2.T + delta_2 @ V2.T             # R{ā}
            R_delta_1 = S * R_bar_a                                 # R{δ₁}
            return X.T @ R_delta_1, a.T @ R_delta_2 + R_a.T @ delta_2
        ''',
    code='''
        def hessian_product(W1, W2, X, Y, V1, V2):
            """The two blocks of H v for z = tanh(X W1) W2 and f = Σ‖z − y‖²/(2N)."""
            a = np.tanh(X @ W1)
            S = 1 - a * a
            delta_2 = (a @ W2 - Y) / len(X)
            R_z1 = X @ V1
            R_a = S * R_z1
            R_delta_2 = (R_a @ W2 + a @ V2) / len(X)                # R{δ₂}
            bar_a = delta_2 @ W2.T
            R_bar_a = R_delta_2 @ W2.T + delta_2 @ V2.T             # R{ā}
            R_delta_1 = S * R_bar_a - 2 * a * S * R_z1 * bar_a      # act' ∘ R{ā} + act'' ∘ R{z} ∘ ā
            return X.T @ R_delta_1, a.T @ R_delta_2 + R_a.T @ delta_2
        ''',
    why="$\\delta_1 = S \\circ \\bar a$, and $S = \\operatorname{act}'(z_1)$ moves as well: "
        "$\\mathcal R\\{S\\} = \\operatorname{act}'' \\circ \\mathcal R\\{z_1\\}$ with "
        "$\\operatorname{act}'' = -2 a S$. The missing part of $H$ is a block on the diagonal and symmetric itself, so "
        "the test of symmetry cannot see it; for ReLU it is 0; and where the fit is good, $\\bar a$ is small. Only an "
        "independent reference shows it: a dense matrix, autograd, differences.",
    hints=("Go through (a), (b), (c) of section 5 and tick off the terms.",
           "In (c), $\\delta_1 = S \\circ \\bar a$: which of the two factors depends on $\\theta$?",
           "$S = 1 - a^2$ moves with $a$. What is $\\mathcal R\\{S\\}$, and what stands beside $S$ in $\\delta_1$?"),
    cases=_layer_cases,
    diagnoses=(
        Diagnosis("the bug is still there", _two_layers(bend=0.0)),
        Diagnosis("sign of the bend", _two_layers(bend=2.0),
                  say="The new term has the right size and the wrong sign: (1 − a²)′ = −2a a′."),
        Diagnosis("slope forgotten in the bend", _two_layers(twice=False),
                  say="act″ = −2a · act′: a moves with the slope S, so the bend has a factor S."),
        Diagnosis("factor 2 of the bend", _two_layers(bend=-1.0),
                  say="The derivative of 1 − a² is −2a a′: the 2 is missing."),
        Diagnosis("R{a} for R{z}", _two_layers(moving="R_a"),
                  say="The slope act'(z₁) is a function of z₁: its bend is multiplied by R{z₁} = X V₁, not by R{a}."),
        Diagnosis("R{ā} for ā", _two_layers(adjoint="R_bar_a"),
                  say="In this term the slope moves and ā stays as it is: ā = δ₂ W₂ᵀ, not R{ā}."),
        Diagnosis("ā forgotten", _two_layers(adjoint="none"),
                  say="δ₁ is a product. Where the slope moves, the other factor ā = δ₂ W₂ᵀ stands beside it."),
        Diagnosis("R{z} forgotten", _two_layers(moving="none"),
                  say="act''(z₁) says how the slope changes with z₁; how z₁ moves, R{z₁} = X V₁, is missing."),
        Diagnosis("weights held fixed", _two_layers(weights=False),
                  say="Now the bend is there, but δ₂ V₂ᵀ has gone from R{ā}: W₂ moves as well."),
        Diagnosis("activations held fixed", _two_layers(move=False),
                  say="Now the bend is there, but R{a}ᵀ δ₂ has gone from the second block."),
        Diagnosis("Gauss–Newton's terms alone", _two_layers(bend=0.0, weights=False, move=False),
                  say="These are the terms without δ₂, which is G v. H v has the others as well, and the bend."),
        Diagnosis("the bend once more", _two_layers(bend=-4.0), say="The new term is right, and stands there twice."),
        Diagnosis("the mean lost", _two_layers(mean=False), say="The values are N times too large: f is a mean."),
    ),
)
