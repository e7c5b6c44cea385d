"""The long runs as scripts: what they store, and that a run cut short goes on as if it had not been."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import hf_lib as hf

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "experiments"))
import history  # noqa: E402
import mnist  # noqa: E402


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A few made-up digits in place of MNIST, a small network, and a folder of its own."""
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 784), dtype=np.float32), rng.integers(0, 10, 60)
    data = SimpleNamespace(X_train=X, Y_train=hf.datasets.one_hot(y, 10), X_test=X, y_test=y)
    monkeypatch.setattr(hf.datasets, "mnist", lambda: data)
    monkeypatch.setattr(mnist, "SIZES", [784, 4, 10])
    monkeypatch.setattr(mnist, "CURVATURE_BATCH", 20)
    monkeypatch.setattr(history, "RUNS", tmp_path)
    return tmp_path


def _run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["mnist.py", *words])
    mnist.main()


def test_a_run_that_was_cut_short_goes_on_bit_for_bit(small, monkeypatch, capsys):
    _run(monkeypatch, "hf", "--steps", "4", "--name", "whole")
    _run(monkeypatch, "hf", "--steps", "2", "--name", "cut")
    _run(monkeypatch, "hf", "--steps", "4", "--name", "cut")
    assert "going on after step 2" in capsys.readouterr().out
    whole, cut = (history.load(small / f"{name}.npz")[0] for name in ("whole", "cut"))
    assert len(whole["loss"]) == 4
    for column in set(whole) - {"seconds"}:
        np.testing.assert_array_equal(whole[column], cut[column], err_msg=column)


def test_a_run_with_other_settings_is_not_continued(small, monkeypatch):
    _run(monkeypatch, "hf", "--steps", "1", "--name", "a")
    with pytest.raises(ValueError, match="another --name"):
        _run(monkeypatch, "hf", "--steps", "2", "--name", "a", "--damping", "3")


def test_history_keeps_where_it_comes_from(small, monkeypatch):
    _run(monkeypatch, "sgd", "--epochs", "2", "--batch", "20", "--seed", "5")
    columns, origin = history.load(small / "mnist_sgd.npz")
    assert set(columns) == {"seconds", "cost", "loss", "test_error"} and len(columns["loss"]) == 2
    assert columns["cost"][-1] == pytest.approx(2 + 1 / 3)        # two epochs of three batches, one more at the start
    assert origin["seed"] == 5 and origin["settings"] == {"learning_rate": 0.1, "batch": 20}
    assert origin["command"].startswith("python experiments/mnist.py sgd")
    assert set(origin) >= {"revision", "numpy", "scipy", "python", "machine"}


def test_stored_histories_name_their_command_and_revision():
    """Whatever is in data/runs can be traced back and repeated."""
    stored = [p for p in history.RUNS.glob("*.npz") if ".checkpoint" not in p.name and ".part" not in p.name]
    for path in stored:
        columns, origin = history.load(path)
        assert len({len(values) for values in columns.values()}) == 1, path.name
        assert origin["command"].startswith("python experiments/") and origin["revision"] != "unknown", path.name
        assert json.dumps(origin["settings"]), path.name
