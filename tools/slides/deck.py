"""A recorded notebook as a deck: its cells on slides, as their tags say; and the files that a deck needs."""
from __future__ import annotations

import html
import re
import shutil
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path

from book.anchors import anchor
from book.outputs import raw
from hf_lib.judge.saved import marked
from nbformat import NotebookNode
from notebook_text import headings
from pygments.formatters import HtmlFormatter
from slides.cells import ASKED, code, remark, stub, text

HERE = Path(__file__).parent
PLAYER = HERE.parent / "book"
REVEAL = "sphinx_revealjs/_static/revealjs"  # in the package sphinx-revealjs
REVEAL_FILES = ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE")
MATHJAX = "sphinx-mathjax-offline/static/mathjax/tex-svg.js"  # in the package sphinx-mathjax-offline
STYLE = "a11y-high-contrast-light"
DECK_LINK = re.compile(r'<a href="(?P<number>\d\d)\.html(?P<place>#[^"]*)?">(?P<label>.*?)</a>', re.DOTALL)


@dataclass
class Slide:
    """What is on one slide, as long as it holds it.

    Attributes
    ----------
    down : bool
        Whether it lies below the one before, and not to its right.
    section : str
        The heading under which it stands.
    place : str
        What a link to it says; empty where none can lead here.
    parts : list of str
    """

    down: bool
    section: str
    place: str = ""
    parts: list[str] = field(default_factory=list)


def slides(notebook: NotebookNode) -> list[Slide]:
    """Put the cells on slides: exercises with what they begin with, notes for the speaker alone.

    What answers a question waits for a click, and so does all below it on its slide.
    """
    made, section, asked, answered = [], "", False, False
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind == "skip":
            continue
        found = headings(cell.source) if cell.cell_type == "markdown" else []
        section = found[0] if found else section
        if kind in ("slide", "subslide") or not made:
            made.append(Slide(kind == "subslide", section, anchor(section) if found else ""))
            answered = False
        answered = answered or (asked and cell.cell_type == "code")
        if marked(cell.source):
            parts = stub(marked(cell.source))
        elif cell.cell_type == "code":
            parts = code(cell)
        else:
            parts = remark(cell.source) if kind == "notes" else text(cell.source)
        made[-1].parts += map(at_a_click, parts) if kind == "fragment" or answered else parts
        asked = cell.cell_type == "markdown" and ASKED in cell.source
    return [slide for slide in made if slide.parts]


def at_a_click(part: str) -> str:
    """A part of a slide that appears after the others."""
    return re.sub(r'^<div class="cell (?!.*?fragment)', '<div class="cell fragment ', part)


def deck(notebook: NotebookNode, title: str) -> str:
    """The whole page.

    Parameters
    ----------
    notebook : NotebookNode
        Recorded.
    title : str
        As the class reads it at the foot of each slide: "07 · Conjugate gradients".
    """
    stacks: list[list[str]] = []
    for slide in slides(notebook):
        if not slide.down or not stacks:
            stacks.append([])
        stacks[-1].append(as_html(slide, title))
    inside = "\n".join(f"<section>\n{''.join(stack)}</section>" for stack in stacks)
    inside = inside.replace('src="frames/', 'src="../frames/')
    page = (HERE / "deck.html").read_text(encoding="utf-8")
    return page.replace("TITLE", html.escape(title)).replace("SLIDES", inside)


def as_html(slide: Slide, title: str) -> str:
    where = title if slide.section.startswith(title) else f"{title} — {in_words(slide.section)}"
    place = f' id="{html.escape(slide.place)}"' if slide.place else ""
    return (f'<section class="page" data-where="{html.escape(where)}"{place}>'
            f'<div class="body">{"".join(slide.parts)}</div></section>\n')


def in_words(heading: str) -> str:
    """A heading without TeX, for the foot of a slide, where no formula is set.

    >>> in_words("7 · Back: $J^\\top u$ and $Gv$")
    '7 · Back: Jᵀu and Gv'
    """
    return re.sub(r"\$(.*?)\$", lambda maths: maths[1].replace(r"^\top ", "ᵀ").replace("\\", ""), heading)


def with_links_to(numbers: set[str], page: str) -> str:
    """A deck in which links to other decks than these are plain words."""
    return DECK_LINK.sub(lambda link: link[0] if link["number"] in numbers else link["label"], page)


def with_link_to_deck(page: str, stem: str) -> str:
    """A chapter's page in Markdown, with a link to its slides below its heading."""
    link = raw(f'<p class="hf-slides"><a href="slides/{stem[:2]}.html">Slides</a></p>')
    return page.replace("\n", f"\n\n{link}\n", 1)


def write_static(static: Path) -> None:
    """Put what all decks need into a folder: reveal.js, MathJax, the player, scripts and styles."""
    (static / "mathjax").mkdir(parents=True, exist_ok=True)
    shutil.copy(distribution("sphinx-mathjax-offline").locate_file(MATHJAX), static / "mathjax")
    (static / "reveal").mkdir(exist_ok=True)
    for name in REVEAL_FILES:
        shutil.copy(distribution("sphinx-revealjs").locate_file(f"{REVEAL}/{name}"), static / "reveal")
    for file in (*(PLAYER / name for name in ("player.js", "player.css", "punctuation.js")),
                 *(HERE / name for name in ("fit.js", "divide.js", "deck.js"))):
        shutil.copy(file, static)
    colours = HtmlFormatter(style=STYLE).get_style_defs(".highlight")
    (static / "deck.css").write_text((HERE / "deck.css").read_text(encoding="utf-8") + colours, encoding="utf-8")


def write_decks(chapters: dict[str, NotebookNode], book: Path) -> list[Path]:
    """Write decks into the folder `slides` of the book.

    Parameters
    ----------
    chapters : dict
        Stem of the file's name, "07_conjugate_gradients" → recorded notebook.
    book : Path
        The book's folder, whose `frames` hold the moving pictures.
    """
    write_static(book / "_static")
    folder = book / "slides"
    folder.mkdir(exist_ok=True)
    written = []
    numbers = {stem[:2] for stem in chapters}
    for stem, notebook in chapters.items():
        title = headings(notebook.cells[0].source)[0].split(":")[0]
        page = deck(notebook, title)
        written.append(folder / f"{stem[:2]}.html")
        written[-1].write_text(with_links_to(numbers, page), encoding="utf-8")
    return written
