"""The general diagnosis of an argument that a function takes and does not use."""

import numpy as np

from .changes import moved
from .compare import Finding, agree, is_numeric, parts
from .trials import differing


def argument_ignored(trials, context):
    """The learner's result stays the same when an argument changes, in every case; the reference's does not."""
    if not context.parameters or context.learner is None:
        return None
    wrong = {pair.trial.number for pair in differing(trials, context)}
    for number, name in enumerate(context.parameters):
        if all(_is_ignored(trial, number, context, trial.number in wrong) for trial in trials):
            return Finding("argument ignored", f"`{name}` is ignored: your result stays the same when it changes.")
    return None


def _is_ignored(trial, number, context, wrongly):
    """Whether the learner's result stays, and, where that is wrong, the reference's does not."""
    value = trial.args[number]
    other = (not value) if isinstance(value, bool) else moved(value)
    if other is value:
        return False
    before, after = (_results(context, trial, number, v) for v in (value, other))
    if any(result is None for result in (*before, *after)):
        return False
    return agree(after[0], before[0], 1e-12) and not (wrongly and agree(after[1], before[1], 1e-3))


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
