"""How wide and how long a chapter may be: each limit that is broken gives one sentence, and none that is kept does."""
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import execute_notebook  # noqa: E402
import limits  # noqa: E402
from check_answers import check_answers, open_answers  # noqa: E402
from check_files import check_columns  # noqa: E402
from check_minutes import check_minutes, questions, table_of, work  # noqa: E402

ROWS = ("| 1 · First | 40 min | 30 min |", "| 2 · Second | 30 min | 20 min |")
EXERCISE = "**Exercise 1 (warm-up, 60 min).** Do it."


def notebook(*sources, rows=ROWS):
    head = "\n".join(["# A chapter", "", "| section | alone | in class |", "|---|---|---|", *rows])
    return new_notebook(cells=[new_markdown_cell(head), *map(new_markdown_cell, sources)])


def reasons(path, found):
    return [failure.reason for failure in check_minutes(Path(path), found)]


def words(number):
    return " ".join(["word"] * number)


def test_which_notebooks_are_chapters():
    names = ("03_newton.ipynb", "10a_first_half.ipynb", "notes_03.ipynb", "healthy.ipynb", "2026_plans.ipynb")
    assert [limits.chapter(Path(name)) for name in names] == ["03", "10a", "", "", ""]


def test_a_chapter_that_keeps_all_limits_has_no_fault():
    assert reasons("99_good.ipynb", notebook("## 1 · First", EXERCISE, words(2000))) == []


@pytest.mark.parametrize("found, reason", [
    (notebook(EXERCISE, words(6501)), "words that are not optional; the most is 6,500"),
    (notebook(EXERCISE.replace("60", "150"), rows=("| 1 · First | 151 min | 75 min |",)),
     "the table adds up to 151 minutes alone; the most is 150"),
    (notebook(EXERCISE, words(2000), rows=("| 1 · First | 70 min | 76 min |",)),
     "the table adds up to 76 minutes in class; the most is 75"),
    (notebook(EXERCISE.replace("60", "30")), "reading takes 0 and the exercises and questions 30"),
    (notebook(EXERCISE.replace("60", "90")), "reading takes 0 and the exercises and questions 90"),
    (notebook(EXERCISE, words(2000), rows=(*ROWS, "| 3 · More, *optional* | 9 min | 5 min |")),
     "“3 · More” is optional in the table only"),
    (notebook(EXERCISE, words(2000), "## 3 · Third (*optional*)"), "Third” is optional in its heading only"),
    (notebook(rows=("| 1 · First | ten minutes | 5 min |",)), "says “ten minutes” alone, expected minutes"),
    (notebook(rows=("| 1 · First | 5 min |",)), "says “” in class, expected minutes"),
    (new_notebook(cells=[new_markdown_cell("# No table")]), "no table with the columns"),
])
def test_a_broken_limit_is_told(found, reason):
    assert any(reason in said for said in reasons("99_bad.ipynb", found)), reasons("99_bad.ipynb", found)


@pytest.mark.parametrize("minutes", ["100 min | 50 min", "– | –"])
def test_what_is_optional_counts_for_nothing(minutes):
    rows = (*ROWS, f"| 3 · Third (*optional*) | {minutes} |")
    parts = ("## 1 · First", EXERCISE, words(2000), "## 3 · Third (*optional*)", words(7000), "### 3.1", EXERCISE)
    assert reasons("99_long.ipynb", notebook(*parts, rows=rows)) == []
    again = reasons("99_long.ipynb", notebook(*parts, "## 4 · Fourth", words(5000), rows=rows))
    assert len(again) == 2 and "words that are not optional" in again[0] and "reading takes 35" in again[1]


def test_the_tables_sums():
    table = table_of(notebook(rows=(*ROWS, "| 3 · Third, optional | 9 min | 9 min |")).cells[0].source)
    assert (table.sum("alone"), table.sum("in class"), table.optional) == (70, 50, {"3 · Third"})


@pytest.mark.parametrize("source, minutes", [
    ("**Exercise 1 (warm-up).**", 5), ("**Exercise 2 (core, section 3).**", 10), ("**Exercise 3 (stretch).**", 15),
    ("**Exercise 4 (find the bug, 12 min).**", 12), ("**Before you run the next cell:** which?", 2),
    ("**Before you begin:** read chapter 02.", 0), ("**Question for the slider.** Where?", 2),
    ("**Questions for the sliders.**\n\n1. Where?\n2. When?\n   Why?\n\n<details>\n1. here\n2. now\n</details>", 4),
])
def test_minutes_for_exercises_and_questions(source, minutes):
    assert work(source) == minutes


def test_two_lists_of_questions_in_a_cell():
    assert questions("**Question for the slider.** Where?\n\n**Questions for the lists.**\n1. a\n2. b\n") == 3


# What an answer looks like -----------------------------------------------------------------------------

@pytest.mark.parametrize("source", [
    "**Question.** How far?\n\n*(As far as $x^*$ and\nno further.)*",
    "*All of this paragraph stands in italics, about $a * b$.*",
    "_(Yes: it is always so.)_", "*(No.)* And here is why it cannot be.", "**Answer.** It is seven.",
    "1. Where?\n\n- *(At the start, as ever.)*",
    "<details><summary>Answer</summary>\n\nYes.\n\n</details>\n\n*(And it goes on in the open.)*",
])
def test_an_open_answer_is_found(source):
    (failure,) = check_answers(Path("99_open.ipynb"), new_notebook(cells=[new_markdown_cell(source)]))
    assert failure.cell == 1 and "fold it in <details>" in failure.reason


@pytest.mark.parametrize("source", [
    "**Question.** How far?\n\n<details><summary>Answer</summary>\n\n*(As far as\n\n$x$ goes.)*\n\n</details>",
    "*Scope.* One equation, one network, and three seeds.", "*What is lost* is never found again by *waiting*.",
    "* a list of things\n* and more of them", "***", "*A title*",
    "**Answers differ** from place to place.",
])
def test_what_is_no_open_answer(source):
    assert list(open_answers(source)) == []


# Widths ------------------------------------------------------------------------------------------------

def test_a_wide_line_of_code_is_told_and_where():
    wide = "a = 1\nb = " + "2" * 85
    (failure,) = check_columns(Path("99_wide.ipynb"), new_notebook(cells=[new_code_cell("x = 1"), new_code_cell(wide)]))
    assert failure.cell == 2 and "line 2 of the code has 89 columns; the most is 88" in failure.reason


@pytest.mark.parametrize("output, told", [
    (new_output("stream", text="x" * 88 + "\n" + "y" * 88), False),
    (new_output("stream", text="short\n" + "x" * 89), True),
    (new_output("execute_result", data={"text/plain": "x" * 89}), True),
    (new_output("execute_result", data={"text/plain": "x" * 89, "text/html": "<b>x</b>"}), False),
    (new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}, "text/plain": "x" * 89}), False),
    (new_output("display_data", data={"image/png": "", "text/plain": "x" * 89}), False),
])
def test_a_wide_printed_line_is_told(output, told):
    found = list(execute_notebook.width_faults(SimpleNamespace(outputs=[output])))
    assert found == (["it prints a line of 89 characters; the most is 88"] if told else [])
