"""Exercises of notebook 07 on preconditioners: one that comes too late, and one that is never there."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.cg import cg

__all__ = ["q3", "q5"]


def spd_matrix(rng, n, cond=30.0):
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * np.geomspace(1, cond, n)) @ Q.T
    return (A + A.T) / 2


def _pcg(first=lambda r, z: r @ z, later=lambda r, z: r @ z, direction=lambda r, z: z, start=None,
         inverse=False):
    """A `pcg`, right or wrong in one of its parts."""
    def pcg(A, b, M, steps):
        D = 1 / M if inverse else M
        x, r = np.zeros_like(b), b.copy()
        z = r / D
        p, r_z = (start or direction)(r, z).copy(), first(r, z)
        for _ in range(steps):
            A_p = A @ p
            alpha = r_z / (p @ A_p)
            x = x + alpha * p
            r = r - alpha * A_p
            z = r / D
            r_z, previous = later(r, z), r_z
            p = direction(r, z) + r_z / previous * p
        return x
    return pcg


def _pcg_cases(rng):
    for n, steps in ((4, 1), (6, 3), (8, 5)):
        yield spd_matrix(rng, n), rng.standard_normal(n), rng.uniform(0.3, 8.0, n), steps


q3 = FunctionExercise(
    name="ch07.q3",
    title="Preconditioned from the second step on",
    kind="find the bug",
    stub='''
        def pcg(A, b, M, steps):
            """x after `steps` steps of CG from 0, preconditioned by diag(M); A is an array."""
            x, r = np.zeros_like(b), b.copy()
            p = r / M
            r_z = r @ r
            for _ in range(steps):
                A_p = A @ p
                alpha = r_z / (p @ A_p)
                x = x + alpha * p
                r = r - alpha * A_p
                z = r / M
                r_z, previous = r @ z, r_z
                p = z + r_z / previous * p
            return x
        ''',
    code={"r_z = r @ r": "r_z = r @ p                                 # rᵀM⁻¹r, as in the loop"},
    why="The first step was $r^\\top r / p^\\top A p$ long, which is no minimum along $p = M^{-1} r$, and the first "
        "$\\beta$ was wrong, too. So the slope along $p_0$ came back for good. With $M = I$ the two are the same, and "
        "a test without preconditioner sees nothing. On a matrix of 30 unknowns with κ = 1,000 this code diverged.",
    hints=("Go through step 6.2 and look for every $r^\\top r$ that should have become $r^\\top M^{-1} r$.",
           "The loop is right. What is `r_z` before the loop?",
           "Before the loop: `r_z = r @ p`, since there $p = z = M^{-1} r$."),
    cases=_pcg_cases,
    own_work=(cg,),
    diagnoses=(
        Diagnosis("no preconditioner at all", _pcg(lambda r, z: r @ r, lambda r, z: r @ r, lambda r, z: r),
                  say="This is plain CG: M has disappeared. It should be in z = M⁻¹r."),
        Diagnosis("rᵀr everywhere", _pcg(lambda r, z: r @ r, lambda r, z: r @ r),
                  say="Now the loop is wrong as well: both α and β need rᵀM⁻¹r, before the loop and in it."),
        Diagnosis("zᵀz", _pcg(lambda r, z: z @ z, lambda r, z: z @ z),
                  say="r̂ᵀr̂ is rᵀM⁻¹r = rᵀz, with one r and one z. zᵀz holds M⁻¹ twice."),
        Diagnosis("later directions without M", _pcg(direction=lambda r, z: r, start=lambda r, z: z),
                  say="r_z is right now, but the directions are made from z = M⁻¹r, not from r."),
        Diagnosis("M on the wrong side", _pcg(inverse=True), say="M is the diagonal itself, so z = r / M, not r · M."),
        Diagnosis("first direction without M",
                  _pcg(first=lambda r, z: r @ r, start=lambda r, z: r),
                  say="The first direction is z = M⁻¹r, like all others start from their z. Only r_z was wrong."),
    ),
)


def _built(diagonal, power=0.75, multiply=False):
    """A `preconditioner` with the given diagonal of (gradients, λ)."""
    def preconditioner(gradients, lam):
        M = diagonal(gradients, lam) ** power
        return (lambda r: r * M) if multiply else (lambda r: r / M)
    return preconditioner


def _mean_of_squares(gradients, lam):
    return np.mean(gradients ** 2, axis=0) + lam


def _builder_cases(rng):
    for N, d in ((3, 4), (6, 2), (5, 7)):
        yield rng.standard_normal((N, d)), float(rng.uniform(0.01, 1.0))


def _apply(build, gradients, lam):
    """What the built function does to r = 1, 2, …, d."""
    return build(gradients, lam)(np.arange(1.0, gradients.shape[1] + 1))


q5 = FunctionExercise(
    name="ch07.q5",
    title="A preconditioner that is never there",
    kind="find the bug",
    stub='''
        def preconditioner(gradients, lam):
            """r → M⁻¹ r, from the gradients of the single examples, (N, d)."""
            M = (np.mean(gradients, axis=0) ** 2 + lam) ** 0.75

            def solve(r):
                r / M
            return solve
        ''',
    code={"M = (np.mean(gradients, axis=0) ** 2 + lam) ** 0.75": "M = (np.mean(gradients**2, axis=0) + lam) ** 0.75",
          "r / M": "return r / M"},
    why="Without `return`, the function gives None. A program that takes None to mean \"no preconditioner\" then runs "
        "plain CG, and every test passes: so test that a preconditioner is *felt*. And the mean has to be taken "
        "*after* squaring. Near a minimum the gradients of the examples cancel, and the squared mean is 0 where the "
        "mean square is not.",
    hints=("Call the function and look at what it gives for some `r`.",
           "One fault is a missing word. The other is an order of two operations.",
           "`return r / M`, and `np.mean(gradients**2, axis=0)`."),
    cases=_builder_cases,
    probe=_apply,
    diagnoses=(
        Diagnosis("mean squared", _built(lambda g, lam: np.mean(g, axis=0) ** 2 + lam),
                  say="It returns something now. But it squares the mean gradient; wanted is the mean of the squares."),
        Diagnosis("nothing returned", lambda gradients, lam: lambda r: None),
        Diagnosis("sum for mean", _built(lambda g, lam: np.sum(g ** 2, axis=0) + lam),
                  say="This is the sum over the examples; here f is a mean, and so is M."),
        Diagnosis("multiplied", _built(_mean_of_squares, multiply=True), say="M⁻¹r divides by M."),
        Diagnosis("power forgotten", _built(_mean_of_squares, power=1.0), say="The exponent 3/4 is missing."),
        Diagnosis("λ outside the power",
                  lambda gradients, lam: lambda r: r / (np.mean(gradients ** 2, axis=0) ** 0.75 + lam),
                  say="λ is added before the power is taken."),
    ),
)
