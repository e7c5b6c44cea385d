"""The reduction ratio and the Levenberg–Marquardt rule."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=50, deadline=None, derandomize=True)
INF = float("inf")


def quadratic(seed, n):
    """G, g and f(p) − f(0) of a convex quadratic."""
    rng = np.random.default_rng(seed)
    R = rng.standard_normal((n, n))
    G, g = R @ R.T + 0.1 * np.eye(n), rng.standard_normal(n)
    return G, g, lambda p: g @ p + 0.5 * p @ G @ p


@quick
@given(seeds, st.integers(1, 8), st.floats(0.0, 1e3), st.floats(0.1, 1.5))
def test_rho_is_one_on_an_exact_quadratic_whatever_the_damping(seed, n, lam, alpha):
    G, g, change = quadratic(seed, n)
    p = -alpha * np.linalg.solve(G + lam * np.eye(n), g)
    rho = hf.reduction_ratio(-change(p), hf.predicted_reduction(g, p, G @ p))
    assert abs(rho - 1) < 1e-9


@quick
@given(seeds, st.integers(1, 8), st.floats(0.01, 1e3))
def test_with_the_damping_in_rho_is_above_one_by_a_known_amount(seed, n, lam):
    G, g, change = quadratic(seed, n)
    B = G + lam * np.eye(n)
    p = -np.linalg.solve(B, g)
    rho = hf.reduction_ratio(-change(p), hf.predicted_reduction(g, p, B @ p))
    assert rho == pytest.approx(1 - lam * (p @ p) / (g @ p), rel=1e-9)


@quick
@given(seeds, st.integers(1, 8))
def test_the_wrong_sign_would_give_a_third_where_one_is_right(seed, n):
    G, g, change = quadratic(seed, n)
    v = np.linalg.solve(G, g)                                  # the step is −v
    right = hf.predicted_reduction(g, -v, G @ -v)
    assert right == pytest.approx(g @ v - 0.5 * v @ G @ v)
    assert -change(-v) / (g @ v + 0.5 * v @ G @ v) == pytest.approx(1 / 3)
    assert hf.reduction_ratio(-change(-v), right) == pytest.approx(1)


def test_predicted_reduction_in_float32_is_a_python_float():
    g = np.ones(3, np.float32)
    assert type(hf.predicted_reduction(g, -g, g)) is float


@pytest.mark.parametrize("actual, predicted, rho", [
    (1.0, 2.0, 0.5), (-1.0, 2.0, -0.5), (0.0, 1.0, 0.0),
    (1.0, 0.0, -INF), (1.0, -1.0, -INF), (-1.0, -1.0, -INF),   # no promise, no ratio
    (-INF, 1.0, -INF), (INF, 1.0, -INF), (np.nan, 1.0, -INF), (1.0, np.nan, -INF),
])
def test_reduction_ratio(actual, predicted, rho):
    assert hf.reduction_ratio(actual, predicted) == rho


@pytest.mark.parametrize("rho, expected", [
    (-INF, 3.0), (-1.0, 3.0), (0.0, 3.0), (0.2499, 3.0), (np.nan, 3.0),
    (0.25, 2.0), (0.5, 2.0), (0.75, 2.0), (0.7501, 4 / 3), (1.0, 4 / 3), (5.0, 4 / 3), (INF, 4 / 3),
])
def test_every_branch_of_the_rule(rho, expected):
    assert hf.levenberg_marquardt(2.0, rho) == pytest.approx(expected, rel=1e-15)


def test_factor_and_bounds_of_the_rule():
    assert hf.levenberg_marquardt(1.0, 0.1, factor=1.01) == 1.01
    assert hf.levenberg_marquardt(1.0, 0.3, low=0.4) == 1.5
    assert hf.levenberg_marquardt(1.0, 0.3, low=0.1, high=0.2, factor=2.0) == 0.5
    assert hf.levenberg_marquardt(0.0, -1.0) == 0.0            # it multiplies: 0 stays 0


def test_the_rule_neither_overflows_nor_underflows_nor_promotes():
    large, small = 1e308, 1e-307
    for _ in range(100):
        large, small = hf.levenberg_marquardt(large, -1.0, 10.0), hf.levenberg_marquardt(small, 1.0, 10.0)
    assert np.isfinite(large) and small > 0
    assert hf.levenberg_marquardt(5e-324, 1.0) == 5e-324 and hf.levenberg_marquardt(0.0, 1.0) == 0.0
    for rho in (-1.0, 0.5, np.float64(1.0)):
        assert type(hf.levenberg_marquardt(np.float64(2.0), rho, np.float64(1.5))) is float
    assert type(hf.reduction_ratio(np.float64(1.0), np.float64(2.0))) is float


@pytest.mark.parametrize("damping, factor, error, words", [
    (-1.0, 1.5, ValueError, "damping is -1.0"), (np.nan, 1.5, ValueError, "damping is nan"),
    ("1", 1.5, TypeError, "damping must be a number"), (1.0, 1.0, ValueError, "factor is 1.0"),
    (1.0, 0.5, ValueError, "factor is 0.5"),
])
def test_bad_arguments_are_named(damping, factor, error, words):
    with pytest.raises(error, match=words):
        hf.levenberg_marquardt(damping, 0.5, factor)
