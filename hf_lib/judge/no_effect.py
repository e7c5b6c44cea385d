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
    """Whether one argument's change leaves the learner's result as it is; and the reference's not, if it ``should``."""
    value = trial.args[number]
    other = (not value) if isinstance(value, bool) else moved(value)
    if other is value:                                   # nothing else is known to be as good
        return False
    before, after = (_results(context, trial, number, v) for v in (value, other))
    if any(result is None for result in (*before, *after)) or not agree(after[0], before[0], 1e-12):
        return False
    return not should or not agree(after[1], before[1], 1e-3)


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
