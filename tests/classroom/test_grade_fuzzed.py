"""Saved notebooks through `grade`: nothing hangs or raises, each verdict is true, no file is changed.

Forty in the suite; ``pytest -m thorough`` takes 160 more.
"""

import pytest
from notebook_fuzzer import PRECIOUS, fuzzed
from small_notebooks import tree

from hf_lib.classroom.grading import grade
from hf_lib.classroom.submitted import students_in


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(40), *(pytest.param(range(start, start + 40), marks=pytest.mark.thorough)
                                               for start in range(40, 200, 40))], ids=str)
def test_fuzzed_notebooks(tmp_path, monkeypatch, seeds):
    notebooks = {f"student {seed:03}": fuzzed(seed) for seed in seeds}
    folder = tmp_path / "class"
    for student, notebook in notebooks.items():
        (folder / student).mkdir(parents=True)
        (folder / student / notebook.name).write_bytes(notebook.content)
        (folder / student / PRECIOUS).write_text("of great worth", encoding="utf-8")
    (tmp_path / PRECIOUS).write_text("of great worth", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = tree(tmp_path)
    graded = grade(students_in(folder), tmp_path / "kept", seconds=2.0)
    after = tree(tmp_path)
    assert {path: content for path, content in after.items() if path != "kept"} == before
    assert [student.name for student in graded] == list(notebooks)
    for student in graded:
        notebook = notebooks[student.name]
        mark = student.marks.get(notebook.exercise)
        if notebook.damage:
            assert student.damaged == (f"{notebook.name} {student.damaged[0][len(notebook.name) + 1:]}",)
            assert not student.marks
            continue
        assert not student.damaged
        others = [other.status for name, other in student.marks.items() if name != notebook.exercise]
        assert set(others) <= {"not attempted"}
        if notebook.state == "right":
            assert mark.status == "correct", (notebook, mark)
        elif notebook.state == "stub":
            assert mark.status == "not attempted", (notebook, mark)
        else:
            assert mark.status in ("incorrect", "not judged"), (notebook, mark)
