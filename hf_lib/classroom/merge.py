"""A reader's notebook brought to a new text of the course: three ways, cell by cell.

The three are the text that the copy was made from (base), the reader's copy (mine) and the course's new text (new).
A cell is known by its id; an exercise's by the exercise's name.
"""

from dataclasses import dataclass

from hf_lib.judge.saved import marked

from .cells import by_key, is_exercise, known_keys, same, what, with_ids

MINE = "my_course"                                         # in a cell's metadata: the course did not write it
TWO_TEXTS = ("**Your cell and the course's.** The course has changed the cell above, and you had changed it too: the "
             "cell below is yours, as it was.")
NEW_STUB = ("**The exercise's cell has changed.** Above is yours, as it was; the course's own cell for {name} "
            "now reads:\n\n```python\n{source}\n```")
NO_LONGER = "**No longer in the course.** The cell below is yours; the course's new text has no such cell."


@dataclass(frozen=True)
class Merged:
    """The outcome of `merged`.

    Attributes
    ----------
    notebook : dict
    touched : bool
        Whether the reader had changed anything but outputs and metadata.
    answers : tuple of str
        The exercises whose cells are the reader's.
    own : int
        How many other cells are.
    twice : int
        How many cells both had changed.
    """

    notebook: dict
    touched: bool
    answers: tuple[str, ...]
    own: int
    twice: int


def merged(base, mine, new):
    """The course's new text with the reader's answers, changes and own cells.

    Outputs stay where the course's code is the same as before; else they go, for they would be of another text.

    Parameters
    ----------
    base, mine, new : dict
        Notebooks as `hf_lib.judge.notebook_file.read` gives them.
    """
    before, wanted = by_key(base["cells"]), by_key(new["cells"])
    cells = with_ids(mine["cells"], base["cells"])
    keys = known_keys(cells, before, wanted)
    theirs = {key: cell for key, cell in zip(keys, cells) if key}
    answers = tuple(key for key in wanted if is_exercise(wanted[key]) and key in theirs
                    and not same(theirs[key], before.get(key, wanted[key])))
    stubs = {_new_stub(cell)["source"] for cell in wanted.values() if is_exercise(cell)}
    result, twice = _Cells(), 0
    following, anchor = {None: []}, None
    for key, cell in zip(keys, cells):
        if key in wanted:
            anchor = key
            following[anchor] = []
        elif not key and (not cell["source"].startswith(NEW_STUB[:30]) or cell["source"] in stubs):
            following[anchor].append(cell)                 # no note on a stub that has changed again since
        elif not key:
            continue
        elif not same(cell, before[key]):                 # the course has it no longer
            following[anchor] += [_note(f"gone-{cell['id']}", NO_LONGER), cell]
    result.add(*following[None])
    for key, cell in wanted.items():
        placed = _placed(before.get(key), theirs.get(key), cell)
        twice += len(placed) > 1
        result.add(*placed)
        result.add(*following.get(key, ()))
    notebook = {**new, "cells": result.cells, "metadata": mine["metadata"] or new["metadata"]}
    if _code(base) != _code(new):
        notebook = without_outputs(notebook)
    own = sum(cell["metadata"].get(MINE) != "note" for cells in following.values() for cell in cells)
    touched = [what(cell) for cell in cells] != [what(cell) for cell in base["cells"]]
    return Merged(notebook, touched, answers, own, twice)


def without_outputs(notebook):
    """The notebook as before any run."""
    metadata = {key: value for key, value in notebook["metadata"].items() if key != "widgets"}
    cells = [{**cell, "outputs": [], "execution_count": None} if cell["cell_type"] == "code" else cell
             for cell in notebook["cells"]]
    return {**notebook, "cells": cells, "metadata": metadata}


def _placed(before, mine, new):
    """What stands in the place of one of the course's cells; `before` and `mine` may be None."""
    if mine is None:                                       # deleted by the reader, or just written by the course
        return [] if before is not None and same(before, new) else [new]
    if same(mine, new):
        return [_carried(mine, new)]
    if before is not None and same(mine, before):
        return [new]
    if before is not None and same(before, new):
        return [_carried(mine, new)]
    if is_exercise(new):
        return [_carried(mine, new), _new_stub(new)]
    return [new, _note(f"note-{new['id']}", TWO_TEXTS), {**mine, "id": f"own-{mine['id']}"}]


class _Cells:
    """The cells of the result: no id twice, and of two notes on one cell the newer."""

    def __init__(self):
        self.cells, self.ids = [], set()

    def add(self, *cells):
        for cell in cells:
            name, count = cell["id"][:60], 1
            if name in self.ids and cell["metadata"].get(MINE) == "note":
                continue
            while (made := name if count == 1 else f"{name}-{count}") in self.ids:
                count += 1
            self.ids.add(made)
            self.cells.append({**cell, "id": made})


def _carried(mine, new):
    """The reader's cell in the place of the course's."""
    return {**mine, "id": new["id"], "metadata": new["metadata"]}


def _new_stub(new):
    return _note(f"note-{new['id']}", NEW_STUB.format(name=marked(new["source"]), source=new["source"]))


def _note(name, text):
    return {"cell_type": "markdown", "id": name, "metadata": {MINE: "note"}, "source": text}


def _code(notebook):
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
