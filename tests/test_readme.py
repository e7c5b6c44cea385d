"""The README's links lead somewhere, its course map is the course, and its example runs."""
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from elsewhere import colab_source  # noqa: E402

README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)\s]+)\)", README)
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
ADDRESSES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
BLOCKS = re.findall(r"```\n(.*?)```", README, re.DOTALL)
ON_GITHUB = ("https://", "../")  # addresses, and what lies beside the folder: another branch, a workflow's page


def heading_anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def test_links_to_files_that_exist():
    files = [link.partition("#")[0] for link in LINKS if not link.startswith((*ON_GITHUB, "#"))]
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_links_within_the_page():
    anchors = {heading_anchor(heading) for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert {link[1:] for link in LINKS if link.startswith("#")} <= anchors


def test_badges_tell_of_workflows_that_exist():
    told = re.findall(r"\[!\[(\w+)\]\(\.\./\.\./actions/workflows/(\w+)\.yml/badge\.svg\)\]"
                      r"\(\.\./\.\./actions/workflows/(\w+)\.yml\)", README)
    assert told and len(told) == README.count("badge.svg")
    for name, pictured, linked in told:
        assert name == pictured == linked and (ROOT / ".github" / "workflows" / f"{name}.yml").is_file()


def test_the_map_has_each_chapter_once_and_in_order():
    numbers = re.findall(r"^\| (\d\d) \|", README, re.MULTILINE)
    assert numbers == [f"{number:02}" for number in range(19)]


def test_the_map_links_exactly_the_notebooks_there_are():
    for folder in ("notebooks/", "../read/"):
        linked = [link.removeprefix(folder) for link in LINKS if link.startswith(folder) and link.endswith(".ipynb")]
        assert sorted(set(linked)) == NOTEBOOKS


def test_each_chapter_has_its_page_of_the_book():
    pages = dict(re.findall(r"^\[b(\d\d)\]: (\S+)$", README, re.MULTILINE))
    assert pages == {name[:2]: f"{ADDRESSES['Book']}{Path(name).stem}.html" for name in NOTEBOOKS}
    assert set(re.findall(r"^\| \d\d \| \[[^\]]+\]\[b(\d\d)\]", README, re.MULTILINE)) == set(pages)
    assert f"\n[book]: {ADDRESSES['Book']}\n" in README


def test_the_addresses_are_those_of_pyproject():
    known = tuple(ADDRESSES.values())
    ours = re.findall(r"https://[^\s)]*hessian-free[^\s)]*", README)
    assert ours and all(address.startswith(known) for address in ours)


def test_colab_gets_the_cell_that_the_executed_notebooks_begin_with():
    assert colab_source(ADDRESSES["Repository"]) + "\n" in BLOCKS


def test_the_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {}
    exec(example, names)
    assert names["Gv"].shape == names["theta"].shape


def test_the_lock_is_asked_for_in_every_shell():
    lines = re.findall(r"`([^`]*PIP_CONSTRAINT[^`]*)`", README)
    assert [line.rpartition(" course.py")[0].rpartition(" ")[2] for line in lines] == ["python3", "py", "py"]
    for line in lines:
        assert (ROOT / re.search(r"PIP_CONSTRAINT=\"?([\w./]+)", line)[1]).is_file()


def test_the_first_commands_stand_bare():
    """A comment behind a command would be handed on as arguments by Windows' command prompt."""
    assert BLOCKS[0].splitlines() == [f"git clone {ADDRESSES['Repository']}", "cd hessian-free",
                                      "python3 course.py lab"]
    assert BLOCKS[1] == "python3 course.py test\n"
