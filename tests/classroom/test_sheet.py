"""`sheet NN`: texts with formulas, the empty notebook, and no solution in either."""

import builtins
import dataclasses
import json
import re
from html.parser import HTMLParser

import nbformat
import planted
import pytest

from hf_lib.classroom import exercise_texts, sheet
from hf_lib.classroom.__main__ import main
from hf_lib.classroom.exercise_texts import posed_in, task
from hf_lib.classroom.formulas import displayed, svg
from hf_lib.classroom.sheet_page import as_html
from hf_lib.classroom.submitted import texts_in
from hf_lib.exercises import all_exercises, find
from hf_lib.judge.apart import judge_apart
from hf_lib.judge.definitions import names_read
from hf_lib.judge.variants import drawn

CHAPTERS = [path.name[:2] for path in planted.NOTEBOOKS]
chapter = pytest.mark.parametrize("number", CHAPTERS)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page and the notebook of each chapter."""
    folder = tmp_path_factory.mktemp("sheets")
    for number in CHAPTERS:
        assert main(["sheet", number, "--to", str(folder / "new")]) == 0
    return lambda number: [(folder / "new" / f"sheet_{number}{ending}").read_text("utf-8")
                           for ending in (".html", ".ipynb")]


def of_chapter(number):
    return [exercise for exercise in all_exercises() if exercise.name[2:4] == number]


class Words(HTMLParser):
    """The words of a page."""

    def __init__(self, page):
        super().__init__()
        self.words, self.silent = [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.silent = tag == "style"

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


@chapter
def test_every_exercise_is_there_and_no_solution(written, number):
    page, notebook = written(number)
    words = "".join(Words(page).words)
    cells = json.loads(notebook)["cells"]
    texts = "\n".join("".join(cell["source"]) for cell in cells)
    stubs = "\n".join(exercise.stub for exercise in of_chapter(number))
    for exercise in of_chapter(number):
        assert exercise.stub in words
        assert f"# exercise {exercise.name}\n{exercise.stub}" in texts
        new = [line for line in map(str.strip, exercise.code.split("\n")) if len(line) > 12 and line not in stubs]
        assert not [line for line in new if line in words or line in texts]
        for hidden in (exercise.why, *exercise.hints):
            assert hidden not in texts and hidden not in words
    assert "Answer" not in texts


@chapter
def test_the_page_needs_nothing_and_shows_no_raw_tex(written, number):
    page, _ = written(number)
    assert not re.search(r"<script|<link|<img|src=|href=|@import|url\(", page)
    words = "".join(Words(page).words)
    assert "$" not in words and not re.search(r"formula\d|\\[a-zA-Z]{2,}", words)


@chapter
def test_the_notebook_is_one_and_its_cells_can_be_run(written, number):
    _, text = written(number)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    code = [cell["source"] for cell in notebook.cells if cell["cell_type"] == "code"]
    there = {name for name in vars(builtins)} | {"np", "ex"}
    assert {"import numpy as np", f"from hf_lib.exercises import ch{number} as ex"} == set(code[0].split("\n"))
    for source in code[1:]:                                 # what a cell reads is imported: it depends on no other
        assert names_read(source) <= there
    namespace = {}
    for source in code:
        exec(source, namespace)
    assert {text.exercise for text in texts_in(text.encode())} == {exercise.name for exercise in of_chapter(number)}


def test_what_is_there_is_not_overwritten(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet_00.ipynb").write_text("my answers", encoding="utf-8")
    assert main(["sheet", "00"]) == 1 and "already" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["sheet_00.ipynb"]
    assert (tmp_path / "sheet_00.ipynb").read_text(encoding="utf-8") == "my answers"


@pytest.mark.parametrize("number", ["77", "7", "*", "../x", ""])
def test_a_chapter_that_is_none(number, tmp_path, capsys):
    assert main(["sheet", number, "--to", str(tmp_path)]) == 2
    assert "two digits" in capsys.readouterr().out and not list(tmp_path.iterdir())


def test_a_variant_has_its_numbers_in_text_stub_and_grade_and_no_check():
    posed = posed_in(planted.NOTEBOOKS[0])[2][0]
    exercise = dataclasses.replace(posed.exercise, variant=lambda rng: {
        "text": "**Exercise.** Two and two?", "stub": "cost = ...  # two and two", "code": "cost = 4"})
    varied = sheet.varied(dataclasses.replace(posed, exercise=exercise), 3)
    assert varied.text == "**Exercise.** Two and two?"
    assert varied.cell == f"# exercise ch00.q1\ncost = ...  # two and two\n\n{sheet.LATER}"
    assert sheet.varied(dataclasses.replace(posed, exercise=dataclasses.replace(exercise, variant=None)), 3).cell \
        == posed.cell


@pytest.mark.parametrize("name", [exercise.name for exercise in all_exercises() if getattr(exercise, "variant", None)])
def test_a_variant_goes_from_the_sheet_to_the_grade(tmp_path, name):
    """Answered by its own numbers it is right; by those of the chapter it is wrong."""
    assert main(["sheet", name[2:4], "--variant", "12", "--to", str(tmp_path)]) == 0
    (path,) = tmp_path.glob("*.ipynb")
    exercise = find(name)
    variant = drawn(exercise, 12)
    page = path.with_suffix(".html").read_text("utf-8")
    assert "$" not in "".join(Words(page).words) and "12" not in path.name
    notebook = json.loads(path.read_text("utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if "".join(cell["source"]).startswith(f"# exercise {name}\n")]
    source = "".join(cell["source"])
    assert variant.stub in source and source.endswith(sheet.LATER)
    statuses = []
    for code in (variant.code, exercise.code):
        cell["source"] = source.replace(variant.stub, code)
        (text,) = [text for text in texts_in(json.dumps(notebook).encode()) if text.exercise == name]
        for seed in (12, None):
            statuses += [outcome.status for outcome in judge_apart([(name, text.source)], variant=seed)]
    assert statuses == ["correct", "incorrect", "incorrect", "correct"]


def test_the_task_comes_without_answers_headings_and_links():
    text = ("## 3 · A thing\n\nFirst.\n\n**Question for the slider.** Which?\n\n<details><summary>Answer</summary>\n\n7"
            "\n\n</details>\n\n**Step 3.1.** It is so ([04](04_x.ipynb)).\n\n**Exercise 2 (core).** Do it.\n\nWell.")
    assert task(text) == "First.\n\n**Step 3.1.** It is so (04).\n\n**Exercise 2 (core).** Do it.\n\nWell."
    assert task("No mark.") == "No mark."


def test_formulas_carry_their_tex_and_sit_on_the_line():
    assert 'aria-label="x &lt; y"' in svg("x < y")
    depth = lambda tex: float(re.search(r"vertical-align:(-?[\d.]+)em", svg(tex))[1])
    assert depth("x") > -0.1 and depth("x_p") < depth("x") - 0.05 and depth(r"\frac{1}{2}") < -0.2
    width = lambda tex: float(re.search(r"width:([\d.]+)em", svg(tex))[1])
    assert width(r"\tfrac12") == width(r"\frac{1}{2}") and width("xx") > 1.8 * width("x")
    assert displayed(r"\lambda = \begin{cases} 1 & \text{if } x \\ 2 & \text{else} \end{cases}").count("<tr>") == 2
    with pytest.raises(ValueError):
        svg(r"\nosuchthing")


def test_what_is_html_in_a_text_is_shown_as_text():
    assert as_html("a < b <script>1</script> `<b>` $x < y$").count("<script") == 0
    assert exercise_texts.LINK.sub(r"\1", "[a](b.ipynb#c)") == "a"
