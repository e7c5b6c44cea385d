"""The general diagnoses: each is told where it holds in every case that differs, and speaks of the part it means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_exercises import FUNCTION

from hf_lib.exercises import FunctionExercise, ValueExercise
from hf_lib.judge.checks import VALUES, first
from hf_lib.judge.near_misses import CHANGES
from hf_lib.judge.trials import Context, Trial


def exercise_of(reference, cases, **more):
    """A `FunctionExercise` whose solution is a given function of (x, y)."""
    given = FunctionExercise(**FUNCTION | dict(
        stub="def f(x, y):\n    ...", code="def f(x, y):\n    return reference(x, y)", uses={"reference": reference},
        cases=cases, linear_in="", mean_over="", own_work=(), diagnoses=()) | more)
    return given


def numbers(rng):
    for _ in range(4):
        yield float(rng.normal()), float(rng.uniform(2, 3))


def vectors(rng):
    for n in (4, 5, 6, 7):
        yield rng.normal(size=n), rng.uniform(2.0, 3.0, size=n)


def squares(rng):
    for n in (2, 3, 4):
        yield rng.normal(size=(n, n)), float(rng.uniform(2, 3))


def told(reference, wrong, cases=vectors, **more):
    return exercise_of(reference, cases, **more).check(wrong)


PAIR = (lambda x, y: (x + y, x * y, x - y))


@pytest.mark.parametrize("name, wrong, says", [
    ("sign", lambda x, y: (x + y, -x * y, x - y), "The second of the three results has the opposite sign."),
    ("factor 2", lambda x, y: (x + y, x * y, 2 * (x - y)), "The third of the three results is twice what"),
    ("factor ½", lambda x, y: tuple(r / 2 for r in PAIR(x, y)), "Each of the three results is half"),
    ("sign", lambda x, y: (x + y, -x * y, y - x), "Each of the results (numbers 2 and 3 of 3) has"),
    ("order of the results", lambda x, y: (x - y, x * y, x + y), "Results 1 and 3 of 3 have changed places"),
    ("squared", lambda x, y: (x + y, (x * y) ** 2, x - y), "The second of the three results is the square"),
    ("constant offset", lambda x, y: (x + y + 1, x * y, x - y), "The first of the three results is too large by 1 "),
    ("zero everywhere", lambda x, y: (x + y, 0 * x, x - y), "The second of the three results is zero."),
])
def test_a_part_is_named(name, wrong, says):
    verdict = told(PAIR, wrong)
    assert verdict.diagnosis == name and verdict.message.startswith(says), verdict


def test_some_cases_are_named():
    """A sign that is wrong where x is negative: the sentence says in which cases."""
    cases = lambda rng: [(x, 2.0) for x in (1.5, -2.5, 3.0, -0.7)]
    verdict = told(lambda x, y: x * y, lambda x, y: abs(x) * y, cases)
    assert verdict.diagnosis == "sign"
    assert verdict.message == "The result has the opposite sign, in cases 2 and 4 of 4."


def test_one_number_is_no_evidence():
    """Every number is some constant times another: while other cases are right, one says nothing."""
    cases = lambda rng: [(x, 2.0) for x in (1.5, -2.5, 3.0, 0.7)]
    assert told(lambda x, y: x * y, lambda x, y: abs(x) * y, cases).diagnosis == "wrong values"


def test_a_factor_of_nearly_one_is_not_told():
    verdict = told(lambda x, y: x * y, lambda x, y: x * y * (1 + 1e-7))
    assert verdict.diagnosis == "wrong values" and "factor" not in verdict.message


@pytest.mark.parametrize("name, wrong, says", [
    ("one factor off", lambda x, y: x * np.sum(x) * y, "`y` times"),
    ("one factor off", lambda x, y: np.sum(x) * x / y, "divided by `y`"),
    ("one factor off", lambda x, y: x * np.sum(x) / len(x), "divided by `len(x)`"),
    ("constant offset", lambda x, y: x * np.sum(x) + y, "contains `y` once too often"),
    ("constant offset", lambda x, y: x * np.sum(x) - x, "lacks `x` once"),
    ("transposed", lambda x, y: (x * np.sum(x)).T, "transposed"),
])
def test_a_factor_or_an_addend_by_its_name(name, wrong, says):
    verdict = told(lambda x, y: x * np.sum(x), wrong, squares)
    assert verdict.diagnosis == name and says in verdict.message, verdict


@pytest.mark.parametrize("name, says, change", CHANGES, ids=lambda c: c if isinstance(c, str) else "")
def test_the_right_result_changed(name, says, change):
    positive = name in ("squared", "square root", "reciprocal")
    reference = (lambda x, y: x**2 + y) if positive else (lambda x, y: 10 * x * y)
    cases = squares if name == "transposed" else vectors
    verdict = told(reference, lambda x, y: change(reference(x, y)), cases)
    assert verdict.diagnosis == name and says in verdict.message, verdict


@pytest.mark.parametrize("name, wrong", [
    ("one too many", lambda x, y: np.append(x * y, 1.0)),
    ("one too many", lambda x, y: np.append(1.0, x * y)),
    ("one too few", lambda x, y: (x * y)[:-1]),
    ("one too few", lambda x, y: (x * y)[1:]),
    ("wrong shape", lambda x, y: np.append(x + y, 1.0)),
    ("the same in every case", lambda x, y: 1.0),
])
def test_form_and_dependence(name, wrong):
    reference = (lambda x, y: float(x @ y)) if name == "the same in every case" else (lambda x, y: x * y)
    assert told(reference, wrong).diagnosis == name


def test_one_result_of_two_is_wrong_in_some_cases_and_the_other_right():
    verdict = told(lambda x, y: (x, np.sin(y)), lambda x, y: (x, np.cos(y) + x * np.exp(y)))
    assert verdict.diagnosis == "one part wrong"
    assert verdict.message == "The second of the two results is wrong; the other is right, in every case."


def test_an_argument_whose_size_or_order_alone_is_ignored_has_an_effect():
    for wrong in (lambda x, y: x * np.argmax(y), lambda x, y: x * y[-1] / np.linalg.norm(y)):
        assert told(lambda x, y: x * np.sum(y), wrong, cases=vectors).diagnosis != "argument without effect"


def test_rounding_in_place_of_a_result_is_called_neither_nonlinear_nor_unsymmetric():
    noise = np.random.default_rng(0)
    verdict = told(lambda x, y: x * x * y, lambda x, y: 1e-16 * noise.normal(size=len(x)), cases=vectors, linear_in="y")
    assert verdict.diagnosis not in ("not linear", "not symmetric", "negative curvature")


def test_results_that_should_be_equal_in_one_case_are_still_exchanged_in_the_others():
    def cases(rng):
        yield from numbers(rng)
        yield 2.0, 2.0
    assert told(lambda x, y: (x, y), lambda x, y: (y, x), cases=cases).diagnosis == "order of the results"


def test_what_has_no_effect():
    verdict = told(lambda x, y: x * np.sin(y), lambda x, y: x * np.sin(2.5))
    assert verdict.diagnosis == "argument without effect"
    assert verdict.message == "Your result stays the same when `y` changes, and should not."


@pytest.mark.parametrize("wrong", [lambda x, y: np.round(x) * 0.1, lambda x, y: 0.3 * x, lambda x, y: 0 * x])
def test_small_numbers_are_not_rounded_ones(wrong):
    """round(x) is zero for small x: a zero is no rounded number."""
    assert told(lambda x, y: 0.2 * np.tanh(x), wrong).diagnosis != "rounded"


@given(st.integers(0, 2**32 - 1), st.sampled_from(range(len(CHANGES))), st.integers(0, 3))
def test_what_holds_in_all_cases_but_one_is_not_told(seed, number, odd_one):
    """A change, and in one case something else: none of the changes may be named."""
    rng = np.random.default_rng(seed)
    name, _, change = CHANGES[number]
    trials = []
    for k in range(4):
        ref = rng.uniform(1.2, 5.0, size=(3, 3)) * rng.choice([-1, 1], size=(3, 3))
        if name in ("square root", "absolute value"):
            ref = np.abs(ref) if name == "square root" else ref
        out = rng.normal(size=(3, 3)) if k == odd_one else change(ref)
        trials.append(Trial((ref,), out, ref, number=k + 1))
    assert first(VALUES, trials, Context(target="f", parameters=("x",))).name == "wrong values"


# ---- infinite numbers ------------------------------------------------------------------------------


def first_below(cost, level):
    below = cost[cost < level]
    return below[0] if below.size else np.inf


def costs(rng):
    for level in (0.5, -9.0, 0.7):
        yield rng.uniform(size=6), level


def test_where_infinity_is_expected_it_is_said():
    verdict = exercise_of(first_below, costs).check(
        lambda x, y: next((c for c in x if c < y), 0.0))
    assert verdict.diagnosis == "wrong values"
    assert verdict.message == "The result should be ∞ in case 2 of 3."
    assert verdict.details[1] == "came `0`, expected `∞`"


def test_what_is_finite_in_the_reference_and_not_in_the_answer():
    verdict = told(lambda x, y: x * y, lambda x, y: np.log(x) * y)
    assert verdict.diagnosis == "not finite" and "nan" in verdict.details[1]
    both = exercise_of(first_below, costs).check(lambda x, y: np.inf if y < 0.6 else x[0])
    assert both.diagnosis == "wrong values" and "expected" in both.details[1]


def test_infinite_entries_do_not_spoil_the_comparison_of_the_others():
    reference = lambda x, y: np.append(x / 3, np.inf)
    assert told(reference, lambda x, y: np.append(x * (1 / 3), np.inf)).status == "correct"
    assert told(reference, lambda x, y: np.append(x / 2, np.inf)).diagnosis == "wrong values"


# ---- values ----------------------------------------------------------------------------------------


def value(reference, rtol=None):
    return ValueExercise(
        name="ch99.q7", title="t", kind="core", stub="a = ...", code="a = reference", uses={"reference": reference},
        why="w", hints=("1", "2", "3"), diagnoses=(), rtol=rtol)


def test_which_value_is_wrong_and_never_what_it_should_be():
    verdict = value((4, -8, 12.5)).check((4, -8, 77))
    assert verdict.diagnosis == "one part wrong"
    assert verdict.message == "The third of the three values is wrong; the others are right."
    assert "12.5" not in repr(verdict)
    assert value((4, -8, 12.5)).check((4, 8, 12.5)).message == "The second of the three values has the opposite sign."
    assert value((4, -8, 12.5)).check((1, 2, 12.5)).details == ("values 1 and 2 of 3 are wrong",)


def test_a_value_that_is_nearly_right_is_told_the_tolerance():
    verdict = value(0.25).check(0.26)
    assert (verdict.diagnosis, verdict.message) == ("not close enough", "That is close, but not within 1 %.")
    assert "0.1 %" in value(0.25, rtol=1e-3).check(0.251).message
    assert value((1.0, 0.25)).check((1.0, 0.26)).details == ("value 2 of 2 is close, but not close enough",)
    assert value(0.25).check(0.2).diagnosis == "wrong values"
    assert value(4).check(5).diagnosis == "wrong values"                    # a count is right or wrong


def test_a_function_that_is_nearly_right_is_told_how_near():
    verdict = told(lambda x, y: x * y, lambda x, y: x * y + 3e-7 * np.arange(len(x)) ** 2, rtol=1e-6)
    assert verdict.diagnosis == "not close enough" and "1e-06 is allowed" in verdict.details[0]
