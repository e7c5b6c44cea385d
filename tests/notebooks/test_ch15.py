"""Notebook 15: its loop is the library's, its confirmations can fail, and what its answers say is what was measured."""

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, assert_every_part, mutation_tests, names_of, sources_of
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch15 as ex
from hf_lib.figures import ch15

NOTEBOOK = NOTEBOOKS / "15_stochastic_meta_descent.ipynb"
CELLS = sources_of(NOTEBOOK)
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=15, deadline=None)
before, mine = names_of(CELLS)


def test_it_has_every_part():
    assert_every_part(NOTEBOOK)


# ---- the confirmations can fail --------------------------------------------------------------------

MUTATIONS = {
    "2.1 the sign": ("by_rule = -p * g", "by_rule = p * g"),
    "2.1 p": ("by_rule = -p * g", "by_rule = -g"),
    "2.1 the later gradient": ("batch.gradient(theta - p * g)\n", "batch.gradient(theta)\n"),
    "2.1 ln p": ("theta - np.exp(ln_p) * g", "theta - ln_p * g"),
    "3.3 the sign of v": ("v = lam * v - p * (g + lam * Cv)", "v = lam * v + p * (g - lam * Cv)"),
    "3.3 p": ("v = lam * v - p * (g + lam * Cv)", "v = lam * v - p * g - lam * Cv"),
    "3.3 the product": ("v = lam * v - p * (g + lam * Cv)", "v = lam * v - p * g"),
    "3.3 the old v": ("v = lam * v - p * (g + lam * Cv)", "v = -p * (g + lam * Cv)"),
    "3.3 λ before C v": ("v = lam * v - p * (g + lam * Cv)", "v = lam * v - p * (g + Cv)"),
    "3.3 the floor's side": ("np.maximum(0.5, 1 - mu * v * g)", "np.minimum(0.5, 1 - mu * v * g)"),
    "3.3 the meta-step": ("np.maximum(0.5, 1 - mu * v * g)", "np.maximum(0.5, 1 + mu * v * g)"),
    "3.4 the diagonal": ("V = V - np.diag(p * lin.gradient()) - p[:, None] * HV",
                         "V = V - np.diag(lin.gradient()) - p[:, None] * HV"),
    "3.4 rows": ("p[:, None] * HV", "p * HV"),
    "4 the system": ("target = np.linalg.solve(A, -b)", "target = np.linalg.solve(G, -b)"),
    "4 Richardson": ("np.full(net.size, 1 / h[-1])", "np.full(net.size, 3 / h[-1])"),
    "4 the memory": ("v = 0.99 * v - one * (b + 0.99 * (A @ v))", "v = 0.99 * v - one * (b + A @ v)"),
}

test_each_formula_stands_in_one_cell, test_a_wrong_formula_is_caught = mutation_tests(
    CELLS, MUTATIONS, later=3, errors=(AssertionError, ValueError, RuntimeWarning))


# ---- the notebook's own versions -------------------------------------------------------------------


@quick
@given(seeds)
def test_its_loop_is_the_library_s(mine, seed):
    rng = np.random.default_rng(seed)
    net, loss = hf.MLP([2, 3, 4], activation="tanh"), hf.SoftmaxCrossEntropy()
    data = hf.datasets.four_regions(20, rng)
    problem, theta, p = hf.Problem(net, loss, data.X, data.Y), net.init(rng), rng.uniform(0.05, 1, net.size)
    for product in ("ggn", "hessian"):
        *_, last = hf.SMD(problem, theta, p, mu=0.5, decay=0.8, product=product, max_steps=4)
        for a, b in zip(mine.smd([problem] * 4, theta, p, 0.5, 0.8, product),
                        (last.theta, last.step_sizes, last.trace), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * np.abs(b).max())


@quick
@given(seeds, st.floats(0.1, 1))
def test_the_exercises_put_together_are_a_step(mine, seed, lam):
    rng = np.random.default_rng(seed)
    net, loss = hf.MLP([2, 3, 4]), hf.SoftmaxCrossEntropy()
    data = hf.datasets.four_regions(20, rng)
    problem, start = hf.Problem(net, loss, data.X, data.Y), net.init(rng)
    theta, p, v = start, np.full(net.size, 0.3), np.zeros(net.size)
    for _ in range(3):
        lin = problem.linearize(theta)
        g, Cv = lin.gradient(), lin.ggn(v)
        p = ex.q1.reference(p, v, g, 2.0)
        theta, v = theta - p * g, ex.q2.reference(v, g, Cv, p, lam)
    for a, b in zip(mine.smd([problem] * 3, start, np.full(net.size, 0.3), 2.0, lam), (theta, p, v), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * np.abs(b).max())


def test_the_bug_of_exercise_3_tends_to_another_vector():
    stub, right = ex.q3.compile(ex.q3.stub), ex.q3.reference
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    C, g, p = Q * rng.uniform(0.2, 1.8, 5) @ Q.T, rng.normal(size=5), rng.uniform(0.1, 0.5, 5)
    np.testing.assert_allclose(right(lambda v: C @ v, g, p, 2000), -np.linalg.solve(C, g), rtol=1e-6)
    np.testing.assert_allclose(stub(lambda v: C @ v, g, p, 2000), -np.linalg.solve(C, p * g), rtol=1e-6)
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.all(np.isfinite(stub(lambda v: 2 * C @ v, g, p, 5000)))


@quick
@given(seeds, st.floats(0.2, 0.99))
def test_the_bound_separates_what_settles_from_what_does_not(seed, lam):
    h = np.random.default_rng(seed).normal(size=5)
    h[0] = abs(h[0]) + 0.1
    bound = ex.q5.reference(h, lam)
    assert np.abs(lam * (1 - 0.999 * bound * h)).max() < 1 < np.abs(lam * (1 - 1.001 * bound * h)).max()


# ---- what the answers and the summary say ------------------------------------------------------------


def test_cg_against_the_trace(mine):
    assert 1e-4 < mine.cg[30] < 1e-3
    v = mine.follow(lambda v: mine.A @ v, mine.b, mine.one, 30)
    assert 0.65 < np.linalg.norm(v - mine.target) / np.linalg.norm(mine.target) < 0.75


def test_most_signs_are_right_and_fewer_later(mine):
    (signs, correlation), (later, weaker) = mine.found[12], mine.found[60]
    assert 0.7 < signs < 0.8 and correlation == pytest.approx(0.8, abs=0.03)
    assert 0.55 < later < 0.65 and weaker == pytest.approx(0.5, abs=0.05)


def test_the_step_sizes_while_they_adapt(mine):
    p = mine.frames[-1]["p"]
    highest = max(frame["p"].max() for frame in mine.frames)
    assert np.median(p) == pytest.approx(0.13, abs=0.02) and np.median(p[mine.layers[0]]) < 0.02
    assert 3 < highest < 4 and 1.2 < p.max() < 1.8 and p.max() > 500 * p.min()


def test_with_h_the_trace_first_settles_and_then_diverges(mine):
    data = dict(h={"H": mine.h_H}, g={"H": mine.Q_H.T @ mine.b}, cg=np.ones(2), curvature="H")
    changes = ch15.follow(**data, lam=1.0, p=0.3).axes[0].lines[1].get_ydata()
    assert changes.min() < 0.2 and changes[-1] > 1e6
    assert ch15.follow(**data, lam=0.9, p=0.3).axes[0].lines[1].get_ydata()[-1] < 1e-9


@pytest.fixture(scope="module")
def ends():
    return {budget: {name: np.median(of["loss"][:, -1]) for name, of in methods.items()}
            for budget, methods in ch15.stored_race().items()}


@pytest.mark.parametrize("budget", [21_000, 105_000])
def test_meta_descent_leads_the_constant_rates_and_not_the_falling_ones(ends, budget):
    smd = ends[budget]["SMD with G"]
    assert all(smd < 0.8 * ends[budget][name] for name in ("SGD", "momentum", "Adam"))
    assert ends[budget]["Adam, falling"] < smd


def test_all_spend_the_same(ends):
    for budget, methods in ch15.stored_race().items():
        for of in methods.values():
            np.testing.assert_allclose(of["cost"][:, -1], budget, rtol=1e-3)
