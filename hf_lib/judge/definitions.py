"""Definitions as texts: which names they read, what comes along with them, and whether making them does more."""

import ast
import builtins
import symtable
import warnings

PURE = frozenset("""abs array arange asarray bool cache complex dataclass dict exp eye field finfo float float32 float64
    frozenset int int32 int64 len linspace list log lru_cache max min ones partial range round set sqrt str sum tuple
    vectorize wraps yours zeros""".split())                # calls that only make a value
EXPRESSIONS = (ast.Attribute, ast.BinOp, ast.BoolOp, ast.Compare, ast.Constant, ast.Dict, ast.FormattedValue,
               ast.IfExp, ast.JoinedStr, ast.List, ast.Name, ast.Set, ast.Slice, ast.Starred, ast.Subscript, ast.Tuple,
               ast.UnaryOp)
PARTS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.keyword, ast.arguments, ast.arg)
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)    # what `ast` and `compile` raise on odd texts


class Missing(Exception):
    """Why the text of an answer cannot be had, as the end of a sentence on it: "uses `helper`, which …"."""


def parsed(source):
    """The syntax tree of a text; its odd escapes are nobody's business here. Raises `UNREADABLE`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def names_made(node):
    """The names that a statement at the top of a text binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def names_read(source):
    """The global names that a text reads, in itself or when a function in it is called.

    >>> sorted(names_read("def f(x, y=ONE):\\n    z = g(x)\\n    return z + y"))
    ['ONE', 'g']
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = symtable.symtable(source, "<answer>", "exec")
    read, tables = {s.get_name() for s in top.get_symbols() if s.is_referenced()}, list(top.get_children())
    while tables:
        table = tables.pop()
        read |= {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        tables += table.get_children()
    return read - {name for node in parsed(source).body for name in names_made(node)}


def assembled(name, text_of):
    """The text of everything that ``name`` needs, what is used above what uses it.

    Parameters
    ----------
    name : str
    text_of : callable
        ``text_of(name)`` gives the text of the statement that makes a name; "" for a name that is there anyhow.

    Raises
    ------
    Missing
        As ``text_of`` does.
    """
    texts, seen = [], set()

    def take(name):
        if name in seen:
            return
        seen.add(name)
        text = text_of(name)
        if text and text not in texts:
            for other in sorted(names_read(text)):
                take(other)
            texts.append(text)

    take(name)
    imports = [text for text in texts if text.startswith(("import ", "from "))]
    others = [text for text in texts if text not in imports]
    return "\n".join(imports) + "\n\n" * bool(imports and others) + "\n\n\n".join(others) + "\n"


def is_builtin(name):
    return hasattr(builtins, name)


def only_defines(node, own=()):
    """Whether running a statement only defines something: a function, a class, an import, a simple constant.

    Parameters
    ----------
    node : ast.stmt
    own : collection of str
        Names that the reader has made; a call of one of them could do anything.
    """
    harmless = lambda parts: all(_is_value(part, own) for part in parts if part is not None)
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = node.args
        annotations = [a.annotation for a in ast.walk(arguments) if isinstance(a, ast.arg)]
        return harmless([*node.decorator_list, *arguments.defaults, *arguments.kw_defaults, *annotations, node.returns])
    if isinstance(node, ast.ClassDef):
        return harmless([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]) and all(
            only_defines(part, own) or isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
            for part in node.body)
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plain = all(isinstance(part, (ast.Name, ast.Tuple, ast.List, ast.expr_context))
                    for target in targets for part in ast.walk(target))
        return plain and harmless([node.value, getattr(node, "annotation", None)])
    return False


def _is_value(node, own):
    """Whether an expression only makes a value, with no call but of what is known to do nothing else."""
    if isinstance(node, ast.Lambda):
        return all(_is_value(d, own) for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None)
    if isinstance(node, ast.Call):
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if called not in PURE or isinstance(function, ast.Name) and called in own:
            return False
    elif not isinstance(node, (*EXPRESSIONS, *PARTS)):
        return False
    return all(_is_value(part, own) for part in ast.iter_child_nodes(node))
