"""Sealed variants: the same exercise with other cases or numbers, drawn by a number that the teacher keeps."""

import dataclasses
import zlib

import numpy as np


def drawn(exercise, seed):
    """The exercise with what the seed draws.

    A function is called on other cases, drawn by the exercise's own ``cases``. A value has other numbers where the
    exercise declares a ``variant``, and is the exercise itself where it does not.

    Parameters
    ----------
    exercise : Exercise
    seed : int
        From 0 on. The same one gives the same variant.
    """
    if hasattr(exercise, "cases"):
        return dataclasses.replace(exercise, cases=lambda rng: exercise.cases(_rng(exercise, seed)))
    changes = _changes(exercise, seed)
    changes.pop("text", None)
    return dataclasses.replace(exercise, **changes) if changes else exercise


def drawn_text(exercise, seed):
    """The text of the exercise with the numbers of the variant; empty where the text in the notebook holds."""
    return _changes(exercise, seed).get("text", "")


def _changes(exercise, seed):
    variant = getattr(exercise, "variant", None)
    return dict(variant(_rng(exercise, seed))) if variant else {}


def _rng(exercise, seed):
    return np.random.default_rng([zlib.crc32(exercise.name.encode()), seed])
