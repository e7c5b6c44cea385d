"""Exercises of notebook 06 on two broken curvature products: a curvature of zero, and a missing bend."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .curvature import curvature

__all__ = ["q3", "q4"]


def _ggn(middle):
    """A `ggn_product` with H_L u given by middle(z, kind, u)."""
    return lambda J, z, kind, v: np.einsum("nja,nj->a", J, middle(z, kind, J @ v)) / len(z)


def _kind_cases(rng):
    for kind, m in (("identity", 1), ("softmax", 3), ("sigmoid", 1), ("identity", 2), ("sigmoid", 2)):
        yield rng.normal(size=(4, m, 5)), rng.normal(size=(4, m)), kind, rng.normal(size=5)


q3 = FunctionExercise(
    name="ch06.q3",
    title="A curvature of zero",
    kind="find the bug",
    stub='''
        def ggn_product(J, z, kind, v):
            """(1/N) Σ_n J_nᵀ H_L J_n v; J is (N, n_out, d); kind is "identity", "sigmoid" or "softmax"."""
            u = J @ v                                               # (N, n_out)
            p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
            u = p * u - p * (p * u).sum(axis=1, keepdims=True)      # H_L J v
            return np.einsum("nja,nj->a", J, u) / len(z)
        ''',
    code='''
        def ggn_product(J, z, kind, v):
            """(1/N) Σ_n J_nᵀ H_L J_n v; J is (N, n_out, d); kind is "identity", "sigmoid" or "softmax"."""
            u = J @ v                                               # (N, n_out)
            if kind == "softmax":
                p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
                u = p * u - p * (p * u).sum(axis=1, keepdims=True)
            elif kind == "sigmoid":
                s = 1 / (1 + np.exp(-z))
                u = s * (1 - s) * u
            return np.einsum("nja,nj->a", J, u) / len(z)            # identity: H_L = I
        ''',
    why="For a matching loss $H_L$ is the Jacobian of its *own* output activation. The product always took softmax's. "
        "With one output softmax is the constant 1, its Jacobian is 0, and so is $Gv$. With two outputs and squared "
        "error it would be wrong and not even look so: test every loss against a dense matrix.",
    hints=("Put in one output by hand. What is `p` then, and what is `u`?",
           "$H_L = J_\\varphi$ for a matching loss. Which $\\varphi$ belongs to each `kind`?",
           "identity: `u` stays as it is. sigmoid: `s * (1 - s) * u` with `s = 1 / (1 + np.exp(-z))`."),
    cases=_kind_cases,
    linear_in="v",
    mean_over="J",
    diagnoses=(
        Diagnosis("the bug is still there", _ggn(lambda z, kind, u: curvature(z, "softmax", u))),
        Diagnosis("identity for everything", _ggn(lambda z, kind, u: u),
                  say="This is (1/N) JᵀJ v: right for the identity, but sigmoid and softmax have a curvature H_L too."),
        Diagnosis("sigmoid for everything", _ggn(lambda z, kind, u: curvature(z, "sigmoid", u)),
                  say="You take the sigmoid's s(1 − s) for every kind. The identity has H_L = I, softmax a matrix."),
        Diagnosis("one output alone", _ggn(lambda z, kind, u: u if z.shape[1] == 1 else curvature(z, "softmax", u)),
                  say="You switch on the number of outputs. What matters is the loss: the identity with two outputs, "
                      "and a sigmoid with one, still come out wrong."),
        Diagnosis("sigmoid as the identity",
                  _ggn(lambda z, kind, u: curvature(z, "softmax", u) if kind == "softmax" else u),
                  say="The identity and softmax are right. The sigmoid has H_L = σ(z)(1 − σ(z)), for each output."),
        Diagnosis("missing 1/N", lambda J, z, kind, v: len(z) * _ggn(curvature)(J, z, kind, v)),
    ),
)


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


q4 = FunctionExercise(
    name="ch06.q4",
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
           "Add `- 2 * a * S * (X @ V1) * (delta_2 @ W2.T)` to `R_delta_1`."),
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
        Diagnosis("the mean lost", _two_layers(mean=False), say="The values are N times too large: f is a mean."),
    ),
)
