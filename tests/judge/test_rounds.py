"""A loop over the steps is seen, however it is written; and no loop is not."""

import functools

import numpy as np
import pytest

from hf_lib.exercises import Diagnosis, FunctionExercise
from hf_lib.judge.rounds import NoLoop

POWER = FunctionExercise(
    name="ch99.q8", title="A power", kind="core", stub="def f(a, k):\n    return ...",
    code="def f(a, k):\n    return a ** k", why="So it is.", hints=("a", "b", "c"),
    cases=lambda rng: [(rng.uniform(0.99, 1.01, 3), k) for k in (1, 1000, 7)],
    demands=(NoLoop("k", say="One power is enough."),), rtol=1e-9, diagnoses=(Diagnosis("wrong type", "a text"),) * 3,
)


def _for(a, k):
    x = np.ones_like(a)
    for _ in range(k):
        x = x * a
    return x


def _while(a, k):
    x = np.ones_like(a)
    while k:
        x, k = x * a, k - 1
    return x


@pytest.mark.parametrize("looping", [
    _for, _while,
    lambda a, k: functools.reduce(lambda x, _: x * a, range(k), np.ones_like(a)),
    lambda a, k: np.prod([a for _ in range(k)], axis=0),
])
def test_a_loop_is_seen(looping):
    verdict = POWER.check(looping)
    assert (verdict.status, verdict.diagnosis) == ("incorrect", "a loop"), verdict
    assert "`k=1000`" in verdict.details[0]


@pytest.mark.parametrize("direct", [
    lambda a, k: np.exp(k * np.log(a)),
    lambda a, k: np.diag(np.linalg.matrix_power(np.diag(a), k)).copy(),
    lambda a, k: np.array([x ** k for x in a]),
])
def test_what_goes_round_less_often_is_free(direct):
    assert POWER.check(direct).status == "correct"
