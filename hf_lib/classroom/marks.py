"""What became of each exercise, student by student, and the file in which that is kept."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

BEST_FIRST = ("correct", "incorrect", "not judged", "not attempted")


@dataclass(frozen=True)
class Mark:
    """What became of one exercise in one notebook.

    Attributes
    ----------
    exercise : str
    status : {"correct", "incorrect", "not judged", "not attempted"}
        "not judged" where the answer needs something that is not run from a notebook.
    diagnosis, message : str
    """

    exercise: str
    status: str
    diagnosis: str = ""
    message: str = ""


@dataclass(frozen=True)
class Student:
    """One student's marks, the best for each exercise, and what is wrong with the files.

    Attributes
    ----------
    name : str
    marks : dict of str to Mark
    damaged : tuple of str
        "07.ipynb is cut off, or no JSON".
    """

    name: str
    marks: dict[str, Mark]
    damaged: tuple[str, ...] = ()


def summed(name, paths, entries):
    """The best mark for each exercise; of equal ones the first, which is of the later cell."""
    marks = {}
    for entry in entries:
        for mark in (Mark(**mark) for mark in entry["marks"]):
            before = marks.get(mark.exercise)
            if before is None or BEST_FIRST.index(mark.status) < BEST_FIRST.index(before.status):
                marks[mark.exercise] = mark
    damaged = tuple(f"{path.name} {entry['fault']}" for path, entry in zip(paths, entries) if entry["fault"])
    return Student(name, marks, damaged)


def read(kept):
    """The entries that a run before has left; a line that was cut off is passed over."""
    known = {}
    try:
        lines = Path(kept).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return known
    for line in lines:
        try:
            entry = json.loads(line)
            known[entry["key"]] = entry | {"marks": [asdict(Mark(**mark)) for mark in entry["marks"]]}
        except (ValueError, TypeError, LookupError):
            continue
    return known
