#!/usr/bin/env python3
"""The course in one command: `python3 course.py lab` opens it, `python3 course.py test` checks it.

Needs nothing but Python's standard library. On first use it makes a private environment in `.venv`, beside
this file, and installs the packages that the course needs there; after that it starts at once, without a
network and wherever the folder has been moved. Deleting `.venv` undoes everything. (This file avoids newer
syntax, so that an old Python can still read it and say what is wrong.)
"""
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "course-installed.json"  # what was installed last, and from which pyproject.toml
OLDEST_PYTHON = (3, 11)
MADE_HERE = {".git", ".venv", ".pytest_cache", ".hypothesis", ".ruff_cache", "__pycache__", "artefacts", "book",
             "build", "my_course", "wheels"}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # of NumPy's matrix products


# The commands ------------------------------------------------------------------------------------

def lab(arguments):
    """open your own copies of the notebooks in JupyterLab (--no-browser: only print the address)"""
    prepare("lab")                                         # before the words on what starts
    say("Starting JupyterLab; Ctrl+C in this window ends it.")
    return classroom("lab", *arguments)


def update(arguments):
    """bring your copies to the course's new text; your answers and cells stay (`lab` does it too)"""
    return classroom("update", *arguments)


def reset(arguments):
    """make a fresh copy of a chapter, as in `reset 07`; yours is set aside"""
    return classroom("reset", *arguments)


def progress(arguments):
    """show what you have solved, a line a chapter (--sheet NAME: also as a page to print)"""
    return classroom("progress", *arguments)


def grade(arguments):
    """judge a class's notebooks, as in `grade FOLDER`: a table, and the commonest mistakes"""
    return classroom("grade", *arguments, folder=Path.cwd())


def sheet(arguments):
    """write a chapter's exercises, as in `sheet 07`: a page to print, and an empty notebook"""
    return classroom("sheet", *arguments, folder=Path.cwd())


def book(arguments):
    """write the notebooks as pages whose pictures move without a kernel, in `book` (--pdf: also to print)"""
    prepare("book", *(["test"] if "--check" in arguments else []))
    return inside("tools/make_book.py", *arguments, environment=dict.fromkeys(THREADS, "1"))


def slides(arguments):
    """write the notebooks as slides with moving pictures, in `book/slides` (as in `slides 07`; --check)"""
    prepare("book", *(["test"] if "--check" in arguments else []))
    return inside("tools/make_slides.py", *arguments, environment=dict.fromkeys(THREADS, "1"))


def test(arguments):
    """run the tests (--quick: without the slow ones; more arguments go to pytest)"""
    prepare("test", "book")
    quick = ["-m", "not slow and not browser"] if "--quick" in arguments else []
    passed_on = [argument for argument in arguments if argument != "--quick"]
    workers = str(min(3, 1 + (os.cpu_count() or 1)))       # one more than two cores: a browser test often waits
    # Files in the order of tests/conftest.py: the longest first.
    pytest = ["-m", "pytest", "-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    return inside(*pytest, *quick, *passed_on, environment=dict.fromkeys(THREADS, "1"))


def run(arguments):
    """execute the notebooks without a browser and say which cell failed"""
    prepare("test")
    return inside("tools/run_notebooks.py", *arguments)


def clean(arguments):
    """strip the notebooks of outputs, as they are committed"""
    prepare("test")
    return inside("tools/clean_notebooks.py", *arguments)


def stick(arguments):
    """fill a USB stick for rooms without a network, as in `stick FOLDER`: the course and its packages"""
    if len(arguments) != 1:
        sys.exit("Name the folder to fill, as in `python3 course.py stick FOLDER`.")
    folder = Path(arguments[0]).resolve()
    if HERE in (folder, *folder.parents):
        sys.exit(f"{folder} lies within the course, which is to be copied into it: choose a folder elsewhere.")
    prepare("lab")
    copy = folder / "hessian-free"
    copytree(HERE, copy, ignore=left_behind, dirs_exist_ok=True)
    status = inside("-m", "pip", "download", "--disable-pip-version-check", "--only-binary", ":all:",
                    "--constraint", "locks/classroom.txt", "--dest", str(copy / "wheels"), *requirements(["lab"]))
    if status == 0:
        (folder / "INSTALL.txt").write_text(FROM_THE_STICK, encoding="utf-8")
        say(f"{folder} is ready; INSTALL.txt in it has the lines for each system.")
    return status


def left_behind(folder, names):
    """What no copy of the course needs: what was made on this machine, and its owner's answers."""
    made = MADE_HERE if Path(folder) == HERE else {"__pycache__", ".ipynb_checkpoints"}
    return made & set(names)


def classroom(*arguments, folder=HERE):
    """Pass a command on to the library, which has it for those without `.venv` too: python -m hf_lib.classroom."""
    prepare("lab")
    return inside("-m", "hf_lib.classroom", *arguments, environment=kernel_threads(), folder=folder)


def kernel_threads():
    """The variables that keep matrix products from sharing a core, unless the user has set any of them.

    OpenBLAS starts a thread for every core it sees, and at each product they wait for one another. With the
    course's small matrices that is slower than one thread as soon as any of them has to share its core with
    the browser or another program: ten steps on chapter 00's digits took 4.9 s so and 1.9 s with one thread
    on two shared cores, and 20.7 s against 1.3 s on busier ones. Half the cores it sees are about the
    physical ones where each counts twice, and leave room for the browser elsewhere; beyond four there is
    little to gain; on a machine that is busy already, one.
    """
    if any(os.environ.get(name) for name in THREADS):
        return {}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > cores / 2
    return dict.fromkeys(THREADS, "1" if busy else str(max(1, min(4, cores // 2))))


FROM_THE_STICK = """\
The course without a network. Needed: Python 3.11 or newer, of the same system and version (as 3.12) as where
this stick was filled; fill it there again for another one, into the same folder.
Open a terminal in this folder and type the two lines for your system. Next time the second is enough, in
~/hessian-free (on Windows: hessian-free in your own folder).

macOS, Linux:
cp -R hessian-free ~ && cd ~/hessian-free
PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels python3 course.py lab

Windows, PowerShell:
Copy-Item -Recurse hessian-free $HOME; cd $HOME\\hessian-free
$env:PIP_NO_INDEX="1"; $env:PIP_FIND_LINKS="wheels"; py course.py lab

Windows, Command Prompt:
xcopy /E /I /Q hessian-free "%USERPROFILE%\\hessian-free" && cd /D "%USERPROFILE%\\hessian-free"
set "PIP_NO_INDEX=1" && set "PIP_FIND_LINKS=wheels" && py course.py lab
"""

COMMANDS = {command.__name__: command
            for command in (lab, update, reset, progress, grade, sheet, stick, book, slides, test, run, clean)}


# The environment ---------------------------------------------------------------------------------

def prepare(*extras):
    """Make `.venv` if need be, and install what the course and its `extras` need unless that is already so."""
    fingerprint = hashlib.sha256((HERE / "pyproject.toml").read_bytes()).hexdigest()
    stamp = read_stamp()
    works = answers("-c", "")
    if works and stamp["fingerprint"] == fingerprint and set(extras) <= set(stamp["extras"]):
        return
    if sys.version_info < OLDEST_PYTHON:
        here, needed = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST_PYTHON))
        sys.exit(f"This is Python {here}, but the course needs Python {needed} or newer: "
                 "install one and start course.py with it.")
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
    """Let pip install what pyproject.toml asks for, naming each package as it comes, and make hf_lib importable."""
    say("Installing the course's packages (the first time: a few hundred megabytes, a few minutes)")
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *requirements(extras)]
    log = []
    with subprocess.Popen(command, cwd=str(HERE), env=variables(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace") as pip:
        for line in pip.stdout:
            log.append(line)
            step = re.match(r"Collecting [\w.-]+|Installing collected packages|WARNING: Retrying", line)
            if step:
                say(f"  {step.group()}")
    if pip.returncode != 0:
        sys.exit(why_pip_failed(log))
    link()


def requirements(extras):
    """What pyproject.toml asks for, as pip takes it."""
    import tomllib
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]


def link():
    """Let the environment's Python find hf_lib in this folder.

    The line in the .pth file is relative to where it lies, so that it holds wherever the folder is moved. (pip's
    editable installation would write the folder's own path, and needs the network to do so again.)
    """
    packages = VENV / "Lib" / "site-packages" if os.name == "nt" else next(VENV.glob("lib/python3*/site-packages"))
    up = "/".join([".."] * len(packages.relative_to(HERE).parts))
    (packages / "hessian_free_course.pth").write_text(up + "\n", encoding="utf-8")


def why_pip_failed(log):
    """One sentence where the way to the packages is the reason; else pip's own last words."""
    text = "".join(log)
    # A proxy's address may hold a password, which is nobody's business.
    address = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""
    proxy = f"HTTPS_PROXY is {re.sub('//.*@', '//…@', address)}" if address else "HTTPS_PROXY is not set"
    if re.search("CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError", text):
        return ("The packages could not be fetched: a certificate on the way is not one that Python trusts, as behind "
                f"a proxy with a certificate of its own ({proxy}). Set PIP_CERT or SSL_CERT_FILE to the file with that "
                "certificate (your network's administrator has it) and try again.")
    if re.search("ProxyError|407 |Proxy Authentication|Cannot connect to proxy", text):
        return (f"The packages could not be fetched: the proxy refuses or does not answer ({proxy}). Set HTTPS_PROXY "
                "to http://name:password@host:port as your network wants it, or remove it, and try again.")
    if re.search("ConnectionError|NameResolution|Timeout|Network is unreachable", text):
        return f"The packages could not be fetched: check the network (or the proxy: {proxy}) and try again."
    return "".join(log[-20:]) + "The packages could not be installed; pip's last words above say why."


def variables(more=None):
    """The user's variables, and UTF-8 for every stream and file: Windows would write a pipe or a file in cp1252."""
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:replace", **(more or {})}


def answers(*arguments):
    """Whether the environment's Python is there and can do this."""
    if not PYTHON.exists():
        return False
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call([str(PYTHON), *arguments], **quiet) == 0


def inside(*arguments, environment=None, folder=HERE):
    """Run the environment's Python, in the course's folder unless told otherwise, and return its exit status."""
    with subprocess.Popen([str(PYTHON), *arguments], cwd=str(folder), env=variables(environment)) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # Ctrl+C reached the child too, which ends in its own way
                continue


# The front door ----------------------------------------------------------------------------------

def say(text):
    print(text, flush=True)


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a file on Windows could not hold every folder's name
            stream.reconfigure(encoding="utf-8", errors="replace")
    if not (HERE / "pyproject.toml").is_file():
        sys.exit("course.py has to stay in the course's folder, beside pyproject.toml: get the whole folder.")
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        say("The commands of the course:\n")
        for name, command in COMMANDS.items():
            say(f"  python3 course.py {name:8} {command.__doc__}")
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
