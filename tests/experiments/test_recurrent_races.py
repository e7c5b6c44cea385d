"""The races on the five-bit memory: what is stored is whole, and the script in small."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import hf_lib as hf

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import history  # noqa: E402
import recurrent  # noqa: E402

STRUCTURAL = "Hessian-free, structural, orthogonal start"


@pytest.fixture(scope="module", params=list(recurrent.TASKS))
def stored(request):
    return request.param, hf.datasets.run(f"recurrent_memory5_{request.param}")


def final_runs(columns, settings, method, seconds):
    """The rows of each of the method's runs with its best setting, seed by seed."""
    number = settings["methods"].index(method)
    here = (columns["method"] == number) & (columns["setting"] == settings["chosen"][number])
    here &= columns["seconds"] == seconds
    return [{name: values[here & (columns["seed"] == seed)] for name, values in columns.items()}
            for seed in recurrent.SEEDS]


def test_a_stored_race_is_whole_and_was_made_by_this_script(stored):
    T, (columns, origin) = stored
    settings, (_, seconds) = origin["settings"], recurrent.TASKS[T]
    assert settings["methods"] == list(recurrent.METHODS) and origin["seed"] == list(recurrent.SEEDS)
    assert settings["tuning_seeds"] == list(recurrent.TUNING_SEEDS) and not settings["edges"]
    for number, (method, (loop, _)) in enumerate(recurrent.METHODS.items()):
        grid = recurrent.combinations(loop.grid)
        assert grid[settings["chosen"][number]] == settings["best"][method]
        runs = final_runs(columns, settings, method, seconds)
        assert all(len(run["loss"]) for run in runs)
        assert all(run["solved"][-1] == 1 or run["cpu_seconds"][-1] >= 0.9 * seconds for run in runs), method


def test_hessian_free_with_structural_damping_solves_every_seed(stored):
    T, (columns, origin) = stored
    runs = final_runs(columns, origin["settings"], STRUCTURAL, recurrent.TASKS[T][1])
    assert [run["solved"][-1] for run in runs] == [1, 1, 1]


@pytest.mark.parametrize("T", recurrent.TASKS)
def test_the_stored_networks_keep_the_five_bits(T):
    columns, origin = hf.datasets.run("recurrent_states")
    data = hf.datasets.sequences.memory5(T, np.float32)
    net = hf.RNN(4, origin["settings"]["hidden"], 3)
    assert data.solved(net(columns[f"theta_{T}"], data.X)).all()


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Two steps to bridge, two methods with two settings, tenths of a second."""
    monkeypatch.setattr(history, "RUNS", tmp_path)
    monkeypatch.setattr(recurrent, "RUNS", tmp_path)
    monkeypatch.setattr(recurrent, "TASKS", {2: (0.05, 0.3)})
    monkeypatch.setattr(recurrent, "HIDDEN", 12)
    free, adam = recurrent.LOOPS["Hessian-free, structural"], recurrent.LOOPS["Adam"]
    grids = {"preconditioner": (None,), "damping": (1.0, 10.0), "structural": (0.03,)}, {
        "learning_rate": (1e-3, 1e-2), "clip": (1.0,)}
    made = [recurrent.Method(grid, {name: values[0] for name, values in grid.items()}, loop.make)
            for grid, loop in zip(grids, (free, adam))]
    monkeypatch.setattr(recurrent, "METHODS", {STRUCTURAL: (made[0], "orthogonal"), "Adam": (made[1], "sparse")})
    return tmp_path


def test_a_race_in_small_is_made_once_and_says_what_was_chosen(small, capsys):
    recurrent.race(2, SimpleNamespace(fresh=False))
    columns, origin = history.load(small / "recurrent_memory5_2.npz")
    assert set(columns["seed"]) == {100, 101, 0, 1, 2} and set(columns["method"]) == {0, 1}
    assert len(origin["settings"]["chosen"]) == 2 and "Adam" in capsys.readouterr().out
    recurrent.race(2, SimpleNamespace(fresh=False))
    again, _ = history.load(small / "recurrent_memory5_2.npz")
    assert all(np.array_equal(columns[key], again[key]) for key in columns)
    recurrent.states(SimpleNamespace(fresh=False))
    data = hf.datasets.sequences.memory5(2, np.float32)
    theta = history.load(small / "recurrent_states.npz")[0]["theta_2"]
    assert data.solved(hf.RNN(4, 12, 3)(theta, data.X)).all()


def test_what_was_on_its_way_when_time_was_up_is_run_once_more(small, monkeypatch):
    monkeypatch.setattr(recurrent, "LONGER", 0.1)
    recurrent.race(2, SimpleNamespace(fresh=False))
    path = small / "recurrent_memory5_2.npz"
    columns, origin = history.load(path)
    columns["solved"][:] = columns["method"] == 0                            # the second method solves nothing,
    columns["loss"][:] = np.where(columns["seed"] == 2, 3.4, 1)              # and stays on the plateau from seed 2
    np.savez(path, origin=json.dumps(origin), **columns)
    recurrent.longer(SimpleNamespace(fresh=False))
    again, _ = history.load(small / "recurrent_longer.npz")
    assert set(zip(again["method"], again["seed"])) == {(1, 0), (1, 1)}


def test_a_rate_that_tuning_left_gets_the_long_time_from_every_seed(small, monkeypatch):
    monkeypatch.setattr(recurrent, "TASKS", {50: (0.01, 0.05)})
    recurrent.slower(SimpleNamespace(fresh=False))
    found, origin = history.load(small / "recurrent_slower.npz")
    assert origin["settings"]["setting"] == recurrent.SLOWER
    assert set(zip(found["method"], found["seed"])) == {(0, 0), (0, 1), (0, 2)}


def test_a_run_ends_with_the_first_row_in_which_all_is_right(small):
    columns = recurrent.columns_of(2, STRUCTURAL, {"preconditioner": None, "damping": 10.0, "structural": 0.03}, 0, 30)
    assert columns["solved"][-1] == 1 and all(share < 1 for share in columns["solved"][:-1])
    assert recurrent.score(columns, 30) == columns["cpu_seconds"][-1] < 30


def test_of_two_runs_without_success_the_lower_f_is_better_and_any_success_is_better_still():
    run = lambda solved, cpu, f: dict(solved=[0, solved], cpu_seconds=[1, cpu], loss=[9, f])
    scores = [recurrent.score(run(*numbers), 10) for numbers in ((1, 3, 8), (1, 9, 0.1), (0.9, 10, 0.2), (0, 10, 3))]
    assert scores == sorted(scores) and recurrent.score(run(0, 10, np.nan), 10) == np.inf


def test_a_loop_that_breaks_at_its_first_step_leaves_a_row_with_the_worst_score(small):
    columns = recurrent.columns_of(2, "Adam", {"learning_rate": 1e308, "clip": 1.0}, 0, 0.1)
    assert columns["loss"] == [np.inf] and recurrent.score(columns, 0.1) == np.inf
