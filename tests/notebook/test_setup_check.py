"""The set-up check of notebook 00: what it finds here, and what it says where something is off."""

import importlib
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from hf_lib import check_setup
from hf_lib.judge.answers import Verdict
from hf_lib.notebook import compare, setup_check

mnist_module = importlib.import_module("hf_lib.datasets.mnist")     # the package hands on its function of that name
ROOT = Path(__file__).resolve().parents[2]


def _finding(report, what):
    return next(f for f in report.findings if f.what == what)


def test_floors_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    written = {line.split(">=")[0]: line.split(">=")[1]
               for line in [*project["dependencies"], *project["optional-dependencies"]["lab"]]}
    assert setup_check.FLOORS == written


def test_data_product_and_versions_are_fine_here(monkeypatch):
    monkeypatch.setattr(setup_check, "SLOW", 0.0)       # a busy machine is not what this test is about
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    report = check_setup()
    assert report.fine, report
    assert all(f.remedy == "" for f in report.findings)
    assert "60,000 training" in _finding(report, "MNIST").found


def test_missing_data_says_how_to_get_it_back(monkeypatch, tmp_path):
    monkeypatch.setattr(mnist_module, "MNIST_FILE", tmp_path / "mnist.npz")
    report = check_setup()
    finding = _finding(report, "MNIST")
    assert not report.fine and not finding.fine
    assert "git checkout" in finding.remedy


@pytest.mark.parametrize("version, fine", [("2.3.0rc1", True), ("1.26.4", False), ("10.1", True)])
def test_versions_are_compared_as_numbers(monkeypatch, version, fine):
    monkeypatch.setattr(metadata, "version", lambda name: version if name == "numpy" else "999.0")
    finding = _finding(check_setup(), "numpy")
    assert finding.fine == fine
    assert ("the course needs" in finding.remedy) == (not fine)


def test_a_missing_package_and_a_slowing_variable_are_named(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)
    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    report = check_setup()
    assert _finding(report, "scipy").found == "missing"
    assert "unset it" in _finding(report, "threads").remedy


def _without(monkeypatch, *absent, **present):
    real = metadata.version

    def version(name):
        if name in absent:
            raise metadata.PackageNotFoundError(name)
        return present.get(name) or real(name)
    monkeypatch.setattr(metadata, "version", version)


@pytest.mark.parametrize("platform", ["emscripten", "wasi"])
def test_in_a_browser_no_jupyterlab_is_wanted_and_no_speed(monkeypatch, platform):
    _without(monkeypatch, "jupyterlab", "notebook")
    monkeypatch.setattr(setup_check.sys, "platform", platform)
    monkeypatch.setattr(setup_check, "SLOW", 1e9)
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    report = check_setup()
    assert report.fine, report
    assert "jupyterlab" not in repr(report)


def test_on_colab_no_jupyterlab_is_wanted_and_pip_is_named(monkeypatch):
    _without(monkeypatch, "jupyterlab", "notebook", "scipy")
    real = setup_check.importlib.util.find_spec
    monkeypatch.setattr(setup_check.importlib.util, "find_spec",
                        lambda name, *more: object() if name == "google.colab" else real(name, *more))
    report = check_setup()
    assert "jupyterlab" not in repr(report)
    assert '%pip install "scipy>=' in _finding(report, "scipy").remedy


@pytest.mark.parametrize("notebook, mark", [("7.2.1", "✓"), ("6.5.7", "–"), (None, "–")])
def test_without_jupyterlab_another_program_may_open_the_notebooks(monkeypatch, notebook, mark):
    _without(monkeypatch, "jupyterlab", *([] if notebook else ["notebook"]), notebook=notebook)
    finding = _finding(check_setup(), "jupyterlab")
    assert finding.fine and finding.mark == mark and ("course.py lab" in finding.remedy) == (mark == "–")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "cp932"])
def test_whatever_is_printed_survives_the_stream(monkeypatch, tmp_path, encoding):
    monkeypatch.setattr(mnist_module, "MNIST_FILE", tmp_path / "no.npz")
    report, verdict = check_setup(), Verdict("ch01.q1", "correct", "", "θ is right …")
    with open(tmp_path / "out.txt", "w", encoding=encoding) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        print(report, compare("λ", 1.0, 1.0), verdict, sep="\n")
        monkeypatch.undo()
    lines = (tmp_path / "out.txt").read_text(encoding=encoding).splitlines()
    (data,) = [line for line in lines if "MNIST" in line]
    assert data.split()[0] == ("✗" if encoding == "utf-8" else "!!")
    assert lines[-1].split()[0] == ("✓" if encoding == "utf-8" else "ok")


def test_the_report_reads_as_text_and_as_a_table(monkeypatch, tmp_path):
    monkeypatch.setattr(mnist_module, "MNIST_FILE", tmp_path / "<odd>.npz")
    report = check_setup()
    assert "✗ MNIST: not usable: " in repr(report)
    assert "&lt;odd&gt;" in report._repr_html_() and "<odd>" not in report._repr_html_()
