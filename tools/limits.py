"""How long and how wide a chapter may be."""
from __future__ import annotations

from pathlib import Path

COLUMNS = 88  # of a line of code, and of a printed line: what a laptop's window shows beside the file browser
WORDS = 6_500  # Markdown and code together
MINUTES = {"alone": 150, "in class": 75}  # by the chapter's own table
PACE = 200  # words that a reader takes in a minute
EXERCISES = {"warm-up": 5, "core": 10, "stretch": 15, "find the bug": 8}  # minutes, where an exercise states none
QUESTION = 2  # minutes for a prediction, or for one question about a figure
PLAUSIBLE = 0.15  # how far the stated minutes may lie from those for reading, exercises and questions


def chapter(path: Path) -> str:
    """The chapter's number, as "03" or "10a"; empty for any other notebook."""
    number, _, name = Path(path).stem.partition("_")
    return number if name and number[:2].isdigit() and len(number) <= 3 else ""
