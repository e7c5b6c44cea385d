"""An answer brought from where it was kept: judged apart, then defined here, and said whose it is and why."""

import ast
from dataclasses import dataclass

from .answers import Answer
from .apart import judge_apart
from .definitions import UNREADABLE, only_defines, parsed
from .remembered import NAME, kept_in
from .saved import look

MOST = 3                                                   # texts that are judged for one exercise
SECONDS = 10.0


@dataclass(frozen=True)
class Candidate:
    """A text that may be the reader's answer, or why there is none.

    ``whose`` goes on after "your own `f`"; ``what`` begins a sentence on the text; ``reason`` is one on why
    there is none, and ``tried`` says whether one was tried.
    """

    text: str = ""
    whose: str = ""
    what: str = ""
    reason: str = ""
    tried: bool = True


def bring(exercise, folders):
    """The reader's answer from this session, from `answers.json`, or from a saved notebook; else the course's.

    What comes from a file is judged in a process of its own first, for at most ten seconds, and its statements
    only define something. Nothing is raised, whatever the files hold.

    Parameters
    ----------
    exercise : Exercise
    folders : sequence of Path
        Where to look, the first before the second.

    Returns
    -------
    Answer
    """
    if exercise.answer.yours:
        return exercise.answer
    candidates = [candidate for folder in folders for candidate in _candidates(exercise, folder)]
    reasons = sorted((candidate for candidate in candidates if candidate.reason), key=lambda c: not c.tried)
    refused = [candidate.reason for candidate in reasons]
    texts = {}
    for candidate in candidates:
        if candidate.text:
            texts.setdefault(ast.dump(parsed(candidate.text)), candidate)
    for number, candidate in enumerate(list(texts.values())[:MOST]):
        (outcome,) = judge_apart([(exercise.name, candidate.text)], seconds=SECONDS)
        why = _why_not(outcome) or _taken(exercise, candidate)
        if not why:
            return exercise.answer
        refused.insert(number, f"{candidate.what} {why}")
    return Answer(exercise.name, exercise.reference, yours=False, because=next(iter(refused), ""))


def _taken(exercise, candidate):
    """Define a text and let the exercise take it; return why that did not work, else ""."""
    try:
        exercise.take(exercise.compile(candidate.text, f"<your answer to {exercise.name}>"), candidate.whose)
    except Exception as error:                             # it worked apart, and not here
        return f"could not be defined here ({type(error).__name__}: {error})"
    return ""


def _candidates(exercise, folder):
    """What a folder has to offer for an exercise."""
    answers, fault = kept_in(folder)
    target = exercise.target
    if kept := answers.get(exercise.name):
        what = f"yours of {kept.day}"
        if not kept.text:
            yield Candidate(reason=f"{what} was correct, but its text was not kept: it {kept.note}")
        elif not _defines(kept.text):
            yield Candidate(reason=f"{what} in `{folder.name}/{NAME}` would do more than define `{target}`")
        else:
            yield Candidate(kept.text, f"of {kept.day}, kept when it was checked", what)
    for found in look(exercise, folder):
        what = f"yours in {found.where}"
        yield Candidate(found.text, f"read from {found.where} and found correct", what, found.reason, found.tried)
    if fault:
        yield Candidate(reason=fault)


def _defines(text):
    try:
        return all(only_defines(node) for node in parsed(text).body)
    except UNREADABLE:
        return False


def _why_not(outcome):
    """Why an outcome is not "correct", behind "yours in …"; else ""."""
    if outcome.status == "correct":
        return ""
    if outcome.status == "not attempted":
        return "is not finished"
    if outcome.diagnosis == "stopped":
        return f"gave no verdict ({outcome.message})"
    return f"was not correct: {outcome.diagnosis}"
