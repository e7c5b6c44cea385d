"""A reader's copy of a chapter: with the answers that were kept, or keeping those in it, and written whole."""

from hf_lib.exercises import find
from hf_lib.judge import files
from hf_lib.judge.apart import judge_apart
from hf_lib.judge.notebook_file import to_text
from hf_lib.judge.remembered import keep_text
from hf_lib.judge.saved import in_notebook, marked

from .course_text import CHECK


class Changed(Exception):
    """The file is not what was read any more."""


def restored(notebook, answers):
    """The notebook with the kept answers in their cells; and the names of these exercises.

    Parameters
    ----------
    notebook : dict
    answers : dict of str to Kept
    """
    cells, names = [], []
    for cell in notebook["cells"]:
        kept = answers.get(marked(cell["source"])) if cell["cell_type"] == "code" else None
        if kept and kept.text:
            calls = CHECK.findall(cell["source"])
            cell = {**cell, "source": "\n".join([f"# exercise {kept.exercise}", kept.text.rstrip(), "\n", *calls[-1:]])}
            names.append(kept.exercise)
        cells.append(cell)
    return {**notebook, "cells": cells}, names


def found_correct(notebook, folder):
    """Judge the answers in a notebook apart, keep those that are correct, and return the names of their exercises."""
    sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    answers = {}
    for name in filter(None, map(marked, sources)):
        try:
            texts = [found.text for found in in_notebook(find(name), sources, "") if found.text]
        except ValueError:                                 # the course has no such exercise
            continue
        answers |= {name: texts[0]} if texts else {}
    outcomes = judge_apart(list(answers.items())) if answers else []
    correct = [outcome.exercise for outcome in outcomes if outcome.status == "correct"]
    for name in correct:
        keep_text(name, answers[name], "", folder)
    return correct


def write(path, notebook, before=...):
    """Write a notebook in one go, unless the file is so already.

    Raises
    ------
    Changed
        Where ``before`` is given (the bytes that were read, or None for no file) and is not what stands there.
    OSError
    """
    there = path.read_bytes() if path.exists() else None
    if before is not ... and there != before:
        raise Changed
    text = to_text(notebook)
    if there != text.encode():
        files.replace(path, text)
