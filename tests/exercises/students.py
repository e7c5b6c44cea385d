"""Answers as students write them, right in many styles and wrong as students err: `students/chNN.txt`.

A block begins with a line ``=== chNN.qK right: how`` or ``=== chNN.qK wrong: how``; below it stands what the
student wrote into the cell.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from hf_lib.exercises import find

FOLDER = Path(__file__).parent / "students"


@dataclass(frozen=True)
class Written:
    """One student's answer: the exercise, whether it is right, in what way, and the text of the cell."""

    exercise: str
    right: bool
    how: str
    source: str

    def __str__(self):
        return f"{self.exercise} {'right' if self.right else 'wrong'}: {self.how}"

    def verdict(self):
        """What `check` says; the exercise forgets the answer."""
        exercise = find(self.exercise)
        before = exercise._correct
        verdict = exercise.check(exercise.compile(self.source))
        exercise._correct = before
        return verdict


def all_written():
    """Every answer of every file, in order."""
    blocks = (block for path in sorted(FOLDER.glob("ch*.txt"))
              for block in re.split(r"^=== ", path.read_text("utf-8"), flags=re.M)[1:])
    return [_read(block) for block in blocks]


def _read(block):
    head, source = block.split("\n", 1)
    exercise, kind, how = re.fullmatch(r"(ch\d\d\.q\d+) (right|wrong): (.+)", head).groups()
    return Written(exercise, kind == "right", how, source)
