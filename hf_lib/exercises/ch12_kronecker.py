"""Exercises of notebook 12 on Kronecker products: a solve, a split of λ, a price."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.solvers.kronecker import KroneckerPreconditioner

__all__ = ["q2", "q3", "q4"]


# ---- a solve with a Kronecker product --------------------------------------------------------------


def _factors(rng):
    for n, m in ((4, 2), (3, 5), (5, 3)):
        B, C = rng.standard_normal((n, n + 2)), rng.standard_normal((m, m + 2))
        yield B @ B.T + np.eye(n), C @ C.T + np.eye(m), rng.standard_normal((n, m))


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
           "From the right: `np.linalg.solve(S, left.T).T`."),
    cases=_factors,
    own_work=(np.kron, KroneckerPreconditioner),
    linear_in="R",
    diagnoses=(
        Diagnosis("multiplied, not solved", lambda A, S, R: A @ R @ S,
                  say="A R S is the product with A ⊗ S. Asked for is its inverse."),
        Diagnosis("A alone", lambda A, S, R: np.linalg.solve(A, R),
                  say="That is A⁻¹ R. S⁻¹ still has to come from the right."),
        Diagnosis("S alone", lambda A, S, R: np.linalg.solve(S, R.T).T,
                  say="That is R S⁻¹. A⁻¹ still has to come from the left."),
        Diagnosis("one of the two multiplied", lambda A, S, R: np.linalg.solve(A, R) @ S,
                  say="A⁻¹ R S: the inverse of S is needed, too."),
    ),
)

# ---- how λ is split --------------------------------------------------------------------------------


def _damped(rng):
    for n, m in ((4, 2), (3, 5), (6, 3)):
        B, C = rng.standard_normal((n, n + 1)), 0.1 * rng.standard_normal((m, m + 1))
        yield B @ B.T, C @ C.T, float(rng.uniform(0.05, 2))


def _split(A, S, lam, pi=lambda p: p, root=np.sqrt, mean=True, second=lambda r, p: r / p):
    trace_A, trace_S = (np.trace(F) / (len(F) if mean else 1) for F in (A, S))
    p, r = pi(np.sqrt(trace_A / trace_S)), root(lam)
    return A + p * r * np.eye(len(A)), S + second(r, p) * np.eye(len(S))


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
        "both sides the product holds $\\pi^2 \\lambda$. On these networks $\\pi$ is large, since activations are "
        "larger than adjoints, and CG would be preconditioned for a λ that it does not have. Run to the end, it still "
        "has the right answer: a bug that no test of the answer finds. Cut short, as in practice, its step is worse.",
    hints=("Multiply the two additions. What ought to come out?",
           "One of the two factors is to get more of λ, and the other less in proportion.",
           "S gets `np.sqrt(lam) / pi`."),
    cases=_damped,
    own_work=(KroneckerPreconditioner,),
    diagnoses=(
        Diagnosis("the other way round", lambda A, S, lam: _split(A, S, lam, pi=lambda p: 1 / p),
                  say="The product is λ now, but π and 1/π have changed places: the larger factor gets less."),
        Diagnosis("no π", lambda A, S, lam: _split(A, S, lam, pi=lambda p: 1.0),
                  say="√λ for both: the product is λ, but the two unwanted terms are not as small as they can be."),
        Diagnosis("λ itself", lambda A, S, lam: _split(A, S, lam, root=lambda x: x),
                  say="λ in both factors multiplies to λ². Each needs a root."),
        Diagnosis("π on one side only", lambda A, S, lam: _split(A, S, lam, second=lambda r, p: r),
                  say="The additions multiply to π λ now. What A gets more, S must get less."),
        Diagnosis("no root over the traces", lambda A, S, lam: _split(A, S, lam, pi=lambda p: p**2),
                  say="You took π² for π. The ratio of the mean diagonal entries is π²."),
        Diagnosis("traces without the sizes", lambda A, S, lam: _split(A, S, lam, mean=False),
                  say="π compares the mean diagonal entries: divide each trace by the size of its matrix."),
    ),
)

# ---- what it costs ---------------------------------------------------------------------------------

SIZES = (784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784)
APPLY = sum((n + 1) ** 2 * m + (n + 1) * m**2 for n, m in zip(SIZES, SIZES[1:]))
WEIGHTS = sum((n + 1) * m for n, m in zip(SIZES, SIZES[1:]))

q4 = ValueExercise(
    name="ch12.q4",
    title="When the preconditioner costs as much as a product",
    kind="stretch",
    stub="""
        sizes = [784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784]
        application = ...        # multiplications of one M⁻¹ r: A⁻¹ R S⁻¹ for every layer
        product = ...            # multiplications of one G v, for each picture of the batch
        answer = ...             # pictures in the batch at which both cost the same
        """,
    code="""
        sizes = [784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784]
        layers = [(n + 1, m) for n, m in zip(sizes, sizes[1:])]
        application = sum(n * n * m + n * m * m for n, m in layers)
        product = sum(4 * n * m for n, m in layers)  # 4/3 of a gradient, which is 3 a weight
        answer = application / product
        """,
    why="A layer's $R$ has $n + 1$ rows and $m$ columns. $A^{-1} R$ takes $(n+1)^2 m$ multiplications, and "
        "$(\\cdot)\\,S^{-1}$ another $(n+1)\\, m^2$. They do not depend on the number of pictures. A product $Gv$ "
        "costs 4/3 of a gradient, and a gradient 3 multiplications a weight and picture: forward 1, backward 2. So a "
        "batch below a few hundred pictures makes the preconditioner the more expensive, and the cost in "
        "gradient-equivalents counts both.",
    hints=("How many multiplications is a product of an (n, n) with an (n, m) matrix?",
           "With the bias, R is (n + 1, m). G v: forward along v two products a layer, backward two.",
           "Σ [(n+1)² m + (n+1) m²] / Σ 4 (n+1) m"),
    uses={},
    diagnoses=(
        Diagnosis("one side only", sum((n + 1) ** 2 * m for n, m in zip(SIZES, SIZES[1:])) / (4 * WEIGHTS),
                  say="That is A⁻¹ R alone. The product with S⁻¹ belongs to the application."),
        Diagnosis("a gradient, not a product", APPLY / (3 * WEIGHTS),
                  say="3 multiplications a weight are those of a gradient. G v costs 4/3 of that."),
        Diagnosis("a forward pass", APPLY / WEIGHTS,
                  say="One multiplication a weight is a forward pass. G v costs 4/3 of a gradient: 4."),
        Diagnosis("a gradient taken for one multiplication", APPLY / (4 / 3 * WEIGHTS),
                  say="4/3 is in gradients, and a gradient is 3 multiplications a weight: forward 1, backward 2."),
        Diagnosis("the inverses", sum((n + 1) ** 3 + m**3 for n, m in zip(SIZES, SIZES[1:])) / (4 * WEIGHTS),
                  say="That is what making the inverses costs, once a step. Asked for is one application."),
        Diagnosis("the large matrix", sum(((n + 1) * m) ** 2 for n, m in zip(SIZES, SIZES[1:])) / (4 * WEIGHTS),
                  say="You multiply with the ((n+1)m)² matrix. The point of the product form is not to."),
    ),
)
