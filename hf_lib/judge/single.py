"""The same cases in single precision: float32 in, float32 out."""

import numpy as np

from .checks import first, wrong_dtype, wrong_form
from .compare import Finding, agree
from .fitting import fitted
from .running import failed
from .trials import Context, Trial, case_in_words

TOLERANCE = float(np.finfo(np.float32).eps) ** (2 / 3)


def to_single(value):
    """float64 arrays as float32, in lists too; numbers as Python's, which promote nothing; functions give float32."""
    if isinstance(value, np.ndarray):
        return value.astype({"d": np.float32, "D": np.complex64}.get(value.dtype.char, value.dtype))
    if isinstance(value, (np.float64, np.float32)):
        return float(value)
    if isinstance(value, (list, tuple)):
        return type(value)(to_single(item) for item in value)
    if callable(value):
        return lambda *args, **kwargs: to_single(value(*args, **kwargs))
    return value


def fails_in_single(exercise, answer):
    """The `Finding` on a function that is right in float64 and not in float32, or None."""
    context = Context(max(exercise.rtol or 0.0, TOLERANCE), target=exercise.target,
                      parameters=tuple(exercise.parameters))
    cases = list(zip(exercise.fresh_cases(), exercise.fresh_cases()))
    for number, (args, kept) in enumerate(cases, start=1):
        kept = to_single(kept)
        outcome = exercise.call(answer, to_single(args))
        if found := failed(outcome.error, exercise, answer):
            return found._replace(details=(*found.details, "with float32 arrays"))
        reference = exercise.reference_output(kept)
        trial = Trial(kept, fitted(outcome.value, reference), reference, number=number)
        shown = case_in_words(trial, context, len(cases), difference=False)
        if found := first((wrong_form, wrong_dtype), [trial], context):
            return Finding(found.name, "With float32 arrays the result should be float32 too. (`np.zeros(n)` and "
                           "`np.eye(n)` are float64; `np.zeros_like(x)` is as x is.)", (*found.details[:1], *shown))
        if not agree(trial.out, reference, context.rtol):
            return Finding("wrong values", "In float64 it is right, but not with float32 arrays.",
                           case_in_words(trial, context, len(cases)))
    return None
