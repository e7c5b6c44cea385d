"""Which cell is which: an exercise's is known by the exercise's name, any other by its id."""

import difflib
import hashlib

from hf_lib.judge.saved import marked


def by_key(cells):
    """The cells by their keys, in order; of two with the same, the first."""
    found = {}
    for cell in cells:
        found.setdefault(key_of(cell), cell)
    return found


def key_of(cell):
    """The name of the exercise, or the cell's id."""
    return cell["cell_type"] == "code" and marked(cell["source"]) or cell["id"]


def known_keys(cells, before, wanted):
    """For each of the reader's cells the key of the course's cell that it is, or "" for one of the reader's own."""
    by_id = {cell["id"]: key for known in (wanted, before) for key, cell in known.items()}
    exercises = {key for known in (before, wanted) for key, cell in known.items() if is_exercise(cell)}
    keys, taken = [""] * len(cells), set()
    for first in (True, False):                            # the cell with the course's id before a copy of it
        for k, cell in enumerate(cells):
            name, known = key_of(cell), by_id.get(cell["id"], "")
            key = name if name in exercises else "" if name != cell["id"] else known
            if not keys[k] and key and key not in taken and (not first or known == key):
                keys[k] = key
                taken.add(key)
    return keys


def with_ids(cells, base=()):
    """The cells, each with an id: an old Jupyter saves none, and a cell that is the base's is known by its text."""
    if not all("id" in cell for cell in cells):
        texts = [[(cell["cell_type"], cell["source"]) for cell in some] for some in (cells, base)]
        blocks = difflib.SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks()
        known = {block.a + k: base[block.b + k]["id"] for block in blocks for k in range(block.size)}
        cells = [cell if "id" in cell else {**cell, "id": known[k]} if k in known else cell
                 for k, cell in enumerate(cells)]
    return [cell if "id" in cell else {**cell, "id": _made_id(k, cell)} for k, cell in enumerate(cells)]


def _made_id(k, cell):
    return "own-" + hashlib.sha256(f"{k}\n{cell['source']}".encode(errors="replace")).hexdigest()[:12]


def is_exercise(cell):
    """Whether a cell is that of an exercise."""
    return cell["cell_type"] == "code" and bool(marked(cell["source"]))


def what(cell):
    """What of a cell a reader or the course has written."""
    return cell["cell_type"], cell["source"].rstrip()


def same(one, other):
    """Whether two cells say the same; outputs, counts and metadata do not count."""
    return what(one) == what(other)
