"""What was handed in: the students of a folder, and the answers in a notebook as texts that can be judged apart."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from hf_lib.exercises.registry import find
from hf_lib.judge import notebook_file, saved
from hf_lib.judge.definitions import UNREADABLE, Missing, assembled, names_made, names_read
from hf_lib.judge.kinds import ValueExercise

CHAPTER = re.compile(r"ch\d\d")
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
        Why that is not sure: something that it uses is not run from a notebook. Empty where there is nothing to
        judge since the cell still holds the stub.
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
    sources = _marked(sources)
    names = dict.fromkeys(name for source in sources if (name := saved.marked(source)))
    return [text for name in names for text in _texts(name, sources)]


def _marked(sources):
    """The sources, with the line that names the exercise where only the call of `check` tells which it is."""
    chapters = {alias.asname or alias.name: alias.name for source in sources for node in saved.statements(source) or []
                if isinstance(node, ast.ImportFrom) and node.module == "hf_lib.exercises" for alias in node.names}
    marked = []
    for source in sources:
        called = None if saved.marked(source) else _call_of_check(saved.statements(source) or [])
        number = getattr(called, "func", None) and called.func.value
        chapter = chapters.get(getattr(getattr(number, "value", None), "id", None), "")
        known = CHAPTER.fullmatch(chapter) and isinstance(number, ast.Attribute)
        marked.append(f"# exercise {chapter}.{number.attr}\n{source}" if known else source)
    return marked


def _texts(name, sources):
    try:
        exercise = find(name)
    except ValueError:
        return [Text(name, "", "this course has no exercise of that name")]
    if isinstance(exercise, ValueExercise):
        cells = [k for k, source in enumerate(sources) if saved.marked(source) == name]
        return [Text(name, _computed(exercise, sources, k)) for k in reversed(cells)]
    found = saved.in_notebook(exercise, sources, "this notebook")
    if any(one.reason.endswith("still holds the stub") for one in found):
        return [Text(name, "")]
    # A function comes with definitions, imports and constants alone; where these do not do, its whole cell is tried.
    cells = [k for k, source in enumerate(sources) if saved.marked(source) == name]
    return ([Text(name, one.text) for one in found if one.text]
            + [Text(name, _computed(exercise, sources, k), one.reason) for one in found if not one.text for k in cells])


def _computed(exercise, sources, k):
    """A value may be computed: the cell's own statements, without what only shows or asks, and what they need."""
    mine = saved.statements(sources[k])
    if mine is None:
        return sources[k]                                   # no Python: the judge says so
    own = [node for node in mine if _works(node)]
    call = _call_of_check(mine)
    if call is not None and getattr(call.args[0], "id", None) != exercise.target:
        own.append(ast.Assign([ast.Name(exercise.target, ast.Store())], call.args[0], lineno=0))
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


def _call_of_check(statements):
    """The last call of `check` on something; None where there is none."""
    for node in reversed(statements):
        call = getattr(node, "value", None)
        function = getattr(call, "func", None)
        if isinstance(function, ast.Attribute) and function.attr == "check" and len(call.args) == 1:
            return call
    return None
