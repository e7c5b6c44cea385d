"""Exercises of notebook 09 on CG inside the loop: its warm start, and back along its iterates."""

import numpy as np

from hf_lib.judge.demands import Calls
from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.cg import cg

__all__ = ["q3", "q5"]


def _from_start(first=lambda A, b, x: b - A(x), keep=True, direction=lambda b, r: r, afresh=False, extra=0):
    """A `cg_from`, right or wrong in some of its parts."""
    def cg_from(A, b, x0, steps):
        x = x0 if keep else np.zeros_like(x0)
        r = first(A, b, x0)
        p = direction(b, r)
        for _ in range(steps + extra):
            A_p = A(p)
            alpha = (r @ r) / (p @ A_p)
            x = x + alpha * p
            r_next = b - A(x) if afresh else r - alpha * A_p
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
           "Only the first `r` is wrong: what is left of `b` once x0 has done its part?"),
    cases=_start_cases,
    own_work=(cg,),
    diagnoses=(
        Diagnosis("the start is gone", _from_start(lambda A, b, x: b, keep=False),
                  say="This is a run from 0: the warm start is lost. Keep x0, and make r fit it."),
        Diagnosis("x0 is not added", _from_start(keep=False),
                  say="r belongs to x0 now, but x starts at 0: what you return is x − x0."),
        Diagnosis("sign of the residual", _from_start(lambda A, b, x: A(x) - b),
                  say="r is b − A x. With the other sign every step goes uphill."),
        Diagnosis("plus for minus", _from_start(lambda A, b, x: b + A(x)),
                  say="The residual is b − A x, with a minus."),
        Diagnosis("A is missing", _from_start(lambda A, b, x: b - x),
                  say="b − x0 is not the residual: x0 goes through A."),
        Diagnosis("A of b", _from_start(lambda A, b, x: b - A(b)), say="The residual at x0 is b − A x0: A acts on x0."),
        Diagnosis("b is missing", _from_start(lambda A, b, x: -A(x)), say="The residual is b − A x0: where is b?"),
        Diagnosis("the first direction is b", _from_start(direction=lambda b, r: b),
                  say="r is right now. But the first direction is that residual, not b."),
        Diagnosis("the first direction is A x0", _from_start(lambda A, b, x: A(x)),
                  say="A x0 alone is no residual: it is b − A x0 that is left to do."),
        Diagnosis("fixed in the loop alone", _from_start(lambda A, b, x: b, afresh=True),
                  say="In the loop r is b − A x now. But the first r is still b, and so is the first step."),
        Diagnosis("one step too many", _from_start(extra=1), say="The number of steps was right: `range(steps)`."),
    ),
)


def _back(better=lambda before, here: before < here or here == np.inf, most=None, from_front=False):
    """A `backtrack`, right or wrong in some of its parts."""
    def backtrack(f, iterates):
        values = [f(p) for p in iterates]
        k = len(values) - 1
        for _ in range(k if most is None else min(k, most)):
            if not better(values[k - 1], values[k]):
                break
            k -= 1
        return k
    return backtrack


def _values_needed(f, iterates):
    """One at the last iterate, and one for each that is looked at on the way back."""
    end = _back()(f, iterates)
    return len(iterates) if end == 0 else len(iterates) - end + 1


def _forwards(f, iterates):
    values = [f(p) for p in iterates]
    return next((k for k in range(len(values) - 1) if values[k + 1] > values[k]), len(values) - 1)


def _against_the_last(f, iterates):
    k, end = len(iterates) - 1, f(iterates[-1])
    while k > 0 and (f(iterates[k - 1]) < end or end == np.inf):
        k -= 1
    return k


def _valley_cases(rng):
    for values in ((5.0, 3.0, 2.0, 2.5, 4.0), (5.0, 4.0, 3.0), (1.0, 3.0, 2.0, 4.0, 6.0), (2.0, 3.0, 4.0),
                   (5.0, 2.0, 3.0, np.inf, np.inf), (3.0, 2.0, 5.0, 1.0, 4.0), (2.0, 3.0, 3.0, 5.0),
                   (2.0, np.inf, 3.0, 4.0), (np.inf, np.inf, np.inf), (4.0,), (np.inf,), (-1.0, -3.0, -2.0),
                   (0.0, 1.0, 2.0)):
        points = [float(x) for x in rng.permutation(50)[:len(values)]]
        table = dict(zip(points, values))
        yield lambda p, table=table: table[p], points


q5 = FunctionExercise(
    name="ch09.q5",
    title="Back along CG",
    kind="stretch",
    stub='''
        def backtrack(f, iterates):
            """Number of the iterate to take, from 0.

            Go back from the last, while the one before is lower or f here is infinite.
            f(p) is the true objective after the step p; call it no more often than needed.
            """
            return ...
        ''',
    code='''
        def backtrack(f, iterates):
            """Number of the iterate to take, from 0.

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
        "way back stops at the first rise, so that beside $f$ at the last iterate it costs one value more than the "
        "steps it goes. Where f is infinite it goes on in any case: nothing can be worse.",
    hints=("Begin at the last iterate. When is the one before it better?",
           "Keep the number and the value of the best so far; leave the loop at the first iterate that is no better.",
           "A loop while `k > 0`: one new value of f, and `break` where it is no smaller and the one at `k` is "
           "finite."),
    cases=_valley_cases,
    demands=(Calls("f", most=_values_needed,
                   say="The number is right, but f is called more often than needed. Keep the value at the iterate "
                       "where "
                       "you are, and compute one new value at a time."),),
    diagnoses=(
        Diagnosis("too many calls", _back()),
        Diagnosis("the lowest of all", lambda f, its: int(np.argmin([f(p) for p in its])),
                  say="This looks at every iterate. Go back from the last one, and stop at the first rise of f."),
        Diagnosis("from the front", _forwards, say="You walk forwards until f rises. Begin at the last iterate."),
        Diagnosis("one step only", _back(most=1), say="You go back by one at most. Go on as long as f falls."),
        Diagnosis("stuck at infinity", _back(lambda before, here: before < here),
                  say="∞ is not larger than ∞, so you never leave it. From an infinite f go back in any case."),
        Diagnosis("on into infinity", _back(lambda before, here: before < here or before == np.inf),
                  say="You go on where the one *before* is infinite. Go back in any case only where f *here* is."),
        Diagnosis("equal is not lower", _back(lambda before, here: before <= here),
                  say="Where the one before is only as low, stay."),
        Diagnosis("from infinity alone", _back(lambda before, here: here == np.inf),
                  say="You leave the infinite values, but go no further where the one before is lower."),
        Diagnosis("while the one before is higher", _back(lambda before, here: before > here or here == np.inf),
                  say="You go back as long as f *rises* on the way back. Go on while the one before is lower."),
        Diagnosis("compared with the last", _against_the_last,
                  say="You compare each iterate with the last one. Compare it with the one after it: f there is the "
                      "new "
                      "value to beat."),
        Diagnosis("one too far", lambda f, its: max(_back()(f, its) - 1, 0),
                  say="You return the one that was no longer better. The last that was better is wanted."),
        Diagnosis("one too late", lambda f, its: min(_back()(f, its) + 1, len(its) - 1),
                  say="You return the one after the iterate that is wanted: one step back is missing."),
        Diagnosis("counted from the end", lambda f, its: _back()(f, its) - len(its),
                  say="You count from the end. The number counts from 0 at the first iterate."),
        Diagnosis("counted from 1", lambda f, its: _back()(f, its) + 1,
                  say="You count from 1. The first iterate has number 0, as everywhere in Python."),
        Diagnosis("steps back", lambda f, its: len(its) - 1 - _back()(f, its),
                  say="This is how many steps you go back. Asked for is the number of the iterate, from 0."),
        Diagnosis("the iterate", lambda f, its: its[_back()(f, its)],
                  say="You return the iterate itself. Its number is asked for."),
        Diagnosis("its value", lambda f, its: f(its[_back()(f, its)]),
                  say="You return the value of f. The number of the iterate is asked for."),
        Diagnosis("always the last", lambda f, its: len(its) - 1, say="This is the loop without backtracking."),
        Diagnosis("always the first", lambda f, its: 0, say="You go back to the start, whatever f does."),
    ),
)
