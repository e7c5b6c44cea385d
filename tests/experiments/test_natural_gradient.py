"""The race in four coordinate systems: what is stored is whole and says what notebook 14 says; the script in small."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import history  # noqa: E402
import natural_gradient  # noqa: E402

import hf_lib as hf  # noqa: E402
from hf_lib.figures import ch14  # noqa: E402


@pytest.fixture(scope="module")
def stored():
    return history.load(ROOT / "data" / "runs" / "natural_gradient.npz")


@pytest.fixture(scope="module")
def ends():
    """(system, whose setting) → method → the middle f at the end."""
    return {key: {method: np.median([loss[-1] for _, loss, _ in seeds]) for method, seeds in of.items()}
            for key, of in ch14.stored_race().items()}


def test_the_stored_race_is_whole_and_was_made_by_this_script(stored):
    columns, origin = stored
    settings = origin["settings"]
    assert settings["systems"] == list(natural_gradient.SYSTEMS)
    assert settings["methods"] == list(natural_gradient.METHODS)
    assert origin["seed"] == list(natural_gradient.SEEDS) and settings["cost"] == natural_gradient.COST
    for s, system in enumerate(settings["systems"]):
        for m, (method, of) in enumerate(natural_gradient.METHODS.items()):
            grid = natural_gradient.combinations(of.grid)
            here = (columns["system"] == s) & (columns["method"] == m)
            tried = set(columns["setting"][here & (columns["seed"] == natural_gradient.TUNING_SEED)])
            assert tried == set(range(len(grid))), (system, method)
            for setting in (settings["chosen"][s][m], settings["chosen"][0][m]):
                seeds = set(columns["seed"][here & (columns["setting"] == setting)])
                assert set(natural_gradient.SEEDS) < seeds, (system, method)


def test_no_choice_lies_at_an_edge_of_its_grid(stored):
    assert stored[1]["settings"]["edges"] == {}


def test_what_the_notebook_says_of_the_race(ends):
    moved = ends["centimetres", "chosen in metres"]
    own = [ends[system, "chosen here"] for system in natural_gradient.SYSTEMS]
    carried = [ends[system, "chosen in metres"]["natural gradient"] for system in natural_gradient.SYSTEMS]
    assert 0.095 < min(carried) and max(carried) < 0.125
    assert 0.14 < moved["L-BFGS"] < 0.16 and 0.2 < moved["Adam"] < 0.25 and 0.3 < moved["Hessian-free"] < 0.4
    assert moved["gradient descent"] > 1
    assert all(0.1 < of["Adam"] < 0.125 for of in own)                              # as even with its own settings
    assert all(min(of, key=of.get) != "natural gradient" or of["natural gradient"] > of["Adam"] - 0.01 for of in own)
    assert min(own[0], key=own[0].get) == "L-BFGS" and min(own[3], key=own[3].get) == "Hessian-free"
    assert all(max(of, key=of.get) == "gradient descent" for of in own)


def test_the_first_three_hundred_gradients_belong_to_lbfgs_and_adam():
    for (_, whose), of in ch14.stored_race().items():
        if whose == "chosen here":
            early = {method: np.median([loss[cost <= 300][-1] for cost, loss, _ in seeds])
                     for method, seeds in of.items()}
            assert max(early["L-BFGS"], early["Adam"]) < early["natural gradient"]


@pytest.mark.parametrize("name", natural_gradient.SYSTEMS)
def test_every_system_starts_at_the_same_function(name):
    problem, theta = natural_gradient.start(name, 3)
    metres, first = natural_gradient.start("metres", 3)
    np.testing.assert_allclose(problem.predict(theta), metres.predict(first), rtol=1e-9)
    if name == "whitened":
        np.testing.assert_allclose(np.cov(problem.X.T, bias=True), np.eye(2), atol=1e-12)


def test_a_race_in_small_is_made_once(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(history, "RUNS", tmp_path)
    methods = {"gradient descent": natural_gradient.Method({"learning_rate": (0.1, 1.0, 1e3)}, hf.GradientDescent),
               "Adam": natural_gradient.Method({"learning_rate": (0.1,), "falls": (False, True)},
                                               natural_gradient.adam)}
    for name, value in (("METHODS", methods), ("SYSTEMS", {"metres": 1.0, "whitened": None}), ("COST", 5),
                        ("SEEDS", (0,))):
        monkeypatch.setattr(natural_gradient, name, value)
    natural_gradient.race(SimpleNamespace(fresh=False))
    columns, origin = history.load(tmp_path / "natural_gradient.npz")
    assert set(columns["system"]) == {0, 1} and set(columns["seed"]) == {100, 0}
    assert np.shape(origin["settings"]["chosen"]) == (2, 2)
    assert "gradient descent, whitened" in capsys.readouterr().out
    natural_gradient.race(SimpleNamespace(fresh=False))
    again, _ = history.load(tmp_path / "natural_gradient.npz")
    assert all(np.array_equal(columns[key], again[key]) for key in columns)
