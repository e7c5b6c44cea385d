"""The exercises of notebook 07: steps to count, a step to write, three bugs to find, a polynomial."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.solvers.cg import cg

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


def _matrix(rng, n, cond=30.0):
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * np.geomspace(1, cond, n)) @ Q.T
    return (A + A.T) / 2


def _step_cases(rng):
    """States on the way of CG, so that r and p belong together."""
    for n, done in ((3, 0), (5, 1), (6, 3), (9, 4)):
        A, x = _matrix(rng, n), np.zeros(n)
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
        yield _matrix(rng, n), rng.standard_normal(n), rng.uniform(0.3, 8.0, n), steps


q3 = FunctionExercise(
    name="ch07.q3",
    title="Preconditioned from the second step on",
    kind="find the bug",
    stub='''
        def pcg(A, b, M, steps):
            """x after `steps` steps of CG from 0 with the preconditioner diag(M); A is an array."""
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
    code='''
        def pcg(A, b, M, steps):
            """x after `steps` steps of CG from 0 with the preconditioner diag(M); A is an array."""
            x, r = np.zeros_like(b), b.copy()
            p = r / M
            r_z = r @ p                                 # rᵀM⁻¹r, as in the loop
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
                  lambda A, b, M, steps: _first_direction_plain(A, b, M, steps),
                  say="The first direction is z = M⁻¹r, like all others start from their z. Only r_z was wrong."),
    ),
)


def _first_direction_plain(A, b, M, steps):
    x, r = np.zeros_like(b), b.copy()
    p, r_z = r.copy(), r @ r
    for _ in range(steps):
        A_p = A @ p
        alpha = r_z / (p @ A_p)
        x, r = x + alpha * p, r - alpha * A_p
        z = r / M
        r_z, previous = r @ z, r_z
        p = z + r_z / previous * p
    return x


def _stops(back=0, cap=True, relative=True, floor=True, at_cap=0, nan=False, more_than=0):
    """A `should_stop`, right or wrong in one of its parts."""
    def should_stop(phi, eps, j, max_iters):
        k = len(phi) - 1
        if (cap and k >= max_iters + at_cap) or (nan and np.isnan(phi[k])):
            return True
        if not k > j + more_than or (floor and not phi[k] < 0):
            return False
        progress = phi[k] - phi[k - j + back]
        return bool((progress / phi[k] if relative else -progress) < j * eps)
    return should_stop


def _stop_cases(rng):
    """Histories in which the exact number of steps looked back over decides, and some that only a cap ends."""
    for k, j, eps in ((12, 5, 2e-3), (15, 3, 2e-3), (9, 4, 1e-2)):
        phi = -2.0 + np.zeros(k + 1)
        phi[:k - j + 1] = -2.0 * (1 - 1.5 * j * eps)            # one fall, exactly j steps ago
        phi[0] = 0.0
        yield phi, eps, j, 100
        later = phi.copy()
        later[k - j] = -2.0                                     # the fall, j + 1 steps ago
        yield later, eps, j, 100
        yield phi[:-1], eps, j, 100
        yield phi[:j + 1], eps, j, 100
        yield -2.0 * np.ones(k), eps, j, 100
        yield -2.0 * np.ones(j + 1), eps, j, 100                # k = j, from a warm start
    yield np.array([0.0, -1.0, -2.0, -3.0, -4.0, -5.0]), 1e-3, 2, 5
    yield np.array([0.0, -1.0, -2.0, -3.0, -4.0]), 1e-3, 2, 5
    yield -2.0 * np.ones(8), 1e-3, 3, 7                         # the rule and the cap at once
    yield np.array([0.0, -1.0, np.nan, np.nan, np.nan, np.nan, np.nan]), 1e-3, 2, 6
    yield np.array([0.0, -1.0] + [np.nan] * 6), 1e-3, 2, 6
    yield np.array([3.0, 2.0, 1.5, 1.4, 1.4, 1.4, 1.4, 1.4]), 1e-3, 2, 50
    yield 0.01 * np.array([0.0, -1.0, -1.5, -1.6, -1.65, -1.67]), 5e-3, 2, 50


q4 = FunctionExercise(
    name="ch07.q4",
    title="A stop that looks the wrong way back",
    kind="find the bug",
    stub='''
        def should_stop(phi, eps, j, max_iters):
            """True if the last j steps brought too little, or after max_iters steps."""
            k = len(phi) - 1
            return bool(k > j and phi[k] < 0 and (phi[k] - phi[k - (j - 1)]) / phi[k] < j * eps)
        ''',
    code='''
        def should_stop(phi, eps, j, max_iters):
            """True if the last j steps brought too little, or after max_iters steps."""
            k = len(phi) - 1
            if k >= max_iters:
                return True
            return bool(k > j and phi[k] < 0 and (phi[k] - phi[k - j]) / phi[k] < j * eps)
        ''',
    why="`phi[k - (j - 1)]` lies $j - 1$ steps back, but the progress is held against $j \\varepsilon$: the rule stops "
        "too early. And a rule made of comparisons only is never true once $\\phi$ is nan: a cap on the steps belongs "
        "to every loop.",
    hints=("How many steps lie between `phi[k - (j - 1)]` and `phi[k]`?",
           "Put `phi[k - j]`. Then ask what happens if every entry of phi is nan.",
           "Before the comparison: `if k >= max_iters: return True`."),
    cases=_stop_cases,
    diagnoses=(
        Diagnosis("still one step short", _stops(back=1),
                  say="The cap is there. But the rule still looks j − 1 steps back."),
        Diagnosis("no cap", _stops(cap=False),
                  say="It looks back the right way, but after max_iters steps it must be True."),
        Diagnosis("one step too far", _stops(back=-1), say="Now it looks j + 1 steps back."),
        Diagnosis("not relative", _stops(relative=False),
                  say="The progress is to be divided by φ(x_k): else a small φ stops at once."),
        Diagnosis("φ above zero", _stops(floor=False),
                  say="While φ(x_k) is not below 0 nothing has been gained yet, and the quotient means nothing."),
        Diagnosis("nan in place of a cap", _stops(cap=False, nan=True),
                  say="nan is seen now. But a φ that goes on falling still has no end: count the steps."),
        Diagnosis("cap and rule together",
                  lambda phi, eps, j, max_iters: len(phi) > max_iters and _stops(cap=False)(phi, eps, j, max_iters),
                  say="The cap is to stop CG even if the rule is false: join them by `or`, not by `and`."),
        Diagnosis("k = j counted", _stops(more_than=-1), say="The rule asks for k > j: at k = j it is still False."),
        Diagnosis("cap one step late", _stops(at_cap=1),
                  say="After max_iters steps, not after one more: k ≥ max_iters."),
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
    code='''
        def preconditioner(gradients, lam):
            """r → M⁻¹ r, from the gradients of the single examples, (N, d)."""
            M = (np.mean(gradients**2, axis=0) + lam) ** 0.75

            def solve(r):
                return r / M
            return solve
        ''',
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
        A, r = _matrix(rng, n), rng.standard_normal(n)
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
