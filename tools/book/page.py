"""A recorded notebook as the source of a page: Markdown for Sphinx, in which what is long or an answer is folded."""
from __future__ import annotations

import ast
import html
import re

from nbformat import NotebookNode

from book.outputs import shown
from hf_lib.exercises import find
from hf_lib.judge.saved import marked

OPEN_LINES = 15  # of code; what is longer is folded
ASKED = re.compile(r"\*\*Before you run (it|the (next )?cells?):\*\*")  # a question that the next cell answers
LINK = re.compile(r"\]\((?P<up>(?:\.\./)*)(?:notebooks/)?(?P<stem>\d\d_\w+)\.ipynb(?P<heading>#[^)\s]*)?\)")
PAGE_LINK = re.compile(r"\[(?P<label>[^\]]+)\]\((?:\.\./)*(?P<stem>\d\d_\w+)\.md(?:#[^)\s]*)?\)")
FILE_LINK = re.compile(r"(?<!!)\[(?P<label>[^\]]+)\]\((?:\.\./)+(?P<path>(?!\.|\d\d_\w+\.md)[^)#\s]+)[^)\s]*\)")


def page(notebook: NotebookNode) -> str:
    """The page of a chapter's executed notebook."""
    first_code = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    parts, asked = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(ASKED.sub("**Before you open the next result:**", prose(cell.source)))
            asked = bool(ASKED.search(cell.source))
        elif cell.cell_type == "code" and marked(cell.source):
            parts.append(exercise(marked(cell.source)))
        elif cell.cell_type == "code":
            parts.append(code(cell.source, setup=cell is first_code))
            outputs = [*map(shown, cell.outputs)]
            parts += [folded("hf-result", "Result", "\n\n".join(outputs))] if asked and outputs else outputs
            asked = False
    return "\n\n".join(parts) + "\n"


def prose(source: str) -> str:
    """A text cell: links to notebooks lead to their pages, links to other files name these.

    >>> prose("See [07](07_cg.ipynb#2-·-Steps) and [the data](../data/README.md).")
    'See [07](07_cg.md#2-·-Steps) and the data (`data/README.md`).'
    """
    source = LINK.sub(lambda link: f"]({link['up']}{link['stem']}.md{link['heading'] or ''})", source)
    return FILE_LINK.sub(r"\g<label> (`\g<path>`)", source)


def with_links_to(stems: set[str], source: str) -> str:
    """A page's source, in which links to other pages than these are plain words.

    >>> with_links_to({"02_b"}, "[one](01_a.md) and [two](02_b.md#x)")
    'one and [two](02_b.md#x)'
    """
    return PAGE_LINK.sub(lambda link: link[0] if link["stem"] in stems else link["label"], source)


def code(source: str, setup: bool = False) -> str:
    """A code cell; folded where it only sets up, or is long."""
    lines = len(source.splitlines())
    if setup:
        return folded("hf-code", "Set-up", fenced(source))
    if lines > OPEN_LINES:
        return folded("hf-code", f"Code, {lines} lines{defined(source)}", fenced(source))
    return fenced(source)


def defined(source: str) -> str:
    """The functions and classes that a code cell defines, for the line that stands for it; else its first comment."""
    try:
        names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    except SyntaxError:  # a line of the notebook's own, such as %time
        names = []
    comment = re.match(r"# *(.+)", source)
    if names:
        return ": " + ", ".join(names)
    return f": {comment[1]}" if comment else ""


def exercise(name: str) -> str:
    """An exercise: what it begins with, three hints and the solution, each folded."""
    found = find(name)
    stub = fenced(found.stub)
    if len(found.stub.splitlines()) > OPEN_LINES:
        stub = folded("hf-code", "What to begin with", stub)
    hints = [folded("hf-hint", f"Hint {number}", prose(hint)) for number, hint in enumerate(found.hints, 1)]
    solution = folded("hf-hint", "Solution", f"{fenced(found.code)}\n\n{prose(found.why)}")
    return "\n\n".join(['<div class="hf-exercise">', stub, *hints, solution, "</div>"])


def folded(kind: str, summary: str, markdown: str) -> str:
    """Markdown behind a line that opens it."""
    return f'<details class="{kind}"><summary>{html.escape(summary, quote=False)}</summary>\n\n{markdown}\n\n</details>'


def fenced(source: str) -> str:
    return f"```python\n{source}\n```"
