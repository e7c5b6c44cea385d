"""A book of two small chapters in a real browser: it builds without a warning, and the check of the book holds it to
its word. And tests for that check: a page on which nothing is well.
"""
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytest.importorskip("sphinx", reason="the packages of the extra `book` are not installed")

import book.check  # noqa: E402
import book.moving  # noqa: E402
import make_book  # noqa: E402
from notebook_file import to_bytes  # noqa: E402

pytestmark = pytest.mark.browser

SETUP = """
import numpy as np

from hf_lib import explore
from hf_lib.explore import style


@explore.picture(slope=explore.Slider(0, 2, 0.5, default=1), kind=explore.Choice(("line", "square")),
                 thick=explore.Switch())
def rising(slope, kind, thick):
    fig = style.figure(5, 2)
    x = np.linspace(0, 1)
    fig.subplots().plot(x, slope * (x if kind == "line" else x**2), lw=5 if thick else 1)
    fig.alt = f"A {kind} that rises by {slope}, {'thick' if thick else 'thin'}."
    return fig
"""
LONG_FORMULA = "$" + " + ".join(f"x_{{{k}}}^2" for k in range(30)) + "$"
FIRST = [
    "# 00 · Rise: how steep?\n\nSee [01 · Fall](01_fall.ipynb#1-·-Down) and [the data](../data/README.md).\n\n"
    f"A formula in a line, {LONG_FORMULA}, and one by itself:\n\n$$\\boxed{{ f = \\theta^\\top H \\theta }}$$",
    (SETUP,),
    "## 1 · Up\n\n| curvature | " + " | ".join(f"column {k}" for k in range(12)) + " |\n" + "|---" * 13 + "|\n"
    + "| 1 " * 13 + "|\n\n<details><summary>Answer</summary>\n\nIt is $f'$.\n\n</details>\n\n"
    "**Before you run the next cell:** how steep ($f'$)?",
    ("explore.show(rising)",),
    ("print('1 < 2 ' * 14)\nrising(slope=2, kind='line', thick=True)",),
    ("# A long cell.\n" + "x = 1\n" * 20,),
]
SECOND = ["# 01 · Fall: how deep?\n\n## 1 · Down\n\n**Exercise 1 (core).** Write it.",
          ("from hf_lib.exercises import ch02 as ex",), ("# exercise ch02.q1\nrate = ...\n\nex.q1.check(rate)",)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The book, built before a browser starts: its notebooks are run in an event loop of their own."""
    here = tmp_path_factory.mktemp("book")
    paths = [here / "00_rise.ipynb", here / "01_fall.ipynb"]
    for path, cells in zip(paths, (FIRST, SECOND), strict=True):
        made = [new_markdown_cell(cell) if isinstance(cell, str) else new_code_cell(cell[0].strip()) for cell in cells]
        path.write_bytes(to_bytes(new_notebook(cells=made)))
    assert make_book.write_book(paths, here / "build", here / "pages", jobs=1) == 0
    return here / "pages"


@pytest.mark.parametrize("stem, pictures, window, scheme", [
    ("index", 0, "phone", "dark"), ("index", 0, "laptop", "light"),
    ("00_rise", 1, "phone", "light"), ("00_rise", 1, "laptop", "dark"), ("01_fall", 0, "laptop", "dark"),
])
def test_page(folder, browser, stem, pictures, window, scheme):
    look = book.check.look_at(browser, folder, stem, window, scheme)
    assert not look.faults, "\n".join(look.faults)
    assert look.moved == pictures


def test_search(folder, browser):
    assert book.check.search_faults(browser, folder, "curvature") == []
    assert len(book.check.search_faults(browser, folder, "zzzyx")) == 1


def test_what_is_long_is_folded_and_opens_for_paper(folder, browser):
    page = browser.new_page()
    page.goto((folder / "00_rise.html").as_uri())
    page.evaluate("() => window.hfReady")
    folded = page.locator("article details")
    assert folded.count() == 4 and page.locator("article details[open]").count() == 0
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details[open]").count() == 4
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator("article details[open]").count() == 0
    page.close()


def test_a_link_to_a_folded_picture_opens_its_fold(folder, browser):
    page = browser.new_page()
    page.goto((folder / "00_rise.html").as_uri())
    picture = page.locator("details.hf-result figure")
    assert not picture.is_visible()
    page.goto((folder / "00_rise.html").as_uri() + "#00-1")
    picture.wait_for(state="visible")
    page.close()


def test_what_is_too_wide_shrinks_and_then_shows_that_it_scrolls(folder, browser):
    page = browser.new_page(viewport=book.check.WINDOWS["phone"])
    page.goto((folder / "00_rise.html").as_uri())
    page.evaluate("() => window.hfReady")
    formula = page.locator("article p mjx-container").first                 # 30 terms: no size would do
    assert formula.evaluate("node => node.style.fontSize") == "65%"
    assert formula.get_attribute("class").split()[-2:] == ["hf-wide", "hf-more"]
    assert page.locator("pre.hf-printed").first.get_attribute("class") == "hf-printed hf-more"
    held = page.locator("span[style='white-space: nowrap;']", has=page.locator("mjx-container")).all()
    ends = [span.evaluate("span => [span.firstChild.data, span.lastChild.data]") for span in held]
    assert ["", ","] in ends and ["(", ")?"] in ends
    page.close()


def test_paper(folder, browser):
    page = browser.new_page()
    page.goto((folder / "01_fall.html").as_uri())
    page.emulate_media(media="print")
    assert page.locator(".hf-hint").count() == 4
    assert not any(hint.is_visible() for hint in page.locator(".hf-hint").all())
    assert page.locator(".hf-exercise .highlight").first.is_visible()
    page.close()


ILL = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Ill</title>
<script>window.hfReady = Promise.resolve(); fetch("https://example.org/x").catch(() => {});</script></head>
<body><main><article><h1>Ill</h1>
<p style="width:2000px">wide</p><p><span class="math">x</span> <a href="nowhere.html">a</a> <a href="#b">b</a></p>
<img src="missing.webp" alt=""><p style="color:#bbb;background:#fff">pale</p>
<figure class="hf-moving" id="00-1"><div class="hf-picture"><img src="data:," alt="still"><img alt="" hidden></div>
<input type="range" aria-label="slope" id="slope" data-control="0"></figure></article></main></body></html>"""
FAULTS = ("a request leaves the folder: https://example.org/x", "the page scrolls sideways", "1 formulas are not set",
          "a picture is missing: missing.webp", "a picture has no description: missing.webp",
          "the link nowhere.html leads to no page", "the link #b leads to no place on its page",
          "the image and the description of 00-1 did not follow slope by keyboard",
          "the image and the description of 00-1 did not follow slope by finger", "axe: ")


def test_an_ill_page(tmp_path, browser, monkeypatch):
    monkeypatch.setattr(book.moving, "PATIENCE", 0.1)
    (tmp_path / "ill.html").write_text(ILL, encoding="utf-8")
    found = book.check.look_at(browser, tmp_path, "ill", "phone", "light").faults
    assert not [fault for fault in FAULTS if not any(one.startswith(fault) for one in found)], "\n".join(found)
