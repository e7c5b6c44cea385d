"""Does a chapter fit an afternoon? Its table of minutes, its words, and whether the two belong together.

The table stands in the first cell: a row a section, with the columns "alone" and "in class". A section that
has the word *optional* in its heading and in its row counts for nothing.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from limits import EXERCISES, MINUTES, PACE, PLAUSIBLE, QUESTION, WORDS, chapter
from notebook_file import Failure, at
from notebook_text import masked

OPTIONAL = re.compile(r"\(?[*_]*optional[*_]*\)?", re.IGNORECASE)
TASK = re.compile(r"\*\*Exercise \d+ \((?P<kind>[a-z -]+)(?P<more>[^)]*)\)")  # more: ", section 2, 12 min"
PREDICTION = re.compile(r"\*\*(?:Before you (?!begin|believe)|Your guess)")
QUESTIONS = re.compile(r"\*\*Questions?\b.*?(?=\*\*Question|<details|\Z)", re.DOTALL)


@dataclass
class Table:
    """Column → title of the section → minutes; and the titles that are optional."""

    minutes: dict[str, dict[str, int]] = field(default_factory=lambda: {column: {} for column in MINUTES})
    optional: set[str] = field(default_factory=set)

    def sum(self, column: str) -> int:
        return sum(minutes for title, minutes in self.minutes[column].items() if title not in self.optional)


def plain(title: str) -> str:
    """A section's title without the word *optional* and what sets it off."""
    return " ".join(OPTIONAL.sub("", title).strip(" ,;·:–#").split())


def table_of(source: str) -> Table:
    """The table of minutes in a Markdown source.

    Raises
    ------
    ValueError
        Where there is none, or a row has no minutes.
    """
    rows = [[part.strip() for part in line.strip().strip("|").split("|")]
            for line in source.splitlines() if line.strip().startswith("|")]
    heads = [number for number, row in enumerate(rows) if set(MINUTES) <= set(row)]
    if not heads:
        raise ValueError("the first cell has no table with the columns “alone” and “in class”")
    head, found = rows[heads[0]], Table()
    for row in rows[heads[0] + 2:]:  # the second row is the rule below the head
        title = plain(row[0])
        if OPTIONAL.search(row[0]):
            found.optional.add(title)
        for column in MINUTES:
            cell = row[head.index(column)] if head.index(column) < len(row) else ""
            if title in found.optional and cell == "–":
                continue
            if not (match := re.fullmatch(r"(\d+) min", cell)):
                raise ValueError(f"the table's row “{row[0]}” says “{cell}” {column}, expected minutes as “5 min”")
            found.minutes[column][title] = int(match[1])
    return found


def sections(notebook: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    """Each cell with the title of the optional section that it belongs to; "" where it belongs to none."""
    title, depth = "", 7
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for mark in re.finditer(r"^(#{1,6}) (.*)$", masked(cell.source), re.MULTILINE):
                words = cell.source[mark.start(2):mark.end(2)]
                if len(mark[1]) <= depth:
                    title, depth = (plain(words), len(mark[1])) if OPTIONAL.search(words) else ("", 7)
        yield title, cell


def questions(source: str) -> int:
    """How many things a Markdown cell asks its reader to predict or to find out."""
    asked = sum(max(1, len(re.findall(r"^ {0,3}\d+[.)] ", group, re.MULTILINE))) for group in QUESTIONS.findall(source))
    return asked + len(PREDICTION.findall(source))


def work(source: str) -> int:
    """Minutes for the exercises and questions of a Markdown cell."""
    def minutes(task):
        stated = re.search(r"(\d+) min", task["more"])
        return int(stated[1]) if stated else EXERCISES.get(task["kind"], EXERCISES["core"])

    return sum(map(minutes, TASK.finditer(source))) + QUESTION * questions(source)


def check_minutes(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Sums of the table, number of words, and how they belong together, without what is optional."""
    if not chapter(path) or not notebook.cells:
        return []
    parts = list(sections(notebook))
    needed = [cell for optional, cell in parts if not optional]
    words = sum(len(cell.source.split()) for cell in needed)
    found = []
    if words > WORDS:
        found.append(f"the chapter has {words:,} words that are not optional; the most is {WORDS:,}.")
    found += faults(notebook.cells[0].source, {optional for optional, _ in parts if optional}, words,
                    sum(work(cell.source) for cell in needed if cell.cell_type == "markdown"))
    return [at(path, 0, notebook.cells[0], reason) for reason in found]


def faults(head: str, optional: set[str], words: int, tasks: int) -> Iterator[str]:
    """What is wrong with the table in `head`, given the optional headings, the words, and the minutes for tasks."""
    try:
        table = table_of(head)
    except ValueError as error:
        yield f"{error}."
        return
    for title in sorted(table.optional ^ optional):
        yield f"“{title}” is optional in {'the table' if title in table.optional else 'its heading'} only."
    for column, most in MINUTES.items():
        if table.sum(column) > most:
            yield f"the table adds up to {table.sum(column)} minutes {column}; the most is {most}."
    stated, likely = table.sum("alone"), words / PACE + tasks
    if abs(likely - stated) > PLAUSIBLE * stated:
        yield (f"the table states {stated} minutes alone, but reading takes {words / PACE:.0f} and the exercises and "
               f"questions {tasks}; that may differ by {PLAUSIBLE:.0%}.")
