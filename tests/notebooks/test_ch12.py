"""Notebook 12: its preconditioner is the library's, what it says of its runs is so, the stored run can be repeated."""

import sys
from pathlib import Path

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, assert_every_part, mutation_tests, names_of, sources_of
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch12 as ex
from hf_lib.figures import ch12, ch12_tries
from hf_lib.solvers.kronecker import KroneckerPreconditioner

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import autoencoders  # noqa: E402
import autoencoders_quick  # noqa: E402
import history  # noqa: E402

NOTEBOOK = NOTEBOOKS / "12_deep_autoencoders.ipynb"
CELLS = sources_of(NOTEBOOK)
RUN, ORIGIN = hf.datasets.run("autoencoder_curves_hf")
ALBUM, _ = hf.datasets.run("autoencoder_curves_hf_album")
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=25, deadline=None)
before, mine = names_of(CELLS)


# ---- the confirmations can fail --------------------------------------------------------------------

MUTATIONS = {
    "2.2 sign": ("gradient[-1][:-1], -covariance", "gradient[-1][:-1], covariance"),
    "5.1 slope": ("@ block[:-1].T * slope)", "@ block[:-1].T)"),
    "5.2 the loss' curvature": ("D, p * (1 - p), D", "D, p, D"),
    "5.2 order": ("np.kron(np.outer(x, x), S) for", "np.kron(S, np.outer(x, x)) for"),
    "5.3 chance": ("np.where(y == 1, p, 1 - p)", "np.where(y == 1, 1 - p, p)"),
    "5.5 order": ("np.kron(B, C) @ V.ravel()", "np.kron(C, B) @ V.ravel()"),
    "5.6 sizes": ("np.trace(A_l) / n / (np.trace(S_l) / m)", "np.trace(A_l) / np.trace(S_l)"),
    "5.7 missing 1/N": ("s.T @ s / N, lam) for a, s", "s.T @ s, lam) for a, s"),
    "5.7 true targets": ("y = hf.SigmoidCrossEntropy().sample(z, rng) ", "y = X "),
    "7.1 least norm": ("least = J.T @ np.linalg.solve(J @ J.T, y)", "least = J.T @ np.linalg.solve(J @ J.T + 1, y)"),
    "7.1 least θᵀMθ": ("(J / M).T @ np.linalg.solve(J / M @ J.T, y)", "(J * M).T @ np.linalg.solve(J * M @ J.T, y)"),
}

test_each_formula_stands_in_one_cell, test_a_wrong_formula_is_caught = mutation_tests(CELLS, MUTATIONS)


# ---- the notebook's own versions -------------------------------------------------------------------


@quick
@given(seeds)
def test_the_answers_of_exercises_2_and_3_make_the_library_s_preconditioner(seed):
    rng = np.random.default_rng(seed)
    net = hf.MLP([3, 4, 2, 3], ["sigmoid", "linear"])
    X = rng.random((6, 3))
    lin = hf.Problem(net, hf.SigmoidCrossEntropy(), X, X).linearize(net.init(rng))
    factors, lam, r = lin.kronecker_factors(rng), float(rng.uniform(0.01, 3)), rng.standard_normal(net.size)
    solved = [ex.q2.reference(*ex.q3.reference(A, S, lam), R).ravel() for (A, S), R in zip(factors, net.blocks(r))]
    np.testing.assert_allclose(np.concatenate(solved), KroneckerPreconditioner(net, factors, lam)(r), rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_my_preconditioner_is_the_library_s(mine, seed):
    rng = np.random.default_rng(seed)
    net = mine.autoencoder([6, 5, 2])
    X, theta, r = rng.random((9, 6)), net.init(rng), rng.standard_normal(net.size)
    lin = hf.Problem(net, hf.SigmoidCrossEntropy(), X, X).linearize(theta)
    own = mine.my_preconditioner(net, theta, X, 0.3, np.random.default_rng(seed))
    theirs = KroneckerPreconditioner(net, lin.kronecker_factors(np.random.default_rng(seed)), 0.3)
    np.testing.assert_allclose(own(r), theirs(r), rtol=1e-9)


@pytest.mark.slow
def test_errors_and_networks_are_those_of_the_experiment(mine):
    assert mine.net.sizes == autoencoders.network(autoencoders.ENCODERS["curves"]).sizes
    assert mine.digits_net.sizes == autoencoders.network(autoencoders.ENCODERS["mnist"]).sizes
    assert mine.net.activations == autoencoders.network(autoencoders.ENCODERS["curves"]).activations
    some = mine.X_train[:50]
    theirs = autoencoders.squared_error(mine.net, mine.theta, some)
    assert mine.squared_error(mine.net, mine.theta, some) == pytest.approx(theirs, rel=1e-5)
    assert mine.mean_picture_error(some) == pytest.approx(some.var(axis=0).sum(), rel=1e-5)


def test_the_price_of_exercise_4_is_the_library_s():
    net = hf.MLP(autoencoders.ENCODERS["curves"])
    factors = [(np.eye(n + 1, dtype=np.float32), np.eye(m, dtype=np.float32)) for n, m in zip(net.sizes, net.sizes[1:])]
    applied = KroneckerPreconditioner(net, factors, 1.0).multiplications
    assert ex.q4.reference == pytest.approx(applied / (4 * net.size)) and 250 < ex.q4.reference < 260


def test_the_walk_decodes_as_the_network_does():
    net = autoencoders.network([784, 12, 3])
    theta = net.init(np.random.default_rng(0))
    X = np.random.default_rng(1).random((4, 784))
    W = net.blocks(theta)
    code = 1 / (1 + np.exp(-(X @ W[0][:-1] + W[0][-1]))) @ W[1][:-1] + W[1][-1]
    np.testing.assert_allclose(ch12.decode(W[2:], code), hf.SigmoidCrossEntropy().output(net(theta, X)), rtol=1e-9)


# ---- the stored runs -------------------------------------------------------------------------------


def test_every_stored_run_says_where_it_comes_from():
    for name in hf.datasets.runs("autoencoder_"):
        if name.endswith("album"):
            continue
        columns, origin = hf.datasets.run(name)
        assert {"command", "revision", "seed", "settings", "machine"} <= set(origin), name
        assert {"cost", "cpu_seconds", "train", "test", "loss"} <= set(columns)
        assert np.all(np.diff(columns["cost"]) > 0) and np.all(np.isfinite(columns["train"]))


def test_what_is_said_of_the_plateau_and_the_spectrum():
    calm = (RUN["cost"] > 4) & (RUN["cost"] < 15)
    assert calm.sum() >= 5 and np.ptp(RUN["train"][calm]) < 0.1
    top = ALBUM["eigenvalues"]
    flat, late = ALBUM["cost"] < 12, ALBUM["cost"] > 40
    assert np.all(top[flat, 0] / top[flat, -1] < 2)
    assert np.all(top[late, 5] / top[late, 6] > 5)                   # six stand apart: the code has six units
    assert np.abs(top[late, :5] / top[late, 1:6]).max() < 5
    first = int(np.argmax(top[:, 0] > 3 * top[:, 1]))
    assert 15 < ALBUM["cost"][first] < 25


def at(run, axis, value, error="train"):
    """The error of a run at this cost or these seconds."""
    return float(np.interp(value, run[axis], run[error]))


HOUR = {key.partition("_")[0]: hf.datasets.run(f"autoencoder_curves_{key}")[0]
        for key in ("sgd_hour", "momentum_0.99_0.003", "nag_hour", "adam_hour")}


def test_what_is_said_of_hessian_free_and_adam():
    adam = HOUR["adam"]
    for axis, before, passes, after in (("cost", (5, 60, 100), 126, (140, 250, 500)),
                                        ("cpu_seconds", (20, 60, 120), 145, (160, 300, 650))):
        assert all(at(adam, axis, value) < at(RUN, axis, value) for value in before)
        assert at(adam, axis, passes) == pytest.approx(at(RUN, axis, passes), rel=0.02)
        assert all(at(adam, axis, value) > at(RUN, axis, value) for value in after)
    for key, epochs in (("adam_250", 250), ("adam", 500)):                       # the fairer rivals there
        shorter, _ = hf.datasets.run(f"autoencoder_curves_{key}")
        assert shorter["cost"][-1] == pytest.approx(epochs, rel=1e-3)
        assert at(RUN, "cost", epochs) < 0.8 * shorter["train"][-1] < 0.95 * at(adam, "cost", epochs)
    plateau = adam["train"] > 0.95 * 26.16
    assert adam["cost"][np.argmin(plateau)] < 2.5 and RUN["cost"][np.argmax(RUN["train"] < 0.95 * 26.16)] > 20


def test_what_is_said_of_new_pictures():
    """At equal training error Hessian-free has the lower test error down to about 1.4, then the higher one."""
    test_at = lambda of, target: of["test"][np.argmax(of["train"] <= target)]
    adam = HOUR["adam"]
    for target in (10, 8, 5, 3, 2, 1.5):
        assert test_at(RUN, target) < test_at(adam, target) < 14
    for target in (1.3, 1.2, 1.0, 0.9):
        assert test_at(RUN, target) > test_at(adam, target)
    shorter, _ = hf.datasets.run("autoencoder_curves_adam")                 # planned for 500 epochs: they cross earlier
    assert all(test_at(RUN, target) < test_at(shorter, target) for target in (5, 3, 2.5, 2.2))
    assert all(test_at(RUN, target) > test_at(shorter, target) for target in (2.1, 2, 1.9))
    for target in (2, 1.5, 1.2):
        assert test_at(HOUR["momentum"], target) < min(test_at(RUN, target), test_at(adam, target))
    for of, lowest in ((RUN, 8.1), (adam, 8.5)):
        assert of["test"].min() == pytest.approx(lowest, abs=0.05)
        assert of["cost"][of["test"].argmin()] == pytest.approx(125, abs=4)


def test_what_is_said_of_the_hour():
    for of in HOUR.values():
        assert of["cost"][-1] == pytest.approx(2400, abs=1)
        assert of["train"][-1] < 0.53 * at(of, "cost", 1200)
    assert all(at(HOUR[key], "cost", 1200) > 0.8 * at(HOUR[key], "cost", 500) for key in ("sgd", "nag", "adam"))
    sgd, momentum, nag, adam = HOUR.values()
    assert (sgd["cpu_seconds"][-1] / 60, adam["cpu_seconds"][-1] / 60) == pytest.approx((55, 65), abs=0.5)
    assert RUN["cpu_seconds"][-1] == pytest.approx(3600, abs=60)
    for of, times in ((sgd, 5.8), (adam, 1 / 0.8)):
        assert of["train"][-1] == pytest.approx(times * RUN["train"][-1], rel=0.01)
    for mark in (150, 1000, 2100, 2399):
        assert all(at(RUN, "cost", mark) < at(of, "cost", mark) for of in HOUR.values())
    for mark in (200, 900, 2400, 3590):
        assert all(at(RUN, "cpu_seconds", mark) < at(of, "cpu_seconds", mark) for of in HOUR.values())
    assert at(RUN, "cost", 2399) == pytest.approx(6 / 7 * at(adam, "cost", 2399), rel=0.02)
    assert [round(of["test"][-1]) for of in (RUN, adam)] == [19, 13]


def test_what_is_said_of_the_last_stages():
    part, ten, three = (hf.datasets.run(f"autoencoder_curves_hf_{key}")[0] for key in ("part", "part10", "all3"))
    for of in (part, ten, three):
        index, here, there = np.intersect1d(of["index"], RUN["index"], return_indices=True)
        shared = of["cost"][here] < 302
        assert shared.sum() > 40
        np.testing.assert_allclose(of["train"][here][shared], RUN["train"][there][shared], rtol=1e-6)
    assert (at(part, "cost", 500), part["train"][-1]) == pytest.approx((1.29, 0.906), abs=0.005)
    assert at(ten, "cost", 550) == pytest.approx(1.6, abs=0.01) and np.mean(ten["rho"][ten["cost"] > 320] < 0.25) > 0.5
    assert np.median(three["rho"][three["cost"] > 320]) == pytest.approx(1, abs=0.05)
    assert at(part, "cost", 560) < at(three, "cost", 560) < 1.03 * at(part, "cost", 560)        # has not paid yet
    assert at(RUN, "cost", 560) < 0.95 * at(part, "cost", 560)
    assert (at(RUN, "cost", 1000), at(part, "cost", 1000)) == pytest.approx((0.93, 1.08), abs=0.01)
    assert (RUN["test"][-1], part["test"][-1]) == pytest.approx((19, 15), abs=0.5)
    adam = HOUR["adam"]
    assert part["train"][-1] == pytest.approx(at(adam, "cpu_seconds", 3600), rel=0.03)       # had drawn level


def test_what_is_said_of_the_run_from_the_inside():
    cost, rho, lam = RUN["cost"], RUN["rho"], RUN["damping"]
    between = lambda a, b: (cost >= a) & (cost < b)
    assert rho[between(17, 20)].min() < 0.25 and np.median(rho[between(4, 15)]) == pytest.approx(1, abs=0.02)
    for begin in (60, 100):
        assert np.median(rho[between(begin, begin + 10)]) > max(0.75, np.median(rho[between(begin - 10, begin)]))
    assert lam[between(160, 300)].min() == pytest.approx(6e-5, rel=0.05)
    assert np.median(rho[between(160, 200)]) > 0.75 > 0.65 > np.median(rho[between(240, 303)])
    assert np.median(rho[between(320, 1000)]) == pytest.approx(1, abs=0.06) and lam.min() == pytest.approx(3e-6)
    late = cost > 1000
    assert rho[late].min() < 0 and np.median(rho[late]) > 0.4 and lam[late].max() < 2.5e-5


def test_what_is_said_of_the_digits():
    digits, origin = hf.datasets.run("autoencoder_mnist_hf")
    assert digits["train"][-1] < 1.40 and origin["settings"]["l2"] == 2e-5
    first = digits["train"] < 1.40
    assert digits["cpu_seconds"][first.argmax()] == pytest.approx(1800, rel=0.05)            # half an hour
    nag, _ = hf.datasets.run("autoencoder_mnist_nag")
    assert nag["train"][-1] < 0.9 * at(digits, "cost", nag["cost"][-1])
    assert at(digits, "cpu_seconds", nag["cpu_seconds"][-1]) == pytest.approx(nag["train"][-1], rel=0.05)


def test_what_is_said_of_single_devices():
    tries = {name: hf.datasets.run(f"autoencoder_curves_try_{name}")[0] for name in ch12_tries.CHANGED}
    assert set(tries) == set(autoencoders.TRIES)
    ends = {name: round(float(of["train"][-1]), 1) for name, of in tries.items()}
    assert min(ends.values()) == ends["unchanged"] == 11.5 == ends["no_floor"]
    assert ends["double_start"] == 14.3 and ends["lambda"] == 13.2 and ends["factor"] == 17.5 and ends["cold"] == 13.3
    assert 19 < ends["diagonal"] < ends["plain_cg"] < 21 and tries["no_floor"]["damping"][-1] > 0.03
    off = {name: of["cost"][np.argmax(of["train"] < 0.95 * 26.16)] for name, of in tries.items()}
    assert all(np.all(tries[name]["train"][3:] > 0.95 * 26.16) for name in ("half_start", "large_batch"))
    assert off["cg_10"] == pytest.approx(2 * off["unchanged"], rel=0.05)
    assert (off["unchanged"], off["lambda"], off["factor"]) == pytest.approx((23, 9, 5), abs=0.5)
    left = {name: of["index"][np.argmax(of["train"] < 0.95 * 26.16)] for name, of in tries.items()}
    assert (left["unchanged"], left["cg_10"]) == (94, 96)                   # as many steps, at twice the price
    per_step = {name: of["cost"][-1] / of["index"][-1] for name, of in tries.items()}
    assert per_step["cg_10"] == pytest.approx(2 * per_step["unchanged"], rel=0.05)
    assert tries["large_batch"]["index"][-1] == 69
    at_125 = at(tries["unchanged"], "index", 125)                           # per step ten iterations gain nothing
    assert tries["cg_10"]["index"][-1] == 125 and tries["cg_10"]["train"][-1] > at_125


def test_what_is_said_of_weight_decay():
    stopped = {}
    for key in ("hf", "adam"):
        for l2 in ("1e-4", "2e-4", "5e-4"):
            of, _ = hf.datasets.run(f"autoencoder_curves_{key}_decay_{l2}")
            stopped[key, l2] = of["test"][of["held_out"].argmin()], of["held_out"].min()
        assert min(("1e-4", "2e-4", "5e-4"), key=lambda l2, key=key: stopped[key, l2][1]) == "2e-4"
    assert (stopped["hf", "2e-4"][0], stopped["adam", "2e-4"][0]) == pytest.approx((7.1, 7.2), abs=0.05)
    for key, of in (("hf", RUN), ("adam", HOUR["adam"])):
        assert stopped[key, "2e-4"][0] < 0.9 * of["test"].min()


def test_what_is_said_of_the_other_runs_at_full_size():
    slow, _ = hf.datasets.run("autoencoder_curves_momentum_hour")                      # as many epochs, µ up to 0.9
    assert slow["cost"][-1] == HOUR["momentum"]["cost"][-1]
    assert slow["cpu_seconds"][-1] > 2 * HOUR["momentum"]["cpu_seconds"][-1]
    recipe, _ = hf.datasets.run("autoencoder_curves_martens")
    assert recipe["train"][-1] == pytest.approx(5.72, abs=0.01)
    assert recipe["cpu_seconds"][-1] == pytest.approx(1800, abs=10)
    climbed, _ = hf.datasets.run("autoencoder_curves_momentum_0.99")                     # rate 0.01
    assert climbed["train"].min() < 11 and climbed["train"][-1] > 26


def command_line(*more):
    return ["autoencoders.py", *autoencoders_quick.arguments(ORIGIN), *more]


@pytest.mark.slow
def test_a_short_run_repeats_the_beginning_of_the_stored_one(monkeypatch, tmp_path):
    """Float32: another processor adds up in another order, 1e-6 a step; 26 steps leave it below 1e-3."""
    monkeypatch.setattr(history, "RUNS", tmp_path)
    monkeypatch.setattr(sys, "argv", command_line("--name", "again", "--rows", "6"))
    autoencoders.main()
    again = history.load(tmp_path / "again.npz")[0]
    apart, rows = autoencoders_quick.apart(RUN, again)
    assert rows == 6 and max(apart.values()) < 1e-3
    monkeypatch.setattr(sys, "argv", command_line("--name", "other", "--rows", "1", "--seed", "1"))
    autoencoders.main()
    apart, rows = autoencoders_quick.apart(RUN, history.load(tmp_path / "other.npz")[0])
    assert rows == 1 and max(apart.values()) > 5e-3                   # another seed is told apart


def test_the_short_version_asks_for_what_made_the_run():
    origin = {"command": "python experiments/autoencoders.py curves adam --rate 0.001 --album --cpu-seconds 600"}
    assert autoencoders_quick.arguments(origin) == ["curves", "adam", "--rate", "0.001", "--cpu-seconds", "600"]
    assert "curves_hf" in autoencoders_quick.stored()
    assert not [name for name in autoencoders_quick.stored() if any(word in name for word in ("album", "grid", "try"))]


def test_the_papers_numbers():
    """Sutskever and others 2013, Table 1: the best of four µ."""
    nag = (.16, .096, .091, .074), (1.0, .73, .75, .80)
    momentum = (.15, .10, .10, .10), (1.0, .77, .84, .90)
    names = {}
    (cell,) = [source for source in CELLS if source.startswith("PAPER = ")]
    exec("\n".join(cell.splitlines()[:2]), names)
    assert names["PAPER"] == {"SGD": (0.48, 2.1), "NAG": tuple(map(min, nag)), "momentum": tuple(map(min, momentum)),
                              "Adam": (), "Hessian-free": (0.058, 0.69), "2010": (0.11, 1.40)}


# ---- what every chapter has ------------------------------------------------------------------------


def test_the_chapter_has_every_part():
    assert_every_part(NOTEBOOK)
    assert not any("PROVISIONAL" in text or "ANSWER" in text for text in sources_of(NOTEBOOK, "markdown"))
