"""The workflows and Binder's files: GitHub's grammar, few rights, and commands that exist."""
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import hf_lib as hf

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BINDER = ROOT / ".binder"
# What a job may do beyond reading, and the one job that may.
RIGHTS = {("read", "push"): {"contents": "write"}, ("book", "site"): {"pages": "write", "id-token": "write"}}

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def load(path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # `on` stays a word


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def commands():
    """The commands of course.py."""
    specification = importlib.util.spec_from_file_location("course_for_workflows", ROOT / "course.py")
    course = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(course)
    return set(course.COMMANDS)


def test_they_keep_to_github_s_grammar():
    pytest.importorskip("check_jsonschema")
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows",
                           *map(str, WORKFLOWS)], capture_output=True, text=True)
    assert WORKFLOWS and done.returncode == 0, done.stdout + done.stderr


@each_workflow
def test_its_file_has_its_name(path):
    assert load(path)["name"] == path.stem


@each_workflow
def test_every_command_exists(path):
    text = "\n".join(step.get("run", "") for step in steps(load(path)))
    assert set(re.findall(r"course\.py (\w+)", text)) <= commands()
    assert [tool for tool in re.findall(r"tools/\w+\.py", text) if not (ROOT / tool).is_file()] == []
    extras = {extra for some in re.findall(r'-e "?\.\[([\w,]+)\]', text) for extra in some.split(",")}
    assert extras <= set(PROJECT["optional-dependencies"])


@each_workflow
def test_it_may_do_no_more_than_it_must(path):
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    asked = {(path.stem, name): job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert asked == {job: rights for job, rights in RIGHTS.items() if job[0] == path.stem}
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@each_workflow
def test_it_ends_and_stays_what_it_is(path):
    jobs = [job for job in load(path)["jobs"].values() if "uses" not in job]  # one that calls a workflow has its limits
    assert jobs and all(int(job["timeout-minutes"]) <= 90 for job in jobs)
    actions = [step["uses"] for step in steps(load(path)) if "uses" in step]
    assert actions and all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action) for action in actions)


def test_the_oldest_and_the_newest_python_are_tested_everywhere():
    jobs = load(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert all(job["strategy"]["matrix"]["python"] == [oldest, "3.x"] for job in jobs.values())
    systems = {jobs["linux"]["runs-on"], *jobs["others"]["strategy"]["matrix"]["system"]}
    assert {system.partition("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}


def test_conda_is_given_our_environment():
    (given,) = [step["with"] for step in steps(load(ROOT / ".github" / "workflows" / "conda.yml"))
                if "micromamba" in step.get("uses", "")]
    assert (ROOT / given["environment-file"]).is_file()


def test_binder_installs_the_course_with_jupyterlab():
    (wanted,) = [line for line in (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
                 if not line.startswith("#")]
    assert wanted == "-e .[lab]" and "lab" in PROJECT["optional-dependencies"]
    version = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert tuple(map(int, version.split("."))) >= (3, 11)


@pytest.mark.skipif(sys.platform == "win32", reason="Binder is Linux")
def test_binder_s_scripts_run():
    start = subprocess.run([BINDER / "start", "sh", "-c", "echo $OPENBLAS_NUM_THREADS; exit 3"],
                           capture_output=True, text=True)
    assert (start.stdout, start.returncode) == ("1\n", 3)
    assert subprocess.run(["bash", "-n", BINDER / "postBuild"]).returncode == 0
    (code,) = re.findall(r'^python -c "(.*)"$', (BINDER / "postBuild").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"mnist", "check_setup"} < set(compile(code, "postBuild", "exec").co_names)
    assert hf.datasets.mnist and hf.check_setup
