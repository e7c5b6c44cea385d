"""The ablation and the comparison with Adam: what the stored tables hold and show, and the scripts in small."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import ablation  # noqa: E402
import against_adam  # noqa: E402
import history  # noqa: E402

from hf_lib.figures import ch10_ablation  # noqa: E402

PROBLEMS, DEVICES = list(ablation.PROBLEMS), list(ablation.VARIANTS)[1:]


@pytest.fixture(scope="module")
def stored():
    return history.load(ROOT / "data" / "runs" / "ablation.npz")


@pytest.fixture(scope="module")
def rows(stored):
    """{problem: {device: (f without it over f of the full method, one for each seed; their median)}}."""
    finals = ch10_ablation.finals_of(*_settings(stored))
    return {problem: ch10_ablation.relative(finals[problem]) for problem in finals}


def _settings(stored):
    return stored[0], stored[1]["settings"]


# --- the table is whole

def test_every_cell_is_there_once_and_says_where_it_comes_from(stored):
    columns, origin = stored
    cells = set(zip(columns["problem"], columns["variant"], columns["seed"]))
    assert len(cells) == len(columns["seed"]) == 3 * 13 * 5
    assert cells == {(i, j, seed) for i in range(3) for j in range(13) for seed in range(5)}
    assert origin["settings"] == ablation.settings() and origin["seed"] == ablation.SEEDS
    assert origin["command"].startswith("python experiments/ablation.py") and origin["revision"] != "unknown"


def test_all_had_the_same_budget_and_used_it(stored):
    columns, _ = stored
    for i, setup in enumerate(ablation.PROBLEMS.values()):
        cost = columns["cost"][columns["problem"] == i]
        longest = 340 + 100                     # a step of 250 iterations, the preconditioner, searches
        assert cost.max() <= setup.budget and cost.min() > setup.budget - longest


def test_f_never_rises_and_the_target_was_met_where_it_says_so(stored):
    columns, origin = stored
    assert np.all(columns["final"] == columns["best"]) and np.all(columns["final"] < columns["start"])
    target = np.array(origin["settings"]["targets"])[columns["problem"].astype(int)]
    assert np.array_equal(np.isfinite(columns["reached"]), columns["final"] <= target)


# --- the picture's numbers

def test_the_picture_takes_each_seed_over_its_own_full_run():
    finals = {"full": np.array([1.0, 2.0, 4.0]), "stop": np.array([3.0, 2.0, 2.0])}
    ratios, median = ch10_ablation.relative(finals)["stop"]
    assert list(ratios) == [3.0, 1.0, 0.5] and median == 1.0


def test_the_table_is_taken_apart_in_the_order_of_the_seeds(stored):
    columns, settings = _settings(stored)
    cell = (columns["problem"] == 1) & (columns["variant"] == 3) & (columns["seed"] == 4)
    assert ch10_ablation.finals_of(columns, settings)["deep"]["decay"][4] == columns["final"][cell].item()


# --- what it shows

@pytest.fixture(scope="module")
def delays(stored):
    """{problem: {device: the cost of the target over the full method's, a seed each; ∞ where it was not reached}}."""
    columns, settings = _settings(stored)
    found = {}
    for problem in PROBLEMS:
        cost = ablation.table(columns, settings, problem, "reached")
        found[problem] = {name: np.where(np.isnan(c), np.inf, c) / cost["full"] for name, c in cost.items()}
    return found


@pytest.mark.parametrize("problem, factor", [("sine", 9e4), ("deep", 1.5), ("classifier", 500)])
def test_without_the_stopping_rule_the_target_is_never_met(rows, delays, problem, factor):
    assert np.all(rows[problem]["stop"][0] > factor) and np.all(np.isinf(delays[problem]["stop"]))
    assert rows[problem]["stop"][1] == pytest.approx(max(median for _, median in rows[problem].values()), rel=0.01)


def test_lambda_as_at_the_start_is_worse_everywhere(rows):
    assert all(np.all(rows[problem]["rule for λ"][0] > 1.1) for problem in PROBLEMS)
    assert rows["sine"]["rule for λ"][1] > 1e5 and rows["classifier"]["rule for λ"][1] > 30


def test_a_cold_start_is_worse_everywhere(rows, delays):
    assert all(np.all(rows[problem]["warm start"][0] > 1) for problem in PROBLEMS)
    assert rows["sine"]["warm start"][1] == pytest.approx(4.3, abs=0.1)
    assert rows["deep"]["warm start"][1] == pytest.approx(1.1, abs=0.02)
    assert rows["classifier"]["warm start"][1] == pytest.approx(170, abs=5)
    assert np.all(np.isinf(delays["classifier"]["warm start"]))


def test_a_tuned_fixed_lambda_keeps_up_on_the_sine_only(rows):
    assert np.median(rows["sine"]["fixed λ"][0]) < 1 < rows["sine"]["fixed λ"][0].max()
    assert np.all(rows["deep"]["fixed λ"][0] > 1.1) and np.all(rows["classifier"]["fixed λ"][0] > 2)


def test_the_initialisation_matters_on_the_deep_network_alone(rows, delays):
    assert np.all(rows["deep"]["initialisation"][0] > 1.15) and np.all(delays["deep"]["initialisation"] > 2)
    for problem in ("sine", "classifier"):
        assert rows[problem]["initialisation"][0].min() < 1 < rows[problem]["initialisation"][0].max()


def test_curvature_from_a_quarter_is_better_than_from_all(rows, delays):
    """On the classifier the full method has the quarter already."""
    assert np.all(rows["sine"]["curvature batch"][0] < 0.25) and np.all(delays["sine"]["curvature batch"] < 0.5)
    assert np.all(rows["deep"]["curvature batch"][0] < 0.9) and np.all(delays["deep"]["curvature batch"] < 0.5)
    assert np.all(rows["classifier"]["curvature batch"][0] > 30)


def test_backtracking_and_the_line_search_matter_on_the_classifier_whose_lambda_starts_small(stored, rows):
    for device in ("backtracking", "line search"):
        assert np.all(rows["classifier"][device][0] > 1.5) and 3 < rows["classifier"][device][1] < 4
        assert np.all(np.abs(rows["deep"][device][0] - 1) < 0.01)
        assert rows["sine"][device][0].min() < 1 < rows["sine"][device][0].max()
    assert min(ablation.PROBLEMS.values(), key=lambda setup: setup.damping) is ablation.PROBLEMS["classifier"]


def test_the_preconditioner_costs_the_sine_a_factor_of_two(rows):
    assert np.all(rows["sine"]["preconditioner"][0] < 1) and 0.45 < rows["sine"]["preconditioner"][1] < 0.55


@pytest.mark.parametrize("device", ["decay", "exponent", "ratio"])
def test_on_these_devices_the_seeds_do_not_agree(rows, device):
    for problem in PROBLEMS:
        ratios = rows[problem][device][0]
        assert ratios.min() <= 1 <= ratios.max(), problem


def test_two_variants_of_the_deep_network_are_the_full_runs_again(rows):
    same = {device for device in DEVICES if np.all(rows["deep"][device][0] == 1)}
    assert same == {"ratio", "line search"}


def test_the_settings_of_the_full_method_lie_inside_their_grids():
    for setup in ablation.PROBLEMS.values():
        for value, grid in ((setup.damping, ablation.DAMPINGS), (setup.fixed, ablation.FIXED)):
            assert min(grid) < value < max(grid)


# --- against Adam

@pytest.fixture(scope="module")
def adam():
    return {name: history.load(ROOT / "data" / "runs" / f"against_adam_{name}.npz") for name in against_adam.BUDGETS}


@pytest.mark.parametrize("name", against_adam.BUDGETS)
def test_adam_was_tuned_on_the_whole_grid_and_both_ran_with_every_seed(adam, name):
    columns, origin = adam[name]
    assert origin["settings"] == against_adam.settings(name)
    method, seed = columns["method"], columns["seed"]
    tuned = set(zip(*(columns[part][method == 1] for part in ("rate", "batch", "length"))))
    assert tuned == {(rate, batch or 0, length or 0) for rate, batch, length in against_adam.grid(name)}
    for m in (0, 2, 3, 4):
        assert set(seed[method == m]) >= set(ablation.SEEDS)
    assert np.all(columns["cost_0"][method == 0] <= against_adam.BUDGETS[name][0])


def test_on_the_deep_autoencoder_adam_needs_a_fifth_of_the_work_and_l_bfgs_a_third(adam):
    columns = adam["deep"][0]
    for k in range(3):
        assert against_adam.ratios(columns, k).max() < 0.2
        assert against_adam.ratios(columns, k, rival=4).max() < 0.4
    for k in range(2):
        assert against_adam.ratios(columns, k, 3).max() < 0.2
        assert against_adam.ratios(columns, k, 3, rival=4).max() < 0.55
    assert np.all(np.isnan(against_adam.ratios(columns, 2, 3)))     # a quarter does not get as low as all


def test_on_the_sine_both_rivals_are_ahead_of_hessian_free_with_all_data_but_for_a_seed_of_adam(adam):
    columns = adam["sine"][0]
    for k in range(3):
        assert against_adam.ratios(columns, k, rival=4).max() < 0.51
        assert np.sum(against_adam.ratios(columns, k) < 0.65) == 5 - (k > 0)
    assert [np.argmax(against_adam.ratios(columns, k)) for k in (1, 2)] == [2, 2]
    assert np.isinf(against_adam.ratios(columns, 2)[2])              # not within three times the budget


def test_on_the_sine_curvature_from_a_quarter_is_ahead_of_adam_with_four_seeds_and_of_l_bfgs_with_two(adam):
    columns = adam["sine"][0]
    late = against_adam.ratios(columns, 2, 3)
    assert 0.75 < late.min() < 0.8 and np.sum(late > 1.35) == 4 and 1.5 < np.median(late) < 1.8
    assert np.sum(against_adam.ratios(columns, 2, 3, rival=4) > 1) == 2
    for k in (0, 1):
        assert np.sum(against_adam.ratios(columns, k, 3) < 1) == 4
        assert np.sum(against_adam.ratios(columns, k, 3, rival=4) < 1) >= 4


@pytest.mark.parametrize("name", against_adam.BUDGETS)
def test_no_chosen_setting_of_adam_lies_at_an_edge(adam, name):
    """All data in a batch and a step size that does not fall are the ends of what there is: both stand as 0.

    A target that is met where f is read for the first time says nothing: nobody could be seen there sooner. Nor does
    a schedule of which a tenth was used: it was as good as constant.
    """
    columns, _ = adam[name]
    tried = {part: columns[part][columns["method"] == 1] for part in ("rate", "batch", "length")}
    for k in range(3):
        cost = np.floor(np.nan_to_num(columns[f"cost_{k}"][columns["method"] == 1], nan=np.inf))
        best = np.argmin(cost)
        assert np.any(np.all([columns[part][columns["method"] == 2] == tried[part][best] for part in tried], axis=0))
        axes = {"rate": False, "batch": True, "length": True}
        if cost[best] < 0.1 * tried["length"][best]:
            del axes["length"]
        for part, limited in axes.items() if cost[best] > 1 else ():
            axis = np.where((tried[part] == 0) & limited, np.inf, tried[part])
            assert axis.min() < axis[best] and (limited or axis[best] < axis.max()), (k, part, axis[best])


def test_a_run_is_given_up_where_others_had_reached_all_that_is_left():
    steps = [SimpleNamespace(cost=k, loss=10.0 - k, seconds=0.0) for k in range(1, 11)]          # f = 9, 8, … 0
    row = against_adam.race_to(np.array([7.0, 5.5, 2.5]), iter(steps), [10, 3, 6])
    assert row["cost_0"] == 3 and row["cost_1"] == 5 and np.isnan(row["cost_2"]) and row["lowest"] == 4.0
    row = against_adam.race_to(np.array([7.0, 5.5, 2.5]), iter(steps), [10, 3, 3])
    assert row["cost_0"] == 3 and np.isnan(row["cost_1"]) and row["lowest"] == 7.0
    assert against_adam.race_to(np.array([7.0, 0.5]), iter(steps), 10)["cost_1"] == 10


# --- the scripts in small

@pytest.fixture
def small(monkeypatch, tmp_path):
    """A sine network with five hidden units in place of the problems, and a folder of its own."""
    setup = ablation.Setup((1, 5, 1), 40, 0.1, "sparse", 1.0, None, 500, 0.15)
    monkeypatch.setattr(ablation, "PROBLEMS", {"sine": setup})
    monkeypatch.setattr(ablation, "VARIANTS", {"full": {}, "stop": {"stop": None}, "initialisation": {},
                                               "curvature batch": {}})
    monkeypatch.setattr(ablation.settings, "__defaults__", ({"sine": setup},))
    monkeypatch.setattr(history, "RUNS", tmp_path)
    return tmp_path


def _main(monkeypatch, script, *words):
    monkeypatch.setattr(sys, "argv", [f"{script.__name__}.py", *words])
    script.main()


def test_a_table_cut_short_goes_on_and_makes_no_cell_twice(small, monkeypatch, capsys):
    _main(monkeypatch, ablation, "sine", "--seeds", "0")
    first, _ = history.load(small / "ablation.npz")
    _main(monkeypatch, ablation, "sine", "--seeds", "0", "1")
    columns, _ = history.load(small / "ablation.npz")
    assert len(first["seed"]) == 4 and len(columns["seed"]) == 8
    np.testing.assert_array_equal(columns["seconds"][:4], first["seconds"])      # not made again
    table = ablation.table(columns, ablation.settings(), "sine", "cg_iterations")
    assert np.all(table["stop"] > table["full"])
    assert len({tuple(f) for f in ablation.table(columns, ablation.settings(), "sine", "final").values()}) == 4
    assert "sine: f after the budget" in capsys.readouterr().out


def test_adam_stops_where_it_has_reached_all_targets(small, monkeypatch, capsys):
    monkeypatch.setattr(against_adam, "BUDGETS", {"sine": [60, 120]})
    monkeypatch.setattr(against_adam, "CAP", {"sine": 150})
    monkeypatch.setattr(against_adam, "RATES", {"sine": [0.03]})
    monkeypatch.setattr(against_adam, "BATCHES", {"sine": [None, 20]})
    _main(monkeypatch, against_adam, "sine")
    columns, _ = history.load(small / "against_adam_sine.npz")
    again = len(columns["seed"])
    _main(monkeypatch, against_adam, "sine")
    assert len(history.load(small / "against_adam_sine.npz")[0]["seed"]) == again
    hf, adam = columns["method"] == 0, np.isin(columns["method"], (1, 2))
    assert np.all(columns["cost_0"][hf] <= 60) and np.all(columns["cost_1"][hf] <= 120)
    met = np.isfinite(columns["cost_1"][adam])
    assert np.array_equal(met, columns["lowest"][adam] <= columns["loss_1"][adam])
    assert np.nanmax(columns["cost_1"][adam]) <= 150
    for k in (0, 1):
        assert against_adam.ratios(columns, k).shape == against_adam.ratios(columns, k, 3).shape == (5,)
    assert "budget 120, as in the table" in capsys.readouterr().out
