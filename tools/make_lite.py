"""Write what JupyterLite shows, a course that runs within the browser: notebooks, library and data.

    python tools/make_lite.py FOLDER

The notebooks lie beside the library there, which a browser's Python finds so without an installation.
"""
from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

from elsewhere import prepared, browser_source
from hf_lib.notebook.streams import utf8_streams
from notebook_file import ROOT, notebook_paths, read, to_bytes
from packaging.requirements import Requirement


def write_contents(folder: Path) -> None:
    """Fill the folder, which must not exist yet."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = [Requirement(line).name for line in project["dependencies"]]  # in the versions that the browser has
    shutil.copytree(ROOT / "hf_lib", folder / "hf_lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("*.checkpoint.npz", "*.part.npz"))
    for path in notebook_paths([]):
        (folder / path.name).write_bytes(to_bytes(prepared(read(path), "browser", browser_source(packages))))


if __name__ == "__main__":
    utf8_streams()
    write_contents(Path(sys.argv[1]))
