"""What every test shares. The markers `slow` and `browser` are declared in pyproject.toml."""
import os
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are drawn into memory, never into a window

# Doctests are collected from every module that pytest meets; the tests' own helpers are not for it to import.
collect_ignore = [str(path) for path in Path(__file__).parent.rglob("*.py") if not path.name.startswith("test_")]
