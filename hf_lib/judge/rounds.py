"""A demand: no loop over the steps that an argument counts."""

import sys
from dataclasses import dataclass

from .compare import Finding


@dataclass(frozen=True)
class NoLoop:
    """The function does not go round as often as an argument says.

    Every executed line of Python is counted, in the case in which the argument is largest; loops over
    something shorter, or that halve it, stay far below.

    Parameters
    ----------
    over : str
        Name of an argument, a whole number of some hundreds at least in one case.
    say : str
        What the reader is told.
    """

    over: str
    say: str

    def __call__(self, exercise, run):
        place = exercise.parameters.index(self.over)
        args = max(exercise.fresh_cases(), key=lambda case: case[place])
        if _lines(run, args) < args[place]:
            return None
        return Finding("a loop", self.say, (f"seen with `{self.over}={args[place]}`",))


def _lines(run, args):
    """How many lines of Python a call executes."""
    count, before = 0, sys.gettrace()

    def on_event(frame, event, argument):
        nonlocal count
        count += 1
        return on_event

    sys.settrace(on_event)
    try:
        run(args)
    finally:
        sys.settrace(before)
    return count
