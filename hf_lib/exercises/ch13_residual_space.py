"""Exercises of notebook 13: the Gauss–Newton step by an N × N system, and that matrix without J."""

import numpy as np

from hf_lib.judge.demands import Memory
from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .slips import combined

__all__ = ["q4", "q5"]


def _systems(rng):
    for N, d, lam in ((2, 5, 0.5), (4, 3, 2.0), (3, 40, 0.01)):
        yield rng.normal(size=(N, d)), rng.normal(size=N), lam


def _by(matrix=lambda K, lam, N: K + lam * np.eye(N), sign=-1.0, shown=lambda K, JJ, lam: K,
        step=lambda J, y: J.T @ y, right=lambda r, lam: r):
    """A `residual_space_step`, right or wrong in some of its parts."""
    def residual_space_step(J, r, lam):
        JJ = J @ J.T
        K = matrix(JJ, lam, len(r))
        return shown(K, JJ, lam), sign * step(J, np.linalg.pinv(K) @ right(r, lam))
    return residual_space_step


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
           "$K = J J^\\top + \\lambda I$; $y$ solves $K y = r$, and $J^\\top$ takes it back to the parameters."),
    cases=_systems,
    rtol=1e-8,
    demands=(Memory(lambda J, r, lam: 6 * J.size + 20 * len(r) ** 2,
                    case=lambda rng: (rng.normal(size=(4, 400)), rng.normal(size=4), 0.5),
                    say="K and p are right, but a d × d matrix was made on the way. p comes from K alone."),),
    diagnoses=(
        Diagnosis("too much memory", lambda J, r, lam: (J @ J.T + lam * np.eye(len(r)), _in_parameters(J, r, lam)[1])),
        Diagnosis("d × d", _in_parameters,
                  say="p is right, and the matrix has a row for each parameter. Asked for is the N × N one."),
        Diagnosis("means taken twice in p too", lambda J, r, lam: (K := J @ J.T / len(r) + lam * np.eye(len(r)),
                                                                  -J.T @ np.linalg.solve(K, r) / len(r)),
                  say="The roots of 1/N are in r and J already: neither K nor p is divided by N."),
        Diagnosis("multiplied, not solved", lambda J, r, lam: (K := J @ J.T + lam * np.eye(len(r)), -J.T @ (K @ r)),
                  say="K is right. y solves K y = r; you have multiplied r by K."),
        Diagnosis("y for p", lambda J, r, lam: (K := J @ J.T + lam * np.eye(len(r)), -np.linalg.solve(K, r)),
                  say="This is −y, with a number for each residual. The step is p = −Jᵀ y."),
        *combined(
            _by,
            ("the sign of p", "This p goes uphill: p = −Jᵀ y.", {"sign": 1.0}),
            ("λ left out", "Without λ this solves J p = −r: exact where N ≤ d, and the step may be enormous.",
             {"matrix": lambda K, lam, N: K}),
            ("λ left out of K", "p is damped, and the K that you return is not: JJᵀ + λI.",
             {"shown": lambda K, JJ, lam: JJ, "matrix": lambda K, lam, N: K + lam * np.eye(N)}),
            ("λ twice", "The same λ stands in both spaces: JJᵀ + λI.",
             {"matrix": lambda K, lam, N: K + 2 * lam * np.eye(N)}),
            ("λ squared", "The same λ stands in both spaces: JJᵀ + λI.",
             {"matrix": lambda K, lam, N: K + lam**2 * np.eye(N)}),
            ("the root of λ", "The same λ stands in both spaces: JJᵀ + λI.",
             {"matrix": lambda K, lam, N: K + np.sqrt(lam) * np.eye(N)}),
            ("I without λ", "It is JJᵀ + λI, not JJᵀ + I.", {"matrix": lambda K, lam, N: K + np.eye(N)}),
            ("λ subtracted", "The damping is added: JJᵀ + λI.", {"matrix": lambda K, lam, N: K - lam * np.eye(N)}),
            ("λ everywhere", "`J @ J.T + lam` adds λ to every entry. It belongs on the diagonal: λ times np.eye(N).",
             {"matrix": lambda K, lam, N: K + lam}),
            ("means taken twice", "The roots of 1/N are in r and J already.",
             {"matrix": lambda K, lam, N: K / N + lam * np.eye(N)}),
            ("λ times N", "The means are in r and J already, so λ has no factor N.",
             {"matrix": lambda K, lam, N: K + N * lam * np.eye(N)}),
            ("λ on the right", "The right-hand side is r alone.", {"right": lambda r, lam: lam * r}),
            ("divided by λ", "y solves K y = r: nothing is to be divided by λ.", {"right": lambda r, lam: r / lam}),
        ),
        Diagnosis("the two exchanged", lambda J, r, lam: _by()(J, r, lam)[::-1], say="The order is K, then p."),
        Diagnosis("the diagonal alone", lambda J, r, lam: (np.diag(np.sum(J**2, axis=1) + lam),
                                                           -J.T @ (r / (np.sum(J**2, axis=1) + lam))),
                  say="You keep the diagonal of K alone. Its other entries tie the residuals together."),
    ),
)


def _hidden_layers(rng):
    for N, m, n in ((3, 2, 4), (5, 1, 2), (4, 3, 3)):
        yield rng.normal(size=(N, m)), rng.normal(size=(N, n)), rng.normal(size=(N, n))


def _by_rows_of_J(X, A, D):
    x, a = (np.column_stack([inputs, np.ones(len(X))]) for inputs in (X, A))
    J = np.column_stack([(x[:, :, None] * D[:, None, :]).reshape(len(X), -1), a])
    return J @ J.T


def _gram(b=1, c=1, join=lambda x, d: x * d, layers=lambda first, second: first + second, last=lambda A, D: A):
    """A `gram`, right or wrong in some of its parts."""
    def gram(X, A, D):
        second = last(A, D)
        return layers(join(X @ X.T + b, D @ D.T), second @ second.T + c)
    return gram


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
           "The inner products of `[x, 1]` and those of δ multiply entry by entry; the last layer's rows are `[a, "
           "1]`."),
    cases=_hidden_layers,
    demands=(Memory(lambda X, A, D: 10 * (len(X) ** 2 + X.size + A.size + D.size),
                    case=lambda rng: tuple(rng.normal(size=(12, n)) for n in (80, 90, 90)),
                    say="The matrix is right, but on the way J was formed, with its N·m·n entries. It can be had from "
                        "N × N matrices."),),
    diagnoses=combined(
        _gram,
        ("the first layer's biases", "b has columns in J too: the input of a bias is 1, so [x, 1]ᵀ[x', 1] = xᵀx' + 1.",
         {"b": 0}),
        ("the last bias", "c has a column in J as well, and ∂u/∂c = 1.", {"c": 0}),
        ("a matrix product", "Entry (n, k) is a product of two numbers: `*`, entry by entry, not `@`.",
         {"join": lambda x, d: x @ d}),
        ("a sum for a product", "The gradient along W is an outer product of x and δ: their inner products multiply.",
         {"join": lambda x, d: x + d, "b": 1}),
        ("x left out", "The gradient along W is an outer product: also the inputs have an inner product.",
         {"join": lambda x, d: d, "b": 1}),
        ("δ left out", "The gradient along W is an outer product: also the adjoints have an inner product.",
         {"join": lambda x, d: x, "b": 1}),
        ("1 to each factor", "The 1 belongs to the inputs, [x, 1]: δ has no bias.", {"join": lambda x, d: x * (d + 1)}),
        ("layers multiplied", "The columns of the two layers stand side by side in J: their products are added.",
         {"layers": lambda first, second: first * second}),
        ("layers subtracted", "The columns of the two layers stand side by side in J: their products are added.",
         {"layers": lambda first, second: first - second}),
        ("the last layer alone", "These are the columns of w and c. Those of W and b are missing.",
         {"layers": lambda first, second: second, "join": lambda x, d: x * d, "b": 1}),
        ("the first layer alone", "These are the columns of W and b. Those of w and c are missing.",
         {"layers": lambda first, second: first, "c": 1, "last": lambda A, D: A}),
        ("D for A", "∂u/∂w is a, the activations: the last layer has A Aᵀ.", {"last": lambda A, D: D}),
    ) + (
        Diagnosis("too much memory", _by_rows_of_J),
        Diagnosis("I for 1", lambda X, A, D: _gram(np.eye(len(X)), np.eye(len(X)))(X, A, D),
                  say="The inner product of [x, 1] and [x', 1] is xᵀx' + 1, for different points, too: 1, not I."),
        Diagnosis("A and D", lambda X, A, D: (X @ X.T + 1) * (D @ D.T) + A @ D.T + 1,
                  say="The last layer's rows are [a, 1], so it is A Aᵀ: D belongs to the first layer alone."),
        Diagnosis("A and D exchanged", lambda X, A, D: (X @ X.T + 1) * (A @ A.T) + D @ D.T + 1,
                  say="The first layer has the adjoints D, the last one the activations A."),
    ),
)
