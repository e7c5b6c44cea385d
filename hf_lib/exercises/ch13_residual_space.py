"""Exercises of notebook 13: the Gauss–Newton step by an N × N system, and that matrix without J."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q4", "q5"]


def _systems(rng):
    for N, d, lam in ((2, 5, 0.5), (4, 3, 2.0), (3, 40, 0.01)):
        yield rng.normal(size=(N, d)), rng.normal(size=N), lam


def _by(matrix, sign=-1.0, right=lambda r, lam: r):
    """The step with another matrix(JJᵀ, λ, N), sign or right-hand side."""
    def wrong(J, r, lam):
        K = matrix(J @ J.T, lam, len(r))
        return K, sign * J.T @ np.linalg.pinv(K) @ right(r, lam)
    return wrong


def _damped(K, lam, N):
    return K + lam * np.eye(N)


def _in_parameters(J, r, lam):
    G = J.T @ J + lam * np.eye(J.shape[1])
    return G, -np.linalg.solve(G, J.T @ r)


q4 = FunctionExercise(
    name="ch13.q4",
    title="The same step in the space of the residuals",
    kind="core",
    stub='''
        def residual_space_step(J, r, lam):
            """The (N, N) matrix to solve with, and p with (JᵀJ + λI) p = −Jᵀ r.

            J (N, d), r (N,), λ > 0. No d × d matrix.
            """
            K = ...
            p = ...
            return K, p
        ''',
    code='''
        def residual_space_step(J, r, lam):
            """The (N, N) matrix to solve with, and p with (JᵀJ + λI) p = −Jᵀ r.

            J (N, d), r (N,), λ > 0. No d × d matrix.
            """
            K = J @ J.T + lam * np.eye(len(r))
            p = -J.T @ np.linalg.solve(K, r)
            return K, p
        ''',
    why="By the push-through identity $(J^\\top J + \\lambda I)^{-1} J^\\top = J^\\top (J J^\\top + \\lambda I)^{-1}$. "
        "The step lies in the span of the residuals' gradients, $p = -J^\\top y$, and $y$ has one number a point. With "
        "$d$ parameters and $N$ points the matrix costs $\\frac12 N^2 d$ multiplications in place of $\\frac12 N d^2$, "
        "and its Cholesky factors $\\frac16 N^3$ in place of $\\frac16 d^3$: the smaller of the two numbers decides.",
    hints=("$p = -J^\\top y$ for some $y$ with $N$ entries. Put it into $(J^\\top J + \\lambda I)\\, p = -J^\\top r$.",
           "$J^\\top (J J^\\top + \\lambda I)\\, y = J^\\top r$. Which $y$ makes this true?",
           "`K = J @ J.T + lam * np.eye(len(r))`; then y solves K y = r, and `p = -J.T @ y`."),
    cases=_systems,
    rtol=1e-8,
    diagnoses=(
        Diagnosis("d × d", _in_parameters,
                  say="p is right, and the matrix has a row for each parameter. Asked for is the N × N one."),
        Diagnosis("the sign of p", _by(_damped, sign=1.0), say="K is right; this p goes uphill."),
        Diagnosis("λ left out", _by(lambda K, lam, N: K),
                  say="Without λ this solves J p = −r: exact where N ≤ d, and the step may be enormous."),
        Diagnosis("λ twice", _by(lambda K, lam, N: K + 2 * lam * np.eye(N)),
                  say="The same λ stands in both spaces: JJᵀ + λI."),
        Diagnosis("λ everywhere", _by(lambda K, lam, N: K + lam),
                  say="`J @ J.T + lam` adds λ to every entry. It belongs on the diagonal: λ times np.eye(N)."),
        Diagnosis("means taken twice", _by(lambda K, lam, N: K / N + lam * np.eye(N)),
                  say="The roots of 1/N are in r and J already."),
    ),
)


def _hidden_layers(rng):
    for N, m, n in ((3, 2, 4), (5, 1, 2), (4, 3, 3)):
        yield rng.normal(size=(N, m)), rng.normal(size=(N, n)), rng.normal(size=(N, n))


q5 = FunctionExercise(
    name="ch13.q5",
    title="J Jᵀ without J",
    kind="stretch",
    stub='''
        def gram(X, A, D):
            """J Jᵀ (N, N) of u = a w + c, a = act(x W + b); θ is all of W, b, w, c.

            X (N, m) inputs, A (N, n) activations; row n of D (N, n) is ∂u/∂z at point n.
            """
            return ...
        ''',
    code='''
        def gram(X, A, D):
            """J Jᵀ (N, N) of u = a w + c, a = act(x W + b); θ is all of W, b, w, c.

            X (N, m) inputs, A (N, n) activations; row n of D (N, n) is ∂u/∂z at point n.
            """
            first = (X @ X.T + 1) * (D @ D.T)           # [x, 1] ⊗ δ, with [x, 1] ⊗ δ
            second = A @ A.T + 1                        # [a, 1] with [a, 1]
            return first + second
        ''',
    why="The gradient of $u_n$ with respect to the first layer is the outer product $[x_n, 1] \\otimes \\delta_n$, and "
        "the inner product of two outer products is the product of the inner products, "
        "$([x_n,1]^\\top [x_k,1])\\,(\\delta_n^\\top \\delta_k)$. For the last layer it is $[a_n, 1]$, whose adjoint "
        "is 1. So about $N^2 (m + n)$ multiplications do. From $J$, with its $N\\, m\\, n$ entries, it would be "
        "$N^2 m n$.",
    hints=("What is ∂u/∂W at one point, as a matrix of inputs and adjoints? And ∂u/∂b?",
           "$[x, 1] \\otimes \\delta$. The inner product of $a \\otimes b$ and $c \\otimes d$ is "
           "$(a^\\top c)(b^\\top d)$.",
           "First layer: `(X @ X.T + 1) * (D @ D.T)`, entry by entry. The last layer's rows are `[a, 1]`."),
    cases=_hidden_layers,
    diagnoses=(
        Diagnosis("the first layer's biases", lambda X, A, D: (X @ X.T) * (D @ D.T) + A @ A.T + 1,
                  say="b has columns in J too: the input of a bias is 1, so [x, 1]ᵀ[x', 1] = xᵀx' + 1."),
        Diagnosis("the last bias", lambda X, A, D: (X @ X.T + 1) * (D @ D.T) + A @ A.T,
                  say="c has a column in J as well, and ∂u/∂c = 1."),
        Diagnosis("no biases", lambda X, A, D: (X @ X.T) * (D @ D.T) + A @ A.T,
                  say="b and c have columns in J: the input of a bias is 1."),
        Diagnosis("a matrix product", lambda X, A, D: (X @ X.T + 1) @ (D @ D.T) + A @ A.T + 1,
                  say="Entry (n, k) is a product of two numbers: `*`, entry by entry, not `@`."),
        Diagnosis("a sum for a product", lambda X, A, D: X @ X.T + 1 + D @ D.T + A @ A.T + 1,
                  say="The gradient along W is an outer product of x and δ: their inner products multiply."),
        Diagnosis("the last layer alone", lambda X, A, D: A @ A.T + 1,
                  say="These are the columns of w and c. Those of W and b are missing."),
        Diagnosis("the first layer alone", lambda X, A, D: (X @ X.T + 1) * (D @ D.T),
                  say="These are the columns of W and b. Those of w and c are missing."),
    ),
)
