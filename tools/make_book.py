"""Build the book from the notebooks: run them, draw the frames, write the pages.

    python tools/make_book.py [--jobs N]

The result is the folder `book`: open `book/index.html`. What has not changed since the last time is not run again.
"""
from __future__ import annotations

import argparse
import shutil
import sys
from importlib.metadata import distribution
from pathlib import Path

from book.front import entry, front_page, write_film
from book.page import page, with_links_to
from book.record import BUILD, Chapter, Unrecordable, record_chapters
from hf_lib.notebook.streams import utf8_streams
from notebook_file import ROOT, notebook_paths

BOOK = ROOT / "book"
PARTS = Path(__file__).with_name("book")
MATHJAX = "sphinx-mathjax-offline/static/mathjax/tex-svg.js"  # in the package sphinx-mathjax-offline


def write_sources(chapters: list[Chapter], source: Path) -> None:
    """Write what Sphinx needs: a page a chapter, the front page, scripts, styles and settings."""
    static = source / "_static"
    shutil.rmtree(source, ignore_errors=True)
    (static / "mathjax").mkdir(parents=True)
    shutil.copy(PARTS / "conf.py", source)
    for name in ("player.js", "player.css", "book.js", "book.css"):
        shutil.copy(PARTS / name, static)
    shutil.copy(distribution("sphinx-mathjax-offline").locate_file(MATHJAX), static / "mathjax")
    write_film(static)
    stems = {one.path.stem for one in chapters}
    texts = {one.path.stem: page(one.notebook, one.path.stem, static) for one in chapters}
    texts["index"] = front_page([entry(one.notebook, one.path.stem) for one in chapters],
                                (ROOT / "README.md").read_text(encoding="utf-8"))
    for stem, text in texts.items():
        (source / f"{stem}.md").write_text(with_links_to(stems, text), encoding="utf-8")


def build_pages(source: Path, book: Path, jobs: int) -> int:
    """Let Sphinx write the pages; return its exit status, which is not 0 where it warns."""
    from sphinx.cmd.build import main as sphinx

    shutil.rmtree(book, ignore_errors=True)
    doctrees = source.parent / "doctrees"
    return sphinx(["-q", "-W", "--keep-going", "-j", str(jobs), "-d", str(doctrees), "-b", "html",
                   str(source), str(book)])


def tell(chapter: Chapter) -> None:
    """Say that a chapter has been run, or was kept."""
    print(f"  {chapter.path.stem}: " + (f"{chapter.seconds:.0f} s" if chapter.seconds else "unchanged"), flush=True)


def main() -> int:
    utf8_streams()
    parser = argparse.ArgumentParser(prog="course.py book", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many chapters run side by side (2)")
    options = parser.parse_args()
    try:
        chapters = record_chapters(notebook_paths([]), BUILD, options.jobs, tell)
    except Unrecordable as error:
        print(error)
        return 1
    write_sources(chapters, BUILD / "source")
    if status := build_pages(BUILD / "source", BOOK, options.jobs):
        return status
    shutil.copytree(BUILD / "frames", BOOK / "frames")
    print(f"The book is written: open {BOOK / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
