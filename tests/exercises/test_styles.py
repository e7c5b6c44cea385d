"""Whatever an exercise accepts carries every later cell that uses it: loops, lists, NumPy's numbers, float64 alone."""

from types import SimpleNamespace

import pytest
from chapter_cells import NOTEBOOKS, Silent, sources_of
from students import all_written

import hf_lib.exercises
from hf_lib.exercises import find

RIGHT = [written for written in all_written() if written.right]
USED = {                                                    # the answers that a chapter goes on with
    "08": ("ch08.q3", "ch08.q5"),
    "09": ("ch07.q2", "ch07.q4", "ch08.q3", "ch09.q1", "ch09.q5"),
    "11": ("ch11.q4",),
    "12": ("ch12.q1", "ch12.q2", "ch12.q3", "ch12.q5"),
    "13": ("ch13.q1", "ch13.q3"),
    "14": ("ch14.q3", "ch14.q5"),
    "15": ("ch15.q3", "ch15.q4", "ch15.q5"),
}
LONG = ("09", "12")                                         # a round takes 15 s: all but one are `thorough`
LAST = {"08": "best_cubic", "09": "digit_records", "11": "running_average(", "12": "cost_to_reach(",
        "13": "residual_of(", "14": "ex.q5.answer", "15": "ex.q5.answer"}
ONLY = {"11": ("import numpy as np", "running_average("),       # the cells between read runs and train
        "15": ("import numpy as np", "def online", "*_, trained", "by_rule", "ex.q3.answer", "ex.q4.answer", "h_H")}


def styles_of(exercise):
    return [written for written in RIGHT if written.exercise == exercise]


def rounds():
    """A chapter with one style for each of its answers, until every style has been there."""
    return [pytest.param(chapter, k, id=f"{chapter}, styles number {k + 1}",
                         marks=pytest.mark.thorough if chapter in LONG and k > 0 else ())
            for chapter, names in USED.items() for k in range(max(len(styles_of(name)) for name in names))]


@pytest.mark.slow
@pytest.mark.parametrize("chapter, k", rounds())
def test_later_cells_run_with_every_accepted_style(chapter, k, monkeypatch):
    for name in USED[chapter]:
        styles = styles_of(name)
        exercise, written = find(name), styles[k % len(styles)]
        monkeypatch.setattr(exercise, "_correct", (exercise.compile(written.source),))
    monkeypatch.setattr(hf_lib.exercises, "bring", lambda name: find(name).answer)
    names = {"print": lambda *words, **how: None, "display": lambda shown: None}
    for source in used_cells(chapter):
        exec(compile(source, f"notebook {chapter}", "exec"), names)
        names["explore"] = SimpleNamespace(show=lambda picture, **data: None, Progress=Silent)


def used_cells(chapter):
    """The code cells up to the last that needs an answer, exercises apart."""
    (notebook,) = NOTEBOOKS.glob(f"{chapter}_*.ipynb")
    sources = [source for source in sources_of(notebook) if not source.startswith("# exercise")
               and any(word in source for word in ONLY.get(chapter, ("",)))]
    last = max(k for k, source in enumerate(sources) if LAST[chapter] in source)
    return sources[:last + 1]


def test_each_exercise_that_is_used_has_three_styles():
    assert all(len(styles_of(name)) >= 3 for names in USED.values() for name in names)
