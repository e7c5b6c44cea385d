"""Slides: which cells stand on which, what only the speaker sees, what comes at a click."""
import re
import sys
from html import unescape
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytest.importorskip("sphinx", reason="the packages of the extra `book` are not installed")

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from hf_lib.exercises import find  # noqa: E402
from notebook_file import notebook_paths, read  # noqa: E402
from slides.cells import chunks, code, text  # noqa: E402
from slides.deck import deck, slides, with_link_to_deck, with_links_to, write_decks  # noqa: E402


def notebook(*cells):
    """Cells of (slide type, source); a list as source is code."""
    made = []
    for kind, source in cells:
        cell = new_code_cell(source[0]) if isinstance(source, list) else new_markdown_cell(source)
        cell.metadata = {"slideshow": {"slide_type": kind}} if kind else {}
        made.append(cell)
    return new_notebook(cells=made)


def words(part):
    return re.sub(r"<[^>]+>", " ", part).split()


# A cell

def test_an_answer_is_for_the_speaker_and_for_the_class_at_a_click():
    question, note, answer, rest = text("Why?\n\n<details><summary>Answer</summary>\n\nAs $a < b$.\n\n</details>\n\nSo.")
    assert words(question) == ["Why?"] and words(rest) == ["So."]
    assert note.startswith('<aside class="notes">') and answer.startswith('<div class="cell answer fragment">')
    assert words(note) == words(answer) == ["Answer", "As", r"\(a", "&lt;", r"b\)", "."]


@pytest.mark.parametrize("remark", ["*For the teacher.* Vote first.", "**For the class:** in pairs."])
def test_a_remark_for_the_class_is_no_part_of_the_slide(remark):
    shown, note = text(f"One.\n\n{remark}\n\nTwo.")
    assert words(shown) == ["One.", "Two."]
    assert note.startswith('<aside class="notes">') and words(note)[:2] == ["For", "the"]


def test_the_minutes_are_for_the_speaker_and_other_tables_for_all():
    shown, note = text("| section | alone | in class |\n|---|---|---|\n| 1 | 7 min | 6 min |\n\n| κ | f |\n|---|---|\n| 3 | 4 |")
    assert "7" in words(note) and words(shown) == ["κ", "f", "3", "4"]


def test_the_sum_of_the_minutes_goes_with_them():
    table = "| section | alone | in class |\n|---|---|---|\n| 1 | 7 min | 6 min |\n\n"
    note, = text(table + "In all 112 minutes alone, 60 in class. Counted are 200 words a minute.")
    assert "7" in words(note) and "112" in words(note)


def test_long_code_can_be_divided_at_empty_lines_and_after_so_many():
    assert [words(chunk) for chunk in chunks("a = 1\nb = 2\n\n\nc = 3")] == [["a", "=", "1", "b", "=", "2"],
                                                                           ["c", "=", "3"]]
    assert [chunk.count("\n") + 1 for chunk in chunks("\n".join(["x = 1"] * 50))] == [24, 24, 2]


FIGURE = '<figure class="hf-moving" id="07-1"></figure>'


@pytest.mark.parametrize("source, kept", [("explore.show(ch02.ravine)", False), ("x = 1\nexplore.show(ch02.ravine)", True)])
def test_code_that_only_shows_a_picture_is_left_out(source, kept):
    part, = code(new_code_cell(source, outputs=[new_output("display_data", {"text/html": FIGURE})]))
    assert FIGURE in part and ("<pre" in part) is kept


def test_what_is_printed_is_escaped_and_long_output_can_be_divided():
    part, = code(new_code_cell("f()", outputs=[new_output("stream", name="stdout", text="a < b\n" * 30)]))
    assert part.count('<pre class="hf-printed">') == 3 and part.count("a &lt; b") == 30


# Cells on slides

def test_tags_say_what_begins_a_slide():
    made = slides(notebook(("slide", "## 1 · A\n\none"), ("skip", ["import x"]), ("fragment", ["y = 1"]),
                           ("subslide", "two"), ("notes", "speak"), (None, "three"), ("slide", "## 2 · B")))
    assert [(slide.down, slide.section, slide.place) for slide in made] == [
        (False, "1 · A", "1-·-A"), (True, "1 · A", ""), (False, "2 · B", "2-·-B")]
    assert ["fragment" in part for part in made[0].parts] == [False, True]
    assert [words(part) for part in made[1].parts] == [["two"], ["speak"], ["three"]]
    assert ["notes" in part for part in made[1].parts] == [False, True, False]


def test_an_exercise_is_its_text_and_what_it_begins_with():
    made, = slides(notebook(("slide", "Write it."), (None, [find("ch02.q1").cell])))
    text_part, code_part = made.parts
    assert words(text_part) == ["Write", "it."]
    assert unescape(re.sub(r"<[^>]+>", "", code_part)) == find("ch02.q1").stub.strip()


def test_what_a_question_asks_to_predict_comes_at_a_click():
    made, = slides(notebook(("slide", "**Before you run the next cell:** how many?"), (None, ["n()"]), (None, ["m()"])))
    assert ["fragment" in part for part in made.parts] == [False, True, True]      # what stands below would tell
    first, second = slides(notebook(("slide", "**Before you run it:** what?"), (None, ["n()"]), ("subslide", "So.")))
    assert ["fragment" in part for part in first.parts + second.parts] == [False, True, False]


def test_a_deck_names_its_section_and_finds_its_frames():
    cells = notebook(("slide", "# 07 · A <b>: why?"), ("slide", "## 1 · B"), (None, ["show()"]))
    cells.cells[2].outputs = [new_output("display_data", {"text/html": '<img src="frames/07-1/0.webp" alt="x">'})]
    page = deck(cells, "07 · A <b>")
    assert '<section class="page" data-where="07 · A &lt;b&gt;" id="07-·-A-&lt;b&gt;:-why?">' in page
    assert 'data-where="07 · A &lt;b&gt; — 1 · B"' in page and 'src="../frames/07-1/0.webp"' in page
    assert "<title>07 · A &lt;b&gt;: slides</title>" in page


def test_links_lead_to_decks_that_are_there():
    page = "".join(text("[06](06_the_r.ipynb#2-·-B), [07](07_cg.ipynb), [data](../data/README.md)"))
    assert 'href="06.html#2-%C2%B7-B"' in page and "data (<code>data/README.md</code>)" in page
    assert with_links_to({"06"}, page) == page.replace('<a href="07.html">07</a>', "07")


def test_a_page_links_to_its_deck_below_its_heading():
    assert re.fullmatch(r'# 07 · A: why\?\n\n```\{raw\} html\n<p [^\n]*href="slides/07.html"[^\n]*\n```\n\nText\n',
                        with_link_to_deck("# 07 · A: why?\n\nText\n", "07_a"))


def test_every_chapter_makes_a_deck(tmp_path):
    decks = write_decks({path.stem: read(path) for path in notebook_paths([])}, tmp_path)
    assert [deck.name for deck in decks] == [f"{path.stem[:2]}.html" for path in notebook_paths([])]
    for file in decks:
        page = file.read_text(encoding="utf-8")
        for address in re.findall(r'(?:src|href)="(\.\./[^"]+)"', page):
            assert (file.parent / address).is_file(), address
        assert not re.search(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css)"', page)
        assert "<details" not in page and not re.search(r"<p><(?:em|strong)>For the (?:class|teacher)",
                                                        re.sub(r"<aside.*?</aside>", "", page, flags=re.DOTALL))
