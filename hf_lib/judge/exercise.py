"""What all exercises share: declared once, then checked, hinted at, solved and handed on.

An exercise is declared by its texts: the *stub* as it stands in the notebook, and the *code* that
solves it in its place. The reference against which answers are judged is compiled from that code, so
that the three cannot drift apart.
"""

import ast
import inspect
import linecache
import os
import re
import textwrap
import zlib
from dataclasses import dataclass, field

import numpy as np
from IPython import get_ipython
from IPython.display import display

from .answers import Answer, Text, Verdict
from .compare import Finding
from .held import held
from .remembered import keep
from .unanswered import NOT_ATTEMPTED

KINDS = ("warm-up", "core", "stretch", "find the bug")
CLOSED = "HF_NO_SOLUTIONS"       # set to 1 where readers shall not see solutions, as on a hub
MOST_DETAILS = 11                # lines below the heading of a verdict


class FaultyExercise(RuntimeError):
    """The exercise itself is at fault: its reference fails."""


@dataclass(frozen=True)
class Diagnosis:
    """A typical wrong answer, and the name of what is wrong with it.

    With ``say`` it is a diagnosis of its exercise: whoever gives the same outputs in all cases is told
    so. Without, ``name`` is one of the general diagnoses, and ``wrong`` a sample that must get it.
    """

    name: str
    wrong: object
    say: str = ""


@dataclass(kw_only=True, eq=False, repr=False)
class Exercise:
    """The part that `FunctionExercise` and `ValueExercise` share.

    Parameters
    ----------
    name : str
        ``"ch06.q1"``: the module and the name under which the exercise is declared.
    title : str
    kind : {"warm-up", "core", "stretch", "find the bug"}
    stub, code : str
        Source texts: as it stands in the notebook, and solved. The last function or variable that
        the stub defines is the answer. Where little changes, ``code`` may be a dict of parts of the
        stub, each of which stands there once, and of what stands in their place.
    why : str
        Markdown shown below the code by ``solution()``.
    hints : tuple of three str
        Markdown, from a nudge to nearly there.
    diagnoses : tuple of `Diagnosis`
        At least three wrong answers, the more specific first.
    uses : dict
        What the code finds in the notebook beside ``np``, as ``{"hf": hf}``.
    rtol : float, optional
        Relative tolerance; else argued from the dtype (functions) or 1 % (values).
    """

    name: str
    title: str
    kind: str
    stub: str
    code: str | dict
    why: str
    hints: tuple[str, str, str]
    diagnoses: tuple[Diagnosis, ...]
    uses: dict = field(default_factory=dict)
    rtol: float | None = None

    def __post_init__(self):
        if not re.fullmatch(r"ch\d\d\.q\d+", self.name):
            raise ValueError(f"name: expected 'chNN.qK', came {self.name!r}")
        if self.kind not in KINDS:
            raise ValueError(f"kind of {self.name}: expected one of {KINDS}, came {self.kind!r}")
        if not isinstance(self.hints, tuple) or len(self.hints) != 3:
            raise ValueError(f"hints of {self.name}: expected a tuple of three, came {self.hints!r}")
        self.stub, self.why = _tidy(self.stub), _tidy(self.why)
        self.code = _changed(self.name, self.stub, self.code) if isinstance(self.code, dict) else _tidy(self.code)
        self.hints = tuple(map(_tidy, self.hints))
        self.target = _last_name(self.name, self.stub)
        self.reference = self.compile(self.code)
        self._hints_read = 0
        self._correct = ()  # holds the reader's last correct answer, and where it is from if not from this session
        self._said = (None, None)  # the last verdict, and the run of a cell in which it was given

    def __repr__(self):
        return f"{self.name} ({self.kind}): {self.title}"

    @property
    def cell(self):
        """Source of the notebook cell: the marker line, the stub, the call of the check."""
        gap = "\n\n\n" if inspect.isroutine(self.reference) else "\n\n"
        return f"# exercise {self.name}\n{self.stub}{gap}{self.name}.check({self.target})"

    @property
    def answer(self):
        """The reader's last correct answer in this session, or else the course's; it says which."""
        if self._correct:
            return Answer(self.name, self._correct[0], True, *self._correct[1:])
        return Answer(self.name, self.reference, yours=False)

    def take(self, answer, whence):
        """Hand on an answer that was found correct elsewhere as the reader's own."""
        self._correct = (answer, whence)

    def check(self, answer):
        """Judge an answer; return a `Verdict`. Never raises on an answer, whatever it is."""
        verdict = self._verdict(answer)
        self._said = (verdict, _running())
        return verdict

    def _verdict(self, answer):
        if type(answer) is Answer:                       # a foreign object may raise when it is asked for its class
            answer = answer.value
        with held() as stream:
            found = self._looked_at(answer)
        printed = tuple(f"printed: {line}" for line in stream.first_lines())
        if found is None:
            self._correct = (answer,)
            fault = keep(self, answer)
            return Verdict(self.name, "correct", "", self._praise, (*printed, *([fault] if fault else [])))
        if found.name == NOT_ATTEMPTED.name:
            return Verdict(self.name, "not attempted", "", found.message)
        return Verdict(self.name, "incorrect", found.name, found.message, (*found.details, *printed)[:MOST_DETAILS])

    def _looked_at(self, answer):
        """What the examination finds; an answer that cannot even be looked at is of the wrong type."""
        try:
            return self._examine(answer)
        except (KeyboardInterrupt, FaultyExercise):
            raise
        except BaseException as error:                   # a foreign object may raise anything at any question
            seen = (f"a look at it raises {type(error).__name__}",)
            return Finding("wrong type", "This answer is of a sort that cannot be examined.", seen)

    def hint(self, number=None):
        """Hint 1, 2 or 3 as a `Text`; without a number, the next one not yet read."""
        if number is None:
            number = min(self._hints_read + 1, 3)
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise TypeError(f"number: expected 1, 2 or 3 as an int, came {number!r}")
        if number not in (1, 2, 3):
            raise ValueError(f"number: expected 1, 2 or 3, came {number}")
        self._hints_read = max(self._hints_read, number)
        self._show_verdict()
        return Text(f"Hint {number} of 3 for {self.name}", self.hints[number - 1])

    def solution(self):
        """The code and why it is so, as a `Text`; a sentence instead where `HF_NO_SOLUTIONS` is set to 1."""
        self._show_verdict()
        if os.environ.get(CLOSED, "0") not in ("", "0"):
            closed = (f"Whoever set up this server has closed the solutions for now (by its variable `{CLOSED}`); ask "
                      "your teacher when they open. The hints are there, and a check still says what is wrong.")
            return Text(f"Solution of {self.name}", closed)
        return Text(f"Solution of {self.name}", f"```python\n{self.code}\n```\n\n{self.why}")

    def _show_verdict(self):
        """Show the verdict of a check that stands above in the same cell, which shows its last value only."""
        (verdict, run), self._said = self._said, (None, None)
        if run is not None and run == _running():
            display(verdict)

    def compile(self, source, filename=None):
        """Run a source text as the notebook would; return what it defines under the stub's name.

        Its lines are known by ``filename`` from then on, so that an error can show them.
        """
        namespace = {"np": np, "__name__": f"hf_lib.exercises.{self.name}", **self.uses}
        filename = filename or f"<{self.name}, {zlib.crc32(source.encode()):08x}>"
        linecache.cache[filename] = len(source), None, source.splitlines(keepends=True), filename
        exec(compile(source, filename, "exec"), namespace)
        return namespace[self.target]


def _running():
    """The number of the cell's run; None where no notebook runs."""
    return getattr(get_ipython(), "execution_count", None)


def _tidy(text):
    return textwrap.dedent(text).strip()


def _changed(exercise, stub, changes):
    """The stub with each part that `changes` names replaced."""
    for part, instead in changes.items():
        if stub.count(part) != 1:
            raise ValueError(f"code of {exercise}: expected {part!r} once in the stub, it stands there "
                             f"{stub.count(part)} times")
        stub = stub.replace(part, instead)
    return stub


def _last_name(exercise, stub):
    """The last function or variable that a stub defines at its top level."""
    names = []
    for node in ast.parse(stub).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names.append(node.targets[0].id)
    if not names:
        raise ValueError(f"stub of {exercise}: expected a function or an assignment, came {stub!r}")
    return names[-1]
