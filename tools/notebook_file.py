"""One notebook as a file: read it, write it byte for byte the same, name a place in it.

Everything that `course.py run` finds wrong is a `Failure`, which prints as one
sentence that names the file, the cell and the reason.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"


@dataclass(frozen=True)
class Failure:
    """One reason why a notebook is not fit to be read; `str()` gives the sentence."""

    path: Path
    cell: int | None  # counted from 1, Markdown cells included; None: the whole file
    cell_id: str | None
    reason: str
    run: str = ""  # "stubs" or "solutions" where the fault showed in a run

    def __str__(self) -> str:
        place = shown(self.path)
        if self.cell is not None:
            place += f", cell {self.cell} (id {self.cell_id or 'missing'})"
        if self.run:
            place += f", run with {self.run}"
        return f"{place}: {self.reason}"


def shown(path: Path) -> str:
    """The path as it reads from the course's folder, with forward slashes."""
    path = Path(path).resolve()
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def at(path: Path, index: int, cell: dict, reason: str, run: str = "") -> Failure:
    """A failure in the cell at `index` (from 0)."""
    return Failure(Path(path), index + 1, cell.get("id"), reason, run)


def read(path: Path) -> NotebookNode:
    """Read a notebook as it stands, adding and mending nothing.

    Raises
    ------
    ValueError
        Where the file is not UTF-8, not JSON or not a notebook in format 4.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"the file cannot be read as UTF-8 JSON: {error}.") from error
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise ValueError("the file is not a notebook in format 4; save it anew from JupyterLab.")
    return nbformat.v4.reads(json.dumps(content))


def to_bytes(notebook: NotebookNode) -> bytes:
    """The bytes that nbformat writes, with one line break at the end."""
    return (nbformat.v4.writes(notebook) + "\n").encode("utf-8")


def notebook_paths(names: list[str], folder: Path = NOTEBOOKS) -> list[Path]:
    """The notebooks that `names` mean: paths, file names or their beginnings; all for none.

    Raises
    ------
    FileNotFoundError
        Where a name fits no notebook.
    """
    every = sorted(folder.glob("*.ipynb"))
    chosen: list[Path] = []
    for name in names:
        fitting = [Path(name)] if Path(name).is_file() else \
            [path for path in every if path.name.startswith(Path(name).name)]
        if not fitting:
            raise FileNotFoundError(f"no notebook is called {name!r}; there are: "
                                    + ", ".join(path.name for path in every))
        chosen += [path for path in fitting if path not in chosen]
    return chosen if names else every
