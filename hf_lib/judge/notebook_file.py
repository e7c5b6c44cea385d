"""A notebook that a reader has saved, as cells: whatever has happened to the file, it is read or named as damaged."""

import json
import re

KINDS = ("code", "markdown", "raw")
OLD_KINDS = {"html": "markdown", "heading": "markdown"}    # of format 3
VALID_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MERGE = re.compile(rb"^(<{7}|>{7})( |\r?$)", re.MULTILINE)


class Damaged(ValueError):
    """Why a file is no notebook, to be read behind its name: "is empty"."""


def read(path):
    """A notebook as a dict in format 4.5: each source one text with ``\\n``, and of the right types throughout.

    Outputs and metadata of a wrong type are left out; so is an id that the format does not allow. A notebook in
    format 3 is brought into this form.

    Raises
    ------
    Damaged
        Where it is empty, cut off, marked by a merge, no JSON, no notebook, or cannot be opened.
    """
    return from_bytes(_bytes(path))


def from_bytes(content):
    """The same, of the bytes of a file."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Damaged(_what_is_wrong(content, error)) from None
    if not isinstance(notebook, dict):
        raise Damaged("is no notebook")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        cells = [cell for sheet in notebook["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells", ())]
    if not isinstance(cells, list):
        raise Damaged("is no notebook: it has no list of cells")
    return {"cells": [_cell(cell) for cell in cells], "metadata": _a(dict, notebook.get("metadata")),
            "nbformat": 4, "nbformat_minor": 5}


def to_text(notebook):
    """The text of the file that Jupyter would write.

    Raises
    ------
    Damaged
        Where it holds what cannot be written: nested a thousand deep, as metadata may be.
    """
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    for plain in (False, True):
        try:
            text = json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=plain, sort_keys=True) + "\n"
            text.encode()
            return text
        except UnicodeEncodeError:                         # half a surrogate pair: only an escape can hold it
            continue
        except RecursionError:
            break
    raise Damaged("is nested too deep")


def _bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Damaged(f"cannot be opened ({error.strerror or error})") from None


def _what_is_wrong(content, error):
    if not content.strip():
        return "is empty"
    if MERGE.search(content):
        return "holds the marks of a merge"
    if isinstance(error, UnicodeDecodeError):
        return "is no text in UTF-8"
    if isinstance(error, RecursionError):
        return "is nested too deep"
    return "is cut off, or no JSON"


def _cell(cell):
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        raise Damaged("has a cell that is none")
    kind = OLD_KINDS.get(cell["cell_type"], cell["cell_type"])
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if kind not in KINDS or not isinstance(source, str):
        raise Damaged("has a cell that is none")
    whole = {"cell_type": kind, "metadata": _a(dict, cell.get("metadata")),
             "source": source.replace("\r\n", "\n").replace("\r", "\n")}
    if isinstance(cell.get("id"), str) and VALID_ID.fullmatch(cell["id"]):
        whole["id"] = cell["id"]
    if kind == "code":
        count = cell.get("execution_count", cell.get("prompt_number"))
        outputs = [output for output in _a(list, cell.get("outputs")) if isinstance(output, dict)]
        whole["outputs"] = [] if "input" in cell else outputs     # those of format 3 have another form
        whole["execution_count"] = count if type(count) is int else None
    elif isinstance(cell.get("attachments"), dict):
        whole["attachments"] = cell["attachments"]
    return whole


def _a(kind, value):
    return value if isinstance(value, kind) else kind()
