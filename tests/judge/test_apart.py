"""Answers judged apart: whatever an answer does, it costs no other its verdict, and nothing outside is changed."""

import os
import sys
import textwrap
from pathlib import Path

import pytest

from hf_lib.exercises import find
from hf_lib.judge.apart import judge_apart

RIGHT = ("ch00.q2", find("ch00.q2").code)
WRONG = ("ch00.q3", "def squared_loss(Z, Y):\n    return np.sum((Z - Y) ** 2)")
SECONDS = 0.7                                               # of processor time: ample for what is right here


def answer(body):
    """An answer to ch00.q2 that does something before it gives what is right."""
    return "ch00.q2", "def error_rate(Z, labels):\n" + textwrap.indent(
        textwrap.dedent(body).strip() + "\nreturn np.mean(np.argmax(Z, axis=1) != labels)", "    ")


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def test_verdicts_in_the_order_of_the_answers():
    value = ("ch00.q1", find("ch00.q1").code)
    outcomes = judge_apart([RIGHT, WRONG, ("ch00.q2", find("ch00.q2").stub), value])
    assert statuses(outcomes) == ["correct", "incorrect", "not attempted", "correct"]
    assert [(outcome.exercise, outcome.source) for outcome in outcomes[:2]] == [RIGHT, WRONG]
    assert outcomes[1].diagnosis and outcomes[1].message
    assert judge_apart([]) == []


NO_ANSWERS = [
    ("import sys\nsys.exit(3)", "stopped"),
    ("raise KeyboardInterrupt", "raised an error"),
    ("1 / 0", "raised an error"),
    ("def another(): pass", "not found"),
    ("def error_rate(Z, labels:", "not Python"),
    ("\0", "not Python"),
    ("", "not found"),
    ("error_rate = 3", "wrong type"),
]


def test_texts_that_give_no_answer():
    *bad, good = judge_apart([*(("ch00.q2", source) for source, _ in NO_ANSWERS), RIGHT])
    assert [outcome.diagnosis for outcome in bad] == [diagnosis for _, diagnosis in NO_ANSWERS]
    assert {outcome.status for outcome in bad} == {"incorrect"} and all(outcome.message for outcome in bad)
    assert good.status == "correct"


@pytest.mark.slow
@pytest.mark.parametrize("source", [
    "while True:\n    pass",
    "import time\ntime.sleep(1e6)",
    "import os\nos._exit(0)",
    "import ctypes\nctypes.string_at(0)",
    "import threading\nthreading.Event().wait()",
])
def test_what_would_not_end_or_ends_python_costs_no_other_its_verdict(source):
    outcomes = judge_apart([RIGHT, ("ch00.q2", source), WRONG, RIGHT], seconds=SECONDS)
    assert statuses(outcomes) == ["correct", "incorrect", "incorrect", "correct"]
    assert outcomes[1].diagnosis == "stopped"
    assert ("came to an end" in outcomes[1].message) == ("exit" in source or "ctypes" in source)
    assert outcomes[2].diagnosis != "stopped"


def test_the_last_answer_may_end_python_too():
    assert statuses(judge_apart([RIGHT, ("ch00.q2", "import os; os._exit(0)")])) == ["correct", "incorrect"]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps to the limit of the address space")
def test_memory_has_a_limit():
    greedy = ("ch00.q2", "hoard = []\nwhile True:\n    hoard.append(np.ones(10**7))")
    outcomes = judge_apart([greedy, RIGHT], megabytes=1024)
    assert statuses(outcomes) == ["incorrect", "correct"]


HARM = [
    "import os; os.remove({path!r})",
    "import pathlib; pathlib.Path({path!r}).unlink()",
    "import os; os.rename({path!r}, 'gone')",
    "import shutil; shutil.rmtree({folder!r})",
    "open({path!r}, 'w').close()",
    "import os; os.system('rm ' + {path!r})",
    "import subprocess; subprocess.run(['rm', {path!r}])",
    "import os; os.makedirs(os.path.join({folder!r}, 'new'))",
]


def test_no_file_elsewhere_is_changed(tmp_path):
    path = tmp_path / "thesis.txt"
    path.write_text("years of work", encoding="utf-8")
    outcomes = judge_apart([answer(body.format(path=str(path), folder=str(tmp_path))) for body in HARM])
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]
    assert path.read_text(encoding="utf-8") == "years of work"
    assert [(outcome.status, outcome.diagnosis) for outcome in outcomes] == [("incorrect", "raised an error")] * 8


def test_it_works_in_a_folder_that_is_deleted(tmp_path):
    body = """
        import os, tempfile
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
        open("scratch.txt", "w").close()
        if not os.path.exists("scratch.txt"):
            return None
        os.remove("scratch.txt")
        """
    before = set(Path.cwd().iterdir())
    assert statuses(judge_apart([answer(body)])) == ["correct"]
    where = ("ch00.q2", "import os\nraise OSError(os.getcwd())")
    folder = judge_apart([where])[0].message.removeprefix("OSError: ")
    assert os.path.isabs(folder) and not os.path.exists(folder)
    assert set(Path.cwd().iterdir()) == before


def test_no_network():
    outcomes = judge_apart([answer(body) for body in (
        "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)",
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "import urllib.request; urllib.request.urlopen('http://localhost:9')",
        "import socket; socket.getaddrinfo('localhost', 80)",
    )])
    assert [outcome.diagnosis for outcome in outcomes] == ["raised an error"] * 4
    assert all("network" in line for outcome in outcomes for line in outcome.details[:1])


def test_prints_are_lost_and_nothing_can_be_read(capfd):
    flood = answer("for _ in range(3000):\n    print('x' * 100)")
    raw = ("ch00.q2", "import os, sys\nsys.__stdout__.write('{}\\n')\nos.write(1, b'y' * 10**6)\nos.write(2, b'z')\n"
           + RIGHT[1])
    asks = ("ch00.q2", "import sys\nassert sys.stdin.read() == ''\n" + RIGHT[1])
    assert statuses(judge_apart([flood, raw, asks])) == ["correct"] * 3
    assert capfd.readouterr() == ("", "")


def test_answers_of_two_calls_do_not_meet():
    assert statuses(judge_apart([("ch00.q2", "np.secret = 7\n" + RIGHT[1])])) == ["correct"]
    spy = ("ch00.q2", "np.secret\n" + RIGHT[1])
    assert statuses(judge_apart([spy])) == ["incorrect"]


def test_a_module_in_the_folder_of_the_reader_is_not_taken(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert statuses(judge_apart([RIGHT])) == ["correct"]


def test_an_unknown_exercise_is_said():
    outcomes = judge_apart([("ch77.q1", "x = 1"), RIGHT])
    assert outcomes[0].diagnosis == "unknown exercise" and outcomes[1].status == "correct"


def test_a_python_that_does_not_start_is_said(monkeypatch):
    monkeypatch.setattr(sys, "executable", os.path.join(os.sep, "no", "python"))
    (outcome,) = judge_apart([RIGHT])
    assert outcome.diagnosis == "stopped" and "could not be started" in outcome.message
    monkeypatch.undo()
    monkeypatch.setattr("hf_lib.judge.apart.START", "raise SystemExit")
    assert "did not get ready" in judge_apart([RIGHT])[0].message
