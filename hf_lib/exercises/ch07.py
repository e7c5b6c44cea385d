"""Exercises of notebook 07: steps to count, a polynomial; the step and the bugs are in the modules beside it."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .ch07_preconditioning import q3, q5, spd_matrix
from .ch07_step import q2
from .ch07_stopping import q4
from .slips import in_parts

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
    rtol=1e-6,
    diagnoses=in_parts(
        (4, 2, 1),
        {3: ("one too few in (a)", "(a): the eigenvalue that occurs 97 times needs a factor of the polynomial, too."),
         5: ("one too many in (a)", "(a): one step for each different eigenvalue is enough."),
         97: ("the equal ones counted", "(a): equal eigenvalues need only one step, all together."),
         100: ("size counted in (a)", "(a): n is the bound for any spectrum. Here many eigenvalues are equal.")},
        {1: ("one too few in (b)", "(b): one eigenvalue belongs to u, another to all vectors orthogonal to u."),
         3: ("one too many in (b)", "(b): one step for each different eigenvalue is enough."),
         499: ("the equal ones counted", "(b): equal eigenvalues need only one step, all together."),
         500: ("size counted in (b)", "(b): all vectors orthogonal to u have the same eigenvalue, 1.")},
        {2: ("start half remembered", "(c): b lies in one eigendirection, and the start 0 adds no other."),
         4: ("start forgotten", "(c): b, and so e₀, lies in one eigendirection. The other eigenvalues do not occur."),
         100: ("size counted in (c)", "(c): n is the bound for any b. This b has one eigendirection.")},
        known=(Diagnosis("size counted", (100, 500, 100),
                         say="n is the bound for any spectrum and any b. Here many eigenvalues are equal, and in (c) b "
                             "has one eigendirection."),),
    ),
)


def _by_recurrence(start=1, minus=1.0, plus=1.0, of=lambda betas, k: betas[k], upto=None, early=False, h_power=1,
                   keep=True):
    """A `residual_polynomial` by r ← r − α h p, p ← r + β p, right or wrong in one of its parts."""
    def residual_polynomial(alphas, betas, h):
        r = p = np.ones_like(h) if start == 1 else h if start == "h" else np.zeros_like(h)
        for k, alpha in enumerate(alphas[:upto]):
            step = minus * alpha * h**h_power * p
            if early and k < len(betas):
                p = r + plus * of(betas, k) * p
            r = r - step
            if not early and k < len(betas):
                p = (r if keep else 0) + plus * of(betas, k) * p
        return r
    return residual_polynomial


def _steepest(alphas, betas, h):
    return np.prod([1 - alpha * h for alpha in alphas], axis=0)


def _one_array(alphas, betas, h):
    r = p = np.ones_like(h)
    for k, alpha in enumerate(alphas):
        r -= alpha * h * p
        if k < len(betas):
            p = r + betas[k] * p
    return r


def _directions(alphas, betas, h):
    r = p = np.ones_like(h)
    for k, alpha in enumerate(alphas):
        r = r - alpha * h * p
        p = r + (betas[k] if k < len(betas) else 0) * p
        if k == len(alphas) - 2:
            last = p
    return last if len(alphas) > 1 else np.ones_like(h)


def _polynomial_cases(rng):
    for n, k in ((5, 1), (6, 2), (7, 3), (9, 5)):
        A, r = spd_matrix(rng, n), rng.standard_normal(n)
        alphas, betas, p = [], [], r
        for _ in range(k):
            A_p = A @ p
            alphas.append((r @ r) / (p @ A_p))
            new = r - alphas[-1] * A_p
            betas.append((new @ new) / (r @ r))
            r, p = new, new + betas[-1] * p
        yield np.array(alphas), np.array(betas[:-1]), np.linspace(0, 20 + n, 7)


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
        Diagnosis("start at h", _by_recurrence(start="h"), say="P₀ is 1, so that P_k(0) = 1."),
        Diagnosis("start at 0", _by_recurrence(start=0), say="P₀ is 1, so that P_k(0) = 1. From 0 nothing can grow."),
        Diagnosis("one step short", _by_recurrence(upto=-1),
                  say="This is P_{k−1}: there is one α more than βs, and the last α still counts."),
        Diagnosis("β one step back", _by_recurrence(of=lambda betas, k: betas[k - 1]),
                  say="betas[0] is β₁: it makes p₁, right after α₀. With betas[k − 1] the first is the last one."),
        Diagnosis("β one step off", _by_recurrence(of=lambda betas, k: betas[min(k + 1, len(betas) - 1)]),
                  say="betas[0] is β₁: it makes p₁, right after α₀. You take each β one step too early."),
        Diagnosis("the old residual", _by_recurrence(early=True),
                  say="The direction is made from the new r: first r − α h p, then r + β p. (In one line `r, p = …` "
                      "the r on "
                      "the right is the old one.)"),
        Diagnosis("h left out", _by_recurrence(h_power=0), say="In an eigendirection A p is h p: the h is missing."),
        Diagnosis("r left out of p", _by_recurrence(keep=False), say="The direction is r + β p. You keep β p alone."),
        Diagnosis("r and p in one array", _one_array,
                  say="`r = p = …` is one array, so `r -= …` changes p as well: write `r = r - …`."),
        Diagnosis("the direction's", _directions,
                  say="This is the polynomial of the last direction. P_k is that of the residual r_k."),
    ),
)
