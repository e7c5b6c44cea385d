"""Types never decide where the meaning is beyond doubt; numbers do."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from own_exercises import CHOICE, FUNCTION, VALUE, written_in_a_notebook

from hf_lib.exercises import FunctionExercise, ValueExercise
from hf_lib.judge.compare import agree
from hf_lib.judge.fitting import fitted

QUARTERS = [0.25, Fraction(1, 4), Decimal("0.25"), np.float32(0.25), np.float16(0.25), np.array(0.25), 0.25 + 0j,
            np.array(Fraction(1, 4))]


@pytest.mark.parametrize("quarter", QUARTERS, ids=repr)
def test_a_number_is_a_number(quarter):
    assert VALUE.check(quarter).status == "correct"


@pytest.mark.parametrize("no_number", [True, np.True_, "0.25", [0.25], np.array([0.25]), None, Decimal("nan"), {0.25},
                                       np.datetime64("2020")], ids=repr)
def test_what_is_no_number(no_number):
    assert VALUE.check(no_number).status != "correct"


def test_a_truth_value_is_no_number_and_the_words_say_so():
    assert VALUE.check(True).message == "Expected a number for the answer, came a bool."


TRIPLE = ValueExercise(name="ch99.q8", title="t", kind="core", stub="a = ...", code="a = (1, 2.5, -3)", why="w",
                       hints=("1", "2", "3"), diagnoses=())


@pytest.mark.parametrize("triple", [
    (1, 2.5, -3), [1, 2.5, -3], np.array([1, 2.5, -3]), [1.0, Fraction(5, 2), np.array(-3.0)], [1, Decimal("2.5"), -3],
    np.array([1, 2.5, -3], dtype=object),
], ids=repr)
def test_three_values_in_any_holder(triple):
    assert TRIPLE.check(triple).status == "correct"


@pytest.mark.parametrize("other", [np.array([[1, 2.5, -3]]), [1, 2.5], {1, 2.5, -3}, "1, 2.5, -3", [1, 2.5, [-3]]],
                         ids=repr)
def test_what_is_not_three_values(other):
    assert TRIPLE.check(other).diagnosis in ("wrong type", "wrong shape")


def test_one_value_is_not_called_one_values():
    assert TRIPLE.check([1]).message == "Expected 3 values, came 1 value."


@pytest.mark.parametrize("listed", [
    lambda a: a.tolist(), lambda a: tuple(a), lambda a: [Fraction(float(x)) for x in a], lambda a: a.astype(object)])
def test_a_list_of_numbers_is_an_array(listed):
    exercise = FunctionExercise(**FUNCTION)
    right = written_in_a_notebook(exercise.code)
    assert exercise.check(lambda J, h, v: listed(right(J, h, v))).status == "correct"


def test_python_s_numbers_know_no_dtype_and_numpy_s_do():
    ref = np.array([1, 2], dtype=np.float32)
    assert fitted([1.0, 2.0], ref).dtype == np.float32 and fitted([1, 2], ref).dtype == np.float32
    assert fitted([np.float64(1.0), np.float64(2.0)], ref).dtype == np.float64
    assert fitted(np.array([1.0, 2.0]), ref).dtype == np.float64


def test_ragged_deep_or_endless_lists_stay_what_they_are():
    endless = []
    endless.append(endless)
    deep = [0.0]
    for _ in range(1000):
        deep = [deep]
    for odd in ([1.0, [2.0]], endless, deep, [None], ["a"]):
        assert fitted(odd, np.zeros(2)) is odd


def test_an_array_stands_for_a_tuple_only_if_its_rows_are_as_the_parts():
    ref = (np.zeros(3), np.zeros(3))
    assert isinstance(fitted(np.zeros((2, 3)), ref), tuple)
    assert not isinstance(fitted(np.zeros(2), ref), tuple) and not agree(np.zeros(2), ref)


@pytest.mark.parametrize("text", ["largest", " Largest. ", "LARGEST", np.str_("largest"), np.array("largest")],
                         ids=repr)
def test_a_text_is_its_words(text):
    assert CHOICE.check(text).status == "correct"


def test_double_blanks_and_nothing_else():
    assert agree("dead  units", "Dead units.") and not agree("deadunits", "dead units")
    assert CHOICE.check("large").diagnosis == "not a choice"
