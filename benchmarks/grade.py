"""How long `grade` takes on a class: students' notebooks of all chapters, with planted mistakes.

    python benchmarks/grade.py --students 60

Prints the time, the verdicts that are wrong (there should be none), and whether the mistakes come in their order.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "classroom")]
import planted  # noqa: E402

from hf_lib.classroom import tally  # noqa: E402
from hf_lib.classroom.grade import Bar  # noqa: E402
from hf_lib.classroom.grading import cores, grade  # noqa: E402
from hf_lib.classroom.submitted import students_in  # noqa: E402
from hf_lib.notebook.streams import utf8_streams  # noqa: E402


def measure(size):
    """Seconds by the clock and of processor time, wrong verdicts, and whether the histogram is in order."""
    with tempfile.TemporaryDirectory() as folder:
        handed_in = Path(folder) / "class"
        expected, mistakes = planted.make_class(handed_in, size, np.random.default_rng(0))
        students = students_in(handed_in)
        bar = Bar(sum(map(len, students.values())))
        began, used = time.perf_counter(), processor_time()
        graded = grade(students, Path(folder) / "kept", progress=bar.show)
        seconds, used = time.perf_counter() - began, processor_time() - used
    seen = {(student.name, mark.exercise): (mark.status, mark.diagnosis)
            for student in graded for mark in student.marks.values()}
    wrong = {key: (verdict, seen.get(key)) for key, verdict in expected.items() if seen.get(key) != verdict}
    in_order = [(m.exercise, m.diagnosis, m.students) for m in tally.mistakes(graded)] == mistakes
    return seconds, used, len(expected), wrong, in_order


def processor_time():
    """Of this process and of its children that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    utf8_streams()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=60)
    options = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f} at the beginning" if hasattr(os, "getloadavg") else ""
    seconds, used, number, wrong, in_order = measure(options.students)
    print(f"{options.students} students, {number} answers, {cores()} cores{load}:")
    print(f"{seconds:.0f} s by the clock, {used:.0f} s of processor time, {len(wrong)} verdicts wrong, mistakes "
          f"{'in their order' if in_order else 'NOT in their order'}")
    for key, verdicts in list(wrong.items())[:20]:
        print(*key, *verdicts)
