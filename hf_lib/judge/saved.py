"""Answers from the notebooks that were saved earlier: each notebook is a session of its own."""

import ast
import json


def check_saved(exercise, folder):
    """Check the cell of an exercise as it stands in its saved notebook: `exercise.answer` is then the reader's.

    A cell that cannot stand alone (it uses something else from its notebook) counts as not correct.

    Parameters
    ----------
    exercise : Exercise
    folder : Path
        Where the notebooks lie.
    """
    for path in sorted(folder.glob(f"{exercise.name[2:4]}_*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            if source.startswith(f"# exercise {exercise.name}\n") and exercise.stub not in source:
                _try(exercise, source)


def _try(exercise, source):
    """Check what the definitions of a cell give, without its other lines: the call of `check` is one."""
    try:
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if not isinstance(node, ast.Expr)]
        answer = exercise.compile(ast.unparse(tree))
    except Exception:                                    # the reader's own code may fail in any way
        return
    exercise.check(answer)
