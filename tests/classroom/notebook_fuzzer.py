"""Notebooks as readers save them, and worse: made from a chapter of the course by a seed, and known for what they are.

An answer to one exercise is put in, in one of the ways and states below; then the file may be damaged. What a test may
expect is in `Fuzzed`: nothing is guessed from the file itself.
"""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from hf_lib.exercises import all_exercises
from hf_lib.judge.notebook_file import read

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
STATES = ("right", "right", "right", "right", "stub", "wrong", "error", "endless", "exit", "harm", "no Python")
HOSTILE = ("endless", "exit", "harm")                      # only a process of its own may run these
PRECIOUS = "precious.txt"                                  # a file that some of them try to delete


@dataclass(frozen=True)
class Fuzzed:
    """One saved notebook.

    Attributes
    ----------
    seed : int
    exercise : str
        The one that is answered in it.
    state : str
        One of `STATES`: what the answer is, when its definitions are run and it is called.
    name : str
        Of the file.
    content : bytes
    damage : str
        What makes it unreadable; empty where it can be read.
    answer : str
        The source of the cell that holds the answer.
    ways : tuple of str
        What was done beside it, for a test's message.
    """

    seed: int
    exercise: str
    state: str
    name: str
    content: bytes
    damage: str
    answer: str
    ways: tuple[str, ...]

    def __repr__(self):
        return f"seed {self.seed}: {self.exercise} {self.state}, {self.name}, {self.damage or 'readable'}, {self.ways}"


def fuzzed(seed):
    """The notebook of a seed."""
    rng = random.Random(seed)
    exercise = rng.choice(all_exercises())
    state = rng.choice(STATES)
    (path,) = NOTEBOOKS.glob(f"{exercise.name[2:4]}_*.ipynb")
    notebook, ways = read(path), []
    cells = notebook["cells"]
    k = next(k for k, cell in enumerate(cells) if cell["source"].startswith(f"# exercise {exercise.name}\n"))
    answer, above, below = _answer(exercise, state, rng, ways, cells[k]["source"])
    if rng.random() < 0.2:
        ways.append("the stub's cell stays above")
        above.append(cells[k]["source"])
    cells[k] = {**cells[k], "source": answer}
    cells[k + 1:k + 1] = [_own(rng, source) for source in below]
    at = k if rng.random() < 0.5 else 2
    cells[at:at] = [_own(rng, source) for source in above]
    _as_used(notebook, rng, ways)
    damage, content = _file(notebook, rng, ways)
    if rng.random() < 0.2:
        ways.append("another name")
        name = rng.choice(("Homework 7 (final) ü.ipynb", "Untitled.ipynb", "my 07.ipynb", "99_answers.ipynb"))
    else:
        name = path.name
    return Fuzzed(seed, exercise.name, state, name, content, damage, answer, tuple(ways))


# ---- the answer's cell, and cells beside it --------------------------------------------------------


def _answer(exercise, state, rng, ways, asked):
    """The source of the answer's cell, and sources of cells above and below it."""
    target, above, below = exercise.target, [], []
    function = hasattr(exercise, "parameters")
    check = f"ex.{exercise.name.partition('.')[2]}.check({target})"
    if state == "stub":
        return (asked if rng.random() < 0.7 else asked.replace("\n\n", "\n\n\n\n")), above, below
    if state == "no Python":
        return f"# exercise {exercise.name}\n{exercise.stub}\n    return (\n\n{check}", above, below
    if state == "right":
        code = exercise.code
        if function:
            code = _spread(exercise, rng, ways, above, below)
            if rng.random() < 0.15:
                ways.append("the name of the answer is another")
                code, check = re.sub(rf"\b{target}\b", "my_own", code), check.replace(target, "my_own")
                above[:] = [re.sub(rf"\b{target}\b", "my_own", source) for source in above]
                below[:] = [re.sub(rf"\b{target}\b", "my_own", source) for source in below]
    elif function:
        code = _function(exercise, _body(state, rng))
    else:
        code = f"{target} = {_value(state, rng)}"
    lines = [code]
    if rng.random() < 0.2:
        ways.append("the stub stands above in the cell")
        lines.insert(0, exercise.stub)
    if rng.random() < 0.5:
        line = rng.choice((
            "assert True", "for k in range(3):\n    print(k)", "%timeit -n 1 -r 1 pass", "!echo hello", "files = !ls",
            f"{target}?", f"gone = __import__('os').remove({PRECIOUS!r})", f"__import__('os').remove({PRECIOUS!r})",
            "while True:\n    pass", "import sys\nsys.exit()", "raise KeyboardInterrupt", "print('x' * 10**6)",
            "with open('left behind', 'w') as file:\n    file.write('x')", "%run nothing.py"))
        ways.append(f"below it: {line!r}")
        lines.append(line)
    mark = rng.choice((f"# exercise {exercise.name}",) * 4 + (
        f"\n\n# exercise {exercise.name}  ", f"# mine\n#exercise {exercise.name}",
        f"%%time\n# exercise {exercise.name}"))
    source = "\n".join([mark, "\n\n".join(lines), "", "", check])
    return (source.replace("\n", "\r\n") if rng.random() < 0.1 else source), above, below


def _spread(exercise, rng, ways, above, below):
    """The right answer, in one of several ways over more than one cell."""
    target, way = exercise.target, rng.randrange(5)
    if way < 2:
        return exercise.code
    helper = re.sub(rf"\b{target}\b", "my_helper", exercise.code)
    call = f"my_helper({', '.join(exercise.parameters)})"
    if way == 2:
        ways.append("a helper in another cell")
        (above if rng.random() < 0.7 else below).append(helper)
    if way == 3:
        ways.append("a helper, an import and a constant in other cells")
        above += ["import math as my_m\nFACTOR, NAMES = 1, ['a', ('b', 2.5)]", helper]
        call = f"({call}, my_m.pi * FACTOR, NAMES[0])[0]"
    if way == 4:
        ways.append("a class")
        above.append(f"class Mine:\n    '''mine'''\n    start = 0\n\n    @staticmethod\n"
                     f"    def do({', '.join(exercise.parameters)}):\n        return {call}\n\n\n{helper}")
        call = call.replace("my_helper", "Mine.do")
    return _function(exercise, f"return {call}")


def _function(exercise, body):
    """A function of the exercise's name and parameters."""
    lines = "\n    ".join(body.split("\n"))
    return f"def {exercise.target}({', '.join(exercise.parameters)}):\n    {lines}"


def _body(state, rng):
    return {
        "wrong": rng.choice(("return 'nonsense'", "return None", "return 10**6", "return {}", "return lambda: 3")),
        "error": rng.choice(("return 1 / 0", "raise RuntimeError('so')", "return undefined_name")),
        "endless": rng.choice(("while True:\n    pass", "x = 0\nwhile x != 0.3:\n    x += 0.1")),
        "exit": rng.choice(("import sys\nsys.exit(0)", "import os\nos._exit(3)", "raise SystemExit")),
        "harm": rng.choice((
            f"import os\nos.remove({PRECIOUS!r})", f"open({PRECIOUS!r}, 'w')",
            "import subprocess\nsubprocess.run(['true'])", "import socket\nsocket.create_connection(('x', 1))")),
    }[state]


def _value(state, rng):
    """An expression for a value's exercise; one that does something when it is run is never run."""
    return {
        "wrong": rng.choice(("'nonsense'", "1e99", "[]", "None, None, None, None, None")),
        "error": "1 / 0", "endless": "[k for k in iter(int, 1)]", "exit": "__import__('sys').exit()",
        "harm": f"__import__('os').remove({PRECIOUS!r})",
    }[state]


def _own(rng, source):
    return {"cell_type": "code", "id": f"{rng.getrandbits(32):08x}", "metadata": {}, "source": source, "outputs": [],
            "execution_count": None}


# ---- what the front end leaves, and the file -------------------------------------------------------


def _as_used(notebook, rng, ways):
    """Outputs, counts and metadata, some of them of types that no front end writes."""
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code" and rng.random() < 0.5:
            shown = {"output_type": "stream", "name": "stdout", "text": ["x\n"]}
            cell |= {"execution_count": number, "outputs": [shown]}
    cell = rng.choice([cell for cell in notebook["cells"] if cell["cell_type"] == "code"])
    way = rng.choice(("", "", "huge output", "nested metadata", "metadata a list", "outputs a number", "no ids",
                      "an id twice", "half a surrogate pair", "a count that is none", "an id that is a number"))
    if way == "huge output":
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 2_000_000}]
    elif way == "nested metadata":
        nested = {}
        for _ in range(200):
            nested = {"in": [nested]}
        cell["metadata"] = nested
    elif way == "metadata a list":
        cell["metadata"], notebook["metadata"] = [], 3
    elif way == "outputs a number":
        cell["outputs"] = 7
    elif way == "no ids":
        for some in notebook["cells"]:
            some.pop("id", None)
        notebook["nbformat_minor"] = 4
    elif way == "an id twice":
        cell["id"] = notebook["cells"][0]["id"]
    elif way == "half a surrogate pair":
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "\ud800"}]
    elif way == "a count that is none":
        cell["execution_count"] = float("nan")
    elif way == "an id that is a number":
        cell["id"] = 7
    ways += [way] if way else []


def _file(notebook, rng, ways):
    """The name of the damage, or "", and the bytes."""
    if rng.random() < 0.1:
        ways.append("format 3")
        notebook = _format_3(notebook)
    content = json.dumps(notebook, indent=rng.choice((1, None))).encode()
    if rng.random() < 0.1:
        ways.append("a mark of the byte order")
        content = b"\xef\xbb\xbf" + content
    if rng.random() < 0.1:
        ways.append("lines end as on Windows")
        content = content.replace(b"\n", b"\r\n")
    damage = rng.choice(("",) * 14 + (
        "cut off", "cut off", "marks of a merge", "empty", "not UTF-8", "in UTF-16", "other JSON", "nested too deep",
        "more behind its end", "a cell that is none"))
    half = len(content) // 2
    damaged = {
        "cut off": lambda: content[:rng.randrange(1, len(content) - 2)],
        "marks of a merge": lambda: b"\n".join(
            [b"<<<<<<< HEAD", content[:half], b"=======", content[half:], b">>>>>>> b", b""]),
        "empty": lambda: rng.choice((b"", b"\n", b"  ")),
        "not UTF-8": lambda: content[:half] + b"\xff\xfe" + content[half:],
        "in UTF-16": lambda: content.decode("utf-8-sig").encode("utf-16"),
        "other JSON": lambda: rng.choice((b"[]", b"3", b"null", b"{}", b'{"cells": 3}', b'{"cells": {"a": 1}}')),
        "nested too deep": lambda: b"[" * 100_000,
        "more behind its end": lambda: content + b"}",
        "a cell that is none": lambda: json.dumps({**notebook, "worksheets": None, "cells": [
            rng.choice((3, None, [], {}, {"cell_type": "code"}, {"cell_type": "code", "source": 5}))]}).encode(),
        "": lambda: content,
    }[damage]()
    return damage, damaged


def _format_3(notebook):
    cells = []
    for cell in notebook["cells"]:
        cell = dict(cell)
        if cell["cell_type"] == "code":
            cell = {"cell_type": "code", "language": "python", "metadata": {}, "input": cell["source"],
                    "outputs": [], "prompt_number": 1, "collapsed": False}
        cell.pop("id", None)
        cells.append(cell)
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""},
            "worksheets": [{"cells": cells, "metadata": {}}]}
