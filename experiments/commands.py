"""The command line of an experiment: --list, names, --fresh, --quick."""

import argparse
import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

import history

from hf_lib.notebook.streams import utf8_streams


@dataclass(frozen=True)
class Entry:
    """What a script can run.

    Attributes
    ----------
    name : str
        As on the command line.
    what, takes : str
        What it is, and what it takes: minutes, CPU seconds or gradient-equivalents (GE).
    files : tuple of str
        The histories it makes, as in data/runs without .npz.
    run : callable
        Takes the parsed arguments.
    quick : callable, optional
        Without arguments: repeats the beginning of what is stored, and says how far they are apart.
    """

    name: str
    what: str
    takes: str
    files: tuple = ()
    run: Callable | None = None
    quick: Callable | None = None

    def stored(self):
        """In one word."""
        there = sum((history.RUNS / f"{name}.npz").exists() for name in self.files)
        begun = any((history.RUNS / f"{name}.checkpoint.npz").exists() for name in self.files)
        return "begun" if begun else "stored" if there == len(self.files) else f"{there} of {len(self.files)}"


def add_list(parser, entries):
    """Give the parser --list, which prints every entry and ends; `entries` makes them, as they are asked for."""
    class List(argparse.Action):
        def __call__(self, *_):
            for entry in entries():
                print(f"{entry.name:30} {entry.stored() if entry.files else '':9} {entry.takes:22} {entry.what}")
            parser.exit()
    parser.add_argument("--list", nargs=0, action=List, help="what can be run, whether it is stored, what it takes")


def parser_of(doc, entries, stores=True):
    """A parser with --list, and with --fresh for what is stored. From here on the script can print λ."""
    utf8_streams()
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_list(parser, entries)
    if stores:
        parser.add_argument("--fresh", action="store_true", help="start again, whatever is stored")
    return parser


@contextlib.contextmanager
def interruptible():
    """Ctrl+C ends the script with one sentence."""
    try:
        yield
    except KeyboardInterrupt as stop:
        print(f"\n{stop}" if str(stop) else "\nStopped. The runs that had ended are stored; the same command, without "
              "--fresh, makes the rest.", file=sys.stderr)
        sys.exit(130)


def command_line(doc, entries, options=None, stores=True):
    """Run what the command line names, everything where it names nothing.

    Parameters
    ----------
    doc : str
        The script's docstring.
    entries : callable
        Without arguments: the entries in their order. A generator may need what earlier entries have made.
    options : callable, optional
        Adds the script's own options to the parser.
    stores : bool
        Whether there are histories, which --fresh makes again.
    """
    parser = parser_of(doc, entries, stores)
    parser.add_argument("names", nargs="*", help="which runs; all without")
    if any(entry.quick for entry in _first(entries)):
        parser.add_argument("--quick", action="store_true", help="the beginning of each, compared with what is stored")
    if options:
        options(parser)
    args = parser.parse_args()
    missing, known = set(args.names), []
    with interruptible():
        for entry in entries():
            known.append(entry.name)
            if not args.names or entry.name in args.names:
                missing.discard(entry.name)
                entry.quick() if getattr(args, "quick", False) else entry.run(args)
            if args.names and not missing:
                return
    if missing:
        near = [get_close_matches(name, known, 3, 0) for name in sorted(missing)]
        parser.error(f"no run is called {', '.join(sorted(missing))}; nearest: {', '.join(sum(near, []))}; "
                     "--list names them all")


def _first(entries):
    """The first entry only: later ones may not be known yet."""
    return [next(iter(entries()))]
