"""The exercise of notebook 07 on one step of CG."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.solvers.cg import cg

from .ch07_preconditioning import spd_matrix
from .slips import combined

__all__ = ["q2"]


def _step(alpha=lambda r, p, A, A_p: (r @ r) / (p @ A_p), beta=lambda r, new, p, A, A_p: (new @ new) / (r @ r),
          x_sign=1.0, residual=-1.0, along=lambda r, p: p, through=lambda r, p: p, base=lambda r, new: new, sign=1.0,
          carried=lambda r, new, p: p, order=lambda x, r, p: (x, r, p)):
    """A `cg_step`, right or wrong in some of its parts."""
    def cg_step(A, x, r, p):
        A_p = A(through(r, p))
        a = alpha(r, p, A, A_p)
        new = r + residual * a * A_p
        b = beta(r, new, p, A, A_p)
        return order(x + x_sign * a * along(r, p), new, base(r, new) + sign * b * carried(r, new, p))
    return cg_step


_DESCENT = {"along": lambda r, p: r, "through": lambda r, p: r, "alpha": lambda r, p, A, A_p: (r @ r) / (r @ A_p)}


def _step_cases(rng):
    """States on the way of CG, so that r and p belong together."""
    for n, done in ((3, 0), (5, 1), (6, 3), (9, 4)):
        matrix, x = spd_matrix(rng, n), rng.standard_normal(n)
        A = lambda v, matrix=matrix: matrix @ v
        r = p = rng.standard_normal(n)
        for _ in range(done):
            x, r, p = _step()(A, x, r, p)
        yield A, x, r, p


def _afresh(A, x, r, p):
    x = x + (r @ r) / (p @ A(p)) * p
    new = -A(x)
    return x, new, new + (new @ new) / (r @ r) * p


def _entry_by_entry(A, x, r, p):
    A_p = A(p)
    alpha = r * r / (p * A_p)
    new = r - alpha * A_p
    return x + alpha * p, new, new + new * new / (r * r) * p


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
    hints=("Four quantities: α, the new residual, β, and the new direction. Which of them need `A(p)`?",
           "$\\alpha$ goes to the lowest point along $p$ (step 1.2); with its $A p$ the residual is brought up to "
           "date.",
           "$\\alpha = r^\\top r / p^\\top A p$; $\\beta$ is the new $r^\\top r$ over the old; the direction keeps a "
           "share β of $p$."),
    cases=_step_cases,
    own_work=(cg,),
    diagnoses=combined(
        _step,
        ("β upside down", "β is the new rᵀr over the old one: it is small when the residual has shrunk.",
         {"beta": lambda r, new, p, A, A_p: (r @ r) / (new @ new)}),
        ("sign of β", "The new direction is r + βp. With a minus it is not conjugate to p.", {"sign": -1.0}),
        ("sign of the residual", "x grows by αp, so b − Ax shrinks by αAp: there is a minus.", {"residual": 1.0}),
        ("sign of the step", "The step goes along +p: x + αp.", {"x_sign": -1.0}),
        ("a step along r", "The step goes along p. Only the first p is the residual.", {"along": lambda r, p: r}),
        ("curvature along r", "The step goes along p, so the curvature in α is pᵀAp, not rᵀAr.",
         {"alpha": lambda r, p, A, A_p: (r @ r) / (r @ A(r))}),
        ("old residual in the direction", "The new direction starts from the new residual, not from the old one.",
         {"base": lambda r, new: r}),
    ) + combined(
        _step,
        ("steepest descent", "Your direction is the residual alone, as in steepest descent. The share of p is missing.",
         {"beta": lambda *_: 0.0}),
        ("steepest descent, the step too", "The step goes along p, and the next direction keeps a share of p: this is "
         "steepest descent.", _DESCENT | {"beta": lambda *_: 0.0}),
        ("steepest descent with a share of p", "The step and the product go with r here. Both need p.", _DESCENT),
        ("β is 1", "Your β is 1: it must be computed from the new rᵀr *and* the old one, before r is overwritten.",
         {"beta": lambda *_: 1.0}),
        ("β without squares", "β is a quotient of rᵀr, of the squares of the lengths.",
         {"beta": lambda r, new, p, A, A_p: np.sqrt((new @ new) / (r @ r))}),
        ("α and β without squares", "α and β are quotients with rᵀr in them, the *square* of the length of r.",
         {"alpha": lambda r, p, A, A_p: np.sqrt(r @ r) / (p @ A_p),
          "beta": lambda r, new, p, A, A_p: np.sqrt((new @ new) / (r @ r))}),
        ("α without a square", "Above in α stands rᵀr, the *square* of the length of r.",
         {"alpha": lambda r, p, A, A_p: np.sqrt(r @ r) / (p @ A_p)}),
        ("β over pᵀp", "β is the new rᵀr over the old rᵀr, not over pᵀp.",
         {"beta": lambda r, new, p, A, A_p: (new @ new) / (p @ p)}),
        ("β over pᵀAp", "β is the new rᵀr over the old rᵀr. pᵀAp stands below α only.",
         {"beta": lambda r, new, p, A, A_p: (new @ new) / (p @ A_p)}),
        ("β is α", "β is another number than α: the new rᵀr over the old one.",
         {"beta": lambda r, new, p, A, A_p: (r @ r) / (p @ A_p)}),
        ("α upside down", "α is rᵀr over pᵀAp: the larger the curvature, the shorter the step.",
         {"alpha": lambda r, p, A, A_p: (p @ A_p) / (r @ r)}),
        ("α from pᵀp", "Above in α stands rᵀr, not pᵀp.", {"alpha": lambda r, p, A, A_p: (p @ p) / (p @ A_p)}),
        ("α without curvature", "Below in α stands the curvature along p, pᵀAp.",
         {"alpha": lambda r, p, A, A_p: (r @ r) / (p @ p)}),
        ("α twice", "The derivative of ½α²pᵀAp is αpᵀAp: the ½ is gone, and α has no factor 2.",
         {"alpha": lambda r, p, A, A_p: 2 * (r @ r) / (p @ A_p)}),
        ("α halved", "α is rᵀr / pᵀAp, without a ½.", {"alpha": lambda r, p, A, A_p: 0.5 * (r @ r) / (p @ A_p)}),
        ("α left out", "How far along p? The α is missing.", {"alpha": lambda *_: 1.0}),
        ("β times the old residual", "β multiplies the old direction p, not the old residual.",
         {"carried": lambda r, new, p: r}),
        ("β times the new residual", "β multiplies the old direction p, which remembers all the steps before.",
         {"carried": lambda r, new, p: new}),
        ("the order x, p, r", "The order is x, r, p.", {"order": lambda x, r, p: (x, p, r)}),
        ("the order r, x, p", "The order is x, r, p.", {"order": lambda x, r, p: (r, x, p)}),
        most=1,
    ) + (
        Diagnosis("b is not 0", _afresh, say="The residual is b − A x, and b is not given: take r − α A p instead."),
        Diagnosis("entry by entry", _entry_by_entry,
                  say="rᵀr is one number, `r @ r`; `r * r` multiplies entry by entry, and gives each entry its own α."),
    ),
)
