"""A case in words, and the few arguments of `hint`."""

import numpy as np
import pytest
from own_exercises import FUNCTION

from hf_lib.exercises import FunctionExercise
from hf_lib.judge.exercise import FaultyExercise
from hf_lib.judge.shown import call_in_words, difference_in_words, in_words, which


@pytest.mark.parametrize("value, words", [
    (0.001, "0.001"), (True, "True"), (np.float64(0.1), "0.1"), (np.float32(0.1), "0.1"), ("softmax", "'softmax'"),
    (np.array([1.0, 2 / 3]), "[1, 0.6667]"), (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
    (np.zeros((4, 3, 6)), "<array 4×3×6>"), (np.zeros(9, np.float32), "<array 9 float32>"),
    ([1, 20, 3], "[1, 20, 3]"), ([[], [0, 0]], "[[], [0, 0]]"), ((1.5,), "(1.5,)"), (list(range(30)), "<list of 30>"),
    (np.sin, "sin"), (lambda v: v, "a function"), (np.array([np.inf, np.nan]), "[∞, nan]"), (None, "<NoneType>"),
    ("x" * 100, "'" + "x" * 56 + "…"),
])
def test_values_in_words(value, words):
    assert in_words(value) == words


def test_a_call_in_words_stays_one_short_line():
    assert call_in_words("next_damping", ("lam", "better"), (0.001, True)) == "next_damping(lam=0.001, better=True)"
    many = [f"a{i}" for i in range(40)]
    assert len(call_in_words("f", many, [np.arange(8.0) / 3] * 40)) <= 400


@pytest.mark.parametrize("out, ref, lines", [
    (0.01, 0.00025, ("came `0.01`, expected `0.00025`",)),
    (1 / 3 + 1e-8, 1 / 3, ("came `0.333333343`, expected `0.333333333`",)),
    ((1.0, 5, np.ones(2)), (1.0, 6, np.zeros(2)), ("value 2 of 3: came `5`, expected `6`",
                                                   "value 3 of 3: came `[1, 1]`, expected `[0, 0]`")),
    (np.eye(4), np.eye(4) * [1, 1, 3, 1], ("shape (4, 4), at [2, 2] came `1`, expected `3`",)),
    (np.inf, 1e300, ("came `∞`, expected `1e+300`",)),
    (True, False, ("came `True`, expected `False`",)),
    ("a", "b", ("came 'a', expected 'b'",)),
    ((1, 1, 1, 1, 1), (2, 2, 2, 2, 2), (*(f"value {i} of 5: came `1`, expected `2`" for i in (1, 2, 3)),
                                        "2 more differ")),
])
def test_differences_in_words(out, ref, lines):
    assert difference_in_words(out, ref) == lines


def test_which():
    assert (which([3]), which([1, 2]), which([1, 2, 4], "value")) == ("case 3", "cases 1 and 2", "values 1, 2 and 4")


def test_the_failing_case_is_shown():
    exercise = FunctionExercise(**FUNCTION | dict(
        stub="def next_damping(lam, better):\n    ...",
        code="def next_damping(lam, better):\n    return lam / 4 if better else lam * 10",
        cases=lambda rng: [(1.0, True), (1.0, False), (0.001, True)],
        linear_in="", mean_over="", own_work=(), diagnoses=()))
    verdict = exercise.check(lambda lam, better: max(lam / 4, 0.01) if better else lam * 10)
    assert repr(verdict).splitlines() == [
        "✗ ch99.q1: incorrect: wrong values. The form is right, but the values differ in case 3 of 3.",
        "    case 3 of 3: `next_damping(lam=0.001, better=True)`",
        "    came `0.01`, expected `0.00025`"]


@pytest.mark.parametrize("number", [2.0, True, "2", [1], np.float64(1), np.True_])
def test_a_hint_has_a_whole_number(number):
    with pytest.raises(TypeError, match="number: expected 1, 2 or 3 as an int, came "):
        FunctionExercise(**FUNCTION).hint(number)


@pytest.mark.parametrize("number", [0, 4, -1, np.int64(7)])
def test_there_are_three_hints(number):
    with pytest.raises(ValueError, match=f"number: expected 1, 2 or 3, came {number}"):
        FunctionExercise(**FUNCTION).hint(number)


def test_numpy_s_whole_numbers_are_whole_numbers():
    assert FunctionExercise(**FUNCTION).hint(np.int64(2)).title.startswith("Hint 2 of 3")


def test_a_fault_of_the_exercise_is_not_the_reader_s():
    exercise = FunctionExercise(**FUNCTION | dict(code="def product(J, h, v):\n    return J @ h", diagnoses=()))
    with pytest.raises(FaultyExercise, match="the reference of ch99.q1 fails"):
        exercise.check(lambda J, h, v: v)
