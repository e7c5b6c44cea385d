"""Histories of the long runs, as the scripts in experiments/ have stored them in data/runs/."""

import json
from difflib import get_close_matches
from pathlib import Path

import numpy as np

RUNS = Path(__file__).resolve().parents[2] / "data" / "runs"


def run(name):
    """A stored history: its columns and where it comes from.

    Parameters
    ----------
    name : str
        One of `runs()`, such as "race_sine".

    Returns
    -------
    columns : dict of ndarray
        One array a measured quantity, with an entry for each row of the history.
    origin : dict
        The command that made it, the git revision, seed, settings, versions and machine.

    Raises
    ------
    TypeError, ValueError
        If `name` is no text, or no stored history has it; the message names those that come nearest.

    Examples
    --------
    >>> columns, origin = run("race_sine")
    >>> origin["command"]
    'python experiments/race.py sine'
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a text such as 'race_sine', got {type(name).__name__}")
    if name not in (known := runs()):
        raise ValueError(f"name: no stored history is called {name!r}, expected one of "
                         f"{', '.join(get_close_matches(name, known, 5, 0) or known)}; hf.datasets.runs() lists all")
    return load(RUNS / f"{name}.npz")


def runs(prefix=""):
    """The names of all stored histories that begin with `prefix`, in alphabetical order."""
    names = sorted(path.stem for path in RUNS.glob("*.npz"))
    return [name for name in names if name.startswith(prefix) and not name.endswith((".part", ".checkpoint"))]


def load(path):
    """Columns (name → array) and origin (dict) of the history in that file."""
    with np.load(path) as file:
        origin = json.loads(str(file["origin"])) if "origin" in file.files else {}     # an album has none of its own
        return {name: file[name] for name in file.files if name != "origin"}, origin
