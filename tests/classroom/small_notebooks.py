"""Small notebooks, and a course of them in a folder: what the tests of hf_lib/classroom work on."""

import json
from types import SimpleNamespace

STUBS = {
    "ch07.q1": "steps = ...",
    "ch07.q2": "def cg_step(A, x, r, p):\n    return ...",
    "ch07.q3": "bound = ...",
}


def cell(name, source, kind="code"):
    made = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def text(name, source):
    return cell(name, source, "markdown")


def asks(number, stub=None, name=None):
    """The cell of an exercise of chapter 07."""
    stub = STUBS[f"ch07.q{number}"] if stub is None else stub
    target = stub.split("(")[0].removeprefix("def ") if stub.startswith("def") else stub.split(" ")[0]
    return cell(name or f"ex{number}", f"# exercise ch07.q{number}\n{stub}\n\n\nex.q{number}.check({target})")


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def chapter():
    return notebook(
        text("title", "# 07 · Conjugate gradients: how?"), cell("setup", "import numpy as np"),
        text("one", "The first section."), cell("look", "np.arange(3)"),
        text("ask1", "**Exercise 1.**"), asks(1), text("ask2", "**Exercise 2.**"), asks(2), text("end", "Summary."))


def save(path, notebook):
    """Write it as Jupyter does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    path.write_text(json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
                    encoding="utf-8", newline="")
    return path


def load(path):
    notebook = json.loads(path.read_text("utf-8"))
    return {**notebook, "cells": [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]}


def sources(notebook):
    return [cell["source"] for cell in notebook["cells"]]


def of(notebook, name):
    """The cell with that id."""
    (found,) = [cell for cell in notebook["cells"] if cell["id"] == name]
    return found


def written_by(notebook, name, source):
    """The notebook with another source in the cell of that id."""
    return {**notebook, "cells": [{**cell, "source": source} if cell["id"] == name else cell
                                  for cell in notebook["cells"]]}


def with_cells(notebook, after, *cells):
    """The notebook with cells put in behind the one with that id."""
    k = next(k for k, cell in enumerate(notebook["cells"]) if cell["id"] == after) + 1
    return {**notebook, "cells": notebook["cells"][:k] + list(cells) + notebook["cells"][k:]}


def autosaved(notebook):
    """As JupyterLab saves it by itself after a run: metadata, counts and outputs."""
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        cell = {**cell, "metadata": {"trusted": True}}
        if cell["cell_type"] == "code":
            shown = {"output_type": "stream", "name": "stdout", "text": ["seen\n"]}
            cell |= {"execution_count": number, "outputs": [shown]}
        cells.append(cell)
    return {**notebook, "cells": cells, "metadata": {"language_info": {"name": "python"}, "kernelspec": {"name": "k"}}}


def declares(stubs):
    """Stands in for `find`: exercises of these names and stubs."""
    def find(name):
        if name not in stubs:
            raise ValueError(f"name: there is no exercise {name!r}")
        target = stubs[name].split("(")[0].removeprefix("def ").split(" ")[0]
        return SimpleNamespace(name=name, stub=stubs[name], target=target)
    return find


def tree(folder):
    """Every file below a folder, and its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}
