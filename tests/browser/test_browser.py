"""Every chapter in a real browser: its figures move, and nothing is broken, unnamed or fetched from outside."""
from pathlib import Path

import figure_moves
import lab_page
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]

ARTEFACTS = ROOT / "artefacts" / "browser"  # for a person to look at
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.browser


def look_over(page, path):
    """Open a notebook, run it and move everything: (the figures' moves, all faults)."""
    page.open(path)
    page.run()
    found = page.faults() + page.misfits() + page.verdicts()
    moved = page.move_figures()
    found += [fault for moves in moved for fault in moves.faults] + page.faults()
    return moved, list(dict.fromkeys(found))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter(path, page, record_property):
    moved, faults = look_over(page, path)
    record_property("latency", [moves.row() for moves in moved])
    page.photograph(ARTEFACTS / path.stem)
    assert not faults, "\n".join(faults)
    assert moved or "explore.show(" not in path.read_text(encoding="utf-8")


# Tests for the tests: a notebook in which all is well, and one in which nothing is --------------------

SETUP = """
import sys
import time
import ipywidgets
from IPython.display import HTML, display
from hf_lib import explore
from hf_lib.explore import style

def shown(value, height=2):
    fig = style.figure(5, height)
    fig.subplots().plot([0, 1], [0, value])
    fig.alt = f"A line that rises by {value}."
    return fig
"""

SOUND = """
@explore.picture(a=explore.Slider(0, 1, 0.05), b=explore.Log(0.1, 10),
                 c=explore.Integer(1, 5), d=explore.Choice(("one", "two")),
                 e=explore.Switch(), k=explore.Player(30, interval=200, default=29))
def sound(a, b, c, d, e, k):
    fig = shown(a + b + c + k + 0.5 * e + len(d))
    fig.alt = f"a = {a}, b = {b}, c = {c}, d = {d}, e = {e}, k = {k}."
    fig.readout = f"{100 * k} GE"
    if d == "one":
        fig.axes[0].set_title("d")
    return fig

explore.show(sound)
"""

WAITS = """
with explore.Progress(2, "epochs") as bar:
    for epoch in range(2):
        bar.to(epoch + 1)
"""


def written(tmp_path, name, *cells):
    path = tmp_path / f"{name}.ipynb"
    notebook = new_notebook(cells=[new_markdown_cell("# A test"), *map(new_code_cell, (SETUP, *cells))],
                            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(notebook, path)
    return path


def test_nothing_is_found_where_all_is_well(page, tmp_path):
    (moves,), faults = look_over(page, written(tmp_path, "sound", SOUND))
    assert not faults, "\n".join(faults)
    assert len(moves.latencies) == 4 * figure_moves.PRESSES + 1 + 1  # four sliders, a drop-down and a switch
    assert len(moves.lags) == 4
    handle = page.page.locator(".widget-play ~ .widget-slider .noUi-handle")
    handle.focus()
    handle.press("Home")
    said = page.page.locator(".hf-explore [aria-live=polite]", has_text="k = 0.")
    said.wait_for(state="attached", timeout=lab_page.WIDGETS)
    assert handle.get_attribute("aria-valuetext") == "0 GE"


def test_a_notebook_opened_again_shows_its_figures_and_no_red_line(page, tmp_path):
    page.open(written(tmp_path, "next_day", SOUND, WAITS))
    page.run()
    page.open_again()
    shown = page.page.locator(".jp-Notebook").inner_text()
    assert "Run this cell to move a (0 to 1); b" in shown and page.page.locator("figure img").is_visible()
    assert "Error" not in shown and "epochs" not in shown.split("range(2)")[1]


ANSWERED = """# exercise ch02.q1
from IPython.display import HTML
HTML("<p role='status'>✓ correct</p>")
"""
FAULTS = (  # a cell, and what has to be said of it
    ("""
@explore.picture(k=explore.Integer(0, 3))
def raises(k):
    return shown(k if k < 2 else 1 / 0)
explore.show(raises)
""", "raises, k: the key ArrowRight shows an error: raises(k=2) failed: ZeroDivisionError"),
    ("""
@explore.picture(k=explore.Integer(0, 3))
def still(k):
    return shown(1)
explore.show(still)
""", "still, k: the picture is the same after the arrow keys"),
    ("""
@explore.picture(k=explore.Integer(0, 3))
def mute(k):
    fig = shown(k)
    fig.alt = "A line."
    return fig
explore.show(mute)
""", "mute, k: the alt text does not follow the arrow keys"),
    ("""
@explore.picture(k=explore.Choice((1, 2, 3)))
def slow(k):
    time.sleep(1)
    return shown(k)
explore.show(slow)
""", "slow: a new picture takes"),
    ("""
@explore.picture(k=explore.Switch())
def jumping(k):
    return shown(int(k), height=3 if k else 2)
explore.show(jumping)
""", "jumping, k: the figure jumps by 96 pixels after the key Space"),
    ("""
@explore.picture(greedy=explore.Integer(0, 9))
def page(greedy):
    return shown(greedy)
explore.show(page)
HTML("<img src='data:,' alt='x' onerror='document.addEventListener(`keyup`, e => {"
     "if (e.target.closest(`.hf-explore`)?.textContent.includes(`greedy`)) e.target.closest(`.jp-Cell`).focus();})'>")
""", "page, greedy: the control has lost the keyboard after the key ArrowRight"),
    ("""HTML('<img src="https://example.org/x.png" alt="a picture from elsewhere">')""",
     "the page asks another machine for https://example.org/x.png"),
    ("""HTML('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs=">')""",
     "an image has no alt text"),
    ("""
display({"application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0,
                                                      "model_id": "gone"}}, raw=True)
""", "a widget is missing"),
    ("ipywidgets.VBox([ipywidgets.HTML(), ipywidgets.IntSlider()]).add_class('hf-explore')",
     "a control has no name"),
    ("word = '" + 90 * "x" + "'", "its code scrolls sideways (window 1280 pixels wide)"),
    ("""
@explore.picture(k=explore.Switch())
def tower(k):
    return shown(int(k), height=12)
explore.show(tower)
""", "pixels high, of 520 (window 1366 pixels wide)"),
    ("ipywidgets.VBox([ipywidgets.HTML('<div style=width:2000px>wide</div>')], layout={'overflow': 'auto'})"
     ".add_class('hf-explore')", "its figure scrolls sideways (window 800 pixels wide)"),
    ("sys.stderr.write('a warning');", "an error or a warning is shown: a warning"),
    (ANSWERED, "the check of ch02.q1 says of the stub: ✓ correct"),
    ("# exercise ch02.q2", "the check of ch02.q2 says of the stub: nothing"),
    ("1 / 0", "ZeroDivisionError: division by zero"),
    ("'never reached'", "it did not run"),
)


def test_faults_are_found(page, tmp_path, monkeypatch):
    monkeypatch.setattr(figure_moves, "LIMIT", 10)  # so that one second is too slow on the slowest machine too
    monkeypatch.setattr(figure_moves, "sharing", lambda: 1.0)  # ... and the busiest
    monkeypatch.setattr(figure_moves, "TRIES", 1)
    monkeypatch.setattr(lab_page, "LOOKS", 10)
    cells, words = zip(*FAULTS)
    _, faults = look_over(page, written(tmp_path, "faulty", *cells))
    missed = [said for said in words if not any(said in fault for fault in faults)]
    assert not missed, "\n".join([f"missed: {missed}", *faults])
