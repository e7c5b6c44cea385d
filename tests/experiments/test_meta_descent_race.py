"""The race on four regions: what is stored is whole, chosen by its rule, and says what notebook 15 says."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import history  # noqa: E402
import meta_descent  # noqa: E402

import hf_lib as hf  # noqa: E402
from hf_lib.figures import ch15  # noqa: E402

NAMES = tuple(meta_descent.METHODS)


@pytest.fixture(scope="module")
def stored():
    return history.load(ROOT / "data" / "runs" / "meta_descent.npz")


@pytest.fixture(scope="module")
def ends():
    """budget → method → f at the end, a number for each seed."""
    return {budget: {name: of["loss"][:, -1] for name, of in methods.items()}
            for budget, methods in ch15.stored_race().items()}


def test_the_stored_race_is_whole_and_was_made_by_this_script(stored):
    columns, origin = stored
    settings = origin["settings"]
    assert settings["methods"] == list(NAMES) and origin["seed"] == list(meta_descent.SEEDS)
    assert (settings["budget"], settings["longer"]) == (meta_descent.BUDGET, meta_descent.LONGER)
    for m, name in enumerate(NAMES):
        grid = meta_descent.combinations(meta_descent.METHODS[name].grid)
        assert len(grid) == 25                                                      # as many settings for each
        here = columns["method"] == m
        for seed in meta_descent.TUNING_SEEDS:
            assert set(columns["setting"][here & (columns["seed"] == seed)]) == set(range(25))
        for budget in (meta_descent.BUDGET, meta_descent.LONGER * meta_descent.BUDGET):
            raced = here & np.isin(columns["seed"], meta_descent.SEEDS) & (columns["budget"] == budget)
            assert set(columns["setting"][raced]) == {settings["chosen"][m]}, name
            assert set(columns["seed"][raced]) == set(meta_descent.SEEDS), name


def test_the_lowest_mean_of_the_two_tuning_seeds_was_chosen(stored):
    columns, origin = stored
    for m, chosen in enumerate(origin["settings"]["chosen"]):
        means = []
        for k in range(25):
            of = (columns["method"] == m) & (columns["setting"] == k)
            means.append(np.mean([columns["loss"][of & (columns["seed"] == s)][-1] for s in meta_descent.TUNING_SEEDS]))
        assert np.argmin(means) == chosen


def test_which_choices_lie_at_an_edge_as_the_notebook_says(stored):
    assert stored[1]["settings"]["edges"] == {"momentum, falling": {"learning_rate": "highest"},
                                              "Adam, falling": {"beta1": "lowest"}}


def test_what_the_notebook_says_of_the_race(ends):
    short, long = ({name: np.median(end) for name, end in of.items()} for of in ends.values())
    constant, falling = ("SGD", "momentum", "Adam"), ("SGD, falling", "momentum, falling", "Adam, falling")
    assert short["SMD with G"] == pytest.approx(short["SMD with H"], abs=0.01)
    assert 0.085 < short["SMD with G"] < 0.095
    assert 0.115 < min(short[name] for name in constant) and max(short[name] for name in constant) < 0.165
    assert 0.055 < min(short[name] for name in falling) and max(short[name] for name in falling) < 0.0695
    assert 0.045 < long["SMD with G"] < 0.055 < long["SMD with H"]
    assert all(0.085 < long[name] < 0.105 for name in constant)
    assert all(0.049 < long[name] < 0.054 for name in falling[:2]) and long["Adam, falling"] < 0.04
    assert np.sum(ends[105_000]["Adam, falling"] > 0.15) == 1


def test_a_run_that_breaks_off_is_as_bad_as_can_be():
    with np.errstate(all="ignore"):
        made = meta_descent.columns_of("SGD", {"learning_rate": 1.7e308}, 0, 100, 1, 1)
    assert made["loss"][-1] == np.inf and made["wrong"][-1] == 1


def test_a_run_spends_its_budget_and_sees_no_example_twice():
    for name, setting in (("SGD", {"learning_rate": 0.1}), ("SMD with H", {"learning_rate": 0.1, "mu": 0.1})):
        made = meta_descent.columns_of(name, setting, 0, 300, 2, 3)
        assert made["cost"][-1] == pytest.approx(300, rel=0.02)
        assert np.all(np.diff(made["cost"]) > 0) and made["loss"][-1] < 1.5


def test_a_race_in_small_is_made_once(monkeypatch, tmp_path, capsys):
    methods = {"SGD": meta_descent.Method(hf.SGD, {"learning_rate": (0.01, 0.1, 1.0)}),
               "SMD with G": meta_descent.Method(hf.SMD, {"learning_rate": (0.03, 0.3), "mu": (0.1,)}, 7 / 3)}
    for where, name, value in ((history, "RUNS", tmp_path), (meta_descent, "METHODS", methods),
                               (meta_descent, "BUDGET", 70), (meta_descent, "ROWS", 3), (meta_descent, "SEEDS", (0,))):
        monkeypatch.setattr(where, name, value)
    meta_descent.race(SimpleNamespace(fresh=False))
    columns, origin = history.load(tmp_path / "meta_descent.npz")
    assert set(columns["seed"]) == {100, 101, 0} and set(columns["budget"]) == {70, 350}
    assert len(origin["settings"]["chosen"]) == 2 and "SMD with G" in origin["settings"]["edges"]
    assert "SMD with G" in capsys.readouterr().out
    meta_descent.race(SimpleNamespace(fresh=False))
    again, _ = history.load(tmp_path / "meta_descent.npz")
    assert all(np.array_equal(columns[key], again[key]) for key in columns)
