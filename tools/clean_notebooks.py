"""Strip notebooks of all that a run leaves behind, so that one text has one form.

Outputs, execution counts, widget state and the front ends' own metadata go; missing
cell ids are made from the cell's text, so that cleaning twice changes nothing.

    python tools/clean_notebooks.py [--check] [notebook ...]
"""
from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from hf_lib.notebook.streams import utf8_streams
from notebook_file import notebook_paths, read, shown, to_bytes

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python",
                      "pygments_lexer": "ipython3"},
}
AUTHORS_METADATA = ("tags", "slideshow", "asked", "raw_mimetype")  # what an author sets; the rest goes
VALID_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def made_id(cell: NotebookNode, taken: set[str]) -> str:
    """An id that depends on the cell's text alone, and on how often it came before."""
    for copy in range(len(taken) + 1):
        text = f"{cell.cell_type}\n{cell.source}\n{copy}"
        made = hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]
        if made not in taken:
            return made
    raise AssertionError("more attempts than ids that are taken")


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """A new notebook with the same cells, tags and slide types, and nothing of any run.

    Raises
    ------
    ValueError
        Where the result breaks the notebook format's schema.
    """
    taken = {cell["id"] for cell in notebook.cells if is_valid_id(cell)}
    seen: set[str] = set()
    cells = []
    for old in notebook.cells:
        cell = NotebookNode(cell_type=old.cell_type, source=old.source.replace("\r\n", "\n"))
        cell.metadata = NotebookNode(
            {key: old.metadata[key] for key in AUTHORS_METADATA if old.metadata.get(key)})
        if old.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata.jupyter = NotebookNode(source_hidden=True)
        cell.id = old.id if is_valid_id(old) and old.id not in seen else made_id(cell, taken)
        taken.add(cell.id)
        seen.add(cell.id)
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
        elif old.get("attachments"):
            cell.attachments = old.attachments
        cells.append(cell)
    clean = nbformat.from_dict(
        {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})
    try:
        nbformat.validate(clean)
    except nbformat.ValidationError as error:
        raise ValueError(f"the file breaks the notebook format: {error.message}.") from error
    return clean


def is_valid_id(cell: NotebookNode) -> bool:
    """Whether the cell carries an id that the notebook format accepts."""
    return isinstance(cell.get("id"), str) and VALID_ID.fullmatch(cell["id"]) is not None


def clean_file(path: Path, check: bool = False) -> bool:
    """Clean one file in place, or only look (`check`); return whether it differed."""
    before = Path(path).read_bytes().replace(b"\r\n", b"\n")
    after = to_bytes(cleaned(read(path)))
    if before != after and not check:
        Path(path).write_bytes(after)
    return before != after


def main(arguments: list[str] | None = None) -> int:
    """The command: 0 where all is clean (or was made so), 1 where `--check` found something."""
    parser = argparse.ArgumentParser(description="Strip notebooks of outputs and run-time metadata.")
    parser.add_argument("notebooks", nargs="*", help="paths or beginnings of names; all when left out")
    parser.add_argument("--check", action="store_true", help="change nothing, only say what would change")
    options = parser.parse_args(arguments)
    differing = faulty = 0
    try:
        paths = notebook_paths(options.notebooks)
    except FileNotFoundError as error:
        parser.error(str(error))
    for path in paths:
        try:
            if clean_file(path, options.check):
                differing += 1
                print(f"{shown(path)}: {'is not clean' if options.check else 'cleaned'}")
        except ValueError as error:
            faulty += 1
            print(f"{shown(path)}: {error}")
    print(f"{len(paths)} notebooks: {len(paths) - differing - faulty} were clean, "
          f"{differing} {'are not' if options.check else 'cleaned'}, {faulty} unreadable.")
    return 1 if faulty or (options.check and differing) else 0


if __name__ == "__main__":
    utf8_streams()
    sys.exit(main())
