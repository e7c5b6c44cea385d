"""A kernel holds no more widgets and data after a hundred runs of a cell than after the first."""

import gc
import re
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from ipywidgets.widgets import widget
from test_explore import recorded_run, walk

from hf_lib import explore
from hf_lib.explore import shown, style


class Shell:
    """Stands in for the kernel: which cell runs, and for the how manieth time."""

    def __init__(self):
        self.runs, self.parent_header = 0, {}

    def run(self, cell):
        self.runs += 1
        self.parent_header = {"metadata": {"cellId": cell}, "header": {"msg_id": str(self.runs)}}


@pytest.fixture
def shell(monkeypatch):
    shell = Shell()
    monkeypatch.setattr(shown, "get_ipython", lambda: shell)
    monkeypatch.setattr(shown, "_SHOWN", {})
    monkeypatch.setattr(explore.view, "display", lambda *what, **how: None)
    return shell


def alive():
    return set(widget._instances)


def test_running_a_cell_again_keeps_no_more_widgets(shell):
    before = alive()
    counts = []
    for _ in range(5):
        shell.run("a")
        explore.show(walk, **recorded_run())
        explore.show(walk, **recorded_run(), k=2)                # both of one run stay
        counts.append(len(alive() - before))
    assert counts == counts[:1] * 5 and counts[0] > 30
    shell.run("b")
    explore.show(walk, **recorded_run())
    assert len(alive() - before) == 1.5 * counts[0]              # another cell's picture closes none


def test_the_data_of_the_former_picture_are_gone(shell):
    @explore.picture(lambda: {"data": np.zeros(3)}, e=explore.Switch())
    def line(data, e):
        fig = style.figure(4, 3)
        fig.alt = f"Switch {e}, {len(data)} numbers."
        return fig

    shell.run("a")
    data = np.zeros(5)
    explore.show(line, data=data)
    last = weakref.ref(data)
    del data
    shell.run("a")
    explore.show(line, data=np.zeros(5))
    gc.collect()
    assert last() is None


def test_where_no_notebook_tells_the_cell_nothing_is_closed(monkeypatch, shell):
    monkeypatch.setattr(shown, "get_ipython", lambda: None)
    before = alive()
    explore.show(walk, **recorded_run())
    first = alive() - before
    explore.show(walk, **recorded_run())
    assert first <= alive()


class Place:
    """Stands in for the page: what has been shown at the bar's place."""

    def __init__(self):
        self.shown = []

    def update(self, output, raw):
        self.shown.append(output["text/html"])


@pytest.fixture
def place(monkeypatch):
    place = Place()

    def show(output, raw, display_id):
        place.update(output, raw)
        return place
    monkeypatch.setattr(explore.progress, "display", show)
    monkeypatch.setattr(explore.progress, "get_ipython", lambda: SimpleNamespace(kernel=1))
    return place


def test_a_progress_bar_leaves_nothing(place):
    before = alive()
    with explore.Progress(3, "a < b") as bar:
        bar.to(1)
        bar.to(3)
    values = [re.search(r'a &lt; b <progress value="(\d+)" max="3"', shown) for shown in place.shown[:-1]]
    assert [value[1] for value in values] == ["0", "1", "3"] and place.shown[-1] == ""
    assert alive() == before


def test_a_fast_loop_does_not_flood_the_page_and_an_error_takes_the_bar_away(place):
    with pytest.raises(ZeroDivisionError), explore.Progress(10_000, "steps") as bar:
        for k in range(10_001):
            bar.to(k)
        raise ZeroDivisionError
    assert len(place.shown) == 1 + 100 + 1 and place.shown[-1] == ""


def test_no_bar_is_shown_where_no_notebook_runs(capsys):
    with explore.Progress(2, "epochs") as bar:
        bar.to(2)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("control", [explore.Slider(0, 1), explore.Log(1, 10), explore.Integer(0, 3),
                                     explore.Choice(("a", "b")), explore.Switch(), explore.Player(4)])
def test_every_control_is_closed_with_all_its_parts(control):
    before = alive()
    row, _ = control.widget("x")
    assert alive() > before
    shown.close(row)
    assert alive() == before
