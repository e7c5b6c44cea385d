"""Write notebooks as slides, a deck a chapter: `book/slides/07.html`. The decks need no network.

    python tools/make_slides.py [--jobs N] [--check] [07 …]

Chapters that have not changed since the last time are not run again. In a deck, S opens the speaker's window with notes
and answers, F fills the screen, Esc shows all slides.
"""
from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from book.record import BUILD, Unrecordable, record_chapters
from hf_lib.notebook.streams import utf8_streams
from make_book import BOOK, tell
from notebook_file import notebook_paths
from slides.deck import write_decks


def write_slides(notebooks: list[Path], build: Path, book: Path, jobs: int = 2) -> list[Path]:
    """Write the decks of these notebooks and their pictures into the folder `book`, beside what is there.

    Raises
    ------
    Unrecordable
        Where a notebook fails.
    """
    chapters = record_chapters(notebooks, build, jobs, tell)
    for folder in sorted((build / "frames").iterdir()):
        if folder.name[:2] in {one.path.stem[:2] for one in chapters}:
            shutil.copytree(folder, book / "frames" / folder.name, dirs_exist_ok=True)
    return write_decks({one.path.stem: one.notebook for one in chapters}, book)


def main() -> int:
    parser = argparse.ArgumentParser(prog="course.py slides", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", metavar="07", help="their numbers; all for none")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many chapters run side by side (2)")
    parser.add_argument("--check", action="store_true", help="also look over all slides in Chromium")
    options = parser.parse_args()
    try:
        decks = write_slides(notebook_paths(options.chapters), BUILD, BOOK, options.jobs)
        print("The slides are written: open", *decks)
        return check(decks) if options.check else 0
    except (Unrecordable, FileNotFoundError) as error:
        print(error)
        return 1


def check(decks: list[Path]) -> int:
    """Look over decks and print a line for each, then what is wrong."""
    from slides.check import check_decks

    faults = check_decks(decks, lambda look: print(
        f"  {look.where}: {look.slides} slides, {look.moved} pictures moved, smallest text {look.smallest:.0f} px of 720",
        flush=True))
    print("\n".join(faults) if faults else "Nothing is wrong.")
    return bool(faults)


if __name__ == "__main__":
    utf8_streams()
    sys.exit(main())
