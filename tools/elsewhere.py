"""The cell that a notebook needs before its own code where the course is not installed: on Colab, and in a browser's own Python."""
from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

FOLDER = "hessian-free"


def colab_source(address: str) -> str:
    """The code that fetches the course from `address` and installs it on Colab; elsewhere it does nothing.

    The library finds its data beside it in the clone, so it is installed from there and not copied (`-e`). A running
    Python does not see such an installation yet: hence the path.
    """
    return f"""\
# On Colab: fetch the course and what it needs. Elsewhere this cell does nothing.
import sys
if "google.colab" in sys.modules:
    !git clone -q --depth 1 {address} /content/{FOLDER}
    %pip install -q -e /content/{FOLDER}
    %cd -q /content/{FOLDER}/notebooks
    sys.path.insert(0, "/content/{FOLDER}")"""


def browser_source(packages: list[str]) -> str:
    """The code that fetches packages for a Python within the browser."""
    return f"""\
# Within a browser: fetch the packages.
%pip install -q {" ".join(packages)}"""


def prepared(notebook: NotebookNode, name: str, code: str, words: str = "") -> NotebookNode:
    """The notebook with a cell before its first code, and one of words before that; their ids begin with `name`."""
    new = [new_markdown_cell(words, id=f"{name}-words")] if words else []
    new.append(new_code_cell(code, id=f"{name}-code"))
    first = next(index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    return NotebookNode(notebook, cells=[*notebook.cells[:first], *new, *notebook.cells[first:]])
