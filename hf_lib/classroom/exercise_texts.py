"""The texts of a chapter's exercises, as they stand in its notebook."""

import ast
import re
from dataclasses import dataclass

from hf_lib.exercises.registry import find
from hf_lib.judge import notebook_file, saved
from hf_lib.judge.definitions import names_made, names_read

POSED = re.compile(r"\*\*Exercise \d")
ANSWERED = re.compile(r"<details>.*?</details>", re.DOTALL)
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
QUESTION = re.compile(r"^\*\*Questions? for .*?(?=^\*\*|\Z)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\.ipynb[^)]*\)")


@dataclass(frozen=True)
class Posed:
    """One exercise as a chapter poses it.

    Attributes
    ----------
    exercise : Exercise
    text : str
        Markdown: the task, with what stands directly above it in the same cell. No answers.
    cell : str
        The source of its code cell.
    """

    exercise: object
    text: str
    cell: str


def posed_in(path):
    """The title of a chapter's notebook, what its exercises import, and these in their order.

    Parameters
    ----------
    path : Path

    Returns
    -------
    title : str
    imports : str
        Of the notebook's imports those that the exercises need.
    list of Posed
    """
    cells = notebook_file.read(path)["cells"]
    title = re.match(r"# (.*)", cells[0]["source"])[1]
    exercises, above = [], ""
    for cell in cells:
        name = cell["cell_type"] == "code" and saved.marked(cell["source"])
        if name:
            exercises.append(Posed(find(name), task(above), cell["source"]))
        if cell["cell_type"] == "markdown":
            above = cell["source"]
    needed = {"np", "ex"}.union(*(names_read(posed.exercise.stub) | set(posed.exercise.uses) for posed in exercises))
    imports = [ast.unparse(node) for cell in cells if cell["cell_type"] == "code"
               for node in saved.statements(cell["source"]) or []
               if isinstance(node, ast.Import | ast.ImportFrom) and needed & set(names_made(node))]
    return title, "\n".join(dict.fromkeys(imports)), exercises


def task(markdown):
    """The part of a text cell that poses an exercise: the last one, with what leads to it.

    >>> task("## 2 · Old\\n\\nMore.\\n\\n**Exercise 1 (core).** See [02](02_x.ipynb).")
    'More.\\n\\n**Exercise 1 (core).** See 02.'
    """
    last = [match.start() for match in POSED.finditer(markdown)][-1:]
    if not last:
        return LINK.sub(r"\1", markdown).strip()
    before = QUESTION.sub("", ANSWERED.sub("", markdown[:last[0]]))
    headings = [match.end() for match in HEADING.finditer(before)]
    before = before[headings[-1]:] if headings else before
    return LINK.sub(r"\1", before.strip() + "\n\n" * bool(before.strip()) + markdown[last[0]:]).strip()
