"""Exercises of notebook 07 on preconditioners: one that comes too late, and one that is never there."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.cg import cg

from .slips import combined

__all__ = ["q3", "q5"]


def spd_matrix(rng, n, cond=30.0):
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * np.geomspace(1, cond, n)) @ Q.T
    return (A + A.T) / 2


def _pcg(first=lambda r, z, M: r @ z, later=lambda r, z: r @ z, direction=lambda r, z: z, start=lambda r, z: z,
         inverse=False, x_0=0.0, extra=0):
    """A `pcg`, right or wrong in some of its parts."""
    def pcg(A, b, M, steps):
        D = 1 / M if inverse else M
        x, r = np.full_like(b, x_0), b.copy()
        z = r / D
        p, r_z = start(r, z).copy(), first(r, z, D)
        for _ in range(steps + extra):
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
    for n, steps in ((4, 1), (6, 3), (8, 5), (3, 0)):
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
           "Before the loop `r_z` must be $r^\\top M^{-1} r$, and `p` already holds one part of it."),
    cases=_pcg_cases,
    own_work=(cg,),
    diagnoses=(
        Diagnosis("no preconditioner at all",
                  _pcg(lambda r, z, M: r @ r, lambda r, z: r @ r, lambda r, z: r, lambda r, z: r),
                  say="This is plain CG: M has disappeared. It should be in z = M⁻¹r."),
        Diagnosis("rᵀr everywhere", _pcg(lambda r, z, M: r @ r, lambda r, z: r @ r),
                  say="Now the loop is wrong as well: both α and β need rᵀM⁻¹r, before the loop and in it."),
        Diagnosis("zᵀz everywhere", _pcg(lambda r, z, M: z @ z, lambda r, z: z @ z),
                  say="r̂ᵀr̂ is rᵀM⁻¹r = rᵀz, with one r and one z. zᵀz holds M⁻¹ twice."),
        Diagnosis("zᵀz before the loop", _pcg(lambda r, z, M: z @ z),
                  say="r̂ᵀr̂ is rᵀM⁻¹r = rᵀz, with one r and one z. `p @ p` holds M⁻¹ twice."),
        Diagnosis("M for its inverse", _pcg(lambda r, z, M: r @ (M * r)),
                  say="Before the loop it is rᵀM⁻¹r as well: divide by M, as z does."),
        Diagnosis("the number divided by M", _pcg(lambda r, z, M: r @ r / M),
                  say="`r @ r / M` divides the number rᵀr by each entry of M. M⁻¹ acts on r: `r @ (r / M)`."),
        Diagnosis("a root of M", _pcg(lambda r, z, M: r @ (r / np.sqrt(M))),
                  say="rᵀM⁻¹r has the whole M⁻¹. Its root stands once in each of the two r̂."),
        Diagnosis("later directions without M", _pcg(direction=lambda r, z: r),
                  say="r_z is right now, but the directions are made from z = M⁻¹r, not from r."),
        Diagnosis("M on the wrong side", _pcg(inverse=True), say="M is the diagonal itself, so z = r / M, not r · M."),
        Diagnosis("first direction without M", _pcg(first=lambda r, z, M: r @ r, start=lambda r, z: r),
                  say="The first direction is z = M⁻¹r, like all others start from their z. Only r_z was wrong."),
        Diagnosis("first direction r", _pcg(start=lambda r, z: r),
                  say="r_z is right now. But the first direction is z = M⁻¹r, as you found it."),
        Diagnosis("the solution itself", lambda A, b, M, steps: np.linalg.solve(A, b),
                  say="This is A⁻¹b, to which CG comes in the end. Asked for is x after `steps` steps."),
        Diagnosis("one step too many", _pcg(extra=1), say="The number of steps was right: `range(steps)`."),
    ),
)


def _built(diagonal=lambda g, lam: np.mean(g**2, axis=0) + lam, power=0.75, apply=lambda M, r: r / M):
    """A `preconditioner`, right or wrong in some of its parts."""
    def preconditioner(gradients, lam):
        M = diagonal(gradients, lam) ** power
        return lambda r: apply(M, r)
    return preconditioner


def _builder_cases(rng):
    for N, d in ((3, 4), (6, 2), (5, 7)):
        yield rng.standard_normal((N, d)), float(rng.uniform(0.01, 1.0))


def _apply(build, gradients, lam):
    """What the built function does to a second r; or in a word what is wrong beside the values.

    "nothing" where it returns None, as the stub does; "r changed"; "first changed": the result of the first call.
    """
    solve = build(gradients, lam)
    if not callable(solve):
        return solve
    d = gradients.shape[1]
    first, r = solve(np.ones(d)), np.arange(1.0, d + 1)
    kept = np.array(first)
    found = solve(r)
    if found is None:
        return "nothing"
    if not np.array_equal(r, np.arange(1.0, d + 1)):
        return "r changed"
    return found if np.array_equal(first, kept) else "first changed"


def _in_place(gradients, lam):
    M = (np.mean(gradients**2, axis=0) + lam) ** 0.75
    return lambda r: np.divide(r, M, out=r)


def _one_buffer(gradients, lam):
    M = (np.mean(gradients**2, axis=0) + lam) ** 0.75
    buffer = np.empty_like(M)
    return lambda r: np.divide(r, M, out=buffer)


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
           "The inner function needs a `return`; and square first, then take the mean over the rows."),
    cases=_builder_cases,
    probe=_apply,
    diagnoses=(
        Diagnosis("r changed in place", _in_place,
                  say="The function writes into r, which belongs to the caller: CG still needs it. Return a "
                      "new array."),
        Diagnosis("one array for all results", _one_buffer,
                  say="Each call writes its result into the same array, so that it changes what the call "
                      "before returned."),
        Diagnosis("M itself", lambda gradients, lam: (np.mean(gradients**2, axis=0) + lam) ** 0.75,
                  say="You return the diagonal. Asked for is the function r ↦ M⁻¹r."),
        *combined(
            _built,
            ("mean squared", "It squares the mean gradient; wanted is the mean of the squares.",
             {"diagonal": lambda g, lam: np.mean(g, axis=0) ** 2 + lam}),
            ("sum for mean", "This is the sum over the examples; here f is a mean, and so is M.",
             {"diagonal": lambda g, lam: np.sum(g**2, axis=0) + lam}),
            ("no axis", "The mean runs over the examples only, axis 0: M has an entry for each parameter.",
             {"diagonal": lambda g, lam: np.mean(g**2) + lam}),
            ("λ left out", "λ is missing: the mean square plus λ, then the power.",
             {"diagonal": lambda g, lam: np.mean(g**2, axis=0)}),
            ("not squared", "M is made from the squares g ∘ g.",
             {"diagonal": lambda g, lam: np.mean(np.abs(g), axis=0) + lam}),
            ("squared twice", "The squares are there once: mean of g ∘ g, plus λ.",
             {"diagonal": lambda g, lam: np.mean(g**2, axis=0) ** 2 + lam}),
            ("multiplied", "M⁻¹r divides by M.", {"apply": lambda M, r: r * M}),
            ("power forgotten", "The exponent 3/4 is missing.", {"power": 1.0}),
            ("a root for the power", "The exponent is 3/4, not 1/2.", {"power": 0.5}),
        ),
        Diagnosis("λ outside the power", lambda g, lam: lambda r: r / (np.mean(g**2, axis=0) ** 0.75 + lam),
                  say="λ is added before the power is taken."),
        Diagnosis("the power inside the mean", lambda g, lam: lambda r: r / np.mean((g**2 + lam) ** 0.75, axis=0),
                  say="First the mean and λ, then the power."),
    ),
)
