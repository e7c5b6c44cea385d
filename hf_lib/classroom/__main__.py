"""``python -m hf_lib.classroom COMMAND``: what `course.py` passes on, and the way in where there is no `.venv`."""

import importlib
import sys

from hf_lib.notebook.streams import utf8_streams

# A command is the module of that name in this folder: its `main(arguments)` returns the exit status, and the first
# line of `main`'s docstring says what it does.
COMMANDS = ("lab", "update", "reset", "progress", "grade", "sheet")


def command(name):
    """The function behind a command's name."""
    return importlib.import_module(f"{__package__}.{name}").main


def main(arguments):
    """Run one command; without any, list them. Returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print("The commands:\n")
        for name in COMMANDS:
            print(f"  python -m hf_lib.classroom {name:8} {command(name).__doc__.splitlines()[0]}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"There is no command {name!r}. The commands are: {', '.join(COMMANDS)}.")
        return 2
    return command(name)(rest)


if __name__ == "__main__":
    utf8_streams()
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
