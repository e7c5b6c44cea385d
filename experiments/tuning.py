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


def walk(axes, start, score):
    """From `start` to the best neighbour along one axis, until none is better: as a `Choice`.

    A grid of 7 × 5 settings takes some ten runs, and its ends can lie so far out that no walk leads there.

    Parameters
    ----------
    axes : dict
        Name → values in order.
    start : dict
        Name → one of its values.
    score : callable
        setting → what it reached, the lower the better; NaN counts as ∞. Called once for a setting.

    >>> walk({"rate": (1, 2, 3, 4, 5)}, {"rate": 1}, lambda setting: (setting["rate"] - 3.2) ** 2).setting
    {'rate': 3}
    """
    grid, scores = combinations(axes), {}

    def at(place):
        if place not in scores:
            scores[place] = score(dict(zip(axes, place)))
        return np.nan_to_num(scores[place], nan=np.inf, posinf=np.inf)
    here = tuple(start[name] for name in axes)
    if dict(zip(axes, here)) not in grid:
        raise ValueError(f"start is {start}, which is no setting of the grid")
    while True:
        better = min(_neighbours(axes, here), key=at, default=here)
        if not at(better) < at(here):
            setting = dict(zip(axes, here))
            return Choice(setting, float(at(here)), edges(setting, grid))
        here = better


def _neighbours(axes, place):
    """The settings one value away along one axis."""
    for k, values in enumerate(axes.values()):
        i = values.index(place[k])
        for j in (i - 1, i + 1):
            if 0 <= j < len(values):
                yield (*place[:k], values[j], *place[k + 1:])


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
