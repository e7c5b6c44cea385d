"""Look over the book's pages in Chromium, by file://, as a reader on a phone and on a laptop would.

What is looked for: requests that leave the folder, errors, formulas that are not set, pictures that are missing or do
not move, pages that scroll sideways, what axe finds in light and dark, links that lead nowhere, a search that finds
nothing; and what a page weighs. How long its first picture takes is measured, and judged by nobody: machines differ.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from book.moving import picture_faults
from browser import launch

LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
WINDOWS = {"phone": {"width": 390, "height": 844}, "laptop": {"width": 1280, "height": 800}}
HEAVIEST = 3_000_000  # bytes of a page before scrolling
ALL_THERE = """async () => {
  document.querySelectorAll('details').forEach(folded => { folded.open = true; });
  document.querySelectorAll('img').forEach(picture => { picture.loading = 'eager'; });
  await Promise.allSettled([...document.images].map(picture => picture.decode()));
  await window.hfReady;
}"""
FIRST_PICTURE = """async () => {
  const first = [...document.querySelectorAll('article img')].find(picture => picture.checkVisibility());
  if (first) first.loading = 'eager';  // far down it would wait for a reader, and this for it
  await first?.decode().catch(() => {});  // one that is missing is told below
  return performance.now() / 1000;
}"""
# Glyphs by the thousand; and heads of tables that hold a formula alone, which axe takes for empty.
SET_MATHS = [["mjx-container > svg"], ["th:has(mjx-container)"]]
SEARCHED = """() => document.querySelector('#search-results li a')
  || /did not match/.test(document.querySelector('#search-results').textContent)"""
LINKS = "() => [...document.querySelectorAll('article a[href]')].map(link => link.getAttribute('href'))"


@dataclass
class Look:
    """What one page showed in one window."""

    where: str
    faults: list[str] = field(default_factory=list)
    loaded: dict[str, int] = field(default_factory=dict)  # address → bytes
    weight: int = 0  # bytes loaded before scrolling
    first_picture: float = 0.0  # seconds
    moved: int = 0  # pictures


def look_at(browser, book: Path, stem: str, window: str, scheme: str) -> Look:
    """Open a page and use it.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    book : Path
    stem : str
        Of the page.
    window : {"phone", "laptop"}
    scheme : {"light", "dark"}
    """
    found = Look(f"{stem}, {window}, {scheme}")
    page = opened(browser, book / f"{stem}.html", book, found, viewport=WINDOWS[window], color_scheme=scheme,
                  has_touch=window == "phone")
    found.first_picture = page.evaluate(FIRST_PICTURE)
    page.wait_for_load_state("networkidle")
    found.weight = sum(found.loaded.values())
    if found.weight > HEAVIEST:
        found.faults.append(f"the page loads {found.weight / 1e6:.1f} MB before scrolling")
    page.evaluate(ALL_THERE)
    found.faults += page.evaluate(LOOK)
    found.faults += _dead_links(page.evaluate(LINKS), book / f"{stem}.html")
    for figure in page.query_selector_all("figure.hf-moving"):
        found.moved += 1
        found.faults += picture_faults(page, figure, window)
    found.faults += _barriers(page)
    page.context.close()
    return found


def opened(browser, file: Path, book: Path, found: Look, **window):
    """Open a file of the book in a new window; `found` notes what it loads and its errors."""
    page = browser.new_context(**window).new_page()
    page.on("request", lambda request: _note(found, request.url, book))
    page.on("pageerror", lambda error: found.faults.append(f"an error: {error}"))
    page.on("console", lambda said: said.type == "error" and found.faults.append(f"an error: {said.text}"))
    page.goto(file.as_uri(), wait_until="domcontentloaded")
    return page


def _note(found: Look, url: str, book: Path) -> None:
    """Keep what is loaded; a request that leaves the folder is a fault."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.scheme == "data":
        return
    if parts.scheme != "file" or not path.is_relative_to(book):
        found.faults.append(f"a request leaves the folder: {url}")
    elif path.exists():
        found.loaded[url] = path.stat().st_size


def _dead_links(links: list[str], page: Path) -> list[str]:
    """Links within the book that lead to no page, or to no place on it."""
    faults = []
    for link in dict.fromkeys(links):
        name, _, place = link.partition("#")
        if urlsplit(link).scheme:
            continue
        goal = page.parent / unquote(name) if name else page
        if not goal.exists():
            faults.append(f"the link {link} leads to no page")
        elif place and f'id="{unquote(place)}"' not in goal.read_text(encoding="utf-8"):
            faults.append(f"the link {link} leads to no place on its page")
    return faults


def _barriers(page) -> list[str]:
    """What axe finds on the page."""
    from axe_playwright_python.sync_playwright import Axe

    run = Axe().run(page, {"exclude": SET_MATHS}, {"preload": False})
    return [f"axe: {fault['help']} ({fault['id']}): {fault['nodes'][0]['html'][:120]}"
            for fault in run.response["violations"]]


def search_faults(browser, book: Path, word: str) -> list[str]:
    """Whether the search finds a word that is in the book."""
    page = browser.new_page()
    page.goto(f"{(book / 'search.html').as_uri()}?q={word}")
    page.wait_for_function(SEARCHED)
    found = page.query_selector("#search-results li a")
    page.close()
    return [] if found else [f"the search for “{word}” finds nothing"]


def check_book(book: Path, tell: Callable[[Look], None]) -> list[str]:
    """Look over all pages on a phone in light and on a laptop in dark; `tell` hears of each; return the faults."""
    from playwright.sync_api import sync_playwright

    files = [*sorted(book.glob("*.html")), *sorted(book.glob("teaching/**/*.html"))]
    pages = [file.relative_to(book).with_suffix("").as_posix() for file in files if file.stem != "search"]
    with sync_playwright() as play:
        browser = launch(play)
        faults = [f"search: {fault}" for fault in search_faults(browser, book, "curvature")]
        for stem in pages:
            for window, scheme in (("phone", "light"), ("laptop", "dark")):
                look = look_at(browser, book, stem, window, scheme)
                tell(look)
                faults += [f"{look.where}: {fault}" for fault in look.faults]
        browser.close()
    return faults
