"""A chapter executed as a reader gets it, with frames for every picture; kept until something changes."""
from __future__ import annotations

import asyncio
import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from execute_notebook import Limits, execute
from notebook_file import ROOT, read, to_bytes

BUILD = ROOT / "build" / "book"
PATIENT = Limits(cell=60, long=120, notebook=1200)  # the frames of a cell's pictures are drawn in its time
# What a chapter is made from, beside its notebook: of this folder's modules, those that record.
OWN = ("asked", "compact", "markup", "record", "recorder", "rule")
DEPENDS_ON = ("hf_lib/**/*.py", "data/**/*.npz", *(f"tools/book/{name}.py" for name in OWN))


class Unrecordable(ValueError):
    """A chapter cannot be recorded; a line for each reason."""


@dataclass(frozen=True)
class Chapter:
    """A recorded chapter.

    Attributes
    ----------
    path : Path
        Its notebook as committed.
    notebook : NotebookNode
        Executed, its pictures as HTML.
    seconds : float
        How long recording took; 0 where nothing had changed since.
    """

    path: Path
    notebook: NotebookNode
    seconds: float

    @property
    def pictures(self) -> list[dict]:
        """Of each picture: its number of frames and files, bytes, and seconds of drawing."""
        return [output.metadata["hf_frames"] for cell in self.notebook.cells for output in cell.get("outputs", [])
                if "hf_frames" in output.get("metadata", {})]


async def record(path: Path, folder: Path) -> NotebookNode:
    """Execute the notebook at `path` and write the frames of its pictures into `folder`.

    Returns
    -------
    NotebookNode
        With outputs. Each `explore.show` has become one HTML output, whose image's address begins
        with the last part of `folder`.

    Raises
    ------
    Unrecordable
        Where a cell raises, warns, or a picture cannot be drawn.
    """
    notebook = read(path)
    chapter = path.name[:2]
    for old in folder.glob(f"{chapter}-*"):
        shutil.rmtree(old)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    sources = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        if "asked" in cell.metadata:
            cell.source = f"explore.show.__self__.asked = {cell.metadata['asked']!r}\n{cell.source}"
    first.source = f"{_start(folder, chapter)}\n{first.source}"
    run = await execute(path, notebook, "stubs", PATIENT, move=False)
    if run.failures or run.stopped:
        raise Unrecordable("\n".join(map(str, [*run.failures, *run.too_slow(PATIENT)])))
    for cell, source in zip(run.notebook.cells, sources, strict=True):
        cell.source = source
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _empty(output)]
            cell.metadata.pop("execution", None)
    run.notebook.metadata.pop("widgets", None)
    return run.notebook


def _start(folder: Path, chapter: str) -> str:
    """A line of code that makes `explore.show` record."""
    tools = str(ROOT / "tools")
    return (f"import sys; sys.path.insert(0, {tools!r}); import book.recorder; sys.path.remove({tools!r}); "
            f"book.recorder.start({str(folder.resolve())!r}, {chapter!r}); del sys, book")


def _empty(output: NotebookNode) -> bool:
    """Whether an output shows nothing, as a progress bar's when its work is done."""
    data = output.get("data", {})
    return set(data) == {"text/html"} and not "".join(data["text/html"]).strip()


async def recorded(path: Path, build: Path = BUILD) -> Chapter:
    """The chapter as recorded before, where nothing that it is made from has changed; else record it."""
    kept, stamp = build / f"{path.name[:2]}.ipynb", build / f"{path.name[:2]}.stamp"
    now = digest(path)
    if kept.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == now:
        return Chapter(path, nbformat.read(kept, as_version=4), 0.0)
    stamp.unlink(missing_ok=True)
    began = time.perf_counter()
    notebook = await record(path, build / "frames")
    kept.write_bytes(to_bytes(notebook))
    stamp.write_text(now, encoding="utf-8")
    return Chapter(path, notebook, time.perf_counter() - began)


def digest(path: Path) -> str:
    """A number that is another one when the notebook or anything that it is made from is."""
    files = [path, *(file for pattern in DEPENDS_ON for file in sorted(ROOT.glob(pattern)))]
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode("utf-8") + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def record_chapters(paths: list[Path], build: Path = BUILD, jobs: int = 2,
                    tell: Callable[[Chapter], None] = lambda chapter: None) -> list[Chapter]:
    """Record chapters, `jobs` at a time, or take those that were recorded before; `tell` hears of each.

    Raises
    ------
    Unrecordable
        After all, where any could not be recorded.
    """
    free, faults = asyncio.Semaphore(jobs), []

    async def one(path: Path) -> Chapter | None:
        async with free:
            try:
                chapter = await recorded(path, build)
            except Unrecordable as error:
                faults.append(str(error))
                return None
        tell(chapter)
        return chapter

    async def every() -> list[Chapter | None]:
        return await asyncio.gather(*map(one, paths))

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        chapters = runner.run(every())
    if faults:
        raise Unrecordable("\n".join(faults))
    return chapters
