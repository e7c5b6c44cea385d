"""Wrong answers made by a machine: an exercise's reference code with one thing changed, and functions misused.

A mutant that `check` accepts shows that the cases are too tame, or that it computes the same after all:
those of the second sort are listed, with the reason, in `equivalents_00_06.py` and `equivalents_07_13.py`.
"""

import ast
import copy
import difflib
from dataclasses import dataclass

import numpy as np

from hf_lib.exercises import FunctionExercise
from hf_lib.judge.compare import Finding
from hf_lib.judge.mutations import with_one_slip
from hf_lib.judge.slips import counted, run


@dataclass(frozen=True)
class Mutant:
    """One wrong answer, and what was changed in the reference."""

    label: str
    answer: object


def mutants(exercise):
    """Every mutant of an exercise, each with a label that no other has."""
    function = isinstance(exercise, FunctionExercise)
    rounds = _enough_rounds(exercise) if function else 1000
    made = list(_misuses(exercise, rounds) if function else _other_values(exercise))
    for label, source in _changed_sources(exercise):
        answer = run(counted(source), exercise, rounds)
        if answer is not None:
            made.append(Mutant(label, answer))
    return list({mutant.label: mutant for mutant in made}.values())


def survivors(exercise):
    """The labels of the mutants that `check` accepts."""
    return [m.label for m in mutants(exercise) if _only_judged(exercise).check(m.answer).status == "correct"]


def _only_judged(exercise):
    """A copy that says right or wrong and looks for no name of what is wrong, which takes most of the time."""
    judge = copy.copy(exercise)
    judge._wrong = lambda run, stub: Finding("wrong values", "")
    return judge


def _enough_rounds(exercise):
    """Ten times the rounds that the loops of the reference need in all cases, roughly."""
    program = counted(exercise.code)
    for rounds in (1000, 10**4, 10**5):
        if _only_judged(exercise).check(run(program, exercise, rounds)).status == "correct":
            return 10 * rounds
    raise AssertionError(f"the reference of {exercise.name} is not accepted")


def _changed_sources(exercise):
    """(label, source) of each change of the code; two changes that come to the same are one."""
    tree = ast.parse(exercise.code)
    before = ast.unparse(tree)
    given = set()
    if not isinstance(exercise, FunctionExercise):        # the numbers of the task are no work of the reader's
        given = {ast.unparse(line) for line in ast.parse(exercise.stub).body} & set(map(ast.unparse, tree.body))
    for source in dict.fromkeys(ast.unparse(changed) for _, changed in with_one_slip(tree)):
        if source != before and given <= set(map(ast.unparse, ast.parse(source).body)):
            yield _difference(before, source), source


def _difference(before, after):
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    changed = [line for line in lines if line[0] in "+-"]
    new = [line[2:].strip() for line in changed if line[0] == "+" and line[2:].strip() != "pass"]
    return " | ".join(new) if new else "without: " + " | ".join(line[2:].strip() for line in changed if line[0] == "-")


# ---- the reference, misused ---------------------------------------------------------------------------


def _misuses(exercise, rounds):
    """Each argument ignored, or typed in, or changed in place; state that is kept between calls."""
    program = counted(exercise.code)

    def right(*args):
        return run(program, exercise, rounds)(*args)

    first = exercise.fresh_cases()[0]
    for k, name in enumerate(exercise.parameters):
        yield Mutant(f"{name} ← ones", _with_argument(right, k, lambda args, k=k: _filled(args[k], 1)))
        yield Mutant(f"{name} ← zeros", _with_argument(right, k, lambda args, k=k: _filled(args[k], 0)))
        if k < len(first):
            yield Mutant(f"{name} ← typed in", _with_argument(right, k, lambda args, k=k: copy.deepcopy(first[k])))
        for j, other in enumerate(exercise.parameters):
            if j != k:
                yield Mutant(f"{name} ← {other}", _with_argument(right, k, lambda args, j=j: args[j]))
        yield Mutant(f"{name} changed in place", _spoiling(right, k))
    yield Mutant("the first result for ever", _remembering(right))
    yield Mutant("every call adds to the last", _adding_up(right))
    yield Mutant("off by 0.3 %", lambda *args: _scaled(right(*args), 1.003))


def _with_argument(function, k, value):
    def answer(*args):
        if k >= len(args):
            raise IndexError("no such argument")
        return function(*args[:k], value(args), *args[k + 1:])
    return answer


def _filled(value, number):
    if isinstance(value, np.ndarray):
        return np.full_like(value, number)
    if isinstance(value, (list, tuple)):
        return type(value)(_filled(item, number) for item in value)
    if isinstance(value, (bool, int, float, np.number)):
        return type(value)(number)
    raise TypeError("neither ones nor zeros")


def _spoiling(function, k):
    def answer(*args):
        result = copy.deepcopy(function(*args))
        _spoil(args[k])
        return result
    return answer


def _spoil(value):
    if isinstance(value, list) and value and not isinstance(value[0], (list, np.ndarray)):
        value.reverse()
        value.append(value[0])
    elif isinstance(value, (list, tuple)):
        _spoil(value[0])
    elif isinstance(value, np.ndarray):
        value += np.ones_like(value)
    else:
        raise TypeError("cannot be changed in place")


def _remembering(function):
    kept = []

    def answer(*args):
        if not kept:
            kept.append(function(*args))
        return kept[0]
    return answer


def _adding_up(function):
    total = []

    def answer(*args):
        total.append(function(*args))
        return _scaled(total[-1], len(total))
    return answer


def _scaled(value, factor):
    if isinstance(value, (list, tuple)):
        return type(value)(_scaled(item, factor) for item in value)
    return value * factor


def outputs(exercise, function):
    """What a function gives in each case, as the exercise looks at it, and what it leaves of its arguments.

    None where it stops with an error.
    """
    results = []
    for args in exercise.fresh_cases():
        try:
            with np.errstate(all="ignore"):
                value = exercise.probe(function, *args) if exercise.probe else function(*args)
            results.append((copy.deepcopy(value), *(a for a in args if isinstance(a, np.ndarray))))
        except Exception:
            results.append(None)
    return results


# ---- values ---------------------------------------------------------------------------------------------


def _other_values(exercise):
    """Each member of the value changed alone; each other choice."""
    right = exercise.reference
    whole = right if isinstance(right, tuple) else (right,)
    for k, member in enumerate(whole):
        for what, other in _others(member, exercise.choices):
            changed = (*whole[:k], other, *whole[k + 1:])
            yield Mutant(f"value {k + 1} {what}", changed if isinstance(right, tuple) else other)


def _others(member, choices):
    if isinstance(member, str):
        return [(f"is {choice!r}", choice) for choice in choices if choice != member]
    a = np.asarray(member)
    if a.dtype.kind not in "iuf":
        return []
    return [("negated", -a), ("doubled", 2 * a), ("halved", a / 2), ("plus one", a + 1), ("minus one", a - 1)]
