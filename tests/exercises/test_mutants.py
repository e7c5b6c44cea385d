"""No wrong answer that a machine makes of an exercise's reference is accepted, and declared mistakes differ."""

from itertools import combinations

import equivalents_00_06
import equivalents_07_13
import equivalents_14
import equivalents_16
import pytest
from mutants import mutants, outputs, survivors

from hf_lib.exercises import Diagnosis, FunctionExercise, all_exercises
from hf_lib.judge.compare import agree

EXERCISES = all_exercises()
EQUIVALENT = (equivalents_00_06.EQUIVALENT | equivalents_07_13.EQUIVALENT | equivalents_14.EQUIVALENT
              | equivalents_16.EQUIVALENT)
KNOWN_SURVIVORS = equivalents_00_06.KNOWN_SURVIVORS | equivalents_07_13.KNOWN_SURVIVORS
KNOWN_ALIKE = equivalents_00_06.KNOWN_ALIKE | equivalents_07_13.KNOWN_ALIKE
DEMANDS = {"too many calls", "too much memory", "a loop"}                 # right values, got in a way not allowed


def _all_but(known):
    marks = {name: pytest.mark.xfail(reason="not yet mended") for name in known}
    return [pytest.param(e, id=e.name, marks=marks.get(e.name, ())) for e in EXERCISES]


@pytest.mark.parametrize("exercise", _all_but(KNOWN_SURVIVORS))
def test_no_mutant_is_accepted_but_those_that_compute_the_same(exercise):
    assert set(survivors(exercise)) == set(EQUIVALENT.get(exercise.name, ()))


@pytest.mark.parametrize("exercise", _all_but(KNOWN_ALIKE))
def test_declared_mistakes_differ_from_one_another_from_the_stub_and_from_the_answer(exercise):
    stub, right = Diagnosis("the stub", exercise.compile(exercise.stub)), Diagnosis("the answer", exercise.reference)
    told = [d for d in exercise.diagnoses if d.say]
    pairs = [pair for pair in combinations([right, *exercise.diagnoses], 2) if not {d.name for d in pair} & DEMANDS]
    pairs += [(stub, d) for d in told]
    alike = [(a.name, b.name) for a, b in pairs if _alike(exercise, a.wrong, b.wrong)]
    assert not alike


def _alike(exercise, one, other):
    """Whether two answers cannot be told apart; in numbers, whether they lie within twice the tolerance."""
    if isinstance(exercise, FunctionExercise):
        pairs = zip(outputs(exercise, one), outputs(exercise, other), strict=True)
        return all(a is not None and b is not None and agree(a, b, exercise.rtol) for a, b in pairs)
    return agree(one, other, 2 * exercise._tolerance) or agree(other, one, 2 * exercise._tolerance)


def test_mutants_are_many_and_the_same_every_time():
    exercise = next(e for e in EXERCISES if e.name == "ch06.q4")
    labels = [mutant.label for mutant in mutants(exercise)]
    assert labels == [mutant.label for mutant in mutants(exercise)]
    assert len(labels) > 100 and len(set(labels)) == len(labels)


def test_a_mutant_that_never_ends_is_stopped():
    exercise = next(e for e in EXERCISES if e.name == "ch03.q2")
    endless = next(m for m in mutants(exercise) if m.label.startswith("while True"))
    assert exercise.check(endless.answer).status == "incorrect"
