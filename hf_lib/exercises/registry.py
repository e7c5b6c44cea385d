"""Finding exercises by name: the chapters' modules are the registry."""

import importlib.util
import pkgutil
import re
import sys
from pathlib import Path

from hf_lib.judge import bringing, remembered
from hf_lib.judge.exercise import Exercise

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def chapters():
    """The modules ``ch01``, ``ch02``, … of this package, imported, in order."""
    package = importlib.import_module(__package__)
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if re.fullmatch(r"ch\d\d", m.name))
    return [importlib.import_module(f"{__package__}.{name}") for name in names]


def all_exercises():
    """Every declared `Exercise`, in the order of the chapters and of what each lists in ``__all__``."""
    return [getattr(module, name) for module in chapters() for name in module.__all__]


def find(name):
    """The exercise called ``name``, as in ``find("ch06.q1")``; ValueError where there is none."""
    if re.fullmatch(r"ch\d\d\.q\d+", name):
        chapter, attribute = name.split(".")
        module = f"{__package__}.{chapter}"
        if module in sys.modules or importlib.util.find_spec(module):
            exercise = getattr(importlib.import_module(module), attribute, None)
            if isinstance(exercise, Exercise):
                return exercise
    raise ValueError(f"name: there is no exercise {name!r}")


def yours(name):
    """The reader's last correct answer to an exercise in this session, or else the course's.

    An `Answer`: callable as the function is, and it says whose it is where a cell shows it. `bring` looks into
    earlier sessions too.
    """
    return find(name).answer


def bring(name, folder=None):
    """The reader's answer to an exercise, from where it was kept or saved; else the course's, and why.

    Looked for, in this order: what was checked in this session; what `check` kept in `my_course/answers.json`; the
    exercise's cell in the reader's saved notebooks in `my_course`, and in `notebooks`. An answer from a file is
    judged in a process of its own (a second or two) before it is defined here, and of a notebook nothing is run
    but definitions.

    Parameters
    ----------
    name : str
        ``"ch07.q2"``.
    folder : Path, optional
        Where the notebooks and `answers.json` lie, if elsewhere.

    Returns
    -------
    Answer
        Shown by a cell, it says in a sentence whose it is and why.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    folders = [remembered.folder(), NOTEBOOKS] if folder is None else [Path(folder)]
    return bringing.bring(find(name), [place for place in folders if place is not None])


def solved(source):
    """The source of a notebook cell with the solution in place of the stub.

    A cell is an exercise when its first line is ``# exercise chNN.qK``; any other is returned as it is.
    Raises ValueError where the exercise is unknown or its stub does not stand verbatim in the cell.
    """
    marked = re.match(r"# exercise (\S+)[ \t]*\n", source)
    if marked is None:
        return source
    exercise = find(marked[1])
    if source.count(exercise.stub) != 1:
        raise ValueError(f"source: the cell of {exercise.name} does not hold the stub as it is declared")
    return source.replace(exercise.stub, exercise.code)
