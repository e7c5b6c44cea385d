"""Run every notebook as a reader gets it, and with solutions in place of the stubs.

    python tools/run_notebooks.py [--stubs | --solutions] [--jobs N] [--times] [notebook ...]

First each file is looked at (stripped? stable? links, names, maths, folded answers, length and width, minutes),
then the notebooks run side by side, one kernel each. A table shows where the time goes;
each fault is one sentence; the exit code is 1 where there was any.
"""
from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from check_answers import check_answers
from check_files import check_columns, check_length, check_stable
from check_links import check_links
from check_maths import check_maths
from check_minutes import check_minutes
from check_names import check_names
from execute_notebook import EXERCISE, LIMITS, Limits, Run, execute, has_exercises
from hf_lib.notebook.streams import utf8_streams
from notebook_file import Failure, at, notebook_paths, read, shown

CHECKS = (check_stable, check_length, check_columns, check_links, check_names, check_maths, check_answers,
          check_minutes)
MODES = ("stubs", "solutions")


def check(path: Path) -> list[Failure]:
    """Every fault that shows without running the notebook."""
    try:
        notebook = read(path)
    except ValueError as error:
        return [Failure(path, None, None, str(error))]
    return [failure for look in CHECKS for failure in look(path, notebook)]


def with_solutions(path: Path, notebook: NotebookNode, solved: Callable[[str], str]) -> list[Failure]:
    """Put solutions in place of the stubs, in `notebook` itself; return what could not be solved."""
    found = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and EXERCISE.match(cell.source):
            try:
                cell.source = solved(cell.source)
            except (KeyError, ValueError) as error:
                found.append(at(path, index, cell, f"there is no solution to put in: {error}.", "solutions"))
    return found


def planned(paths: list[Path], modes: tuple[str, ...]) -> tuple[list[tuple], list[Failure]]:
    """The runs to make, as (path, notebook, mode), and the faults met on the way."""
    plan, found = [], []
    for path in paths:
        try:
            notebook = read(path)
        except ValueError:
            continue  # `check` has said so
        if not has_exercises(notebook):
            plan.append((path, notebook, ""))
            continue
        for mode in modes:
            version = read(path)
            if mode == "solutions":
                from hf_lib.exercises import solved
                found += with_solutions(path, version, solved)
            plan.append((path, version, mode))
    return sorted(plan, key=lambda run: -allowed(run[1])), found


def allowed(notebook: NotebookNode) -> float:
    """Seconds that the cells may take: those that may take longest start first, and no core is idle at the end."""
    return sum(LIMITS.of(cell) for cell in notebook.cells if cell.cell_type == "code")


async def run_all(plan: list[tuple], jobs: int, limits: Limits = LIMITS,
                  tell: Callable[[Run], None] = lambda run: None) -> list[Run]:
    """Make the runs, `jobs` at a time; those over a time limit once more, each alone."""
    free = asyncio.Semaphore(jobs)

    async def one(path: Path, notebook: NotebookNode, mode: str) -> Run:
        async with free:
            # With solutions the same controls would only be moved a second time.
            run = await execute(path, notebook, mode, limits, mode != "solutions")
        tell(run)
        return run

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(*item)) for item in plan]
    runs = [task.result() for task in tasks]
    for run, (path, notebook, mode) in zip(runs, plan, strict=True):
        if run.too_slow(limits):
            run.keep_better(await execute(path, notebook, mode, limits, move=False))
    return runs


def table(runs: list[Run], every_cell: bool = False) -> str:
    """The cells' times: for each run its total and its three slowest cells, or all of them."""
    lines = [f"{'notebook':<40} {'run with':<10} {'seconds':>8}  slowest cells"]
    for run in sorted(runs, key=lambda run: (run.path.name, MODES.index(run.mode or MODES[0]))):
        slowest = sorted(run.seconds.items(), key=lambda item: -item[1])
        brief = ", ".join(f"{index + 1}: {seconds:.1f}" for index, seconds in slowest[:3])
        lines.append(f"{run.path.stem:<40} {run.mode or 'as it is':<10} {run.total:>8.1f}  {brief}")
        if every_cell:
            for index, seconds in sorted(run.seconds.items()):
                cell = run.notebook.cells[index]
                first = next((line for line in cell.source.splitlines() if line.strip()), "")
                lines.append(f"    cell {index + 1:>3} ({cell.get('id')}) {seconds:>7.2f} s  {first[:60]}")
    return "\n".join(lines)


def plural(things: list) -> str:
    return "" if len(things) == 1 else "s"


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run the course's notebooks and say what fails.")
    parser.add_argument("notebooks", nargs="*", help="paths or beginnings of names; all when left out")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--stubs", action="store_true", help="only as the reader gets them")
    which.add_argument("--solutions", action="store_true", help="only with solutions in place of stubs")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 8),
                        help="how many notebooks run at a time (default: one a core)")
    parser.add_argument("--times", action="store_true", help="print the time of every cell")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs must be at least 1, not {options.jobs}")
    try:
        paths = notebook_paths(options.notebooks)
    except FileNotFoundError as error:
        parser.error(str(error))
    failures = [failure for path in paths for failure in check(path)]
    modes = tuple(mode for mode in MODES if getattr(options, mode)) or MODES
    plan, unsolved = planned(paths, modes)
    failures += unsolved

    def tell(run: Run) -> None:
        state = "has faults" if run.failures else "ran"
        print(f"{shown(run.path)} {'with ' + run.mode + ' ' if run.mode else ''}{state} "
              f"({run.total:.1f} s)", flush=True)

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runs = runner.run(run_all(plan, options.jobs, tell=tell))
    for run in runs:
        failures += run.failures + run.too_slow(LIMITS)
    print("\n" + table(runs, options.times))
    print(f"\n{len(paths)} notebook{plural(paths)}, "
          + (f"{len(failures)} fault{plural(failures)}:" if failures else "no faults."))
    for failure in failures:
        print(f"  {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    utf8_streams()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
