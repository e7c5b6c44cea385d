"""The lecturer's kit keeps to the notebooks: their sections and minutes, their pictures, their exercises."""
import importlib.util
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from check_maths import why_unsettable  # noqa: E402
from check_minutes import plain, table_of  # noqa: E402
from notebook_file import read  # noqa: E402
from notebook_text import pieces  # noqa: E402

from hf_lib.exercises import all_exercises  # noqa: E402
from hf_lib.explore.picture import pictures  # noqa: E402

TEACHING = ROOT / "teaching"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
PARTS = ["Aims", "Board plan", "Questions", "Pictures", "What to skip", "Quiz"]
WORDS = 900

PAGES = sorted(TEACHING.rglob("*.md"))
each_chapter = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


# What the notebooks and the library have

@cache
def minutes(notebook):
    """Title of a section → its minutes in class; and the titles that are optional."""
    table = table_of(read(notebook).cells[0].source)
    return table.minutes["in class"], table.optional


@cache
def codes(notebook):
    """Title of a section → the code of its cells."""
    found, title = {}, ""
    for cell in read(notebook).cells:
        heading = re.match(r"## (.*)", cell.source)
        if cell.cell_type == "markdown" and heading:
            title = plain(heading[1])
        elif cell.cell_type == "code":
            found[title] = found.get(title, "") + cell.source + "\n"
    return found


@cache
def drawn(module):
    return pictures(importlib.import_module(f"hf_lib.figures.{module}"))


def bare(text):
    """A text without emphasis, capitals and line breaks."""
    return " ".join(text.replace("*", "").casefold().split())


@cache
def prose(number):
    (notebook,) = [path for path in NOTEBOOKS if path.stem.startswith(number)]
    return bare(" ".join(cell.source for cell in read(notebook).cells))


# What a page of the kit has

def text_of(name):
    return (TEACHING / name).read_text(encoding="utf-8")


@cache
def parts(notebook):
    """Heading of the second level → what stands below it, in order."""
    _, *found = re.split(r"^## (.*)\n", text_of(f"chapters/{notebook.stem}.md"), flags=re.MULTILINE)
    return dict(zip(found[::2], found[1::2], strict=True))


def rows(text):
    """The rows of the tables in a text, each a dict from the head's words."""
    found, head = [], None
    for line in text.splitlines():
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not line.startswith("|"):
            head = None
        elif head is None:
            head = cells
        elif not set(line) <= set("|-: "):
            found.append(dict(zip(head, cells, strict=True)))
    return found


def in_backticks(text):
    return re.findall(r"`([^`]+)`", text)


# All pages

def test_a_page_for_every_chapter_and_no_other():
    there = {path.name for path in (TEACHING / "chapters").iterdir()}
    assert there == {f"{path.stem}.md" for path in NOTEBOOKS}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    files = [link.partition("#")[0] for link in links if not link.startswith(("https://", "#"))]
    assert [name for name in files if not (page.parent / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_maths_can_be_set(page):
    found = list(pieces(page.read_text(encoding="utf-8")))
    assert [piece.text for piece in found if piece.kind == "text" and "$" in piece.text] == []
    formulas = [piece.inner for piece in found if piece.kind in ("maths", "display")]
    assert [(tex, why) for tex in formulas if (why := why_unsettable(tex))] == []


# The chapters

@each_chapter
def test_headings_in_order_and_short(notebook):
    text = text_of(f"chapters/{notebook.stem}.md")
    assert re.findall(r"^#{1,2} (.*)", text, re.MULTILINE)[1:] == PARTS
    (title,) = re.findall(r"^# (.*)", read(notebook).cells[0].source, re.MULTILINE)
    assert text.startswith(f"# {title}\n")
    assert f"](../../notebooks/{notebook.name})" in text
    assert len(re.findall(r"\S*\w\S*", text)) <= WORDS


@each_chapter
def test_aims(notebook):
    assert 3 <= len(re.findall(r"^- ", parts(notebook)["Aims"], re.MULTILINE)) <= 5


@each_chapter
def test_the_board_plan_has_every_section_with_its_minutes(notebook):
    *plan, last = rows(parts(notebook)["Board plan"])
    in_class, optional = minutes(notebook)
    planned = {plain(row["section"]): int(row["minutes"]) for row in plan}
    assert planned == {title: count for title, count in in_class.items() if title not in optional or title in planned}
    assert list(planned) == [title for title in in_class if title in planned]
    assert (last["section"], int(last["minutes"])) == ("**sum**", sum(planned.values()))
    assert all(row["on the board"] for row in plan)


@each_chapter
def test_the_questions_have_answers(notebook):
    asked = re.split(r"^\d+\. ", parts(notebook)["Questions"], flags=re.MULTILINE)[1:]
    assert 5 <= len(asked) <= 8
    sections = {title.partition(" ")[0] for title in minutes(notebook)[0]} | {"0"}
    for question in asked:
        stands = re.match(r"\*\*[^*]*\?\*\* \((\d+)\) \*Expected", question)
        assert stands and stands[1] in sections, question
        assert question.count("*Expected:*") == 1 and "*Wrong:*" in question, question


@each_chapter
def test_exercises_and_diagnoses_that_are_named_exist(notebook):
    """What stands in “curved quotes” is a diagnosis of an exercise that the same question names."""
    exercises = {exercise.name: exercise for exercise in all_exercises()}
    asked = re.split(r"^\d+\. ", parts(notebook)["Questions"], flags=re.MULTILINE)[1:]
    assert any("“" in question for question in asked)
    for question in asked:
        named = re.findall(r"`(ch\d\d\.q\d+)`", question)
        known = {diagnosis.name for name in named for diagnosis in exercises[name].diagnoses}
        assert set(re.findall(r"“([^”]+)”", question)) <= known, question


@each_chapter
def test_pictures_stand_in_their_sections_and_go_where_the_kit_sends_them(notebook):
    moves = rows(parts(notebook)["Pictures"])
    assert moves
    for row in moves:
        (name,) = in_backticks(row["picture"])
        module, _, name = name.partition(".")
        picture = drawn(module)[name]
        code = codes(notebook)[plain(row["section"])]
        assert re.search(rf"explore\.show\(\s*{module}\.{name}\b", code), f"{name} is not in {row['section']}"
        data = picture.example() if picture.example else {}
        controls = {control.label or key.replace("_", " "): control
                    for key, control in picture.controls(data).items()}
        (label,) = in_backticks(row["control"])
        control = controls[label]
        for column in ("from", "to"):
            value = row[column].strip("`")
            if picture.example is None:  # else its values may come from the chapter's own data
                assert reaches(control, value), f"{name}: {label} cannot be {value}"
        assert row["see and say"]


def reaches(control, value):
    """Whether a control has a value that reads so."""
    if isinstance(control.values[0], (int, float)) and not isinstance(control.values[0], bool):
        return any(abs(float(value) - known) <= 0.006 * abs(known) for known in control.values)
    return value in {str(known) for known in control.values} | {"on", "off"} & {
        "on" if known is True else "off" for known in control.values if isinstance(known, bool)}


@each_chapter
def test_what_to_skip_is_named_by_section(notebook):
    cut = rows(parts(notebook)["What to skip"])
    assert cut
    for row in cut:
        assert int(row["minutes"]) == minutes(notebook)[0][plain(row["section"])]
        assert row["then say"]


@each_chapter
def test_the_quiz_has_five_questions_with_one_key_each(notebook):
    quiz, _, keys = parts(notebook)["Quiz"].partition("<details><summary>Keys</summary>")
    assert keys.rstrip().endswith("</details>")
    asked = re.split(r"^\d+\. ", quiz, flags=re.MULTILINE)[1:]
    assert len(asked) == 5
    for question in asked:
        options = re.findall(r"^   - ([a-z]\)) (.+)$", question, re.MULTILINE)
        assert [letter for letter, _ in options] == ["a)", "b)", "c)", "d)"], question
        assert len({text for _, text in options}) == 4, question
    right = re.findall(r"^\d+\. \*\*([a-d])\*\* – \S.+$", keys, re.MULTILINE)
    assert len(right) == len(re.findall(r"^\d+\. ", keys, re.MULTILINE)) == 5
    assert max(Counter(right).values()) <= 2, "no letter is a good guess"


# The routes

def test_the_routes_have_the_notebooks_minutes_and_add_up():
    tables = re.findall(r"(?:^\|.*\n)+", text_of("routes.md"), re.MULTILINE)
    assert len(tables) >= 7
    for table in tables:
        *stops, last = rows(table)
        total = 0
        for row in stops:
            (notebook,) = [path for path in NOTEBOOKS if path.stem.startswith(row["chapter"])]
            in_class, optional = minutes(notebook)
            needed = sum(count for title, count in in_class.items() if title not in optional)
            expected = needed if row["section"] == "all" else in_class[plain(row["section"])]
            assert int(row["minutes"]) == expected <= 90, row
            total += expected
        assert (last["section"], last["minutes"]) == ("**sum**", str(total))


def test_a_route_of_90_minutes_takes_90():
    routes = re.findall(r"^## [^\n]*\(90 minutes\)\n(.*?)(?=^## |\Z)", text_of("routes.md"), re.MULTILINE | re.DOTALL)
    assert len(routes) >= 3
    for route in routes:
        *_, last = rows(route)
        assert 70 <= int(last["minutes"]) <= 90


# The room

def test_the_lines_for_a_stick_are_those_that_the_stick_has():
    specification = importlib.util.spec_from_file_location("course_of_the_room", ROOT / "course.py")
    course = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(course)
    _, *systems = course.FROM_THE_STICK.strip().split("\n\n")
    _, *fenced = re.findall(r"^```\n(.*?)\n```$", text_of("room.md"), re.MULTILINE | re.DOTALL)
    assert fenced == [lines.partition("\n")[2] for lines in systems]


# Glossary and notation

@pytest.mark.parametrize("name, column, least", [("glossary.md", "term", 70), ("notation.md", "symbol", 30)])
def test_what_is_defined_stands_in_its_chapter(name, column, least):
    found = rows(text_of(name))
    assert len(found) >= least
    assert [word for word, count in Counter(row[column] for row in found).items() if count > 1] == []
    for row in found:
        assert all(row.values()), row
        sought = re.sub(r"\s*\([^)]*\)$", "", row[column].strip("$`"))
        assert bare(sought) in prose(row["chapter"]), f"{sought} is not in chapter {row['chapter']}"


def test_the_glossary_is_in_the_order_of_the_alphabet():
    terms = [re.sub(r"\W", "", row["term"]).casefold() for row in rows(text_of("glossary.md"))]
    assert terms == sorted(terms)
