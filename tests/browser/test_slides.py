"""Slides in a real browser, from files alone: nothing is cut off, pictures move, answers wait, the speaker has notes."""
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytest.importorskip("sphinx", reason="the packages of the extra `book` are not installed")

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from book.recorder import Recorder  # noqa: E402
from hf_lib import explore  # noqa: E402
from hf_lib.explore import style  # noqa: E402
from notebook_file import notebook_paths, read  # noqa: E402
from slides.check import SLIDE, look_at_deck  # noqa: E402
from slides.deck import write_decks  # noqa: E402

pytestmark = pytest.mark.browser

WIDE = "$$" + " + ".join(f"x_{{{k}}}^2" for k in range(45)) + "$$"
LONG = "\n".join(f"{k}. This is point {k}, and it says something that takes nearly a line, $f_{{{k}}}$." for k in range(1, 31))
TABLE = "| κ | " + " | ".join(f"column {k}" for k in range(9)) + " |\n" + "|---" * 10 + "|\n" + ("| 1 " * 10 + "|\n") * 24
QUESTION = "**Question.** What does it do?\n\n<details><summary>Answer</summary>\n\nIt rises by $a$.\n\n</details>"
PROGRAM = "def f(x):\n" + "\n".join(f"    x = x + {k}" for k in range(60))


@explore.picture(slope=explore.Slider(0, 2, 0.5, default=1), thick=explore.Switch())
def rising(slope, thick):
    fig = style.figure(8, 4)
    fig.subplots().plot([0, 1], [0, slope], lw=5 if thick else 1)
    fig.alt = f"A line that rises by {slope}, {'thick' if thick else 'thin'}."
    return fig


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A chapter of all that could be too large, and two of the course's as they are committed."""
    folder = tmp_path_factory.mktemp("book")
    figure = new_output("display_data", {"text/html": Recorder(folder / "frames", "99").figure(rising)[0]})
    printed = new_output("stream", name="stdout", text=("0.123 " * 30 + "\n") * 40)
    cells = [("slide", new_markdown_cell("# 99 · Large: does it fit?\n\n| section | in class |\n|---|---|\n| 1 | 6 min |")),
             ("slide", new_markdown_cell("## 1 · Text\n\n" + LONG)), ("subslide", new_markdown_cell(f"{WIDE}\n\n{TABLE}")),
             ("slide", new_code_cell(PROGRAM, outputs=[printed])),
             ("slide", new_code_cell("explore.show(rising)", outputs=[figure])), ("-", new_markdown_cell(QUESTION))]
    for kind, cell in cells:
        cell.metadata["slideshow"] = {"slide_type": kind}
    chapters = {path.stem: read(path) for path in notebook_paths(["05", "13"])}
    write_decks({"99_large": new_notebook(cells=[cell for _, cell in cells]), **chapters}, folder)
    return folder


@pytest.mark.parametrize("number", ["99", "05", "13"])
def test_nothing_is_cut_off(book, browser, number):
    look = look_at_deck(browser, book / "slides" / f"{number}.html")
    assert not look.faults, "\n".join(look.faults)
    assert look.smallest >= 11 and look.slides > 10
    assert look.moved == (number == "99")


@pytest.fixture()
def page(book, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto((book / "slides" / "99.html").as_uri())
    page.evaluate("() => window.hfReady")
    yield page
    page.close()


def go_to(page, words):
    page.evaluate("""words => {
      const slide = Reveal.getSlides().find(slide => slide.querySelector(".cell").textContent.includes(words));
      const {h, v} = Reveal.getIndices(slide);
      Reveal.slide(h, v ?? 0);
    }""", words)
    return page.locator(".stack.present > .present")


def test_order_and_headings_stay_when_a_slide_is_divided(page):
    points = page.evaluate("() => [...document.querySelectorAll('ol li')].map(point => point.textContent.match(/\\d+/)[0])")
    assert points == [str(k) for k in range(1, 31)]
    starts = page.evaluate("""() => [...document.querySelectorAll('ol')].every(
        list => list.textContent.includes(`point ${list.start},`))""")
    assert starts and page.locator("ol").count() > 1
    assert page.evaluate("() => [...document.querySelectorAll('section[id]')].length") == 2
    page.evaluate("() => { location.hash = '#1-·-Text'; }")
    page.wait_for_function("() => Reveal.getCurrentSlide().textContent.includes('1 · Text')")


def test_the_answer_waits_for_a_click_and_stands_beside_the_picture(page):
    slide = go_to(page, "slope")
    answer = slide.locator(".answer")
    assert answer.evaluate("answer => getComputedStyle(answer).visibility") == "hidden"
    page.keyboard.press("Space")
    assert answer.evaluate("answer => getComputedStyle(answer).visibility") == "visible"
    assert slide.locator("figure").bounding_box()["width"] > 0.88 * 768
    assert page.locator("aside.notes").first.is_hidden()


def test_keys_move_the_slider_and_not_the_slide(page):
    slide = go_to(page, "slope")
    before = page.url
    slide.get_by_label("slope").press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.hf-picture img').alt.includes('rises by 1.5')")
    assert page.url == before


def test_the_speaker_sees_notes_with_formulas_from_a_file(page):
    go_to(page, "slope")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    window = opened.value
    shown = window.locator(".speaker-controls-notes .value")
    shown.get_by_text("It rises by").wait_for()
    assert shown.locator("svg path").count() > 0
    window.close()


def test_the_check_sees_what_is_cut_off(page):
    go_to(page, "1 · Text")
    assert page.evaluate(SLIDE)["faults"] == []
    page.evaluate("() => Reveal.getCurrentSlide().querySelector('.body').style.setProperty('--size', 2)")
    assert any(fault.startswith("cut off: ") for fault in page.evaluate(SLIDE)["faults"])
    page.evaluate("() => { Reveal.getCurrentSlide().querySelector('.body').style.transform = 'scale(0.3)'; }")
    assert any("letters that can be read" in fault for fault in page.evaluate(SLIDE)["faults"])
    page.evaluate("() => Reveal.getCurrentSlide().querySelectorAll('.cell').forEach(cell => cell.remove())")
    assert "it is empty" in page.evaluate(SLIDE)["faults"]
