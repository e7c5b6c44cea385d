"""What was found correct is kept whole, survives damage and concurrent kernels, and is brought with true words."""

import functools
import json
import linecache
import os
import re
import threading
from datetime import datetime

import numpy as np
import pytest
from judged_here import in_one_line, judged_here

from hf_lib.exercises import FunctionExercise, ValueExercise
from hf_lib.judge import bringing, files, remembered
from hf_lib.judge.definitions import Missing
from hf_lib.judge.live_text import live_text

COMMON = dict(title="T", kind="core", why="So.", hints=("1", "2", "3"), diagnoses=())


@pytest.fixture
def exercise(monkeypatch):
    exercise = FunctionExercise(
        name="ch98.q1", stub="def double(x):\n    ...", code="def double(x):\n    return 2 * x",
        cases=lambda rng: [(rng.normal(size=3),) for _ in range(3)], **COMMON)
    monkeypatch.setattr(bringing, "judge_apart", judged_here(exercise))
    return exercise


@pytest.fixture
def cells():
    """Run cells as a notebook does: each a text of its own, which `linecache` knows."""
    namespace = {"__name__": "__main__", "np": np}

    def run(*sources):
        for source in sources:
            name = f"<cell {len(linecache.cache)}>"
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
            exec(compile(source, name, "exec"), namespace)
        return namespace
    return run


def anew(text):
    namespace = {"np": np, "__name__": "elsewhere"}
    exec(text, namespace)
    return namespace["double"]


# ---- the text, and all that it needs ---------------------------------------------------------------


@pytest.mark.parametrize("sources", [
    ["def double(x):\n    # twice\n    return 2 * x\n"],
    ["TWO = 2\n", "def double(x):\n    return TWO * x\n"],
    ["import math as m\nfrom math import floor\n", "def double(x):\n    return m.ceil(1.5) * x + floor(0.5)\n"],
    ["def one(x):\n    return x\n\ndef two(x):\n    return one(x) + one(x)\n", "def double(x):\n    return two(x)\n"],
    ["def double(x, n=1):\n    return x + x if n == 0 else double(x, n - 1)\n"],
    ["import functools\n@functools.lru_cache(maxsize=None)\ndef two():\n    return 2\n",
     "def double(x):\n    return two() * x\n"],
    ["class Pair:\n    size = 2\n    def times(self, x):\n        return self.size * x\n",
     "def double(x):\n    return Pair().times(x)\n"],
    ["table = np.array([1.0, np.inf, 2.0])\nwhich = {'k': (2,)}\n",
     "def double(x):\n    return table[which['k'][0]] * x\n"],
    ["two = lambda x: 2 * x\n", "def double(x):\n    return two(x)\n"],
    ["double = lambda x: 2 * x\n"],
    ["if True:\n    def two():\n        return 2\n", "def double(x):\n    return two() * x\n"],
    ["from numpy import multiply as times\n", "def double(x):\n    return times(x, 2)\n"],
    ["def twice(x):\n    return 2 * x\n", "double = twice\n"],
    ["def double(x):\n    def inner(y):\n        return y + y\n    return inner(x)\n"],
    ["K = 2\n", "def double(x):\n    return sum([x for _ in range(K)], start=np.zeros(1))\n"],
    ["scale = np.float32(2)\n", "def double(x):\n    global scale\n    return x * scale\n"],
])
def test_a_function_is_kept_with_all_that_it_uses(cells, sources):
    assert anew(live_text(cells(*sources)["double"], "double"))(3.0) == 6


def test_comments_stay_and_nothing_else_comes_along(cells):
    source = "def double(x):   # of the reader\n    return 2 * x     # so\n"
    assert live_text(cells("BIG = [0] * 1000\nx = BIG\n", source)["double"], "double") == source


def test_another_exercise_s_answer_is_asked_for_by_name(cells):
    cells("from hf_lib.exercises import yours\ncg_step = yours('ch07.q2')\n",
          "def double(x):\n    return cg_step, 2 * x\n")
    text = live_text(cells()["double"], "double")
    assert 'cg_step = yours("ch07.q2")' in text and anew(text)(1)[1] == 2


@pytest.mark.parametrize("sources, why", [
    (["net = object()\n", "def double(x):\n    return net, 2 * x\n"],
     "uses `net`, which is of type object, no simple constant"),
    (["def make(k):\n    def inner(x):\n        return k * x\n    return inner\ndouble = make(2)\n"],
     "has `double` made inside another function"),
    (["import functools\ndouble = functools.partial(np.multiply, 2)\n"], "is of type partial, no simple constant"),
    (["big = np.zeros(5000)\n", "def double(x):\n    return big[0] + 2 * x\n"],
     "uses `big`, which is of type ndarray, no simple constant"),
])
def test_what_cannot_be_written_down_is_named(cells, sources, why):
    with pytest.raises(Missing, match=re.escape(why)):
        live_text(cells(*sources)["double"], "double")


@pytest.mark.parametrize("value", [
    3, -2.5, float("inf"), True, None, "a 'text' of\ntwo lines", (1,), ("a", [1.5, {2: "b"}]), 1 + 2j, set(), {1},
    np.float32(0.1), np.int64(3), np.bool_(False), np.array([[1.0, np.nan]]), np.array(["a", "bc"]),
    np.arange(3, dtype=np.int16), np.array(2.0, np.float32),
])
def test_a_value_comes_back_as_it_was(value):
    again = anew(live_text(value, "double"))
    assert type(again) is type(value)
    np.testing.assert_equal(again, value)
    assert getattr(again, "dtype", None) == getattr(value, "dtype", None)


# ---- the file --------------------------------------------------------------------------------------


def stored(folder):
    return json.loads((folder / "answers.json").read_text("utf-8"))


def test_check_keeps_what_is_correct_and_nothing_else(exercise, cells, tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "folder", lambda: tmp_path)
    exercise.check(cells("def double(x):\n    return 3 * x\n")["double"])
    assert not (tmp_path / "answers.json").exists()
    verdict = exercise.check(cells("TWO = 2\n\ndef double(x):\n    return TWO * x\n")["double"])
    assert verdict.status == "correct" and not verdict.details
    assert stored(tmp_path)["version"] == 1
    entry = stored(tmp_path)["answers"]["ch98.q1"]
    assert entry["text"] == ["TWO = 2", "", "", "def double(x):", "    return TWO * x"]
    assert abs(datetime.now() - datetime.fromisoformat(entry["correct"])).days == 0


def test_nothing_is_kept_where_nobody_reads(exercise, tmp_path, monkeypatch):
    (tmp_path / remembered.ORIGIN).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(remembered.VARIABLE, str(tmp_path))
    exercise.check(exercise.reference)
    assert remembered.folder() is None and not (tmp_path / "answers.json").exists()


def test_the_folder_is_the_one_above_or_the_one_named(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "get_ipython", lambda: object())
    monkeypatch.delenv(remembered.VARIABLE, raising=False)
    inside, named = tmp_path / "my_course" / "deep", tmp_path / "named"
    inside.mkdir(parents=True), named.mkdir()
    monkeypatch.chdir(inside)
    assert remembered.folder() is None
    monkeypatch.setenv(remembered.VARIABLE, str(named))
    assert remembered.folder() == named
    (tmp_path / "my_course" / remembered.ORIGIN).mkdir()
    assert remembered.folder() == tmp_path / "my_course"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(remembered.VARIABLE, str(tmp_path / "gone"))
    assert remembered.folder() is None


def test_the_same_text_again_changes_nothing(tmp_path):
    remembered.keep_text("ch98.q1", "a = 1\n", "", tmp_path)
    before = (tmp_path / "answers.json").read_bytes()
    remembered.keep_text("ch98.q1", "a = 1\n", "", tmp_path)
    remembered.keep_text("ch98.q1", "", "uses `net`, which …", tmp_path)
    assert (tmp_path / "answers.json").read_bytes() == before
    remembered.keep_text("ch98.q1", "a = 2\n", "", tmp_path)
    assert remembered.kept_in(tmp_path)[0]["ch98.q1"].text == "a = 2\n"


@pytest.mark.parametrize("text", ["a = 'x\\x0cy\u2028z'\n", "a = 'λ ü 🙂'\n", "a = 1\n\n\n# end\n"])
def test_a_text_comes_back_as_it_was(tmp_path, text):
    assert remembered.keep_text("ch98.q1", text, "", tmp_path) == ""
    assert remembered.kept_in(tmp_path)[0]["ch98.q1"].text == text


@pytest.mark.parametrize("content", [
    b"", b"{", b'{"version": 1, "answers": {"ch98.q1": {"correct"', b"<<<<<<< HEAD\n{}", b"[]", b"[" * 100_000,
    b"\xff\xfe{}", b'{"version": 2, "answers": {"ch98.q1": {}}}', b'{"version": 1, "answers": []}', b'{"answers": {}}',
])
def test_a_damaged_file_is_set_aside_whole_and_named(tmp_path, content):
    (tmp_path / "answers.json").write_bytes(content)
    assert remembered.kept_in(tmp_path)[0] == {} and "`" in remembered.kept_in(tmp_path)[1]
    said = remembered.keep_text("ch98.q2", "a = 1\n", "", tmp_path)
    (aside,) = (tmp_path / "kept").iterdir()
    assert aside.read_bytes() == content and aside.name in said
    assert list(stored(tmp_path)["answers"]) == ["ch98.q2"]


@pytest.mark.parametrize("entry", [
    3, {}, {"text": "a = 1", "correct": "2026-11-28T10:00:00"}, {"text": [1], "correct": ""},
    {"text": ["a = 1"], "correct": "yesterday"}, {"text": ["a = 1"]}, None, []])
def test_an_entry_of_another_form_is_passed_over_and_stays(tmp_path, entry):
    (tmp_path / "answers.json").write_text(json.dumps({"version": 1, "answers": {"ch98.q1": entry}}), "utf-8")
    assert remembered.kept_in(tmp_path) == ({}, "")
    remembered.keep_text("ch98.q2", "a = 1\n", "", tmp_path)
    assert stored(tmp_path)["answers"]["ch98.q1"] == entry and "ch98.q2" in stored(tmp_path)["answers"]


def test_kernels_that_keep_at_the_same_time_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "locked", functools.partial(files.locked, seconds=600))
    names = [[f"ch{writer:02}.q{k}" for k in range(1, 5)] for writer in range(4)]
    said = []

    def write(mine):
        said.extend(remembered.keep_text(name, f"# {name}\n", "", tmp_path) for name in mine)
    threads = [threading.Thread(target=write, args=(mine,)) for mine in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(said) == {""} and set(stored(tmp_path)["answers"]) == {name for mine in names for name in mine}
    assert {path.name for path in tmp_path.iterdir()} == {"answers.json", ".answers.lock"}


def test_a_lock_that_is_not_given_back_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "locked", functools.partial(files.locked, seconds=0))
    with files.locked(tmp_path / remembered.LOCK):
        said = remembered.keep_text("ch98.q1", "a = 1\n", "", tmp_path)
    assert said == "It was not kept in answers.json: another program keeps .answers.lock for more than 0 s"
    assert remembered.keep_text("ch98.q1", "a = 1\n", "", tmp_path) == ""


def test_where_it_cannot_be_written_the_verdict_stands_and_says_so(exercise, tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "folder", lambda: tmp_path)
    remembered.keep_text("ch98.q2", "a = 1\n", "", tmp_path)
    before = (tmp_path / "answers.json").read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "replace", full)
    verdict = exercise.check(lambda x: 2 * x)
    assert verdict.status == "correct" and "No space left on device" in repr(verdict)
    assert (tmp_path / "answers.json").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"answers.json", ".answers.lock"}


# ---- brought back ----------------------------------------------------------------------------------


def kept(folder, text, note="", when="2026-11-28T10:00:00", name="ch98.q1"):
    entry = {"correct": when, "text": text.split("\n") if text else [], "without_text": note}
    (folder / "answers.json").write_text(json.dumps({"version": 1, "answers": {name: entry}}), "utf-8")


def test_it_is_the_reader_s_own_and_says_since_when(exercise, tmp_path):
    kept(tmp_path, "TWO = 2\ndef double(x):\n    return TWO * x")
    answer = bringing.bring(exercise, [tmp_path])
    assert answer(2.0) == 4 and exercise.answer == answer
    assert in_one_line(answer) == "ch98.q1: your own `double`, of 28 November 2026, kept when it was checked"


def test_what_was_brought_can_be_kept_again(exercise, tmp_path):
    kept(tmp_path, "TWO = 2\n\n\ndef double(x):\n    return TWO * x")
    answer = bringing.bring(exercise, [tmp_path])
    before = (tmp_path / "answers.json").read_bytes()
    assert remembered.keep(exercise, answer.value, tmp_path) == ""
    assert (tmp_path / "answers.json").read_bytes() == before


@pytest.mark.parametrize("text, note, why", [
    ("def double(x):\n    return -2 * x", "", "yours of 28 November 2026 was not correct: sign"),
    ("", "uses `net`, which …",
     "yours of 28 November 2026 was correct, but its text was not kept: it uses `net`, which …"),
    ("open('gone', 'w')\ndef double(x):\n    return 2 * x", "", "would do more than define `double`"),
    ("def double(x", "", "would do more than define `double`"),
    ("def other(x):\n    return 2 * x", "", "was not correct: not found"),
])
def test_else_it_is_the_course_s_and_says_why(exercise, tmp_path, monkeypatch, text, note, why):
    monkeypatch.chdir(tmp_path)
    kept(tmp_path, text, note)
    answer = bringing.bring(exercise, [tmp_path])
    assert not answer.yours and why in in_one_line(answer) and answer(2.0) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]


def test_a_damaged_file_is_named_and_stays(exercise, tmp_path):
    (tmp_path / "answers.json").write_bytes(b"{")
    assert f"(`{tmp_path.name}/answers.json` is damaged)" in in_one_line(bringing.bring(exercise, [tmp_path]))
    assert (tmp_path / "answers.json").read_bytes() == b"{"


def test_a_saved_notebook_helps_where_the_kept_one_is_no_longer_right(exercise, tmp_path):
    kept(tmp_path, "def double(x):\n    return -2 * x")
    cell = {"cell_type": "code", "source": "# exercise ch98.q1\ndef double(x):\n    return x + x"}
    (tmp_path / "98_x.ipynb").write_text(json.dumps({"cells": [cell]}), "utf-8")
    assert "read from" in in_one_line(bringing.bring(exercise, [tmp_path]))


def test_a_value_is_kept_and_brought(tmp_path, monkeypatch):
    exercise = ValueExercise(name="ch98.q2", stub="cost = ...", code="cost = 18.0", **COMMON)
    monkeypatch.setattr(bringing, "judge_apart", judged_here(exercise))
    assert remembered.keep(exercise, np.float64(18), tmp_path) == ""
    answer = bringing.bring(exercise, [tmp_path])
    assert answer.yours and answer.value == 18


def test_the_words_of_this_session(exercise):
    assert in_one_line(exercise.answer).endswith("(no answer of yours was checked as correct in this session)")
    exercise.check(lambda x: 2 * x)
    assert in_one_line(exercise.answer) == "ch98.q1: your own `<lambda>`, checked in this session"
