"""What an exercise may ask for beside right values."""

import numpy as np
import pytest
from own_exercises import FUNCTION, written_in_a_notebook

from hf_lib.exercises import FunctionExercise
from hf_lib.judge.demands import Calls, Memory


def small_cases(rng):
    for d in (2, 3, 4):
        A = rng.normal(size=(d, d))
        yield (lambda v, A=A: A @ v), rng.normal(size=d)


def twice(demand, **more):
    """v → A(A(v)), where the demand is part of the task."""
    return FunctionExercise(**FUNCTION | dict(
        stub="def twice(A, v):\n    ...", code="def twice(A, v):\n    return A(A(v))", cases=small_cases,
        linear_in="", mean_over="", own_work=(), diagnoses=(), demands=(demand,), **more))


@pytest.mark.parametrize("most", [2, lambda A, v: 2])
def test_an_argument_is_called_so_often_and_no_more(most):
    exercise = twice(Calls("A", most=most, say="Two products are enough."))
    assert exercise.check(lambda A, v: A(A(v))).status == "correct"
    verdict = exercise.check(lambda A, v: (A(v), A(A(v)))[1])
    assert (verdict.diagnosis, verdict.message) == ("too many calls", "Two products are enough.")
    assert verdict.details == ("`A` was called 3 times; 2 asked for",)


def test_a_function_of_a_library_is_called_so_often_and_no_more():
    exercise = FunctionExercise(**FUNCTION | dict(
        own_work=(), diagnoses=(), demands=(Calls(np.linalg.multi_dot, most=1, say="One is enough."),)))
    once = written_in_a_notebook(
        "def product(J, h, v): return np.linalg.multi_dot([J.T, h[:, None] * J, v]) / len(J)")
    assert exercise.check(once).status == "correct"
    verdict = exercise.check(lambda J, h, v: (once(J, h, v) + once(J, h, v)) / 2)
    assert verdict.diagnosis == "too many calls" and "2 times" in verdict.details[0]


def test_no_large_array():
    def big(rng):
        return rng.normal(size=(20, 400)), rng.uniform(0.5, 2.0, size=20), rng.normal(size=400)

    demand = Memory(floats=lambda J, h, v: 4 * J.size, say="Never form the (d, d) matrix.", case=big)
    exercise = FunctionExercise(**FUNCTION | dict(diagnoses=(), demands=(demand,)))
    assert exercise.check(written_in_a_notebook(exercise.code)).status == "correct"
    verdict = exercise.check(lambda J, h, v: (J.T * h) @ J @ v / len(J))
    assert (verdict.diagnosis, verdict.message) == ("too much memory", "Never form the (d, d) matrix.")
    assert "numbers were held at once" in verdict.details[0]


def test_an_answer_that_fails_in_the_large_case_is_not_correct():
    demand = Memory(floats=lambda J, h, v: 10**6, say="-", case=lambda rng: (np.eye(20), np.ones(20), np.ones(20)))
    exercise = FunctionExercise(**FUNCTION | dict(diagnoses=(), demands=(demand,)))

    def small_only(J, h, v):
        if len(v) > 10:
            raise ValueError("too large")
        return J.T @ (h * (J @ v)) / len(J)

    assert exercise.check(small_only).diagnosis == "raised an error"


def test_a_demand_comes_after_the_values():
    exercise = twice(Calls("A", most=2, say="Two products are enough."))
    assert exercise.check(lambda A, v: A(A(A(v)))).diagnosis == "wrong values"
