"""What an answer may not do beside its result: change its arguments, share its memory, remember."""

import codecs
from types import SimpleNamespace

import numpy as np
import pytest
from own_exercises import FUNCTION

from hf_lib.exercises import FunctionExercise
from hf_lib.judge.changes import contents, what_changed


def exercise_of(code, cases, **more):
    return FunctionExercise(**FUNCTION | dict(stub=code.splitlines()[0] + "\n    ...", code=code, cases=cases,
                                              linear_in="", mean_over="", own_work=(), diagnoses=()) | more)


def appended(values):
    values.append(1.0)
    return sum(values) - 1.0


def test_a_list_changed_in_place():
    cases = lambda rng: [([1.0, 2.0 * k],) for k in (1, 2, 3)]
    exercise = exercise_of("def total(values):\n    return sum(values)", cases)
    verdict = exercise.check(appended)
    assert verdict.diagnosis == "changed in place"
    assert verdict.details == ("`values` holds other values after the call", "case 1 of 3: `total(values=[1.0, 2.0])`")


def objects(rng):
    for n in (2, 3, 4):
        inner = SimpleNamespace(z=rng.normal(size=n))
        yield (SimpleNamespace(lin=inner, sizes=[1, n], table={"a": [np.ones(n)]}, _buffer=np.zeros(n)),)


@pytest.mark.parametrize("change, name", [
    (lambda p: p.lin.z.__imul__(2), "`problem.lin.z`"),
    (lambda p: setattr(p.lin, "z", 2 * p.lin.z), "`problem.lin.z`"),
    (lambda p: p.sizes.append(1), "`problem.sizes`"),
    (lambda p: p.table["a"][0].__iadd__(1), "`problem.table['a']`"),
    (lambda p: p.table.clear(), "`problem.table['a']`"),
])
def test_an_object_changed_inside(change, name):
    exercise = exercise_of("def total(problem):\n    return problem.lin.z.sum()", objects)

    def answer(problem):
        total = problem.lin.z.sum()
        change(problem)
        return total

    verdict = exercise.check(answer)
    assert verdict.diagnosis == "changed in place" and verdict.details[0].startswith(name), verdict


def test_what_an_object_keeps_for_itself_is_no_change():
    exercise = exercise_of("def total(problem):\n    return problem.lin.z.sum()", objects)

    def answer(problem):
        problem._buffer += 1                             # its own business
        problem.kept = 3                                 # as a cached property does
        return problem.lin.z.sum()

    assert exercise.check(answer).status == "correct"
    assert what_changed(contents([1, 2]), contents([1, 2]), "x") == ""


def vectors(rng):
    for n in (3, 3, 4):
        yield rng.normal(size=n), float(rng.normal())


TIMES = exercise_of("def times(x, c):\n    return x * c", vectors)


def test_a_buffer_handed_out_twice():
    kept = {}

    def answer(x, c):
        return np.multiply(x, c, out=kept.setdefault(len(x), np.empty_like(x)))

    assert TIMES.check(answer).diagnosis == "a buffer handed out twice"
    assert TIMES.check(lambda x, c: answer(x, c).copy()).status == "correct"


def test_something_kept_between_calls():
    sums = []

    def answer(x, c):
        sums.append(c)
        return x * c + (len(sums) > 4)

    verdict = TIMES.check(answer)
    assert verdict.diagnosis == "not the same twice"
    assert verdict.details[0].startswith("case 1 of 3, called again: `times(x=[")
    rng = np.random.default_rng()
    assert TIMES.check(lambda x, c: x * c + rng.normal()).diagnosis == "not the same twice"


def test_a_result_in_the_memory_of_an_argument():
    cases = lambda rng: [(rng.normal(size=n), float(np.sign(rng.normal()))) for n in (3, 4, 5, 6)]
    code = "def absolute(x, c):\n    return x.copy() if c > 0 else -x"
    exercise = exercise_of(code, cases)
    verdict = exercise.check(lambda x, c: x if c > 0 else -x)
    assert verdict.diagnosis == "a view of an argument" and "`x`" in verdict.message
    as_the_reference_does = exercise_of(code.replace(".copy()", ""), cases)
    assert as_the_reference_does.check(lambda x, c: x[:] if c > 0 else -x).status == "correct"


@pytest.mark.parametrize("body", ["return ...", "raise NotImplementedError", "return x * ..."])
def test_a_branch_that_is_still_open_is_not_finished(body):
    cases = lambda rng: [(rng.normal(size=3), c) for c in (1.0, 2.0, -1.0)]
    exercise = exercise_of("def absolute(x, c):\n    return x * c if c > 0 else -x", cases)
    namespace = {}
    exec(f"def absolute(x, c):\n    if c > 0:\n        return x * c\n    {body}", namespace)
    verdict = exercise.check(namespace["absolute"])
    assert verdict.diagnosis == "not finished" and "case 3 of 3" in "".join(verdict.details)


def test_an_error_of_the_library_is_not_taken_for_a_stub():
    verdict = FunctionExercise(**FUNCTION).check(lambda J, h, v: codecs.Codec().encode(""))
    assert verdict.diagnosis == "raised an error" and "NotImplementedError" in verdict.details[0]


# ---- float32 ---------------------------------------------------------------------------------------


def single(code, cases, **more):
    return exercise_of(code, cases, single=True, **more)


def test_float32_in_and_out():
    code = "def step(x, c):\n    return x - c * x"
    exercise = single(code, vectors)
    assert exercise.check(lambda x, c: (1 - c) * x).status == "correct"
    assert exercise.check(lambda x, c: [xi - c * xi for xi in x.tolist()]).status == "correct"
    promoted = exercise.check(lambda x, c: x - np.full(len(x), c) * x)
    assert promoted.diagnosis == "wrong dtype" and "float32" in promoted.message
    assert promoted.details[0] == "dtype float64, expected float32"
    assert exercise_of(code, vectors).check(lambda x, c: x - np.full(len(x), c) * x).status == "correct"


def test_a_function_among_the_arguments_and_a_numpy_number_promote_nothing():
    def cases(rng):
        for n in (2, 3, 4):
            A = rng.normal(size=(n, n))
            yield (lambda v, A=A: A @ v), rng.normal(size=n), np.float64(rng.normal())

    exercise = single("def step(A, x, c):\n    return x - c * A(x)", cases)
    assert exercise.check(lambda A, x, c: x - A(x) * c).status == "correct"


def test_a_formula_that_needs_double_precision():
    code = "def slope(x, c):\n    return np.cos(x)"
    exercise = single(code, vectors, rtol=1e-5)
    t = 1e-7
    verdict = exercise.check(lambda x, c: (np.sin(x + t) - np.sin(x - t)) / (2 * t))
    assert verdict.diagnosis == "wrong values" and "float32" in verdict.message
