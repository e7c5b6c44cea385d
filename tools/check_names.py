"""Does hf_lib have every name that a notebook speaks of, in prose and in code?

Looked up are `hf.a.b` and `hf_lib.a.b` in code cells and in the code of Markdown,
and every `from hf_lib.a import b`, each by import and getattr.
"""
from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from notebook_file import Failure, at
from notebook_text import pieces

PACKAGE = "hf_lib"
DOTTED = re.compile(r"(?<![\w.\"'/])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)")
USUAL = {"hf": PACKAGE, PACKAGE: PACKAGE}


def parsed(source: str) -> ast.Module | None:
    """The cell as Python, its magics translated; None where it does not parse (the run tells)."""
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return None


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Pairs (name in the notebook, dotted name) of what the code imports from hf_lib."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] == PACKAGE:
                    yield (name.asname, name.name) if name.asname else (PACKAGE, name.name)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 \
                and (node.module or "").split(".")[0] == PACKAGE:
            for name in node.names:
                yield name.asname or name.name, f"{node.module}.{name.name}"


def attribute_chains(tree: ast.Module) -> Iterator[str]:
    """Every `a.b.c` of the code, as text; of nested ones the longest is enough."""
    for node in ast.walk(tree):
        parts, inner = [], node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if parts and isinstance(inner, ast.Name):
            yield ".".join([inner.id, *reversed(parts)])


def missing(dotted: str) -> str | None:
    """The first part of a dotted hf_lib name that does not exist, as a reason; None if all do."""
    parts = dotted.split(".")
    try:
        here = importlib.import_module(parts[0])
    except Exception as error:  # whatever a broken package raises, the notebook cannot use it
        return f"{parts[0]} cannot be imported ({type(error).__name__}: {error})"
    for depth, part in enumerate(parts[1:], start=2):
        known = ".".join(parts[:depth - 1])
        if hasattr(here, part):
            here = getattr(here, part)
        elif inspect.ismodule(here):
            try:
                here = importlib.import_module(".".join([here.__name__, part]))
            except ImportError:
                return f"{known} has no {part}"
        else:
            # An attribute that only instances have ends the chain: its type is unknown.
            return None if is_instance_attribute(here, part) else f"{known} has no {part}"
    return None


def is_instance_attribute(owner: object, name: str) -> bool:
    """Whether objects of the class `owner` have an attribute that the class itself lacks."""
    if not inspect.isclass(owner):
        return False
    for base in owner.__mro__:
        if name in getattr(base, "__annotations__", {}):
            return True
        if base is not object and not hasattr(builtins, base.__name__):
            try:
                source = inspect.getsource(base)
            except (OSError, TypeError):
                continue
            if re.search(rf"\bself\.{re.escape(name)}\b[^=\n]*=(?!=)", source):
                return True
    return False


def check_names(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Every reference, in code cells and inline code, to a name that hf_lib lacks."""
    trees = {index: tree for index, cell in enumerate(notebook.cells)
             if cell.cell_type == "code" and (tree := parsed(cell.source))}
    aliases = dict(USUAL)
    for tree in trees.values():
        aliases.update(pair for pair in imported(tree) if pair[0] != PACKAGE)
    for tree in trees.values():  # a name that the notebook gives to something else is no alias
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                aliases.pop(node.id, None)
    found = []
    for index, cell in enumerate(notebook.cells):
        spoken: list[str] = []
        if index in trees:
            spoken += [full for _, full in imported(trees[index])]
            spoken += attribute_chains(trees[index])
        elif cell.cell_type == "markdown":
            for piece in pieces(cell.source):
                if piece.kind in ("code", "fence"):
                    spoken += DOTTED.findall(piece.text)
        told: set[str] = set()
        for name in spoken:
            root, *rest = name.removesuffix(".*").split(".")
            reason = missing(".".join([aliases[root], *rest])) if root in aliases else None
            if reason and reason not in told:
                told.add(reason)
                found.append(at(path, index, cell, f"{name} does not exist: {reason}."))
    return found
