"""What a person who waits sees and does: a line with the time left, and Ctrl+C."""

import signal
import sys
import time

SILENT = 60                     # seconds between two lines where stderr is a file


class Progress:
    """One line on stderr: name, share done, time left, the newest numbers."""

    def __init__(self, name):
        self.name, self.first, self.words = name, None, ""
        self.started = self.shown = time.monotonic()

    def show(self, share, row=None):
        """`share` of the work is done, 0 where it is not known; `row` are numbers to show, as a dict."""
        now = time.monotonic()
        if self.first is None:
            self.first = share                               # of a run that goes on: done before
        if row:
            self.words = "  ".join(f"{name} {value:.4g}" for name, value in list(row.items())[:8])
        terminal = sys.stderr.isatty()
        if now - self.shown < (0.5 if terminal else SILENT):
            return
        left = ""
        if share > self.first:
            rest = (now - self.started) * max(1 - share, 0) / (share - self.first)
            left = f"  {100 * share:3.0f} %  {_time(rest)} left"
        line = f"{self.name}{left}  {self.words}"
        print(f"\r{line[:118]:118}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)
        self.shown = now

    def end(self, history, reason=None):
        """The last row on stdout, and why the loop ended if it did by itself."""
        if sys.stderr.isatty():
            print(f"\r{'':118}\r", end="", file=sys.stderr, flush=True)
        words = "  ".join(f"{name} {values[-1]:.4g}" for name, values in history.columns.items())
        print(f"{self.name}: {words}" + (f"  (ended: {reason})" if reason else ""), flush=True)


def _time(seconds):
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


class Interrupts:
    """Inside, the first Ctrl+C only sets `asked`, so that a step can be finished; the second one interrupts at once."""

    def __enter__(self):
        self.asked = False
        try:
            self._old = signal.signal(signal.SIGINT, self._ask)
        except ValueError:                                  # not in the main thread: left as it is
            self._old = None
        return self

    def _ask(self, number, frame):
        self.asked = True
        signal.signal(signal.SIGINT, self._old)

    def __exit__(self, *error):
        if self._old is not None:
            signal.signal(signal.SIGINT, self._old)
