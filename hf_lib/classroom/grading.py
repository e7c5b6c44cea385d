"""Every answer of a class judged, in parallel, and what was judged once is not judged again."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from hf_lib.judge.apart import judge_apart
from hf_lib.judge.notebook_file import Damaged

from .marks import Mark, read, summed
from .submitted import texts_in

LIBRARY = Path(__file__).resolve().parents[1]


def grade(students, kept, jobs=None, variant=None, seconds=10.0, progress=lambda done: None):
    """Judge what the students have handed in.

    Parameters
    ----------
    students : dict of str to list of Path
        The notebooks of each, as `submitted.students_in` gives them.
    kept : Path
        A file with a line of JSON for each notebook that was judged: read first, and added to at once, so that
        a run that was stopped goes on. A notebook is judged anew when it, or the course, has changed.
    jobs : int, optional
        How many students at a time; else one a core.
    variant : int, optional
        Judge by the sealed variant of this number; see `hf_lib.judge.variants`.
    seconds : float
        The limit of one answer; see `judge_apart`.
    progress : callable
        Called with the number of notebooks done.

    Returns
    -------
    list of Student
        In the order of ``students``.
    """
    known, graded, done = read(kept), {}, 0
    course = revision()
    with open(kept, "a", encoding="utf-8") as file, ThreadPoolExecutor(jobs or cores()) as pool:
        waiting = {pool.submit(_student, paths, known, course, variant, seconds): name
                   for name, paths in students.items()}
        file.write("\n")                                    # a run that was stopped may have left half a line
        try:
            for future in as_completed(waiting):
                name = waiting[future]
                entries = graded[name] = future.result()
                for entry in entries:
                    if entry["key"] not in known:
                        file.write(json.dumps(entry) + "\n")
                file.flush()
                done += len(students[name])
                progress(done)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [summed(name, students[name], graded[name]) for name in students]


def cores():
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def revision():
    """A text that changes with whatever decides on verdicts: the library's code."""
    paths = sorted(LIBRARY.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _student(paths, known, course, variant, seconds):
    """An entry for each of one student's notebooks; all their answers are judged by one call."""
    entries, judged = [], []
    for path in paths:
        try:
            content, fault = path.read_bytes(), ""
        except OSError as error:
            content, fault = b"", f"cannot be opened ({error.strerror or error})"
        key = hashlib.sha256(b"\0".join([content, f"{course} {variant} {seconds}{fault}".encode()])).hexdigest()
        entry = known.get(key)
        if entry is None:
            entry = {"key": key, "fault": fault, "marks": []}
            judged += [(entry, text) for text in _texts(content, entry)]
        entries.append(entry)
    outcomes = judge_apart([(text.exercise, text.source) for _, text in judged], seconds, variant=variant)
    for (entry, text), outcome in zip(judged, outcomes):
        mark = Mark(outcome.exercise, outcome.status, outcome.diagnosis, outcome.message)
        if text.reason and mark.status != "correct":
            mark = Mark(text.exercise, "not judged", text.reason)
        entry["marks"].append(asdict(mark))
    return entries


def _texts(content, entry):
    """The answers of a notebook that are to be judged; what is known without that is entered."""
    if entry["fault"]:
        return []
    try:
        texts = texts_in(content)
    except Damaged as damaged:
        entry["fault"] = str(damaged)
        return []
    except (RecursionError, MemoryError):
        entry["fault"] = "is nested too deep"
        return []
    for text in texts:
        if not text.source:
            status = "not judged" if text.reason else "not attempted"
            entry["marks"].append(asdict(Mark(text.exercise, status, text.reason)))
    return [text for text in texts if text.source]
