"""The beginning of every stored autoencoder run once more, in about ten minutes, held against what is stored.

    python experiments/autoencoders_quick.py
    python experiments/autoencoders_quick.py curves_hf --cpu-seconds 20

Each history knows the command that made it. It is given again with a small budget and another name;
rows of the same step are compared, and the short run is deleted.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
from history import RUNS, load

from hf_lib.notebook.streams import utf8_streams

SCRIPT = Path(__file__).with_name("autoencoders.py")
COMPARED = ("cost", "loss", "train", "test")


def stored():
    """Names, without their beginning, of the final runs in data/runs."""
    names = [path.stem.removeprefix("autoencoder_") for path in sorted(RUNS.glob("autoencoder_*.npz"))]
    return [name for name in names if not any(word in name for word in ("grid", "album", ".", "quick", "try"))]


def arguments(origin):
    """What stood behind the script's name, without what a short run does not need."""
    return [word for word in origin["command"].split()[2:] if word not in ("--album", "--fresh")]


def apart(old, new):
    """Column → the largest relative difference at the steps that both have; and how many these are."""
    index, here, there = np.intersect1d(old["index"], new["index"], return_indices=True)
    return {name: float(np.max(np.abs(new[name][there] / old[name][here] - 1))) for name in COMPARED}, len(index)


def again(name, cpu_seconds):
    """Repeat the beginning of a stored run: (differences, rows)."""
    old, origin = load(RUNS / f"autoencoder_{name}.npz")
    short = f"autoencoder_quick_{name}"
    try:
        subprocess.run([sys.executable, str(SCRIPT), *arguments(origin), "--fresh", "--name", short, "--cpu-seconds",
                        str(cpu_seconds)], check=True, stdout=subprocess.DEVNULL)
        return apart(old, load(RUNS / f"{short}.npz")[0])
    finally:
        for path in RUNS.glob(f"{short}*.npz"):
            path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="runs to repeat, as curves_hf; all that are stored when left out")
    parser.add_argument("--cpu-seconds", type=float, default=30, help="for each run")
    args = parser.parse_args()
    for name in args.names or stored():
        differences, rows = again(name, args.cpu_seconds)
        words = ", ".join(f"{column} {value:.0e}" for column, value in differences.items())
        print(f"{name:16} {rows:3} rows; largest relative difference: {words}", flush=True)


if __name__ == "__main__":
    utf8_streams()
    main()
