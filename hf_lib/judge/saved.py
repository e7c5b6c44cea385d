"""Answers from the notebooks that were saved earlier: each notebook is a session of its own."""

import ast
import json
import re

CELL_MAGIC = re.compile(r"\A(?:\s*%%.*\n)+")            # `%%time`: what it is applied to is Python all the same


def check_saved(exercise, folder):
    """Check the cell of an exercise as it stands in its saved notebook: `exercise.answer` is then the reader's.

    A cell that cannot stand alone (it uses something else from its notebook) counts as not correct; a
    file that is no notebook (empty, cut off, with the marks of a merge) is passed over.

    Parameters
    ----------
    exercise : Exercise
    folder : Path
        Where the notebooks lie.
    """
    marked = re.compile(rf"\s*# exercise {re.escape(exercise.name)}[ \t]*\n")
    for path in sorted(folder.glob(f"{exercise.name[2:4]}_*.ipynb")):
        for source in _code_cells(path):
            if marked.match(source) and exercise.stub not in source:
                _try(exercise, source)


def _code_cells(path):
    """The sources of a notebook's code cells, without a cell magic above them; none where it cannot be read."""
    try:
        cells = json.loads(path.read_text("utf-8-sig"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):  # damaged in any way
        return []
    return [CELL_MAGIC.sub("", source.replace("\r\n", "\n")) for source in sources]


def _try(exercise, source):
    """Check what the definitions of a cell give, without its other lines: the call of `check` is one."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        tree = WithoutIPython().visit(ast.parse(TransformerManager().transform_cell(source)))
        tree.body = [node for node in tree.body if not isinstance(node, ast.Expr)]
        answer = exercise.compile(ast.unparse(tree))
    except Exception:                                    # the reader's own code may fail in any way
        return
    exercise.check(answer)


class WithoutIPython(ast.NodeTransformer):
    """Takes out what IPython has made of `%timeit …`, `files = !ls` or `name?`: there is no IPython to ask here."""

    def visit_Expr(self, node):
        calls = [part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id == "get_ipython"]
        return ast.copy_location(ast.Pass(), node) if calls else node

    visit_Assign = visit_Expr
