"""Is the file fit to be committed? Stripped, stable, and no code cell too long or too wide to read."""
from __future__ import annotations

from collections import Counter
from pathlib import Path

from nbformat import NotebookNode

from clean_notebooks import cleaned, is_valid_id
from limits import COLUMNS
from notebook_file import Failure, at, to_bytes

MOST_LINES = 40


def check_stripped(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Outputs, execution counts and widget state that a run has left in the file."""
    found = []
    if "widgets" in notebook.metadata:
        found.append(Failure(path, None, None, "widget state is saved in the file; "
                             "run `python3 course.py clean`."))
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.get("outputs"):
            found.append(at(path, index, cell, "an output is saved; run `python3 course.py clean`."))
        if cell.get("execution_count") is not None:
            found.append(at(path, index, cell, "an execution count is saved; "
                            "run `python3 course.py clean`."))
    return found


def check_stable(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Cell ids that are missing or come twice, and bytes that another save would change."""
    found = []
    count = Counter(cell.get("id") for cell in notebook.cells)
    for index, cell in enumerate(notebook.cells):
        if not is_valid_id(cell):
            found.append(at(path, index, cell, "the cell has no valid id; run `python3 course.py clean`."))
        elif count[cell.id] > 1:
            found.append(at(path, index, cell, "another cell has the same id; "
                            "run `python3 course.py clean`."))
    found += check_stripped(path, notebook)
    if not found:
        try:
            stable = to_bytes(cleaned(notebook)) == path.read_bytes().replace(b"\r\n", b"\n")
        except ValueError as error:
            return [Failure(path, None, None, str(error))]
        if not stable:
            found.append(Failure(path, None, None, "its metadata or layout is not the clean form, so the "
                                 "next save would change it; run `python3 course.py clean`."))
    return found


def check_length(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Code cells of more than 40 lines."""
    return [at(path, index, cell, f"the code cell has {lines} lines; the most is {MOST_LINES}.")
            for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"
            and (lines := len(cell.source.rstrip().splitlines())) > MOST_LINES]


def check_columns(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Lines of code of more than 88 columns: they scroll sideways on a laptop."""
    return [at(path, index, cell, f"line {number} of the code has {len(line)} columns; the most is {COLUMNS}.")
            for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"
            for number, line in enumerate(cell.source.splitlines(), start=1) if len(line) > COLUMNS]
