"""The general diagnosis of one slip: the results are those of the right program with one thing changed.

It is asked last, when nothing more special is known. A formula with one sign turned round, a term left out,
an index off by one, … gives certain numbers. If these are the reader's in every case, that is said; what the
right formula is, is not.
"""

import ast
from functools import lru_cache

import numpy as np

from .changes import copied
from .compare import Finding, agree, parts
from .mutations import SLIPS, with_one_slip

ENOUGH = 3                       # numbers that must differ from the right ones, or it may be an accident
ROUNDS = 5000                    # of the loops in one case: a slip in a condition may make one endless


class Endless(Exception):
    """The loops of a changed program run too long."""


def one_slip(exercise, trials):
    """The `Finding` on results that one slip in the exercise's code gives, or None."""
    if _differing(trials) < ENOUGH:
        return None
    for slip, program in programs(exercise.code):
        function = run(program, exercise)
        if function is not None and all(_gives(function, trial, exercise) for trial in trials):
            return Finding(f"one slip ({slip})", f"Your results are those of the right formula with {SLIPS[slip]}.")
    return None


@lru_cache(maxsize=4)
def programs(code):
    """Pairs (slip, compiled program) of all programs with one slip, none of them twice; their loops are counted."""
    tree = ast.parse(code)
    seen = {ast.unparse(tree)}
    found = []
    for slip, changed in with_one_slip(tree):
        source = ast.unparse(changed)
        if source not in seen:
            seen.add(source)
            found.append((slip, counted(source)))
    return tuple(found)


def counted(source):
    """A compiled program that calls ``_round()`` in every round of every loop."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.While)):
            node.body.insert(0, ast.parse("_round()").body[0])
    return compile(ast.fix_missing_locations(tree), "<a slip>", "exec")


def run(program, exercise, rounds=ROUNDS):
    """What a compiled program defines under the exercise's name, whose loops end after so many rounds; or None."""
    left = [rounds]

    def one_round():
        left[0] -= 1
        if left[0] < 0:
            raise Endless

    space = {"np": np, "__name__": "a slip", **exercise.uses, "_round": one_round}
    try:
        exec(program, space)
    except Exception:                                    # it cannot even be defined
        return None
    return space.get(exercise.target)


def _gives(function, trial, exercise):
    """Whether a function gives the reader's results in one case."""
    outcome = exercise.call(function, copied(trial.args))
    return outcome.error is None and agree(trial.out, outcome.value, exercise.rtol)


def _differing(trials):
    """How many numbers differ from the right ones; 0 where truth values or texts are compared."""
    pairs = [pair for t in trials for pair in zip(parts(t.out), parts(t.ref))]
    if not all(x.dtype.kind in "iufc" for pair in pairs for x in pair):
        return 0
    return sum(np.count_nonzero(~np.isclose(a, b, rtol=1e-3)) for a, b in pairs if a.shape == b.shape)
