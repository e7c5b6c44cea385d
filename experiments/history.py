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


class History:
    """Columns that grow by a row a step, saved to data/runs/NAME.npz with where they come from.

    Parameters
    ----------
    name : str
        The file's name without .npz.
    seed : int
    settings : dict
        Whatever the run was made with; must be what JSON can hold.
    """

    def __init__(self, name, seed, settings):
        self.path = RUNS / f"{name}.npz"
        self.columns = {}
        script = f"experiments/{Path(sys.argv[0]).name}"
        self.origin = {
            "command": " ".join(["python", script, *sys.argv[1:]]), "revision": _revision(), "seed": seed,
            "settings": settings, "python": platform.python_version(), "numpy": np.__version__,
            "scipy": scipy.__version__, "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        }

    def add(self, **row):
        """Append one number to each column."""
        for name, value in row.items():
            self.columns.setdefault(name, []).append(float(value))

    def last(self, name):
        return self.columns[name][-1]

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
        for key in ("settings", "seed"):
            if origin[key] != self.origin[key]:
                raise ValueError(f"{self.path.name} was made with {key} {origin[key]}, this run has "
                                 f"{self.origin[key]}: give another --name, or --fresh")
        self.columns = {name: list(values) for name, values in columns.items()}

    def cut(self, rows):
        """Forget what came after the first `rows` rows, when a checkpoint is older than the history."""
        self.columns = {name: values[:rows] for name, values in self.columns.items()}


def _revision():
    try:
        run = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True,
                             cwd=Path(__file__).parent, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return run.stdout.strip()
