"""When a row is due, and when a run ends."""

from dataclasses import dataclass

import numpy as np


class Grid:
    """When a row is due: where a quantity (an attribute of the step, or "cpu_seconds") passes certain points.

    Parameters
    ----------
    after : callable
        The value at the last row, or None before the first → the next point; ∞: no more, the run ends.
    of : str
    slack : float
        A point counts as passed so much before it, where sums are rounded.
    end : float
        The last point, if there is one.
    """

    def __init__(self, after, of="cost", slack=0.0, end=np.inf):
        self.after, self.of, self.slack, self.end = after, of, slack, end

    @classmethod
    def points(cls, values, of="cost"):
        """Rows at these rising values."""
        values = np.asarray(values, float)

        def after(last):
            at = 0 if last is None else np.searchsorted(values, last, side="right")
            return values[at] if at < len(values) else np.inf
        return cls(after, of, end=values[-1])

    @classmethod
    def log(cls, first, end, rows, of="cost"):
        """So many rows from `first` to `end`, even in the logarithm."""
        return cls.points(np.geomspace(first, end, rows), of)

    @classmethod
    def every(cls, apart, of="index"):
        """Rows at the multiples of `apart`."""
        return cls(lambda last: apart * (1 + (0 if last is None else last // apart)), of)

    @classmethod
    def growing(cls, apart, factor, of="cost"):
        """The first step, then where the quantity has grown by `factor`, at least by `apart`."""
        return cls(lambda last: -np.inf if last is None else max(last + apart, factor * last), of, slack=1e-6)

    def value(self, step, cpu):
        return cpu if self.of == "cpu_seconds" else getattr(step, self.of)


@dataclass(frozen=True)
class End:
    """A run ends as soon as it has reached one of these, or its grid has no more points, or the loop has ended."""

    cost: float = np.inf
    cpu_seconds: float = np.inf
    rows: float = np.inf
    steps: float = np.inf

    def share(self, course):
        """How much of this is reached: 1 at the end, 0 where there is none."""
        return max(course.cost / self.cost, course.cpu / self.cpu_seconds, len(course.history) / self.rows,
                   course.index / self.steps)
