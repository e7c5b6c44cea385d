"""pyproject.toml says which versions the course needs; whatever repeats them has to agree."""
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
LOCK = (ROOT / "locks" / "classroom.txt").read_text(encoding="utf-8")
CORE = [Requirement(line) for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lab"]]]
CONDA = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]


def pinned():
    """Yield (package, Requirement) of every line of the lock."""
    for line in LOCK.splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            yield requirement.name, requirement


def test_conda_asks_for_what_pyproject_asks_for():
    needed = {requirement.name: SpecifierSet(str(requirement.specifier)) for requirement in CORE}
    needed["python"] = SpecifierSet(PROJECT["requires-python"])
    needed["pip"] = SpecifierSet()
    asked = {}
    for entry in CONDA:
        spec = MatchSpec(entry, strict=True)  # conda's own grammar
        asked[spec.name.normalized] = SpecifierSet(str(spec.version or ""))
    assert asked == needed


def test_conda_installs_the_package_by_pip():
    assert ENVIRONMENT["dependencies"][-1] == {"pip": ["-e ."]}
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]


@pytest.mark.parametrize("requirement", [
    *CORE, *(Requirement(line) for extra in PROJECT["optional-dependencies"].values() for line in extra),
], ids=str)
def test_floors_and_nothing_else(requirement):
    assert [specifier.operator for specifier in requirement.specifier] == [">="]


def test_torch_and_jax_are_wanted_by_bench_alone():
    wants = {extra: {Requirement(line).name for line in lines}
             for extra, lines in PROJECT["optional-dependencies"].items()}
    assert {extra for extra, names in wants.items() if names & {"torch", "jax"}} == {"bench"}
    assert not {requirement.name for requirement in CORE} & {"torch", "jax"}


def test_every_dependency_says_what_it_is_for():
    for name in ("pyproject.toml", "environment.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for line in re.findall(r'^\s+(?:"|- )[\w-]+>=[^\n]*', text, re.MULTILINE):
            assert "python>=" in line or re.search(r"# \w+|# \.\.\.", line), f"{name}: {line.strip()}"


def test_the_lock_holds_every_core_package_at_or_above_its_floor():
    pins = list(pinned())
    for requirement in CORE:
        versions = [pin.specifier for name, pin in pins if name == requirement.name]
        assert versions, f"{requirement.name} is not in the lock"
        for specifier in versions:
            assert requirement.specifier.contains(str(specifier).removeprefix("=="))


def test_the_lock_holds_pins_alone():
    for name, pin in pinned():
        assert [specifier.operator for specifier in pin.specifier] == ["=="], name
        assert pin.url is None and not pin.extras, name
    assert "://" not in LOCK and "--hash" not in LOCK


def test_this_python_is_one_that_the_course_supports():
    running = Version(".".join(map(str, sys.version_info[:3])))
    assert SpecifierSet(PROJECT["requires-python"]).contains(running)
