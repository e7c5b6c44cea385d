"""What a reader has solved: a line a chapter, and what is next."""

import html
import itertools
import re
import textwrap
from dataclasses import dataclass

from hf_lib.exercises import all_exercises
from hf_lib.judge.notebook_file import Damaged, read
from hf_lib.judge.printable import printable
from hf_lib.judge.remembered import Kept, folder, kept_in

from .places import ROOT, places
from .sheet_of_progress import written

NOBODY = "Nothing is kept here: open the course by `python3 course.py lab`, and correct answers are remembered."
COLUMNS = 88                                               # of a printed line


@dataclass(frozen=True)
class Line:
    """One chapter: its number, its title, and for each exercise its `Kept` answer or None."""

    number: str
    title: str
    solved: dict[object, Kept | None]

    @property
    def count(self):
        return sum(kept is not None for kept in self.solved.values())

    @property
    def next(self):
        """The first exercise that is not solved, in words; "" where all are."""
        exercise = next((exercise for exercise, kept in self.solved.items() if kept is None), None)
        return f"{exercise.name} {exercise.title}" if exercise else ""


@dataclass(frozen=True, repr=False)
class Progress:
    """All chapters; a notebook shows them as a table.

    Attributes
    ----------
    lines : tuple of Line
    note : str
        What is to be said beside them: that the file is damaged, or that nobody reads here; else empty.
    """

    lines: tuple[Line, ...]
    note: str = ""

    def __repr__(self):
        rows = [f"{line.number}  {line.title:27} {line.count} of {len(line.solved)}   " for line in self.lines]
        rows = [row + textwrap.shorten(_next(line), COLUMNS - len(row), placeholder=" …")
                for row, line in zip(rows, self.lines)]
        return printable("\n".join([*rows, self.total, *([self.note] if self.note else [])]))

    def _repr_html_(self):
        left = "style='text-align:left'"
        head = f"<tr><th {left}>chapter</th><th>solved</th><th {left}>next</th></tr>"
        rows = "".join(f"<tr><td {left}>{line.number} {html.escape(line.title)}</td><td>{line.count} of "
                       f"{len(line.solved)}</td><td {left}>{html.escape(_next(line))}</td></tr>" for line in self.lines)
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f"<table>{head}{rows}</table><p>{self.total}</p>{note}"

    @property
    def total(self):
        of = sum(len(line.solved) for line in self.lines)
        return f"{sum(line.count for line in self.lines)} of {of} exercises solved"


def main(arguments):
    """show what you have solved, a line a chapter (--sheet [NAME]: also as a page to print)"""
    if arguments and arguments[0] != "--sheet" or len(arguments) > 2:
        print("progress takes --sheet, and behind it a name in quotation marks.")
        return 2
    where = places()
    mine = my_progress(where.mine)
    print(mine)
    if arguments:
        try:
            print(f"The page is {written(mine, where.mine, ' '.join(arguments[1:]))}.")
        except OSError as error:
            print(f"The page could not be written: {error}.")
            return 1
    return 0


def my_progress(place=None):
    """What was solved, by what `check` has kept.

    Parameters
    ----------
    place : Path, optional
        The reader's folder; else that of the reader who works in this notebook.

    Returns
    -------
    Progress
    """
    place = place or folder()
    answers, fault = kept_in(place) if place else ({}, "")
    titles = _titles(ROOT / "notebooks")
    lines = []
    for number, exercises in itertools.groupby(all_exercises(), key=lambda exercise: exercise.name[2:4]):
        lines.append(Line(number, titles.get(number, ""), {e: answers.get(e.name) for e in exercises}))
    note = f"{fault}: no answer in it counts." if fault else "" if place else NOBODY
    return Progress(tuple(lines), note)


def _titles(notebooks):
    """The chapters' titles by their numbers, from the notebooks' first lines: `# 07 · Title: question?`"""
    found = {}
    for path in notebooks.glob("*.ipynb"):
        try:
            title = re.match(r"# (\d\d) · (.+?)(:|\n|$)", read(path)["cells"][0]["source"])
        except (Damaged, LookupError):
            continue
        found |= {title[1]: title[2]} if title else {}
    return found


def _next(line):
    return line.next or "all solved"
