"""The changes that `mutants.py` makes in a program: in its operators, numbers, names, calls and statements."""

import ast

OPERATORS = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mult), ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.And: (ast.Or,), ast.Or: (ast.And,),
}  # fmt: skip
TWINS = (
    ("sum", "mean"), ("max", "min"), ("maximum", "minimum"), ("argmax", "argmin"), ("zeros_like", "ones_like"),
    ("zeros", "ones"), ("real", "imag"), ("any", "all"), ("sin", "cos"), ("exp", "expm1"), ("log", "log1p"),
    ("floor", "ceil"), ("cumsum", "cumprod"), ("eigvalsh", "diag"), ("isfinite", "isnan"),
)  # fmt: skip
SYMMETRIC = ("max", "min", "maximum", "minimum")
TWIN = {a: b for pair in TWINS for a, b in (pair, pair[::-1])}


def every_change(tree):
    """Every tree that differs from ``tree`` in one thing; the tree defines functions."""
    yield from _changes(tree, _names(tree))


def every_value_change(tree, given):
    """The same for lines that compute a value: names stay, and so do the lines that are ``given``."""
    for changed in _changes(tree, ()):
        if given <= {ast.unparse(line) for line in ast.fix_missing_locations(changed).body}:
            yield changed


def _changes(tree, names):
    pointless = {id(node) for node in _pointless(tree)}
    for node in ast.walk(tree):
        if id(node) not in pointless:
            for new in _replacements(node, names):
                yield _swap(tree, node, new)


def _pointless(tree):
    """Nodes whose usual changes come to the same: rows may be counted in any array of the examples."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len":
            yield from node.args
        if isinstance(node, ast.keyword) and node.arg == "axis":
            yield node.value


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


def _replacements(node, names):
    kinds = {
        ast.Constant: _constants, ast.BinOp: _operations, ast.UnaryOp: lambda n: [n.operand], ast.Compare: _comparisons,
        ast.BoolOp: _connections, ast.Subscript: _indices, ast.Slice: _slices, ast.Attribute: _attributes,
        ast.Call: _calls, ast.IfExp: lambda n: [n.body, n.orelse], ast.Assign: _assignments,
        ast.keyword: _axes, ast.AugAssign: _updates, ast.Return: _returns, ast.Tuple: _tuples,
        ast.If: _branches, ast.While: _branches,
    }  # fmt: skip
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        return [_name(other) for other in names if other != node.id]
    if isinstance(node, (ast.Break, ast.Continue, ast.For)):
        return [ast.Pass()]
    return kinds[type(node)](node) if type(node) in kinds else []


def _name(name):
    return ast.Name(name, ast.Load())


def _number(value):
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _binary(left, operator, right):
    return ast.BinOp(left, operator, right)


def _negated(node):
    return ast.UnaryOp(ast.USub(), node)


def _constants(node):
    c = node.value
    if isinstance(c, bool):
        return [ast.Constant(not c)]
    if isinstance(c, (int, float)):
        return [_number(c + 1), _number(c - 1), _number(2 * c), _number(-c)]
    if isinstance(c, complex):
        return [ast.Constant(2 * c), ast.Constant(1.0)]
    if isinstance(c, str) and "->" in c:
        return [ast.Constant(text) for text in _subscripts(c)]
    return []


def _subscripts(text):
    """An einsum's subscripts with two neighbouring letters of one operand exchanged."""
    for k in range(text.index("->") - 1):
        if text[k].isalpha() and text[k + 1].isalpha():
            yield text[:k] + text[k + 1] + text[k] + text[k + 2:]


def _operations(node):
    left, op, right = node.left, node.op, node.right
    yield left
    yield right
    for other in OPERATORS.get(type(op), ()):
        yield _binary(left, other(), right)
    if isinstance(op, (ast.Sub, ast.Div, ast.MatMult)):
        yield _binary(right, op, left)
    if isinstance(op, ast.MatMult):
        for k in (0, 1):
            sides = [left, right]
            if not (isinstance(sides[k], ast.Attribute) and sides[k].attr == "T"):
                sides[k] = _transposed(sides[k])
                yield _binary(sides[0], op, sides[1])


def _transposed(node):
    """X.T; an error where X is a vector, whose transpose is itself."""
    swap = ast.Attribute(_name("np"), "swapaxes", ast.Load())
    return ast.Call(swap, [node, ast.Constant(0), ast.Constant(1)], [])


def _axes(node):
    if node.arg == "axis" and getattr(node.value, "value", None) in (0, 1):
        yield ast.keyword("axis", ast.Constant(1 - node.value.value))


def _comparisons(node):
    for other in OPERATORS.get(type(node.ops[0]), ()):
        yield ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)


def _connections(node):
    yield from node.values
    yield ast.BoolOp(OPERATORS[type(node.op)][0](), node.values)


def _indices(node):
    if isinstance(node.ctx, ast.Load) and isinstance(node.slice, (ast.Name, ast.BinOp)):
        for op in (ast.Add(), ast.Sub()):
            yield ast.Subscript(node.value, _binary(node.slice, op, ast.Constant(1)), node.ctx)
    if isinstance(node.ctx, ast.Load):
        yield node.value


def _slices(node):
    if node.lower is not None:
        yield ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield ast.Slice(node.lower, None, node.step)
    if node.step is not None:
        yield ast.Slice(node.lower, node.upper, None)


def _attributes(node):
    if node.attr == "T":
        yield node.value
    if node.attr in TWIN:
        yield ast.Attribute(node.value, TWIN[node.attr], node.ctx)


def _calls(node):
    function, args, keywords = node.func, node.args, node.keywords
    called = getattr(function, "id", getattr(function, "attr", ""))
    if args:
        yield args[0]                                       # as if the function did nothing
    elif isinstance(function, ast.Attribute):
        yield function.value
    if len(args) == 2 and called not in SYMMETRIC:
        yield ast.Call(function, args[::-1], keywords)
    for k in range(len(keywords)):
        yield ast.Call(function, args, keywords[:k] + keywords[k + 1:])
    if called == "len":
        yield ast.Subscript(ast.Call(ast.Attribute(_name("np"), "shape", ast.Load()), args, []), _number(1), ast.Load())
    if called == "range":
        for op in (ast.Add(), ast.Sub()):
            yield ast.Call(function, [*args[:-1], _binary(args[-1], op, ast.Constant(1))], keywords)
    if called == "solve":
        yield _binary(args[0], ast.MatMult(), args[1])
    if called == "norm":
        yield _binary(node, ast.Pow(), ast.Constant(2))


def _assignments(node):
    yield ast.Pass()
    if not (isinstance(node.value, (ast.Constant, ast.Tuple, ast.Lambda)) or _is_zero(node.value)):
        for value in (_negated(node.value), _binary(ast.Constant(2), ast.Mult(), node.value)):
            yield ast.Assign(node.targets, value)


def _updates(node):
    yield ast.Pass()
    yield ast.Assign([node.target], node.value)
    for other in OPERATORS.get(type(node.op), ()):
        yield ast.AugAssign(node.target, other(), node.value)


def _returns(node):
    if node.value is not None and not isinstance(node.value, ast.Tuple):
        yield from map(ast.Return, _scaled(node.value))


def _tuples(node):
    if isinstance(node.ctx, ast.Load):
        for k, member in enumerate(node.elts):
            for changed in _scaled(member):
                yield ast.Tuple([*node.elts[:k], changed, *node.elts[k + 1:]], node.ctx)
        if len(node.elts) == 2:
            yield ast.Tuple(node.elts[::-1], node.ctx)


def _is_zero(node):
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("zeros", "zeros_like")


def _scaled(value):
    if _is_zero(value):
        return
    yield _negated(value)
    for op in (ast.Mult(), ast.Div()):
        yield _binary(value, op, ast.Constant(2))


def _branches(node):
    """A condition that always holds, or never, or is turned round."""
    for test in (ast.Constant(True), ast.Constant(False), ast.UnaryOp(ast.Not(), node.test)):
        yield type(node)(test, node.body, node.orelse)
    if isinstance(node, ast.If):
        yield ast.Pass()
