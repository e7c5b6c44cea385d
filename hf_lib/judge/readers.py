"""Which lines are the reader's own: the course's, Python's and the packages' are not."""

import linecache
import sysconfig
from pathlib import Path

LIBRARY = str(Path(__file__).resolve().parents[1])
PYTHON = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def is_the_readers(filename, function=None):
    """Whether a file (or a notebook's cell) is the reader's: it holds the judged function, or is of no library."""
    if filename == _file_of(function):
        return True
    return not filename.startswith((LIBRARY, *PYTHON, "<frozen", "<__array_function__"))


def places_of(error, besides=None):
    """(file name, line number) of every frame that an error went through, the innermost first; not ``besides``."""
    places, step = [], error.__traceback__
    while step is not None:
        if besides is None or step.tb_frame.f_code is not besides.__code__:
            places.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    return tuple(reversed(places))


def line_of(places, function=None):
    """The text of the innermost line that is the reader's; empty where none is, or where its text is not known."""
    for filename, number in places:
        if is_the_readers(filename, function):
            return linecache.getline(filename, number).strip()
    return ""


def _file_of(function):
    try:
        return function.__code__.co_filename
    except Exception:                                   # a builtin, a class, an object with a mind of its own
        return None
