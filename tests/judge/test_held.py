"""What an answer prints or changes in the process does not outlive the check."""

import asyncio
import functools
import os
import random
import sys
import warnings

import numpy as np
import pytest
from own_exercises import CHOICE, FUNCTION, VALUE

from hf_lib.exercises import FunctionExercise
from hf_lib.judge.held import Held, held


@pytest.fixture
def product():
    return FunctionExercise(**FUNCTION)


def right(J, h, v):
    return J.T @ (h * (J @ v)) / len(J)


def test_prints_are_held_back_and_the_first_lines_shown(product, capsys):
    def chatty(J, h, v):
        print("one\n\ntwo")
        print("`three`", file=sys.stderr)
        print("four")
        return right(J, h, v)

    verdict = product.check(chatty)
    assert verdict.status == "correct" and capsys.readouterr() == ("", "")
    assert verdict.details == ("printed: `one`", "printed: `two`", "printed: `'three'`", "printed: …")


def test_a_flood_is_forgotten():
    stream = Held()
    for _ in range(1000):
        assert stream.write("x" * 1000) == 1000
    assert len(stream.text) < 10_000
    assert stream.first_lines() == ("`" + "x" * 120 + "`…", "…")


def test_a_warning_is_shown_once_and_goes_no_further(product):
    def warns(J, h, v):
        warnings.warn("take care", stacklevel=2)
        warnings.warn("old", DeprecationWarning, stacklevel=2)
        return right(J, h, v)

    assert product.check(warns).details == ("printed: `UserWarning: take care`",)


def test_the_world_is_as_before(product, tmp_path, monkeypatch):
    def meddles(J, h, v):
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        os.environ["HF_MEDDLED"] = "1"
        os.environ.pop("HF_KEPT", None)
        os.chdir(tmp_path)
        np.set_printoptions(precision=2)
        np.seterr(all="raise")
        sys.setrecursionlimit(2000)
        warnings.simplefilter("error")
        return right(J, h, v)

    monkeypatch.setenv("HF_KEPT", "1")

    def world():
        return (np.random.get_state()[1].tolist(), random.getstate(), dict(os.environ), os.getcwd(),  # noqa: NPY002
                np.get_printoptions(), np.geterr(), sys.getrecursionlimit(), list(warnings.filters),
                sys.setrecursionlimit, sys.stdout, sys.stderr)

    before = world()
    assert product.check(meddles).status == "correct"
    assert world() == before


def test_the_recursion_limit_cannot_be_raised_far(product):
    def deep(J, h, v):
        sys.setrecursionlimit(10**9)

        def down(n):
            return down(n + 1) + 1

        return down(0)

    verdict = product.check(deep)
    assert verdict.diagnosis == "raised an error" and verdict.details[0].startswith("RecursionError")
    limit = sys.getrecursionlimit()
    with held():
        sys.setrecursionlimit(10**9)
        assert sys.getrecursionlimit() == 3000
    assert sys.getrecursionlimit() == limit


def raising(error):
    def answer(J, h, v):
        raise error
    return answer


@pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError(), SystemExit(3), MemoryError(),
                                   BaseException("b"), StopIteration(1), RecursionError()], ids=repr)
def test_no_error_goes_through(product, error):
    verdict = product.check(raising(error))
    assert verdict.diagnosis == "raised an error" and verdict.details[0].startswith(type(error).__name__)


class AsksForNothing:
    """Raises whatever is asked for."""

    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __call__(self, *args):
        return 1


class NoAttributes:
    def __getattr__(self, name):
        raise RuntimeError(name)

    def __call__(self, J, h, v):
        return right(J, h, v)


class Hostile:
    def __eq__(self, other):
        raise SystemExit

    def __array__(self, *args, **kwargs):
        raise GeneratorExit

    def __repr__(self):
        raise SystemExit

    def __len__(self):
        raise RuntimeError

    __hash__ = object.__hash__


class HostileList(list):
    def __iter__(self):
        raise RuntimeError

    __len__ = __iter__


def nested():
    value = []
    for _ in range(1000):
        value = [value]
    return value


def self_holding():
    value = []
    value += [value, value]
    return value


ODD = [nested(), self_holding(), np.array("stuck"), AsksForNothing(), Hostile(), HostileList([1]), type("", (), {})(),
       np.zeros(3, dtype=[("a", float)]), np.datetime64("2020"), 10**400, {"a": self_holding()}]


@pytest.mark.parametrize("number", range(len(ODD)))   # pytest itself cannot look at some of them
def test_odd_things_are_judged_as_values_and_as_results(product, number):
    odd = ODD[number]
    for verdict in (product.check(odd), VALUE.check(odd), CHOICE.check(odd), product.check(lambda J, h, v: odd)):
        assert verdict.status == "incorrect" and verdict._repr_html_() and len(repr(verdict)) < 1000


def test_callables_of_every_sort(product):
    assert product.check(NoAttributes()).status == "correct"
    assert product.check(functools.partial(lambda extra, J, h, v: right(J, h, v), 1)).status == "correct"
    assert product.check(int).diagnosis == "raised an error"
    assert product.check(len).diagnosis == "wrong number of arguments"

    def generates(J, h, v):
        yield right(J, h, v)

    async def waits(J, h, v):
        return right(J, h, v)

    assert "yield" in product.check(generates).message
    assert "async" in product.check(waits).message
