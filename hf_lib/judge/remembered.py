"""What `check` found correct is kept in the reader's folder, as `answers.json`: the text, and what it needs.

The file is one for all exercises. A kernel that keeps an answer reads it, adds its own and replaces it, under a lock,
so kernels that work at the same time lose nothing. Where nobody reads (tests, tools, scripts) nothing is kept.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from IPython import get_ipython

from . import files
from .definitions import Missing
from .live_text import live_text

VARIABLE = "HF_MY_COURSE"                                  # names the folder; set by `course.py lab`
NAME, LOCK, ASIDE, ORIGIN = "answers.json", ".answers.lock", "kept", ".origin"
VERSION = 1


@dataclass(frozen=True)
class Kept:
    """One answer that was found correct.

    Attributes
    ----------
    exercise : str
    when : datetime
        When it was first found correct.
    text : str
        All that it needs; empty where that could not be written down.
    note : str
        Why it could not be: "uses `net`, which …"; else empty.
    """

    exercise: str
    when: datetime
    text: str
    note: str = ""

    @property
    def day(self):
        return spoken_day(self.when)


def spoken_day(when):
    """A date as it is read out: "28 November 2026" (`strftime` would give the month in the system's language)."""
    months = ("January February March April May June July August September October November December").split()
    return f"{when.day} {months[when.month - 1]} {when.year}"


def folder():
    """The folder of the reader who works in this notebook, or None: where nobody does, and away from `my_course`.

    It is the one above the working folder that holds the record of its copies, or else the one that
    `HF_MY_COURSE` names.
    """
    if get_ipython() is None:
        return None
    try:
        here = Path.cwd()
        for place in (here, *here.parents):
            if (place / ORIGIN).is_dir():
                return place
        named = os.environ.get(VARIABLE)
        return Path(named) if named and Path(named).is_dir() else None
    except OSError:                                        # the working folder is gone
        return None


def kept_in(place):
    """The kept answers of a folder, by name; and a sentence where the file is damaged, else ""."""
    try:
        entries = _entries(Path(place) / NAME)
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError) as error:
        return {}, f"`{Path(place).name}/{NAME}` {error}"
    answers = {name: _answer(name, entry) for name, entry in entries.items()}
    return {name: answer for name, answer in answers.items() if answer}, ""


def keep(exercise, answer, place=None):
    """Keep an answer that was found correct; return a sentence where that did not work, else "".

    An answer whose text stands there already stays as it is; one whose text cannot be had leaves an earlier one
    with its text alone. A damaged file is moved to the folder `kept` first.

    Parameters
    ----------
    exercise : Exercise
    answer : object
    place : Path, optional
        The reader's folder; else what `folder` says. Without one, nothing is kept.
    """
    place = place or folder()
    if place is None:
        return ""
    try:
        try:
            text, note = live_text(answer, exercise.target), ""
        except Missing as missing:
            text, note = "", str(missing)
        return keep_text(exercise.name, text, note, place)
    except Exception as error:                             # whatever it is, the verdict on the answer stands
        return f"It was not kept in {NAME}: {type(error).__name__}: {error}"


def keep_text(name, text, note, place):
    """Keep a text as the answer to the exercise of that name; as `keep`."""
    place = Path(place)
    try:
        with files.locked(place / LOCK):
            try:
                entries, said = _entries(place / NAME), ""
            except FileNotFoundError:
                entries, said = {}, ""
            except ValueError as error:
                aside = files.copy_aside(place / NAME, place / ASIDE)
                entries, said = {}, f"`{NAME}` {error}: it lies now as `{ASIDE}/{aside.name}`, and a new one was begun."
            before = _answer(name, entries.get(name))
            if before is None or text and before.text != text:
                now = datetime.now().isoformat(timespec="seconds")
                lines = text.rstrip("\n").split("\n") if text else []
                entries[name] = {"correct": now, "text": lines, **({"without_text": note} if note else {})}
                content = {"version": VERSION, "answers": dict(sorted(entries.items()))}
                files.replace(place / NAME, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
            return said
    except OSError as error:
        return f"It was not kept in {NAME}: {error}"


def _entries(path):
    """The entries as they stand in the file. Raises ValueError with what is wrong, to be read behind its name."""
    content = path.read_bytes()
    try:
        whole = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError("is damaged" if content.strip() else "is empty") from None
    entries = whole.get("answers") if isinstance(whole, dict) else None
    if not isinstance(entries, dict):
        raise ValueError("is damaged")
    if whole.get("version") != VERSION:
        raise ValueError(f"is of version {whole.get('version')!r}, and this course knows version {VERSION}")
    return entries


def _answer(name, entry):
    """One entry as a `Kept`; None where it is not of the form that `keep_text` writes."""
    try:
        if not isinstance(entry["text"], list):
            return None
        text = "\n".join(entry["text"]) + "\n" if entry["text"] else ""
        return Kept(name, datetime.fromisoformat(entry["correct"]), text, str(entry.get("without_text", "")))
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
