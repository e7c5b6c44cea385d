"""Answers as they stand in saved notebooks: read, and nothing of them run but what defines something."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import notebook_file
from .definitions import UNREADABLE, Missing, assembled, is_builtin, names_made, only_defines, parsed

ABOVE = re.compile(r"[ \t]*(#.*|%%?\w.*)?")                # what may stand above the line that names an exercise
MARK = re.compile(r"[ \t]*#[ \t]*exercise[ \t]+(ch\d\d\.q\d+)[ \t]*", re.IGNORECASE)
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
CELL_MAGIC = re.compile(r"\A(?:[ \t]*(?:%%.*|#.*)?\n)*[ \t]*%%.*\n")    # `%%time`: what is below is Python all the same


@dataclass(frozen=True)
class Found:
    """What was found of an answer in one place.

    Attributes
    ----------
    where : str
        "`my_course/07_conjugate_gradients.ipynb`".
    text : str
        All that the answer needs; empty where that cannot be had.
    reason : str
        Why it cannot be had, a sentence without its full stop; else empty.
    tried : bool
        Whether there is an answer, or may have been one in a damaged file: the cell does not just hold the stub.
    """

    where: str
    text: str
    reason: str = ""
    tried: bool = True


def marked(source):
    """The name of the exercise whose cell this source is, or "".

    >>> marked("\\n# mine!\\n#exercise ch07.q2\\ncost = 3")
    'ch07.q2'
    """
    for line in source.split("\n"):
        if mark := MARK.fullmatch(line):
            return mark[1].lower()
        if not ABOVE.fullmatch(line):
            return ""
    return ""


def look(exercise, folder):
    """Every place in a folder's notebooks in which an answer to the exercise stands, or might have stood.

    The notebook of the exercise's chapter comes first, then others that name the exercise; within one, a later
    cell before an earlier one.

    Returns
    -------
    list of Found
    """
    found = []
    for path, content in _notebooks(exercise.name, Path(folder)):
        where = f"`{path.parent.name}/{path.name}`"
        try:
            sources = [cell["source"] for cell in notebook_file.from_bytes(content)["cells"]
                       if cell["cell_type"] == "code"]
        except notebook_file.Damaged as damaged:
            found.append(Found(where, "", f"{where} {damaged}"))
            continue
        found += in_notebook(exercise, sources, where)
    return found


def in_notebook(exercise, sources, where):
    """The same, of one notebook, given by the sources of its code cells."""
    cells = [k for k, source in enumerate(sources) if marked(source) == exercise.name]
    found = [_answer(exercise, sources, k, where) for k in reversed(cells)]
    answers = [f for f in found if f is not None]
    return answers or [Found(where, "", f"the cell in {where} still holds the stub", tried=False)] * bool(cells)


def _notebooks(name, folder):
    """The notebooks that may hold an exercise, and their bytes: those of its chapter, then those that name it."""
    try:
        paths = sorted(path for path in folder.glob("*.ipynb") if path.is_file())
    except OSError:
        return
    chapter = [path for path in paths if path.name.startswith(f"{name[2:4]}_")]
    for path in chapter + [path for path in paths if path not in chapter]:
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if path in chapter or name.encode() in content:
            yield path, content


def _answer(exercise, sources, k, where):
    """What cell k gives; None for the stub."""
    mine = statements(sources[k])
    if mine is None:
        return Found(where, "", f"yours in {where} is no Python that can be read")
    name = _checked_name(mine, exercise)
    answer = _last(mine, name or exercise.target)
    if answer is not None and name in (None, exercise.target) and _is_stub(mine, exercise):
        return None
    if answer is None and name is None:
        return Found(where, "", f"the cell in {where} does not define `{exercise.target}`", tried=False)
    name = name or exercise.target
    others = [statements(source) or [] for source in sources]
    try:
        text = assembled(name, Names(mine, others[:k], others[k + 1:], exercise).text_of)
    except Missing as missing:
        return Found(where, "", f"yours in {where} {missing}")
    except UNREADABLE:
        return Found(where, "", f"yours in {where} is nested too deep to be read")
    return Found(where, text if name == exercise.target else f"{text}\n\n{exercise.target} = {name}\n")


@dataclass(frozen=True)
class Names:
    """What a notebook defines, seen from one cell: its own statements first, then those above, then those below."""

    mine: list
    above: list
    below: list
    exercise: object

    def text_of(self, name):
        """The text that defines a name; "" for a name that is there anyhow. Raises `Missing`.

        What touches the name last before the answer counts: where that does more than define it, nothing is taken.
        """
        for statements in (self.mine, *reversed(self.above), *self.below):
            for node in reversed(statements):
                made = name in names_made(node)
                if made and only_defines(node, self._own):
                    return ast.unparse(node)
                if made or _changes(node, name):
                    raise Missing(f"uses `{name}`, and `{_short(node)}` is not run from a saved notebook")
        return self._given(name)

    def _given(self, name):
        """The text for a name that no statement defines."""
        if is_builtin(name) or name in ("np", *self.exercise.uses):
            return ""
        if name == "display":
            return "from IPython.display import display"
        if stars := self._stars:
            return "\n".join(stars)
        raise Missing(f"uses `{name}`, which no cell of it defines")

    @property
    def _all(self):
        return [node for statements in (*self.above, self.mine, *self.below) for node in statements]

    @property
    def _own(self):
        return {name for node in self._all if not isinstance(node, (ast.Import, ast.ImportFrom))
                for name in names_made(node)}

    @property
    def _stars(self):
        return [ast.unparse(node) for node in self._all if isinstance(node, ast.ImportFrom)
                and node.names[0].name == "*"]


@lru_cache(maxsize=4096)                                    # the cells of a class are the course's, mostly
def statements(source):
    """The statements of a cell without what is IPython's; None where it is no Python. Nobody may change them."""
    from IPython.core.inputtransformer2 import TransformerManager

    source = CELL_MAGIC.sub("", source)
    try:
        return WithoutIPython().visit(parsed(TransformerManager().transform_cell(source))).body
    except UNREADABLE:
        return None


def _checked_name(statements, exercise):
    """The name that the cell hands to `check`; None where it does not call it on a name."""
    number = exercise.name.partition(".")[2]
    for node in reversed(statements):
        call = getattr(node, "value", None)
        function = getattr(call, "func", None)
        if (isinstance(function, ast.Attribute) and function.attr == "check" and len(call.args) == 1
                and isinstance(call.args[0], ast.Name) and getattr(function.value, "attr", number) == number):
            return call.args[0].id
    return None


def _last(statements, name):
    return next((node for node in reversed(statements) if name in names_made(node)), None)


def _changes(node, name):
    """Whether a statement that defines nothing may set the name, or what it stands for: `x += 1`, `x.sort()`."""
    if isinstance(node, DEFINING):
        return any(isinstance(target, (ast.Subscript, ast.Attribute)) and _root(target) == name
                   for target in getattr(node, "targets", [getattr(node, "target", None)]))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        return _root(node.value.func) == name
    return any(isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load)
               or isinstance(part, DEFINING[:3]) and part.name == name for part in ast.walk(node))


def _root(node):
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return getattr(node, "id", None)


def _is_stub(statements, exercise):
    """Whether every name that the stub makes is still made as the stub makes it."""
    stub = parsed(exercise.stub).body
    names = {name for node in stub for name in names_made(node)}
    return all(_dumped(_last(statements, name)) == _dumped(_last(stub, name)) for name in names)


def _dumped(node):
    """What a statement does, as a text: a function without its docstring, whose blank lines mean nothing."""
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
        node = ast.FunctionDef(**{**vars(node), "body": node.body[1:]})
    return node and ast.dump(node)


def _short(node):
    text = ast.unparse(node).split("\n")[0]
    return text if len(text) <= 60 else text[:59] + "…"


class WithoutIPython(ast.NodeTransformer):
    """Takes out what IPython has made of `%timeit …` or `name?`: there is no IPython to ask here."""

    def visit_Expr(self, node):
        calls = [part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id == "get_ipython"]
        return ast.copy_location(ast.Pass(), node) if calls else node
