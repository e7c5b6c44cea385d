"""What an answer prints is held back, and what it changes in the process is set again afterwards."""

import os
import random
import sys
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress

import numpy as np

LINES, SIGNS = 3, 120            # of what was printed, this much is shown
KEPT = 4000                      # signs that are kept at all
DEEPEST = 3000                   # frames: a recursion is to end in Python's own RecursionError


class Held:
    """A stream that keeps the beginning and forgets the rest."""

    encoding = "utf-8"

    def __init__(self):
        self.text, self.length = "", 0

    def write(self, text):
        self.text += text[:KEPT - len(self.text)]
        self.length += len(text)
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False

    def first_lines(self):
        """The first three lines, shortened, and what is left out."""
        lines = [line.rstrip() for line in self.text.splitlines() if line.strip()]
        shown = [f"`{line[:SIGNS].replace('`', chr(39))}`{'…' * (len(line) > SIGNS)}" for line in lines[:LINES]]
        return (*shown, "…") if len(lines) > LINES or self.length > KEPT else tuple(shown)


@contextmanager
def held():
    """Inside the block, prints go into the `Held` stream that it gives; afterwards all is as before.

    That is: NumPy's and Python's global random numbers, NumPy's error and print options, the recursion
    limit (which cannot be raised beyond 3,000 inside), the working folder, the environment, the filters of warnings.
    """
    stream = Held()
    numbers, more_numbers = np.random.get_state(), random.getstate()  # noqa: NPY002  what an answer may use
    folder, environment = _folder(), os.environ.copy()
    limit, set_limit, tracer = sys.getrecursionlimit(), sys.setrecursionlimit, sys.gettrace()
    try:
        set_limit(min(limit, DEEPEST))
        sys.setrecursionlimit = lambda depth: set_limit(min(depth, DEEPEST))
        with np.errstate(all="ignore"), np.printoptions(), warnings.catch_warnings():
            with redirect_stdout(stream), redirect_stderr(stream):
                yield stream
    finally:
        sys.setrecursionlimit = set_limit
        with suppress(RecursionError):                   # from within a deep stack it cannot be lowered
            set_limit(limit)
        if sys.gettrace() is not tracer:
            sys.settrace(tracer)
        np.random.set_state(numbers)  # noqa: NPY002
        random.setstate(more_numbers)
        if folder and _folder() != folder:
            os.chdir(folder)
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)


def _folder():
    with suppress(OSError):                              # it may be gone
        return os.getcwd()
    return None
