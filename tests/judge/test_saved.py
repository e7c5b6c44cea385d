"""Answers from saved notebooks: read as they stand, nothing run but definitions, and true words on what was found."""

import json

import pytest
from judged_here import in_one_line, judged_here

from hf_lib.exercises import FunctionExercise, ValueExercise
from hf_lib.judge import bringing

MARK = "# exercise ch98.q1\n"
ANSWER = "def double(x):\n    return x + x\n"
CALL = "ch98.q1.check(double)\n"


@pytest.fixture
def exercise(monkeypatch):
    exercise = FunctionExercise(
        name="ch98.q1", title="Twice", kind="core",
        stub="def double(x):\n    ...", code="def double(x):\n    return 2 * x",
        why="Twice.", hints=("1", "2", "3"), diagnoses=(), cases=lambda rng: [(rng.normal(size=3),) for _ in range(3)])
    monkeypatch.setattr(bringing, "judge_apart", judged_here(exercise))
    return exercise


def notebook(*sources, kind="code"):
    cells = [{"cell_type": kind, "id": f"c{k}", "metadata": {}, "source": source.splitlines(keepends=True),
              **({"outputs": [], "execution_count": None} if kind == "code" else {})}
             for k, source in enumerate(sources)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def mine(exercise, folder):
    return bringing.bring(exercise, [folder]).yours


def said(exercise, folder, *sources, name="98_x.ipynb"):
    (folder / name).write_text(notebook(*sources), encoding="utf-8", newline="")
    return in_one_line(bringing.bring(exercise, [folder]))


# ---- what is taken ---------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [
    ANSWER + CALL,
    ANSWER + "%timeit double(3)\n" + CALL,
    ANSWER + "!echo hello\nfiles = !ls\nbest = %timeit -o double(3)\n" + CALL,
    ANSWER + "double?\n?double\ndouble??\n" + CALL,
    "%matplotlib inline\n" + ANSWER + CALL,
    "def double(x):\n    %time y = x\n    !echo\n    return x + x\n" + CALL,
    ANSWER.replace("\n", "\r\n"),
    "def double(x):\n    ...\n\n\n" + ANSWER + CALL,
    ANSWER + "assert double(1) == 2\nfor k in range(3):\n    print(k)\n" + CALL,
    "def my_double(x):\n    return 2 * x\n\nex.q1.check(my_double)\n",
    "def double(x):\n    ...\n\n\ndef my_double(x):\n    return 2 * x\n\nex.q1.check(my_double)\n",
    "double = lambda x: 2 * x\n" + CALL,
    "import numpy\nTWO = 1 + 1\ndef double(x):\n    return numpy.multiply(TWO, x)\n" + CALL,
])
def test_other_lines_in_the_cell(exercise, tmp_path, source):
    assert "your own" in said(exercise, tmp_path, MARK + source)


@pytest.mark.parametrize("above", [
    "", "\n", "# mine\n\n", "%matplotlib inline\n\n", "  \n#\n", "%%time\n", "%%timeit -n 1\n",
    "%%capture out\n%%time\n\n"])
@pytest.mark.parametrize("mark", [
    "# exercise ch98.q1", "#exercise ch98.q1  ", "  # exercise  ch98.q1", "# Exercise ch98.q1"])
def test_what_stands_around_the_mark_is_no_matter(exercise, tmp_path, above, mark):
    assert "your own" in said(exercise, tmp_path, f"{above}{mark}\n\n# so\n{ANSWER}")


@pytest.mark.parametrize("others", [
    ["def helper(x):\n    return 2 * x\n"],
    ["import math\nTWO = 2.0\n",
     "def other(x):\n    return TWO * x * math.cos(0)\ndef helper(x):\n    return other(x)\n"],
    ["def helper(x):\n    return np.float64(0) * x\n", "def helper(x):\n    return x + x\n"],
    ["from math import *\nhelper = lambda x: 2 * x * cos(0)\n"],
    ["class Double:\n    'twice'\n    factor = 2\n    def __call__(self, x):\n        return self.factor * x\n",
     "def helper(x):\n    return Double()(x)\n"],
    ["import functools\n@functools.lru_cache(maxsize=None)\ndef two():\n    return 2\n",
     "def helper(x, f=two):\n    display\n    return f() * x\n"],
])
def test_helpers_and_imports_of_other_cells_come_along(exercise, tmp_path, others):
    text = said(exercise, tmp_path, *others, f"{MARK}def double(x):\n    return helper(x)\n{CALL}")
    assert text == f"ch98.q1: your own `double`, read from `{tmp_path.name}/98_x.ipynb` and found correct"


def test_the_stub_above_and_below_the_answer(exercise, tmp_path):
    assert "your own" in said(exercise, tmp_path, exercise.cell, MARK + ANSWER + CALL, exercise.cell)


def test_the_last_answer_that_is_correct_is_taken(exercise, tmp_path):
    assert "your own" in said(exercise, tmp_path, MARK + ANSWER, f"{MARK}def double(x):\n    return 3 * x\n")


def test_any_name_of_the_file_will_do(exercise, tmp_path):
    assert "your own" in said(exercise, tmp_path, MARK + ANSWER, name="My homework (2).ipynb")


def test_a_notebook_of_format_3_is_read(exercise, tmp_path):
    cell = {"cell_type": "code", "input": MARK + ANSWER, "language": "python", "outputs": []}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    (tmp_path / "98_x.ipynb").write_text(json.dumps(old), encoding="utf-8")
    assert mine(exercise, tmp_path)


def test_what_was_brought_is_judged_no_second_time(exercise, tmp_path, monkeypatch):
    said(exercise, tmp_path, MARK + ANSWER)
    monkeypatch.setattr(bringing, "judge_apart", None)
    assert mine(exercise, tmp_path)


@pytest.mark.parametrize("source, yours", [
    ("cost = 18\n", True), ("cost = 1 + 12 * 4 / 3 + 1\n", True), ("n = 12\ncost = n * 4 / 3 + 2\n", True),
    ("cost = 0\nfor k in range(18):\n    cost += 1\n", False), ("cost = measured()\n", False), ("cost = 17\n", False),
    ("cost = (\n", False), ("cost = ...\n", False),
])
def test_a_value_is_taken_where_it_is_a_constant(monkeypatch, tmp_path, source, yours):
    exercise = ValueExercise(
        name="ch98.q2", title="A value", kind="core", stub="cost = ...", code="cost = 18.0", why="So.",
        hints=("1", "2", "3"), diagnoses=())
    monkeypatch.setattr(bringing, "judge_apart", judged_here(exercise))
    text = said(exercise, tmp_path, f"# exercise ch98.q2\n{source}\nch98.q2.check(cost)")
    assert ("your own" in text) == yours
    assert "for k in" not in source or "is not run from a saved notebook" in text


def test_a_stub_of_several_lines_is_answered_where_any_has_changed(monkeypatch, tmp_path):
    exercise = ValueExercise(
        name="ch98.q2", title="Two values", kind="core", stub="low = ...\nhigh = ...\n\nanswer = low, high",
        code="low = 1.0\nhigh = 2.0\n\nanswer = low, high", why="So.", hints=("1", "2", "3"), diagnoses=())
    monkeypatch.setattr(bringing, "judge_apart", judged_here(exercise))
    stub = f"# exercise ch98.q2\n{exercise.stub}\n\nch98.q2.check(answer)"
    assert "still holds the stub" in said(exercise, tmp_path, stub)
    assert "was not correct: not finished" in said(exercise, tmp_path, stub.replace("low = ...", "low = 1"))
    assert "your own" in said(exercise, tmp_path, stub.replace("low = ...", "low = 1").replace("= ...", "= 2"))


# ---- what is not taken, and why --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_what_is_no_code_is_no_answer(exercise, tmp_path, kind):
    (tmp_path / "98_x.ipynb").write_text(notebook(MARK + ANSWER, kind=kind), encoding="utf-8")
    assert not mine(exercise, tmp_path)


WHY = [
    (["def double(x):\n    ...\n"], "the cell in {} still holds the stub"),
    (["def double(x):\n    ...  # to do\n\n\n\nch98.q1.check(double)"], "the cell in {} still holds the stub"),
    (["def double(x):\n    return helper(x)\n"], "yours in {} uses `helper`, which no cell of it defines"),
    (["def double(x):\n    return -2 * x\n"], "yours in {} was not correct: sign"),
    (["def double(x):\n    return 1 / 0\n"], "yours in {} was not correct: raised an error"),
    (["def double(x:\n"], "yours in {} is no Python that can be read"),
    (["x = 3\n"], "the cell in {} does not define `double`"),
    (["k = 2\n", "k += 1\n", "def double(x):\n    return k * x\n"],
     "yours in {} uses `k`, and `k += 1` is not run from a saved notebook"),
    (["k = [2]\n", "k.append(3)\n", "def double(x):\n    return k[-1] * x\n"],
     "yours in {} uses `k`, and `k.append(3)` is not run from a saved notebook"),
    (["k = [2]\n", "k[0] = 3\n", "def double(x):\n    return k[-1] * x\n"],
     "yours in {} uses `k`, and `k[0] = 3` is not run from a saved notebook"),
    (["if True:\n    def k():\n        return 2\n", "def double(x):\n    return k() * x\n"],
     "yours in {} uses `k`, and `if True:` is not run from a saved notebook"),
]


@pytest.mark.parametrize("sources, why", WHY)
def test_it_says_truly_why_it_is_the_course_s(exercise, tmp_path, sources, why):
    *others, source = sources
    where = f"`{tmp_path.name}/98_x.ipynb`"
    text = said(exercise, tmp_path, *others, MARK + source)
    assert text == f"ch98.q1: the course's `double` ({why.format(where)})"


def test_nothing_there(exercise, tmp_path):
    nothing = "ch98.q1: the course's `double` (no answer of yours was checked as correct in this session)"
    assert in_one_line(bringing.bring(exercise, [tmp_path / "none", tmp_path])) == nothing


GOOD = notebook(MARK + ANSWER).encode()
DAMAGE = [
    (b"", "is empty"), (GOOD[:-9], "is cut off, or no JSON"), (GOOD[:40], "is cut off, or no JSON"),
    (b"<<<<<<< HEAD\n" + GOOD, "holds the marks of a merge"), ("µ".encode("latin-1"), "is no text in UTF-8"),
    (GOOD.decode().encode("utf-16"), "is no text in UTF-8"), (b"[]", "is no notebook"), (b"3", "is no notebook"),
    (b"{}", "is no notebook: it has no list of cells"), (b'{"cells": null}', "is no notebook: it has no list of cells"),
    (b'{"cells": 3}', "is no notebook: it has no list of cells"), (b'{"cells": [3]}', "has a cell that is none"),
    (b'{"cells": [{"cell_type": "code"}]}', "has a cell that is none"),
    (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "has a cell that is none"),
    (b"[" * 100_000, "is nested too deep"),
]


@pytest.mark.parametrize("broken, why", DAMAGE)
def test_a_damaged_file_is_named(exercise, tmp_path, broken, why):
    (tmp_path / "98_x.ipynb").write_bytes(broken)
    assert in_one_line(bringing.bring(exercise, [tmp_path])).endswith(f"(`{tmp_path.name}/98_x.ipynb` {why})")


@pytest.mark.parametrize("broken", [broken for broken, _ in DAMAGE])
@pytest.mark.parametrize("name", ["98_a.ipynb", "98_z.ipynb"])
def test_a_damaged_copy_beside_the_good_one(exercise, tmp_path, broken, name):
    (tmp_path / "98_m.ipynb").write_bytes(GOOD)
    (tmp_path / name).write_bytes(broken)
    (tmp_path / "98_folder.ipynb").mkdir()
    assert mine(exercise, tmp_path)


def test_a_mark_of_the_byte_order_does_no_harm(exercise, tmp_path):
    (tmp_path / "98_x.ipynb").write_bytes(b"\xef\xbb\xbf" + GOOD)
    assert mine(exercise, tmp_path)


# ---- nothing else is run ---------------------------------------------------------------------------

HARM = "open('gone', 'w').close()"


@pytest.mark.parametrize("source", [
    f"gone = {HARM}\n{ANSWER}",
    f"{HARM}\n{ANSWER}",
    f"if True:\n    {HARM}\n{ANSWER}",
    f"def double(x, harm={HARM}):\n    return 2 * x\n",
    f"def double(x: {HARM}):\n    return 2 * x\n",
    f"def double(x) -> {HARM}:\n    return 2 * x\n",
    f"@({HARM} or (lambda f: f))\ndef double(x):\n    return 2 * x\n",
    f"class K:\n    {HARM}\n    k = 2\ndef double(x):\n    return K.k * x\n",
    f"class K:\n    k = {HARM}\ndef double(x):\n    return (K, 2)[1] * x\n",
    f"k = [{HARM} for _ in (1,)]\ndef double(x):\n    return (k, 2)[1] * x\n",
    f"def array(x):\n    {HARM}\n    return 2\nk = array(2)\ndef double(x):\n    return k * x\n",
    f"double = ({HARM}, lambda x: 2 * x)[1]\n",
    f"double = lambda x, k={HARM}: 2 * x\n",
    f"%%time\n{HARM}\n{ANSWER}",
    f"!touch gone\n%run gone\n{ANSWER}",
])
def test_nothing_is_run_but_definitions(exercise, tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    said(exercise, tmp_path, MARK + source + CALL)
    assert [path.name for path in tmp_path.iterdir()] == ["98_x.ipynb"]


def test_an_endless_loop_and_an_end_of_python_are_named(tmp_path, monkeypatch):
    from hf_lib.exercises import ch00

    monkeypatch.setattr(bringing, "SECONDS", 0.5)
    monkeypatch.setattr(ch00.q2, "_correct", ())                      # whatever ran before
    ends = "    import os\n    os._exit(0)\n"
    for answer, why in (("    while True:\n        pass\n", ""), (ends, "gave no verdict (")):
        source = f"# exercise ch00.q2\ndef error_rate(Z, labels):\n{answer}"
        (tmp_path / "00_x.ipynb").write_text(notebook(source), encoding="utf-8")
        answer = bringing.bring(ch00.q2, [tmp_path])
        assert not answer.yours and answer.because.startswith(f"yours in `{tmp_path.name}/00_x.ipynb` {why}")
