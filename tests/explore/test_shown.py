"""A kernel holds no more widgets and data after a hundred runs of a cell than after the first."""

import gc
import weakref

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


def test_a_progress_bar_leaves_nothing(monkeypatch):
    monkeypatch.setattr(explore.progress, "display", lambda what: None)
    before = alive()
    with explore.Progress(3, "epochs") as bar:
        bar.to(3)
    assert alive() == before


@pytest.mark.parametrize("control", [explore.Slider(0, 1), explore.Log(1, 10), explore.Integer(0, 3),
                                     explore.Choice(("a", "b")), explore.Switch(), explore.Player(4)])
def test_every_control_is_closed_with_all_its_parts(control):
    before = alive()
    row, _ = control.widget("x")
    assert alive() > before
    shown.close(row)
    assert alive() == before
