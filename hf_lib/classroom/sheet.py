"""`sheet 07`: a chapter's exercises to hand out."""

import argparse
from dataclasses import replace
from pathlib import Path

from hf_lib.judge import notebook_file
from hf_lib.judge.variants import drawn, drawn_text

from .exercise_texts import posed_in
from .places import places
from .sheet_page import as_page

ABOUT = """Write the exercises of a chapter, without solutions, as sheet_07.html (to print; it needs no network) and as
sheet_07.ipynb (to answer). With --variant a function is asked for as it stands, and values have other numbers; judge
what is handed in by `grade FOLDER --variant SEED` with the same number. Nobody else needs to know it.
"""
LATER = "# this one is judged when it is handed in"


def main(arguments):
    """write a chapter's exercises, as in `sheet 07`: a page to print, and an empty notebook"""
    parser = argparse.ArgumentParser(prog="course.py sheet", description=ABOUT)
    parser.add_argument("chapter", metavar="NN", help="two digits")
    parser.add_argument("--variant", type=seed, metavar="SEED", help="draw other numbers, by a number from 0 on")
    parser.add_argument("--to", default=".", metavar="FOLDER", help="where to write (else here)")
    options = parser.parse_args(arguments)
    chapter = next(iter(sorted(places().notebooks.glob(f"{options.chapter}_*.ipynb"))), None)
    if chapter is None or not options.chapter.isdigit():
        print(f"There is no chapter {options.chapter!r}; the chapters have two digits, as in `sheet 07`.")
        return 2
    stem = f"sheet_{options.chapter}" + "_variant" * (options.variant is not None)
    page, notebook = (Path(options.to) / f"{stem}{ending}" for ending in (".html", ".ipynb"))
    if there := [path.name for path in (page, notebook) if path.exists()]:
        print(f"There is {' and '.join(there)} already. Move it away, or give another folder by --to.")
        return 1
    title, imports, exercises = posed_in(chapter)
    if options.variant is not None:
        exercises = [varied(posed, options.variant) for posed in exercises]
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        for path, text in ((page, as_page(title, exercises)),
                           (notebook, notebook_file.to_text(as_notebook(title, imports, exercises)))):
            with open(path, "x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        print(f"The sheet cannot be written: {error}")
        return 1
    print(f"Written: {page} and {notebook.name} beside it.")
    return 0


def seed(text):
    """A whole number from 0 on, as argparse asks for it."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("expected a number from 0 on")
    return number


def varied(posed, number):
    """The exercise with the numbers of a variant; its own check, which knows only the usual ones, is left out."""
    exercise = drawn(posed.exercise, number)
    if getattr(exercise, "variant", None) is None:
        return posed
    lines = posed.cell.replace(posed.exercise.stub, exercise.stub).split("\n")
    lines = [LATER if line.endswith(f".check({exercise.target})") else line for line in lines]
    text = drawn_text(posed.exercise, number) or posed.text
    return replace(posed, exercise=exercise, text=text, cell="\n".join(lines))


def as_notebook(title, imports, exercises):
    """The notebook to answer in: imports, and for each exercise its text and its cell."""
    cells = [("markdown", f"# Exercises of {title}"), ("code", imports)]
    for posed in exercises:
        cells += [("markdown", posed.text), ("code", posed.cell)]
    code = {"outputs": [], "execution_count": None}
    return {"cells": [{"cell_type": kind, "id": f"sheet-{number}", "metadata": {}, "source": source,
                       **(code if kind == "code" else {})} for number, (kind, source) in enumerate(cells)],
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
            "nbformat": 4, "nbformat_minor": 5}
