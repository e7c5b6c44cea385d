"""The reader's copies of the notebooks brought to the course's text, with all that is the reader's."""

import os

from hf_lib.judge import files
from hf_lib.judge.notebook_file import Damaged, from_bytes, read, to_text
from hf_lib.judge.remembered import kept_in

from .copies import Changed, found_correct, restored, write
from .course_text import chapters
from .merge import merged
from .places import places

PATIENCE = 60.0                                            # seconds for another update to end


def main(arguments):
    """bring your copies in my_course to the course's new text; your answers and cells stay

    Returns 1 where something could not be done.
    """
    if arguments:
        print(f"update takes no {arguments[0]!r}: it looks at every chapter.")
        return 2
    said, failed = update(places())
    print("\n".join(said) or "Your copies are up to date.")
    return int(failed)


def update(where):
    """Make the copies that are missing, and bring the others to the course's text.

    Nothing of the reader's is overwritten without a copy in `kept`, and a second update changes nothing.

    Parameters
    ----------
    where : Places

    Returns
    -------
    said : list of str
        A sentence for each chapter of which there is something to say.
    failed : bool
        Whether something could not be done; the sentences say what.
    """
    said, failed = [], False
    try:
        where.origin.mkdir(parents=True, exist_ok=True)
        with files.locked(where.origin / "update.lock", PATIENCE):
            made = 0
            for chapter in chapters(where.notebooks):
                try:
                    sentence = _brought(chapter, where)
                except (OSError, Damaged) as error:
                    sentence, failed = f"{chapter.name} was left as it is: {error}.", True
                made += sentence is None
                said += [sentence] if sentence else []
    except OSError as error:
        return [*said, f"The copies in {where.mine} could not be brought up to date: {error}."], True
    made = [f"{made} chapters were copied to {where.mine.name}: they are yours to work in."] if made else []
    return made + said, failed


def _brought(chapter, where):
    """Bring one chapter up to date; return a sentence, "" where nothing was to be done, None for a first copy."""
    mine, origin = where.mine / chapter.name, where.origin / chapter.name
    if not mine.exists() and not origin.exists():
        _take_new_name(chapter.name, where)
    if chapter.course is None:
        return f"notebooks/{chapter.name} {chapter.fault}: get that file of the course again. Your copy stays as it is."
    for _ in range(5):
        try:
            content = mine.read_bytes() if mine.exists() else None
            if content is None:
                return _first(chapter, mine, origin)
            return _later(chapter, where, content)
        except Changed:                                    # Jupyter has saved it in between: look again
            continue
    raise OSError("it is being saved all the time")


def _take_new_name(name, where):
    """Rename the copy of a chapter that the course has renamed: the number is the same, the old file is gone."""
    for old in where.origin.glob(f"{name[:3]}*.ipynb"):
        if (where.mine / old.name).exists() and not (where.notebooks / old.name).exists():
            os.replace(where.mine / old.name, where.mine / name)
            os.replace(old, where.origin / name)
            return


def _first(chapter, mine, origin):
    known = origin.exists()
    notebook = chapter.touched if chapter.touched and not known else chapter.course
    write(mine, notebook, None)
    write(origin, chapter.course)
    if known:
        return f"{chapter.name} was gone from {mine.parent.name}: there is a fresh copy."
    if chapter.touched:
        correct = ", ".join(found_correct(chapter.touched, mine.parent))
        also = f" Correct in it, and remembered: {correct}." if correct else ""
        back = f" (`git checkout notebooks/{chapter.name}` can now undo it there.)" if chapter.in_git else ""
        return f"{chapter.name}: what you had changed in notebooks/{chapter.name} is now in your copy too.{also}{back}"
    return None


def _later(chapter, where, content):
    mine, origin = where.mine / chapter.name, where.origin / chapter.name
    course = chapter.course
    try:
        there = from_bytes(content)
    except Damaged as damaged:
        aside = files.copy_aside(mine, where.kept)
        notebook, names = restored(course, kept_in(where.mine)[0])
        write(mine, notebook, content)
        write(origin, course)
        back = f"your answers to {', '.join(names)}" if names else "no answer, for none of this chapter was kept"
        return f"{chapter.name} {damaged}: it lies in {_said(aside)}, and there is a fresh copy with {back}."
    try:
        base = read(origin)
    except Damaged:                                        # lost: all that differs counts as the reader's
        base = {**course, "cells": []}
    if to_text(base) == to_text(course):
        return ""
    result = merged(base, there, course)
    aside = files.copy_aside(mine, where.kept) if result.touched else None
    write(mine, result.notebook, content)
    write(origin, course)
    if aside is None:
        return f"{chapter.name} has new text."
    parts = [f"your answers to {', '.join(result.answers)}"] if result.answers else []
    parts += [f"{result.own} cells of your own"] if result.own else []
    parts += [f"{result.twice} cells that both had changed, one below the other"] if result.twice else []
    return f"{chapter.name} has new text{', with ' if parts else ''}{', '.join(parts)}; as it was: {_said(aside)}."


def _said(aside):
    return "/".join(aside.parts[-3:])
