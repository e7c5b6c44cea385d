"""Look over decks in Chromium, by file://, slide by slide, as they appear on a projector.

What is looked for: a slide on which something is cut off, formulas that are not set, pictures that are missing or do
not move, requests that leave the folder, and errors.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from book.check import ALL_THERE, LOOK, Look, opened
from book.moving import picture_faults
from browser import launch

SLIDE = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
PLACES = "() => Reveal.getSlides().map(slide => Reveal.getIndices(slide)).map(({h, v}) => [h, v ?? 0])"
WINDOW = {"width": 1280, "height": 720}


@dataclass
class DeckLook(Look):
    """What one deck showed; `smallest` is its smallest text, in pixels of a slide that is 720 high."""

    slides: int = 0
    smallest: float = 26.0


def look_at_deck(browser, deck: Path) -> DeckLook:
    """Open a deck, measure every slide with all its parts shown, and move every picture.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    deck : Path
        `…/slides/07.html` in the book's folder.
    """
    found = DeckLook(f"slides {deck.stem}")
    page = opened(browser, deck, deck.parents[1], found, viewport=WINDOW)
    page.wait_for_load_state("load")
    page.evaluate(ALL_THERE)
    found.faults += page.evaluate(LOOK)
    for place in page.evaluate(PLACES):
        page.evaluate("place => Reveal.slide(...place)", place)
        slide = page.evaluate(SLIDE)
        found.slides += 1
        found.smallest = min(found.smallest, slide["letters"])
        found.faults += [f"slide {found.slides}: {fault}" for fault in slide["faults"]]
        for figure in page.query_selector_all(".stack.present > .present figure.hf-moving"):
            found.moved += 1
            found.faults += picture_faults(page, figure, "laptop")
    page.context.close()
    return found


def check_decks(decks: list[Path], tell: Callable[[DeckLook], None]) -> list[str]:
    """Look over decks; `tell` hears of each; return the faults."""
    from playwright.sync_api import sync_playwright

    faults = []
    with sync_playwright() as play:
        browser = launch(play)
        for deck in decks:
            look = look_at_deck(browser, deck)
            tell(look)
            faults += [f"{look.where}: {fault}" for fault in look.faults]
        browser.close()
    return faults
