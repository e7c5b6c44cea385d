"""From an answer to the next day, in real kernels: checked and kept in one, brought and counted in another."""

import json

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from hf_lib.classroom.places import ROOT, Places
from hf_lib.classroom.update import update

pytestmark = pytest.mark.slow


@pytest.fixture
def mine(tmp_path):
    """A reader's folder with the copies of the real course."""
    update(Places(ROOT / "notebooks", tmp_path / "my_course"))
    return tmp_path / "my_course"


def run(folder, *cells):
    """What a new kernel in that folder answers to each cell: the text of its value, or its error."""
    # No kernel folders: then "python3" can only mean the Python that runs this.
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    manager.start_kernel(cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    said = []
    try:
        client.wait_for_ready(timeout=600)
        for cell in cells:
            said.append("")

            def hear(message):
                content = message["content"]
                if message["msg_type"] in ("execute_result", "display_data"):
                    said[-1] += content["data"]["text/plain"]
                elif message["msg_type"] == "error":
                    said[-1] += f"{content['ename']}: {content['evalue']}"
            client.execute_interactive(cell, timeout=600, output_hook=hear)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return said


def test_the_next_day(mine):
    solved = [
        "import numpy as np\nfrom hf_lib.exercises import ch00 as ex\nfrom hf_lib.exercises import yours",
        "def column_of(Z):\n    # the largest entry of each row\n    return np.argmax(Z, axis=1)",
        "%%time\n# exercise ch00.q2\ndef error_rate(Z, labels):\n    return np.mean(column_of(Z) != labels)",
        "ex.q2.check(error_rate)",
        "# exercise ch00.q1\ncost = 1 + 15 * 4 / 3 + 9 / 3\n\nex.q1.check(cost)",
    ]
    *_, second, first = run(mine, *solved)
    assert "✓ ch00.q2: correct" in second and "✓ ch00.q1: correct" in first
    answers = json.loads((mine / "answers.json").read_text("utf-8"))["answers"]
    assert "    # the largest entry of each row" in answers["ch00.q2"]["text"]
    assert answers["ch00.q1"]["text"] == ["cost = 24.0"]
    brought, shown, twice, progress = run(
        mine, "from hf_lib.exercises import bring\nerror_rate = bring('ch00.q2')\nerror_rate",
        "bring('ch00.q1')", "from hf_lib.exercises import ch00 as ex\nex.q2.check(error_rate)",
        "from hf_lib.classroom.progress import my_progress\nmy_progress()")
    assert brought.startswith("ch00.q2: your own `error_rate`, of ") and brought.endswith(", kept when it was checked")
    assert shown.startswith("ch00.q1: your own `24.0`, of ") and "correct" in twice
    assert "2 of 3   ch00.q3" in progress
    assert json.loads((mine / "answers.json").read_text("utf-8"))["answers"] == answers


def test_notebooks_run_by_a_tool_keep_nothing(mine, tmp_path):
    elsewhere = tmp_path / "notebooks"
    elsewhere.mkdir()
    said = run(elsewhere, "from hf_lib.exercises import ch00 as ex\nex.q2.check(ex.q2.reference)",
               "import hf_lib.judge.remembered as r\nr.folder()",
               "from hf_lib.exercises import bring\nbring('ch00.q3')")
    assert said[1] == "" and "the course's" in said[2]
    assert not (mine / "answers.json").exists() and not list(elsewhere.iterdir())
