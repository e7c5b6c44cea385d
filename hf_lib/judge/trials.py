"""One call of the learner's function beside the reference's, and which parts of the results differ."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .compare import agree, close, parts
from .shown import call_in_words, difference_in_words, which

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
NUMERALS = ("two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Trial:
    """One case: the arguments, the learner's output, the reference's, N where a mean is taken, and its number."""

    args: tuple
    out: object
    ref: object
    examples: int | None = None
    number: int = 1


@dataclass(frozen=True)
class Context:
    """What rules need beside the trials: the tolerance; a function's name and those of its parameters; and, for
    a function, it and the reference as ``f(args) -> output`` (None where the call fails).
    ``linear_in`` is the number of the argument in which the function should be linear."""

    rtol: float | None = None
    linear_in: int | None = None
    learner: object = None
    reference: object = None
    target: str = ""
    parameters: tuple[str, ...] = ()


class Pair(NamedTuple):
    """A part of a result that differs: the learner's array and the reference's."""

    trial: Trial
    part: int
    a: np.ndarray
    b: np.ndarray


def differing(trials, context):
    """Every `Pair` that is not close; the outputs have the right form."""
    return [Pair(t, part, a, b) for t in trials for part, (a, b) in enumerate(zip(parts(t.out), parts(t.ref)))
            if not close(a, b, context.rtol)]


def first_wrong(trials, context):
    """The first case whose values differ: in the others even a wrong function may be right."""
    return next(t for t in trials if not agree(t.out, t.ref, context.rtol))


def in_every_case(pairs, trials):
    """Whether every part that differs at all does so in every case."""
    return len(pairs) == len({pair.part for pair in pairs}) * len(trials)


def subject(pairs, trials):
    """What the finding is about, for the beginning of a sentence: a part of the result where not all differ."""
    n, numbers = len(parts(trials[0].ref)), sorted({pair.part + 1 for pair in pairs})
    word = "result" if trials[0].args else "value"
    if n == 1:
        return f"The {word}"
    if len(numbers) == n:
        return f"Each of the {NUMERALS[n - 2] if n < 7 else n} {word}s"
    if len(numbers) == 1 and n < 7:
        return f"The {ORDINALS[numbers[0] - 1]} of the {NUMERALS[n - 2]} {word}s"
    return f"{'Each' if numbers[1:] else 'One'} of the {word}s ({which(numbers, 'number')} of {n})"


def where(pairs, trials):
    """In which cases, for the end of a sentence; nothing where it is all."""
    if in_every_case(pairs, trials):
        return ""
    cases = sorted({pair.trial.number for pair in pairs})
    return f", in {which(cases)} of {len(trials)}" if len(cases) < len(trials) else ", wherever it differs"


def case_in_words(trial, context, total, difference=True):
    """The case's arguments, and what came beside what was expected; nothing for a value, which has no arguments."""
    if not context.parameters:
        return ()
    called = f"case {trial.number} of {total}: `{call_in_words(context.target, context.parameters, trial.args)}`"
    return (called, *(difference_in_words(trial.out, trial.ref, context.rtol) if difference else ()))
