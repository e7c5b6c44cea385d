"""Many runs in one history, each made once."""

import numpy as np
from progress import Progress


class Table:
    """Many runs in one history, told apart by the numbers in its key columns; none is made twice.

    Parameters
    ----------
    history : History
    keys : tuple of str
        Names of the columns that tell one run from another, such as ("problem", "method", "seed").
    runs : int
        How many there will be, for the progress line.
    fresh : bool
        Make again what is there; else what is stored is loaded.
    """

    def __init__(self, history, keys, runs, fresh=False):
        self.history, self.keys, self.runs = history, keys, runs
        if history.path.exists() and not fresh:
            history.load()
        self.progress = Progress(history.path.stem)

    def get(self, key, make):
        """The rows with this key, as a dict of arrays; where there are none, first made, and saved.

        Parameters
        ----------
        key : dict of numbers
            A value for each of `keys`.
        make : callable
            Without arguments: the run's columns, a dict of lists (or of numbers, for a run of one row).
        """
        at = self._rows(key)
        if not at.size:
            columns = {name: np.atleast_1d(values) for name, values in make().items()}
            rows = len(next(iter(columns.values()), ()))
            if rows == 0:
                raise ValueError(f"the run {key} has made no row")
            for i in range(rows):
                self.history.add(**key, **{name: values[i] for name, values in columns.items()})
            self.history.save()
            self.progress.show(self.made() / self.runs, key)
            at = self._rows(key)
        return {name: np.array(values)[at] for name, values in self.history.columns.items()}

    def made(self):
        """How many runs are stored."""
        return len(set(zip(*(self.history.columns.get(name, ()) for name in self.keys))))

    def _rows(self, key):
        if set(key) != set(self.keys):
            raise ValueError(f"key must have {', '.join(self.keys)}, got {', '.join(key)}")
        here = np.ones(len(self.history), bool)
        for name, value in key.items():
            here &= np.array(self.history.columns.get(name, ())) == value
        return np.flatnonzero(here)
