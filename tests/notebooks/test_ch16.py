"""Notebook 16: its passes are the library's, its answers say what its cells show, its confirmations can fail."""

from types import SimpleNamespace

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, assert_every_part, mutation_tests, names_before, names_of, sources_of
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch16 as ex
from hf_lib.figures import ch16, ch16_states

NOTEBOOK = NOTEBOOKS / "16_recurrent_networks.ipynb"
CELLS = sources_of(NOTEBOOK)
LONG = ("loops = {", "K50 = dense", "lin50 = problem", "lows = {}", "METHODS = {")      # 10 s of 13
DERIVED = [source for source in CELLS[:next(k for k, source in enumerate(CELLS) if "lows = {}" in source)]
           if not any(word in source for word in (*LONG, "def memory("))]
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=15, deadline=None)
before, mine = names_of(DERIVED)


@pytest.fixture(scope="module")
def finished():
    """The names after the whole notebook, without the live race."""
    cells = [source for source in CELLS if "METHODS = {" not in source]
    return SimpleNamespace(**names_before(cells)[None])


def test_it_has_every_part():
    assert_every_part(NOTEBOOK)


# ---- the confirmations can fail --------------------------------------------------------------------

MUTATIONS = {
    "3.1 the state": ("anp.dot(H[-1], W.W_hh)", "anp.dot(H[0], W.W_hh)"),
    "3.1 a bias": ("W.W_hh) + W.b_h\n", "W.W_hh)\n"),
    "3.1 the output's state": ("anp.dot(H[1:], W.W_ho)", "anp.dot(H[:-1], W.W_ho)"),
    "3.1 the slope": ("S.append(1 - H[-1] ** 2)", "S.append(1 - H[-2] ** 2)"),
    "3.3 inputs": ('np.einsum("tni,tnj->ij", X, D)', 'np.einsum("tni,tnj->ij", X, D) / N'),
    "3.3 states": ('np.einsum("tni,tnj->ij", H[1:], D_z),', 'np.einsum("tni,tnj->ij", H[:-1], D_z),'),
    "3.3 biases": ("D.sum(axis=(0, 1)), D_z", "D[0].sum(axis=0), D_z"),
    "3.3 the next adjoint": ("ex.q2.answer(D[t + 1], D_z[t], S[t],", "ex.q2.answer(D[t], D_z[t], S[t],"),
    "3.3 the step's slope": ("D_z[t], S[t], W.W_hh, W.W_ho)", "D_z[t], S[0], W.W_hh, W.W_ho)"),
    "3.3 residual": ("D_z = (p - Y) / N", "D_z = (Y - p) / N"),
    "3.3 mean": ("D_z = (p - Y) / N", "D_z = p - Y"),
    "3.4 the start": ("R_H, R_S = [np.tile(V.h_0,", "R_H, R_S = [np.tile(0 * V.h_0,"),
    "3.4 moving weights": ("H[t] @ V.W_hh + V.b_h", "H[t + 1] @ V.W_hh + V.b_h"),
    "3.4 moving state": ("R_H[-1] @ W.W_hh)", "R_H[0] @ W.W_hh)"),
    "3.4 slope": ("R_H.append(S[t] * R_S[t])", "R_H.append(R_S[t])"),
    "3.4 output": ("+ V.b_o + R_H[1:] @ W.W_ho", "+ V.b_o + R_H[:-1] @ W.W_ho"),
    "3.5 loss Hessian": ("keepdims=True)) / N      # H_L J v / N", "keepdims=True))      # H_L J v / N"),
    "3.5 its second term": ("u = (p * Jv - p * np.sum(p * Jv, axis=2, keepdims=True)) / N      #",
                            "u = p * Jv / N      #"),
    "3.6 moving states": ('np.einsum("tni,tnj->ij", R_H[:-1], D)),', 'np.einsum("tni,tnj->ij", R_H[1:], D)),'),
    "3.6 moving start": ("(D[0] @ V.W_hh.T)", "(D[0] @ V.W_hh)"),
    "3.6 adjoints": ("after[t + 1], D_z[t], R_D[t + 1]", "after[t], D_z[t], R_D[t + 1]"),
    "5.3 M": ("J_s, S / 4, J_s) / N", "J_s, S, J_s) / N"),
    "5.3 mean": ("J_s, S / 4, J_s) / N", "J_s, S / 4, J_s)"),
    "5.3 the charge's place": ("R_S[t], H[t + 1], W.W_hh", "R_S[t], H[t], W.W_hh"),
    "5.3 λ": ("lam * np.eye(tiny.size) + mu * lam * K", "lam * np.eye(tiny.size) + mu * K"),
}

test_each_formula_stands_in_one_cell, test_a_wrong_formula_is_caught = mutation_tests(DERIVED, MUTATIONS, later=5)


# ---- the notebook's own passes, and exercises, are the library's -------------------------------------


def drawn(seed, biases=True):
    rng = np.random.default_rng(seed)
    n_in, n, n_out, N, T = rng.integers(1, 5, 5)
    net = hf.RNN(n_in, n, n_out)
    X = rng.normal(size=(N, T, n_in))
    Y = np.eye(n_out)[rng.integers(0, n_out, (N, T))]
    problem = hf.SequenceProblem(net, hf.SoftmaxCrossEntropy(), X, Y, structural=0.8)
    return problem, *rng.normal(0, 0.6, (2, net.size))


@quick
@given(seeds)
def test_my_gradient_and_tangent_are_the_library_s(mine, seed):
    problem, theta, v = drawn(seed)
    net, lin = problem.net, problem.linearize(theta)
    W, V, X = net.parts(theta), net.parts(v), problem.inputs
    H, S, z = mine.f0(W, X)
    np.testing.assert_allclose(z.swapaxes(0, 1), lin.z, rtol=0, atol=1e-12 * max(1, np.abs(lin.z).max()))
    Jv = mine.f1(W, V, X, H, S)[2].swapaxes(0, 1)
    np.testing.assert_allclose(Jv, lin.jvp(v), rtol=0, atol=1e-12 * max(1, np.abs(Jv).max()))
    u = np.random.default_rng(seed).normal(size=z.shape)
    library = lin.vjp(u.swapaxes(0, 1))
    np.testing.assert_allclose(mine.r1(W, X, H, S, u)[0], library, rtol=0, atol=1e-12 * max(1, np.abs(library).max()))


@quick
@given(seeds)
def test_my_products_are_the_library_s(mine, seed):
    problem, theta, v = drawn(seed)
    lin, N = problem.linearize(theta), problem.N
    W, V, X = problem.net.parts(theta), problem.net.parts(v), problem.inputs
    kept, mine.ggn.__globals__["N"] = mine.ggn.__globals__["N"], N          # the notebook's N is a global of its cells
    try:
        Gv, Bv = mine.ggn(W, V, X), mine.damped(W, V, X, 0.8, 0.5) + 0.5 * v
    finally:
        mine.ggn.__globals__["N"] = kept
    for own, library in ((Gv, lin.ggn(v)), (Bv, lin.damped(v, 0.5))):
        np.testing.assert_allclose(own, library, rtol=0, atol=1e-12 * max(1, np.abs(library).max()))


@quick
@given(seeds)
def test_my_jacobian_over_time_is_a_difference(seed):
    problem, theta, v = drawn(seed)
    net, X, e = problem.net, problem.X[:1], 1e-6
    J = ex.q1.reference(net.parts(theta).W_hh, 1 - net.hidden(theta, X)[0, 1:] ** 2)
    moved = np.zeros_like(theta)
    net.parts(moved).h_0[:] = net.parts(v).h_0
    ahead, behind = (net.hidden(theta + h * moved, X)[0, -1] for h in (e, -e))
    np.testing.assert_allclose(net.parts(v).h_0 @ J, (ahead - behind) / (2 * e), rtol=0, atol=1e-7)


# ---- what the answers say --------------------------------------------------------------------------


def test_the_shares_of_bits_add_up_to_one_where_bits_are_added():
    bits = np.arange(8)[:, None] >> np.arange(2, -1, -1) & 1
    hidden = ((2 * bits - 1) @ np.diag([3.0, 2.0, 1.0]))[:, None]
    np.testing.assert_allclose(ch16_states.shares(hidden, bits), [[9 / 14, 4 / 14, 1 / 14]])
    mixed = np.prod(2 * bits - 1, axis=1)[:, None, None] * np.ones(2)                # a combination of all three
    np.testing.assert_allclose(ch16_states.shares(mixed, bits), 0, atol=1e-15)


def test_stored_runs_are_read_as_the_script_writes_them(monkeypatch):
    columns = {"method": np.array([0, 0, 1, 0, 0]), "setting": np.array([3, 3, 2, 3, 1]),
               "seed": np.array([0, 0, 0, 100, 0]), "seconds": np.array([9, 9, 9, 9, 9]), "cost": np.arange(5.0),
               "cpu_seconds": np.arange(5.0), "loss": np.arange(5.0), "solved": np.arange(5.0)}
    made = {"methods": ["Adam, sparse start", "momentum, sparse start"], "chosen": [3, 2], "seconds": 9}

    def run(name):
        T = int(name.rpartition("_")[2])
        return columns, {"seed": [0, 1], "settings": ({"seconds": 9} if T == 50 else made) | {"T": T}}
    monkeypatch.setattr(ch16_states.datasets, "runs", lambda start: [f"{start}{T}" for T in (100, 20, 50)])
    monkeypatch.setattr(ch16_states.datasets, "run", run)
    found = ch16.stored_races()
    assert list(found) == [20, 100]
    assert {name: [len(run.cpu) for run in runs] for name, runs in found[20].items()} == {
        "Adam, sparse start": [2, 0], "momentum, sparse start": [1, 0]}
    np.testing.assert_array_equal(found[20]["Adam, sparse start"][0].loss, [0, 1])


@pytest.mark.slow
def test_the_plateau_the_memory_and_the_charge(finished):
    ends = {name: steps[-1] for name, steps in finished.first.items()}
    assert all(abs(step.loss - 5 * np.log(2)) < 0.01 for step in ends.values())
    begin = finished.memory(finished.start)
    assert all(finished.memory(steps[9].theta) < 1e-5 * begin for steps in finished.first.values())
    for seed in range(3):                        # bounds that hold with other kernels of BLAS, too
        (plain_low, plain_f), (low, f) = finished.lows[0.0, seed], finished.lows[1.0, seed]
        assert plain_low < 0.5 < 0.8 < low and f < 0.75 * plain_f
    assert finished.lows[1.0, 0][1] < 0.5


@pytest.mark.slow
def test_what_a_charge_does_to_one_step(finished):
    steps = finished.steps
    full = 10                                                                        # where α = 1
    f = {key: of["f"][full] for key, of in steps.items()}
    assert f[0.0, 0.01] > f[0.3, 0.01] > f[1.0, 0.01] and f[0.0, 0.01] > 53 > 30 > f[1.0, 0.01]
    kept = {mu: of["memory"][full] for (mu, lam), of in steps.items() if lam == 1.0}
    assert kept[0.0] < 0.002 and min(kept[mu] for mu in kept if mu >= 0.1) > 0.08
    assert steps[0.0, 0.01]["foreseen"][full] > 1.6 * steps[0.0, 0.01]["moved"][full]


@pytest.mark.slow
def test_what_the_state_remembers(finished):
    part = ch16_states.shares(finished.net.hidden(finished.remembers, finished.data.X), finished.bits)
    assert part[2, 2] < 1e-10 < 0.3 < part[3, 2]
    assert part[5:55].min() > 0.03 and part[5:55].sum(axis=1).min() > 0.75
    said = [part[56 + k, k] for k in range(5)]
    assert min(said) > 0.3


# ---- the stored races ------------------------------------------------------------------------------

SOLVED = {                                                     # seeds of three at T = 20, 50, 100
    "Hessian-free, structural, orthogonal start": (3, 3, 3), "Hessian-free, structural, sparse start": (3, 3, 2),
    "Hessian-free, orthogonal start": (3, 3, 0), "Hessian-free, sparse start": (3, 0, 0),
    "momentum, orthogonal start": (2, 1, 0), "momentum, sparse start": (2, 1, 0),
    "Adam, orthogonal start": (2, 0, 0), "Adam, sparse start": (1, 0, 0)}


@pytest.fixture(scope="module")
def races():
    return ch16.stored_races()


def test_as_many_seeds_are_solved_as_the_answer_says(races):
    assert list(races) == [20, 50, 100]
    assert {name: tuple(sum(run.solved[-1] == 1 for run in of[name]) for of in races.values())
            for name in races[20]} == SOLVED


def test_the_stored_seconds_are_as_the_answer_says(races):
    with_charge, without = "Hessian-free, structural, orthogonal start", "Hessian-free, orthogonal start"
    slowest = [max(run.cpu[-1] for run in of[with_charge]) for of in races.values()]
    assert all(seconds < most for seconds, most in zip(slowest, (0.3, 2.3, 25)))
    middle = {name: np.median([run.cpu[-1] for run in races[50][name]]) for name in (with_charge, without)}
    assert 3.5 < middle[without] / middle[with_charge] < 5


def test_what_fails_in_a_stored_race_fails_as_the_answer_says(races):
    almost = [run for start in ("orthogonal", "sparse") for run in races[50][f"momentum, {start} start"]
              if run.solved[-1] == 31 / 32]
    assert len(almost) == 2
    adam = [run.loss[-1] for start in ("orthogonal", "sparse") for run in races[50][f"Adam, {start} start"]]
    np.testing.assert_allclose(adam, 5 * np.log(2), atol=0.001)
    late = {name: [run.loss[-1] for run in races[100][name] if run.loss[-1] < 3.4] for name in SOLVED}
    on_their_way = [f for name, ends in late.items() if "structural" not in name for f in ends]
    assert not late["momentum, orthogonal start"] + late["momentum, sparse start"]
    assert len(on_their_way) == 8 and 1.3 < min(on_their_way) < max(on_their_way) < 2.9


def test_with_twice_the_seconds_only_runs_of_adam_arrive():
    columns, origin = hf.datasets.run("recurrent_longer")
    methods = [name.partition(",")[0] for name in origin["settings"]["best"]]
    arrived, runs = [], set(zip(columns["method"], columns["seed"]))
    for method, seed in runs:
        rows = (columns["method"] == method) & (columns["seed"] == seed)
        if columns["solved"][rows][-1] == 1:
            arrived.append((methods[int(method)], columns["cpu_seconds"][rows][-1]))
    assert len(runs) == 9 and [name for name, _ in arrived] == 2 * ["Adam"]
    assert all(39.5 < seconds < 50.5 for _, seconds in arrived)


def test_a_rate_that_adam_s_walks_left_takes_every_run_below_the_plateau():
    columns, origin = hf.datasets.run("recurrent_slower")
    race, made = hf.datasets.run("recurrent_memory5_50")
    setting, solved = origin["settings"]["setting"], []
    for number, method in enumerate(origin["settings"]["methods"]):
        grid, k = made["settings"]["grid"]["Adam"], made["settings"]["methods"].index(method)
        place = grid["learning_rate"].index(setting["learning_rate"]) * len(grid["clip"]) + grid["clip"].index(
            setting["clip"])
        tried = (race["method"] == k) & (race["setting"] == place)
        assert set(race["seconds"][tried]) == {made["settings"]["tuning"]} == {4}
        for seed in range(3):
            rows = (columns["method"] == number) & (columns["seed"] == seed)
            assert columns["loss"][rows][-1] < 2
            solved.append(columns["solved"][rows][-1])
    assert sum(share == 1 for share in solved) == 1 and sorted(solved)[0] == 0.25 and sorted(solved)[-2] == 30 / 32


def test_walks_tried_as_few_settings_as_the_answer_says():
    tried = []
    for T in (20, 50, 100):
        columns, origin = hf.datasets.run(f"recurrent_memory5_{T}")
        short = columns["seconds"] == origin["settings"]["tuning"]
        tried += [len(set(columns["setting"][short & (columns["method"] == k)])) for k in range(len(SOLVED))]
    assert (min(tried), max(tried)) == (4, 16)


def test_a_stored_network_guesses_when_the_signal_is_a_step_early_or_late():
    cell = next(source for source in CELLS if "shares_right" in source)
    found = names_before([CELLS[0], cell])[None]
    assert all(share == 1 if wait == T else share < 0.6 for (T, wait), share in found["shares_right"].items())
