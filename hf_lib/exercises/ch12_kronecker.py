"""Exercises of notebook 12 on Kronecker products: a solve, a split of λ."""

import numpy as np

from hf_lib.judge.demands import Memory
from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.kronecker import KroneckerPreconditioner

from .slips import combined

__all__ = ["q2", "q3"]


# ---- a solve with a Kronecker product --------------------------------------------------------------


def _factors(rng):
    for n, m in ((4, 2), (3, 5), (5, 3)):
        B, C = rng.standard_normal((n, n + 2)), rng.standard_normal((m, m + 2))
        yield B @ B.T + np.eye(n), C @ C.T + np.eye(m), rng.standard_normal((n, m))


def _larger_factors(rng):
    n, m = 16, 18
    return np.eye(n) + np.ones((n, n)), np.eye(m) + np.ones((m, m)), rng.standard_normal((n, m))


def _right(A, S, R):
    return np.linalg.solve(S, np.linalg.solve(A, R).T).T


def _by_columns(A, S, R):
    return np.linalg.solve(np.kron(A, S), R.ravel(order="F")).reshape(R.shape, order="F")


q2 = FunctionExercise(
    name="ch12.q2",
    title="Solve without the large matrix",
    kind="core",
    stub='''
        def kron_solve(A, S, R):
            """(A ⊗ S)⁻¹ applied to R, as a matrix (n, m), without the (nm, nm) matrix.

            A (n, n) and S (m, m) are symmetric, R (n, m) is read row by row.
            """
            return ...
        ''',
    code='''
        def kron_solve(A, S, R):
            """(A ⊗ S)⁻¹ applied to R, as a matrix (n, m), without the (nm, nm) matrix.

            A (n, n) and S (m, m) are symmetric, R (n, m) is read row by row.
            """
            left = np.linalg.solve(A, R)                 # A⁻¹ R
            return np.linalg.solve(S, left.T).T          # (S⁻¹ (A⁻¹ R)ᵀ)ᵀ = A⁻¹ R S⁻¹, S is symmetric
        ''',
    why="$(A \\otimes S)\\,\\mathrm{vec}(V) = \\mathrm{vec}(A V S)$ for symmetric $S$. So the $V$ asked for has "
        "$A V S = R$, and $V = A^{-1} R S^{-1}$. Two solves with small matrices instead of one with $nm$ rows. "
        "`np.linalg.inv(A) @ R @ np.linalg.inv(S)` is as good here.",
    hints=("Which V has A V S = R?",
           "V = A⁻¹ R S⁻¹: `np.linalg.solve(A, R)` is A⁻¹ R.",
           "S⁻¹ from the right is a solve with the transpose: S symmetric, so (S⁻¹ leftᵀ)ᵀ."),
    cases=_factors,
    own_work=(KroneckerPreconditioner,),
    demands=(Memory(lambda A, S, R: 10 * (A.size + S.size + R.size), case=_larger_factors,
                    say="The result is right, but a matrix with (nm)² entries was made on the way. For the first "
                        "layer of "
                        "the real network that is 10¹¹ numbers: use A and S one after the other."),),
    linear_in="R",
    diagnoses=(
        Diagnosis("too much memory", lambda A, S, R: np.linalg.solve(np.kron(A, S), R.ravel()).reshape(R.shape)),
        Diagnosis("multiplied, not solved", lambda A, S, R: A @ R @ S,
                  say="A R S is the product with A ⊗ S. Asked for is its inverse."),
        Diagnosis("A alone", lambda A, S, R: np.linalg.solve(A, R),
                  say="That is A⁻¹ R. S⁻¹ still has to come from the right."),
        Diagnosis("S alone", lambda A, S, R: np.linalg.solve(S, R.T).T,
                  say="That is R S⁻¹. A⁻¹ still has to come from the left."),
        Diagnosis("one of the two multiplied", lambda A, S, R: np.linalg.solve(A, R) @ S,
                  say="A⁻¹ R S: the inverse of S is needed, too."),
        Diagnosis("one of the two multiplied", lambda A, S, R: np.linalg.solve(S, (A @ R).T).T,
                  say="A R S⁻¹: the inverse of A is needed, too."),
        Diagnosis("A twice", lambda A, S, R: np.linalg.solve(A, np.linalg.solve(A, R)),
                  say="A⁻¹ A⁻¹ R: the second inverse is that of S, from the right."),
        Diagnosis("read column by column", _by_columns,
                  say="R is read row by row here, and so is the result. NumPy's `ravel` and `reshape` do it without "
                      "`order`."),
        Diagnosis("the result read column by column",
                  lambda A, S, R: _right(A, S, R).ravel().reshape(R.shape, order="F"),
                  say="The entries are right, but put into the matrix column by column: `reshape` without `order`."),
        Diagnosis("divided entry by entry", lambda A, S, R: R / np.outer(np.diag(A), np.diag(S)),
                  say="You divide by the diagonal of A ⊗ S. It has entries beside the diagonal, too."),
        Diagnosis("one over the entries", lambda A, S, R: (1 / A) @ R @ (1 / S),
                  say="`1 / A` inverts each entry. A⁻¹ is the inverse of the matrix: `np.linalg.inv` or `solve`."),
        Diagnosis("entry by entry",
                  lambda A, S, R: np.linalg.inv(A).diagonal()[:, None] * R * np.linalg.inv(S).diagonal(),
                  say="You multiply with the diagonals of the inverses alone: use matrix products."),
        Diagnosis("a row for a matrix", lambda A, S, R: _right(A, S, R).ravel(),
                  say="The entries are right. Asked for is the matrix (n, m): reshape."),
    ),
)


# ---- how λ is split --------------------------------------------------------------------------------


def _damped(rng):
    for n, m in ((4, 2), (3, 5), (6, 3)):
        B, C = rng.standard_normal((n, n + 1)), 0.1 * rng.standard_normal((m, m + 1))
        yield B @ B.T, C @ C.T, float(rng.uniform(0.05, 2))


def _split(pi=lambda p: p, root=np.sqrt, mean=True, first=lambda r, p: p * r, second=lambda r, p: r / p, whole=False):
    """A `damped_factors`, right or wrong in some of its parts."""
    def damped_factors(A, S, lam):
        trace_A, trace_S = (np.trace(F) / (len(F) if mean else 1) for F in (A, S))
        p, r = pi(np.sqrt(trace_A / trace_S)), root(lam)
        I_A, I_S = (1.0, 1.0) if whole else (np.eye(len(A)), np.eye(len(S)))
        return A + first(r, p) * I_A, S + second(r, p) * I_S
    return damped_factors


q3 = FunctionExercise(
    name="ch12.q3",
    title="λ, split in two",
    kind="find the bug",
    stub='''
        def damped_factors(A, S, lam):
            """A and S with λ split between them: the product of the two has λI in it."""
            pi = np.sqrt((np.trace(A) / len(A)) / (np.trace(S) / len(S)))
            I_A, I_S = np.eye(len(A)), np.eye(len(S))
            return A + pi * np.sqrt(lam) * I_A, S + pi * np.sqrt(lam) * I_S
        ''',
    code='''
        def damped_factors(A, S, lam):
            """A and S with λ split between them: the product of the two has λI in it."""
            pi = np.sqrt((np.trace(A) / len(A)) / (np.trace(S) / len(S)))
            I_A, I_S = np.eye(len(A)), np.eye(len(S))
            return A + pi * np.sqrt(lam) * I_A, S + np.sqrt(lam) / pi * I_S
        ''',
    why="The two additions must multiply to λ: $\\pi\\sqrt\\lambda \\cdot \\sqrt\\lambda / \\pi = \\lambda$. With π on "
        "both sides the product holds $\\pi^2 \\lambda$. On the tiny network $\\pi$ is 3 to 30, so "
        "CG would be preconditioned for a λ that it does not have. Run to the end, it still "
        "has the right answer: a bug that no test of the answer finds. Cut short, its step is another one: after "
        "four iterations at the θ of step 5.8 it has won about a fifth less of $\\phi$; at the start of that run it is "
        "no worse.",
    hints=("Multiply the two additions. What ought to come out?",
           "One of the two factors is to get more of λ, and the other less in proportion.",
           "A's addition is right. S's must be λ divided by it."),
    cases=_damped,
    own_work=(KroneckerPreconditioner,),
    diagnoses=combined(
        _split,
        ("the other way round", "The product is λ now, but π and 1/π have changed places: the larger factor gets less.",
         {"first": lambda r, p: r / p, "second": lambda r, p: p * r}),
        ("no π", "√λ for both: the product is λ, but the two unwanted terms are not as small as they can be.",
         {"first": lambda r, p: r, "second": lambda r, p: r}),
        ("1/π on both sides", "The additions multiply to λ/π². What A gets more, S must get less.",
         {"first": lambda r, p: r / p, "second": lambda r, p: r / p}),
        ("π on one side only", "The additions multiply to π λ now. What A gets more, S must get less.",
         {"first": lambda r, p: p * r, "second": lambda r, p: r}),
        ("1/π on one side only", "The additions multiply to λ/π now. What S gets less, A must get more.",
         {"first": lambda r, p: r, "second": lambda r, p: r / p}),
        ("√λ under π", "S gets √λ / π, not 1 / (π √λ): the two additions multiply to λ.",
         {"first": lambda r, p: p * r, "second": lambda r, p: 1 / (p * r)}),
        ("√λ left out of one", "S gets √λ / π: the two additions multiply to λ.",
         {"first": lambda r, p: p * r, "second": lambda r, p: 1 / p}),
        ("subtracted", "The damping is added to both factors.",
         {"first": lambda r, p: p * r, "second": lambda r, p: -r / p}),
        ("subtracted, with π", "The damping is added to both factors, and S gets √λ / π.",
         {"first": lambda r, p: p * r, "second": lambda r, p: -p * r}),
        ("all in A", "The product has λI in it only if both factors get a share.",
         {"first": lambda r, p: p * r * r, "second": lambda r, p: 0.0}),
        ("λ itself", "λ in both factors multiplies to λ². Each needs a root.", {"root": lambda lam: lam}),
        ("no root over the traces", "You took π² for π. The ratio of the mean diagonal entries is π².",
         {"pi": lambda p: p**2}),
        ("a second root over the traces", "One root is enough: π² is the ratio of the mean diagonal entries.",
         {"pi": np.sqrt}),
        ("traces without the sizes", "π compares the mean diagonal entries: divide each trace by the size of its "
                                     "matrix.",
         {"mean": False}),
        ("on every entry", "The additions belong on the diagonals: I, not the number.", {"whole": True}),
        without=({"no π", "no root over the traces"}, {"no π", "a second root over the traces"},
                 {"no π", "traces without the sizes"}),
    ) + (
        Diagnosis("the two exchanged", lambda A, S, lam: _split()(A, S, lam)[::-1], say="The order is A, then S."),
    ),
)
