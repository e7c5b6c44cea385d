"""Run one notebook in a kernel of its own and report every fault and every cell's time.

How time is judged
------------------
A limit is meant for a reader's machine with two cores and nothing else to do, yet the
tests run on slower ones and share them. So a cell is charged its time by the kernel's clock,
less the time for which the kernel stood ready but had to wait for a core (Linux counts that;
on other systems it is 0); and a limit grows by as much as the yardstick, timed before, after
and beside every cell that seems slow, takes longer than on the machine that is meant, and by
half for what no yardstick sees. Where it is still broken, the notebook runs once more, alone,
and for each cell the better of both times counts. A cell that hangs is stopped at twenty
times its limit, on a slow machine later.
"""
from __future__ import annotations

import asyncio
import copy
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from check_maths import faults
from front_end import move_controls, one_line, output_faults, widget_faults
from limits import COLUMNS
from notebook_client import CourseClient
from notebook_file import Failure, at
from yardstick import slowness

EXERCISE = re.compile(r"# exercise (ch\d+\.q\d+)\b")
VERDICT = re.compile(r"^\W+(ch\d+\.q\d+): (correct|not attempted|incorrect[^.]*)", re.MULTILINE)
# What a page shows in place of plain text.
RICH = ("application/vnd.jupyter.widget-view+json", "text/html", "text/markdown", "text/latex", "image/png")
EXPECTED = {"stubs": "not attempted", "solutions": "correct"}


@dataclass(frozen=True)
class Limits:
    """Seconds that a cell, a cell tagged `long`, and a whole notebook may take."""

    cell: float = 5.0
    long: float = 30.0
    notebook: float = 60.0
    room: float = 1.5  # a fault is what takes longer than this many times its limit, on a machine as fast as meant
    patience: float = 20.0  # a cell is stopped at this many times its limit

    def of(self, cell: NotebookNode) -> float:
        return self.long if "long" in cell.metadata.get("tags", []) else self.cell


LIMITS = Limits()


@dataclass
class Run:
    """What one run of one notebook showed."""

    path: Path
    mode: str  # "stubs", "solutions", or "" where the notebook has no exercises
    notebook: NotebookNode
    seconds: dict[int, float] = field(default_factory=dict)  # index of the cell -> charged time
    slowness: float = 1.0  # how many times slower than meant the machine was at its slowest
    failures: list[Failure] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)  # the cell that hung

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    def add(self, index: int, reason: str) -> None:
        """Note a fault of the cell at `index` (from 0)."""
        self.failures.append(at(self.path, index, self.notebook.cells[index], reason + ".", self.mode))

    def too_slow(self, limits: Limits) -> list[Failure]:
        """The cells over their time, and the notebook over its budget."""
        found = []
        for index, seconds in self.seconds.items():
            cell = self.notebook.cells[index]
            if index in self.stopped or self.over(seconds, limits.of(cell), limits):
                stopped = " and was stopped" if index in self.stopped else ""
                found.append(at(self.path, index, cell, f"the cell took {seconds:.1f} s{stopped}; the "
                                f"most is {limits.of(cell):g} s{self._allowance}.", self.mode))
        if self.over(self.total, limits.notebook, limits):
            found.append(Failure(self.path, None, None, f"the notebook took {self.total:.1f} s; the most "
                                 f"is {limits.notebook:g} s{self._allowance}.", self.mode))
        return found

    def over(self, seconds: float, limit: float, limits: Limits) -> bool:
        """Whether a time is too long on a machine as slow as this one."""
        return seconds > limit * limits.room * self.slowness

    @property
    def _allowance(self) -> str:
        return f" on a machine that is not, as this one, {self.slowness:.1f} times slower" if self.slowness > 1 else ""

    def keep_better(self, again: Run) -> None:
        """Let the better time of two runs count for each cell, and the faults of both."""
        self.seconds = {index: min(seconds, again.seconds.get(index, seconds))
                        for index, seconds in {**again.seconds, **self.seconds}.items()}
        self.failures = list(dict.fromkeys(self.failures + again.failures))
        self.slowness = max(self.slowness, again.slowness)
        self.stopped &= again.stopped


def has_exercises(notebook: NotebookNode) -> bool:
    """Whether any code cell is the stub of an exercise."""
    return any(cell.cell_type == "code" and EXERCISE.match(cell.source) for cell in notebook.cells)


async def execute(path: Path, notebook: NotebookNode, mode: str = "", limits: Limits = LIMITS,
                  move: bool = True) -> Run:
    """Run a copy of `notebook` as if it lay at `path`, then (`move`) every control in it."""
    notebook = copy.deepcopy(notebook)
    run = Run(path, mode, notebook, slowness=slowness())
    # A hanging cell is told by the clock on the wall, which goes on while the kernel waits for a core.
    waits = limits.patience * slowness(time.perf_counter)
    client = CourseClient(notebook, path.parent, timeout_func=lambda cell: waits * limits.of(cell))
    async with client:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code" and not await execute_cell(client, run, index, limits):
                return run
        client.current = None
        await client.settle(quiet=0.5)
        report_widgets(client, run, index=len(notebook.cells) - 1)
        if move:
            async for index, reason in move_controls(client, seconds=waits * limits.cell):
                run.add(index, reason)
    run.slowness = max(run.slowness, slowness())
    return run


async def execute_cell(client: CourseClient, run: Run, index: int, limits: Limits) -> bool:
    """Run one cell and note its faults; return whether the next one can run."""
    cell, client.current = run.notebook.cells[index], index
    waited = client.waited_for_core()
    goes_on = True
    try:
        await client.async_execute_cell(cell, index)
    except CellTimeoutError:
        run.seconds[index] = client.timeout_func(cell)
        run.stopped.add(index)
        return False
    except CellExecutionError as error:
        run.add(index, f"it raises {error.ename}: {one_line(error.evalue)}")
        goes_on = False
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # nbclient takes Ctrl+C for a death too
            raise asyncio.CancelledError from None
        run.add(index, "the kernel died in this cell")
        return False
    waited = client.waited_for_core() - waited
    run.seconds[index] = max(0.0, client.wall[index] - waited)
    if run.over(run.seconds[index], limits.of(cell), limits):
        run.slowness = max(run.slowness, slowness())
    expected = not goes_on or "raises-exception" in cell.metadata.get("tags", [])
    outputs = [output for output in cell.outputs if not (expected and output.output_type == "error")]
    for reason in output_faults(outputs, "the cell's output"):
        run.add(index, reason)
    for reason in [*verdict_faults(cell, run), *markdown_faults(cell), *width_faults(cell)]:
        run.add(index, reason)
    report_widgets(client, run, index)
    return goes_on


def verdict_faults(cell: NotebookNode, run: Run) -> Iterator[str]:
    """A check of an exercise must call the stub *not attempted* and the solution *correct*."""
    given = {match.group(1) for other in run.notebook.cells if (match := EXERCISE.match(other.source))}
    for output in cell.outputs:
        said = "".join(output.get("data", {}).get("text/plain", "") or output.get("text", ""))
        for name, verdict in VERDICT.findall(said):
            if name in given and verdict != EXPECTED.get(run.mode, verdict):
                yield f"the check of {name} says “{verdict}” where “{EXPECTED[run.mode]}” is expected"


def markdown_faults(cell: NotebookNode) -> Iterator[str]:
    """Maths that cannot be set, in Markdown that the cell writes (a hint, a table)."""
    for output in cell.outputs:
        for fault in faults("".join(output.get("data", {}).get("text/markdown", ""))):
            yield f"the cell's Markdown output, {fault}"


def width_faults(cell: NotebookNode) -> Iterator[str]:
    """The widest line that the cell prints, where it is too wide for a laptop's window."""
    for output in cell.outputs:
        data = output.get("data", {})
        rich = any(kind in data for kind in RICH)
        lines = "".join(output.get("text", "") or ("" if rich else data.get("text/plain", ""))).splitlines()
        if (widest := max(map(len, lines), default=0)) > COLUMNS:
            yield f"it prints a line of {widest} characters; the most is {COLUMNS}"


def report_widgets(client: CourseClient, run: Run, index: int) -> None:
    """Note each widget that shows an error, once, for the cell that made it."""
    told = {failure.reason for failure in run.failures}
    for comm_id, reason in widget_faults(client):
        if reason + "." not in told:
            run.add(client.creator.get(comm_id, index), reason)


def execute_now(*arguments: object, **options: object) -> Run:
    """`execute` for callers outside a running event loop, on any operating system."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(execute(*arguments, **options))
