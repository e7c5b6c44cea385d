"""Two hundred saved notebooks through bring, update, progress: nothing hangs, raises, lies or changes other files."""

import json
import shutil

import nbformat
import pytest
from notebook_fuzzer import HOSTILE, NOTEBOOKS, PRECIOUS, fuzzed
from small_notebooks import load, save, sources, tree

from hf_lib.classroom.places import places
from hf_lib.classroom.progress import my_progress
from hf_lib.classroom.update import update
from hf_lib.exercises import find
from hf_lib.judge import bringing, remembered
from hf_lib.judge.apart import Outcome, judge_apart
from hf_lib.judge.inside_child import judge
from hf_lib.judge.notebook_file import Damaged, from_bytes

QUICK, ALL = range(30), range(30, 200)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A reader's course of one chapter, with files of other people beside it."""
    monkeypatch.delenv(remembered.VARIABLE, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setattr(bringing, "SECONDS", 0.3)
    where = places(tmp_path / "course")
    where.notebooks.mkdir(parents=True)
    (where.mine / "mine").mkdir(parents=True)
    for place in (where.mine, where.mine / "mine", tmp_path, where.notebooks.parent):
        (place / PRECIOUS).write_text("of great worth", "utf-8")
    monkeypatch.chdir(where.mine)
    return where


def judged_as_fits(state):
    """`judge_apart`, which answers that end by themselves do not need."""
    def judge_here(answers, seconds=0, megabytes=0):
        said = [judge(find(name), source) for name, source in answers]
        return [Outcome(name, s["status"], s["diagnosis"], s["message"], tuple(s["details"]), source)
                for (name, source), s in zip(answers, said)]
    return judge_apart if state in HOSTILE else judge_here


@pytest.mark.parametrize("seed", [*QUICK, *(pytest.param(seed, marks=pytest.mark.slow) for seed in ALL)])
def test_a_fuzzed_notebook(course, tmp_path, monkeypatch, seed):
    notebook = fuzzed(seed)
    exercise = find(notebook.exercise)
    monkeypatch.setattr(exercise, "_correct", ())
    monkeypatch.setattr(bringing, "judge_apart", judged_as_fits(notebook.state))
    (path,) = NOTEBOOKS.glob(f"{notebook.exercise[2:4]}_*.ipynb")
    shutil.copy(path, course.notebooks)
    update(course)
    (course.mine / notebook.name).write_bytes(notebook.content)
    before = tree(tmp_path)

    answer = bringing.bring(exercise, [course.mine, course.notebooks])
    true_words(notebook, exercise, " ".join(repr(answer).split()), answer.yours)
    assert my_progress(course.mine).total.startswith("0 of ")
    assert tree(tmp_path) == before

    own = notebook.name == path.name
    said, failed = update(course)
    assert not failed
    if own and notebook.damage:
        aside = set_aside(course, before, tree(tmp_path), path.name)
        assert aside == notebook.content and len(said) == 1 and path.name in said[0]
        assert sources(load(course.mine / path.name)) == sources(load(path))
    else:
        assert tree(tmp_path) == before and said == []

    save(course.notebooks / path.name, rewritten(load(path)))
    before = tree(tmp_path)
    said, failed = update(course)
    after = tree(tmp_path)
    assert not failed and len(said) == 1
    nbformat.validate(nbformat.read(course.mine / path.name, nbformat.NO_CONVERT))
    now = sources(load(course.mine / path.name))
    assert "The course goes on." in now
    if own and not notebook.damage:
        assert notebook.answer.replace("\r\n", "\n") in now
        theirs = from_bytes(notebook.content)["cells"]
        touched = [cell["source"] for cell in theirs] != sources(load(path))
        assert set_aside(course, before, after, path.name) == (notebook.content if touched else None)
        assert {cell["source"] for cell in theirs if len(cell["source"]) > 3} <= {*now, *sources(load(path))}
    else:
        assert set_aside(course, before, after, path.name) is None
    assert update(course) == ([], False) and tree(tmp_path) == after


def true_words(notebook, exercise, words, yours):
    """What `bring` says is so."""
    where = f"`my_course/{notebook.name}`"
    function = hasattr(exercise, "parameters")
    if notebook.damage:
        own = notebook.name[:2] == notebook.exercise[2:4]
        assert not yours and "not correct" not in words
        assert where in words or not own and "still holds the stub" in words
        return
    assert notebook.exercise in words and (where in words or notebook.state == "stub")
    if notebook.state == "right":
        if function:
            assert yours, words
        else:
            assert yours or "is not run from a saved notebook" in words or "no cell of it defines" in words
        return
    assert not yours
    expected = {
        "stub": ["still holds the stub"], "no Python": ["is no Python that can be read"],
        "wrong": ["was not correct: "],
        "error": ["was not correct: ", "uses `undefined_name`, which no cell of it defines"],
        "endless": ["gave no verdict (", "was not correct: "],
        "exit": ["gave no verdict (", "was not correct: "], "harm": ["was not correct: ", "gave no verdict ("],
    }[notebook.state]
    if not function and notebook.state not in ("stub", "no Python", "wrong"):
        expected = ["is not run from a saved notebook", "was not correct: raised an error"]
    assert any(part in words for part in expected)


def set_aside(course, before, after, name):
    """What an update has laid aside; nothing but the chapter, its record and this may have changed."""
    inside = course.mine.relative_to(course.mine.parents[1]).as_posix()
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    kept = {path for path in changed if path.startswith(f"{inside}/kept/")}
    assert changed - kept <= {f"{inside}/{name}", f"{inside}/.origin/{name}"} and len(kept) <= 1
    assert not kept & before.keys()
    return after[kept.pop()] if kept else None


def rewritten(notebook):
    """The chapter with another first cell and one more at its end."""
    first, *others = notebook["cells"]
    end = {"cell_type": "markdown", "id": "goes-on", "metadata": {}, "source": "The course goes on."}
    return {**notebook, "cells": [{**first, "source": f"{first['source']}\n\nBetter."}, *others, end]}


def test_the_fuzzer_makes_what_it_says():
    made = [fuzzed(seed) for seed in range(200)]
    assert fuzzed(7) == made[7]
    assert {notebook.state for notebook in made} == {"right", "stub", "wrong", "error", "endless", "exit", "harm",
                                                     "no Python"}
    assert len({notebook.damage for notebook in made}) > 8 and sum(not notebook.damage for notebook in made) > 80
    assert len({way.partition(":")[0] for notebook in made for way in notebook.ways}) > 15
    for notebook in made:
        if notebook.damage:
            with pytest.raises(Damaged):
                from_bytes(notebook.content)
        else:
            assert notebook.answer.replace("\r\n", "\n") in [c["source"] for c in from_bytes(notebook.content)["cells"]]
    assert json.dumps([repr(notebook) for notebook in made])
