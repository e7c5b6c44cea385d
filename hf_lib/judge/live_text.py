"""The text of what a notebook has just defined: a value as a literal, a function with all that it uses."""

import ast
import inspect
import linecache
import sys
import textwrap
import types

import numpy as np
from IPython import get_ipython

from .answers import Answer
from .calls import same_code
from .definitions import UNREADABLE, Missing, assembled, is_builtin, names_made, parsed

LARGEST = 1000                                             # entries of an array that is still written out
LONGEST = 20_000                                           # characters of a value


def live_text(answer, name):
    """The text that makes ``answer`` anew, under the exercise's ``name`` for it.

    Raises
    ------
    Missing
        Where it cannot be written down: a function made inside another one, or that uses an object which is
        neither function, class, module nor constant.
    """
    if not isinstance(answer, types.FunctionType):
        return f"{name} = {_written(answer, 'it')}\n"
    names = inspect.unwrap(answer).__globals__
    first = next((n for n in (name, answer.__name__, *list(names)) if names.get(n) is answer and n[0] != "_"), name)
    text_of = lambda wanted: _text(wanted, answer if wanted == first else names.get(wanted, names), names)
    text = assembled(first, text_of)
    return text if first == name else f"{text}\n\n{name} = {first}\n"


def _text(name, value, names):
    """The statement that makes one name of the notebook."""
    if value is names:                                     # there is no such name
        return ""
    if isinstance(value, types.ModuleType):
        same = name == value.__name__.partition(".")[0]
        return f"import {value.__name__}" if same else f"import {value.__name__} as {name}"
    if isinstance(value, Answer):
        return f'from hf_lib.exercises import yours\n\n{name} = yours("{value.exercise}")'
    if imported := _from_a_module(name, value, names):
        return "" if is_builtin(name) and imported.startswith("from builtins ") else imported
    if isinstance(value, (types.FunctionType, type)) or hasattr(value, "__wrapped__"):
        if names.get(value.__name__) is value and value.__name__ != name:
            return f"{name} = {value.__name__}"
        return _statement(name, value)
    return f"{name} = {_written(value, f'`{name}`')}"


def _from_a_module(name, value, names):
    """The import that gives a function or a class, if a module other than the notebook has it."""
    called = getattr(value, "__name__", None)
    home = getattr(value, "__module__", None) or ("numpy" if isinstance(value, np.ufunc) else None)
    module = sys.modules.get(home) if isinstance(home, str) else None
    if not isinstance(called, str) or module is None or vars(module) is names or home == "__main__":
        return ""
    if getattr(module, called, None) is not value:
        return ""
    return f"from {home} import {called}" + (f" as {name}" if called != name else "")


def _statement(name, value):
    """The statement of the notebook's cells that made a function or a class."""
    function = inspect.unwrap(value) if not isinstance(value, type) else next(
        (part for part in vars(value).values() if isinstance(part, types.FunctionType)), None)
    code = getattr(function, "__code__", None)
    if code is None:
        raise Missing(f"uses `{name}`, whose text is not to be found")
    if code.co_freevars and not isinstance(value, type):
        raise Missing(f"has `{name}` made inside another function")
    for text in _cells(code):
        try:
            tree = parsed(text)
        except UNREADABLE:
            continue
        for node in _outside_of_functions(tree):
            if isinstance(node, ast.Lambda) and _holds(ast.Expression(node), code):
                return f"{name} = {ast.unparse(node)}"
            if value.__name__ in names_made(node) and _holds(ast.Module([node], []), code):
                return textwrap.dedent(_segment(text, node))
    raise Missing(f"uses `{name}`, whose text is not to be found")


def _cells(code):
    """The texts in which the code may stand: that from which it was compiled, or else all cells, the last first.

    (A cell magic such as `%%time` compiles what is below it under a name that leads nowhere.)
    """
    yield "".join(linecache.getlines(code.co_filename))
    shell = get_ipython()
    for cell in reversed(shell.history_manager.input_hist_raw if shell else ()):
        magic, _, rest = cell.partition("\n")
        yield shell.transform_cell(rest if magic.startswith("%%") else cell)


def _outside_of_functions(node):
    for part in ast.iter_child_nodes(node):
        yield part
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _outside_of_functions(part)


def _holds(tree, code):
    """Whether this tree, compiled, holds the code."""
    try:
        parts = [compile(tree, "<answer>", "eval" if isinstance(tree, ast.Expression) else "exec")]
    except UNREADABLE:
        return False
    while parts:
        part = parts.pop()
        if same_code(part, code):
            return True
        parts += [constant for constant in part.co_consts if inspect.iscode(constant)]
    return False


def _segment(text, node):
    """The lines of a statement, with its decorators and what stands behind it in its last line."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return "\n".join(text.split("\n")[first - 1:node.end_lineno])


def _written(value, what):
    """A value as Python would read it again."""
    try:
        text = _literal(value)
    except RecursionError:
        text = None
    if text is None or len(text) > LONGEST:
        kind = "too long to be written down" if text else f"of type {type(value).__name__}, no simple constant"
        raise Missing(f"is {kind}" if what == "it" else f"uses {what}, which is {kind}")
    return text


def _literal(value):
    kind = type(value)
    if value is None or value is ... or kind in (bool, int, str, bytes):
        return repr(value)
    if kind is float:
        return repr(value) if np.isfinite(value) else f'float("{value}")'
    if kind is complex:
        return f"complex({_literal(value.real)}, {_literal(value.imag)})"
    if isinstance(value, (np.bool_, np.number)) and value.dtype.kind in "biuf":
        return f"np.{value.dtype.name}({_literal(value.item())})" if value.dtype.kind != "b" else f"np.bool_({value})"
    if kind is np.ndarray and value.dtype.kind in "biufU" and 0 < value.size <= LARGEST:
        entries = _literal(value.tolist())
        return entries and f'np.array({entries}, dtype="{value.dtype.str}")'
    if kind in (list, tuple, set, frozenset):
        parts = [_literal(part) for part in value]
        if None in parts or kind in (set, frozenset) and not parts:
            return None if parts else f"{kind.__name__}()"
        inner = ", ".join(parts)
        return {list: f"[{inner}]", tuple: f"({inner},)" if len(parts) == 1 else f"({inner})", set: f"{{{inner}}}",
                frozenset: f"frozenset({{{inner}}})"}[kind]
    if kind is dict:
        parts = [(_literal(key), _literal(item)) for key, item in value.items()]
        return None if any(None in pair for pair in parts) else f"{{{', '.join(f'{k}: {v}' for k, v in parts)}}}"
    return None
