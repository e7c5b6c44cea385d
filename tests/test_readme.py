"""The README's links lead somewhere, its course map is the course, and its example runs."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)\s]+)\)", README)


def heading_anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def test_links_to_files_that_exist():
    files = [link.partition("#")[0] for link in LINKS if not link.startswith(("https://", "#"))]
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_links_within_the_page():
    anchors = {heading_anchor(heading) for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert {link[1:] for link in LINKS if link.startswith("#")} <= anchors


def test_the_map_has_each_chapter_once_and_in_order():
    numbers = re.findall(r"^\| (\d\d) \|", README, re.MULTILINE)
    assert numbers == [f"{number:02}" for number in range(19)]


def test_the_map_links_exactly_the_notebooks_there_are():
    linked = sorted(link.removeprefix("notebooks/") for link in set(LINKS) if link.endswith(".ipynb"))
    assert linked == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


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


def test_no_comment_stands_behind_a_command():
    """Windows' command prompt would hand it on as arguments."""
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)
    (first, *_) = [block for block in blocks if "course.py lab" in block]
    assert first.split("\n") == ["python3 course.py lab", "python3 course.py test", ""]
