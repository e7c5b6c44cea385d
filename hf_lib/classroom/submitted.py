"""What was handed in: the students of a folder, and the answers in a notebook as texts that can be judged apart."""

import ast
from dataclasses import dataclass
from pathlib import Path

from hf_lib.exercises.registry import find
from hf_lib.judge import notebook_file, saved
from hf_lib.judge.definitions import UNREADABLE, Missing, assembled, names_made, names_read
from hf_lib.judge.kinds import ValueExercise

LOST = (".ipynb_checkpoints", "__MACOSX")                   # what Jupyter and macOS leave between the files


@dataclass(frozen=True)
class Text:
    """One answer as it stands in a notebook.

    Attributes
    ----------
    exercise : str
    source : str
        All that it needs; empty where there is nothing to judge.
    reason : str
        Why there is nothing to judge; empty where the cell still holds the stub.
    """

    exercise: str
    source: str
    reason: str = ""


def students_in(folder):
    """The notebooks of each student, as ``{name: [path, …]}``.

    A subfolder is a student, with all notebooks in it and below; so is a notebook that lies in the folder itself.
    """
    students = {}
    for path in sorted(Path(folder).rglob("*")):
        inner = path.relative_to(folder).parts
        if path.suffix.lower() != ".ipynb" or any(part in LOST or part.startswith(".") for part in inner):
            continue
        students.setdefault(inner[0] if len(inner) > 1 else path.stem, []).append(path)
    for path in sorted(Path(folder).iterdir()):
        if path.is_dir() and path.name not in LOST and not path.name.startswith("."):
            students.setdefault(path.name, [])
    return dict(sorted(students.items()))


def texts_in(content):
    """The answers in the bytes of a notebook, each with what it needs of the other cells.

    Nothing of it is run here. An exercise may stand there more than once; the later cell comes first.

    Raises
    ------
    Damaged
        Where the file is no notebook.
    """
    cells = notebook_file.from_bytes(content)["cells"]
    sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    names = dict.fromkeys(name for source in sources if (name := saved.marked(source)))
    return [text for name in names for text in _texts(name, sources)]


def _texts(name, sources):
    try:
        exercise = find(name)
    except ValueError:
        return [Text(name, "", "this course has no exercise of that name")]
    if isinstance(exercise, ValueExercise):
        cells = [k for k, source in enumerate(sources) if saved.marked(source) == name]
        return [Text(name, _value(exercise, sources, k)) for k in reversed(cells)]
    return [_function(name, found) for found in saved.in_notebook(exercise, sources, "this notebook")]


def _function(name, found):
    """A function comes with definitions, imports and constants alone."""
    untouched = found.reason.endswith("still holds the stub")
    return Text(name, found.text, "" if untouched else found.reason)


def _value(exercise, sources, k):
    """A value may be computed: the cell's own statements, without what only shows or asks, and what they need."""
    mine = saved.statements(sources[k])
    if mine is None:
        return sources[k]                                   # no Python: the judge says so
    own = [node for node in mine if _works(node)]
    given = _checked(mine)
    if given is not None and getattr(given, "id", None) != exercise.target:
        own.append(ast.Assign([ast.Name(exercise.target, ast.Store())], given, lineno=0))
    try:
        text = "\n".join(map(ast.unparse, own))
        others = [saved.statements(source) or [] for source in sources]
        names = saved.Names([], others[:k], others[k + 1:], exercise)
        made = {name for node in own for name in names_made(node)}
        return "\n".join([*_context(names_read(text) - made, names), text])
    except UNREADABLE:
        return sources[k]


def _context(needed, names):
    """The texts that define names; what cannot be had is left out, and missed where it is used."""
    texts = []
    for name in sorted(needed):
        try:
            texts.append(assembled(name, names.text_of))
        except Missing:
            continue
    return dict.fromkeys(texts)


def _works(node):
    """Whether a statement may have a part in the value: all but calls whose result nobody takes, and assertions."""
    if isinstance(node, ast.Expr):
        function = getattr(node.value, "func", None)
        return isinstance(function, ast.Attribute) and function.attr in ("append", "extend", "insert", "update", "add")
    return not isinstance(node, ast.Assert)


def _checked(statements):
    """The expression that is handed to `check`; None where there is no such call."""
    for node in reversed(statements):
        call = getattr(node, "value", None)
        function = getattr(call, "func", None)
        if isinstance(function, ast.Attribute) and function.attr == "check" and len(call.args) == 1:
            return call.args[0]
    return None
