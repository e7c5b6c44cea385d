"""The autoencoder runs as a script: cut short and resumed, through stages, and the grid of short runs."""

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest

import hf_lib as hf

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import album  # noqa: E402
import autoencoders  # noqa: E402
import history  # noqa: E402

SMALL = dict(gradient_batch=20, curvature_batch=10, max_cg=3, damping=1.0)
STAGED = [[0, dict(SMALL, preconditioner="kronecker")], [8, dict(preconditioner=None, damping=9.0, max_cg=4)]]


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Made-up pictures of 16 pixels, a network 16-6-2-6-16, and a folder of its own."""
    X = np.random.default_rng(0).random((60, 16), dtype=np.float32)
    monkeypatch.setattr(autoencoders, "pictures", lambda name: (X[:40], X[40:]))
    monkeypatch.setattr(autoencoders, "held_out", lambda name: X[50:])
    monkeypatch.setitem(autoencoders.ENCODERS, "curves", [16, 6, 2])
    monkeypatch.setitem(autoencoders.STAGES, "curves", STAGED)
    monkeypatch.setattr(autoencoders, "CURVES_TRAIN", 40)
    monkeypatch.setattr(history, "RUNS", tmp_path)
    return tmp_path


def arguments(method, **changes):
    return argparse.Namespace(**{**dict(data="curves", method=method, cpu_seconds=1e9, rows=10**9, seed=0, l2=1e-4,
                                        name=None, fresh=False, album=False, stages=None, rate=1e-2, batch=10,
                                        momentum=0.9, epochs=10, cost=np.inf, scale=1.0), **changes})


def columns(folder, name):
    return history.load(folder / f"{name}.npz")[0]


@pytest.mark.parametrize("method", ["hf", "adam", "nag", "momentum", "sgd"])
def test_a_run_cut_short_goes_on_bit_for_bit(small, method, capsys):
    autoencoders.run(arguments(method, name="whole", rows=10))
    for rows in (3, 6, 7, 10):                                # for hf: before, at and after the change of stage
        autoencoders.run(arguments(method, name="cut", rows=rows))
    assert capsys.readouterr().out.count("going on after step") == 3
    whole, cut = columns(small, "whole"), columns(small, "cut")
    assert len(whole["cost"]) == 10
    for name in set(whole) - {"seconds", "cpu_seconds"}:
        np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)
    assert np.all(np.diff(cut["cpu_seconds"]) >= 0) and np.all(np.diff(cut["seconds"]) > 0)


def test_a_stage_takes_over_where_the_last_one_stood(small):
    autoencoders.run(arguments("hf", name="staged", rows=12))
    run = columns(small, "staged")
    late = np.searchsorted(run["cost"], 8) + 1                # the first step after 8 gradient-equivalents
    assert 1 < late < 11
    assert np.all(run["cg_iterations"][:late] <= 3) and run["cg_iterations"][late:].max() == 4
    assert run["damping"][late] < 9                           # λ goes on; the new stage's own start is not used
    assert run["train"][-1] < run["train"][0]


def test_an_album_goes_on_where_the_run_does(small):
    autoencoders.run(arguments("adam", name="whole", rows=8, album=True))
    for rows in (3, 8):
        autoencoders.run(arguments("adam", name="cut", rows=rows, album=True))
    with np.load(small / "whole_album.npz") as whole, np.load(small / "cut_album.npz") as cut:
        for name in whole.files:
            np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)
        assert whole["codes"].shape == (len(whole["cost"]), 20, 2)
        assert np.all(whole["cost"][1:] >= 1.4 * whole["cost"][:-1]) and whole["theta"].dtype == np.float16
        assert np.all(np.diff(whole["eigenvalues"], axis=1) <= 0)


def test_the_code_is_the_middle_of_the_network():
    net = autoencoders.network([16, 6, 2])
    theta, X = net.init(np.random.default_rng(1)), np.random.default_rng(2).random((5, 16))
    (W, V, U, T), sigmoid = net.blocks(theta), lambda z: 1 / (1 + np.exp(-z))
    code = sigmoid(X @ W[:-1] + W[-1]) @ V[:-1] + V[-1]
    np.testing.assert_allclose(album.encode(net, theta, X), code, rtol=1e-12)
    decoded = sigmoid(code @ U[:-1] + U[-1]) @ T[:-1] + T[-1]
    np.testing.assert_allclose(net(theta, X), decoded, rtol=1e-12)


def test_errors_are_those_of_the_papers(small):
    net = hf.MLP([16, 6, 2, 6, 16], ["sigmoid", "linear", "sigmoid"])
    assert autoencoders.network([16, 6, 2]).activations == net.activations
    theta, X = net.init(np.random.default_rng(1)), np.random.default_rng(2).random((50, 16))
    picture = 1 / (1 + np.exp(-net(theta, X)))
    assert autoencoders.squared_error(net, theta, X) == pytest.approx(np.mean(np.sum((picture - X) ** 2, axis=1)))


def test_sizes_are_those_of_the_papers():
    assert autoencoders.network(autoencoders.ENCODERS["curves"]).size == 842_340
    sizes = autoencoders.network(autoencoders.ENCODERS["mnist"]).sizes
    assert sizes == (784, 1000, 500, 250, 30, 250, 500, 1000, 784)


def test_the_grid_is_made_once(small, monkeypatch):
    monkeypatch.setattr(autoencoders, "GRID_EPOCHS", {"curves": 2})
    grid = [("sgd", dict(rate=0.01)), ("nag", dict(rate=0.01, momentum=0.9))]
    monkeypatch.setattr(autoencoders, "GRIDS", {"curves": grid})
    autoencoders.run_short(arguments("grid"))
    names = ["autoencoder_curves_grid_nag_0.01_0.9.npz", "autoencoder_curves_grid_sgd_0.01.npz"]
    assert sorted(path.name for path in small.iterdir()) == names
    before = [(small / name).stat().st_mtime_ns for name in names]
    autoencoders.run_short(arguments("grid"))
    assert [(small / name).stat().st_mtime_ns for name in names] == before


def test_the_tries_change_one_device_each(small, monkeypatch):
    monkeypatch.setattr(autoencoders, "TRY_COST", 5)
    changes = {"unchanged": ({}, 1.0), "floor": (dict(damping_floor=0.3), 1.0), "start": ({}, 0.5)}
    monkeypatch.setattr(autoencoders, "TRIES", changes)
    autoencoders.run_short(arguments("tries", l2=0.0))
    runs = {name: history.load(small / f"autoencoder_curves_try_{name}.npz") for name in changes}
    for rows, origin in runs.values():
        assert 5 <= rows["cost"][-1] < 8 and len(origin["settings"]["stages"]) == 1
    plain, floor, start = (origin["settings"] for _, origin in runs.values())
    assert floor["stages"][0][1] == dict(plain["stages"][0][1], damping_floor=0.3) and start == dict(plain, scale=0.5)
    assert runs["start"][0]["loss"][0] != runs["unchanged"][0]["loss"][0]


def test_every_try_fits_the_loop_and_changes_it():
    ones = np.ones((6000, 1))
    problem = hf.Problem(hf.MLP([1, 1]), hf.SquaredError(), ones, ones)
    make = lambda settings: hf.HessianFree(problem, np.zeros(2), rng=np.random.default_rng(0), **settings).settings
    for name, change in autoencoders.DEVICES.items():
        stages = [settings for begin, settings in autoencoders.STAGES["curves"] if begin < autoencoders.TRY_COST]
        changed = [make({**settings, **change}) != make(settings) for settings in stages]
        assert any(changed) == (name != "unchanged"), name
