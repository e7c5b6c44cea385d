"""Sealed variants: other cases and numbers, by which right answers are right and wrong ones are wrong all the same."""

import dataclasses

import numpy as np
import pytest
from own_exercises import OWN, VALUE

from hf_lib.exercises import all_exercises
from hf_lib.judge.apart import judge_apart
from hf_lib.judge.variants import drawn, drawn_text

PRODUCT = OWN[0]
SEEDS = [pytest.param(range(3), id="few"), pytest.param(range(3, 30), id="many", marks=pytest.mark.thorough)]


def other_numbers(rng):
    h = float(rng.choice([2, 4, 16]))
    return {"text": f"The curvatures are 1 and {h:g}.", "code": f"largest_step = 2 / {h}"}


NUMBERS = dataclasses.replace(VALUE, variant=other_numbers)


def test_a_function_is_called_on_other_cases():
    usual, first, second = (exercise.fresh_cases() for exercise in (PRODUCT, drawn(PRODUCT, 1), drawn(PRODUCT, 2)))
    again = drawn(PRODUCT, 1).fresh_cases()
    assert len(usual) == len(first)
    for a, b, c, d in zip(usual, first, second, again):
        assert not np.array_equal(a[2], b[2]) and not np.array_equal(b[2], c[2]) and np.array_equal(b[2], d[2])


def test_a_value_has_other_numbers_where_the_exercise_says_how():
    seeds = range(30)
    values = {drawn(NUMBERS, seed).reference for seed in seeds}
    assert values == {2 / 2, 2 / 4, 2 / 16}
    for seed in seeds:
        variant = drawn(NUMBERS, seed)
        assert drawn_text(NUMBERS, seed) == f"The curvatures are 1 and {2 / variant.reference:g}."
        assert variant.check(variant.reference).status == "correct"
    assert drawn(VALUE, 3) is VALUE and drawn_text(VALUE, 3) == "" == drawn_text(PRODUCT, 3)


def test_a_variant_judges_apart_too():
    exercise = next(exercise for exercise in all_exercises() if hasattr(exercise, "cases"))
    (outcome,) = judge_apart([(exercise.name, exercise.code)], variant=5)
    assert outcome.status == "correct"


@pytest.mark.slow
@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.name)
def test_every_variant_separates_right_from_wrong(exercise, seeds):
    for seed in seeds:
        variant = drawn(exercise, seed)
        assert variant.check(variant.compile(variant.code)).status == "correct"
        accepted = [diagnosis.name for diagnosis in variant.diagnoses
                    if variant.check(diagnosis.wrong).status == "correct"]
        assert not accepted, f"seed {seed}"
