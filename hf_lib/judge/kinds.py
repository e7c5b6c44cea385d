"""The two sorts of exercise: write a function, give a value."""

import inspect
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import checks
from .calls import accepts, call, from_library, one_line, same_code
from .compare import Finding, a_type, agree, is_numeric
from .exercise import NOT_ATTEMPTED, Exercise, unanswered

LIBRARY = "the library's own"


@dataclass(kw_only=True, eq=False, repr=False)
class ValueExercise(Exercise):
    """The answer is a number, a text (one of ``choices``, if given), an array, or a tuple of these.

    A number is right within ``rtol`` (1 % unless stated).
    """

    choices: tuple[str, ...] = ()

    _praise = "That is the value."

    def _examine(self, answer):
        if answer is None:
            return NOT_ATTEMPTED
        if found := unanswered(answer):
            return found
        for diagnosis in self.diagnoses:
            if diagnosis.say and agree(answer, diagnosis.wrong, self._tolerance):
                return Finding(diagnosis.name, diagnosis.say)
        trials = [checks.Trial((), answer, self.reference)]
        context = checks.Context(self._tolerance)
        if found := checks.first(checks.FORM, trials, context):
            return found
        if agree(answer, self.reference, self._tolerance):
            return None
        if self.choices and answer.strip().casefold() not in map(str.casefold, self.choices):
            return Finding("not a choice", f"Choose one of: {', '.join(self.choices)}.")
        return checks.first(checks.VALUES, trials, context)

    @property
    def _tolerance(self):
        return 0.01 if self.rtol is None else self.rtol


@dataclass(kw_only=True, eq=False, repr=False)
class FunctionExercise(Exercise):
    """The answer is a function; it is called on a few random cases and held against the reference.

    Parameters
    ----------
    cases : callable
        ``cases(rng)`` gives the argument tuples, three to five small ones. It is called twice with
        the same seed, so that learner and reference get their own copies.
    linear_in : str, optional
        Name of the vector argument in which the function is linear: "not linear", "transposed",
        "not symmetric" and "negative curvature" are then told apart.
    mean_over : str, optional
        Name of the argument whose rows are the N examples of a mean, for "missing 1/N".
    own_work : tuple of callables
        Functions of a library whose use would defeat the exercise: no call may reach them.
    probe : callable, optional
        ``probe(answer, *args)`` gives what is compared, where that is not ``answer(*args)``: for
        functions that return functions, and for results with more than one right form.
    """

    cases: Callable
    linear_in: str = ""
    mean_over: str = ""
    own_work: tuple[Callable, ...] = ()
    probe: Callable | None = None

    _praise = "Your function agrees with the reference in every case."

    def __post_init__(self):
        super().__post_init__()
        if not inspect.isfunction(self.reference):
            raise ValueError(f"stub of {self.name}: expected it to end in a function, came {self.target}")
        self.parameters = list(inspect.signature(self.reference).parameters)

    def fresh_cases(self):
        """The argument tuples, made anew from the exercise's own seed."""
        return list(self.cases(np.random.default_rng(zlib.crc32(self.name.encode()))))

    def _examine(self, answer):
        if answer is None or answer is ...:
            return NOT_ATTEMPTED
        if not callable(answer):
            return Finding("wrong type", f"Expected a function, came {a_type(answer)}.")
        stub = self.compile(self.stub)
        if same_code(getattr(answer, "__code__", None), getattr(stub, "__code__", stub)):
            return NOT_ATTEMPTED
        if from_library(answer) or answer is self.reference:
            return Finding(LIBRARY, "Write it yourself: this function comes from the course's library.")

        trials = []
        for number, (args, kept) in enumerate(zip(self.fresh_cases(), self.fresh_cases()), start=1):
            if found := self._run(answer, args, kept, number, trials):
                return found
        return self._judge(answer, stub, trials)

    def _run(self, answer, args, kept, number, trials):
        """Call the learner's function in one case; append the trial, or return what went wrong."""
        if self.probe is None and not accepts(answer, args):
            asked = f"It is called as `{self.target}({', '.join(self.parameters)})`."
            return Finding("wrong number of arguments", asked)
        outcome = self._call(answer, args, watched=(*self.own_work, self.reference))
        if isinstance(outcome.error, NotImplementedError):
            return NOT_ATTEMPTED
        if found := unanswered(outcome.value):
            return found
        if outcome.passed_through:
            used = f"called on the way: `{outcome.passed_through[0]}`"
            return Finding(LIBRARY, "Write it yourself: your function hands the work on.", (used,))
        if outcome.error is not None:
            arrays = [(name, a) for name, a in zip(self.parameters, kept) if isinstance(a, np.ndarray)]
            case = ", ".join([f"in case {number}", *(f"`{name}` of shape {a.shape}" for name, a in arrays)])
            seen = (one_line(outcome.error, answer), case)
            return Finding("raised an error", "Your function stops with an error.", seen)
        if outcome.value is None:
            return Finding("nothing returned", "Your function returns None: is the `return` missing?")
        for name, after, before in zip(self.parameters, args, kept):
            if _contents(after) != _contents(before):
                seen = (f"`{name}` holds other values after the call",)
                return Finding("changed in place", "Your function changes its argument; work on a copy.", seen)
        reference = self.reference_output(kept)
        examples = len(kept[self.parameters.index(self.mean_over)]) if self.mean_over else None
        trials.append(checks.Trial(kept, _copy(outcome.value), reference, examples))
        return None

    def _judge(self, answer, stub, trials):
        if all(agree(t.out, t.ref, self.rtol) for t in trials):
            return checks.wrong_dtype(trials, None)
        for diagnosis in self.diagnoses:
            if diagnosis.say and self._same_outputs(diagnosis.wrong, trials):
                return Finding(diagnosis.name, diagnosis.say)
        if self.kind == "find the bug" and self._same_outputs(stub, trials):
            return Finding("the bug is still there", "The outputs are those of the cell as you found it.")
        context = checks.Context(
            self.rtol,
            self.parameters.index(self.linear_in) if self.linear_in else None,
            learner=lambda args: _numbers(self._call(answer, args).value),
            reference=lambda args: _numbers(self._call(self.reference, args).value),
        )
        return checks.first(checks.FORM + checks.VALUES, trials, context)

    def reference_output(self, args):
        """What the reference gives; an error in it is the exercise's own, and is raised."""
        outcome = self._call(self.reference, args)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def _call(self, function, args, watched=()):
        if self.probe is None:
            return call(function, args, watched)
        return call(self.probe, (function, *args), watched)

    def _same_outputs(self, function, trials):
        """Whether a declared wrong function gives the learner's output in every case."""
        outcomes = [self._call(function, args) for args in self.fresh_cases()]
        return all(o.error is None and agree(t.out, o.value, self.rtol) for o, t in zip(outcomes, trials))


def _contents(argument):
    """The bytes of all arrays in an argument, for telling whether it was changed in place."""
    if isinstance(argument, (list, tuple)):
        return [_contents(item) for item in argument]
    return argument.tobytes() if isinstance(argument, np.ndarray) else None


def _copy(value):
    """A copy that the learner's next call cannot write into; a huge array is judged by its shape alone."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copy, value)) if type(value) in (list, tuple) else value
    return value.copy() if isinstance(value, np.ndarray) and value.size < 10**7 else value


def _numbers(value):
    """A numeric array, or None where the value is none."""
    array = None if value is None or isinstance(value, (list, tuple)) else np.asarray(value)
    return array if array is not None and is_numeric(array) else None
