"""The races on equations: what is stored is whole and shows what notebook 13 says, and the script in small."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import history  # noqa: E402
import physics  # noqa: E402

from hf_lib.figures import ch13  # noqa: E402

FIRST_ORDER = ("Adam", "Adam, falling", "momentum", "momentum, falling")


@pytest.fixture(scope="module", params=sorted(physics.TASKS))
def stored(request):
    return request.param, history.load(ROOT / "data" / "runs" / f"physics_{request.param}.npz")


def test_a_stored_race_is_whole_and_was_made_by_this_script(stored):
    name, (columns, origin) = stored
    task, settings = physics.TASKS[name], origin["settings"]
    names = physics.names_of(task)
    assert settings["methods"] == list(names) and origin["seed"] == list(physics.SEEDS)
    assert (settings["seconds"], settings["equation"]) == (task.seconds, repr(task.equation))
    for number, method in enumerate(names):
        grid = physics.combinations(physics.METHODS[method].grid)
        assert grid[settings["chosen"][number]] == settings["best"][method]
        chosen = (columns["method"] == number) & (columns["setting"] == settings["chosen"][number])
        for seed, seconds in ((physics.TUNING_SEED, task.tuning), *((seed, task.seconds) for seed in physics.SEEDS)):
            assert np.any(chosen & (columns["seed"] == seed) & (columns["seconds"] == seconds)), (method, seed)


def test_no_choice_lies_at_an_edge_of_its_grid(stored):
    assert stored[1][1]["settings"]["edges"] == {}


def test_bent_gauss_newton_ends_far_below_its_rivals(stored):
    """By at least the factor that the summary of notebook 13 gives."""
    name, _ = stored
    ends = {method: np.median([run.error[-1] for run in runs]) for method, runs in ch13.stored_races()[name].items()}
    rivals = min(ends[method] for method in (*FIRST_ORDER, "L-BFGS"))
    assert ends["Gauss-Newton, bent"] < 1e-3 * rivals
    assert ends["Gauss-Newton, bent"] == min(ends.values())


def test_every_stored_method_can_be_drawn(stored):
    name, _ = stored
    races = ch13.stored_races()
    alt = ch13.race.draw(races=races, problem=name, against="CPU seconds").alt
    assert all(f"{method} " in alt for method in races[name])


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A tiny network, three methods, hundredths of a second."""
    monkeypatch.setattr(history, "RUNS", tmp_path)
    task = physics.Task(physics.equations.PoissonSine(1), (1, 4, 1), 20, 2, 0.02, 0.05)
    momentum = physics.Method({"learning_rate": (1e-4, 1e-3, 1e-2), "momentum": (0.5,)},
                              {"learning_rate": 1e-3, "momentum": 0.5}, physics.METHODS["momentum"].make)
    methods = {"Gauss-Newton, bent": physics.METHODS["Gauss-Newton, bent"],
               "L-BFGS": physics.Method({"memory": (3, 10)}, {"memory": 3}, physics.METHODS["L-BFGS"].make),
               "momentum": momentum}
    monkeypatch.setattr(physics, "TASKS", {"small": task})
    monkeypatch.setattr(physics, "METHODS", methods)
    return tmp_path / "physics_small.npz"


def test_a_race_in_small_is_made_once_and_says_what_was_chosen(small, capsys):
    physics.race("small", SimpleNamespace(fresh=False))
    columns, origin = history.load(small)
    assert set(columns["seed"]) == {100, 0, 1, 2} and set(columns["method"]) == {0, 1, 2}
    assert len(origin["settings"]["chosen"]) == 3
    assert "Gauss-Newton, bent         {'damping_factor'" in capsys.readouterr().out
    physics.race("small", SimpleNamespace(fresh=False))
    again, _ = history.load(small)
    assert all(np.array_equal(columns[key], again[key]) for key in columns)


def test_a_setting_that_diverges_from_a_final_start_gives_way(small, monkeypatch):
    made = physics.columns_of

    def diverging(task, method, setting, seed, seconds):
        columns = made(task, method, setting, seed, seconds)
        if method == "momentum" and setting["learning_rate"] == 1e-2:              # lovely at first, on one seed
            columns["loss"] = [0.0 if seed == physics.TUNING_SEED else np.inf] * len(columns["loss"])
        return columns
    monkeypatch.setattr(physics, "columns_of", diverging)
    physics.race("small", SimpleNamespace(fresh=False))
    _, origin = history.load(small)
    assert origin["settings"]["best"]["momentum"]["learning_rate"] in (1e-3, 1e-4)
