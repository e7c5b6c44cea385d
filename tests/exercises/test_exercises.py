"""Every exercise of every chapter."""

import json
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from exercise_checks import EVERY_EXERCISE, stands_in

import hf_lib.exercises
from hf_lib.exercises import all_exercises, find
from hf_lib.judge.exercise import Exercise

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHAPTERS = all_exercises()


@pytest.mark.parametrize("law", EVERY_EXERCISE, ids=lambda law: law.__name__)
@pytest.mark.parametrize("exercise", CHAPTERS, ids=lambda exercise: exercise.name)
def test_every_exercise(exercise, law):
    law(exercise)


@pytest.mark.parametrize("exercise", CHAPTERS, ids=lambda exercise: exercise.name)
def test_every_exercise_stands_in_its_notebook(exercise):
    paths = list(NOTEBOOKS.glob(f"{exercise.name[2:4]}_*.ipynb"))
    if not paths:
        pytest.skip("the chapter has no notebook yet")
    assert find(exercise.name) is exercise
    stands_in(exercise, json.loads(paths[0].read_text("utf-8")))


def test_a_chapter_lists_its_exercises_in_order_wherever_they_are_declared():
    modules = [import_module(f"hf_lib.exercises.{m.name}") for m in pkgutil.iter_modules(hf_lib.exercises.__path__)]
    declared = {id(item) for module in modules for item in vars(module).values() if isinstance(item, Exercise)}
    assert declared == {id(exercise) for exercise in CHAPTERS}
    numbers = {}
    for exercise in CHAPTERS:
        chapter, number = exercise.name.split(".q")
        numbers.setdefault(chapter, []).append(int(number))
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    assert list(numbers) == sorted(numbers)
