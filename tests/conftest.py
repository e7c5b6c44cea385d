"""What every test shares. The markers `slow` and `browser` are declared in pyproject.toml."""
import os

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are drawn into memory, never into a window
