"""What runs in the child process of `judge_apart`: the task comes on stdin, a line for each answer goes back.

The child's own side of the limits: processor time, memory, files, programs, network.
"""

import importlib
import json
import os
import sys
import threading
import time

from .variants import drawn

REGISTRY = "hf_lib.exercises.registry"                      # where an exercise is found by its name
CAUSES = {                                                  # what Python announces (sys.addaudithook), and to whom
    "network": ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
                "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"),
    "programs": ("subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn",
                 "os.startfile", "os.kill", "os.killpg", "pty.spawn"),
    "files": ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
              "os.chown", "os.utime", "shutil.rmtree", "shutil.move", "shutil.copyfile"),
}
FORKS = sys.platform.startswith("linux")                    # macOS forks too, but not safely with its own libraries
SAID = 77                                                   # exit status: the outcome has been said
ENDED = "Python itself came to an end in this answer (`os._exit`, or a crash)."
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Channel:
    """The way back to the parent: the pipe that was stdout, which prints no longer reach."""

    def __init__(self):
        self.pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        self.lock = threading.Lock()

    def say(self, **what):
        with self.lock:
            print(json.dumps(what), file=self.pipe, flush=True)


def main():
    """Judge the answers of the task on stdin, one after the other.

    Where the system forks safely, each answer gets a process of its own: a copy of this one, in which hf_lib is
    imported already. Elsewhere they share this one, and the parent starts another when it is lost.
    """
    task = json.loads(sys.stdin.buffer.read())
    channel = Channel()
    answers = [(_find(name, task["variant"]), source) for name, source in task["sources"]]
    channel.say(ready=True)
    if not FORKS:
        watch = _confine(task, channel, last=True)
    for exercise, source in answers:
        if FORKS:
            _in_a_fork(exercise, source, task, channel)
        else:
            _judge_watched(exercise, source, watch, channel)
    os._exit(0)                                             # whatever threads an answer has left behind


def _in_a_fork(exercise, source, task, channel):
    process = os.fork()
    if process == 0:
        _judge_watched(exercise, source, _confine(task, channel, last=False), channel)
        os._exit(SAID)
    _, status = os.waitpid(process, 0)
    if os.waitstatus_to_exitcode(status) != SAID:
        channel.say(**incorrect("stopped", ENDED), last=False)


def _confine(task, channel, last):
    """Set the limits of this process; return the watch on its time."""
    _limit_memory(task["megabytes"])
    sys.addaudithook(_guard(os.path.realpath(task["folder"])))
    return Watch(task["seconds"], channel, last)


def _judge_watched(exercise, source, watch, channel):
    watch.restart()
    said = judge(exercise, source)
    watch.pause()
    channel.say(**said, last=False)


def _find(name, variant):
    """The exercise of that name, or its variant; None where there is none."""
    try:
        exercise = importlib.import_module(REGISTRY).find(name)
    except ValueError:
        return None
    return exercise if variant is None else drawn(exercise, variant)


def judge(exercise, source):
    """The verdict on one source text, as a dict."""
    if exercise is None:
        return incorrect("unknown exercise", "This course has no exercise of that name.")
    try:
        answer = exercise.compile(source)
    except KeyError as error:
        missing = error.args == (exercise.target,)
        return incorrect("not found", f"`{exercise.target}` is not defined there.") if missing else _raised(error)
    except SyntaxError as error:
        return incorrect("not Python", f"Python cannot read it: {error.msg} (line {error.lineno}).")
    except SystemExit:
        return incorrect("stopped", "It ends Python itself (`sys.exit`).")
    except BaseException as error:
        return _raised(error)
    try:
        verdict = exercise.check(answer)
    except BaseException as error:
        return _raised(error)
    return {"status": verdict.status, "diagnosis": verdict.diagnosis, "message": verdict.message[:2000],
            "details": [str(line)[:500] for line in verdict.details[:20]]}


def incorrect(diagnosis, message):
    return {"status": "incorrect", "diagnosis": diagnosis, "message": message, "details": ()}


def _raised(error):
    try:
        words = str(error).strip().splitlines()[:1]
    except BaseException:
        words = []
    return incorrect("raised an error", ": ".join([type(error).__name__, *words])[:200])


class Watch:
    """Ends the process when one answer has used up its processor time."""

    def __init__(self, seconds, channel, last):
        self.seconds, self.channel, self.last = seconds, channel, last
        self.began, self.lock = None, threading.Lock()
        threading.Thread(target=self._look, daemon=True).start()

    def restart(self):
        self.began = time.process_time()

    def pause(self):
        with self.lock:                                     # not while it says that time is up
            self.began = None

    def _look(self):
        while True:
            time.sleep(0.05)
            with self.lock:
                if self.began is not None and time.process_time() - self.began > self.seconds:
                    message = f"It was stopped after {self.seconds:g} s: does a loop never end?"
                    self.channel.say(**incorrect("stopped", message), last=self.last)
                    os._exit(SAID)


def _limit_memory(megabytes):
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    except (ImportError, OSError, ValueError):              # Windows has no such limit, macOS does not keep to it
        pass


def _guard(folder):
    """A hook that refuses what reaches out of the process or of its folder."""
    kinds = {event: kind for kind, events in CAUSES.items() for event in events}

    def hook(event, arguments):
        kind = kinds.get(event)
        if event == "open":
            path, _, flags = arguments
            if flags & WRITING and not _within(path, folder):
                raise PermissionError(f"an answer that is judged may not write to {path!r}")
        elif kind == "files":
            if not all(_within(path, folder) for path in arguments[:2] if isinstance(path, str | bytes | os.PathLike)):
                raise PermissionError(f"an answer that is judged may not change {arguments[0]!r}")
        elif kind:
            raise PermissionError(f"an answer that is judged has no {kind}: {event}")
    return hook


def _within(path, folder):
    """Whether a path leads into the folder (or to nowhere, as the null device does)."""
    if isinstance(path, int) or path == os.devnull:
        return True
    try:
        return os.path.commonpath([os.path.realpath(os.fsdecode(path)), folder]) == folder
    except ValueError:                                      # on another drive
        return False
