"""Notebook 08: its functions are the library's, its claims hold beyond its examples, its confirmations can fail."""

from types import SimpleNamespace

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, mutation_tests, names_of, sources_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch08 as ex
from hf_lib.figures import ch08

NOTEBOOK = NOTEBOOKS / "08_damping.ipynb"
CELLS = sources_of(NOTEBOOK)
seeds = st.integers(0, 2**32 - 1)
lambdas = st.floats(1e-3, 1e3)
quick = settings(max_examples=40, deadline=None)
before, mine = names_of(CELLS)


# ---- the confirmations can fail --------------------------------------------------------------------
#
# One row for a formula: what stands in its cell, and what a slip would make of it. The cell must then
# raise an AssertionError.

MUTATIONS = {
    "1.1 sign of the step": ("p_exact = np.linalg.solve(G, -g)", "p_exact = np.linalg.solve(G, g)"),
    "1.1 factor of the promise": ("0.5 * g @ p_exact", "g @ p_exact"),
    "1.2 power of h": ("np.sum(c**2 / h**2)", "np.sum(c**2 / h)"),
    "1.2 transpose": ("c = Q.T @ g  ", "c = Q @ g  "),
    "2.2 sign of λ": ("np.linalg.solve(G + lam * np.eye(g.size), -g)", "np.linalg.solve(G - lam * np.eye(g.size), -g)"),
    "2.2 sign of the step": ("-Q @ (c / (h + lam)), damped", "Q @ (c / (h + lam)), damped"),
    "2.2 root of λ": ("np.sqrt(lam) * np.eye", "lam * np.eye"),
    "2.3 radius": ("radius = np.linalg.norm(damped(lam))", "radius = 0.9 * np.linalg.norm(damped(lam))"),
    "2.4 sign of a": ("a = -(g + G @ delta) ", "a = g + G @ delta "),
    "2.4 length": ("(a @ delta) / (delta @ delta)", "(a @ delta) / np.linalg.norm(delta)"),
    "2.5 factor 2": ("slope = -2 * p @", "slope = -p @"),
    "2.5 sign": ("slope = -2 * p @", "slope = 2 * p @"),
    "2.6 sign at λ → 0": ("p_exact - lam * np.linalg.solve(G, damped", "p_exact + lam * np.linalg.solve(G, damped"),
    "2.6 sign at λ → ∞": ("np.linalg.norm(lam * damped(lam) + g)", "np.linalg.norm(lam * damped(lam) - g)"),
    "3.1 factor ½": ("return -(g @ p + 0.5 * p @ Gp)", "return -(g @ p + p @ Gp)"),
    "3.1 sign of the quadratic term": ("return -(g @ p + 0.5 * p @ Gp)", "return -(g @ p - 0.5 * p @ Gp)"),
    "3.1 factor of λ‖p‖²": ("0.5 * p @ G @ p + lam * p @ p, tangent", "0.5 * p @ G @ p + 0.5 * lam * p @ p, tangent"),
    "3.2 sign of the real fall": ("return fall / promise(lin.gradient(), p, lin.ggn(p))",
                                  "return -fall / promise(lin.gradient(), p, lin.ggn(p))"),
    "3.2 the step": ("return fall / promise(lin.gradient(), p, lin.ggn(p))",
                     "return fall / promise(lin.gradient(), -p, lin.ggn(p))"),
    "3.4 the bug fixed": ("(g_flat @ v + 0.5 * v @ G_flat @ v)", "(g_flat @ v - 0.5 * v @ G_flat @ v)"),
    "3.4 by direction": ("(0.5 * h + lam) / (1.5 * h + lam)", "(0.5 * h + lam) / (1.5 * h - lam)"),
    "3.5 damping inside": ("lin.ggn(p) + lam * p)", "lin.ggn(p) + 2 * lam * p)"),
    "3.5 sign of the damping": ("lin.ggn(p) + lam * p)", "lin.ggn(p) - lam * p)"),
    "4.2 the system": ("np.linalg.solve(G + lam * np.eye(theta.size), -g)  ", "np.linalg.solve(G, -g)  "),
    "4.2 the ratio upside down": ("rho = (losses[-1] - f_new) / promise(g, p, G @ p)",
                                  "rho = promise(g, p, G @ p) / (losses[-1] - f_new)"),
    "5.1 other units": ("D @ G @ D)", "D @ G)"),
    "5.2 power of D": ("np.diag(scale**-2.0)", "np.diag(scale**-1.0)"),
    "5.3 the ruler": ("np.diag(np.diag(G_zeta)), -g_zeta)", "np.diag(np.diag(G)), -g_zeta)"),
    "6.2 what is left": ("return 1 - np.prod(1 - h[:, None] / mu", "return np.prod(1 - h[:, None] / mu"),
    "6.2 root": ("np.prod(1 - h[:, None] / mu", "np.prod(1 - h[:, None] * mu"),
    "6.2 steepest descent": ("-(g @ g) / (g @ G @ g) * g", "-(g @ g) / (g @ G @ g) * g / 2"),
    "6.4 to the edge": ("a * (radius**2 - delta @ delta)", "a * (radius**2 + delta @ delta)"),
    "6.4 the other root": ("tau = (-b + np.sqrt(", "tau = (-b - np.sqrt("),
}

test_each_formula_stands_in_one_cell, test_a_wrong_formula_is_caught = mutation_tests(
    CELLS, MUTATIONS, later=3, errors=AssertionError)


# ---- the notebook's own versions -------------------------------------------------------------------


@given(rho=st.one_of(st.floats(-10, 10), st.sampled_from([np.nan, np.inf, -np.inf])), lam=lambdas)
def test_the_rule_of_exercise_3_is_the_library_s(rho, lam):
    assert ex.q3.reference(lam, rho) == pytest.approx(hf.levenberg_marquardt(lam, rho), rel=1e-15)


@quick
@given(seeds, lambdas)
def test_the_promises_are_the_library_s(mine, seed, lam):
    G, g = quadratic(seed)
    v = np.linalg.solve(G + lam * np.eye(len(g)), g)
    library = hf.predicted_reduction(g, -v, G @ -v)
    assert ex.q2.reference(g, v, G @ v) == pytest.approx(library, rel=1e-12)
    assert mine.promise(g, -v, G @ -v) == pytest.approx(library, rel=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("lam", [0.03, 1.0])
def test_my_loop_is_the_library_s(mine, seed, lam):
    theta = mine.net.init(np.random.default_rng(seed))
    ours = mine.train(mine.problem, theta, lam, hf.levenberg_marquardt, 6)
    library = hf.HessianFree(mine.problem, theta, damping=lam, max_steps=6, warm_start=0.0, **mine.exact_cg)
    for k, step in enumerate(library):
        assert step.damping == ours["lam"][k]
        assert step.rho == pytest.approx(ours["rho"][k], rel=1e-4)
        np.testing.assert_allclose(step.theta, ours["thetas"][k + 1], rtol=1e-4, atol=1e-5)


def test_my_loop_survives_one_nan(mine):
    values = iter([np.nan])
    theta = mine.net.init(np.random.default_rng(0))
    start = mine.problem.value(theta)
    once = SimpleNamespace(linearize=mine.problem.linearize,
                           value=lambda t: start if t is theta else next(values, mine.problem.value(t)))
    run = mine.train(once, theta, 1.0, hf.levenberg_marquardt, 3)
    assert np.isnan(run["rho"][0]) and np.isfinite(run["rho"][1:]).all()
    assert run["losses"][1] == start and run["lam"][1] == 1.5 and run["losses"][-1] < start


def test_the_picture_s_filter_is_the_notebook_s(mine):
    for k in (1, 3, 6):
        np.testing.assert_allclose(ch08.ritz_values(mine.h, mine.c, k), mine.ritz(k), rtol=1e-8)
        np.testing.assert_array_equal(ch08.filter_of_cg(mine.h, mine.ritz(k)), mine.filter_cg(mine.h, mine.ritz(k)))


# ---- claims ----------------------------------------------------------------------------------------


def quadratic(seed, low=0.05):
    """G and g of a random quadratic with eigenvalues of 0.05 to 5."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 7))
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    G = (Q * rng.uniform(low, 5, d)) @ Q.T
    return (G + G.T) / 2, rng.normal(size=d)


def damped(G, g, lam):
    return np.linalg.solve(G + lam * np.eye(len(g)), -g)


def model(G, g, p):
    return p @ g + 0.5 * np.einsum("...i,ij,...j->...", p, G, p)


@quick
@given(seeds, lambdas)
def test_a_damped_step_is_the_best_of_its_length(seed, lam):
    G, g = quadratic(seed)
    p = damped(G, g, lam)
    others = np.random.default_rng(seed).normal(size=(500, len(g)))
    others *= np.linalg.norm(p) / np.linalg.norm(others, axis=1, keepdims=True)
    assert model(G, g, others).min() >= model(G, g, p) - 1e-12 * abs(model(G, g, p))


@quick
@given(seeds, lambdas)
def test_the_step_gets_shorter_and_turns_towards_the_gradient(seed, lam):
    G, g = quadratic(seed)
    p, further = damped(G, g, lam), damped(G, g, 1.5 * lam)
    assert np.linalg.norm(further) < np.linalg.norm(p)
    cosine = [-(g @ s) / np.linalg.norm(s) / np.linalg.norm(g) for s in (p, further)]
    assert cosine[1] >= cosine[0] - 1e-12


@quick
@given(st.floats(0.1, 4.0))
def test_the_picture_finds_the_lambda_of_a_radius(radius):
    lam = ch08._lambda_of(radius)
    p = damped(np.diag(ch08.WIDTH), ch08.DEPTH, lam)
    if lam:
        assert np.linalg.norm(p) == pytest.approx(radius, rel=1e-9)
    else:
        assert np.linalg.norm(p) == pytest.approx(np.hypot(3, 0.5)) and radius >= np.linalg.norm(p)


@quick
@given(seeds, st.floats(0, 1e3))
def test_the_bug_gives_a_third_to_one_on_an_exact_quadratic_and_the_damped_promise_one_to_two(seed, lam):
    G, g = quadratic(seed)
    v = -damped(G, g, lam)
    real = -model(G, g, -v)
    bug = real / ex.q2.compile(ex.q2.stub)(g, v, G @ v)
    assert 1 / 3 - 1e-9 <= bug < 1
    if lam == 0:
        assert bug == pytest.approx(1 / 3)
    assert real / ex.q2.reference(g, v, G @ v) == pytest.approx(1, rel=1e-9)
    B = G + lam * np.eye(len(g))
    assert 1 - 1e-9 <= real / hf.predicted_reduction(g, -v, B @ -v) < 2


@quick
@given(seeds, lambdas)
def test_scaling_moves_the_step_of_lambda_I_and_not_that_of_the_diagonal(mine, seed, lam):
    G, g = quadratic(seed)
    D = np.diag(np.random.default_rng(seed).uniform(0.1, 10, len(g)))
    assume(np.ptp(np.diag(D)) > 0.5)
    for ruler, stays in ((np.eye(len(g)), False), (np.diag(np.diag(G)), True)):
        G_D = D @ G @ D
        there = np.diag(np.diag(G_D)) if stays else ruler
        seen = D @ np.linalg.solve(G_D + lam * there, -D @ g)
        home = np.linalg.solve(G + lam * ruler, -g)
        assert np.allclose(seen, home, rtol=1e-8, atol=1e-10 * np.abs(home).max()) == stays


@quick
@given(seeds)
def test_cg_s_iterates_are_the_filter_of_their_ritz_values_and_grow(seed):
    G, g = quadratic(seed)
    h, Q = np.linalg.eigh(G)
    assume(np.diff(h).min() > 1e-2)
    c = Q.T @ g
    assume(np.abs(c).min() > 1e-2)
    iterates = hf.cg(G, -g, rtol=0.0, max_iters=len(g)).iterates
    for k in range(1, len(g)):
        expected = Q @ (ch08.filter_of_cg(h, ch08.ritz_values(h, c, k)) * -c / h)
        np.testing.assert_allclose(iterates[k], expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
        np.testing.assert_allclose(ex.q5.reference(h, c, k), ch08.filter_of_cg(h, ch08.ritz_values(h, c, k)),
                                   rtol=1e-4, atol=1e-4)
        assert np.linalg.norm(iterates[k]) > np.linalg.norm(iterates[k - 1])


def test_the_rule_of_exercise_4_as_found_sticks_and_mended_does_not():
    broken, mended = ex.q4.compile(ex.q4.stub), ex.q4.reference
    for rule, stuck in ((broken, True), (mended, False)):
        lam = rule(1.2e-3, 0.9)
        assert (lam < 1e-3) == stuck
        for _ in range(10):
            lam = rule(lam, -5.0)
        assert (lam < 1e-3) == stuck
        assert (rule(1.0, np.nan) == 1.0) == stuck


def test_what_the_answers_say_about_the_slider_of_lambda(mine):
    lam, fall = mine.turning["lam"], mine.turning["fall"]
    rho = fall / mine.turning["promise"]
    best = np.argmax(fall)
    assert 0.03 < lam[best] < 0.07 and 0.8 < rho[best] < 0.95
    assert 0.9 < mine.turning["length"][best] < 1.3 and 40 < mine.turning["angle"][best] < 60
    worse = lam[fall < 0]
    assert 0.003 < worse.max() < 0.01 and fall[lam > 0.01].min() > 0
    assert rho[-1] == pytest.approx(1, abs=5e-4)


def test_what_the_answers_say_about_the_run(mine):
    lam, f = mine.by_rule["lam"], mine.by_rule["losses"]
    assert np.all(np.diff(lam[:15]) < 0) and abs(int(np.argmin(lam[:30])) - 15) <= 2
    assert abs(int(np.argmax(lam[16:50])) + 16 - 30) <= 2 and lam[50] == lam[45:].max()
    assert f[1] - f[15] < 0.06 * f[1] and f[50] > 0.1 > 0.01 > f[65]
    for name in ("λ = 0.01", "λ = 0.001"):
        assert np.all(np.diff(mine.fixed[name]["losses"][30:]) == 0)


def test_what_the_answers_say_about_the_filters(mine):
    for k, lam in ((4, 0.013), (8, 0.0018)):
        assert np.linalg.norm(mine.damped(lam)) == pytest.approx(mine.lengths[k], rel=0.03)
    factors = mine.filter_cg(mine.h, mine.ritz(4))
    assert 1.8 < factors.max() < 2
    np.testing.assert_allclose(factors[-3:], 1, atol=0.02)                # where the gradient lies
