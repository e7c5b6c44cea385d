"""A class that never was: students' notebooks with answers of which the verdicts are known."""

import json
import re
from pathlib import Path

from hf_lib.exercises import all_exercises, find, solved
from hf_lib.judge.saved import marked

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
TURNED = '''
def turned(result):
    """Another result of the same form."""
    if callable(result):
        return lambda *args: turned(result(*args))
    if isinstance(result, (tuple, list)):
        return type(result)(map(turned, result))
    return not result if isinstance(result, (bool, np.bool_)) else -result
'''


def wrong_text(exercise):
    """A mistake in an exercise, as the text of the cell; None where none can be made by a rule."""
    if hasattr(exercise, "cases"):
        own = re.sub(rf"\b{exercise.target}\b", "as_it_should_be", exercise.code)
        return f"{own}\n\n\ndef {exercise.target}(*args):\n    return turned(as_it_should_be(*args))\n"
    said = [diagnosis.wrong for diagnosis in exercise.diagnoses if diagnosis.say]
    return f"{exercise.target} = {said[0]!r}\n" if said and isinstance(said[0], float | int | tuple | str) else None


def mistakes(how_many):
    """One mistake in each of so many exercises, spread over the course: (name, text of the cell, diagnosis)."""
    found = []
    for exercise in all_exercises():
        text = wrong_text(exercise)
        verdict = text and exercise.check(exercise.compile(TURNED + text))
        if verdict and verdict.status == "incorrect":
            found.append((exercise.name, text, verdict.diagnosis))
    step = len(found) // how_many
    return found[::step][:how_many]


def make_class(folder, size, rng, how_many=8, chapters=NOTEBOOKS):
    """Write the notebooks of a class of that size: right answers, but for mistakes that are planted.

    The first mistake is made by the most students, each other one by fewer; in each notebook one student in ten has
    left the first exercise as it was.

    Returns
    -------
    expected : dict
        ``{(student, exercise): (status, diagnosis)}``.
    planted : list of (str, str, int)
        Exercise, diagnosis, and by how many it is made: the commonest first.
    """
    names = [f"student {number:02}" for number in range(size)]
    mine = {path.name[:2] for path in chapters}
    chosen = [mistake for mistake in mistakes(how_many) if mistake[0][2:4] in mine]
    counts = [max(1, size * 2 // 3 - k * max(1, size // 15)) for k in range(len(chosen))]
    makers = {name: (set(rng.permutation(names)[:count].tolist()), text, diagnosis)
              for (name, text, diagnosis), count in zip(chosen, counts)}
    expected = {}
    for path in chapters:
        original = json.loads(path.read_text("utf-8"))
        for student in names:
            notebook = _answered(original, student, makers, rng, expected)
            target = folder / student / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(notebook), encoding="utf-8")
    return expected, [(name, diagnosis, count) for (name, _, diagnosis), count in zip(chosen, counts)]


def _answered(original, student, makers, rng, expected):
    cells = []
    for cell in original["cells"]:
        source = "".join(cell["source"])
        name = cell["cell_type"] == "code" and marked(source)
        if name:
            who, text, diagnosis = makers.get(name, ((), "", ""))
            if student in who:
                source = source.replace(find(name).stub, text)
                expected[student, name] = "incorrect", diagnosis
            elif name not in makers and name.endswith("q1") and rng.random() < 0.1:
                expected[student, name] = "not attempted", ""
            else:
                source = solved(source)
                expected[student, name] = "correct", ""
        cells.append({**cell, "source": source})
    helper = {"cell_type": "code", "id": "helper", "metadata": {}, "source": TURNED, "outputs": [],
              "execution_count": None}
    return {**original, "cells": [helper, *cells]}
