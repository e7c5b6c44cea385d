"""The beginning of every stored autoencoder run once more, in about ten minutes, compared with what is stored.

    python experiments/autoencoders_quick.py
    python experiments/autoencoders_quick.py curves_hf --cpu-seconds 20

Each history knows the command that made it. It is given again with a small budget and another name;
rows of the same step are compared, and the short run is deleted.
"""

import subprocess
import sys
from pathlib import Path

import runner
from commands import Entry, command_line
from history import RUNS, load

SCRIPT = Path(__file__).with_name("autoencoders.py")
COMPARED, SECONDS = ("cost", "loss", "train", "test"), 30


def stored():
    """Names, without their beginning, of the final runs in data/runs."""
    names = [path.stem.removeprefix("autoencoder_") for path in sorted(RUNS.glob("autoencoder_*.npz"))]
    return [name for name in names if not any(word in name for word in ("grid", "album", ".", "quick", "try"))]


def arguments(origin):
    """What stood behind the script's name, without what a short run does not need."""
    return [word for word in origin["command"].split()[2:] if word not in ("--album", "--fresh")]


def apart(old, new):
    """Column → the largest relative difference at the steps that both have; and how many these are."""
    return runner.apart(old, new, columns=COMPARED)


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


def show(name, cpu_seconds):
    differences, rows = again(name, cpu_seconds)
    words = ", ".join(f"{column} {value:.0e}" for column, value in differences.items())
    print(f"{name:16} {rows:3} rows; largest relative difference: {words}", flush=True)


def entries():
    for name in stored():
        yield Entry(name, f"the beginning of autoencoder_{name} again", f"{SECONDS} CPU s", (f"autoencoder_{name}",),
                    lambda args, name=name: show(name, args.cpu_seconds))


def main():
    command_line(__doc__, entries, stores=False, options=lambda parser: parser.add_argument(
        "--cpu-seconds", type=float, default=SECONDS, help="for each run"))


if __name__ == "__main__":
    main()
