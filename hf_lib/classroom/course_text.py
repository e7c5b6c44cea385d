"""The course's own text of each notebook, also where a reader has worked in `notebooks/` itself."""

import os
import re
import subprocess
from dataclasses import dataclass

from hf_lib.exercises import find
from hf_lib.judge.notebook_file import Damaged, from_bytes, read
from hf_lib.judge.saved import marked

from .cells import with_ids

CHECK = re.compile(r"^.*\.check\(.*\)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Chapter:
    """One notebook of the course.

    Attributes
    ----------
    name : str
        Of its file.
    course : dict or None
        The course's text; None where it cannot be read.
    touched : dict or None
        The file in `notebooks/` as it stands, where a reader has changed more than outputs and metadata.
    fault : str
        What is wrong with the file: "is cut off, or no JSON"; else empty.
    in_git : bool
        Whether git can give the file back as the course has it.
    """

    name: str
    course: dict | None
    touched: dict | None = None
    fault: str = ""
    in_git: bool = False


def chapters(notebooks):
    """Every chapter whose file lies in the course's folder, in order.

    The course's text is what git has committed where git says that the file is changed, and in any case each
    exercise as it is declared: a solved one belongs to the reader.
    """
    changed = _changed_for_git(notebooks)
    return [_chapter(path, path.name in changed) for path in sorted(notebooks.glob("*.ipynb")) if path.is_file()]


def _chapter(path, changed):
    committed = _committed(path) if changed else None
    try:
        there, fault = read(path), ""
    except Damaged as damaged:
        there, fault = None, str(damaged)
    if there is None and committed is None:
        return Chapter(path.name, None, None, fault)
    course = as_declared(committed or there)
    touched = there if there is not None and _sources(there) != _sources(course) else None
    return Chapter(path.name, course, touched, fault, committed is not None)


def as_declared(notebook):
    """The notebook with each exercise's cell as the course declares it, and no outputs."""
    cells = []
    for cell in with_ids(notebook["cells"]):
        cell = dict(cell)
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None, "source": declared(cell["source"])}
        cells.append(cell)
    return {**notebook, "cells": cells}


def declared(source):
    """The source of a cell; that of an exercise as it was before somebody solved it."""
    name = marked(source)
    try:
        exercise = find(name)
    except ValueError:                                     # of another exercise, or of none
        return source
    mark = f"# exercise {name}\n"
    rest = source.replace(exercise.stub, "", 1)
    if rest != source and not CHECK.sub("", rest.replace(mark, "", 1)).strip():
        return source
    calls = CHECK.findall(source) or [f"ex.{name.partition('.')[2]}.check({exercise.target})"]
    gap = "\n\n\n" if "\n" in exercise.stub else "\n\n"
    return f"{mark}{exercise.stub}{gap}{calls[-1]}"


def _sources(notebook):
    return [(cell["cell_type"], cell["source"]) for cell in notebook["cells"]]


def _changed_for_git(folder):
    """The names of the files in a folder that differ from what git has committed; none where git does not know."""
    listed = _git(folder, "status", "--porcelain", "-z", "--untracked-files=no", "--", ".")
    return {entry[3:].rpartition("/")[2] for entry in (listed or b"").decode(errors="replace").split("\0") if entry}


def _committed(path):
    """The notebook as git has committed it; None where it has not, or where that cannot be read."""
    content = _git(path.parent, "show", f"HEAD:./{path.name}")
    try:
        return None if content is None else from_bytes(content)
    except Damaged:
        return None


def _git(folder, *arguments):
    """What git says, as bytes; None where there is no git, or no repository. It writes nothing."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
