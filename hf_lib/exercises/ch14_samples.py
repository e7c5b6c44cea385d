"""Exercises of notebook 14 with a bug to find: labels drawn from the wrong place, gradients of the wrong scale."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .slips import combined

__all__ = ["q2", "q5"]


def _drawing(u):
    """A `draw` with its random numbers u (N,) already drawn: it gives the same for the same probabilities."""
    def draw(P):
        P = np.asarray(P, dtype=float)
        picked = np.sum(u[:, None] >= np.cumsum(P, axis=1), axis=1)
        return np.eye(P.shape[1])[np.minimum(picked, P.shape[1] - 1)]
    return draw


def _labelled(rng):
    for N, m, d in ((6, 3, 4), (5, 2, 3), (7, 4, 2)):
        p = rng.dirichlet(2 * np.ones(m), size=N)
        yield (rng.normal(size=(N, m, d)), p, np.eye(m)[rng.integers(m, size=N)], _drawing(rng.random(N)),
               rng.normal(size=d))


def _fisher(label=lambda p, Y, draw: draw(p), base=lambda p, Y: p, mean=lambda N: 1 / N,
            product=lambda g, v: g.T @ (g @ v)):
    """A `sampled_fisher`, right or wrong in some of its parts."""
    def sampled_fisher(J, p, Y, draw, v):
        r = base(p, Y) - label(p, Y, draw)
        g = np.einsum("nj,njd->nd", r, J)
        return mean(len(p)) * product(g, v)
    return sampled_fisher


q2 = FunctionExercise(
    name="ch14.q2",
    title="Whose labels?",
    kind="find the bug",
    stub='''
        def sampled_fisher(J, p, Y, draw, v):
            """F̂ v (d,), one drawn label an example. J (N, m, d); p, Y (N, m); v (d,).

            Row n of draw(P) is a unit vector, drawn by the probabilities in row n of P.
            """
            r = p - draw(Y)
            g = np.einsum("nj,njd->nd", r, J)
            return g.T @ (g @ v) / len(p)
        ''',
    code='''
        def sampled_fisher(J, p, Y, draw, v):
            """F̂ v (d,), one drawn label an example. J (N, m, d); p, Y (N, m); v (d,).

            Row n of draw(P) is a unit vector, drawn by the probabilities in row n of P.
            """
            r = p - draw(p)
            g = np.einsum("nj,njd->nd", r, J)
            return g.T @ (g @ v) / len(p)
        ''',
    why="The expectation in $F$ is over labels that the *model* draws. A row of `Y` is a unit vector, all of its "
        "probability on the true class, so `draw(Y)` is `Y`: the function returned the empirical Fisher matrix, "
        "without any randomness. No shape, symmetry or sign shows it. A test that does: two calls with two generators "
        "must differ, and their mean over many calls must tend to $G v$.",
    hints=("How much chance is there in `draw(Y)`, when each row of Y has a single 1?",
           "Which probabilities belong into F: those of the data, or those that the model states?",
           "One argument is wrong: the labels are drawn from the model's predictions."),
    cases=_labelled,
    linear_in="v",
    diagnoses=(
        Diagnosis("no label drawn", lambda J, p, Y, draw, v: 0 * v,
                  say="The result is 0: with p in the place of a drawn label the residual is p − p."),
        *combined(
            _fisher,
            ("the prediction in place of the residual", "The residual is p minus a drawn label.",
             {"label": lambda p, Y, draw: 0 * p}),
            ("the most probable class", "The most probable class is no draw: rare classes must come, at their rate.",
             {"label": lambda p, Y, draw: np.eye(p.shape[1])[p.argmax(axis=1)]}),
            ("all classes alike", "Labels are drawn by p, not with equal probabilities.",
             {"label": lambda p, Y, draw: draw(np.full(p.shape, 1 / p.shape[1]))}),
            ("residual at the true label", "The residual is p minus the drawn label; Y has no part in F.",
             {"base": lambda p, Y: Y}),
            ("missing 1/N", "F̂ is a mean over the examples.", {"mean": lambda N: 1.0}),
            ("1/N twice", "The mean over the examples has one 1/N.", {"mean": lambda N: 1 / N**2}),
            ("the mean gradient", "g gᵀ is formed for each example, then averaged: not the mean gradient's.",
             {"product": lambda g, v: g.sum(axis=0) * (g.sum(axis=0) @ v)}),
            ("the diagonal alone", "F̂ v needs the whole matrix, not its diagonal.",
             {"product": lambda g, v: np.sum(g**2, axis=0) * v}),
        ),
    ),
)


def _parts(rng):
    for N, d in ((4, 3), (7, 2), (3, 5)):
        yield (rng.normal(size=(N, d)) + 0.5,)


def _squares(power=lambda C: C**2, over=lambda S: np.sum(S, axis=0), scale=lambda N: N):
    """A `squared_gradients`, right or wrong in some of its parts."""
    return lambda C: scale(len(C)) * over(power(C))


q5 = FunctionExercise(
    name="ch14.q5",
    title="The mean's gradients, and the examples'",
    kind="find the bug",
    stub='''
        def squared_gradients(C):
            """The diagonal of the empirical Fisher matrix E, (d,).

            Row n of C (N, d) is the gradient of L_n / N: the rows add up to ∇f.
            """
            g = C.sum(axis=0)
            return g * g
        ''',
    code='''
        def squared_gradients(C):
            """The diagonal of the empirical Fisher matrix E, (d,).

            Row n of C (N, d) is the gradient of L_n / N: the rows add up to ∇f.
            """
            return len(C) * np.sum(C * C, axis=0)
        ''',
    why="$E = \\frac1N \\sum_n g_n g_n^\\top$ with $g_n = \\nabla L_n$, and $c_n = g_n / N$. So its diagonal is "
        "$\\frac1N \\sum_n (N c_n)^2 = N \\sum_n c_n^2$. The student squared the *mean* gradient, in which examples "
        "cancel; at a minimum that is 0. Whoever repairs the order alone often keeps $\\frac1N \\sum_n c_n^2$, too "
        "small by $N^2$: a $\\frac1N$ was inside already. A preconditioned step is then longer by $N^2$.",
    hints=("Is the square of a sum the sum of the squares?",
           "$g_n = N c_n$. Put it into $\\frac1N \\sum_n g_n^2$.",
           "Square entry by entry, add over the examples, and count the factors N: two from the square, one against."),
    cases=_parts,
    diagnoses=(
        Diagnosis("the squared mean gradient, rescaled", lambda C: len(C) * C.sum(axis=0) ** 2,
                  say="Square each row first, then add: in a sum of gradients the examples cancel."),
        Diagnosis("the squared mean gradient, rescaled", lambda C: (len(C) * C.sum(axis=0)) ** 2,
                  say="Square each row first, then add: in a sum of gradients the examples cancel."),
        Diagnosis("the squared mean gradient, rescaled", lambda C: C.mean(axis=0) ** 2,
                  say="Square each row first, then add: in a sum of gradients the examples cancel."),
        Diagnosis("the squared mean gradient, rescaled", lambda C: C.sum(axis=0) ** 2 / len(C),
                  say="Square each row first, then add: in a sum of gradients the examples cancel."),
        Diagnosis("the whole matrix", lambda C: len(C) * C.T @ C,
                  say="This is the whole E. Asked for is its diagonal."),
        Diagnosis("the variance", lambda C: len(C) ** 2 * C.var(axis=0),
                  say="E is not centred: the mean gradient is not subtracted."),
        *combined(
            _squares,
            ("1/N twice", "The rows hold a 1/N already. In (1/N) Σ g² the g are N times the rows: too small by N².",
             {"scale": lambda N: 1 / N}),
            ("the scale", "g = N c for each row c, so (1/N) Σ g² = N Σ c²: too small by N.", {"scale": lambda N: 1.0}),
            ("N too often", "(1/N) Σ (N c)² has one N left: too large by N.", {"scale": lambda N: N**2}),
            ("no square", "The entries of g gᵀ's diagonal are squares.", {"power": lambda C: C}),
            ("absolute values", "The entries of g gᵀ's diagonal are squares.", {"power": np.abs}),
            ("the root", "Adam takes a root of such numbers; E's diagonal has none.",
             {"over": lambda S: np.sqrt(np.sum(S, axis=0)), "scale": lambda N: np.sqrt(N)}),
            ("summed along the parameters", "The sum is over the examples, axis 0: one number a parameter.",
             {"over": lambda S: np.sum(S, axis=1)}),
        ),
    ),
)
