"""A chapter's cells without their notebook: tests alter a formula and see a cell notice, or look for every part."""

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hf_lib.exercises import all_exercises

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def load(notebook):
    return json.loads(notebook.read_text("utf-8"))["cells"]


def sources_of(notebook, kind="code"):
    """The sources of all cells of that kind, in order."""
    return ["".join(cell["source"]) for cell in load(notebook) if cell["cell_type"] == kind]


def defined(notebook, names):
    """Execute nothing but the functions and classes that its code cells define, exercises apart; return the names."""
    nodes = [node for source in sources_of(notebook) if not source.startswith("# exercise")
             for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    exec(compile(ast.Module(nodes, []), notebook.name, "exec"), names)
    return names


def derivation(notebook, left_out):
    """The sources of the code cells that derive and confirm, in order: no long ones, none with a word left out."""
    cells = [c for c in load(notebook) if c["cell_type"] == "code"]
    short = ["".join(c["source"]) for c in cells if "long" not in c["metadata"].get("tags", ())]
    return [source for source in short if not any(word in source for word in left_out)]


def run(sources, names=None):
    """Execute cells one after the other; return their names, and which cell raised AssertionError, if any."""
    names = {"display": lambda shown: None} if names is None else names
    for k, source in enumerate(sources):
        try:
            exec(compile(source, f"cell {k}", "exec"), names)
        except AssertionError:
            return names, k
    return names, None


def assert_noticed(cells, formula, altered, later):
    """Execute the cells up to `later` more than the first with that formula, which is altered: one must notice."""
    places = [k for k, source in enumerate(cells) if formula in source]
    assert places, "the formula no longer stands in the notebook"
    k = places[0]
    _, noticed = run([*cells[:k], cells[k].replace(formula, altered), *cells[k + 1:k + 1 + later]])
    assert noticed is not None, "no cell near it fails"


def derived(cells):
    """A fixture: the names after these cells, none of which may fail."""
    @pytest.fixture(scope="module")
    def mine():
        names, failed = run(cells)
        assert failed is None
        return names
    return mine


def altered_formulas(cells, altered, later):
    """A test for each row of `altered`, a formula and what a slip would make of it: see `assert_noticed`."""
    @pytest.mark.parametrize("formula, slip", altered, ids=[f"{formula} → {slip}" for formula, slip in altered])
    def test(formula, slip):
        with np.errstate(all="ignore"):
            assert_noticed(cells, formula, slip, later)
    return test


class Silent:
    """Stands in for the progress bar."""

    def __init__(self, total, label):
        assert total > 0 and label

    __enter__ = lambda self: self
    __exit__ = lambda self, *error: None

    def to(self, value):
        pass


def names_before(cells):
    """Code cell → the names just before it, None → after all: all but exercises run once, without pictures."""
    namespace, found = {"print": lambda *words, **how: None}, {}
    for source in cells:
        found[source] = dict(namespace)
        if not source.startswith("# exercise"):
            exec(compile(source, "notebook", "exec"), namespace)
            namespace["explore"] = SimpleNamespace(show=lambda picture, **data: None, Progress=Silent)
    found[None] = namespace
    return found


def names_of(cells):
    """Two fixtures: `before`, which is what `names_before` gives, and `mine`, the names after all cells."""
    @pytest.fixture(scope="module")
    def before():
        return names_before(cells)

    @pytest.fixture(scope="module")
    def mine(before):
        return SimpleNamespace(**before[None])
    return before, mine


def mutation_tests(cells, mutations, **how):
    """Two tests of `mutations`, which has one row for a formula: what stands in its cell, and what a slip would make.

    The formula stands in one cell alone; and with the slip an error is raised, `how` as `assert_caught` takes it.
    """
    def each_in_one_cell():
        for step, (right, wrong) in mutations.items():
            assert right != wrong and sum(right in source for source in cells) == 1, step

    @pytest.mark.slow
    @pytest.mark.parametrize("step", mutations)
    def caught(step, before):
        assert_caught(cells, before, mutations[step], **how)
    return each_in_one_cell, caught


def assert_caught(cells, before, mutation, later=0, errors=(AssertionError, ValueError)):
    """The cell with that slip, or one of the next `later`, raises an error: ValueError is for a wrong shape.

    `before` is what `names_before` gave.
    """
    right, wrong = mutation
    (k,) = [k for k, source in enumerate(cells) if right in source]
    names = dict(before[cells[k]])
    with pytest.raises(errors):
        for source in cells[k:k + 1 + later]:
            if not source.startswith("# exercise"):
                exec(compile(source.replace(right, wrong), "notebook", "exec"), names)


def assert_every_part(notebook):
    """A chapter has all that the course promises of each."""
    number, cells = notebook.name[:2], load(notebook)
    texts, code = sources_of(notebook, "markdown"), sources_of(notebook)
    first, last = texts[0], texts[-1]
    # title, promise, three to five verbs, prerequisites with links, minutes for each section
    assert re.match(rf"# {number} · .+\?\n\n\S", first)
    assert 3 <= len(re.findall(r"^- ", first.split("**You will be able to**")[1], re.M)) <= 5
    assert len(re.findall(r"\]\(\d\d_\w+\.ipynb\)", first.split("**Before you begin:**")[1])) >= 2
    minutes = re.findall(r"^\| (.+?) \| \d+ min \| \d+ min \|$", first, re.M)
    sections = [title for text in texts for title in re.findall(r"^## (.+)$", text, re.M)]
    assert minutes == sections[:-1] and sections[-1] == "Summary"
    # one short set-up cell, and slides for every section
    assert cells[1]["cell_type"] == "code" and len(cells[1]["source"]) <= 15
    slides = [cell["metadata"].get("slideshow", {}).get("slide_type") for cell in cells]
    assert all(slide == "slide" for cell, slide in zip(cells, slides, strict=True)
               if cell["cell_type"] == "markdown" and "".join(cell["source"]).startswith(("# ", "## ")))
    assert {"slide", "subslide", "fragment"} <= set(slides)
    # guesses before surprises, pictures with questions
    assert sum("**Before you " in text and "Before you begin" not in text for text in texts) >= 3
    assert any("explore.show" in source for source in code)
    assert sum(bool(re.search(r"\*\*Questions? for the ", text)) for text in texts) >= 3
    # three to six exercises of every kind, one with a bug to find
    exercises = [e for e in all_exercises() if e.name.startswith(f"ch{number}.")]
    assert 3 <= len(exercises) <= 6 and {"warm-up", "core", "stretch", "find the bug"} <= {e.kind for e in exercises}
    called = [digit for text in texts for digit in re.findall(r"\*\*Exercise (\d) \(", text)]
    assert called == [str(k + 1) for k in range(len(exercises))]
    assert sum("exercise" in cell["metadata"].get("tags", ()) for cell in cells) == len(exercises)
    # summary, what entered the library, references with sections, the next question
    for part in ("## Summary", "**What entered the library:**", "**References**", "**The next question.**"):
        assert part in last, part
    assert "§" in last.split("**References**")[1]
    assert f"hapter {int(number) + 1:02}" in last.split("**The next question.**")[1]
