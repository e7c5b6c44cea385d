"""Copies made and brought up to date: in a real repository, over damage, twice, and with nothing lost."""

import os
import shutil
import subprocess
import sys

import pytest
from small_notebooks import (
    STUBS,
    asks,
    autosaved,
    cell,
    chapter,
    declares,
    load,
    notebook,
    of,
    save,
    sources,
    text,
    tree,
    with_cells,
    written_by,
)

from hf_lib.classroom import copies, course_text, reset
from hf_lib.classroom.course_text import chapters
from hf_lib.classroom.places import ROOT, places
from hf_lib.classroom.update import update
from hf_lib.exercises import find
from hf_lib.judge import files, remembered
from hf_lib.judge.notebook_file import read

sys.path.insert(0, str(ROOT / "tools"))
NAME = "07_conjugate_gradients.ipynb"
ANSWER = "# exercise ch07.q2\ndef cg_step(A, x, r, p):\n    # by hand\n    return x, r, p\n\n\nex.q2.check(cg_step)"

STEPS = "# exercise ch07.q1\nsteps = 3\n\nex.q1.check(steps)"
RESTORED = "import math\n\n\ndef cg_step(A, x, r, p):\n    return math.pi\n"


@pytest.fixture
def where(tmp_path, monkeypatch):
    """A course of two chapters outside of any repository."""
    monkeypatch.delenv(remembered.VARIABLE, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(course_text, "find", declares(STUBS))
    course = tmp_path / "course"
    save(course / "notebooks" / "00_start.ipynb", notebook(text("hello", "# 00 · Start: where?")))
    save(course / "notebooks" / NAME, chapter())
    return places(course)


def mine(where, name=NAME):
    return load(where.mine / name)


def change(where, changed, name=NAME):
    save(where.mine / name, changed)


def publish(where, changed, name=NAME):
    save(where.notebooks / name, changed)


def again_changes_nothing(where):
    before = tree(where.mine.parent)
    assert update(where) == ([], False)
    assert tree(where.mine.parent) == before


# ---- the scenario ----------------------------------------------------------------------------------


def git(folder, *arguments):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    known = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *known, *arguments], cwd=folder, env=environment, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def repositories(tmp_path, monkeypatch):
    """The course's repository and a reader's clone."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    monkeypatch.delenv(remembered.VARIABLE, raising=False)
    monkeypatch.setattr(course_text, "find", declares(STUBS))
    course, reader = tmp_path / "upstream", tmp_path / "reader"
    save(course / "notebooks" / NAME, chapter())
    (course / ".gitignore").write_text("/my_course/\n", "utf-8")
    git(course, "init", "-q")
    git(course, "add", "-A")
    git(course, "commit", "-qm", "The course")
    git(tmp_path, "clone", "-q", str(course), str(reader))
    return course, reader


NEW_STUBS = {**STUBS, "ch07.q2": "def cg_step(A, x, r, p, eps):\n    return ..."}


def upstream_changes(course, monkeypatch):
    """New text, another stub, another order, a new exercise."""
    new = notebook(
        text("title", "# 07 · Conjugate gradients: how?"), cell("setup", "import numpy as np"),
        text("one", "The first section, rewritten."), cell("look", "np.arange(3)"),
        text("ask2", "**Exercise 1.**"), asks(2, NEW_STUBS["ch07.q2"]), text("ask1", "**Exercise 2.**"), asks(1),
        text("ask3", "**Exercise 3.**"), asks(3), text("end", "Summary."))
    save(course / "notebooks" / NAME, new)
    git(course, "commit", "-qam", "Better")
    monkeypatch.setattr(course_text, "find", declares(NEW_STUBS))
    return new


def answered():
    mine = written_by(written_by(chapter(), "ex2", ANSWER), "ex1", STEPS)
    return autosaved(with_cells(mine, "look", cell("own", "helper = 1"), text("own2", "A note of mine.")))


def all_there(notebook, new):
    found = sources(notebook)
    assert found.index(ANSWER) < found.index(STEPS)
    assert "The first section, rewritten." in found and "The first section." not in found
    assert of(new, "ex3")["source"] in found
    assert NEW_STUBS["ch07.q2"] in found[found.index(ANSWER) + 1]         # the new stub, in the note below
    return found


def test_open_answer_autosave_pull_lab(repositories, monkeypatch):
    course, reader = repositories
    where = places(reader)
    assert update(where) == (["1 chapters were copied to my_course: they are yours to work in."], False)
    change(where, answered())
    assert git(reader, "status", "--porcelain") == ""
    new = upstream_changes(course, monkeypatch)
    git(reader, "pull", "-q", "--ff-only")
    ((said,), failed) = update(where)
    assert not failed and "your answers to ch07.q2, ch07.q1, 2 cells of your own" in said
    found = all_there(mine(where), new)
    assert found[found.index("np.arange(3)") + 1:][:2] == ["helper = 1", "A note of mine."]
    (aside,) = where.kept.iterdir()
    assert load(aside) == answered() and aside.name in said
    assert git(reader, "status", "--porcelain") == ""
    again_changes_nothing(where)


def test_the_same_with_a_file_cut_off_by_a_crash(repositories, monkeypatch):
    course, reader = repositories
    where = places(reader)
    update(where)
    change(where, answered())
    remembered.keep_text("ch07.q2", RESTORED, "", where.mine)
    content = (where.mine / NAME).read_bytes()
    (where.mine / NAME).write_bytes(content[:len(content) // 2])
    new = upstream_changes(course, monkeypatch)
    git(reader, "pull", "-q", "--ff-only")
    ((said,), failed) = update(where)
    assert not failed and "is cut off" in said and "your answers to ch07.q2" in said
    found = sources(mine(where))
    assert f"# exercise ch07.q2\n{RESTORED}\n\nex.q2.check(cg_step)" in found
    assert [s for s in found if "ch07.q2" not in s] == [s for s in sources(new) if "ch07.q2" not in s]
    (aside,) = where.kept.iterdir()
    assert aside.read_bytes() == content[:len(content) // 2] and aside.name in said
    again_changes_nothing(where)


def test_answers_in_notebooks_itself_are_taken_over_and_the_course_s_text_is_git_s(repositories, monkeypatch):
    course, reader = repositories
    where = places(reader)
    save(where.notebooks / NAME, answered())
    before = tree(where.notebooks)
    said, failed = update(where)
    assert not failed and len(said) == 1 and "what you had changed" in said[0] and "git checkout" in said[0]
    assert sources(mine(where)) == sources(answered()) and tree(where.notebooks) == before
    assert sources(load(where.origin / NAME)) == sources(chapter())
    again_changes_nothing(where)
    git(reader, "checkout", "-q", "--", "notebooks")
    new = upstream_changes(course, monkeypatch)
    git(reader, "pull", "-q", "--ff-only")
    update(where)
    all_there(mine(where), new)


def test_what_is_correct_in_notebooks_is_remembered(tmp_path, monkeypatch):
    monkeypatch.delenv(remembered.VARIABLE, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    where, course = places(tmp_path), read(ROOT / "notebooks" / "00_start_here.ipynb")
    right, wrong = find("ch00.q2"), find("ch00.q3")
    for part in course["cells"]:
        part["source"] = part["source"].replace(right.stub, right.code)
        part["source"] = part["source"].replace(wrong.stub, wrong.stub.replace("0.5", "2"))
    save(where.notebooks / "00_start_here.ipynb", course)
    ((said,), failed) = update(where)
    assert said.endswith("Correct in it, and remembered: ch00.q2.") and not failed
    assert list(remembered.kept_in(where.mine)[0]) == ["ch00.q2"]
    again_changes_nothing(where)


def test_marks_of_a_merge_in_notebooks_harm_nobody(repositories):
    course, reader = repositories
    where = places(reader)
    (where.notebooks / NAME).write_text("<<<<<<< HEAD\n{\n=======\n>>>>>>> b\n", "utf-8")
    update(where)
    assert sources(mine(where)) == sources(chapter())
    again_changes_nothing(where)


# ---- without git -----------------------------------------------------------------------------------


def test_first_copies_are_the_course_s_files_byte_for_byte(where):
    update(where)
    assert {k: v for k, v in tree(where.mine).items() if "/" not in k} == {
        name: content for name, content in tree(where.notebooks).items()}
    again_changes_nothing(where)


def test_answers_in_notebooks_without_git(where):
    save(where.notebooks / NAME, answered())
    update(where)
    assert sources(mine(where)) == sources(answered())
    assert of(load(where.origin / NAME), "ex2")["source"] == of(chapter(), "ex2")["source"]
    publish(where, written_by(chapter(), "one", "New."))
    update(where)
    assert ANSWER in sources(mine(where)) and "New." in sources(mine(where))


def test_an_untouched_chapter_is_replaced_and_leaves_no_copy(where):
    update(where)
    change(where, autosaved(chapter()))
    publish(where, written_by(chapter(), "one", "New."))
    assert update(where) == ([f"{NAME} has new text."], False)
    assert sources(mine(where)) == sources(written_by(chapter(), "one", "New.")) and not where.kept.exists()
    again_changes_nothing(where)


def test_a_copy_is_left_alone_while_the_course_stays_as_it_is(where):
    update(where)
    change(where, answered())
    again_changes_nothing(where)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"<<<<<<< HEAD\n{}", b"\xff", b'{"cells": [3]}', b"[" * 100_000])
def test_a_damaged_copy_is_set_aside_and_made_afresh(where, content):
    update(where)
    (where.mine / NAME).write_bytes(content)
    ((said,), failed) = update(where)
    (aside,) = where.kept.iterdir()
    assert aside.read_bytes() == content and f"my_course/kept/{aside.name}" in said and not failed
    assert "no answer, for none of this chapter was kept" in said
    assert sources(mine(where)) == sources(chapter())
    again_changes_nothing(where)


def test_a_damaged_file_of_the_course_is_named_and_the_copy_stays(where):
    update(where)
    change(where, answered())
    before = tree(where.mine)
    (where.notebooks / NAME).write_bytes(b"{")
    ((said,), failed) = update(where)
    assert said.startswith(f"notebooks/{NAME} is cut off") and tree(where.mine) == before


@pytest.mark.parametrize("content", [None, b"", b"{"])
def test_where_the_record_is_lost_nothing_of_the_reader_s_is(where, content):
    update(where)
    change(where, answered())
    (where.origin / NAME).unlink()
    if content is not None:
        (where.origin / NAME).write_bytes(content)
    publish(where, written_by(chapter(), "one", "New."))
    update(where)
    assert {ANSWER, "helper = 1", "New."} <= set(sources(mine(where)))
    again_changes_nothing(where)


def test_a_copy_that_is_gone_is_made_again(where):
    update(where)
    (where.mine / NAME).unlink()
    assert "gone" in update(where)[0][0]
    again_changes_nothing(where)


def test_a_new_chapter_is_copied_and_one_that_is_gone_stays(where):
    update(where)
    publish(where, notebook(text("t", "# 08 · Damping: how?")), "08_damping.ipynb")
    (where.notebooks / "00_start.ipynb").unlink()
    update(where)
    assert {path.name for path in where.mine.glob("*.ipynb")} == {"00_start.ipynb", NAME, "08_damping.ipynb"}


def test_a_chapter_with_a_new_name_takes_the_answers_along(where):
    update(where)
    change(where, answered())
    (where.notebooks / NAME).unlink()
    publish(where, written_by(chapter(), "one", "New."), "07_cg.ipynb")
    update(where)
    assert {ANSWER, "helper = 1", "New."} <= set(sources(mine(where, "07_cg.ipynb")))
    assert not (where.mine / NAME).exists() and len(list(where.kept.iterdir())) == 1
    again_changes_nothing(where)


@pytest.mark.parametrize("broken", ["replace", "copy_aside"])
def test_a_crash_at_any_write_loses_nothing_and_the_next_update_finishes(where, monkeypatch, broken):
    update(where)
    change(where, answered())
    publish(where, written_by(chapter(), "one", "New."))
    whole, calls = getattr(files, broken), []
    for number in range(3):
        def dies(*arguments, last=number):
            calls.append(1)
            if len(calls) > last:
                raise OSError(28, "No space left on device")
            return whole(*arguments)
        calls.clear()
        with monkeypatch.context() as patch:
            patch.setattr(files, broken, dies)
            update(where)
        assert {ANSWER, "helper = 1"} <= set(sources(mine(where)))
    update(where)
    assert {ANSWER, "helper = 1", "New."} <= set(sources(mine(where)))
    again_changes_nothing(where)


def test_what_cannot_be_written_is_a_sentence(where, monkeypatch):
    update(where)
    publish(where, written_by(chapter(), "one", "New."))

    def held_open(*arguments):
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")
    monkeypatch.setattr(os, "replace", held_open)
    monkeypatch.setattr(files, "PAUSE", 0)
    ((said,), failed) = update(where)
    assert failed and said.startswith(f"{NAME} was left as it is: ") and "being used by another process" in said
    assert not [name for name in tree(where.mine) if name.endswith(".part")]


def test_a_copy_that_jupyter_saves_meanwhile_is_read_again(where, monkeypatch):
    update(where)
    change(where, autosaved(chapter()))
    publish(where, written_by(chapter(), "one", "New."))
    write, once = copies.write, []

    def saved_before(path, notebook, *before):
        if path == where.mine / NAME and not once:
            once.append(change(where, answered()))
        return write(path, notebook, *before)
    monkeypatch.setattr("hf_lib.classroom.update.write", saved_before)
    update(where)
    assert once and {ANSWER, "helper = 1", "New."} <= set(sources(mine(where)))


def test_two_updates_at_once_wait_for_one_another(where, monkeypatch):
    update(where)
    monkeypatch.setattr("hf_lib.classroom.update.PATIENCE", 0)
    with files.locked(where.origin / "update.lock"):
        said, failed = update(where)
    assert failed and "another program" in said[0]


def test_a_file_in_the_way_of_the_folder_is_a_sentence(where):
    where.mine.write_text("in the way", "utf-8")
    said, failed = update(where)
    assert failed and "could not be brought up to date" in said[0]


# ---- reset -----------------------------------------------------------------------------------------


def test_reset_gives_a_fresh_copy_and_keeps_the_old_one(where):
    update(where)
    change(where, answered())
    said = reset.reset(chapters(where.notebooks)[1], where)
    (aside,) = where.kept.iterdir()
    assert load(aside) == answered() and f"my_course/kept/{aside.name}" in said
    assert mine(where) == chapter()
    again_changes_nothing(where)


@pytest.mark.parametrize("arguments, status", [
    ([], 2), (["9"], 2), (["0"], 0), (["07", "00"], 2), (["07"], 0), ([""], 2)])
def test_reset_wants_one_chapter(where, monkeypatch, capsys, arguments, status):
    monkeypatch.setattr(reset, "places", lambda: where)
    assert reset.main(arguments) == status
    assert ("00, 07" in capsys.readouterr().out) == (status == 2)


# ---- the real course -------------------------------------------------------------------------------


def test_every_link_of_the_course_leads_to_the_same_place_from_a_copy():
    from check_links import targets

    real, copied = ROOT / "notebooks", ROOT / "my_course"
    assert places().mine.parent == places().notebooks.parent
    for path in real.glob("*.ipynb"):
        course = read(path)
        assert sources(course_text.as_declared(course)) == sources(course)
        for part in course["cells"]:
            for target in targets(part["source"]) if part["cell_type"] == "markdown" else ():
                name = target.partition("#")[0]
                if name and "://" not in name and not name.startswith(("mailto:", "attachment:")):
                    there = os.path.relpath(real / name, real)
                    assert (real / there).exists()
                    assert os.sep not in there or os.path.normpath(copied / there) == os.path.normpath(real / there)


def test_an_answer_in_the_way_of_the_real_course_is_seen():
    exercise = find("ch00.q2")
    stub = f"# exercise ch00.q2\n{exercise.stub}\n\n\nex.q2.check(error_rate)"
    assert course_text.declared(stub) == stub
    for solved in (stub.replace(exercise.stub, exercise.code), f"{stub}\nprint(3)", stub.replace("...", "1"),
                   stub.replace(exercise.stub, f"{exercise.stub}\n\n\n{exercise.code}")):
        assert course_text.declared(solved) == stub
    assert course_text.declared("# exercise ch00.q99\nx = 3") == "# exercise ch00.q99\nx = 3"


