"""Exercises of notebook 07: steps to count, a step to write, a polynomial; the bugs are in the modules beside it."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.solvers.cg import cg

from .ch07_preconditioning import q3, q5, spd_matrix
from .ch07_stopping import q4

__all__ = ["q1", "q2", "q3", "q4", "q5", "q6"]

q1 = ValueExercise(
    name="ch07.q1",
    title="Count the steps",
    kind="warm-up",
    stub="""
        # the largest number of steps that CG can need
        steps_a = ...                                   # 97 eigenvalues 2, and 5, 50, 1000
        steps_b = ...                                   # A = I + u uᵀ, u has 500 entries
        steps_c = ...                                   # A as in (a), b an eigenvector
        answer = (steps_a, steps_b, steps_c)
        """,
    code="""
        # the largest number of steps that CG can need
        steps_a = 4                                     # 97 eigenvalues 2, and 5, 50, 1000
        steps_b = 2                                     # A = I + u uᵀ, u has 500 entries
        steps_c = 1                                     # A as in (a), b an eigenvector
        answer = (steps_a, steps_b, steps_c)
        """,
    why="(a) Four different eigenvalues: step 5.3. (b) $A u = (1 + u^\\top u) u$, and $A v = v$ for all $v$ orthogonal "
        "to $u$: two different eigenvalues, whatever the size. (c) $e_0$ has a component in one direction only, so "
        "$P_1(h) = 1 - h/50$ is enough: only the eigenvalues that occur in $e_0$ count.",
    hints=("How many *different* eigenvalues are there?",
           "(b): multiply $A$ by $u$, and by a vector orthogonal to $u$. (c): which components has $e_0$?",
           "(a) one step for each different eigenvalue; (b) the eigenvalues are $1$ and $1 + u^\\top u$; (c) only one "
           "eigenvalue occurs in $e_0$."),
    diagnoses=(
        Diagnosis("size counted", (100, 500, 100),
                  say="n is the bound for any spectrum. Here many eigenvalues are equal."),
        Diagnosis("size counted in (b)", (4, 500, 1),
                  say="(b): all vectors orthogonal to u have the same eigenvalue, 1."),
        Diagnosis("one too few in (a)", (3, 2, 1),
                  say="(a): the eigenvalue that occurs 97 times needs a factor, too."),
        Diagnosis("one too few in (b)", (4, 1, 1),
                  say="(b): one eigenvalue belongs to u, another to all vectors orthogonal to u."),
        Diagnosis("start half remembered", (4, 2, 2),
                  say="(c): b lies in one eigendirection, and the start 0 adds no other."),
        Diagnosis("outliers only", (3, 1, 1), say="The eigenvalue that occurs most often needs a factor, too."),
        Diagnosis("start forgotten", (4, 2, 4),
                  say="(c): b, and so e₀, lies in one eigendirection. The other eigenvalues do not occur."),
    ),
)


def _step_cases(rng):
    """States on the way of CG, so that r and p belong together."""
    for n, done in ((3, 0), (5, 1), (6, 3), (9, 4)):
        A, x = spd_matrix(rng, n), np.zeros(n)
        r = rng.standard_normal(n)
        p = r
        for _ in range(done):
            x, r, p = _step()((lambda v, A=A: A @ v), x, r, p)
        yield (lambda v, A=A: A @ v), x, r, p


def _step(residual=-1.0, beta=lambda new, old, r, p, A_p: (new @ new) / (old @ old), sign=1.0,
          alpha=lambda r, p, A_p: (r @ r) / (p @ A_p)):
    """A `cg_step`, right or wrong in one of its parts."""
    def step(A, x, r, p):
        A_p = A(p)
        a = alpha(r, p, A_p)
        new = r + residual * a * A_p
        return x + a * p, new, new + sign * beta(new, r, r, p, A_p) * p
    return step


def _step_along_r(A, x, r, p):
    a = (r @ r) / (r @ A(r))
    new = r - a * A(r)
    return x + a * r, new, new + (new @ new) / (r @ r) * p


def _alpha_along_r(A, x, r, p):
    a = (r @ r) / (r @ A(r))
    new = r - a * A(p)
    return x + a * p, new, new + (new @ new) / (r @ r) * p


q2 = FunctionExercise(
    name="ch07.q2",
    title="One step of conjugate gradients",
    kind="core",
    stub='''
        def cg_step(A, x, r, p):
            """The next x, r, p of conjugate gradients; A is v → A v."""
            return ...
        ''',
    code='''
        def cg_step(A, x, r, p):
            """The next x, r, p of conjugate gradients; A is v → A v."""
            A_p = A(p)
            alpha = (r @ r) / (p @ A_p)
            r_next = r - alpha * A_p
            beta = (r_next @ r_next) / (r @ r)
            return x + alpha * p, r_next, r_next + beta * p
        ''',
    why="$x$ goes to the lowest point along $p$. The residual $b - A(x + \\alpha p)$ is $r - \\alpha A p$: the product "
        "that gave $\\alpha$ serves again. $\\beta$ makes the new direction conjugate to $p$, and so to all before it.",
    hints=("Four lines: α, the new residual, β, and the new direction. Compute `A(p)` once.",
           "$\\alpha = r^\\top r / p^\\top A p$, and $r_{next} = r - \\alpha A p$.",
           "$\\beta = r_{next}^\\top r_{next} / r^\\top r$, and the new direction is $r_{next} + \\beta p$."),
    cases=_step_cases,
    own_work=(cg,),
    diagnoses=(
        Diagnosis("β upside down", _step(beta=lambda new, old, r, p, A_p: (old @ old) / (new @ new)),
                  say="β is the new rᵀr over the old one: it is small when the residual has shrunk."),
        Diagnosis("sign of β", _step(sign=-1.0),
                  say="The new direction is r + βp. With a minus it is not conjugate to p."),
        Diagnosis("sign of the residual", _step(residual=1.0),
                  say="x grows by αp, so b − Ax shrinks by αAp: there is a minus."),
        Diagnosis("steepest descent", _step(beta=lambda *a: 0.0),
                  say="Your direction is the residual alone: this is steepest descent. The share of p is missing."),
        Diagnosis("a step along r", _step_along_r, say="The step goes along p. Only the first p is the residual."),
        Diagnosis("steepest descent, the step too", lambda A, x, r, p: (*(s := _step_along_r(A, x, r, p))[:2], s[1]),
                  say="This is steepest descent: the step goes along p, and the next direction keeps a share of p."),
        Diagnosis("β times the old residual",
                  lambda A, x, r, p: (*(s := _step()(A, x, r, p))[:2], s[1] + (s[1] @ s[1]) / (r @ r) * r),
                  say="β multiplies the old direction p, not the old residual: p remembers all the steps before."),
        Diagnosis("curvature along r", _alpha_along_r,
                  say="The step goes along p, so the curvature in α is pᵀAp, not rᵀAr."),
        Diagnosis("old residual in the direction",
                  lambda A, x, r, p: (*(s := _step()(A, x, r, p))[:2], r + (s[1] @ s[1]) / (r @ r) * p),
                  say="The new direction starts from the new residual, not from the old one."),
    ),
)


def _by_recurrence(start=lambda h: np.ones_like(h), minus=1.0, plus=1.0, shift=0):
    """A `residual_polynomial` by r ← r − α h p, p ← r + β p, right or wrong in one of its parts."""
    def residual_polynomial(alphas, betas, h):
        r = p = start(h)
        for k, alpha in enumerate(alphas):
            r = r - minus * alpha * h * p
            if k < len(betas):
                p = r + plus * betas[min(k + shift, len(betas) - 1)] * p
        return r
    return residual_polynomial


def _steepest(alphas, betas, h):
    return np.prod([1 - alpha * h for alpha in alphas], axis=0)


def _polynomial_cases(rng):
    for n, k in ((6, 2), (7, 3), (9, 5)):
        A, r = spd_matrix(rng, n), rng.standard_normal(n)
        alphas, betas, p = [], [], r
        for _ in range(k):
            A_p = A @ p
            alphas.append((r @ r) / (p @ A_p))
            new = r - alphas[-1] * A_p
            betas.append((new @ new) / (r @ r))
            r, p = new, new + betas[-1] * p
        yield np.array(alphas), np.array(betas[:-1]), np.linspace(0, 30, 7)


q6 = FunctionExercise(
    name="ch07.q6",
    title="The polynomial without the vectors",
    kind="stretch",
    stub='''
        def residual_polynomial(alphas, betas, h):
            """P_k at all h, from α_0, …, α_{k−1} and β_1, …, β_{k−1} (betas[0] is β_1)."""
            return ...
        ''',
    code='''
        def residual_polynomial(alphas, betas, h):
            """P_k at all h, from α_0, …, α_{k−1} and β_1, …, β_{k−1} (betas[0] is β_1)."""
            r, p = np.ones_like(h), np.ones_like(h)         # r_0 = P_0(A) r_0, and p_0 = r_0
            for k, alpha in enumerate(alphas):
                r = r - alpha * h * p                       # r ← r − α A p
                if k < len(betas):
                    p = r + betas[k] * p                    # p ← r + β p
            return r
        ''',
    why="Every $r_k$ and every $p_k$ is a polynomial in $A$ times $r_0$. In an eigendirection $A$ is the number $h$. "
        "So CG's own recurrence, run with $h$ in the place of $A$ and with 1 in the place of $r_0$, gives the two "
        "polynomials.",
    hints=("$r_k = P_k(A) r_0$ (step 5.1). Also $p_k$ is a polynomial in $A$ times $r_0$. Which one is $p_0$?",
           "Take the two vector lines of CG, for $r$ and for $p$. What is $A$ in an eigendirection?",
           "`r = p = 1`; then `r = r - alpha * h * p` and `p = r + beta * p`; $P_k$ is the last `r`."),
    cases=_polynomial_cases,
    rtol=1e-9,
    diagnoses=(
        Diagnosis("β left out", _steepest,
                  say="∏(1 − αh) is steepest descent's polynomial, whose directions forget. CG's p carries β p along."),
        Diagnosis("sign of α", _by_recurrence(minus=-1.0), say="The residual shrinks: r − α h p."),
        Diagnosis("sign of β", _by_recurrence(plus=-1.0), say="The direction is r + β p."),
        Diagnosis("start at h", _by_recurrence(start=lambda h: h), say="P₀ is 1, so that P_k(0) = 1."),
        Diagnosis("one step short", lambda alphas, betas, h: _by_recurrence()(alphas[:-1], betas, h),
                  say="This is P_{k−1}: there is one α more than βs, and the last α still counts."),
        Diagnosis("β one step back", _by_recurrence(shift=-1), say="betas[0] is β₁: it makes p₁, right after α₀."),
        Diagnosis("β one step off", _by_recurrence(shift=1), say="betas[0] is β₁: it makes p₁, right after α₀."),
    ),
)
