"""Programs with one slip: every copy of a syntax tree in which one operator, number, name, call or step differs.

A copy comes with the name of its slip, a key of `SLIPS`. Tests make wrong answers of them, which no check may
accept; `slips` compares a reader's results with theirs.
"""

import ast

from .mutation_rules import rules_for

SLIPS = {
    "sign": "one sign turned round",
    "term": "one term or factor left out",
    "operator": "one operation exchanged (a product for a quotient, a plus for a times)",
    "number": "one number changed (a factor, a shift, an exponent)",
    "index": "one index or range off by one",
    "matrix": "one matrix transposed, or two multiplied in the other order",
    "axis": "one sum, maximum or the like taken along the other axis, or over everything",
    "twin": "one function exchanged for its twin (a mean for a sum, a maximum for a minimum, a sine for a cosine)",
    "name": "one quantity in the place of another",
    "condition": "one condition changed",
    "step": "one step left out",
    "call": "one function left out, or its arguments exchanged",
    "keeps the last": "a sum that keeps its last term only",
}


def with_one_slip(tree):
    """Pairs (slip, tree) of all copies of an `ast.Module` with one slip.

    Names are exchanged only where it defines a function: in a few lines that compute a value each would be seen.
    """
    has_function = any(isinstance(node, ast.FunctionDef) for node in tree.body)
    names = _names(tree) if has_function else ()
    pointless = {id(node) for node in _pointless(tree)}
    for node in ast.walk(tree):
        if id(node) in pointless:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            changes = (("name", ast.Name(other, ast.Load())) for other in names if other != node.id)
        else:
            changes = rules_for(node)
        for slip, new in changes:
            yield slip, ast.fix_missing_locations(_swap(tree, node, new))


def _swap(node, old, new):
    """A copy of the tree with one node exchanged."""
    if node is old:
        return new
    if isinstance(node, ast.AST):
        return type(node)(**{name: _swap(value, old, new) for name, value in ast.iter_fields(node)})
    if isinstance(node, list):
        return [_swap(item, old, new) for item in node]
    return node


def _names(tree):
    """The arguments and the variables of the functions of a tree."""
    arguments = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return tuple(dict.fromkeys(arguments + stored))


def _pointless(tree):
    """Nodes whose changes come to the same (rows may be counted in any array), or are made where they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len":
            yield from node.args
        if isinstance(node, ast.keyword) and node.arg == "axis":
            yield node.value
        if isinstance(node, (ast.Subscript, ast.Slice)):
            yield from (part for part in ast.iter_child_nodes(node) if _is_number(part))


def _is_number(node):
    """Whether a node is a whole number, as an index."""
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) and isinstance(node.value, int)
