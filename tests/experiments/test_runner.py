"""The shared runner: rows where they are due, ends, checkpoints, Ctrl+C, tables and grids."""

import doctest
import runpy
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_lib as hf

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import commands  # noqa: E402
import history  # noqa: E402
import progress  # noqa: E402
import runner  # noqa: E402
import tuning  # noqa: E402
from runner import Course, End, Grid  # noqa: E402
from table import Table  # noqa: E402


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(history, "RUNS", tmp_path)
    return tmp_path


def loop(kind=hf.SGD, **settings):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (20, 1))
    net = hf.MLP([1, 3, 1], activation="tanh")
    problem = hf.Problem(net, hf.SquaredError(), X, np.sin(3 * X))
    settings = settings or dict(learning_rate=0.05, batch=4, rng=rng)
    return kind(problem, net.init(rng), **settings)


def row(step, cpu):
    return dict(index=0 if step is None else step.index, cost=0 if step is None else step.cost, cpu_seconds=cpu,
                loss=np.nan if step is None else step.loss)


def course(stored=None, grid=None, **changes):
    return Course(changes.pop("loop", None) or loop(), row, grid or Grid.every(3), stored, **changes)


# ---- rows and ends

def test_rows_come_where_they_are_due_and_the_run_ends_there():
    made = runner.rows(course(), End(steps=10))
    assert made["index"] == [3, 6, 9]
    made = runner.rows(course(first=True, closing=True), End(steps=10))
    assert made["index"] == [0, 3, 6, 9, 10]
    assert runner.rows(course(closing=True), End(steps=9))["index"] == [3, 6, 9]         # the last row only once
    assert runner.rows(course(), End(rows=2))["index"] == [3, 6]
    costs = runner.rows(course(grid=Grid.every(1)), End(cost=1.0))["cost"]
    assert costs[-2] < 1.0 <= costs[-1]
    assert runner.rows(course(grid=Grid.points([2, 2.5, 7], "index")), End())["index"] == [2, 3, 7]


@given(st.floats(0.1, 1), st.floats(1.5, 20), st.integers(2, 12))
def test_a_log_grid_has_a_row_at_the_first_step_past_each_point(first, end, count):
    costs = np.array(runner.rows(course(grid=Grid.every(1)), End(cost=end))["cost"])
    made = runner.rows(course(grid=Grid.log(first, end, count)), End())["cost"]
    assert made == sorted({costs[np.searchsorted(costs, point)] for point in np.geomspace(first, end, count)})


def test_a_growing_grid_begins_with_the_first_step():
    made = runner.rows(course(grid=Grid.growing(1, 1.5)), End(cost=10))["cost"]
    assert made[0] == pytest.approx(0.4)
    for old, new in zip(made, made[1:]):
        assert max(old + 1, 1.5 * old) - 1e-6 <= new < max(old + 1, 1.5 * old) + 0.21


def test_cpu_seconds_are_those_of_the_loop_alone(monkeypatch):
    clock = iter(np.arange(0.0, 1e6))                     # every look at the clock is a second later
    monkeypatch.setattr(runner.time, "process_time", lambda: next(clock))

    def measure(step, cpu):
        for _ in range(10):
            runner.time.process_time()
        return row(step, cpu)
    made = runner.rows(Course(loop(), measure, Grid.points([2, 4, 5], "cpu_seconds")), End())
    assert made["cpu_seconds"] == [2, 4, 5] == made["index"]
    assert runner.rows(course(grid=Grid.every(1)), End(cpu_seconds=7))["index"][-1] == 7


def test_the_time_of_l_bfgs_is_shared_out(monkeypatch):
    clock = iter([0.0, 50.0])
    monkeypatch.setattr(runner.time, "process_time", lambda: next(clock))
    made = runner.rows(course(loop=loop(hf.LBFGS, max_steps=9), grid=Grid.every(1)), End())
    assert made["cpu_seconds"][-1] == 50 and np.all(np.diff([0, *made["cpu_seconds"]]) > 0)


def test_the_reason_of_the_loop_is_stored(folder):
    stored = history.History("a", 0, {})
    runner.run(stored, lambda h: course(h, loop=loop(max_steps=7, learning_rate=0.1)), End(steps=100))
    assert history.load(folder / "a.npz")[1]["ended"] == "step limit"
    runner.run(history.History("b", 0, {}), course, End(steps=7))
    assert "ended" not in history.load(folder / "b.npz")[1]


# ---- checkpoints

METHODS = {"SGD": hf.SGD, "Adam": hf.Adam, "HF": hf.HessianFree}


def make(method):
    settings = dict(learning_rate=0.05, batch=4)
    if method == "HF":
        settings = dict(preset="stochastic", gradient_batch=8, curvature_batch=4)
    return lambda stored: course(stored, Grid.every(2), first=True,
                                 loop=loop(METHODS[method], rng=np.random.default_rng(1), **settings))


@pytest.mark.parametrize("method", METHODS)
def test_after_ctrl_c_the_run_goes_on_bit_for_bit(folder, method, monkeypatch, capsys):
    runner.run(history.History("whole", 0, {}), make(method), End(steps=12))
    before = signal.getsignal(signal.SIGINT)                      # ignored, where the shell runs this in the background

    class Impatient(progress.Progress):
        def show(self, share, row=None):
            if round(share * 12) == 5:                            # between two rows
                signal.raise_signal(signal.SIGINT)
    monkeypatch.setattr(runner, "Progress", Impatient)
    with pytest.raises(KeyboardInterrupt, match="cut stopped after step 5: the same command, .* goes on there"):
        runner.run(history.History("cut", 0, {}), make(method), End(steps=12))
    assert signal.getsignal(signal.SIGINT) is before
    assert not history.History("cut", 0, {}).complete()
    monkeypatch.undo()
    monkeypatch.setattr(history, "RUNS", folder)
    runner.run(history.History("cut", 0, {}), make(method), End(steps=12))
    assert "cut: going on after step 5" in capsys.readouterr().out
    (whole, _), (cut, _) = (history.load(folder / f"{name}.npz") for name in ("whole", "cut"))
    for name in ("index", "cost", "loss"):
        np.testing.assert_array_equal(whole[name], cut[name])
    assert sorted(path.name for path in folder.iterdir()) == ["cut.npz", "whole.npz"]


def test_a_history_longer_than_its_checkpoint_is_cut(folder):
    """Between the two savings, somebody pulled the plug."""
    begun = make("SGD")(history.History("a", 0, {}))
    for _ in begun.follow(End(steps=4)):
        begun.save()
    for _ in begun.follow(End(steps=8)):
        begun.history.save()
    runner.run(history.History("a", 0, {}), make("SGD"), End(steps=12))
    assert history.load(folder / "a.npz")[0]["index"].tolist() == [0, 2, 4, 6, 8, 10, 12]


def test_a_kept_checkpoint_lets_a_run_grow_and_a_stored_run_is_left_alone(folder, capsys):
    runner.run(history.History("a", 0, {}), course, End(steps=6), keep=True)
    runner.run(history.History("a", 0, {}), course, End(steps=9))
    assert history.load(folder / "a.npz")[0]["index"].tolist() == [3, 6, 9]
    runner.run(history.History("a", 0, {}), lambda stored: pytest.fail("made again"), End(steps=12))
    assert "a: stored already; --fresh makes it again" in capsys.readouterr().out
    with pytest.raises(ValueError, match="settings"):
        runner.run(history.History("a", 0, {"rate": 1}), course, End(steps=9))
    runner.run(history.History("a", 0, {"rate": 1}), course, End(steps=3), fresh=True)
    assert len(history.load(folder / "a.npz")[0]["index"]) == 1


def test_a_row_with_other_columns_is_refused():
    columns = history.Columns()
    columns.add(a=1, b=2)
    with pytest.raises(ValueError, match="must have the columns a, b, got a"):
        columns.add(a=1)


# ---- many runs in one history

def test_a_run_of_a_table_is_made_once(folder):
    calls = []

    def table():
        return Table(history.History("t", [0, 1], {}), ("method", "seed"), runs=2)

    def make(seed):
        return lambda: calls.append(seed) or {"cost": [1, 2], "loss": [10.0 + seed, 5.0 + seed]}
    first = table()
    for seed in (0, 1, 0):
        assert first.get(dict(method=3, seed=seed), make(seed))["loss"].tolist() == [10 + seed, 5 + seed]
    assert table().get(dict(seed=1, method=3), make(1))["cost"].tolist() == [1, 2] and calls == [0, 1]
    assert table().made() == 2 and set(history.load(folder / "t.npz")[0]) == {"method", "seed", "cost", "loss"}
    with pytest.raises(ValueError, match="no row"):
        table().get(dict(method=4, seed=0), lambda: {})
    with pytest.raises(ValueError, match="key must have method, seed, got seed"):
        table().get(dict(seed=0), make(0))


def test_results_are_stored_with_the_settings_and_not_compared():
    stored = history.History("t", 0, {"grid": (1, 2)}, results=("best",))
    stored.add(a=1)
    stored.origin["settings"]["best"] = 2
    stored.save()
    again = history.History("t", 0, {"grid": (1, 2)}, results=("best",))
    again.load()
    assert again.columns == {"a": [1.0]}


def test_nothing_is_written_into_another_copy_of_the_course(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["hf_lib.datasets.runs"], "RUNS", tmp_path / "data" / "runs")
    with pytest.raises(SystemExit, match="set PYTHONPATH"):
        runpy.run_path(history.__file__)


# ---- grids

def test_doctests_of_tuning():
    assert doctest.testmod(tuning).failed == 0 < doctest.testmod(tuning).attempted


def test_an_edge_is_looked_for_among_settings_that_agree_in_the_rest():
    grid = [dict(rate=rate, momentum=mu) for mu, rates in ((0.9, (1, 2, 3)), (0.99, (0.1, 1))) for rate in rates]
    assert tuning.edges(dict(rate=2, momentum=0.9), grid) == {}
    assert tuning.edges(dict(rate=1, momentum=0.9), grid) == {"rate": "lowest", "momentum": "lowest"}
    assert tuning.edges(dict(rate=1, momentum=0.99), grid) == {"rate": "highest", "momentum": "highest"}
    assert tuning.edges(dict(batch=None), tuning.combinations({"batch": (None, 10, 20)})) == {}


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=9))
def test_the_best_is_the_first_of_the_lowest(scores):
    grid = tuning.combinations({"rate": tuple(range(len(scores)))})
    best = tuning.choose(grid, scores)
    assert not any(score < best.score for score in scores)
    assert not any(score == best.score for score in scores[:best.setting["rate"]])


@given(st.integers(-9, 9), st.integers(-9, 9), st.tuples(st.integers(0, 6), st.integers(0, 4)))
def test_a_walk_finds_the_bottom_of_a_bowl_and_runs_nothing_twice(x, y, start):
    axes, seen = {"a": tuple(range(7)), "b": tuple(range(5))}, []

    def bowl(setting):
        seen.append(tuple(setting.values()))
        return (setting["a"] - x - 0.1) ** 2 + 2 * (setting["b"] - y - 0.1) ** 2
    best = tuning.walk(axes, dict(zip(axes, start)), bowl)
    assert best.setting == {"a": min(max(x, 0), 6), "b": min(max(y, 0), 4)} and len(seen) == len(set(seen))
    assert set(best.edges) == {name for name, at, last in (("a", x, 6), ("b", y, 4)) if not 0 < at < last}


def test_a_walk_leaves_what_broke_and_knows_its_start():
    assert tuning.walk({"a": (1, 2, 3)}, {"a": 2}, lambda s: [np.nan, np.inf, 1.0][s["a"] - 1]).setting == {"a": 3}
    with pytest.raises(ValueError, match="no setting of the grid"):
        tuning.walk({"a": (1, 2)}, {"a": 3}, lambda s: 0.0)


def test_the_last_value_of_a_column_is_a_score():
    assert tuning.last({"loss": [9.0, 2.0, 1.0]}, "loss") == 1 and tuning.last({"loss": [9.0, 2, 1]}, "loss", 2) == 1.5


# ---- the command line

def entries(done):
    def make():
        for name in ("a", "b"):
            yield commands.Entry(name, f"run {name}", "1 s", (name,), lambda args, name=name: done.append(name))
    return make


def call(monkeypatch, done, *words):
    monkeypatch.setattr(sys, "argv", ["x.py", *words])
    commands.command_line("Doc.", entries(done))


def test_names_all_unknown_ones_and_the_list(monkeypatch, folder, capsys):
    done = []
    call(monkeypatch, done)
    call(monkeypatch, done, "b")
    assert done == ["a", "b", "b"]
    with pytest.raises(SystemExit):
        call(monkeypatch, done, "bb")
    assert "no run is called bb; nearest: b" in capsys.readouterr().err
    history.History("b", 0, {}).save()
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, done, "--list")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["a", "b"] and "0 of 1" in lines[0] and "stored" in lines[1]
    assert ended.value.code == 0 and done == ["a", "b", "b"]


def test_ctrl_c_ends_in_one_sentence(monkeypatch, capsys):
    def stop(args):
        raise KeyboardInterrupt("x stopped after step 3.")
    monkeypatch.setattr(sys, "argv", ["x.py"])
    with pytest.raises(SystemExit) as ended:
        commands.command_line("Doc.", lambda: [commands.Entry("x", "", "", (), stop)])
    assert ended.value.code == 130 and capsys.readouterr().err == "\nx stopped after step 3.\n"


def test_the_time_left_is_that_of_the_rest(monkeypatch, capsys):
    times = iter([0.0, 0.0, 100.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(progress, "SILENT", -1)
    line = progress.Progress("a")
    line.show(0.5)                                        # gone on from a checkpoint
    line.show(0.75, {"loss": 0.25})
    assert capsys.readouterr().err.splitlines()[-1] == "a   75 %  100 s left  loss 0.25"


SCRIPTS = sorted(path.stem for path in (ROOT / "experiments").glob("*.py") if "__main__" in path.read_text("utf-8"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_lists_what_can_be_run(script, monkeypatch, capsys):
    monkeypatch.setattr(history, "RUNS", ROOT / "data" / "runs")
    monkeypatch.setattr(sys, "argv", [f"{script}.py", "--list"])
    module = __import__(script)
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines and all(len(line.split()) > 3 for line in lines)


STORED = [("race",), ("sine",), ("ablation",), ("against_adam",), ("mini_batches",), ("mnist",),
          ("autoencoders", "curves", "hf"), ("autoencoders", "curves", "grid"), ("autoencoders", "curves", "tries")]


@pytest.mark.parametrize("command", STORED, ids=" ".join)
def test_what_is_stored_has_the_script_s_settings_and_is_not_made_again(command, monkeypatch, capsys):
    script, *words = command
    monkeypatch.setattr(history, "RUNS", ROOT / "data" / "runs")
    monkeypatch.setattr(history.History, "save", lambda self: pytest.fail(f"{self.path.name} is written"))
    monkeypatch.setattr(Course, "follow", lambda self, end: pytest.fail("a run is made"))
    monkeypatch.setattr(sys, "argv", [f"{script}.py", *words])
    __import__(script).main()
    assert capsys.readouterr().out
