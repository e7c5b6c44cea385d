"""Answers from saved notebooks: damaged files and IPython's own syntax do not come between a reader and the answer."""

import json

import pytest

from hf_lib.exercises import FunctionExercise
from hf_lib.judge.saved import check_saved

ANSWER = "def double(x):\n    return x + x\n"
CALL = "ch98.q1.check(double)\n"


@pytest.fixture
def exercise():
    return FunctionExercise(
        name="ch98.q1", title="Twice", kind="core",
        stub="def double(x):\n    ...", code="def double(x):\n    return 2 * x",
        why="Twice.", hints=("1", "2", "3"), diagnoses=(), cases=lambda rng: [(rng.normal(size=3),) for _ in range(3)])


def notebook(source):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source.splitlines(keepends=True), "outputs": [],
            "execution_count": None}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def mine(exercise, folder):
    check_saved(exercise, folder)
    return exercise.answer.yours


@pytest.mark.parametrize("source", [
    ANSWER + CALL,
    ANSWER + "%timeit double(3)\n" + CALL,
    ANSWER + "!echo hello\nfiles = !ls\nbest = %timeit -o double(3)\n" + CALL,
    ANSWER + "double?\n?double\ndouble??\n" + CALL,
    "%matplotlib inline\n" + ANSWER + CALL,
    "def double(x):\n    %time y = x\n    !echo\n    return x + x\n" + CALL,
    ANSWER.replace("\n", "\r\n"),
])
def test_ipythons_syntax_in_the_cell(exercise, tmp_path, source):
    (tmp_path / "98_x.ipynb").write_text(notebook("# exercise ch98.q1\n" + source), encoding="utf-8", newline="")
    assert mine(exercise, tmp_path)


@pytest.mark.parametrize("magic", ["%%time\n", "%%timeit -n 1\n", "%%capture out\n%%time\n\n"])
def test_a_cell_magic_above_the_mark(exercise, tmp_path, magic):
    (tmp_path / "98_x.ipynb").write_text(notebook(magic + "# exercise ch98.q1\n" + ANSWER + CALL), encoding="utf-8")
    assert mine(exercise, tmp_path)


@pytest.mark.parametrize("source", ["def double(x):\n    return 3 * x\n", "def double(x:\n", "%%%\n", "1 / 0\n"])
def test_an_answer_that_is_not_right_is_not_the_readers(exercise, tmp_path, source):
    (tmp_path / "98_x.ipynb").write_text(notebook("# exercise ch98.q1\n" + source), encoding="utf-8")
    assert not mine(exercise, tmp_path)


GOOD = notebook("# exercise ch98.q1\n" + ANSWER).encode()


@pytest.mark.parametrize("broken", [
    b"", GOOD[:-9], GOOD[:40], "µ".encode("latin-1"), GOOD.decode().encode("utf-16"), b"<<<<<<< HEAD\n" + GOOD,
    b"[]", b"3", b"{}", b'{"cells": 3}', b'{"cells": [3]}', b'{"cells": [{"cell_type": "code"}]}',
    b'{"cells": [{"cell_type": "code", "source": [1]}]}', b'{"cells": null}', b"[" * 100_000,
])
@pytest.mark.parametrize("name", ["98_a.ipynb", "98_z.ipynb"])
def test_a_damaged_copy_beside_the_good_one(exercise, tmp_path, broken, name):
    (tmp_path / "98_m.ipynb").write_bytes(GOOD)
    (tmp_path / name).write_bytes(broken)
    (tmp_path / "98_folder.ipynb").mkdir()
    assert mine(exercise, tmp_path)


def test_a_mark_of_the_byte_order_does_no_harm(exercise, tmp_path):
    (tmp_path / "98_x.ipynb").write_bytes(b"\xef\xbb\xbf" + GOOD)
    assert mine(exercise, tmp_path)
