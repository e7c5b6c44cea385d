"""What an exercise asks for beside the right values: few calls of a function, no large array.

An exercise declares them as ``demands``; they are checked once the values are right in every case::

    FunctionExercise(
        ...,
        demands=(
            Calls("gradient", most=1, say="The task asks for ONE call of `gradient`."),
            Calls("A", most=lambda A, b, x0, steps: steps + 1, say="One product a step is enough."),
            Calls(np.linalg.solve, most=1, say="One solve is enough."),
            Memory(floats=lambda J, r, lam: 3 * J.size + 10 * len(J) ** 2,
                   say="Never form the (nm, nm) matrix.", case=lambda rng: (rng.normal(size=(9, 900)), ...)),
        ),
    )

A demand is any callable ``demand(exercise, run)`` that returns a `Finding`, or None where it is met;
``run(args)`` calls the reader's function, through the exercise's probe, if it has one (an error in it ends
the check and is told). A wrong answer that breaks a demand is declared under the demand's name:
``Diagnosis("too many calls", wrong)``, ``Diagnosis("too much memory", wrong)``; no ``say``, the demand has it.
"""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .compare import Finding
from .running import failed
from .watching import watch

SLACK = 20_000                   # bytes of Python's own objects that any small function may need


def broken(demands, exercise, answer):
    """The `Finding` of the first demand that an answer with the right values does not meet, or None."""
    def run(args):
        outcome = exercise.call(answer, args)
        if outcome.error is not None:
            raise _Failed(failed(outcome.error, exercise, answer))
        return outcome.value

    try:
        return next(filter(None, (demand(exercise, run) for demand in demands)), None)
    except _Failed as error:
        return error.args[0]


class _Failed(Exception):
    """The answer fails in a call that a demand has made; holds the `Finding`."""


@dataclass(frozen=True)
class Calls:
    """A function is called ``most`` times at most in a case.

    Parameters
    ----------
    function : str or callable
        The name of an argument that is a function; or a function of a library, as ``np.linalg.solve``
        or ``Linearization.ggn``, which is seen under whatever name it was imported.
    most : int or callable
        The number, or ``most(*args)`` that gives it for a case.
    say : str
        What the reader is told; the counts are added.
    """

    function: str | Callable
    most: int | Callable
    say: str

    def __call__(self, exercise, run):
        for args in exercise.fresh_cases():
            most = self.most(*args) if callable(self.most) else self.most
            count = self._count(exercise, run, list(args))
            if count > most:
                name = self.function if isinstance(self.function, str) else self.function.__name__
                return Finding("too many calls", self.say, (f"`{name}` was called {count} times; {most} asked for",))
        return None

    def _count(self, exercise, run, args):
        if not isinstance(self.function, str):
            with watch((self.function,)) as seen:
                run(args)
            return sum(seen.values())
        number = exercise.parameters.index(self.function)
        function, calls = args[number], []

        def counted(*given, **named):
            calls.append(None)
            return function(*given, **named)

        args[number] = counted
        run(args)
        return len(calls)


@dataclass(frozen=True)
class Memory:
    """No more than ``floats(*args)`` numbers of eight bytes are held at any moment, beside the arguments.

    Parameters
    ----------
    floats : callable
        ``floats(*args)``: how many; be generous, and choose the case so that the forbidden array is far larger.
    say : str
    case : callable, optional
        ``case(rng)`` gives the arguments of one case in which the difference shows; else the exercise's
        own last case.
    """

    floats: Callable
    say: str
    case: Callable | None = None

    def __call__(self, exercise, run):
        args = self.case(np.random.default_rng(0)) if self.case else exercise.fresh_cases()[-1]
        peak, allowed = _peak(run, args), 8 * self.floats(*args) + SLACK
        if peak <= allowed:
            return None
        seen = f"{peak / 8:,.0f} numbers were held at once; {allowed / 8:,.0f} are enough"
        return Finding("too much memory", self.say, (seen,))


def _peak(run, args):
    """Bytes that a call allocates at its peak, as Python's own book-keeping sees them (NumPy reports to it)."""
    was_on = tracemalloc.is_tracing()
    if not was_on:
        tracemalloc.start(1)
    try:
        run(args)                                       # imports and caches are paid for
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        run(args)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not was_on:
            tracemalloc.stop()
