"""course.py, on a copy of its own in an empty folder: no network, no real environment."""
import ast
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections import namedtuple
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ["lab", "update", "reset", "progress", "grade", "sheet", "stick", "book", "slides", "test", "run", "clean"]


def load(folder):
    specification = importlib.util.spec_from_file_location("course_under_test", folder / "course.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def course(tmp_path):
    shutil.copy(ROOT / "course.py", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return load(tmp_path)


@pytest.fixture
def calls(course, monkeypatch):
    """Stand-ins for everything that would start a process; returns what was asked of them."""
    asked = []

    def make_venv():
        asked.append("make_venv")
        course.VENV.mkdir()

    def inside(*arguments, environment=None, folder=None):
        asked.append(("inside", *arguments))
        return 7

    monkeypatch.setattr(course, "make_venv", make_venv)
    monkeypatch.setattr(course, "install", lambda extras: asked.append(("install", *extras)))
    monkeypatch.setattr(course, "answers", lambda *arguments: course.VENV.exists())
    monkeypatch.setattr(course, "inside", inside)
    return asked


def installs(calls):
    return [call for call in calls if call[0] == "install"]


# The front door

@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"]])
def test_lists_every_command(course, capsys, arguments):
    assert course.main(arguments) == 0
    listing = capsys.readouterr().out
    assert re.findall(r"python3 course\.py (\w+)", listing) == COMMANDS == list(course.COMMANDS)


def test_listing_needs_no_environment(tmp_path, course):
    done = subprocess.run([sys.executable, "-I", "course.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "course.py lab" in done.stdout and not done.stderr
    assert not (tmp_path / ".venv").exists()


def test_an_unknown_command_is_named(course, capsys):
    assert course.main(["lub"]) == 2
    assert capsys.readouterr().out == f"There is no command 'lub'. The commands are: {', '.join(COMMANDS)}.\n"


def test_without_the_rest_of_the_folder(course):
    (course.HERE / "pyproject.toml").unlink()
    with pytest.raises(SystemExit, match="beside pyproject.toml"):
        course.main(["lab"])


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_shows_every_command(command):
    assert f"python3 course.py {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


# What is installed, and when

def test_first_use_makes_and_installs_then_starts_at_once(course, calls):
    assert course.main(["lab"]) == 7
    assert calls[:2] == ["make_venv", ("install", "lab")]
    calls.clear()
    assert course.main(["lab"]) == 7
    assert [call[0] for call in calls] == ["inside"]


def test_extras_are_added_and_kept(course, calls):
    course.main(["lab"])
    course.main(["test"])
    course.main(["lab"])
    course.main(["run"])
    assert installs(calls) == [("install", "lab"), ("install", "book", "lab", "test")]


def test_a_changed_pyproject_installs_again_with_the_same_extras(course, calls):
    course.main(["test"])
    with (course.HERE / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    course.main(["lab"])
    assert installs(calls) == [("install", "book", "test"), ("install", "book", "lab", "test")]
    assert calls.count("make_venv") == 1


def test_a_moved_folder_installs_nothing_and_finds_its_own_library(course, tmp_path, monkeypatch):
    """Offline, with a real environment: the link is relative, and no pip is asked."""
    old, new = tmp_path / "here", tmp_path / "moved, with spaces and ü"
    (old / "hf_lib").mkdir(parents=True)
    (old / "hf_lib" / "__init__.py").touch()
    for name in ("course.py", "pyproject.toml"):
        shutil.copy(ROOT / name, old)
    first = load(old)
    venv.create(first.VENV, symlinks=os.name != "nt")
    first.link()
    first.STAMP.write_text(json.dumps({"fingerprint": hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
                                       .hexdigest(), "extras": ["lab"]}), encoding="utf-8")
    old.rename(new)
    moved = load(new)
    monkeypatch.setattr(moved, "install", lambda extras: pytest.fail("it was installed again"))
    moved.prepare("lab")
    where = [str(moved.PYTHON), "-I", "-c", "import hf_lib; print(ascii(hf_lib.__file__))"]
    found = subprocess.run(where, capture_output=True, text=True, cwd=tmp_path, check=True).stdout
    assert Path(ast.literal_eval(found.strip())) == new / "hf_lib" / "__init__.py"


def test_what_is_installed_is_what_pyproject_asks_for(course):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert course.requirements([]) == project["dependencies"]
    assert course.requirements(["lab"])[len(project["dependencies"]):] == project["optional-dependencies"]["lab"]


def test_a_failed_installation_leaves_no_stamp(course, calls, monkeypatch):
    def fail(extras):
        sys.exit("no network")

    monkeypatch.setattr(course, "install", fail)
    with pytest.raises(SystemExit, match="no network"):
        course.main(["lab"])
    assert not course.STAMP.exists()


def test_a_damaged_stamp_counts_as_none(course, calls):
    course.main(["lab"])
    course.STAMP.write_text('{"finger', encoding="utf-8")
    course.main(["lab"])
    assert len(installs(calls)) == 2
    assert set(json.loads(course.STAMP.read_text(encoding="utf-8"))) == {"fingerprint", "extras"}


# What the commands start

@pytest.mark.parametrize("command", ["lab", "update", "reset", "progress", "grade", "sheet"])
def test_what_works_on_a_readers_notebooks_is_passed_on(course, calls, command):
    assert course.main([command, "--no-browser", "07"]) == 7
    assert calls[-1] == ("inside", "-m", "hf_lib.classroom", command, "--no-browser", "07")
    assert installs(calls) == [("install", "lab")]


@pytest.mark.parametrize("cores, load, threads", [(1, 0, "1"), (2, 0, "1"), (4, 0, "2"), (4, 2.5, "1"), (64, 3, "4"),
                                                  (64, 40, "1")])
def test_threads_fit_the_machine(course, monkeypatch, cores, load, threads):
    for name in course.THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    assert course.kernel_threads() == dict.fromkeys(course.THREADS, threads)


def test_the_users_own_number_of_threads_stays(course, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert course.kernel_threads() == {}


@pytest.fixture
def filled(course, calls, monkeypatch):
    """A course with things made here, and a stand-in for pip that downloads one wheel; returns the stick's folder."""
    made_here = (".venv/pyvenv.cfg", ".git/HEAD", "my_course/07.ipynb", "artefacts/a.png", "wheels/old.whl",
                 "tools/__pycache__/a.pyc")
    for name in ("locks/classroom.txt", "tools/book/conf.py", *made_here):
        (course.HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (course.HERE / name).touch()

    def inside(*arguments, environment=None, folder=None):
        calls.append(("inside", *arguments))
        wheels = Path(arguments[arguments.index("--dest") + 1])
        wheels.mkdir(parents=True, exist_ok=True)
        (wheels / "numpy.whl").touch()
        return 0

    monkeypatch.setattr(course, "inside", inside)
    return course.HERE.parent / f"{course.HERE.name}, a stick"


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_stick_has_the_course_its_packages_and_the_lines(course, calls, filled):
    for _ in range(2):                                     # a second time, from another system: more wheels
        assert course.main(["stick", str(filled)]) == 0
    assert files(filled) == {"INSTALL.txt"} | {f"hessian-free/{name}" for name in (
        "course.py", "pyproject.toml", "locks/classroom.txt", "tools/book/conf.py", "wheels/numpy.whl")}
    asked = calls[-1]
    assert asked[1:4] == ("-m", "pip", "download") and set(course.requirements(["lab"])) <= set(asked)
    assert asked[asked.index("--constraint") + 1] == "locks/classroom.txt" and "--only-binary" in asked
    assert (filled / "INSTALL.txt").read_text(encoding="utf-8") == course.FROM_THE_STICK


def test_a_stick_without_packages_has_no_lines(course, calls, filled, monkeypatch):
    monkeypatch.setattr(course, "inside", lambda *arguments: 1)
    assert course.main(["stick", str(filled)]) == 1
    assert not (filled / "INSTALL.txt").exists()


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_a_stick_needs_a_folder(course, calls, arguments):
    with pytest.raises(SystemExit, match="Name the folder"):
        course.main(["stick", *arguments])
    assert calls == []


@pytest.mark.parametrize("inside", ["", "usb/stick"])
def test_a_stick_is_not_filled_within_the_course(course, calls, inside):
    with pytest.raises(SystemExit, match="choose a folder elsewhere"):
        course.main(["stick", str(course.HERE / inside)])
    assert calls == []


def test_quick_leaves_the_slow_ones_out(course, calls):
    course.main(["test", "--quick", "-k", "cg"])
    started = calls[-1]
    assert started[1:3] == ("-m", "pytest")
    assert started[-4:] == ("-m", "not slow and not browser", "-k", "cg") and "--quick" not in started


def test_all_tests_by_default(course, calls):
    course.main(["test"])
    assert "not slow and not browser" not in calls[-1]


@pytest.mark.parametrize("command, tool", [("run", "run_notebooks.py"), ("clean", "clean_notebooks.py")])
def test_tools_get_the_rest(course, calls, command, tool):
    assert course.main([command, "00", "--flag"]) == 7
    assert calls[-1] == ("inside", f"tools/{tool}", "00", "--flag")


def test_the_exit_status_and_variables_of_the_child_are_real(course, monkeypatch):
    monkeypatch.setattr(course, "PYTHON", Path(sys.executable))
    ask = "import os, sys; sys.exit(5 if os.environ.get('HF_COURSE_TEST') == 'set' else 6)"
    assert course.inside("-c", ask, environment={"HF_COURSE_TEST": "set"}) == 5
    assert course.inside("-c", ask) == 6


# Failures, each in a sentence

def test_streams_are_utf_8_whatever_the_user_has_set(course, monkeypatch, tmp_path):
    monkeypatch.setattr(course, "PYTHON", Path(sys.executable))
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    write = f"print('λ ✓'); open({str(tmp_path / 'written')!r}, 'w').write('λ ✓')"
    assert course.inside("-c", write) == 0
    assert (tmp_path / "written").read_bytes().decode("utf-8") == "λ ✓"
    done = subprocess.run([sys.executable, "course.py", "λ"], cwd=tmp_path, capture_output=True,
                          env={**os.environ, "PYTHONIOENCODING": "cp1252"})
    assert done.returncode == 2 and "'λ'" in done.stdout.decode("utf-8")


def test_an_old_python_is_told_so(course, monkeypatch):
    version = namedtuple("version", "major minor micro")(3, 10, 4)
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    with pytest.raises(SystemExit, match=r"This is Python 3\.10, but the course needs Python 3\.11 or newer"):
        course.prepare("lab")
    assert not course.VENV.exists()


def test_a_missing_venv_module_is_told_so(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="venv module is missing"):
        course.make_venv()


def a_pip_that_says(folder, text, status):
    """A stand-in for Popen: whatever it is asked to start, it starts a pip that says `text` and ends so."""
    pip = folder / "pip.py"
    pip.write_text(f"print({text!r}); raise SystemExit({status})", encoding="utf-8")
    real = subprocess.Popen
    return lambda command, **options: real([sys.executable, str(pip)], **options)


@pytest.mark.parametrize("said, explained", [
    ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "check the network"),
    ("socket.gaierror ... NameResolutionError", "check the network"),
    ("WARNING: Retrying ... SSLError(SSLCertVerificationError('[SSL: CERTIFICATE_VERIFY_FAILED]'))",
     r"HTTPS_PROXY is http://…@proxy\.example:80\).*PIP_CERT or SSL_CERT_FILE"),
    ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407'))",
     r"the proxy refuses.*HTTPS_PROXY is http://…@proxy\.example:80\)"),
    ("ERROR: No space left on device", "No space left(.|\n)*last words above say why"),
])
def test_pips_failures(course, monkeypatch, tmp_path, said, explained):
    monkeypatch.setattr(course.subprocess, "Popen", a_pip_that_says(tmp_path, said, 1))
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:80")
    with pytest.raises(SystemExit, match=explained) as stopped:
        course.install([])
    assert "secret" not in str(stopped.value)


def test_pips_progress_is_shown_without_its_chatter(course, monkeypatch, tmp_path, capsys):
    said = "Collecting numpy>=2.0\n  Using cached numpy.whl\nRequirement already satisfied: six"
    monkeypatch.setattr(course.subprocess, "Popen", a_pip_that_says(tmp_path, said, 0))
    monkeypatch.setattr(course, "link", lambda: None)
    course.install(["test"])
    shown = capsys.readouterr().out
    assert "Collecting numpy" in shown and "cached" not in shown and "satisfied" not in shown


@pytest.mark.parametrize("command", ["grade", "sheet"])
def test_a_teachers_paths_are_those_of_the_folder_he_is_in(course, calls, monkeypatch, tmp_path, command):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    folders = []
    monkeypatch.setattr(course, "inside", lambda *arguments, environment, folder: folders.append(folder))
    course.main([command, "class"])
    assert folders == [tmp_path / "elsewhere"]
