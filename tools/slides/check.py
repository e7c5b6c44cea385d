"""Look over decks in Chromium, by file://, slide by slide, as they appear on a projector.

What is looked for: a slide on which something is cut off, formulas that are not set, pictures that are missing or do
not move, requests that leave the folder, errors; and notes that the speaker's window does not show.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from book.check import ALL_THERE, LOOK, Look, note, picture_faults

SLIDE = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
PLACES = "() => Reveal.getSlides().map(slide => Reveal.getIndices(slide)).map(({h, v}) => [h, v ?? 0])"
WINDOW = {"width": 1280, "height": 720}
SPOKEN = ".speaker-controls-notes .value"


@dataclass
class DeckLook(Look):
    """What one deck showed; `smallest` is its smallest text, in pixels of a slide that is 720 high."""

    slides: int = 0
    smallest: float = field(default=26.0)


def look_at_deck(browser, book: Path, number: str) -> DeckLook:
    """Open a deck, measure every slide with all its parts shown, and move every picture.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    book : Path
        The book's folder.
    number : str
        Of the chapter: "07".
    """
    found = DeckLook(f"slides {number}")
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    page.on("request", lambda request: note(found, request.url, book))
    page.on("pageerror", lambda error: found.faults.append(f"an error: {error}"))
    page.on("console", lambda said: said.type == "error" and found.faults.append(f"an error: {said.text}"))
    page.goto((book / "slides" / f"{number}.html").as_uri())
    page.evaluate(ALL_THERE)
    found.faults += page.evaluate(LOOK)
    for place in page.evaluate(PLACES):
        page.evaluate("place => Reveal.slide(...place)", place)
        slide = page.evaluate(SLIDE)
        found.slides += 1
        found.smallest = min(found.smallest, slide["letters"])
        found.faults += [f"slide {found.slides}: {fault}" for fault in slide["faults"]]
        for figure in page.query_selector_all(".present figure.hf-moving"):
            if figure.is_visible():
                found.moved += 1
                found.faults += picture_faults(page, figure, "laptop")
    context.close()
    return found


def check_decks(book: Path, tell) -> list[str]:
    """Look over all decks of the book; `tell` hears of each; return the faults."""
    from browser import launch
    from playwright.sync_api import sync_playwright

    faults = []
    with sync_playwright() as play:
        browser = launch(play)
        for path in sorted((book / "slides").glob("*.html")):
            look = look_at_deck(browser, book, path.stem)
            tell(look)
            faults += [f"{look.where}: {fault}" for fault in look.faults]
        browser.close()
    return faults
