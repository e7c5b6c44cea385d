"""`grade`: every verdict right, the mistakes in order, and nothing that a file holds stops it."""

import csv
import io
import json
import re

import numpy as np
import planted
import pytest

from hf_lib.classroom import grade, grading, tally
from hf_lib.classroom.__main__ import main
from hf_lib.classroom.marks import Mark, Student
from hf_lib.classroom.submitted import students_in, texts_in
from hf_lib.exercises import find
from hf_lib.judge import apart
from hf_lib.judge.notebook_file import Damaged

CHAPTERS = [path for path in planted.NOTEBOOKS if path.name[:2] in ("00", "03", "08")]


def notebook(*sources):
    cells = [{"cell_type": "code", "id": str(number), "metadata": {}, "source": source, "outputs": [],
              "execution_count": None} for number, source in enumerate(sources)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Six students, three chapters: what was planted, and what `grade` has written."""
    folder = tmp_path_factory.mktemp("class") / "autumn"
    expected, mistakes = planted.make_class(folder, 6, np.random.default_rng(0), 20, CHAPTERS)
    assert main(["grade", str(folder)]) == 0
    return folder, expected, mistakes


def test_every_verdict_is_right(graded):
    folder, expected, _ = graded
    table = rows(folder.with_name("autumn-grades.csv"))
    assert [row["student"] for row in table] == sorted({student for student, _ in expected})
    seen = {(row["student"], name): tuple((row[name] + ": ").split(": ")[:2])
            for row in table for name in row if name.startswith("ch")}
    assert seen == expected
    assert "incorrect" in {status for status, _ in expected.values()}
    for row in table:
        assert int(row["correct"]) == sum(expected[row["student"], name][0] == "correct" for name in row
                                          if name.startswith("ch"))


def test_the_histogram_names_the_planted_mistakes_in_order(graded):
    folder, _, mistakes = graded
    page = folder.with_name("autumn-grades-mistakes.html").read_text("utf-8")
    first = page[:page.index(" · ")]
    named = re.findall(r"(ch\d\d\.q\d) <b>(.*?)</b>: (\d+)", first)
    counts = [int(count) for _, _, count in named]
    assert counts == sorted(counts, reverse=True)
    assert sorted(named) == sorted((name, diagnosis, str(count)) for name, diagnosis, count in mistakes)
    assert "<script" not in page and "http" not in page


def test_what_was_judged_is_not_judged_again(graded, monkeypatch, capsys):
    folder, _, _ = graded
    table = folder.with_name("autumn-grades.csv")
    before = table.read_bytes()
    kept = folder.with_name("autumn-grades-graded.jsonl")
    text = kept.read_text("utf-8")
    kept.write_text(text[:len(text) // 4], encoding="utf-8")                     # as if it was stopped while it wrote
    judged = []

    def counted(sources, *args, **kwargs):
        judged.append(len(sources))
        return apart.judge_apart(sources, *args, **kwargs)
    monkeypatch.setattr(grading, "judge_apart", counted)
    assert main(["grade", str(folder), "--jobs", "1"]) == 0
    assert 0 < sum(judged) < sum(name.startswith("ch") for row in rows(table) for name in row)
    assert table.read_bytes() == before
    judged.clear()
    assert main(["grade", str(folder)]) == 0
    assert sum(judged) == 0 and table.read_bytes() == before
    assert "18 of 18 notebooks" in capsys.readouterr().err


COST = find("ch00.q1").reference
RATE = find("ch00.q2").code
VALUE, FUNCTION = "# exercise ch00.q1\n", "# exercise ch00.q2\n"
ODD = {                                                     # what a notebook holds, and which verdict it gets
    "a helper in another cell": (["def guesses(Z):\n    return np.argmax(Z, axis=1)", "axis = 1", FUNCTION +
        "def error_rate(Z, labels):\n    return np.mean(guesses(Z) != labels) * axis"], "correct"),
    "a helper below": ([FUNCTION + "def error_rate(Z, y):\n    return rate(Z, y)",
                        RATE.replace("error_rate", "rate")], "correct"),
    "an import": (["from numpy import argmax, mean", FUNCTION + RATE.replace("np.", "")], "correct"),
    "another name": ([FUNCTION + RATE.replace("error_rate", "mine") + "\nex.q2.check(mine)"], "correct"),
    "a magic and the end of lines of Windows": (["%%time\r\n" + FUNCTION + RATE.replace("\n", "\r\n")], "correct"),
    "a loop beside the function": ([FUNCTION + RATE + "\nwhile True:\n    pass\nassert False"], "correct"),
    "a value that is computed": ([f"half = {COST / 2}", VALUE +
        "total = 0\nfor part in (half, half):\n    total += part\ncost = total\nprint(cost)\nex.q1.check(cost)"],
        "correct"),
    "a list that grows": ([VALUE + f"found = []\nfound.append({COST})\ncost = found[0]"], "correct"),
    "a value that only check sees": ([VALUE + f"ex.q1.check({COST})"], "correct"),
    "an assertion beside the value": ([VALUE + f"cost = {COST}\nassert False\nexit()"], "correct"),
    "two attempts": ([FUNCTION + RATE, FUNCTION + "def error_rate(Z, labels):\n    return 1 / 0"], "correct"),
    "the stub above": ([FUNCTION + find("ch00.q2").stub, FUNCTION + RATE], "correct"),
    "an endless loop": ([VALUE + "while True:\n    cost = 3"], "incorrect: stopped"),
    "an endless function": ([FUNCTION + "def error_rate(Z, labels):\n    while True:\n        pass"], "incorrect"),
    "the end of Python": ([VALUE + "import os\ncost = os._exit(0)"], "incorrect: stopped"),
    "no Python": ([VALUE + "cost = = 3"], "incorrect: not Python"),
    "no Python either": ([FUNCTION + "def error_rate(Z, labels:"], "not judged: yours in this notebook is no Python"),
    "something that is not run": (["table = open('data').read()", FUNCTION +
        "def error_rate(Z, labels):\n    return table"], "not judged: yours in this notebook uses `table`"),
    "no mark but the check": (["from hf_lib.exercises import ch00 as e", RATE + "\ne.q2.check(error_rate)"], "correct"),
    "the check in a cell of its own": (["from hf_lib.exercises import ch00", FUNCTION + find("ch00.q2").stub,
        RATE.replace("error_rate", "mine"), "ch00.q2.check(mine)"], "correct"),
    "a function that is computed": ([FUNCTION + "import functools\nlast = []\nlast.append(1)\n" +
        RATE.replace("np.argmax(Z, axis=1)", "np.argmax(Z, axis=last[0])")], "correct"),
    "the stub": ([FUNCTION + find("ch00.q2").stub], "not attempted"),
    "nothing": (["1 + 1"], "no cell"),
}
BROKEN = {
    "empty": b"", "cut off": notebook("1")[:-9].encode(), "a merge": b"<<<<<<< HEAD\n{}", "no cells": b"{}",
    "a list": b"[]", "deep": b"[" * 100_000, "numbers": b'{"cells": [3]}', "latin": "\xb5".encode("latin-1"),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd") / "class"
    folder.mkdir()
    for name, (sources, _) in ODD.items():
        (folder / f"{name}.ipynb").write_text(notebook(*sources), encoding="utf-8", newline="")
    for name, content in BROKEN.items():
        (folder / f"broken {name}.IPYNB").write_bytes(content)
    (folder / "two files").mkdir()
    (folder / "two files" / "a.ipynb").write_text(notebook(VALUE + f"cost = {COST}"), encoding="utf-8")
    (folder / "two files" / "deep" / "er").mkdir(parents=True)
    (folder / "two files" / "deep" / "er" / "b.ipynb").write_text(notebook(VALUE + "cost = -3"), encoding="utf-8")
    (folder / "two files" / ".ipynb_checkpoints").mkdir()
    (folder / "two files" / ".ipynb_checkpoints" / "c.ipynb").write_bytes(b"")
    (folder / "nobody").mkdir()
    (folder / "readme.txt").write_text("no notebook", encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    table = folder.parent / "out.csv"
    assert main(["grade", str(folder), "--out", str(table), "--seconds", "1.5"]) == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    return {row["student"]: row for row in rows(table)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_odd_answers(odd, name):
    sources, verdict = ODD[name]
    value = any(source.startswith(VALUE) for source in sources)
    assert odd[name]["ch00.q1" if value else "ch00.q2"].startswith(verdict)


@pytest.mark.slow
def test_broken_files_are_named_and_stop_nothing(odd):
    for name in BROKEN:
        assert odd[f"broken {name}"]["damaged files"].startswith(f"broken {name}.IPYNB ")
    assert odd["two files"]["ch00.q1"] == "correct" and odd["two files"]["damaged files"] == ""
    assert odd["nobody"]["ch00.q1"] == "no cell" and odd["nobody"]["correct"] == "0"
    assert set(odd) == {*ODD, *(f"broken {name}" for name in BROKEN), "two files", "nobody"}


def test_no_cell_is_a_formula():
    students = [Student("=1+1", {"ch00.q1": Mark("ch00.q1", "incorrect", "-x")}, ("@a is empty",)),
                Student("+a", {}), Student("-b", {}), Student("\ud800", {})]
    table = list(csv.reader(io.StringIO(tally.as_csv(students))))
    assert [row[0] for row in table[1:]] == ["'=1+1", "'+a", "'-b", "?"]
    assert table[1][-1] == "'@a is empty"
    assert not any(cell.startswith(tally.FORMULA) for row in table for cell in row)


def test_what_a_reader_is_told_is_text_on_the_page():
    mark = Mark("ch00.q1", "incorrect", "<b>", "a < b & <script>")
    page = tally.as_page([Student("a", {"ch00.q1": mark})], tally.mistakes([Student("a", {"ch00.q1": mark})]), "<i>")
    assert "<script" not in page and "a &lt; b &amp;" in page and "&lt;b&gt;" in page and "&lt;i&gt;" in page


def test_a_folder_that_is_none(tmp_path, capsys):
    assert grade.main([str(tmp_path / "none")]) == 2 and "no folder" in capsys.readouterr().out
    assert grade.main([str(tmp_path)]) == 2 and "no notebooks" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        grade.main([str(tmp_path), "--jobs", "0"])
    capsys.readouterr()


def test_another_course_or_variant_judges_anew(tmp_path, monkeypatch):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.ipynb").write_text(notebook(VALUE + f"cost = {COST}"), encoding="utf-8")
    keys = set()
    for variant, course in ((None, "1"), (3, "1"), (None, "2")):
        monkeypatch.setattr(grading, "revision", lambda course=course: course)
        graded = grading.grade(students_in(tmp_path / "class"), tmp_path / "kept", variant=variant)
        assert graded[0].marks["ch00.q1"].status == ("correct" if variant is None else "incorrect")
        keys |= {json.loads(line)["key"] for line in (tmp_path / "kept").read_text("utf-8").split("\n") if line}
    assert len(keys) == 3


def test_a_file_that_is_no_notebook_is_said():
    for content in BROKEN.values():
        with pytest.raises(Damaged):
            texts_in(content)
