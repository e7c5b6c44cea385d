"""What is printed arrives as UTF-8, whatever encoding the streams began with."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [path for folder in ("benchmarks", "experiments", "tools") for path in sorted((ROOT / folder).glob("*.py"))
           if "__main__" in path.read_text(encoding="utf-8")]


def printed(*command):
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, env=environment)


def test_signs_that_the_stream_did_not_have():
    done = printed("-c", "from hf_lib.notebook.streams import utf8_streams as u; import sys; "
                         "u(); print('λ ✓'); print('ρ', file=sys.stderr); print('\\udc80')")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8").split() == ["λ", "✓", "?"] and done.stderr.decode("utf-8").strip() == "ρ"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_begins_so(script):
    """By itself, or by the command line that the experiments share."""
    beginning = r"\b(command_line|parser_of)\(__doc__" if script.parent.name == "experiments" else \
        r'^if __name__ == "__main__":\n    utf8_streams\(\)\n'
    assert re.search(beginning, script.read_text(encoding="utf-8"), re.M)


def test_the_experiments_command_line_prints_greek_letters():
    done = printed(ROOT / "experiments" / "ablation.py", "--help")
    assert done.returncode == 0 and "λ" in done.stdout.decode("utf-8"), done.stderr


@pytest.mark.slow
def test_faults_with_greek_letters_are_told(tmp_path):
    notebook = tmp_path / "λ.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("raise ValueError('λ ✓')")]), notebook)
    done = printed(ROOT / "tools" / "run_notebooks.py", notebook, "--jobs", "1")
    assert done.returncode == 1 and "it raises ValueError: λ ✓" in done.stdout.decode("utf-8"), done.stderr
