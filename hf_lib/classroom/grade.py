"""`grade FOLDER`: where a class stands."""

import argparse
import sys
import time
from pathlib import Path

from hf_lib.judge import files

from . import tally
from .grading import cores, grade
from .sheet import seed
from .submitted import students_in

ABOUT = """Judge the notebooks of a class. FOLDER holds a subfolder for each student, with notebooks of any name, or the
notebooks themselves, one a student. Each answer is judged in a process of its own, with limits, without a network.
Beside FILE come FILE-mistakes.html, the commonest mistakes to show in the next lecture, and FILE-graded.jsonl, by
which a run that was stopped goes on. (The limits guard against accidents. Use a container for people you do not trust.)
"""


def main(arguments):
    """judge the notebooks of a class: a table, and the commonest mistakes"""
    options = _options(arguments)
    folder = Path(options.folder)
    if not folder.is_dir():
        print(f"There is no folder {options.folder!r}.")
        return 2
    students = students_in(folder)
    if not students:
        print(f"There are no notebooks in {options.folder!r}.")
        return 2
    table = Path(options.out or folder.resolve().with_name(f"{folder.resolve().name}-grades.csv"))
    beside = lambda ending: table.with_name(table.stem + ending)
    bar = Bar(sum(map(len, students.values())))
    try:
        graded = grade(students, beside("-graded.jsonl"), options.jobs, options.variant, options.seconds, bar.show)
        found = tally.mistakes(graded)
        files.replace(table, "\ufeff" + tally.as_csv(graded))
        files.replace(beside("-mistakes.html"), tally.as_page(graded, found, f"Mistakes in {folder.resolve().name}"))
    except OSError as error:
        print(f"The results cannot be written: {error}")
        return 1
    print(tally.as_table(graded), tally.as_text(found), *_damaged(graded), _written(table, beside), sep="\n\n")
    return 0


def _options(arguments):
    parser = argparse.ArgumentParser(prog="course.py grade", description=ABOUT)
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--out", metavar="FILE", help="the table, CSV (else FOLDER-grades.csv beside the folder)")
    parser.add_argument("--jobs", type=_positive, default=cores(), help="students at a time (else one a core)")
    parser.add_argument("--variant", type=seed, metavar="SEED", help="judge by this sealed variant, as `sheet` drew it")
    parser.add_argument("--seconds", type=float, default=10.0, help="limit of one answer in processor time (10)")
    return parser.parse_args(arguments)


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected a number from 1 on")
    return number


def _damaged(students):
    lines = [f"  {student.name}: {fault}" for student in students for fault in student.damaged]
    return ["\n".join(["Files that could not be read:", *lines])] if lines else []


def _written(table, beside):
    return f"Written: {table}, {beside('-mistakes.html').name} beside it."


class Bar:
    """How far it is, on stderr: a line that is drawn over on a terminal, else a line each tenth."""

    def __init__(self, total):
        self.total, self.began, self.said = total, time.monotonic(), 0

    def show(self, done):
        """``done`` of the notebooks are judged."""
        share = done / max(self.total, 1)
        left = (time.monotonic() - self.began) * (1 - share) / max(share, 1e-9)
        line = f"[{'#' * round(30 * share):30}] {done} of {self.total} notebooks, {left / 60:.0f} min left"
        if sys.stderr.isatty():
            print(f"\r{line:75}", end="\n" if done == self.total else "", file=sys.stderr, flush=True)
        elif int(10 * share) > self.said:
            self.said = int(10 * share)
            print(line, file=sys.stderr, flush=True)
