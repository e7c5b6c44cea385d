"""Notebook 02: its loops are the library's, and what it claims of rates and limits holds."""


import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, defined
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.figures import ch02

NOTEBOOK = NOTEBOOKS / "02_descent_and_curvature.ipynb"
MINE = defined(NOTEBOOK, {"np": np, "hf": hf})


@pytest.fixture(params=[0, 1, 2])
def bowl(request):
    rng = np.random.default_rng(request.param)
    return MINE["random_quadratic"](rng.uniform(0.5, 30.0, 4 + request.param), rng)


def points(optimiser):
    return np.array([step.theta for step in optimiser])


def test_my_gradient_descent_is_the_library_s(bowl):
    start = np.ones(bowl.minimum.size)
    mine = MINE["gradient_descent"](bowl.gradient, start, 0.03, 25)
    np.testing.assert_allclose(mine[1:], points(hf.GradientDescent(bowl, start, 0.03, max_steps=25)), rtol=1e-13)


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.95])
def test_my_momentum_is_the_library_s(bowl, mu):
    start = np.ones(bowl.minimum.size)
    mine = MINE["momentum"](bowl.gradient, start, 0.02, mu, 25)
    np.testing.assert_allclose(mine[1:], points(hf.Momentum(bowl, start, 0.02, momentum=mu, max_steps=25)), rtol=1e-13)


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.95])
def test_nesterov_s_two_forms_are_one(bowl, mu):
    start = np.ones(bowl.minimum.size)
    thetas, velocities = MINE["nesterov"](bowl.gradient, start, 0.02, mu, 25)
    theirs = points(hf.NAG(bowl, start, 0.02, momentum=mu, max_steps=25))
    np.testing.assert_allclose((thetas + mu * velocities)[1:], theirs, rtol=1e-11, atol=1e-12)


@given(st.floats(0.0, 5.0), st.floats(0.0, 0.99), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_pictures_rate_is_the_iteration_matrix_s(s, mu, look_ahead):
    memory = mu * (1 - s) if look_ahead else mu
    eigenvalues = np.linalg.eigvals(MINE["momentum_matrix"](1.0, memory, s))
    # where two eigenvalues meet, rounding ε moves them by √ε
    assert ch02.radius(np.array(s), mu, look_ahead) == pytest.approx(abs(eigenvalues).max(), abs=1e-7)


@pytest.mark.parametrize("mu", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("look_ahead", [False, True])
def test_limits_of_stability(mu, look_ahead):
    limit = 2 * (1 + mu) / (1 + 2 * mu if look_ahead else 1)
    inside, outside = ch02.radius(limit * np.array([0.999, 1.001]), mu, look_ahead)
    assert inside < 1 < outside


@given(st.floats(1.5, 1e4), st.floats(0.01, 1.2), st.floats(0.0, 0.99))
@settings(max_examples=100, deadline=None)
def test_no_momentum_beats_the_optimum(kappa, stretch, mu):
    q = np.sqrt(kappa)
    eta = stretch * 4 / kappa                                   # up to beyond the limit of stability
    rate = ch02.radius(eta * np.array([1.0, kappa]), mu).max()
    assert rate >= (q - 1) / (q + 1) - 1e-7


@pytest.mark.parametrize("kappa", [2.0, 50.0, 1e4])
def test_the_best_settings_reach_their_rates(kappa):
    h, q = np.geomspace(1, kappa, 9), np.sqrt(kappa)
    heavy = ch02.radius(4 / (1 + q) ** 2 * h, ((q - 1) / (q + 1)) ** 2).max()
    ahead = ch02.radius(h / kappa, (q - 1) / (q + 1), look_ahead=True).max()
    assert heavy == pytest.approx((q - 1) / (q + 1), abs=1e-7)
    assert ahead == pytest.approx(1 - 1 / q, abs=1e-7)


def test_the_measured_rate_knows_a_wrong_rate():
    """The tolerance of the notebook's comparison is far finer than κ's effect."""
    path = MINE["gradient_descent"](lambda e: np.array([1.0, 9.0]) * e, np.ones(2), 0.2, 100)
    assert MINE["measured_rate"](path) == pytest.approx(0.8, rel=1e-10)


@given(st.floats(1.5, 1e4), st.integers(1, 6), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_planned_steps_keep_chebyshev_s_bound(kappa, log_k, seed):
    k, root = 2**log_k, kappa**0.5
    etas = MINE["chebyshev_steps"](1.0, kappa, k)
    h = np.append(np.random.default_rng(seed).uniform(1, kappa, 20), [1, kappa])
    left = MINE["planned"](lambda e: h * e, np.ones(22), etas)
    assert abs(left).max() <= 2 * ((root - 1) / (root + 1)) ** k * (1 + 1e-9) + 1e-12
    running = np.cumprod(1 - np.outer(etas, h), axis=0)
    assert abs(running).max() <= 2 * k**2                     # the order: nothing grows far on the way


@pytest.mark.parametrize("kappa", [2.0, 50.0, 1e4])
def test_nag_s_own_best_settings(kappa):
    q = 2 / np.sqrt(3 * kappa + 1)
    mu, h = (1 - q) / (1 + q), np.geomspace(1, kappa, 99)
    best = ch02.radius(4 / (3 * kappa + 1) * h, mu, look_ahead=True).max()
    assert best == pytest.approx(1 - q, abs=1e-7)
    for stretch in (0.99, 1.01):                              # a step on either side is worse, for whatever memory
        others = [ch02.radius(stretch * 4 / (3 * kappa + 1) * h, m, look_ahead=True).max()
                  for m in np.linspace(0, 0.999, 400)]
        assert min(others) > best


def test_the_heavy_ball_of_the_best_pair_can_cycle_where_nag_converges():
    ball = MINE["momentum"](MINE["kinked"], np.array([3.3]), 1 / 9, 4 / 9, 600)[:, 0]
    np.testing.assert_allclose(ball[-3:], ball[-6:-3], rtol=1e-9)
    assert np.ptp(ball[-3:]) > 1
    ahead, _ = MINE["nesterov"](MINE["kinked"], np.array([3.3]), 1 / 25, 2 / 3, 300)
    assert abs(ahead[-1, 0]) < 1e-9
