"""What every test shares. The markers `slow`, `thorough` and `browser` are declared in pyproject.toml."""
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import browser  # noqa: E402

pytest.register_assert_rewrite("chapter_cells", "exercise_checks")

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are drawn into memory, never into a window
os.environ.pop("HF_MY_COURSE", None)  # no test keeps answers in the folder of whoever starts it from JupyterLab

# How long an example takes depends on the machine and on what else it does: that is nothing to judge a property by.
settings.register_profile("course", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("course")

# Their fixture `before` runs the whole chapter, long cells included, before the first test: a fourth of the quick run.
LONG_CHAPTERS = ("test_ch10.py", "test_ch11.py", "test_ch12.py")

# Each takes about half the whole run's time, and a file stays on one core: first, one on each.
LONGEST_FILES = ("test_browser.py", "test_chapters.py")

# The same chapter, with its stubs: in the browser, where there is one, and else without it.
IN_BROWSER = "tests/browser/test_browser.py::test_chapter["
WITH_STUBS = "tests/notebooks/test_chapters.py::test_it_runs["

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts" / "browser"

# Doctests are collected from every module that pytest meets; the tests' own helpers are not for it to import.
collect_ignore = [str(path) for path in Path(__file__).parent.rglob("*.py") if not path.name.startswith("test_")]


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(config, items):
    """What first runs a long chapter is slow; what is `thorough` is left out unless -m names it; long files go first."""
    for item in items:
        if item.path.name in LONG_CHAPTERS and "before" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    if "thorough" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    leave_out_doubles(config, items)
    items.sort(key=lambda item: item.path.name not in LONGEST_FILES)


def leave_out_doubles(config, items):
    """Leave out what a browser test of this run does too: run a chapter with its stubs, and move its controls."""
    fewer = config.option.keyword or "not browser" in config.option.markexpr
    if fewer or not any(map(shutil.which, browser.NAMES)):
        return
    in_browser = {item.callspec.params["path"] for item in items if item.nodeid.startswith(IN_BROWSER)}
    doubles = [item for item in items if item.nodeid.startswith(WITH_STUBS)
               and item.callspec.params["mode"] == "stubs" and item.callspec.params["path"] in in_browser]
    items[:] = [item for item in items if item not in doubles]
    config.hook.pytest_deselected(items=doubles)


def pytest_terminal_summary(terminalreporter):
    """Print the latencies that the browser tests have measured, and keep them beside their screenshots."""
    rows = [row for reports in terminalreporter.stats.values() for report in reports
            if getattr(report, "when", "") == "call"
            for name, value in report.user_properties if name == "latency" for row in value]
    if not rows:
        return
    lines = [f"{'figure':<48} {'keys':>5} {'median':>7} {'slowest':>8} {'after a drag':>13} {'programs a core':>16}"]
    lines += [f"{name:<48} {keys:>5} {middle:>7.0f} {slowest:>8.0f} {lag:>13.0f} {busy:>16.1f}"
              for name, keys, middle, slowest, lag, busy in sorted(rows)]
    terminalreporter.section("milliseconds from key press to new picture")
    terminalreporter.write_line("\n".join(lines))
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    (ARTEFACTS / "latency.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
