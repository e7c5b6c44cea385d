"""One runner for all long runs: advance the loop, measure, store, stop, go on where it was stopped.

A script says how to make its loop, what a row is, when rows are due, and when the run ends:

    import one_thread  # isort: skip      (before NumPy, where CPU seconds are compared)

    def course(history):
        loop = hf.HessianFree(problem, theta, rng=np.random.default_rng(history.origin["seed"]))
        def measure(step, cpu):           # step is None for the row before the first step
            theta = loop.theta if step is None else step.theta
            return dict(cost=loop.cost, cpu_seconds=cpu, loss=problem.value(theta))
        return Course(loop, measure, Grid.log(0.1, 60, 80, of="cpu_seconds"), history, first=True)

    history = History("sine_hf", seed, settings)              # data/runs/sine_hf.npz
    run(history, course, End(cpu_seconds=60))                 # made or finished; nothing if it is stored

Many short runs share one history. Each is made once; a grid is tuned on one seed, its best runs with others:

    table = Table(History("physics_pendulum", SEEDS, settings), ("method", "setting", "seed"), runs=9)
    def cell(number, setting, seed):
        key = dict(method=0, setting=number, seed=seed)
        return table.get(key, lambda: rows(make_course(setting, seed), End(cpu_seconds=60)))
    grid = combinations({"rate": (1e-3, 3e-3, 1e-2), "batch": (100, None)})
    best = choose(grid, [last(cell(i, setting, seed=100), "loss") for i, setting in enumerate(grid)])
    best.setting, best.edges              # {"rate": "highest"}: the grid has to be made wider
    for seed in SEEDS:
        cell(grid.index(best.setting), best.setting, seed)

`commands.py` has the command line: --list, names, --fresh, --quick.

Measuring is never counted in the CPU seconds, which are those of all threads of this process.
"""

import time

import numpy as np
from history import Columns
from progress import Interrupts, Progress
from when import End, Grid

import hf_lib as hf

__all__ = ["Course", "End", "Grid", "apart", "rows", "run", "within"]
SAVE_EVERY = 60                 # CPU seconds, of loop and measuring, between two checkpoints


class Course:
    """A run on its way. A subclass may change `advance`, `state` and `restore`, to do more than its loop does.

    Parameters
    ----------
    loop : an optimiser of hf_lib, or what iterates likewise: its steps have index, cost, seconds
    measure : callable
        (step, CPU seconds) → a row, as a dict of numbers; step None before the first step.
    grid : Grid
    history : Columns, optional
        Where the rows go.
    first, closing : bool
        Whether there is a row before the first step, and one for the last step though it was not due.
    """

    def __init__(self, loop, measure, grid, history=None, first=False, closing=False):
        self.loop, self.measure, self.grid = loop, measure, grid
        self.history = Columns() if history is None else history
        self.first, self.closing = first, closing
        self.cpu, self.cost, self.index, self.ended = 0.0, 0.0, 0, None
        self.now, self._at = 0.0, None                      # the grid's quantity, now and at the last row

    def advance(self):
        """The loop's next step, or None when it has ended."""
        return next(self.loop, None)

    def follow(self, end):
        """Make steps until `end`; yield the row after each, None where none was due."""
        if self.first and not len(self.history):
            yield self._row(None)
        steps, step, row = self._steps(), None, None
        while end.share(self) < 1 and (due := self.grid.after(self._at)) < np.inf:
            new = next(steps, None)
            if new is None:
                self.ended = self.loop.reason
                break
            step, self.cost, self.index, self.now = new, new.cost, new.index, self.grid.value(new, self.cpu)
            row = self._row(step) if self.now >= due - self.grid.slack else None
            yield row
        if self.closing and step is not None and row is None:
            yield self._row(step)

    def _steps(self):
        """The loop's steps, each with the CPU seconds spent so far in `cpu`."""
        if isinstance(self.loop, hf.LBFGS):     # SciPy makes its whole run at the first step: its time is shared out
            start = time.process_time()
            steps = list(self.loop)
            total = time.process_time() - start
            for step in steps:
                self.cpu = total * step.seconds / steps[-1].seconds
                yield step
            return
        while True:
            start = time.process_time()
            step = self.advance()
            self.cpu += time.process_time() - start
            if step is None:
                return
            yield step

    def _row(self, step):
        if step is not None:
            self._at = self.now
        row = self.measure(step, self.cpu)
        self.history.add(**row)
        return row

    def share(self, end):
        """How much of the run is done, as far as its grid or `end` says where that is."""
        return max(end.share(self), self.now / self.grid.end)

    def found(self):
        """What the history's `origin` says besides, once the run has ended."""
        return {} if self.ended is None else {"ended": self.ended}

    # ---- a checkpoint

    @property
    def resumable(self):
        """Whether the run can be stopped and go on."""
        return hasattr(self.loop, "state")

    def state(self):
        """All that the next step and row depend on, beside `follow`'s own, as a dict of arrays."""
        return self.loop.state()

    def restore(self, state):
        """Take `state` back."""
        self.loop.restore(state)

    def save(self):
        """The history, and beside it the checkpoint; each by way of a second file."""
        self.history.save()
        path, at = self.history.checkpoint, np.nan if self._at is None else self._at
        part = path.with_name(path.name + ".part.npz")
        np.savez(part, **self.state(), run=np.array([self.cpu, self.cost, self.index, len(self.history), at]))
        part.replace(path)

    def resume(self):
        """Go on where history and checkpoint were left."""
        self.history.load()
        with np.load(self.history.checkpoint) as file:
            state = dict(file)
        self.cpu, self.cost, index, rows, at = state.pop("run").tolist()
        self.index, self._at = int(index), None if np.isnan(at) else at
        self.history.cut(int(rows))
        self.restore(state)


def run(history, make, end, fresh=False, keep=False):
    """Make a run or finish it, with its history and checkpoints; nothing if it is stored.

    Parameters
    ----------
    history : History
    make : callable
        history → Course, standing at its beginning.
    end : End
    fresh : bool
        Start again, whatever is stored.
    keep : bool
        Keep the checkpoint after the end, so that a later call with another `end` goes on.

    Raises
    ------
    ValueError
        If what is stored was made with other settings.
    KeyboardInterrupt
        After Ctrl+C, when the step is done and the checkpoint written; its text says how to go on.
    """
    name = history.path.stem
    if history.complete() and not fresh:
        history.load()
        print(f"{name}: stored already; --fresh makes it again")
        return
    course = make(history)
    if history.path.exists() and not fresh:
        course.resume()
        print(f"{name}: going on after step {course.index}", flush=True)
    progress, saved = Progress(name), time.process_time()
    with Interrupts() as interrupts:
        for row in course.follow(end):
            progress.show(course.share(end), row)
            if course.resumable and (interrupts.asked or time.process_time() - saved > SAVE_EVERY):
                course.save()
                saved = time.process_time()
            if interrupts.asked:
                where = "goes on there" if course.resumable else "begins this run again, for it has no checkpoints"
                raise KeyboardInterrupt(f"{name} stopped after step {course.index}: the same command, without "
                                        f"--fresh, {where}.")
    history.origin |= course.found()
    course.save() if course.resumable else history.save()
    if not keep:
        history.checkpoint.unlink(missing_ok=True)
    progress.end(history, course.ended)


def rows(course, end):
    """The columns of a run that has no history of its own."""
    for _ in course.follow(end):
        pass
    return course.history.columns


def within(steps, cost):
    """The steps up to this cost; one that would end beyond it does not count."""
    for step in steps:
        if step.cost > cost:
            return
        yield step


def apart(old, new, by="index", columns=None):
    """Two histories of one run: {column: largest relative difference at the steps that both have}, and how many.

    Without `columns`, all but those that measure time are compared; numbers below 1e-3 count as 1e-3.
    """
    index, here, there = np.intersect1d(old[by], new[by], return_indices=True)
    differences = {}
    for name in columns or set(old) & set(new) - {by, "seconds", "cpu_seconds"}:
        a, b = np.asarray(old[name])[here], np.asarray(new[name])[there]
        differences[name] = float(np.nanmax(np.abs(b - a) / np.maximum(np.abs(a), 1e-3), initial=0.0))
    return differences, len(index)
