"""The book's pages as Markdown: what is folded, where links lead, what the front page takes from the chapters."""
import re
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from book.front import TITLE, entry, front_page, pictures_page, write_film  # noqa: E402
from book.outputs import raw, shown  # noqa: E402
from book.page import OPEN_LINES, code, exercise, folded, page, prose, with_links_to  # noqa: E402
from book.teaching import teaching_pages  # noqa: E402
from hf_lib.exercises import find  # noqa: E402
from notebook_file import notebook_paths, read  # noqa: E402

README = (ROOT / "README.md").read_text(encoding="utf-8")


def output(**data):
    """An output that a cell displays, of these kinds: text_html for text/html."""
    return new_output("display_data", {kind.replace("_", "/"): content for kind, content in data.items()})


# Cells

@pytest.mark.parametrize("lines, folded", [(OPEN_LINES, False), (OPEN_LINES + 1, True)])
def test_long_code_is_folded(lines, folded):
    written = code("\n".join(["x = 1"] * lines))
    assert written.startswith("<details") is folded
    assert f"```python\n{'x = 1'}" in written


@pytest.mark.parametrize("source, named", [
    ("def f():\n    pass\n\n\nclass A:\n    pass" + "\n" * 20, ": f, A"),
    ("# The race, three times.\nx = 1" + "\nx = 2" * 20, ": The race, three times."),
    ("%time x = 1" + "\nx = 2" * 20, ""),
])
def test_folded_code_says_what_it_is(source, named):
    assert f"lines{named}</summary>" in code(source)


def test_the_first_code_cell_is_the_set_up():
    cells = [new_markdown_cell("# A"), new_code_cell("import numpy"), new_code_cell("x = 1")]
    written = page(new_notebook(cells=cells))
    assert written.count("<details") == 1
    assert '<summary>Set-up</summary>\n\n```python\nimport numpy\n```\n\n</details>\n\n```python\nx = 1' in written


def test_what_answers_a_question_is_folded():
    answer = output(text_html="<b>3</b>")
    cells = [new_code_cell("import numpy"), new_markdown_cell("**Before you run the next cell:** how many?"),
             new_code_cell("2 + 1", outputs=[answer]), new_code_cell("3", outputs=[answer])]
    written, shown_as = page(new_notebook(cells=cells)), raw("<b>3</b>")
    assert "**Before you open the next result:** how many?" in written
    assert written.endswith("```python\n2 + 1\n```\n\n" + folded("hf-result", "Result", shown_as)
                            + f"\n\n```python\n3\n```\n\n{shown_as}\n")


def test_an_exercise_has_its_stub_open_and_its_help_folded():
    found = find("ch02.q1")
    written = page(new_notebook(cells=[new_code_cell(found.cell, outputs=[output(text_plain="not attempted")])]))
    assert written == exercise("ch02.q1") + "\n"
    stub, *folded = written.split("<details")
    assert found.stub in stub and found.code not in stub
    assert [re.search("<summary>(.*?)</summary>", part)[1] for part in folded] == \
        ["Hint 1", "Hint 2", "Hint 3", "Solution"]
    assert found.code in folded[-1] and found.why in folded[-1]


@pytest.mark.parametrize("source, written", [
    ("[06 · R](06_the_r_operator.ipynb)", "[06 · R](06_the_r_operator.md)"),
    ("[a](06_b.ipynb#2-·-The-rule), [b](#3)", "[a](06_b.md#2-·-The-rule), [b](#3)"),
    ("[data](../data/README.md#mnist)", "data (`data/README.md`)"),
    ("[paper](https://example.org/x.ipynb)", "[paper](https://example.org/x.ipynb)"),
])
def test_links(source, written):
    assert prose(source) == written


def test_links_to_pages_that_are_not_there_are_words():
    assert with_links_to({"06_b"}, "[a](06_b.md), [c](07_c.md#d)") == "[a](06_b.md), c"


# Outputs

def test_what_a_cell_prints_is_escaped():
    written = shown(new_output("stream", name="stdout", text="a < b\n\n| c\n"))
    assert written == raw('<pre class="hf-printed">a &lt; b\n\n| c</pre>')


def test_html_goes_before_text_and_markdown_stays():
    assert shown(output(text_html="<b>x</b>", text_plain="x")) == raw("<b>x</b>")
    assert shown(output(text_markdown="$x$", text_plain="x")) == "$x$"


def test_no_line_of_html_ends_its_fence():
    fence, *_, end = raw("a\n```\nb\n````\nc").split("\n")
    assert end == fence.removesuffix("{raw} html") == "`````"


def test_an_output_that_no_page_can_show():
    with pytest.raises(ValueError, match="image/png cannot be shown on a page"):
        shown(output(image_png="AAAA"))


# The front page

@pytest.fixture(scope="module")
def entries():
    return [entry(read(path), path.stem) for path in notebook_paths([])]


def test_every_chapter_is_on_the_front_page(entries):
    written = front_page(entries, README)
    for one in entries:
        question = one.question[0].upper() + one.question[1:]
        assert f"| {one.number} | [{one.title}]({one.stem}.md) | {question} |" in written
        assert f"\n{one.number} · {one.title} <{one.stem}>\n" in written
    assert [one.number for one in entries] == [one.stem[:2] for one in entries]
    assert "Seventeen chapters" in written and len(entries) == 17


def test_the_front_page_has_its_film_and_leads_to_chapters_that_exist(entries):
    written = front_page(entries, README)
    alt = re.search(r'<img src="_static/physics\.gif" [^>]*alt="([^"]+)"', written)[1]
    assert alt.startswith("A film.") and len(alt.split()) > 40
    assert set(re.findall(r"\]\((\d\d_\w+)\.md", written)) == {one.stem for one in entries}
    assert not re.search(r"^[A-Z]+$", written, re.MULTILINE)  # every mark has been replaced


def test_the_film_and_its_last_frame(tmp_path):
    write_film(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"physics.gif", "physics.webp"}
    with Image.open(tmp_path / "physics.webp") as last, Image.open(tmp_path / "physics.gif") as film:
        assert last.size == film.size


def test_every_moving_picture_is_on_the_pictures_page():
    figures = "".join(f'<figure class="hf-moving" id="07-{k}"><div class="hf-picture">'
                      f'<img src="frames/07-{k}/0.webp" alt="Curve &lt; {k}."></div></figure>' for k in (1, 2))
    cells = [new_markdown_cell("# 07 · A: why?"), new_code_cell("x", outputs=[output(text_html=figures)])]
    written = pictures_page([entry(new_notebook(cells=cells), "07_a"),
                             entry(new_notebook(cells=[new_markdown_cell("# 08 · B: why?")]), "08_b")])
    assert re.findall(r'<a href="(.*?)"><img src="(.*?)" alt="(.*?)"', written) == [
        (f"07_a.html#07-{k}", f"frames/07-{k}/0.webp", f"Curve &lt; {k}.") for k in (1, 2)]
    assert "## 07 · A" in written and "08" not in written


def test_what_the_front_page_says_of_the_film_is_in_the_readme(entries):
    wins = re.search(r"\*\*Where curvature wins:.*?(?=\n-)", front_page(entries, README), re.DOTALL)[0]
    film = re.search(r"!\[A film\..*?\]\(data/pictures/physics\.gif\)", README, re.DOTALL)[0]
    for name, error in (("Gauss–Newton", "2e-8"), ("Hessian-free", "6e-5"), ("L-BFGS", "1e-4"), ("Adam", "2e-2")):
        assert f"{error} with {name}" in wins and f"{name} {error}" in " ".join(film.split())
    assert "after 0.9 seconds" in wins and "after 0.9 seconds" in " ".join(film.split())


@pytest.mark.parametrize("heading", ["# 7 · A: b", "# 07 A: b", "# 07 · A"])
def test_a_heading_without_its_parts(heading):
    assert not TITLE.match(heading)
    with pytest.raises(ValueError, match="07_a: the first cell begins with no heading"):
        entry(new_notebook(cells=[new_markdown_cell(heading)]), "07_a")


def test_without_the_film_in_the_readme(entries):
    with pytest.raises(ValueError, match="physics.gif"):
        front_page(entries, "# A course")


def test_without_the_address_in_the_readme(entries):
    with pytest.raises(ValueError, match="git clone"):
        front_page(entries, README.replace("git clone", "get"))


def test_the_front_page_says_where_the_course_is(entries):
    assert re.search(r"^git clone \S+$", README, re.MULTILINE)[0] + "\ncd hessian-free" in front_page(entries, README)


# The lecturer's kit

def test_the_kit_leads_to_the_pages_and_to_itself(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "README.md").write_text("# Kit\n\n[routes](routes.md), [all](chapters), [run](../README.md#in-class)",
                                        encoding="utf-8")
    (tmp_path / "routes.md").write_text("# Routes\n\n[07](../notebooks/07_cg.ipynb#2-·-B)", encoding="utf-8")
    (tmp_path / "chapters" / "07_cg.md").write_text("# 07\n\n[07](../../notebooks/07_cg.ipynb)", encoding="utf-8")
    pages = teaching_pages(tmp_path)
    assert list(pages) == ["teaching/README", "teaching/routes", "teaching/chapters/07_cg"]
    assert "[routes](routes.md), all, run (`README.md`)" in pages["teaching/README"]
    assert "\nroutes\nchapters/07_cg\n```\n" in pages["teaching/README"]
    assert pages["teaching/routes"] == "# Routes\n\n[07](../07_cg.md#2-·-B)"
    assert pages["teaching/chapters/07_cg"] == "# 07\n\n[07](../../07_cg.md)"


def test_without_a_kit_nothing_is_said_of_it(tmp_path, entries):
    assert teaching_pages(tmp_path) == {}
    assert "kit" not in front_page(entries, README)
    assert "(teaching/README.md)" in front_page(entries, README, kit=True)
