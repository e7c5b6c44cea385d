"""What every long run stores: its history, and how it was made."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import scipy

from hf_lib.datasets.runs import RUNS, load

ROOT = Path(__file__).resolve().parents[1]
if RUNS.parents[1] != ROOT:             # another copy of the course is installed: nothing is written into that one
    raise SystemExit(f"this script belongs to {ROOT}, and the hf_lib that Python finds to {RUNS.parents[1]}: "
                     f"set PYTHONPATH to {ROOT}")


class Columns:
    """Columns of numbers that grow by a row at a time."""

    def __init__(self):
        self.columns = {}

    def add(self, **row):
        """Append one number to each column; ValueError if the row has other columns than the rows before it."""
        if self.columns and set(row) != set(self.columns):
            raise ValueError(f"a row must have the columns {', '.join(self.columns)}, got {', '.join(row)}")
        for name, value in row.items():
            self.columns.setdefault(name, []).append(float(value))

    def __len__(self):
        return len(next(iter(self.columns.values()), ()))

    def last(self, name):
        return self.columns[name][-1]

    def cut(self, rows):
        """Forget what came after the first `rows` rows, when a checkpoint is older than the history."""
        self.columns = {name: values[:rows] for name, values in self.columns.items()}


class History(Columns):
    """Columns that are saved to data/runs/NAME.npz with where they come from.

    Parameters
    ----------
    name : str
        The file's name without .npz.
    seed : int, or list of int where the history holds several runs
    settings : dict
        Whatever the run was made with; must be what JSON can hold.
    command : str, optional
        What makes it again; the command line as it was given, without it.
    results : tuple of str
        Keys that the script adds to the settings at the end: `load` does not compare them.
    before : dict
        Settings that older histories do not state, and the values that they had.
    """

    def __init__(self, name, seed, settings, command=None, results=(), before=None):
        super().__init__()
        self.path = RUNS / f"{name}.npz"
        self.checkpoint = RUNS / f"{name}.checkpoint.npz"
        self._results, self._before = results, before or {}
        script = f"experiments/{Path(sys.argv[0]).name}"
        self.origin = {
            "command": command or " ".join(["python", script, *sys.argv[1:]]), "revision": _revision(), "seed": seed,
            "settings": json.loads(json.dumps(settings)), "python": platform.python_version(),
            "numpy": np.__version__, "scipy": scipy.__version__,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "threads": os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or "not limited",
        }

    def complete(self):
        """Whether it is stored and no checkpoint beside it says that the run had not ended."""
        return self.path.exists() and not self.checkpoint.exists()

    def save(self):
        """Write all columns, and `origin` as JSON; first to a second file, so that a crash harms nothing."""
        RUNS.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(self.path.stem + ".part.npz")
        np.savez_compressed(part, origin=np.array(json.dumps(self.origin)),
                            **{name: np.array(values) for name, values in self.columns.items()})
        part.replace(self.path)

    def load(self):
        """Take back the columns of a saved run with the same settings; ValueError if they differ."""
        columns, origin = load(self.path)
        for key, old, new in (("seed", origin["seed"], self.origin["seed"]),
                              ("settings", self._given(origin), self._given(self.origin))):
            if old != new:
                raise ValueError(f"{self.path.name} was made with {key} {old}, this run has {new}: "
                                 "give another --name, or --fresh")
        self.columns = {name: list(values) for name, values in columns.items()}

    def _given(self, origin):
        return {key: value for key, value in {**self._before, **origin["settings"]}.items() if key not in self._results}


def _revision():
    try:
        run = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True,
                             cwd=Path(__file__).parent, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return run.stdout.strip()
