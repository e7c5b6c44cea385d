"""A chapter's cells without their notebook: for tests that alter a formula and see a cell notice."""

import json
from types import SimpleNamespace


def derivation(notebook, left_out):
    """The sources of the code cells that derive and confirm, in order: no long ones, none with a word left out."""
    cells = [c for c in json.loads(notebook.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    sources = ["".join(c["source"]) for c in cells if "long" not in c["metadata"].get("tags", ())]
    return [source for source in sources if not any(word in source for word in left_out)]


def run(sources, names=None):
    """Execute cells one after the other; return their names, and which cell raised AssertionError, if any."""
    names = {"display": lambda shown: None} if names is None else names
    for k, source in enumerate(sources):
        try:
            exec(compile(source, f"cell {k}", "exec"), names)
        except AssertionError:
            return names, k
    return names, None


def names_before(cells, **explore):
    """Code cell → the names just before it, None → after all: all but exercises run once, without pictures."""
    namespace, found = {"print": lambda *words, **how: None}, {}
    for source in cells:
        found[source] = dict(namespace)
        if not source.startswith("# exercise"):
            exec(compile(source, "notebook", "exec"), namespace)
            namespace["explore"] = SimpleNamespace(show=lambda picture, **data: None, **explore)
    found[None] = namespace
    return found
