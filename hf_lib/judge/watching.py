"""Which functions are called inside a block, and how often, under whatever name they were imported."""

import functools
import inspect
import sys
from collections import Counter
from contextlib import contextmanager


@contextmanager
def watch(functions):
    """Count the calls of those ``functions`` inside the block, by their names, in a `collections.Counter`.

    Python's profiling hook reports every call with its code object, so that a function is seen under
    whatever name it was imported.
    """
    watched = {_identity(f): full_name(f) for f in functions}
    seen = Counter()

    def on_event(frame, event, argument):
        if event == "call":
            key = id(frame.f_code)
        elif event == "c_call":
            key = id(argument)
        else:
            return
        if key in watched:
            seen[watched[key]] += 1

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


def full_name(function):
    """The name by which a reader knows a function: ``numpy.kron``, ``Linearization.ggn``."""
    bare = _bare(function)
    name = getattr(bare, "__qualname__", None) or repr(bare)
    module = str(getattr(bare, "__module__", None) or "").split(".")[0]
    return f"numpy.{name}" if module == "numpy" else name


def attribute(thing, name, default=None):
    """``getattr`` that gives the default whatever a foreign ``__getattr__`` raises."""
    try:
        return getattr(thing, name, default)
    except Exception:
        return default


def _bare(function):
    """Strip partial, bound-method and `functools.wraps` layers."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.ismethod(function):
        function = function.__func__
    return inspect.unwrap(function) if inspect.isfunction(function) else function


def _identity(function):
    """The id under which the profiling hook reports a function, a constructor or a builtin."""
    function = _bare(attribute(function, "__wrapped__", function))
    if isinstance(function, type):
        function = function.__init__
    return id(attribute(function, "__code__", function))


def from_library(function):
    """Whether a callable was defined inside hf_lib (the exercises' own declarations apart)."""
    function = _bare(function)
    owner = function if inspect.isroutine(function) or isinstance(function, type) else type(function)
    module = str(attribute(owner, "__module__", ""))
    return module.split(".")[0] == "hf_lib" and not module.startswith("hf_lib.exercises.")
