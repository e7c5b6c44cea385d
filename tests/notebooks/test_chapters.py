"""Every chapter: the file is fit to be read, and it runs as it is and with solutions."""
import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import run_notebooks  # noqa: E402
from notebook_file import notebook_paths  # noqa: E402

CHAPTERS = notebook_paths([])
# From 20 s to a minute each. What a run with solutions adds to one with stubs is tested elsewhere too: that they are
# accepted (exercises/test_exercises.py), and that the cells that go on with them run (exercises/test_styles.py).
LONG = ("00", "10", "11", "12", "13", "16")
names = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def told(failures):
    return "\n".join(map(str, failures))


@names
def test_the_file_is_fit_to_be_read(path):
    assert not (failures := run_notebooks.check(path)), told(failures)


@pytest.mark.slow
@pytest.mark.parametrize("path, mode", [
    pytest.param(path, mode, id=f"{mode}-{path.stem}",
                 marks=pytest.mark.thorough if mode == "solutions" and path.name[:2] in LONG else ())
    for mode in run_notebooks.MODES for path in CHAPTERS])
def test_it_runs(path, mode):
    plan, failures = run_notebooks.planned([path], (mode,))
    if mode == "solutions" and plan[0][2] == "":
        pytest.skip("the notebook has no exercises, so it runs once only")
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        (run,) = runner.run(run_notebooks.run_all(plan, jobs=1))
    failures += run.failures + run.too_slow(run_notebooks.LIMITS)
    assert not failures, told(failures) + "\n" + run_notebooks.table([run], every_cell=True)
