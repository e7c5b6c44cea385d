"""The house: an import only ever points down (the contracts in pyproject.toml), and no room holds two ideas."""

from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "hf_lib").rglob("*.py"))
LONGEST = 250


def test_every_import_points_down(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True, no_logo=True) == 0, capsys.readouterr().out


def test_at_the_top_stand_the_folders_and_the_ground():
    assert {path.name for path in (ROOT / "hf_lib").iterdir() if path.name != "__pycache__"} == {
        "__init__.py", "_checks.py", "README.md", "classroom", "datasets", "exercises", "explore", "figures", "judge",
        "network", "notebook", "optimisers", "solvers"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "hf_lib")))
def test_a_module_holds_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_the_map_names_every_room():
    text = (ROOT / "hf_lib" / "README.md").read_text(encoding="utf-8")
    missing = [str(path.relative_to(ROOT / "hf_lib")) for path in MODULES
               if path.name != "__init__.py" and path.parent.name not in ("figures", "exercises")
               and f"`{path.name}`" not in text]
    assert not missing
