"""Exercises of notebook 09 on CG inside the loop: its warm start, and back along its iterates."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q3", "q5"]


def _from_start(first=lambda A, b, x: b - A(x), keep=True):
    """CG from x0 with a first residual of one's own."""
    def cg_from(A, b, x0, steps):
        x = x0 if keep else np.zeros_like(x0)
        r = first(A, b, x)
        p = r
        for _ in range(steps):
            A_p = A(p)
            alpha = (r @ r) / (p @ A_p)
            x, r_next = x + alpha * p, r - alpha * A_p
            p = r_next + (r_next @ r_next) / (r @ r) * p
            r = r_next
        return x
    return cg_from


def _start_cases(rng):
    for n, steps in ((5, 1), (6, 3), (7, 4)):
        Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
        matrix = (Q * np.geomspace(1, 20, n)) @ Q.T
        yield lambda v, matrix=matrix: matrix @ v, rng.normal(size=n), rng.normal(size=n), steps


q3 = FunctionExercise(
    name="ch09.q3",
    title="A warm start that never arrives",
    kind="find the bug",
    stub='''
        def cg_from(A, b, x0, steps):
            """x after some steps of CG on A x = b, begun at x0; A is v → A v."""
            x, r = x0, b
            p = r
            for _ in range(steps):
                A_p = A(p)
                alpha = (r @ r) / (p @ A_p)
                x = x + alpha * p
                r, previous = r - alpha * A_p, r
                p = r + (r @ r) / (previous @ previous) * p
            return x
        ''',
    code={"x, r = x0, b": "x, r = x0, b - A(x0)                        # the residual at x0, not at 0"},
    why="The recurrence $r \\leftarrow r - \\alpha A p$ keeps the *difference* between $r$ and $b - A x$ for ever. "
        "With "
        "$r_0 = b$ it belongs to a run from 0, so the loop arrives at $x_0 + A^{-1} b$. No line of it looks at $x$, so "
        "nothing inside can notice: the residual goes to 0. Only a test from a start other than 0 does.",
    hints=("Where does the run end for many steps? Try $A = I$.",
           "What must $r$ be, by its definition, at the moment when $x = x_0$?",
           "`r = b - A(x0)`; everything else is right."),
    cases=_start_cases,
    diagnoses=(
        Diagnosis("the start is gone", _from_start(keep=False),
                  say="Now x and r belong together, but at 0. Keep the start x0, and make r fit it."),
        Diagnosis("sign of the residual", _from_start(lambda A, b, x: A(x) - b),
                  say="r is b − A x. With the other sign every step goes uphill."),
        Diagnosis("plus for minus", _from_start(lambda A, b, x: b + A(x)),
                  say="The residual is b − A x, with a minus."),
        Diagnosis("A is missing", _from_start(lambda A, b, x: b - x),
                  say="b − x0 is not the residual: x0 goes through A."),
    ),
)


def _back(values, better=lambda a, b: a < b, first_only=False):
    k = len(values) - 1
    while k > 0 and better(values[k - 1], values[k]):
        k -= 1
        if first_only:
            break
    return k


def _valley_cases(rng):
    for values in ((5.0, 3.0, 2.0, 2.5, 4.0), (5.0, 4.0, 3.0), (1.0, 3.0, 2.0, 4.0, 6.0), (2.0, 3.0, 4.0),
                   (5.0, 2.0, 3.0, np.inf, np.inf), (3.0, 2.0, 5.0, 1.0, 4.0), (2.0, 3.0, 3.0, 5.0),
                   (2.0, np.inf, 3.0, 4.0)):
        points = [float(x) for x in rng.permutation(50)[:len(values)]]
        table = dict(zip(points, values))
        yield lambda p, table=table: table[p], points


q5 = FunctionExercise(
    name="ch09.q5",
    title="Back along CG",
    kind="stretch",
    stub='''
        def backtrack(f, iterates):
            """Number of the iterate to take.

            Go back from the last, while the one before is lower or f here is infinite.
            f(p) is the true objective after the step p; call it no more often than needed.
            """
            return ...
        ''',
    code='''
        def backtrack(f, iterates):
            """Number of the iterate to take.

            Go back from the last, while the one before is lower or f here is infinite.
            f(p) is the true objective after the step p; call it no more often than needed.
            """
            k, f_k = len(iterates) - 1, f(iterates[-1])
            while k > 0:
                f_before = f(iterates[k - 1])
                if f_before >= f_k and f_k < np.inf:
                    break
                k, f_k = k - 1, f_before
            return k
        ''',
    why="CG's late iterates are the long ones, where the model is least true (chapter 08, step 6.3: they grow). The "
        "way back stops at the first rise, so it costs one value of $f$ more than the steps it goes. Where f is "
        "infinite it goes on in any case: nothing can be worse.",
    hints=("Begin at the last iterate. When is the one before it better?",
           "Keep the number and the value of the best so far; leave the loop at the first iterate that is no better.",
           "`while k > 0:` compute `f(iterates[k - 1])`; `break` if it is not smaller than the value at `k` "
           "and that one is finite."),
    cases=_valley_cases,
    diagnoses=(
        Diagnosis("the lowest of all", lambda f, its: int(np.argmin([f(p) for p in its])),
                  say="This looks at every iterate. Go back from the last one, and stop at the first rise of f."),
        Diagnosis("from the front", lambda f, its: next((k for k in range(len(its) - 1) if f(its[k + 1]) > f(its[k])),
                                                        len(its) - 1),
                  say="You walk forwards until f rises. Begin at the last iterate."),
        Diagnosis("one step only", lambda f, its: _back([f(p) for p in its], lambda a, b: a < b or b == np.inf,
                                                          first_only=True),
                  say="You go back by one at most. Go on as long as f falls."),
        Diagnosis("stuck at infinity", lambda f, its: _back([f(p) for p in its]),
                  say="∞ is not larger than ∞, so you never leave it. From an infinite f go back in any case."),
        Diagnosis("on into infinity", lambda f, its: _back([f(p) for p in its], lambda a, b: a < b or a == np.inf),
                  say="You go on where the one *before* is infinite. Go back in any case only where f *here* is."),
        Diagnosis("equal is not lower", lambda f, its: _back([f(p) for p in its], lambda a, b: a <= b),
                  say="Where the one before is only as low, stay."),
        Diagnosis("always the last", lambda f, its: len(its) - 1, say="This is the loop without backtracking."),
    ),
)
