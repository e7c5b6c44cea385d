"""What is solved: counted truly, shown in a terminal, in a notebook and on paper."""

import html.parser
import json

import pytest

from hf_lib.classroom import progress
from hf_lib.classroom.progress import COLUMNS, my_progress
from hf_lib.exercises import all_exercises
from hf_lib.judge import remembered


def keep(folder, *names):
    answers = {name: {"correct": "2026-11-28T10:00:00", "text": ["x = 1"]} for name in names}
    (folder / "answers.json").write_text(json.dumps({"version": 1, "answers": answers}), "utf-8")


def test_every_chapter_has_a_line_that_counts(tmp_path):
    keep(tmp_path, "ch00.q1", "ch00.q3", "ch07.q2", "ch07.q99", "nonsense")
    mine = my_progress(tmp_path)
    exercises = all_exercises()
    assert [line.number for line in mine.lines] == sorted({e.name[2:4] for e in exercises})
    assert {line.number: line.count for line in mine.lines if line.count} == {"00": 2, "07": 1}
    assert mine.total == f"3 of {len(exercises)} exercises solved"
    first, *_ = repr(mine).split("\n")
    assert first.startswith("00  Start here") and "2 of 3   ch00.q2 " in first
    assert all(len(line) <= COLUMNS for line in repr(mine).split("\n"))


def test_all_solved_says_so(tmp_path):
    keep(tmp_path, *(exercise.name for exercise in all_exercises()))
    assert repr(my_progress(tmp_path)).count("all solved") == len(my_progress(tmp_path).lines)


def test_an_answer_without_its_text_counts(tmp_path):
    remembered.keep_text("ch00.q1", "", "uses `net`, which …", tmp_path)
    assert my_progress(tmp_path).lines[0].count == 1


def test_where_nobody_reads_it_says_so():
    mine = my_progress()
    assert "Nothing is kept here" in repr(mine) and "Nothing is kept here" in mine._repr_html_()
    assert mine.total.startswith("0 of ")


def test_a_damaged_file_is_named_and_left(tmp_path):
    (tmp_path / "answers.json").write_bytes(b"{")
    assert repr(my_progress(tmp_path)).endswith(f"`{tmp_path.name}/answers.json` is damaged: no answer in it counts.")
    assert (tmp_path / "answers.json").read_bytes() == b"{"


class Page(html.parser.HTMLParser):
    """Collects the texts, and sees to it that every element is closed."""

    def __init__(self, source):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(source)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_the_table_in_a_notebook_is_sound(tmp_path):
    keep(tmp_path, "ch00.q1")
    assert "1 of 3" in Page(my_progress(tmp_path)._repr_html_()).texts


@pytest.mark.parametrize("arguments, title", [
    (["--sheet"], "Hessian-free optimisation: exercises"),
    (["--sheet", "Ada <&> Co"], "Hessian-free optimisation: exercises of Ada <&> Co")])
def test_the_page_to_print(tmp_path, monkeypatch, capsys, arguments, title):
    monkeypatch.setenv(remembered.VARIABLE, str(tmp_path))
    keep(tmp_path, "ch00.q1")
    assert progress.main(arguments) == 0
    assert str(tmp_path / "progress.html") in capsys.readouterr().out
    page = Page((tmp_path / "progress.html").read_text("utf-8"))
    assert page.texts.count(title) == 2 and page.texts.count("✓ 28 November 2026") == 1
    assert all(exercise.name in page.texts for exercise in all_exercises())


def test_a_page_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(remembered.VARIABLE, str(tmp_path))
    (tmp_path / "progress.html").mkdir()
    assert progress.main(["--sheet"]) == 1
    assert "could not be written" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["07"], ["--sheet", "a", "b"]])
def test_other_arguments_are_refused(arguments, capsys):
    assert progress.main(arguments) == 2
