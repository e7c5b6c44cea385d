"""The long runs as scripts: what they store, and that a run cut short goes on as if it had not been."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import few_digits  # noqa: E402
import history  # noqa: E402
import mnist  # noqa: E402
from runner import End  # noqa: E402


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A few made-up digits in place of MNIST, a small network, and a folder of its own."""
    return few_digits.put_in_place_of_mnist(monkeypatch, tmp_path)


RUNS = {
    "sgd": dict(learning_rate=0.1, batch=4),
    "adam": dict(learning_rate=0.01, batch=4),
    "hf": dict(preset="stochastic", gradient_batch=4, curvature_batch=2),
    "slip": dict(preset="source2022", gradient_batch=4, preconditioner=0.75),
    "adam_falling": dict(learning_rate=0.01, batch=4, falls_to=0.1),
    "hf_rising": dict(preset="stochastic", gradient_batch=4, curvature_batch=2, damping_floor=0.1, rises_to=10),
}


@pytest.mark.parametrize("kind", RUNS)
def test_a_run_that_was_cut_short_goes_on_bit_for_bit(small, kind, capsys):
    method = kind.split("_")[0]
    mnist.make(mnist.Run("whole", method, RUNS[kind], 4, l2=1e-4, held_out=20))
    run = mnist.Run("cut", method, RUNS[kind], 4, l2=1e-4, held_out=20)
    course = mnist.Course(run, run.history())
    for _ in course.follow(End(steps=3 * course.epoch)):          # until somebody pulls the plug
        course.save()
    next(course.loop)                                             # a step that no checkpoint saw
    mnist.make(run)
    assert f"cut: going on after step {3 * course.epoch}" in capsys.readouterr().out
    whole, cut = (history.load(small / f"mnist_{name}.npz")[0] for name in ("whole", "cut"))
    assert whole["epoch"].tolist() == pytest.approx([0, 0.0667, 0.2, 0.533, 1, 2, 3, 4], abs=0.07)
    for column in set(whole) - {"seconds", "cpu_seconds"}:
        np.testing.assert_array_equal(whole[column], cut[column], err_msg=column)
    assert [path.name for path in small.glob("*checkpoint*")] == []


def test_a_complete_run_is_left_alone_and_one_with_other_settings_refused(small):
    mnist.make(mnist.Run("a", "sgd", RUNS["sgd"], 1))
    before = (small / "mnist_a.npz").read_bytes()
    mnist.make(mnist.Run("a", "sgd", RUNS["sgd"], 1))
    assert (small / "mnist_a.npz").read_bytes() == before
    with pytest.raises(ValueError, match="settings"):
        mnist.make(mnist.Run("a", "sgd", {"learning_rate": 0.2, "batch": 4}, 1))


def test_history_keeps_where_it_comes_from(small):
    mnist.make(mnist.Run("b", "sgd", dict(learning_rate=0.1, batch=20), 2, seed=5))
    columns, origin = history.load(small / "mnist_b.npz")
    assert set(columns) == {"epoch", "steps", "seconds", "cpu_seconds", "cost", "loss", "test_error",
                            "average_test_error"}
    assert columns["cost"][-1] == pytest.approx(2 + 1 / 4)        # two epochs of four batches, one more at the start
    assert origin["seed"] == 5 and origin["command"] == "python experiments/mnist.py b"
    assert origin["settings"] == {"method": "sgd", "learning_rate": 0.1, "batch": 20, "l2": 0.0, "held_out": 0}
    assert set(origin) >= {"revision", "numpy", "scipy", "python", "machine", "threads"}


def test_what_is_chosen_has_the_lowest_error_of_its_last_rows(small):
    for rate in (1e-5, 0.1):
        mnist.make(mnist.Run(f"rate_{rate:g}", "sgd", dict(learning_rate=rate, batch=4), 8, held_out=20))
    for name in ("rate_1e-05", "rate_0.1"):
        columns, _ = history.load(small / f"mnist_{name}.npz")
        error, which = mnist.validation(name)
        means = {key: np.mean(columns[key][-mnist.LAST:]) for key in ("valid_error", "average_valid_error")}
        assert error == min(means.values()) == means[which]
    with pytest.raises(SystemExit, match="make nothing first"):
        mnist.validation("nothing")


def test_a_rate_falls_and_a_floor_rises_over_the_whole_run(small):
    def course(kind, **of):
        return mnist.Course(mnist.Run(kind, kind.split("_")[0], RUNS[kind], 4, **of))
    rate = course("adam_falling").loop.learning_rate
    steps = 4 * course("adam_falling").epoch
    assert rate(0) == 0.01 and rate(steps // 2) == pytest.approx(0.0055) and rate(steps) == pytest.approx(0.001)
    floor = course("hf_rising").loop.settings.damping_floor
    assert [floor(k) for k in (0, steps // 2 - 1, steps // 2, steps)] == [0.1, 0.1, 1.0, 1.0]
    run = course("hf_rising").run
    assert json.loads(json.dumps(run.described)) == run.described                 # no function in what is stored
    run = course("adam_falling", held_out=20)
    assert run.loop.learning_rate.steps == 4 * run.epoch < steps                  # fewer images, shorter epochs


@pytest.mark.parametrize("family", mnist.GUESSES)
def test_the_neighbours_of_a_guess_differ_in_one_value_each(family):
    guess, *others = mnist.around(family)
    assert len({run.name for run in others}) == len(others) == sum(map(len, mnist.INSTEAD[family].values()))
    for run in others:
        differs = [name for name in guess.described if guess.described[name] != run.described[name]]
        assert set(differs) - {"curvature_batch"} and len(set(differs) - {"curvature_batch"}) == 1


def test_stored_histories_name_their_command_and_revision():
    """Whatever is in data/runs can be traced back and repeated."""
    stored = [p for p in history.RUNS.glob("*.npz") if ".checkpoint" not in p.name and ".part" not in p.name]
    albums = {path for path in stored if path.stem.endswith("_album")}
    assert {path.with_name(path.name.replace("_album", "")) for path in albums} <= set(stored)
    for path in set(stored) - albums:
        columns, origin = history.load(path)
        assert len({len(values) for values in columns.values()}) == 1, path.name
        assert origin["command"].startswith("python experiments/") and origin["revision"] != "unknown", path.name
        assert json.dumps(origin["settings"]), path.name
