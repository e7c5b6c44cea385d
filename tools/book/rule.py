"""Which frames of a picture are drawn beforehand.

The rule
--------
1. Where the controls have at most BUDGET combinations of values, each has its frame.
2. Else long controls (more than SHORT values) stop at fewer places, evenly spread, the ends, the
   default, the start and what a question asks for among them, but at FEWEST at least.
3. Where that is still too much, controls take their leave, the longest first: such a control moves
   alone. It has frames for each combination of those that stay together, with all others that move
   alone at their starts; so moving it returns them there. A question may ask for another setting
   of them: it has as many frames around it, and those on the way to it, whichever control goes
   first; all share the budget.
4. What the budget leaves over goes to the long controls, to the one that has the fewest places first.

The page says in a line where 2 or 3 bites.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from book.asked import Asked

BUDGET = 124  # frames a picture
SHORT = 10  # values that a control keeps in any case, as long as it stays together with the others
FEWEST = 7  # places of a long control


@dataclass(frozen=True)
class Track:
    """The places at which a control stops.

    Attributes
    ----------
    values : tuple
        Some or all of the control's values, in their order.
    start : int
        The place at which the page shows it first.
    thinned : bool
        Whether values are missing.
    alone : bool
        Whether the other such controls stand at their starts while it moves.
    """

    values: tuple
    start: int
    thinned: bool = False
    alone: bool = False


def plan(controls: dict, start: dict, asked: Asked = Asked()) -> dict[str, Track]:
    """Return name → `Track` for controls with their values at the start.

    Parameters
    ----------
    controls : dict
        Name → `hf_lib.explore.Control`.
    start : dict
        Name → the value that the page shows first.
    asked : Asked
    """
    full = {name: len(control.values) for name, control in controls.items()}
    counts, alone = shares(full)
    if alone and asked.settings:
        on_the_way = sum(2**len(setting) for setting in asked.settings)
        counts, alone = shares(full, (BUDGET - on_the_way) // (1 + len(asked.settings)))
    tracks = {}
    for name, control in controls.items():
        keep = [control.values.index(value) for value in (start[name], control.default, *asked.places.get(name, ()))]
        places = thinned(full[name], counts[name], keep)
        tracks[name] = Track(tuple(control.values[i] for i in places), places.index(keep[0]),
                             len(places) < full[name], name in alone)
    return tracks


def shares(full: dict[str, int], budget: int = BUDGET) -> tuple[dict[str, int], set[str]]:
    """How many places each control gets of its `full` number of values, and which controls move alone."""
    if prod(full.values()) <= budget:
        return dict(full), set()
    counts = {name: n if n <= SHORT else FEWEST for name, n in full.items()}
    alone: set[str] = set()
    for name in sorted(full, key=full.get, reverse=True):
        if cost(counts, alone) <= budget:
            break
        alone.add(name)
    growing = {name for name in full if counts[name] < full[name]}
    while growing:
        name = min(growing, key=counts.get)
        larger = counts | {name: counts[name] + 1}
        if cost(larger, alone) <= budget:
            counts = larger
        if counts is not larger or counts[name] == full[name]:
            growing.discard(name)
    return counts, alone


def cost(counts: dict[str, int], alone: set[str]) -> int:
    """How many frames that takes."""
    together = prod(n for name, n in counts.items() if name not in alone)
    return together * (1 + sum(counts[name] - 1 for name in alone))


def thinned(full: int, count: int, keep: list[int]) -> list[int]:
    """`count` of the numbers 0, …, full − 1, evenly spread, with both ends and those to `keep` among them."""
    places = {round(i) for i in np.linspace(0, full - 1, count)}
    for wanted in sorted(set(keep) - places):
        inner = places - {0, full - 1} - set(keep)
        places.discard(min(inner, key=lambda place: abs(place - wanted), default=-1))
        places.add(wanted)
    return sorted(places)


def combinations(tracks: dict[str, Track], asked: Asked = Asked()) -> Iterator[tuple[int, ...]]:
    """Every combination of places that has a frame, once: that of the start first."""
    start = {name: track.start for name, track in tracks.items()}
    others = [{name: tracks[name].values.index(value) for name, value in setting.items()} for setting in asked.settings]
    frames = [around(tuple((start | setting).values()), list(tracks.values())) for setting in ({}, *others)]
    frames += [[tuple((start | dict(some)).values()) for n in range(len(setting)) for some in
                itertools.combinations(setting.items(), n)] for setting in others]
    yield from dict.fromkeys(itertools.chain.from_iterable(frames))


def around(centre: tuple[int, ...], tracks: list[Track]) -> Iterator[tuple[int, ...]]:
    """The centre; then all places of what stays together, and there what moves alone, one after the other."""
    yield centre
    for places in itertools.product(*([here] if track.alone else range(len(track.values))
                                      for here, track in zip(centre, tracks, strict=True))):
        yield places
        for i, track in enumerate(tracks):
            if track.alone:
                yield from (places[:i] + (place,) + places[i + 1:] for place in range(len(track.values)))
