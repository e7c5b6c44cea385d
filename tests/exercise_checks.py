"""What every exercise of every chapter must satisfy; `test_exercises.py` runs these on all of them.

An author who adds ``hf_lib/exercises/chNN.py`` writes no test: the declaration is the test.
"""

import ast

import numpy as np

from hf_lib.exercises import FunctionExercise, solved
from hf_lib.judge.compare import agree

# The names under which the framework itself reports; any other diagnosis must say what it means.
GENERAL = {
    "wrong type", "wrong shape", "wrong dtype", "not finite", "wrong number of arguments", "raised an error",
    "nothing returned", "changed in place", "the library's own", "sign", "factor 2", "factor ½", "missing 1/N",
    "1/N twice", "constant factor", "transposed", "not linear", "not symmetric", "negative curvature",
    "wrong values", "not a choice", "the bug is still there", "not finished", "handed on", "does not end",
    "not close enough", "order of the results", "shifted by one", "reverse order", "absolute value", "squared",
    "square root", "reciprocal", "rounded", "zero everywhere", "the same in every case", "constant offset",
    "one factor off", "argument without effect", "one too many", "one too few", "not the same twice",
    "a buffer handed out twice", "a view of an argument", "too many calls", "too much memory", "a loop",
}  # fmt: skip


def stub_is_not_attempted(exercise):
    verdict = exercise.check(exercise.compile(exercise.stub))
    assert verdict.status == "not attempted", verdict


def solution_is_correct(exercise):
    verdict = exercise.check(exercise.compile(exercise.code))
    assert verdict.status == "correct", verdict


def wrong_answers_are_diagnosed(exercise):
    assert len(exercise.diagnoses) >= 3, "declare at least three wrong answers"
    for diagnosis in exercise.diagnoses:
        assert diagnosis.say or diagnosis.name in GENERAL, f"{diagnosis.name!r} is no general name: say what it means"
        verdict = exercise.check(diagnosis.wrong)
        assert (verdict.status, verdict.diagnosis) == ("incorrect", diagnosis.name), verdict
        assert verdict.message and "\n" not in repr(verdict.message)


def the_bug_is_noticed(exercise):
    """A rewriting of the stub that computes the same does not pass."""
    if exercise.kind != "find the bug":
        return
    tree = ast.parse(exercise.stub)
    tree.body[-1].body.insert(0, ast.parse("unused = 0").body[0])
    verdict = exercise.check(exercise.compile(ast.unparse(ast.fix_missing_locations(tree))))
    assert verdict.status == "incorrect", verdict


def texts_are_there(exercise):
    assert exercise.title and exercise.why and all(exercise.hints)
    assert len(set(exercise.hints)) == 3
    for number in (1, 2, 3):
        assert exercise.hints[number - 1] in exercise.hint(number).markdown
    assert exercise.code in repr(exercise.solution())
    assert max(len(cell.splitlines()) for cell in (exercise.cell, solved(exercise.cell))) <= 40
    compile(solved(exercise.cell), exercise.name, "exec")


def cases_are_sound(exercise):
    """At least three, and the same at every check."""
    if not isinstance(exercise, FunctionExercise):
        return
    first, second = exercise.fresh_cases(), exercise.fresh_cases()
    assert len(first) >= 3
    for args, again in zip(first, second, strict=True):
        assert agree(exercise.reference_output(args), exercise.reference_output(again), exercise.rtol)
    for name in (exercise.linear_in, exercise.mean_over):
        assert name in ("", *exercise.parameters)


def junk_never_raises(exercise):
    for number, junk in enumerate(JUNK):
        verdict = exercise.check(junk)
        assert verdict.status != "correct", f"junk {number} passed"
        assert "Traceback" not in repr(verdict) and len(repr(verdict)) < 2000 and len(verdict.details) < 12
        verdict._repr_html_()


def stands_in(exercise, notebook):
    """The notebook holds the exercise in one cell, as declared."""
    sources = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    cells = [s for s in sources if s.startswith(f"# exercise {exercise.name}\n")]
    assert len(cells) == 1, f"{len(cells)} cells start with '# exercise {exercise.name}'"
    assert exercise.stub in cells[0], f"the stub of {exercise.name} differs from the notebook's"
    assert f"{exercise.name[5:]}.check({exercise.target})" in cells[0]  # ch06.q1 or ex.q1
    ast.parse(solved(cells[0]))


EVERY_EXERCISE = (
    stub_is_not_attempted,
    solution_is_correct,
    wrong_answers_are_diagnosed,
    the_bug_is_noticed,
    texts_are_there,
    cases_are_sound,
    junk_never_raises,
)


# ---- answers of no sense ---------------------------------------------------------------------------


def raises(*args):
    raise RuntimeError("first line\nsecond line")


def raises_without_words(*args):
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    raise Mute


def leaves(*args):
    raise SystemExit(3)


def recurses(*args):
    return recurses(*args)


def spoils_its_arguments(*args):
    for a in args:
        if isinstance(a, np.ndarray):
            a[...] = 0
    return args[0] if args else 0


class Hostile:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("not an array")

    def __eq__(self, other):
        raise RuntimeError("not to be compared")

    def __repr__(self):
        raise RuntimeError("not to be shown")

    __hash__ = object.__hash__


JUNK = (
    None,
    ...,
    "a text",
    float("nan"),
    [1, "two", None],
    {"a": 1},
    object(),
    Hostile(),
    np.zeros((7, 0, 3)),
    lambda: 0,
    lambda a, b, c, d, e, f, g, h, i: 0,
    lambda *args: None,
    lambda *args: ...,
    lambda *args: "text",
    lambda *args: float("nan"),
    lambda *args: np.full(np.shape(args[-1]), np.inf),
    lambda *args: [1.0, [2.0, "three"]],
    lambda *args: {"x": 1},
    lambda *args: (x for x in args),
    lambda *args: np.broadcast_to(1.0, (10**6, 10**6)),
    lambda *args: np.array([None, "x"], dtype=object),
    lambda *args: 10**400,
    lambda *args: 1e308 * np.ones(np.shape(args[-1])),
    lambda *args: np.zeros(np.shape(args[-1]), dtype="datetime64[s]"),
    lambda *args: Hostile(),
    lambda *args: args,
    int,
    np.add,
    raises,
    raises_without_words,
    leaves,
    recurses,
    spoils_its_arguments,
)
