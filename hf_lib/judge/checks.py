"""The general diagnoses: each rule looks at all cases and names what is violated, or returns None.

They are asked in order, from form (type, shape, dtype, finite) to values (sign, factor, 1/N,
transposed, not linear, …); the first finding is what the learner is told.
"""

from dataclasses import dataclass

import numpy as np

from .compare import Finding, agree, close, form_of, is_numeric, parts


@dataclass(frozen=True)
class Trial:
    """One case: the arguments, the learner's output, the reference's, and N where a mean is taken."""

    args: tuple
    out: object
    ref: object
    examples: int | None = None


@dataclass(frozen=True)
class Context:
    """What rules need beside the trials: the tolerance and, for a function that should be linear in
    argument number ``linear_in``, both functions as ``f(args) -> array`` (None where the call fails)."""

    rtol: float | None = None
    linear_in: int | None = None
    learner: object = None
    reference: object = None


def first(rules, trials, context):
    """The finding of the first rule that applies, or None."""
    return next((found for rule in rules if (found := rule(trials, context))), None)


def wrong_form(trials, context):
    return next((found for t in trials if (found := form_of(t.out, t.ref))), None)


def wrong_dtype(trials, context):
    for a, b in _pairs(trials):
        if b.ndim and b.dtype.kind == "f" and a.dtype != b.dtype:
            seen = (f"dtype {a.dtype}, expected {b.dtype}",)
            return Finding("wrong dtype", "The result has another dtype than the arguments ask for.", seen)
    return None


def not_finite(trials, context):
    for a, b in _pairs(trials):
        if is_numeric(b) and np.isfinite(b).all() and not np.isfinite(a).all():
            return Finding("not finite", "The result holds nan or inf where every entry should be finite.")
    return None


def constant_factor(trials, context):
    """One constant c with out = c · ref, in every part that differs and in every case."""
    found = []
    for trial in trials:
        for a, b in zip(parts(trial.out), parts(trial.ref)):
            if close(a, b, context.rtol):
                continue
            if not (a.dtype.kind in "iuf" and b.dtype.kind in "iuf" and np.any(b)):
                return None
            c = float(np.vdot(b, a) / np.vdot(b, b))
            if not close(a.astype(float), c * b, context.rtol) or abs(c) < 1e-6:
                return None
            found.append((c, trial.examples))

    def always(target):
        return all(abs(c / target(n) - 1) < max(context.rtol or 0.0, 1e-4) for c, n in found)

    if always(lambda n: -1):
        return Finding("sign", "Everything is right but the sign.")
    if always(lambda n: 2):
        return Finding("factor 2", "The result is twice what it should be.")
    if always(lambda n: 0.5):
        return Finding("factor ½", "The result is half of what it should be.")
    if all(n for _, n in found):
        if always(lambda n: n):
            return Finding("missing 1/N", "This is the sum over the examples; the mean is wanted.")
        if always(lambda n: 1 / n):
            return Finding("1/N twice", "The result is divided by N once too often.")
    c = found[0][0]
    in_every_case = all(not all(close(a, b, context.rtol) for a, b in _pairs([trial])) for trial in trials)
    if len(found) > 1 and in_every_case and always(lambda n: c):
        return Finding("constant factor", f"The result is {c:.4g} times what it should be, in every case.")
    return None


def not_linear(trials, context):
    """f(2v + w) = 2 f(v) + f(w), for the vector the function should be linear in."""
    if context.linear_in is None:
        return None
    trial = _first_wrong(trials, context)
    v = trial.args[context.linear_in]
    w = np.roll(v, 1) + v**2
    at_v, at_w, at_sum = (_at(context.learner, trial, context, u) for u in (v, w, 2 * v + w))
    forms = {None if value is None else value.shape for value in (at_v, at_w, at_sum)}
    if None in forms or len(forms) > 1 or not close(at_sum, 2 * at_v + at_w, 1e-4):
        return Finding("not linear", "f(2v + w) is not 2·f(v) + f(w): this is not linear in the vector.")
    return None


def wrong_matrix(trials, context):
    """The matrices behind the two products, column by column: transposed, not symmetric, indefinite."""
    if context.linear_in is None:
        return None
    trial = _first_wrong(trials, context)
    if np.ndim(trial.args[context.linear_in]) != 1:
        return None
    A = _matrix(context.learner, trial, context)
    R = _matrix(context.reference, trial, context)
    if A is None or A.ndim != 2 or not np.isfinite(A).all():
        return None
    if close(A, R.T, context.rtol):
        return Finding("transposed", "This is the product with the transposed matrix.")
    if not close(R, R.T, 1e-6):
        return None
    if not close(A, A.T, 1e-4):
        return Finding("not symmetric", "The matrix behind this product should be symmetric, and is not.")
    roundings = 1e-6 * np.max(np.abs(R))
    if np.linalg.eigvalsh(R)[0] > -roundings and (low := np.linalg.eigvalsh(A)[0]) < -roundings:
        seen = (f"smallest eigenvalue of the matrix behind your product: {low:.3g}",)
        return Finding("negative curvature", "vᵀAv is negative for some v, and should never be.", seen)
    return None


def wrong_values(trials, context):
    wrong = [not agree(t.out, t.ref, context.rtol) for t in trials]
    if len(trials) == 1:
        (trial,) = trials
        pairs = enumerate(zip(parts(trial.out), parts(trial.ref)), start=1)
        off = ", ".join(str(i) for i, (a, b) in pairs if not close(a, b, context.rtol))
        which = (f"value {off} of {len(trial.ref)} is wrong",) if isinstance(trial.ref, (tuple, list)) else ()
        return Finding("wrong values", "It has the right form, but another value.", which)
    message = f"The form is right, but the values differ in {sum(wrong)} of {len(trials)} cases."
    first = wrong.index(True)
    pairs = list(zip(parts(trials[first].out), parts(trials[first].ref)))
    seen = f"first in case {first + 1}"
    if all(a.dtype.kind in "iufc" and b.dtype.kind in "iufc" for a, b in pairs):  # booleans have no difference
        off = max(np.max(np.abs(a - b), initial=0) / max(np.max(np.abs(b), initial=0), 1e-300) for a, b in pairs)
        seen += f", there by {off:.0e} of the largest value"
    return Finding("wrong values", message, (seen,))


FORM = (wrong_form, wrong_dtype, not_finite)
VALUES = (constant_factor, not_linear, wrong_matrix, wrong_values)


def _first_wrong(trials, context):
    """The first case whose values differ: in the others even a wrong function may be right."""
    return next(t for t in trials if not agree(t.out, t.ref, context.rtol))


def _pairs(trials):
    return [pair for t in trials for pair in zip(parts(t.out), parts(t.ref))]


def _at(function, trial, context, v):
    """The function in one case, with the vector replaced."""
    args = list(trial.args)
    args[context.linear_in] = v.copy()
    return function(tuple(args))


def _matrix(function, trial, context):
    v = trial.args[context.linear_in]
    columns = [_at(function, trial, context, e) for e in np.eye(v.size, dtype=v.dtype)]
    if any(c is None or c.shape != columns[0].shape for c in columns):
        return None
    return np.stack(columns, axis=-1)
