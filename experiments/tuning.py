"""A grid of settings, the best of it, and whether that lies at its edge."""

import itertools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Choice:
    """The best of a grid.

    Attributes
    ----------
    setting : dict
    score : float
        What it reached; ∞ where no setting reached anything.
    edges : dict
        Name → "lowest" or "highest", where a smaller or larger value might do better still.
    """

    setting: dict
    score: float
    edges: dict


def combinations(axes):
    """Every setting of a grid, as a list of dicts; the last axis changes fastest.

    >>> combinations({"rate": (1, 2), "batch": (100, None)})[1]
    {'rate': 1, 'batch': None}
    """
    return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


def last(columns, name, rows=1):
    """Mean of the last `rows` entries of a column: what a setting of a grid has reached."""
    return float(np.mean(columns[name][-rows:]))


def choose(settings, scores):
    """The setting with the lowest score, as a `Choice`; a score that is NaN counts as ∞, of equals the first is taken.

    >>> choose(combinations({"rate": (1, 2, 3)}), [5.0, 4.0, float("nan")])
    Choice(setting={'rate': 2}, score=4.0, edges={})
    """
    if len(settings) != len(scores) or not settings:
        raise ValueError(f"scores must have one entry for each of at least one setting, got {len(scores)} for "
                         f"{len(settings)}")
    scores = np.where(np.isnan(scores), np.inf, scores)
    best = int(np.argmin(scores))
    return Choice(settings[best], float(scores[best]), edges(settings[best], settings))


def edges(setting, settings):
    """Where `setting` has the lowest or highest number of all `settings` that agree with it in everything else.

    A value that is no number (None, a word) has no neighbours, and an axis of one value no edge.

    >>> edges({"rate": 2, "momentum": 0.9}, combinations({"rate": (1, 2), "momentum": (0.9,)}))
    {'rate': 'highest'}
    """
    found = {}
    for name, value in setting.items():
        line = {other[name] for other in settings if {**other, name: value} == setting and _is_number(other[name])}
        if _is_number(value) and len(line) > 1 and value in (min(line), max(line)):
            found[name] = "lowest" if value == min(line) else "highest"
    return found


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
