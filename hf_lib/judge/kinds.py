"""The two sorts of exercise: write a function, give a value."""

import inspect
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import checks
from .calls import one_line_of, same_code
from .compare import Finding, a_type, agree
from .demands import broken
from .exercise import Exercise, FaultyExercise
from .fitting import fitted, plain
from .running import Run, call_of
from .single import fails_in_single
from .slips import one_slip
from .trials import Context, Trial, case_in_words, first_wrong
from .unanswered import NOT_ATTEMPTED, unanswered
from .watching import attribute, from_library

LIBRARY = "the library's own"


@dataclass(kw_only=True, eq=False, repr=False)
class ValueExercise(Exercise):
    """The answer is a number, a text (one of ``choices``, if given), an array, or a tuple of these.

    A number is right within ``rtol`` (1 % unless stated). ``also`` holds other right answers in full: a whole number
    where the solution has a fraction, a second root. ``variant(rng)``, if given, draws other numbers (see
    `variants.drawn`): a dict of ``code``, ``diagnoses`` and, if it changes, ``stub``; and of ``text``, for a sheet.
    """

    choices: tuple[str, ...] = ()
    also: tuple = ()
    variant: Callable | None = None

    _praise = "That is the value."

    def _examine(self, answer):
        if answer is None:
            return NOT_ATTEMPTED
        if found := unanswered(answer):
            return found
        if any(agree(answer, right, self._tolerance) for right in self.also):
            return None
        for diagnosis in self.diagnoses:
            if diagnosis.say and agree(answer, diagnosis.wrong, self._tolerance):
                return Finding(diagnosis.name, diagnosis.say)
        trials = [Trial((), fitted(answer, self.reference), self.reference)]
        context = Context(self._tolerance)
        if found := checks.first((checks.wrong_form, checks.not_finite), trials, context):
            return found
        if agree(answer, self.reference, self._tolerance):
            return None
        if self.choices and plain(trials[0].out) not in map(plain, self.choices):
            return Finding("not a choice", f"Choose one of: {', '.join(self.choices)}.")
        return checks.first(checks.VALUES, trials, context)

    @property
    def _tolerance(self):
        return 0.01 if self.rtol is None else self.rtol


@dataclass(kw_only=True, eq=False, repr=False)
class FunctionExercise(Exercise):
    """The answer is a function; it is called on a few random cases and compared with the reference.

    Parameters
    ----------
    cases : callable
        ``cases(rng)`` gives the argument tuples, three to five small ones. It is called again with
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
    demands : tuple of callables
        What is asked for beside right values: `demands.Calls` (of a function, so many at most),
        `demands.Memory` (no large array). They are checked when all values are right.
    single : bool
        Whether the cases are run in single precision too: float32 arrays in, float32 arrays out.
    """

    cases: Callable
    linear_in: str = ""
    mean_over: str = ""
    own_work: tuple[Callable, ...] = ()
    probe: Callable | None = None
    demands: tuple[Callable, ...] = ()
    single: bool = False

    _praise = "Your function agrees with the reference in every case."

    def __post_init__(self):
        super().__post_init__()
        if not inspect.isfunction(self.reference):
            raise ValueError(f"stub of {self.name}: expected it to end in a function, came {self.target}")
        self.parameters = list(inspect.signature(self.reference).parameters)

    def fresh_cases(self):
        """The argument tuples, made anew from the exercise's own seed."""
        return list(self._cases_one_by_one())

    def _cases_one_by_one(self):
        return iter(self.cases(np.random.default_rng(zlib.crc32(self.name.encode()))))

    def call(self, function, args, watched=()):
        """The `Outcome` of a function, or of the exercise's probe of it, in one case."""
        return call_of(self, function, args, watched)

    def reference_output(self, args):
        """What the reference gives; an error in it is the exercise's own, and is raised."""
        outcome = self.call(self.reference, args)
        if outcome.error is not None:
            raise FaultyExercise(f"the reference of {self.name} fails: {one_line_of(outcome.error)}") from outcome.error
        return outcome.value

    def _examine(self, answer):
        if answer is None or answer is ...:
            return NOT_ATTEMPTED
        if not callable(answer):
            return Finding("wrong type", f"Expected a function, came {a_type(answer)}.")
        stub = self.compile(self.stub)
        if same_code(attribute(answer, "__code__"), stub.__code__):
            return NOT_ATTEMPTED
        if from_library(answer) or answer is self.reference:
            return Finding(LIBRARY, "Write it yourself: this function comes from the course's library.")
        run = Run(self, answer)
        if found := run.all_cases():
            return found
        if not all(agree(t.out, t.ref, self.rtol) for t in run.trials):
            return self._wrong(run, stub)
        return checks.wrong_dtype(run.trials, None) or run.again() or self._beside_the_values(answer)

    def _wrong(self, run, stub):
        """The name of what is wrong with the values: the most specific first."""
        trials = run.trials
        declared = (d for d in self.diagnoses if d.say and self._same_outputs(d.wrong, trials))
        found = next((Finding(d.name, d.say) for d in declared), None)
        if self.kind == "find the bug" and self._same_outputs(stub, trials):
            more = (found.message,) if found else ()
            return Finding("the bug is still there", "The outputs are those of the cell as you found it.", more)
        if found:
            return found
        context = Context(
            self.rtol,
            self.parameters.index(self.linear_in) if self.linear_in else None,
            learner=run.try_out(run.answer),
            reference=run.try_out(self.reference),
            target=self.target,
            parameters=tuple(self.parameters),
        )
        if found := checks.first(checks.FORM, trials, context) or run.again():
            return found
        found = checks.first(checks.VALUES, trials, context)
        if found.name in ("wrong values", "one part wrong"):
            found = one_slip(self, trials) or found
        shown = case_in_words(first_wrong(trials, context), context, len(trials))
        return found._replace(details=(*found.details, *shown))

    def _beside_the_values(self, answer):
        """What the exercise asks for beyond right values in double precision."""
        if self.single and (found := fails_in_single(self, answer)):
            return found
        return broken(self.demands, self, answer)

    def _same_outputs(self, function, trials):
        """Whether a declared wrong function gives the learner's output in every case."""
        return all(self._gives(function, args, trial.out) for args, trial in zip(self._cases_one_by_one(), trials))

    def _gives(self, function, args, out):
        outcome = self.call(function, args)
        return outcome.error is None and agree(out, outcome.value, self.rtol)
