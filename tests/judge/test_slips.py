"""One slip in a right formula is named, whatever the formula is; an accident, or no slip, is not."""

import ast

import numpy as np
import pytest
from own_exercises import FUNCTION

from hf_lib.exercises import Diagnosis, FunctionExercise
from hf_lib.judge.mutations import SLIPS, with_one_slip


def _exercise(code, cases):
    return FunctionExercise(
        name="ch99.q9", title="A formula", kind="core", stub="def f(a, b):\n    return ...", code=code, why="So it is.",
        hints=("a", "b", "c"), cases=cases, diagnoses=(Diagnosis("wrong type", "a text"),) * 3,
    )


FORMULA = _exercise("def f(a, b):\n    return np.exp(a) - np.sum(a * b, axis=1)[:, None] * b",
                    lambda rng: [tuple(rng.normal(size=(2, n, 3))) for n in (2, 3, 4)])


@pytest.mark.parametrize("slip, answer", [
    ("sign", lambda a, b: np.exp(a) + np.sum(a * b, axis=1)[:, None] * b),
    ("term", lambda a, b: np.exp(a) - np.sum(a * b, axis=1)[:, None]),
    ("twin", lambda a, b: np.exp(a) - np.mean(a * b, axis=1)[:, None] * b),
    ("name", lambda a, b: np.exp(a) - np.sum(b * b, axis=1)[:, None] * b),
    ("call", lambda a, b: a - np.einsum("ni,ni->n", a, b).reshape(-1, 1) * b),
])
def test_the_slip_is_named(slip, answer):
    verdict = FORMULA.check(answer)
    assert (verdict.status, verdict.diagnosis) == ("incorrect", f"one slip ({slip})"), verdict
    assert SLIPS[slip] in verdict.message


def test_two_slips_are_not_one():
    verdict = FORMULA.check(lambda a, b: np.exp(b) + np.sum(a * b, axis=1)[:, None] * b)
    assert verdict.diagnosis == "wrong values"


def test_what_is_more_special_is_said_first():
    exercise = FunctionExercise(**FUNCTION)
    assert exercise.check(lambda J, h, v: J.T @ (J @ v) / len(J)).diagnosis == "curvature of the loss left out"


def test_too_few_numbers_may_agree_by_accident():
    few = _exercise("def f(a, b):\n    return 2 * a + b", lambda rng: [(1, 1), (3, 1), (2, 1)])
    assert few.check(lambda a, b: 2 * a - b if a == 1 else 2 * a + b).diagnosis == "wrong values"


def test_a_changed_loop_ends():
    endless = _exercise("def f(a, b):\n    while a < b:\n        a = a + 1.0\n    return a + b",
                        lambda rng: [(0.5, 3.0), (1.25, 9.0), (2.0, 4.0)])
    assert endless.check(lambda a, b: a * b + 77).diagnosis == "wrong values"


def test_every_program_differs_in_one_thing_and_every_slip_has_words():
    code = """
def f(x, n):
    s = 0.0
    for i in range(n):
        s += x[i, :-1] @ x[i, 1:].T
    return max(s, -1) if n > 2 else s
"""
    tree = ast.parse(code)
    changed = list(with_one_slip(tree))
    assert ast.unparse(tree) == ast.unparse(ast.parse(code))
    assert {slip for slip, _ in changed} <= set(SLIPS) and len(changed) > 50
    before = ast.unparse(tree).splitlines()
    for _, one in changed:
        after = ast.unparse(one).splitlines()
        assert len(after) < len(before) or sum(a != b for a, b in zip(before, after, strict=True)) <= 1
