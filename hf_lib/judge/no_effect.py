"""The general diagnosis of an argument that makes no difference to a function, and should."""

import numpy as np

from .changes import moved
from .compare import Finding, agree, is_numeric, parts
from .trials import differing


def no_effect(trials, context):
    """An argument changes, and the learner's result does in no case; in those that are wrong it should."""
    if not context.parameters or context.learner is None:
        return None
    wrong = {pair.trial.number for pair in differing(trials, context)}
    names = [f"`{name}`" for number, name in enumerate(context.parameters)
             if all(_has_none(trial, number, context, trial.number in wrong) for trial in trials)]
    if not names:
        return None
    says = f"Your result stays the same when {' or '.join(names)} changes, and should not."
    return Finding("argument without effect", says)


def _has_none(trial, number, context, should):
    """Whether no change of an argument changes the learner's result; and the first the reference's, if it ``should``.

    One change is not enough: a function may ignore the size of an argument, or the order of its entries.
    """
    value = trial.args[number]
    other = (not value) if isinstance(value, bool) else moved(value)
    if other is value:                                   # nothing else is known to be as good
        return False
    before, after = (_results(context, trial, number, v) for v in (value, other))
    if any(result is None for result in (*before, *after)) or not agree(after[0], before[0], 1e-12):
        return False
    if should and agree(after[1], before[1], 1e-3):
        return False
    results = (_results(context, trial, number, v)[0] for v in _otherwise(value))
    return all(result is None or agree(result, before[0], 1e-12) for result in results)


def _otherwise(value):
    """The entries in reverse order, and each scaled by a factor of its own."""
    if isinstance(value, (list, np.ndarray)) and np.ndim(value) and len(value) > 1:
        yield value[::-1]
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size > 1:
        yield value * np.linspace(0.5, 1.5, value.size, dtype=value.dtype).reshape(value.shape)


def _results(context, trial, number, value):
    """(the learner's, the reference's) result with another value for one argument; a None for a failure."""
    args = list(trial.args)
    args[number] = value.copy() if isinstance(value, np.ndarray) else value
    return tuple(_of_numbers(function(tuple(args))) for function in (context.learner, context.reference))


def _of_numbers(value):
    try:
        return value if value is not None and all(map(is_numeric, parts(value))) else None
    except Exception:                                    # a ragged list, a foreign object
        return None
