"""What a class has got wrong: a table, the commonest mistakes, and a page of them for the next lecture."""

import csv
import html
import io
from collections import Counter, defaultdict
from dataclasses import dataclass

from hf_lib.exercises.registry import all_exercises

FORMULA = ("=", "+", "-", "@", "\t", "\r")                  # with which a cell begins that a spreadsheet computes
BAR = 30                                                    # characters of the longest bar in a text


@dataclass(frozen=True)
class Mistake:
    """One diagnosis of one exercise, and how many students got it.

    Attributes
    ----------
    exercise, diagnosis, message : str
        The message is that which was given most often.
    students : int
    """

    exercise: str
    diagnosis: str
    message: str
    students: int


def mistakes(students):
    """The diagnoses that were given, the commonest first; equal ones in the order of the course."""
    messages = defaultdict(Counter)
    for student in students:
        for mark in student.marks.values():
            if mark.status == "incorrect":
                messages[mark.exercise, mark.diagnosis][mark.message] += 1
    found = [Mistake(*key, said.most_common(1)[0][0], said.total()) for key, said in messages.items()]
    return sorted(found, key=lambda m: (-m.students, m.exercise, m.diagnosis))


def handed_in(students):
    """The exercises that stand in anybody's notebook, in the order of the course."""
    names = {name for student in students for name in student.marks}
    return [exercise.name for exercise in all_exercises() if exercise.name in names]


def as_csv(students):
    """A row a student, a column an exercise: the verdict, and behind a colon the diagnosis.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    exercises = handed_in(students)
    rows = [["student", "correct", "of", *exercises, "damaged files"]]
    for student in students:
        marks = [student.marks.get(name) for name in exercises]
        right = sum(mark is not None and mark.status == "correct" for mark in marks)
        rows.append([student.name, right, len(exercises), *map(_words, marks), "; ".join(student.damaged)])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue()


def _words(mark):
    if mark is None:
        return "no cell"
    return f"{mark.status}: {mark.diagnosis}" if mark.diagnosis else mark.status


def _harmless(cell):
    text = str(cell).encode("utf-8", "replace").decode()    # a file's name may hold what is no character
    return f"'{text}" if text.startswith(FORMULA) else text


def as_table(students):
    """For each exercise how many have it right, wrong, not judged, not begun."""
    lines = [f"{'':10}{'correct':>9}{'incorrect':>11}{'not judged':>12}{'not begun':>11}"]
    for name in handed_in(students):
        statuses = Counter(student.marks[name].status for student in students if name in student.marks)
        right, wrong, unjudged = (statuses[status] for status in ("correct", "incorrect", "not judged"))
        share = "█" * round(BAR * right / len(students))
        lines.append(f"{name:10}{right:9}{wrong:11}{unjudged:12}{len(students) - right - wrong - unjudged:11}  {share}")
    return "\n".join(lines)


def as_text(found, most=15):
    """The commonest mistakes with bars."""
    if not found:
        return "Nobody made a mistake."
    longest = found[0].students
    bar = lambda m: "█" * max(1, round(BAR * m.students / longest))
    return "\n".join(f"{m.students:4} {bar(m):{BAR}} {m.exercise} {m.diagnosis}" for m in found[:most])


def as_page(students, found, title):
    """The same as a page to print: the commonest ten, then all by exercise, each with what the reader was told."""
    longest = max((m.students for m in found), default=1)
    parts = [f"<h1>{html.escape(title)}</h1>",
             f"<p>{len(students)} students. A bar is as long as the number of students who were told so.</p>",
             "<h2>The commonest</h2>", *(_bar(m, longest, m.exercise) for m in found[:10])]
    titles = {exercise.name: exercise.title for exercise in all_exercises()}
    for name in handed_in(students):
        own = [m for m in found if m.exercise == name]
        right = sum(name in student.marks and student.marks[name].status == "correct" for student in students)
        parts.append(f"<h2>{name} · {html.escape(titles[name])}</h2><p>{right} of {len(students)} correct</p>")
        parts += [_bar(m, longest) for m in own]
    return PAGE.format(title=html.escape(title), body="\n".join(parts))


def _bar(mistake, longest, name=""):
    words = f"{name} <b>{html.escape(mistake.diagnosis)}</b>".strip()
    width = 100 * mistake.students / longest
    return (f'<div class="mistake"><div>{words}: {mistake.students}</div><div class="bar" style="width:{width:.1f}%">'
            f"</div><div>{html.escape(mistake.message)}</div></div>")


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #1a1a1a }}
h2 {{ margin: 1.6em 0 0.3em; break-after: avoid }}
.mistake {{ margin: 0.7em 0; break-inside: avoid }}
.bar {{ height: 0.7em; background: #0f62a8; print-color-adjust: exact; -webkit-print-color-adjust: exact }}
</style></head>
<body>
{body}
</body></html>
"""
