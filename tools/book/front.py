"""The front page: its text in `front.md`, and what it takes from the chapters and the README. The pictures' page."""
from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image

from book.outputs import raw
from book.teaching import KIT
from notebook_file import ROOT

TEXT = Path(__file__).with_name("front.md")
FILM = ROOT / "data" / "pictures" / "physics.gif"
FOR_CLASS = "The [lecturer's kit](teaching/README.md) has routes, board plans and questions."
TITLE = re.compile(r"# (?P<number>\d\d) · (?P<title>[^:\n]+): (?P<question>[^\n]+)")
MOVING = re.compile(r'<figure class="hf-moving" id="([\w-]+)"><div class="hf-picture"><img src="([^"]+)" alt="([^"]+)"')
FILM_IN_README = re.compile(r"!\[(?P<alt>[^\]]+)\]\(data/pictures/physics\.gif\)")
CLONE_IN_README = re.compile(r"^git clone (?P<address>\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Picture:
    """A picture that moves, as it stands at the start: its anchor, image and description."""

    anchor: str
    image: str
    alt: str


@dataclass(frozen=True)
class Entry:
    """What the front page says of a chapter."""

    stem: str
    number: str
    title: str
    question: str
    pictures: tuple[Picture, ...]  # those that move


def entry(notebook: NotebookNode, stem: str) -> Entry:
    """Read a chapter's heading and find its moving pictures.

    Raises
    ------
    ValueError
        Where the first cell has no heading like `# 07 · Title: question?`.
    """
    heading = TITLE.match(notebook.cells[0].source)
    if not heading:
        raise ValueError(f"{stem}: the first cell begins with no heading like `# 07 · Title: question?`")
    shown = "".join("".join(output.get("data", {}).get("text/html", ""))
                    for cell in notebook.cells for output in cell.get("outputs", []))
    pictures = tuple(Picture(*found) for found in MOVING.findall(shown))
    return Entry(stem, heading["number"], heading["title"], heading["question"], pictures)


def front_page(chapters: list[Entry], readme: str, kit: bool = False) -> str:
    """The Markdown of the front page, with the list of pages at its end; one is the lecturer's `kit`, if any."""
    film = FILM_IN_README.search(readme)
    if not film:
        raise ValueError("README.md shows data/pictures/physics.gif no more, whose description the front page needs")
    clone = CLONE_IN_README.search(readme)
    if not clone:
        raise ValueError("README.md has no line `git clone ADDRESS`, which the front page needs")
    text = TEXT.read_text(encoding="utf-8")
    for mark, part in (("FILM", film_of(film["alt"])), ("CLONE", clone[0]), ("CHAPTERS", table_of(chapters)),
                       ("BEGIN", begin(chapters[0])), ("KIT", FOR_CLASS if kit else ""),
                       ("SLIDES", slides_of(chapters)),
                       ("REPORT", f"Something is wrong, or missing? [Tell us]({clone['address']}/issues).")):
        text = re.sub(rf"^{mark}$", lambda _, part=part: part, text, flags=re.MULTILINE)
    pages = [*(f"{one.number} · {one.title} <{one.stem}>" for one in chapters), "The pictures <pictures>"]
    if kit:
        pages.append(f"For teachers <{KIT}>")
    return "\n".join([text, "```{toctree}", ":hidden:", "", *pages, "```", ""])


def begin(first: Entry) -> str:
    """The link to the first chapter, as large as a button."""
    return raw(f'<p><a class="hf-begin" href="{first.stem}.html">Begin with chapter {first.number}</a></p>')


def slides_of(chapters: list[Entry]) -> str:
    """A link to each chapter's slides."""
    links = " ".join(f'<a href="slides/{one.number}.html">{one.number}</a>' for one in chapters)
    return raw(f'<p class="hf-slides">Slides: {links}</p>')


def film_of(alt: str) -> str:
    """The film; its last frame for those who want no motion, and on paper."""
    with Image.open(FILM) as film:
        width, height = film.size
    alt = html.escape(" ".join(alt.split()))
    return raw(f'<picture class="hf-film">'
               f'<source media="print, (prefers-reduced-motion: reduce)" srcset="_static/physics.webp">'
               f'<img src="_static/physics.gif" width="{width}" height="{height}" alt="{alt}"></picture>')


def write_film(folder: Path) -> None:
    """Put the film and its last frame into a folder."""
    (folder / FILM.name).write_bytes(FILM.read_bytes())
    with Image.open(FILM) as film:
        film.seek(film.n_frames - 1)
        film.convert("RGB").save(folder / "physics.webp", lossless=True)


def pictures_page(chapters: list[Entry]) -> str:
    """The Markdown of the page with all pictures that move, small, each a link to its place."""
    parts = ["# The pictures", "Each leads to its place in a chapter, where it moves."]
    for one in chapters:
        if one.pictures:
            links = "\n".join(f'<a href="{one.stem}.html#{picture.anchor}"><img src="{picture.image}" '
                              f'alt="{picture.alt}" loading="lazy"></a>' for picture in one.pictures)
            parts += [f"## {one.number} · {one.title}", raw(f'<div class="hf-gallery">{links}</div>')]
    return "\n\n".join(parts) + "\n"


def table_of(chapters: list[Entry]) -> str:
    """The chapters: number, title and question."""
    rows = [f"| {one.number} | [{one.title}]({one.stem}.md) | {one.question[0].upper()}{one.question[1:]} |"
            for one in chapters]
    return "\n".join(["| no. | chapter | the question |", "|---|---|---|", *rows])
