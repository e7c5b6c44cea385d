"""Armijo and Wolfe: the conditions hold at what they return, and nothing non-finite passes."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=60, deadline=None, derandomize=True)


def smooth(seed):
    """A smooth random f(α), bounded below and falling at 0, with its slope."""
    rng = np.random.default_rng(seed)
    a, w, s = rng.standard_normal(4), rng.uniform(0.3, 6, 4), rng.uniform(0, 6, 4)
    f = lambda t: float(0.05 * t * t + a @ np.sin(w * t + s))
    df = lambda t: float(0.1 * t + (a * w) @ np.cos(w * t + s))
    if df(0) > 0:
        return lambda t: f(-t), lambda t: -df(-t)
    return f, df


@quick
@given(seeds, st.sampled_from([1e-4, 1e-2, 0.3]), st.sampled_from([0.5, 0.8]))
def test_armijo_holds_and_no_earlier_step_would_have_done(seed, c, shrink):
    f, df = smooth(seed)
    found = hf.armijo(f, f(0), df(0), c=c, shrink=shrink)
    good = lambda t: f(t) <= f(0) + c * t * df(0)
    assert found.reason == "sufficient decrease"
    assert good(found.step) and found.value == f(found.step)
    tried = shrink ** np.arange(found.evaluations)
    assert found.step == pytest.approx(tried[-1])
    assert not any(good(t) for t in tried[:-1])


@quick
@given(seeds, st.sampled_from([(1e-4, 0.9), (1e-4, 0.1), (0.2, 0.3)]))
def test_wolfe_holds(seed, constants):
    c1, c2 = constants
    f, df = smooth(seed)
    found = hf.wolfe(f, df, f(0), df(0), c1=c1, c2=c2)
    assert found.reason == "Wolfe conditions" and found.step > 0
    assert found.value == f(found.step) <= f(0) + c1 * found.step * df(0)
    assert df(found.step) >= c2 * df(0)


def test_wolfe_refuses_the_needlessly_short_step_that_armijo_takes():
    f, df = (lambda t: (t - 1000) ** 2), (lambda t: 2 * (t - 1000))
    assert hf.armijo(f, f(0), df(0)).step == 1.0
    found = hf.wolfe(f, df, f(0), df(0))
    assert found.step >= 100 and df(found.step) >= 0.9 * df(0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_no_decrease(bad):
    f = lambda t: bad if t > 0.3 else (t - 0.2) ** 2
    df = lambda t: bad if t > 0.3 else 2 * (t - 0.2)
    for found in (hf.armijo(f, 0.04, -0.4), hf.wolfe(f, df, 0.04, -0.4)):
        assert 0 < found.step <= 0.3 and np.isfinite(found.value) and found.value < 0.04


def test_wolfe_does_not_take_a_slope_of_nan_for_a_flat_one():
    f, df = (lambda t: -t), (lambda t: np.nan if t > 0.3 else -1.0 if t < 0.1 else -0.5)
    found = hf.wolfe(f, df, 0.0, -1.0)
    assert 0.1 <= found.step <= 0.3


def test_giving_up():
    calls = []

    def worse(t):
        calls.append(t)
        return 1.0 + t
    found = hf.armijo(worse, 1.0, -1.0, max_tries=5, shrink=0.5)
    assert (found.step, found.value, found.evaluations, found.reason) == (0.0, 1.0, 5, "try limit")
    assert calls == [1.0, 0.5, 0.25, 0.125, 0.0625]
    found = hf.wolfe(worse, lambda t: 1.0, 1.0, -1.0, max_tries=5)
    assert (found.step, found.value, found.evaluations, found.reason) == (0.0, 1.0, 5, "try limit")


@pytest.mark.parametrize("slope", [0.0, 1.0, np.nan])
def test_no_descent_direction(slope):
    never = lambda t: pytest.fail("f was called")
    for found in (hf.armijo(never, 1.0, slope), hf.wolfe(never, never, 1.0, slope)):
        assert (found.step, found.value, found.evaluations) == (0.0, 1.0, 0)
        assert found.reason == "not a descent direction"


def test_a_first_value_saves_one_evaluation():
    f = lambda t: (t - 0.3) ** 2
    without, given_ = hf.armijo(f, 0.09, -0.6), hf.armijo(f, 0.09, -0.6, first=f(1.0))
    assert (given_.step, given_.value) == (without.step, without.value)
    assert given_.evaluations == without.evaluations - 1
    at_once = hf.armijo(lambda t: pytest.fail("f was called"), 1.0, -0.5, first=0.6)
    assert (at_once.step, at_once.value, at_once.evaluations) == (1.0, 0.6, 0)


@pytest.mark.parametrize("search, error, words", [
    (lambda f: hf.armijo(f, 1.0, -1.0, c=-0.1), ValueError, "c is -0.1"),
    (lambda f: hf.armijo(f, 1.0, -1.0, c=1.5), ValueError, "c is 1.5"),
    (lambda f: hf.armijo(f, 1.0, -1.0, shrink=0.0), ValueError, "shrink is 0.0"),
    (lambda f: hf.armijo(f, 1.0, -1.0, max_tries=0), ValueError, "max_tries is 0"),
    (lambda f: hf.wolfe(f, f, 1.0, -1.0, c1=0.5, c2=0.1), ValueError, "c1 is 0.5 and c2 is 0.1"),
    (lambda f: hf.wolfe(f, f, 1.0, -1.0, c1=0.0), ValueError, "0 < c1 < c2 < 1"),
    (lambda f: hf.wolfe(f, f, 1.0, -1.0, max_tries=1.5), TypeError, "max_tries must be a whole number"),
])
def test_bad_arguments_are_named(search, error, words):
    with pytest.raises(error, match=words):
        search(lambda t: 0.0)


def test_a_value_as_large_as_f_is_no_decrease():
    """c·α·slope is absorbed by the rounding of f here: ≤ alone would take a step that does not lower f."""
    same = lambda t: 1.0
    for found in (hf.armijo(same, 1.0, -1e-17), hf.armijo(same, 1.0, -1.0, c=0.0),
                  hf.wolfe(same, lambda t: 0.0, 1.0, -1e-17)):
        assert (found.step, found.value, found.reason) == (0.0, 1.0, "try limit")
    lower = hf.armijo(lambda t: 1.0 - 2.0 ** -53, 1.0, -1e-17)
    assert (lower.step, lower.reason) == (1.0, "sufficient decrease")


def test_what_comes_back_are_python_floats():
    x, p = np.ones(2, np.float32), np.full(2, -4, np.float32)
    seen = []

    def along(a):
        seen.append((x + a * p).dtype)
        return np.float32(np.sum((x + a * p) ** 2))
    for found in (hf.armijo(along, np.float32(2), np.float32(-16), shrink=np.float64(0.5), c=np.float64(0.1)),
                  hf.wolfe(along, lambda a: np.float32(2 * (x + a * p) @ p), np.float32(2), np.float32(-16))):
        assert type(found.step) is type(found.value) is float and found.step > 0
    assert set(seen) == {np.dtype(np.float32)}
