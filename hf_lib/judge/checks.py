"""The general diagnoses: each rule looks at all cases and names what is violated, or returns None.

They are asked in order, from form (type, shape, dtype, finite) to values (sign, factor, 1/N,
transposed, not linear, …); the first finding is what the learner is told.
"""

import numpy as np

from .compare import Finding, agree, close, distance, form_of, is_numeric, parts, tolerance
from .factors import constant_factor, constant_offset
from .fitting import fitted
from .near_misses import changed, one_too_many, swapped, the_same_always
from .no_effect import no_effect
from .shown import which
from .trials import case_in_words, differing, first_wrong, subject


def first(rules, trials, context):
    """The finding of the first rule that applies, or None."""
    return next((found for rule in rules if (found := rule(trials, context))), None)


def wrong_form(trials, context):
    found = [(t, form) for t in trials if (form := form_of(t.out, t.ref))]
    if not found:
        return None
    trial, form = found[0]
    if any(other.name != "transposed" for _, other in found) and form.name == "transposed":
        form = Finding("wrong shape", "The shape of the answer is not the one expected.", form.details)
    return form._replace(details=(*form.details, *case_in_words(trial, context, len(trials), difference=False)))


def wrong_dtype(trials, context):
    for a, b in _pairs(trials):
        if b.ndim and b.dtype.kind == "f" and a.dtype != b.dtype:
            seen = (f"dtype {a.dtype}, expected {b.dtype}",)
            return Finding("wrong dtype", "The result has another dtype than the arguments ask for.", seen)
    return None


def not_finite(trials, context):
    """nan or ∞ where a number is expected; where the reference has them too, the values are compared instead."""
    if not all(np.isfinite(b).all() for _, b in _pairs(trials) if is_numeric(b)):
        return None
    for t in trials:
        if any(is_numeric(b) and not np.isfinite(a).all() for a, b in _pairs([t])):
            shown = case_in_words(t, context, len(trials))
            return Finding("not finite", "The result holds nan or ∞ where every entry should be finite.", shown)
    return None


def infinite_expected(trials, context):
    """Every part that differs should be ∞ (or nan), and is a number."""
    pairs = differing(trials, context)
    if any(p.b.ndim or not is_numeric(p.b) or np.isfinite(p.b) or not np.isfinite(p.a) for p in pairs):
        return None
    cases = which(sorted({p.trial.number for p in pairs}))
    expected = "nan" if np.isnan(pairs[0].b) else "∞" if pairs[0].b > 0 else "−∞"
    if not context.parameters:
        return Finding("wrong values", "The value is no finite number.")
    return Finding("wrong values", f"{subject(pairs, trials)} should be {expected} in {cases} of {len(trials)}.")


def not_linear(trials, context):
    """f(2v + w) = 2 f(v) + f(w), for the vector the function should be linear in."""
    if context.linear_in is None:
        return None
    trial = first_wrong(trials, context)
    v = trial.args[context.linear_in]
    w = np.roll(v, 1) + v**2
    at_v, at_w, at_sum = (_at(context.learner, trial, context, u) for u in (v, w, 2 * v + w))
    if any(value is None or not np.isfinite(value).all() for value in (at_v, at_w, at_sum)):
        return None
    if not at_v.shape == at_w.shape == at_sum.shape:
        return None
    if _is_rounding(at_sum, *parts(trial.ref)):
        return None
    if not close(at_sum, 2 * at_v + at_w, 1e-4):
        return Finding("not linear", "f(2v + w) is not 2·f(v) + f(w): this is not linear in the vector.")
    return None


def wrong_matrix(trials, context):
    """The matrices behind the two products, column by column: transposed, not symmetric, indefinite."""
    if context.linear_in is None:
        return None
    wrong = [t for t in trials if not agree(t.out, t.ref, context.rtol)]
    if any(np.ndim(t.args[context.linear_in]) != 1 for t in wrong):
        return None
    matrices = [[_matrix(f, t, context) for f in (context.learner, context.reference)] for t in wrong]
    if any(A is None or R is None or A.ndim != 2 or not np.isfinite(A).all() for A, R in matrices):
        return None
    if all(close(A, R.T, context.rtol) for A, R in matrices):
        return Finding("transposed", "This is the product with the transposed matrix.")
    A, R = matrices[0]
    if not close(R, R.T, 1e-6) or _is_rounding(A, R):
        return None
    if not close(A, A.T, 1e-4):
        return Finding("not symmetric", "The matrix behind this product should be symmetric, and is not.")
    roundings = 1e-6 * np.max(np.abs(R))
    if np.linalg.eigvalsh(R)[0] > -roundings and (low := np.linalg.eigvalsh(A)[0]) < -roundings:
        seen = (f"smallest eigenvalue of the matrix behind your product: {low:.3g}",)
        return Finding("negative curvature", "vᵀAv is negative for some v, and should never be.", seen)
    return None


def wrong_values(trials, context):
    pairs = differing(trials, context)
    near = all(is_numeric(p.a) and is_numeric(p.b) and "f" in p.a.dtype.kind + p.b.dtype.kind
               and distance(p.a, p.b) <= 10 * tolerance(p.a, p.b, context.rtol) for p in pairs)
    if not context.parameters:
        return _wrong_value(pairs, trials, near, context)
    cases = sorted({pair.trial.number for pair in pairs})
    among = "every case" if len(cases) == len(trials) else f"{which(cases)} of {len(trials)}"
    if near:
        within = max(tolerance(p.a, p.b, context.rtol) for p in pairs)
        off = max(distance(p.a, p.b) for p in pairs)
        return Finding("not close enough", f"The values are close, but not close enough, in {among}.",
                       (f"off by {off:.1g} of the largest value; {within:.1g} is allowed",))
    if found := _one_part(pairs, trials):
        return found._replace(message=f"{found.message[:-1]}, in {among}.")
    return Finding("wrong values", f"The form is right, but the values differ in {among}.")


def _one_part(pairs, trials):
    """One part of several is wrong, and all others are right in every case."""
    n, wrong = len(parts(trials[0].ref)), {pair.part for pair in pairs}
    if n < 2 or len(wrong) > 1:
        return None
    others = "the other is" if n == 2 else "the others are"
    return Finding("one part wrong", f"{subject(pairs, trials)} is wrong; {others} right.")


def _wrong_value(pairs, trials, near, context):
    """On a value: which one, and never what it should be."""
    n = len(parts(trials[0].ref))
    numbers = [pair.part + 1 for pair in pairs]
    seen = (f"{which(numbers, 'value')} of {n} {'are' if numbers[1:] else 'is'} wrong",) if n > 1 else ()
    if near:
        within = f"{100 * context.rtol:.2g} %"
        return Finding("not close enough", f"That is close, but not within {within}.", tuple(
            line.replace("wrong", "close, but not close enough") for line in seen))
    return _one_part(pairs, trials) or Finding("wrong values", "It has the right form, but another value.", seen)


FORM = (one_too_many, wrong_form, wrong_dtype, not_finite)
VALUES = (infinite_expected, constant_factor, swapped, the_same_always, changed, constant_offset,
          not_linear, wrong_matrix, no_effect, wrong_values)


def _pairs(trials):
    return [pair for t in trials for pair in zip(parts(t.out), parts(t.ref))]


def _is_rounding(a, *right):
    """Whether nothing but rounding is left of what should be as large as ``right``."""
    return np.max(np.abs(a), initial=0.0) < 1e-9 * max(np.max(np.abs(b), initial=0.0) for b in right)


def _at(function, trial, context, v):
    """The function in one case, with the vector replaced."""
    args = list(trial.args)
    args[context.linear_in] = v.copy()
    return _numbers(function(tuple(args)))


def _numbers(value):
    """A numeric array, or None where the value is none."""
    array = fitted(value, np.zeros(1))
    return array if isinstance(array, np.ndarray) and is_numeric(array) else None


def _matrix(function, trial, context):
    v = trial.args[context.linear_in]
    columns = [_at(function, trial, context, e) for e in np.eye(v.size, dtype=v.dtype)]
    if any(c is None or c.shape != columns[0].shape for c in columns):
        return None
    return np.stack(columns, axis=-1)
