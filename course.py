#!/usr/bin/env python3
"""The course in one command: `python3 course.py lab` opens it, `python3 course.py test` checks it.

Needs nothing but Python's standard library. On first use it makes a private environment in `.venv`, beside
this file, and installs the course's packages there; after that it starts at once. Deleting `.venv` undoes
everything. (This file avoids newer syntax, so that an old Python can still read it and say what is wrong.)
"""
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "course-installed.json"  # what was installed last, and from which pyproject.toml
OLDEST_PYTHON = (3, 11)


# The commands ------------------------------------------------------------------------------------

def lab(arguments):
    """open the course in JupyterLab (--no-browser: only print the address)"""
    prepare("lab")
    say("Starting JupyterLab; Ctrl+C in this window ends it.")
    start = "notebooks/00_start_here.ipynb"
    return inside("-m", "jupyterlab", f"--ServerApp.root_dir={HERE}", *arguments, start)


def test(arguments):
    """run the tests (--quick: without the slow ones; more arguments go to pytest)"""
    prepare("test")
    quick = ["-m", "not slow and not browser"] if "--quick" in arguments else []
    passed_on = [argument for argument in arguments if argument != "--quick"]
    workers = str(min(2, os.cpu_count() or 1))
    one_thread_each = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
    pytest = ["-m", "pytest", "-n", workers, "--dist", "loadfile"]
    return inside(*pytest, *quick, *passed_on, environment=one_thread_each)


def run(arguments):
    """execute the notebooks without a browser and say which cell failed"""
    prepare("test")
    return inside("tools/run_notebooks.py", *arguments)


def clean(arguments):
    """strip the notebooks of outputs, as they are committed"""
    prepare("test")
    return inside("tools/clean_notebooks.py", *arguments)


COMMANDS = {command.__name__: command for command in (lab, test, run, clean)}


# The environment ---------------------------------------------------------------------------------

def prepare(*extras):
    """Make `.venv` if need be, and install the course with `extras` unless that is already so."""
    source = (HERE / "pyproject.toml").read_bytes() + str(HERE).encode()  # a moved folder counts as changed
    fingerprint = hashlib.sha256(source).hexdigest()
    stamp = read_stamp()
    works = answers("-c", "")
    if works and stamp["fingerprint"] == fingerprint and set(extras) <= set(stamp["extras"]):
        return
    if not works:
        make_venv()
    if not answers("-m", "pip", "--version"):
        answers("-m", "ensurepip")
    wanted = sorted(set(extras) | set(stamp["extras"]))
    install(wanted)
    STAMP.write_text(json.dumps({"fingerprint": fingerprint, "extras": wanted}), encoding="utf-8")


def read_stamp():
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # never installed, or interrupted while writing
        return {"fingerprint": None, "extras": []}


def make_venv():
    if sys.version_info < OLDEST_PYTHON:
        here, needed = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST_PYTHON))
        sys.exit(f"This is Python {here}, but the course needs Python {needed} or newer: "
                 "install one and start course.py with it.")
    try:
        import ensurepip  # noqa: F401  (Debian and Ubuntu ship it apart, and venv needs it)
        import venv
    except ImportError:
        sys.exit("Python's venv module is missing: install it (on Debian and Ubuntu by "
                 "`sudo apt install python3-venv`) and try again.")
    say(f"Making a private Python environment in {VENV}")
    try:
        venv.create(VENV, with_pip=True, clear=True, symlinks=os.name != "nt")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The environment {VENV} could not be made ({error}): delete that folder, see that this one "
                 "can be written to and the disk has room, and try again.")


def install(extras):
    """Let pip install the course from this folder, naming each package as it comes."""
    target = ".[{}]".format(",".join(extras)) if extras else "."
    say("Installing the course's packages (the first time: a few hundred megabytes, a few minutes)")
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--editable", target]
    log = []
    with subprocess.Popen(command, cwd=str(HERE), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace") as pip:
        for line in pip.stdout:
            log.append(line)
            step = re.match(r"Collecting [\w.-]+|Installing collected packages|WARNING: Retrying", line)
            if step:
                say(f"  {step.group()}")
    if pip.returncode == 0:
        return
    if re.search("ConnectionError|NameResolution|Timeout|ProxyError|Network is unreachable", "".join(log)):
        sys.exit("The packages could not be fetched: check the network (or the proxy) and try again.")
    sys.exit("".join(log[-20:]) + "The packages could not be installed; pip's last words above say why.")


def answers(*arguments):
    """Whether the environment's Python is there and can do this."""
    if not PYTHON.exists():
        return False
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call([str(PYTHON), *arguments], **quiet) == 0


def inside(*arguments, environment=None):
    """Run the environment's Python in the course's folder and return its exit status."""
    variables = {**os.environ, **(environment or {})}
    with subprocess.Popen([str(PYTHON), *arguments], cwd=str(HERE), env=variables) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # Ctrl+C reached the child too, which ends in its own way
                continue


# The front door ----------------------------------------------------------------------------------

def say(text):
    print(text, flush=True)


def main(arguments):
    if not (HERE / "pyproject.toml").is_file():
        sys.exit("course.py has to stay in the course's folder, beside pyproject.toml: get the whole folder.")
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        say("The commands of the course:\n")
        for name, command in COMMANDS.items():
            say(f"  python3 course.py {name:6} {command.__doc__}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        say(f"There is no command {name!r}. The commands are: {', '.join(COMMANDS)}.")
        return 2
    return COMMANDS[name](rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped; what is missing is made next time.")
