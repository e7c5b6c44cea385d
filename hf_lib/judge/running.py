"""The learner's function, called in every case: trials to be judged, or what went wrong on the way."""

import sys

from .calls import accepts, call, one_line, one_line_of, where_stopped
from .changes import arrays_in, contents, copied, moved, shares_memory, what_changed
from .compare import Finding, agree, form_of
from .fitting import fitted
from .limits import Stopped
from .readers import is_the_readers, places_of
from .shown import call_in_words
from .trials import Trial
from .unanswered import NOT_ATTEMPTED, unanswered


class Run:
    """The cases of one check.

    Attributes
    ----------
    trials : list of Trial
        The cases so far, with copies of what was returned.
    """

    def __init__(self, exercise, answer):
        self.exercise, self.answer = exercise, answer
        self.trials = []
        self.returned = []                               # the objects themselves: a later call may write into them
        self.view_of = ""                                # the argument in whose memory a result lies
        self.open_cases, self.warned = [], ()

    def all_cases(self):
        """Call the function in every case; return the first `Finding`, or None."""
        exercise = self.exercise
        cases = list(zip(exercise.fresh_cases(), exercise.fresh_cases()))
        for number, (args, kept) in enumerate(cases, start=1):
            if found := self.one_case(number, args, kept):
                return found._replace(details=(*found.details, f"case {number} of {len(cases)}: `{self.called(kept)}`"))
        if len(self.open_cases) == len(cases):
            return NOT_ATTEMPTED
        if self.open_cases:
            number = self.open_cases[0]
            seen = f"in case {number} of {len(cases)}: `{self.called(exercise.fresh_cases()[number - 1])}`"
            return Finding("not finished", "A part of your function is still `...`.", (seen,))
        return None

    def called(self, args):
        return call_in_words(self.exercise.target, self.exercise.parameters, args)

    def one_case(self, number, args, kept):
        """Append the trial of one case, or return what went wrong."""
        exercise, answer = self.exercise, self.answer
        if exercise.probe is None and not accepts(answer, args):
            return Finding("wrong number of arguments", f"It is called as `{exercise.target}"
                                                        f"({', '.join(exercise.parameters)})`.")
        before = contents(args)
        outcome = exercise.call(answer, args, watched=(*exercise.own_work, exercise.reference))
        for line in outcome.warned:
            if line not in self.warned:
                print(line, file=sys.stderr)             # held back, like all that the function prints
        self.warned += outcome.warned
        value = outcome.value
        if self.is_open(outcome):
            self.open_cases.append(number)
            return None
        if found := unanswered(value) or self.handed_on(outcome) or failed(outcome.error, exercise, answer):
            return found
        if value is None:
            return Finding("nothing returned", "Your function returns None: is the `return` missing?")
        for name, old, new in zip(exercise.parameters, before, contents(args)):
            if changed := what_changed(old, new, name):
                seen = (f"`{changed}` holds other values after the call",)
                return Finding("changed in place", "Your function changes its argument; work on a copy.", seen)
        reference = exercise.reference_output(kept)
        self.note_views(value, args, reference, kept)
        self.returned.append((value, contents(arrays_in(value))))
        examples = len(kept[exercise.parameters.index(exercise.mean_over)]) if exercise.mean_over else None
        self.trials.append(Trial(kept, fitted(copied(value), reference), reference, examples, number))
        return None

    def is_open(self, outcome):
        """Whether the call came to a ``...``, or to the learner's own `NotImplementedError`."""
        error = outcome.error
        if error is None:
            return unanswered(outcome.value) is NOT_ATTEMPTED
        if isinstance(error, TypeError) and "ellipsis" in one_line_of(error):
            return not any(is_the_readers(place, self.answer) for place, _ in places_of(error, self.exercise.probe))
        return isinstance(error, NotImplementedError) and is_the_readers(places_of(error)[0][0], self.answer)

    def handed_on(self, outcome):
        """The function called one that does the exercise's work."""
        if not outcome.calls:
            return None
        name = next(iter(outcome.calls))
        return Finding("handed on", f"`{name}` was called on the way: this exercise asks for that by hand.")

    def note_views(self, value, args, reference, kept):
        for name, argument, own in zip(self.exercise.parameters, args, kept):
            if not self.view_of and shares_memory(value, argument) and not shares_memory(reference, own):
                self.view_of = name

    def try_out(self, function):
        """``f(args) -> output`` for questions beside the cases: None where it fails, and once it did not end."""
        ended = True

        def output(args):
            nonlocal ended
            outcome = self.exercise.call(function, args) if ended else None
            ended = ended and not isinstance(outcome.error, Stopped)
            return outcome.value if ended else None

        return output

    def again(self):
        """What further calls show: a buffer handed out twice, a view of an argument, something kept between calls."""
        exercise = self.exercise
        if any(form_of(t.out, t.ref) for t in self.trials):
            return None
        exercise.call(self.answer, [moved(value) for value in exercise.fresh_cases()[0]])
        if any(contents(arrays_in(value)) != then for value, then in self.returned):
            return Finding("a buffer handed out twice", "A result changes when your function is called again: it gives "
                                                        "out the same array each time. Return a new one.")
        outcome = exercise.call(self.answer, exercise.fresh_cases()[0])
        first = self.trials[0]
        if outcome.error is not None or not agree(outcome.value, first.out):
            return Finding("not the same twice", "Called again with the same arguments, your function gives something "
                           "else: it keeps something between calls, or draws random numbers.",
                           (f"case 1 of {len(self.trials)}, called again: `{self.called(first.args)}`",))
        if self.view_of:
            return Finding("a view of an argument", f"The result lies in the memory of `{self.view_of}`: whoever "
                                                    "changes one changes the other. Return a copy.")
        return None


def failed(error, exercise, answer):
    """The `Finding` on an error; whose it is depends on the lines that it went through."""
    if error is None:
        return None
    if isinstance(error, Stopped):
        place = where_stopped(error, answer)
        seen = (f"it was at the line `{place}`",) if place else ()
        return Finding("does not end", f"Your function was stopped after {error.after}: does a loop in it never end?",
                       seen)
    seen = (one_line(error, answer),)
    places = places_of(error, exercise.probe)
    in_it = exercise.probe is None or any(is_the_readers(place, answer) for place, _ in places)
    if in_it and isinstance(error, TypeError) and "ellipsis" in one_line_of(error):
        return Finding("not finished", "A part of your function is still `...`.", seen)
    if in_it:
        return Finding("raised an error", "Your function stops with an error.", seen)
    if isinstance(error, TypeError) and "positional argument" in one_line_of(error):
        return Finding("wrong number of arguments", "It takes another number of arguments than it is given.", seen)
    return Finding("wrong type", "What your function returns cannot be used as the exercise says.", seen)


def call_of(exercise, function, args, watched=()):
    """``function(*args)``, or what the exercise's probe makes of it."""
    if exercise.probe is None:
        return call(function, args, watched)
    return call(exercise.probe, (function, *args), watched)
