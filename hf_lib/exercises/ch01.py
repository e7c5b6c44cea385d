"""Exercises of notebook 01: the length of θ, losses (in `ch01_losses`, `ch01_matching`), a network's twin."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .ch01_losses import q2, q3
from .ch01_matching import q4, q5

__all__ = ["q1", "q2", "q3", "q4", "q5", "q6"]

q1 = FunctionExercise(
    name="ch01.q1",
    title="How long is θ?",
    kind="warm-up",
    stub='''
        def parameter_count(sizes):
            """d, the number of weights and biases of a network with these layer sizes."""
            return ...
        ''',
    code='''
        def parameter_count(sizes):
            """d, the number of weights and biases of a network with these layer sizes."""
            d = 0
            for n, m in zip(sizes[:-1], sizes[1:]):
                d += (n + 1) * m    # the block [W; b] has n + 1 rows and m columns
            return d
        ''',
    why="Layer by layer, the block $[W;b]$ has $n_{l-1}+1$ rows and $n_l$ columns. For 784-800-10 that is "
    "$785\\cdot800 + 801\\cdot10 = 636010$.",
    hints=(
        "Which arrays belong to the layer between $n$ units and $m$ units?",
        "$W$ has $n\\cdot m$ entries and $b$ has $m$.",
        "`zip(sizes[:-1], sizes[1:])` gives the neighbours; how many entries does $[W;b]$ have?",
    ),
    cases=lambda rng: [([1, 20, 20, 1],), ([784, 800, 10],), ([3, 2],), ([5, 4, 3, 2, 1],)],
    diagnoses=(
        Diagnosis("biases left out", lambda sizes: sum(n * m for n, m in zip(sizes, sizes[1:])),
                  say="These are the weights alone; every unit that is not an input has a bias too."),
        Diagnosis("bias on the wrong side", lambda sizes: sum(n * (m + 1) for n, m in zip(sizes, sizes[1:])),
                  say="You gave a bias to the units that a layer starts from; it belongs to those it ends in."),
        Diagnosis("inputs have no bias", lambda sizes: sum(n * m for n, m in zip(sizes, sizes[1:])) + sum(sizes),
                  say="You counted a bias for the inputs, which have none."),
        Diagnosis("outputs have a bias", lambda sizes: sum(n * m for n, m in zip(sizes, sizes[1:])) + sum(sizes[1:-1]),
                  say="The outputs have biases too: you counted those of the hidden units alone."),
        Diagnosis("a bias on both sides", lambda sizes: sum((n + 1) * (m + 1) for n, m in zip(sizes, sizes[1:])),
                  say="(n + 1)(m + 1) counts more than [W; b] holds: it has n + 1 rows and m columns."),
        Diagnosis("the first layer alone", lambda sizes: (sizes[0] + 1) * sizes[1],
                  say="This is the first layer's block alone; add those of all layers."),
        Diagnosis("the last layer left out", lambda sizes: sum((n + 1) * m for n, m in zip(sizes[:-2], sizes[1:-1])),
                  say="The block of the last layer is missing."),
        Diagnosis("the first layer left out", lambda sizes: sum((n + 1) * m for n, m in zip(sizes[1:-1], sizes[2:])),
                  say="The block of the first layer is missing."),
        Diagnosis("all sizes multiplied", np.prod,
                  say="This multiplies all sizes. Only neighbouring layers are connected: add up their products."),
        Diagnosis("only the first and the last layer",
                  lambda sizes: (sizes[0] + 1) * sizes[1] + (sizes[-2] + 1) * sizes[-1],
                  say="You add the first block and the last, whatever lies between them."),
        Diagnosis("units, not weights", sum, say="This is the number of units. Every connection has a weight."),
        Diagnosis("one bias a layer", lambda sizes: sum(n * m + 1 for n, m in zip(sizes, sizes[1:])),
                  say="b is a row of m biases, one for each unit that the layer ends in."),
        Diagnosis("wrong type", lambda sizes: [(n + 1) * m for n, m in zip(sizes, sizes[1:])]),
    ),
)


def _hidden_cases(rng):
    for n, h, m in ((1, 4, 1), (3, 5, 2), (2, 7, 3)):
        order = np.roll(np.arange(h), 1)
        order[:2] = order[1], order[0]
        yield rng.normal(size=(n, h)), rng.normal(size=h), rng.normal(size=(h, m)), order


q6 = FunctionExercise(
    name="ch01.q6",
    title="A twin of a network",
    kind="core",
    stub='''
        def reordered(W_1, b_1, W_2, order):
            """(W_1, b_1, W_2) of the twin whose hidden unit j is the old unit order[j]."""
            return ...
        ''',
    code='''
        def reordered(W_1, b_1, W_2, order):
            """(W_1, b_1, W_2) of the twin whose hidden unit j is the old unit order[j]."""
            return W_1[:, order], b_1[order], W_2[order]
        ''',
    why="A hidden unit owns one *column* of $W_1$ (what it reads), one entry of $b_1$, and one *row* of $W_2$ (what "
    "it says). All three move with it, by the same order, so $z=\\sum_j a_j W_2[j,:]+b_2$ has the same terms in "
    "another order. $b_2$ belongs to no hidden unit and stays.",
    hints=(
        "Which parts of the three arrays belong to hidden unit $j$?",
        "A column of $W_1$, an entry of $b_1$, a row of $W_2$.",
        "An array of integers is an index: `b_1[order]`. Along which axis do the units lie in $W_1$, and in $W_2$?",
    ),
    cases=_hidden_cases,
    diagnoses=(
        Diagnosis("outgoing weights left behind", lambda W, b, V, order: (W[:, order], b[order], V.copy()),
                  say="The units moved, but the next layer still reads them in the old order: W_2 must follow."),
        Diagnosis("incoming weights left behind", lambda W, b, V, order: (W.copy(), b[order], V[order]),
                  say="The units moved, but what they read did not: their columns of W_1 must follow."),
        Diagnosis("only W_1 moved", lambda W, b, V, order: (W[:, order], b.copy(), V.copy()),
                  say="Only what the units read has moved: their bias, and what the next layer reads, must follow."),
        Diagnosis("bias left behind", lambda W, b, V, order: (W[:, order], b.copy(), V[order]),
                  say="A unit's bias must move with it."),
        Diagnosis("inverse order in b_1",
                  lambda W, b, V, order: (W[:, order], b[np.argsort(order)], V[order]),
                  say="b_1 moves by the same order as W_1, not by its inverse."),
        Diagnosis("the opposite order",
                  lambda W, b, V, order: (W[:, (i := np.argsort(order))], b[i], V[i]),
                  say="This is a twin, but of the inverse order: new unit j must be old unit order[j]."),
        Diagnosis("inverse order in W_2",
                  lambda W, b, V, order: (W[:, order], b[order], V[np.argsort(order)]),
                  say="W_2 moves by the same order as W_1, not by its inverse."),
        Diagnosis("wrong type", lambda W, b, V, order: W[:, order]),
    ),
)
