"""What may go wrong in one node of a program: for each kind of node the slips and what stands there then."""

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
TWIN = {a: b for pair in TWINS for a, b in (pair, pair[::-1])}
SYMMETRIC = ("max", "min", "maximum", "minimum")
ONE, TWO = ast.Constant(1), ast.Constant(2)


def rules_for(node):
    """Pairs (slip, node that stands there instead)."""
    return RULES.get(type(node), lambda node: ())(node)


def _constants(node):
    c = node.value
    if isinstance(c, bool):
        yield "condition", ast.Constant(not c)
    elif isinstance(c, (int, float)):
        yield from (("number", _number(other)) for other in (c + 1, c - 1, 2 * c))
        yield "sign", _number(-c)
    elif isinstance(c, complex):
        yield from (("number", ast.Constant(other)) for other in (2 * c, 1.0))
    elif isinstance(c, str) and "->" in c:
        yield from (("matrix", ast.Constant(text)) for text in _subscripts(c))


def _subscripts(text):
    """An einsum's subscripts with two neighbouring letters of one operand exchanged."""
    for k in range(text.index("->") - 1):
        if text[k].isalpha() and text[k + 1].isalpha():
            yield text[:k] + text[k + 1] + text[k] + text[k + 2:]


def _operations(node):
    left, op, right = node.left, node.op, node.right
    yield from (("term", left), ("term", right))
    for other in OPERATORS.get(type(op), ()):
        yield "sign" if isinstance(op, (ast.Add, ast.Sub)) else "operator", ast.BinOp(left, other(), right)
    if isinstance(op, (ast.Sub, ast.Div)):
        yield "sign" if isinstance(op, ast.Sub) else "operator", ast.BinOp(right, op, left)
    if isinstance(op, ast.MatMult):
        yield "matrix", ast.BinOp(right, op, left)
        if not _is_transposed(left):
            yield "matrix", ast.BinOp(_transposed(left), op, right)
        if not _is_transposed(right):
            yield "matrix", ast.BinOp(left, op, _transposed(right))


def _comparisons(node):
    for other in OPERATORS.get(type(node.ops[0]), ()):
        yield "condition", ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)


def _connections(node):
    yield from (("condition", value) for value in node.values)
    yield "condition", ast.BoolOp(OPERATORS[type(node.op)][0](), node.values)


def _branches(node):
    """A condition that always holds, or never, or is turned round."""
    for test in (ast.Constant(True), ast.Constant(False), ast.UnaryOp(ast.Not(), node.test)):
        yield "condition", type(node)(test, node.body, node.orelse)
    if isinstance(node, ast.If):
        yield "step", ast.Pass()


def _indices(node):
    if not isinstance(node.ctx, ast.Load):
        return
    yield "index", node.value
    if isinstance(node.slice, (ast.Name, ast.BinOp, ast.Constant, ast.UnaryOp)):
        for op in (ast.Add(), ast.Sub()):
            yield "index", ast.Subscript(node.value, ast.BinOp(node.slice, op, ONE), node.ctx)


def _slices(node):
    for k, bound in enumerate((node.lower, node.upper, node.step)):
        if bound is not None:
            bounds = [node.lower, node.upper, node.step]
            changes = [None] if k == 2 else [None, ast.BinOp(bound, ast.Add(), ONE), ast.BinOp(bound, ast.Sub(), ONE)]
            for bounds[k] in changes:
                yield "index", ast.Slice(*bounds)


def _attributes(node):
    if node.attr == "T":
        yield "matrix", node.value
    if node.attr in TWIN:
        yield "twin", ast.Attribute(node.value, TWIN[node.attr], node.ctx)


def _keywords(node):
    if node.arg == "axis" and getattr(node.value, "value", None) in (0, 1):
        yield "axis", ast.keyword("axis", ast.Constant(1 - node.value.value))


def _calls(node):
    function, args, keywords = node.func, node.args, node.keywords
    called = getattr(function, "id", getattr(function, "attr", ""))
    if args:
        yield "call", args[0]                               # as if the function did nothing
    elif isinstance(function, ast.Attribute):
        yield "call", function.value
    if len(args) == 2 and called not in SYMMETRIC:
        yield "call", ast.Call(function, args[::-1], keywords)
    for k in range(len(keywords)):
        yield "axis", ast.Call(function, args, keywords[:k] + keywords[k + 1:])
    if called == "len":
        yield "axis", ast.Subscript(_of_numpy("shape", *args), ONE, ast.Load())
    if called == "range":
        for op in (ast.Add(), ast.Sub()):
            yield "index", ast.Call(function, [*args[:-1], ast.BinOp(args[-1], op, ONE)], keywords)
    if called == "solve":
        yield "operator", ast.BinOp(args[0], ast.MatMult(), args[1])
    if called == "norm":
        yield "operator", ast.BinOp(node, ast.Pow(), TWO)


def _assignments(node):
    yield "step", ast.Pass()
    if not (isinstance(node.value, (ast.Constant, ast.Tuple, ast.Lambda)) or _is_zero(node.value)):
        yield "sign", ast.Assign(node.targets, _negated(node.value))
        yield "number", ast.Assign(node.targets, ast.BinOp(TWO, ast.Mult(), node.value))


def _updates(node):
    yield "step", ast.Pass()
    yield "keeps the last", ast.Assign([node.target], node.value)
    for other in OPERATORS.get(type(node.op), ()):
        yield "sign", ast.AugAssign(node.target, other(), node.value)


def _returns(node):
    if node.value is not None and not isinstance(node.value, ast.Tuple):
        yield from ((slip, ast.Return(value)) for slip, value in _scaled(node.value))


def _tuples(node):
    if isinstance(node.ctx, ast.Load) and not any(isinstance(member, ast.Slice) for member in node.elts):
        for k, member in enumerate(node.elts):
            for slip, changed in _scaled(member):
                yield slip, ast.Tuple([*node.elts[:k], changed, *node.elts[k + 1:]], node.ctx)
        if len(node.elts) == 2:
            yield "name", ast.Tuple(node.elts[::-1], node.ctx)


def _scaled(value):
    if not _is_zero(value):
        yield "sign", _negated(value)
        for op in (ast.Mult(), ast.Div()):
            yield "number", ast.BinOp(value, op, TWO)


def _is_zero(node):
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("zeros", "zeros_like")


def _number(value):
    return ast.Constant(value) if value >= 0 else _negated(ast.Constant(-value))


def _negated(node):
    return ast.UnaryOp(ast.USub(), node)


def _of_numpy(name, *args):
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), list(args), [])


def _is_transposed(node):
    return isinstance(node, ast.Attribute) and node.attr == "T"


def _transposed(node):
    """X.T; an error where X is a vector, whose transpose is itself."""
    return _of_numpy("swapaxes", node, ast.Constant(0), ONE)


RULES = {
    ast.Constant: _constants, ast.BinOp: _operations, ast.UnaryOp: lambda node: [("sign", node.operand)],
    ast.Compare: _comparisons, ast.BoolOp: _connections, ast.Subscript: _indices, ast.Slice: _slices,
    ast.Attribute: _attributes, ast.Call: _calls, ast.IfExp: lambda node: [("condition", node.body),
                                                                          ("condition", node.orelse)],
    ast.Assign: _assignments, ast.keyword: _keywords, ast.AugAssign: _updates, ast.Return: _returns,
    ast.Tuple: _tuples, ast.If: _branches, ast.While: _branches, ast.Break: lambda node: [("step", ast.Pass())],
    ast.Continue: lambda node: [("step", ast.Pass())], ast.For: lambda node: [("step", ast.Pass())],
}  # fmt: skip
