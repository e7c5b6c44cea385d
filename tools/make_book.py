"""Build the book from the notebooks: run them, draw the frames, write the pages and the slides.

    python tools/make_book.py [--jobs N] [--pdf] [--check]

The result is the folder `book`: open `book/index.html`. What has not changed since the last time is not run again.
"""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from book.front import entry, front_page, pictures_page, write_film
from book.page import page, with_links_to
from book.paper import print_pages
from book.record import BUILD, Chapter, Unrecordable, record_chapters
from book.teaching import KIT, teaching_pages
from hf_lib.notebook.streams import utf8_streams
from notebook_file import ROOT, notebook_paths
from slides.deck import MATHJAX, with_link_to_deck, write_decks

BOOK = ROOT / "book"
PARTS = Path(__file__).with_name("book")


def write_sources(chapters: list[Chapter], source: Path) -> None:
    """Write what Sphinx needs: a page a chapter, the front page, scripts, styles and settings."""
    static = source / "_static"
    shutil.rmtree(source, ignore_errors=True)
    (static / "mathjax").mkdir(parents=True)
    shutil.copy(PARTS / "conf.py", source)
    for name in ("player.js", "player.css", "punctuation.js", "book.js", "book.css"):
        shutil.copy(PARTS / name, static)
    shutil.copy(distribution("sphinx-mathjax-offline").locate_file(MATHJAX), static / "mathjax")
    write_film(static)
    entries = [entry(one.notebook, one.path.stem) for one in chapters]
    texts = {one.path.stem: with_link_to_deck(page(one.notebook), one.path.stem) for one in chapters}
    texts["pictures"] = pictures_page(entries)
    texts |= teaching_pages()
    texts["index"] = front_page(entries, (ROOT / "README.md").read_text(encoding="utf-8"), KIT in texts)
    for name, text in texts.items():
        file = source / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(with_links_to(set(texts), text), encoding="utf-8")


def build_pages(source: Path, book: Path, jobs: int) -> int:
    """Let Sphinx write the pages, in a process of its own; return its exit status, which is not 0 where it warns."""
    shutil.rmtree(book, ignore_errors=True)
    path = os.pathsep.join(filter(None, [str(PARTS.parent), os.environ.get("PYTHONPATH")]))
    return subprocess.call([sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", str(jobs),
                            "-d", str(source.parent / "doctrees"), "-b", "html", str(source), str(book)],
                           env={**os.environ, "PYTHONPATH": path})


def tell(chapter: Chapter) -> None:
    """Say what a chapter's run took, or that it was kept, and what its pictures take."""
    frames, size, drawing = (sum(picture[key] for picture in chapter.pictures) for key in ("frames", "bytes", "seconds"))
    took = f"{chapter.seconds:.0f} s, {drawing:.0f} s of it for pictures" if chapter.seconds else "unchanged"
    print(f"  {chapter.path.stem}: {took}; {frames} frames, {size / 1e6:.1f} MB", flush=True)


def write_book(notebooks: list[Path], build: Path, book: Path, jobs: int = 2) -> int:
    """Write the pages of these notebooks into the folder `book`; return 0 where all went well.

    Raises
    ------
    Unrecordable
        Where a notebook fails.
    """
    chapters = record_chapters(notebooks, build, jobs, tell)
    write_sources(chapters, build / "source")
    status = build_pages(build / "source", book, jobs)
    if status == 0:
        shutil.copytree(build / "frames", book / "frames")
        write_decks({one.path.stem: one.notebook for one in chapters}, book)
    return status


def main() -> int:
    parser = argparse.ArgumentParser(prog="course.py book", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many chapters run side by side (2)")
    parser.add_argument("--pdf", action="store_true", help="also print each chapter as PDF, by Chromium")
    parser.add_argument("--check", action="store_true", help="also look over all pages in Chromium")
    options = parser.parse_args()
    notebooks = notebook_paths([])
    try:
        if status := write_book(notebooks, BUILD, BOOK, options.jobs):
            return status
        size = sum(file.stat().st_size for file in BOOK.rglob("*") if file.is_file())
        print(f"The book is written, {size / 1e6:.0f} MB: open {BOOK / 'index.html'}", flush=True)
        if options.pdf:
            files = print_pages(BOOK, [path.stem for path in notebooks])
            print(f"{len(files)} PDF files are in {files[0].parent}")
    except (Unrecordable, FileNotFoundError) as error:
        print(error)
        return 1
    return check() if options.check else 0


def check() -> int:
    """Look over the book and print a line a page, then what is wrong."""
    from book.check import check_book

    faults = check_book(BOOK, lambda look: print(
        f"  {look.where}: {look.moved} pictures moved, {look.weight / 1e6:.1f} MB before scrolling, "
        f"first picture after {look.first_picture:.1f} s", flush=True))
    print("\n".join(["", *faults]) if faults else "Nothing is wrong.")
    return bool(faults)


if __name__ == "__main__":
    utf8_streams()
    sys.exit(main())
