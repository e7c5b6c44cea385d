"""Exercises of notebook 15 on what v tends to while θ and p are held, and on when it does."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .slips import combined

__all__ = ["q4", "q5"]


def _held(rng):
    for d, lam in ((3, 0.9), (4, 0.5), (5, 1.0), (2, 0.99)):
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        yield Q * rng.uniform(0.3, 2.0, d) @ Q.T, rng.normal(size=d), rng.uniform(0.05, 0.8, d), lam


def _fixed(of_C=lambda lam: lam, damping=lambda p, lam: (1 - lam) / p, sign=-1.0):
    """The fixed point, right or wrong in some of its parts."""
    def fixed_point(C, g, p, lam):
        return sign * np.linalg.solve(of_C(lam) * C + np.diag(damping(p, lam) * np.ones_like(p)), g)
    return fixed_point


q4 = FunctionExercise(
    name="ch15.q4",
    title="What a short memory solves",
    kind="core",
    stub='''
        def fixed_point(C, g, p, lam):
            """The v with v = λ v − p·(g + λ C v). C (d, d); g, p (d,); λ in (0, 1]."""
            return ...
        ''',
    code='''
        def fixed_point(C, g, p, lam):
            """The v with v = λ v − p·(g + λ C v). C (d, d); g, p (d,); λ in (0, 1]."""
            return np.linalg.solve(lam * C + np.diag((1 - lam) / p), -g)
        ''',
    why="Bring all v to one side, $(1-\\lambda)\\, v + \\lambda\\, p \\odot (C v) = -p \\odot g$, and divide each row "
        "by its $p_i$: $\\big(\\lambda C + \\mathrm{diag}((1-\\lambda)/p)\\big)\\, v = -g$. With $\\lambda = 1$ "
        "this is the Newton or Gauss–Newton step. With a shorter memory it is a *damped* one: chapter 08's "
        "damping, of strength $(1-\\lambda) / (\\lambda p_i)$, and the result is $1/\\lambda$ times that step.",
    hints=("Collect all terms with v on the left. p stands before C v row by row: how do you get rid of it?",
           "Divided by p, row by row: (1 − λ) v / p + λ C v = −g.",
           "So the matrix is λ C with (1 − λ)/p added on its diagonal, and the right-hand side is −g."),
    cases=_held,
    diagnoses=combined(
        _fixed,
        ("the sign", "The right-hand side is −g: v points downhill.", {"sign": 1.0}),
        ("λ missing at C", "C v stands in the recursion with a factor λ.", {"of_C": lambda lam: 1.0}),
        ("the undamped step", "That is the limit for λ = 1. With λ < 1 the term (1 − λ) v remains.",
         {"damping": lambda p, lam: 0.0}),
        ("p missing in the damping", "Divide by p row by row: (1 − λ) v becomes (1 − λ) v / p.",
         {"damping": lambda p, lam: 1 - lam}),
        ("times p", "(1 − λ) v is divided by p, not multiplied.", {"damping": lambda p, lam: (1 - lam) * p}),
        ("λ for 1 − λ", "v − λ v is (1 − λ) v.", {"damping": lambda p, lam: lam / p}),
        ("1/p alone", "v − λ v is (1 − λ) v: the diagonal has (1 − λ)/p.", {"damping": lambda p, lam: 1 / p}),
        ("one p for all", "Every row has its own p: nothing is averaged.",
         {"damping": lambda p, lam: (1 - lam) / np.mean(p)}),
        ("the damping's sign", "(1 − λ) v and λ p C v have the same sign on the left.",
         {"damping": lambda p, lam: (lam - 1) / p}),
        ("C divided", "λ multiplies C.", {"of_C": lambda lam: 1 / lam}),
    ) + (
        Diagnosis("columns for rows", lambda C, g, p, lam: np.linalg.solve((1 - lam) * np.eye(len(p)) + lam * C * p,
                                                                           -p * g),
                  say="p multiplies the *rows* of C v: p[:, None] * C. You multiplied the columns."),
        Diagnosis("p at C alone", lambda C, g, p, lam: np.linalg.solve(
            (1 - lam) * np.eye(len(p)) + lam * p[:, None] * C, -g),
            say="p stands before g as well: the right-hand side is −p·g in this form."),
        Diagnosis("p at g alone", lambda C, g, p, lam: np.linalg.solve((1 - lam) * np.eye(len(p)) + lam * C, -p * g),
                  say="p stands before C v as well: row by row, p[:, None] * C in this form."),
        Diagnosis("one step", lambda C, g, p, lam: -p * g,
                  say="That is v after one step from 0. Asked for is the v that no longer changes."),
        Diagnosis("p left at g", lambda C, g, p, lam: np.linalg.solve(lam * C + np.diag((1 - lam) / p), -p * g),
                  say="Each row was divided by p_i, so p is gone from g as well."),
        Diagnosis("a full matrix of it", lambda C, g, p, lam: np.linalg.solve(lam * C + (1 - lam) / p, -g),
                  say="(1 − λ)/p belongs on the diagonal: `+` with a vector adds it to every row. Use np.diag."),
    ),
)


def _spectra(rng):
    yield np.array([0.5, 4.0, 1.0]), 1.0
    yield np.array([3.0, 0.0, 0.2]), 0.9
    yield np.array([0.6, 0.1]), 0.7
    yield np.array([-0.01, 4.0, 1.0]), 0.8
    yield np.array([-2.0, 4.0, 1.0, -0.3]), 0.9
    yield np.array([-0.1, 5.0]), 1.0
    yield np.array([-0.5, 0.3]), 0.25
    yield rng.normal(size=6), 0.6


def _bound(above=lambda h, lam: (1 + lam) / (lam * h), below=lambda h, lam: (1 - lam) / (lam * -h), pick=np.min):
    """The bound, right or wrong in some of its parts."""
    def largest_p(h, lam):
        return pick(np.concatenate([above(h[h > 0], lam), below(h[h < 0], lam)]))
    return largest_p


q5 = FunctionExercise(
    name="ch15.q5",
    title="How large may p be?",
    kind="stretch",
    stub='''
        def largest_p(h, lam):
            """v's recursion contracts for every p below this one; 0, where it never does.

            One p for all; h (n,) are C's eigenvalues, one of them above 0; 0 < λ ≤ 1.
            With λ = 1 no h is 0: along it v would not contract at all.
            """
            return ...
        ''',
    code='''
        def largest_p(h, lam):
            """v's recursion contracts for every p below this one; 0, where it never does.

            One p for all; h (n,) are C's eigenvalues, one of them above 0; 0 < λ ≤ 1.
            With λ = 1 no h is 0: along it v would not contract at all.
            """
            above = (1 + lam) / (lam * h[h > 0])         # λ (1 − p h) > −1
            below = (1 - lam) / (lam * -h[h < 0])        # λ (1 − p h) < 1
            return np.min(np.concatenate([above, below]))
        ''',
    why="Along an eigenvector the recursion multiplies what $v$ lacks by $\\lambda (1 - p h)$, and this must lie "
        "between −1 and 1. Where $h > 0$ it is the lower end that is passed, at $p = (1 + \\lambda)/(\\lambda h)$: "
        "for $\\lambda = 1$ chapter 02's $2/h$. Where $h < 0$ the factor *grows* with p and passes 1 at "
        "$p = (1 - \\lambda)/(\\lambda |h|)$: none at all for $\\lambda = 1$. $G$ has no such direction.",
    hints=("Along an eigenvector with eigenvalue h, by what is v's distance from its fixed point multiplied?",
           "By λ(1 − p h), which has to lie between −1 and 1. Which end matters for h > 0, and which for h < 0?",
           "For h > 0 solve λ(1 − p h) = −1 for p, for h < 0 solve λ(1 − p h) = 1; the smallest of all counts."),
    cases=_spectra,
    diagnoses=combined(
        _bound,
        ("2/h", "That is the bound for λ = 1. With λ the factor is λ(1 − p h).", {"above": lambda h, lam: 2 / h}),
        ("2/(λ h)", "Solve λ(1 − p h) = −1 for p: the numerator is 1 + λ.", {"above": lambda h, lam: 2 / (lam * h)}),
        ("1/h", "At p = 1/h the factor is 0: that is the fastest p, not the largest.",
         {"above": lambda h, lam: 1 / h}),
        ("λ missing below, h > 0", "Solve λ(1 − p h) = −1 for p: p = (1 + λ)/(λ h).",
         {"above": lambda h, lam: (1 + lam) / h}),
        ("negative h ignored", "Where h is negative, λ(1 − p h) grows with p: it has to stay below 1.",
         {"below": lambda h, lam: np.inf - h}),
        ("no negative h allowed", "With λ < 1 a small p is allowed: λ(1 + p|h|) < 1.", {"below": lambda h, lam: 0 * h}),
        ("|h| for h", "For h < 0 it is the other end: λ(1 + p|h|) must stay below 1.",
         {"below": lambda h, lam: (1 + lam) / (lam * -h)}),
        ("λ missing below, h < 0", "Solve λ(1 + p|h|) = 1 for p: p = (1 − λ)/(λ|h|).",
         {"below": lambda h, lam: (1 - lam) / -h}),
        ("the largest of all", "Every direction has to contract: the *smallest* bound counts.", {"pick": np.max}),
        most=1,
    ) + (
        Diagnosis("negative h ignored", lambda h, lam: 2 / h.max(),
                  say="The factor is λ(1 − p h): it has a λ, and for negative h it grows with p."),
        Diagnosis("negative h ignored", lambda h, lam: (1 - lam) / (lam * h.max()),
                  say="For h > 0 it is λ(1 − p h) = −1 that bounds p; for h < 0 it is = 1."),
        Diagnosis("the smallest positive h", lambda h, lam: (1 + lam) / (lam * h[h > 0].min()),
                  say="The largest h bounds p from above, and a negative one may do so before."),
        Diagnosis("|h| and no λ", lambda h, lam: 2 / np.abs(h).max(),
                  say="The factor is λ(1 − p h), and its sign of h matters: for h < 0 it grows with p."),
        Diagnosis("the negative one alone", lambda h, lam: (1 - lam) / (lam * -h.min()) if h.min() < 0 else np.inf,
                  say="Positive h bound p as well: λ(1 − p h) has to stay above −1."),
    ),
)
