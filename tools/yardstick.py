"""How fast is this machine at this moment? A fixed piece of work, to judge other times by.

A limit in seconds means a reader's machine with nothing else to do. Where the yardstick takes
longer than there, on an old machine or beside other programs, the limit grows as much.
"""
from __future__ import annotations

import io
import sys
import time
from statistics import median

import numpy as np
from matplotlib.figure import Figure

# Time for which a thread waits for a core is not counted where the system knows it: nor is it in a cell's time.
CLOCK = time.thread_time if sys.platform == "linux" else time.perf_counter
REFERENCE = 0.06  # seconds of `work` on the machine that limits are meant for: two cores, 2.5 GHz, quiet


def work() -> None:
    """What the course's cells do: matrix products, Python, a plot."""
    a = np.ones((160, 160), np.float32)  # too small for OpenBLAS to wake a second thread that may wait for a core
    for _ in range(400):
        a @ a
    total = 0
    for i in range(200_000):
        total += i * i
    figure = Figure((6, 4))
    x = np.linspace(-1, 1, 80)
    figure.subplots().contour(x, x, x[:, None] ** 2 + x**2, 14)
    figure.savefig(io.BytesIO(), format="png")


def seconds(clock=CLOCK, rounds: int = 3) -> float:
    """The median time of `work`."""
    times = []
    for _ in range(rounds):
        start = clock()
        work()
        times.append(clock() - start)
    return median(times)


def slowness(clock=CLOCK) -> float:
    """How many times longer this machine takes than the one that limits are meant for, at least 1."""
    return max(1.0, seconds(clock) / REFERENCE)
