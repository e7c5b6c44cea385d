"""Calling a learner's function: nothing it does may break a check."""

import functools
import inspect
import linecache
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What a call gave: a value, or the error it raised; and the watched functions it went through."""

    value: object = None
    error: BaseException | None = None
    passed_through: tuple[str, ...] = ()


def call(function, args, watched=()):
    """Call ``function(*args)``; return an `Outcome`, whatever the function does.

    Only the reader's own interrupt (KeyboardInterrupt) goes through. Warnings are muted: an overflow
    shows in the values, which are judged anyway.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"), watch(watched) as seen:
        warnings.simplefilter("ignore")
        try:
            value, error = function(*args), None
        except (Exception, SystemExit) as caught:
            value, error = None, caught
    return Outcome(value, error, tuple(seen))


@contextmanager
def watch(functions):
    """Collect the names of those ``functions`` that are called inside the block.

    Python's profiling hook reports every call with its code object, so that a function is seen under
    whatever name it was imported.
    """
    watched = {_identity(f): getattr(f, "__qualname__", repr(f)) for f in functions}
    seen = {}

    def on_event(frame, event, argument):
        if event == "call":
            key = id(frame.f_code)
        elif event == "c_call":
            key = id(argument)
        else:
            return
        if key in watched:
            seen[watched[key]] = True

    with _hook(on_event if watched else None):
        yield seen


@contextmanager
def _hook(on_event):
    """Set the process-wide profiling hook inside the block, and put a profiler that runs already back after it.

    Up to Python 3.11, `sys.getprofile` gives the profiler itself where it is written in C, as that of `%prun`
    is; `sys.setprofile` cannot set it again, but the profiler can be switched off and on.
    """
    previous = sys.getprofile()
    in_c = previous is not None and not inspect.isroutine(previous) and hasattr(previous, "disable")
    if on_event is None:
        yield
        return
    if in_c:
        previous.disable()
    sys.setprofile(on_event)
    try:
        yield
    finally:
        sys.setprofile(None if in_c else previous)
        if in_c:
            previous.enable()


def _bare(function):
    """Strip partial, bound-method and `functools.wraps` layers."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.ismethod(function):
        function = function.__func__
    return inspect.unwrap(function) if inspect.isfunction(function) else function


def _identity(function):
    """The id under which the profiling hook reports a function, a constructor or a builtin."""
    function = _bare(getattr(function, "__wrapped__", function))
    if isinstance(function, type):
        function = function.__init__
    return id(getattr(function, "__code__", function))


def from_library(function):
    """Whether a callable was defined inside hf_lib (the exercises' own declarations apart)."""
    function = _bare(function)
    owner = function if inspect.isroutine(function) or isinstance(function, type) else type(function)
    module = str(getattr(owner, "__module__", ""))
    return module.split(".")[0] == "hf_lib" and not module.startswith("hf_lib.exercises.")


def accepts(function, args):
    """Whether the signature takes ``args``; True where a builtin does not tell."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return True
    try:
        signature.bind(*args)
    except TypeError:
        return False
    return True


def one_line(error, function):
    """The error in one line, with the line of the learner's code in which it arose."""
    try:
        words = str(error).strip().splitlines()[:1]
    except Exception:
        words = []
    text = ": ".join([type(error).__name__, *words])[:200]
    filename = getattr(getattr(function, "__code__", None), "co_filename", None)
    place, step = "", error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            place = linecache.getline(filename, step.tb_lineno).strip()
        step = step.tb_next
    return f"{text} (at `{place}`)" if place else text


def same_code(a, b):
    """Whether two code objects do the same, wherever they stand: comments and positions apart."""
    if not (inspect.iscode(a) and inspect.iscode(b)):
        return type(a) is type(b) and a == b
    return (
        (a.co_code, a.co_names, a.co_varnames) == (b.co_code, b.co_names, b.co_varnames)
        and len(a.co_consts) == len(b.co_consts)
        and all(map(same_code, a.co_consts, b.co_consts))
    )
