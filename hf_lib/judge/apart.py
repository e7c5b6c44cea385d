"""Answers judged in a process of their own, with limits: nothing they do reaches the caller.

`judge_apart` is the caller's side; what runs in the child is in `inside_child.py`. The limits guard against
accidents (an endless loop, a deleted file, a flood of prints), not against malice: whoever wants to get out of a
Python process can. Judge answers of people you do not trust in a container.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from .inside_child import ENDED

ROOT = Path(__file__).resolve().parents[2]                 # the folder that holds hf_lib
START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from hf_lib.judge.inside_child import main; main()"
STARTING = 120.0                                            # seconds by the clock for the imports, at worst
PATIENCE = 4                                                # the clock's limit, in limits of processor time
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Outcome:
    """What became of one answer that was judged apart.

    Attributes
    ----------
    exercise : str
        ``"ch06.q1"``.
    status : {"correct", "not attempted", "incorrect"}
    diagnosis : str
        As in a `Verdict`; "stopped" where the answer came to no verdict (too slow, or its process ended).
    message : str
        One sentence for the reader.
    details : tuple of str
    source : str
        The text that was judged.
    """

    exercise: str
    status: str
    diagnosis: str
    message: str
    details: tuple[str, ...]
    source: str


def judge_apart(sources, seconds=10.0, megabytes=2048, variant=None):
    """Judge answers, given as source texts, one after the other in a child process.

    The child works in a temporary folder, which is deleted, with no input and no network; it may neither start
    programs nor change files elsewhere, and what it prints is lost. An answer that is stopped costs no other its
    verdict: a new child goes on with the next. On Linux each answer has a process of its own, a copy of the child;
    elsewhere the answers of one call share it, so call it once a person.

    Parameters
    ----------
    sources : sequence of (str, str)
        Name of the exercise, and the text of everything that the answer needs beside ``np``.
    seconds : float
        Limit of an answer in processor time; by the clock it may take four times as long, so that a busy
        machine stops no right answer.
    megabytes : int
        Limit of the child's address space, where the system has such limits (Linux).
    variant : int, optional
        Judge by the sealed variant of this number; see `variants.drawn`.

    Returns
    -------
    list of Outcome
        In the order of ``sources``. Nothing is raised, whatever the answers do.

    Notes
    -----
    A child takes about a second to start (it imports hf_lib), so judge many answers by one call.
    """
    sources = list(sources)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="hf_answers_", ignore_cleanup_errors=True) as folder:
        while len(outcomes) < len(sources):
            task = {"sources": sources[len(outcomes):], "seconds": seconds, "megabytes": megabytes,
                    "folder": folder, "variant": variant}
            outcomes += _by_one_child(task)
    return outcomes


def _by_one_child(task):
    """Outcomes of the first sources, at least of one: as far as a single child gets."""
    sources, patience = task["sources"], PATIENCE * task["seconds"]
    try:
        child = _start(task["folder"])
    except OSError as error:
        return [_stopped(source, f"The process that judges could not be started: {error}") for source in sources]
    lines = queue.Queue()
    talk = threading.Thread(target=_talk, args=(child, json.dumps(task), lines), daemon=True)
    talk.start()
    outcomes = []
    try:
        if "ready" not in _next(lines, STARTING):
            why = "The process that judges did not get ready: is this installation complete?"
            return [_stopped(source, why) for source in sources]
        for source in sources:
            said = _next(lines, patience)
            if "ended" in said:
                return [*outcomes, _stopped(source, ENDED)]
            if not said:
                return [*outcomes, _stopped(source, f"It was stopped after {patience:g} s by the clock.")]
            outcomes.append(Outcome(source[0], said["status"], said["diagnosis"], said["message"],
                                    tuple(said["details"]), source[1]))
            if said["last"]:
                break
        return outcomes
    finally:
        _end(child)
        talk.join(timeout=5)


def _stopped(source, why):
    return Outcome(source[0], "incorrect", "stopped", why, (), source[1])


def _start(folder):
    """A child in a process group of its own; -I keeps the folder it works in off its path."""
    path = [str(ROOT), *(str(Path(entry).absolute()) for entry in sys.path if entry)]
    own_group = ({"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt"
                 else {"start_new_session": True})
    variables = {**os.environ, **ONE_THREAD, "MPLBACKEND": "agg", "TMPDIR": folder, "TEMP": folder, "TMP": folder}
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", START, json.dumps(path)], cwd=folder, env=variables,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **own_group)


def _talk(child, task, lines):
    """Hand over the task, and collect what the child says, until it ends."""
    try:
        with child.stdin:
            child.stdin.write(task.encode())
    except OSError:                                         # it has ended early
        pass
    with child.stdout:
        for line in child.stdout:
            lines.put(line)
    lines.put(b'{"ended": true}')


def _next(lines, seconds):
    """What the child says next, as a dict; an empty one if it says nothing in time."""
    while True:
        try:
            return json.loads(lines.get(timeout=seconds))
        except queue.Empty:
            return {}
        except ValueError:                                  # an answer has found the way back and written to it
            continue


def _end(child):
    """End the child with everything that it has started, and wait for it."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except OSError:                                     # it has ended by itself
            pass
    child.kill()
    child.wait()
