"""Sealed variants: the same exercise with other cases or numbers, drawn by a number that the teacher keeps."""

import dataclasses
import zlib

import numpy as np

from .compare import agree

DRAWS, NEAR = 100, 0.05
OF_THE_USUAL_NUMBERS = {"why": "", "also": ()}                          # what would not be true of others


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
    return exercise if exercise.variant is None else _numbers(exercise, seed)[0]


def drawn_text(exercise, seed):
    """The text of the exercise with the numbers of the variant; empty where the text in the notebook holds."""
    return _numbers(exercise, seed)[1] if getattr(exercise, "variant", None) else ""


def _numbers(exercise, seed):
    """The exercise with other numbers, and its text: the first draw whose answer is not the usual one."""
    rng = _rng(exercise, seed)
    for _ in range(DRAWS):
        changes = dict(exercise.variant(rng))
        text = changes.pop("text", "")
        other = dataclasses.replace(exercise, **OF_THE_USUAL_NUMBERS, **changes)
        if not agree(other.reference, exercise.reference, NEAR):
            return other, text
    raise ValueError(f"variant of {exercise.name}: {DRAWS} draws gave the usual answer")


def _rng(exercise, seed):
    return np.random.default_rng([zlib.crc32(exercise.name.encode()), seed])
