"""The table of commands: what course.py and those without .venv call."""

import os
import sys
from types import ModuleType

import pytest

from hf_lib.classroom import __main__ as front
from hf_lib.classroom import lab, update
from hf_lib.judge import remembered


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_the_list_has_a_line_for_each(arguments, capsys):
    assert front.main(arguments) == 0
    lines = capsys.readouterr().out.split("\n")[2:-1]
    assert [line.split()[3] for line in lines] == list(front.COMMANDS)
    assert all(len(line.split()) > 6 for line in lines)


def test_an_unknown_command_is_named(capsys):
    assert front.main(["labb"]) == 2
    assert "no command 'labb'" in capsys.readouterr().out


def test_update_takes_no_arguments(capsys):
    assert front.main(["update", "07"]) == 2


def test_update_says_what_it_did(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(remembered.VARIABLE, str(tmp_path / "mine"))
    assert update.main([]) == 0 and "were copied to mine" in capsys.readouterr().out
    assert update.main([]) == 0 and capsys.readouterr().out == "Your copies are up to date.\n"


def test_lab_updates_and_opens_the_copy_of_chapter_00(tmp_path, monkeypatch, capsys):
    mine, started = tmp_path / "mine", []
    monkeypatch.setenv(remembered.VARIABLE, str(mine))
    stand_in = ModuleType("jupyterlab.labapp")
    stand_in.main = started.append
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", stand_in)
    assert lab.main(["--no-browser"]) == 0
    assert (mine / lab.FIRST).is_file() and "were copied" in capsys.readouterr().out
    assert started == [[f"--ServerApp.root_dir={tmp_path}", f"--LabApp.default_url=/lab/tree/mine/{lab.FIRST}",
                        "--no-browser"]]
    assert os.environ[remembered.VARIABLE] == str(mine)


def test_without_jupyterlab_lab_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    assert lab.main([]) == 1
    assert "JupyterLab is not installed here" in capsys.readouterr().out
