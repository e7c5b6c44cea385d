"""Record the frames of the book's pictures, chapter by chapter, and say what they take.

    python tools/record_book.py [--jobs N] [notebook ...]
"""
from __future__ import annotations

import argparse
import os
import sys

from book.record import BUILD, Chapter, Unrecordable, record_chapters
from hf_lib.notebook.streams import utf8_streams
from notebook_file import notebook_paths


def row(chapter: Chapter) -> str:
    """Pictures, frames, megabytes and seconds of a chapter."""
    frames, files, size = (sum(picture[key] for picture in chapter.pictures) for key in ("frames", "files", "bytes"))
    drawing = sum(picture["seconds"] for picture in chapter.pictures)
    html = len("".join("".join(output.data["text/html"]) for cell in chapter.notebook.cells
                       for output in cell.get("outputs", []) if "hf_frames" in output.get("metadata", {})))
    return (f"{chapter.path.stem:<32} {len(chapter.pictures):>3} {frames:>7} {files:>6} {size / 1e6:>6.1f} "
            f"{html / 1e6:>6.2f} {drawing:>8.1f} {chapter.seconds:>8.1f}")


def main() -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Record the frames of the book's pictures.")
    parser.add_argument("notebooks", nargs="*", help="paths or beginnings of names; all when left out")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 2), help="how many at a time")
    options = parser.parse_args()
    (BUILD / "frames").mkdir(parents=True, exist_ok=True)
    print(f"{'chapter':<32} pictures frames files     MB   HTML  drawing  seconds")
    try:
        record_chapters(notebook_paths(options.notebooks), jobs=options.jobs,
                        tell=lambda chapter: print(row(chapter), flush=True))
    except (FileNotFoundError, Unrecordable) as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    utf8_streams()
    sys.exit(main())
