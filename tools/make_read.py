"""Write the executed notebooks, with still pictures, into a folder that becomes the branch `read`.

    python tools/make_read.py FOLDER ADDRESS [notebook ...]

ADDRESS is the repository's, such as https://github.com/OWNER/hessian-free.
"""
from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

from elsewhere import prepared, colab_source
from execute_notebook import Limits, Run
from hf_lib.notebook.streams import utf8_streams
from notebook_file import notebook_paths, read, to_bytes
from run_notebooks import run_all
from still import still

PATIENT = Limits(cell=60, long=300, notebook=3600)  # times are judged by the tests, not here


def readable(run: Run, address: str) -> bytes:
    """The bytes of one chapter of the branch."""
    repository = urlsplit(address).path.strip("/")
    name = run.path.name
    words = (f"*This is chapter {name[:2]} as it ran, for reading: its pictures stand still. The chapter itself is "
             f"[in the course]({address}/blob/main/notebooks/{name}); the next cell prepares "
             f"[Colab](https://colab.research.google.com/github/{repository}/blob/read/{name}).*")
    return to_bytes(prepared(still(run.notebook), "elsewhere", colab_source(address), words))


def front(names: list[str], address: str) -> str:
    """The branch's README."""
    rows = "\n".join(f"- [{name.removesuffix('.ipynb').replace('_', ' ')}]({name})" for name in names)
    return (f"# The course, executed\n\nThe notebooks of [the course]({address}) as they ran, for reading on this page. "
            f"A workflow writes this branch anew after each change: change the notebooks there, not here.\n\n{rows}\n")


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the executed notebooks with still pictures.")
    parser.add_argument("folder", type=Path, help="where to write them")
    parser.add_argument("address", help="the repository's address")
    parser.add_argument("notebooks", nargs="*", help="paths or beginnings of names; all when left out")
    options = parser.parse_args(arguments)
    plan = [(path, read(path), "stubs") for path in notebook_paths(options.notebooks)]
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runs = runner.run(run_all(plan, 2, PATIENT))
    faults = [fault for run in runs for fault in run.failures + run.too_slow(PATIENT)]
    if faults:
        print("\n".join(map(str, faults)))
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    for run in runs:
        (options.folder / run.path.name).write_bytes(readable(run, options.address))
    names = [run.path.name for run in runs]
    (options.folder / "README.md").write_text(front(names, options.address), encoding="utf-8")
    return 0


if __name__ == "__main__":
    utf8_streams()
    sys.exit(main())
