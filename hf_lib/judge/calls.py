"""Calling a learner's function: nothing it does may break a check."""

import inspect
import warnings
from dataclasses import dataclass

import numpy as np

from .limits import call_within_limits
from .readers import line_of, places_of
from .watching import watch


@dataclass(frozen=True)
class Outcome:
    """What a call gave: a value, or the error it raised; how often it called the watched functions; its warnings."""

    value: object = None
    error: BaseException | None = None
    calls: dict | None = None
    warned: tuple[str, ...] = ()


def call(function, args, watched=()):
    """Call ``function(*args)`` within the limits of time; return an `Outcome`, whatever the function does.

    Only the reader's own interrupt (KeyboardInterrupt) goes through. Overflows give no warning: they show
    in the values, which are judged anyway.
    """
    value = error = None
    with warnings.catch_warnings(record=True) as noted, np.errstate(all="ignore"), watch(watched) as seen:
        warnings.simplefilter("ignore")
        for category in (UserWarning, RuntimeWarning):   # what is meant for developers of libraries is muted
            warnings.simplefilter("always", category)
        try:
            value = call_within_limits(function, args)
        except KeyboardInterrupt:
            raise
        except BaseException as caught:
            error = caught
        if inspect.iscoroutine(value):
            value.close()                                # or Python would complain that nobody has waited for it
    words = (f"{note.category.__name__}: {one_line_of(note.message)}" for note in noted)
    return Outcome(value, error, seen, tuple(dict.fromkeys(words)))


def accepts(function, args):
    """Whether the signature takes ``args``; True where a builtin does not tell."""
    try:
        signature = inspect.signature(function)
    except Exception:
        return True
    try:
        signature.bind(*args)
    except TypeError:
        return False
    return True


def one_line_of(thing):
    """The first line of what ``str`` gives, 200 signs at most; empty where it fails."""
    try:
        return str(thing).strip().splitlines()[0][:200]
    except Exception:
        return ""


def one_line(error, function):
    """The error in one line, with the line of the learner's code in which it arose."""
    words = one_line_of(error)
    text = f"{type(error).__name__}: {words}"[:200] if words else type(error).__name__
    place = line_of(places_of(error), function)
    return f"{text} (at `{place[:100]}`)" if place else text


def where_stopped(stopped, function):
    """The reader's line in which a call was when its time was over, or an empty text."""
    return line_of(stopped.places, function)[:100]


def same_code(a, b):
    """Whether two code objects do the same, wherever they stand: comments and positions apart."""
    if not (inspect.iscode(a) and inspect.iscode(b)):
        return type(a) is type(b) and a == b
    return (
        (a.co_code, a.co_names, a.co_varnames) == (b.co_code, b.co_names, b.co_varnames)
        and len(a.co_consts) == len(b.co_consts)
        and all(map(same_code, a.co_consts, b.co_consts))
    )
