"""Hidden activations: value, slope and bend against plain formulas and differences; extremes; bad names."""

import numpy as np
import pytest
from oracles import ACTIVATIONS as PLAIN
from oracles import central

from hf_lib.network.activations import ACTIVATIONS, activation

every = pytest.mark.parametrize("name", ACTIVATIONS)
GRID = np.array([-3.0, -1.2, -0.4, 0.3, 0.9, 2.5])                    # clear of ReLU's kink


def test_there_are_six():
    assert set(ACTIVATIONS) == set(PLAIN) == {"tanh", "sigmoid", "relu", "softplus", "sin", "linear"}


@every
def test_value_slope_and_bend(name):
    act, plain = activation(name), PLAIN[name]
    a = act.apply(GRID)
    np.testing.assert_allclose(a, plain(GRID), rtol=1e-14)
    slope = np.array([central(lambda z: plain(z)[0], np.array([z]))[0] for z in GRID])
    np.testing.assert_allclose(act.slope(GRID, a), slope, atol=1e-9)
    by_value = lambda z: act.slope(z, act.apply(z))[0]
    bend = np.array([central(by_value, np.array([z]))[0] for z in GRID])
    got = np.zeros_like(a) if act.bend is None else act.bend(a, act.slope(GRID, a))
    np.testing.assert_allclose(got, bend, atol=1e-9)


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_are_new_or_in_out_and_keep_the_dtype(name, dtype):
    """`out` may be z itself, and a column of ones may stand beside it: as the forward pass uses both."""
    act, z = activation(name), GRID.astype(dtype)
    before = z.copy()
    a = act.apply(z)
    s = act.slope(z, a)
    bend = np.zeros_like(a) if act.bend is None else act.bend(a, s)
    assert a.dtype == s.dtype == bend.dtype == dtype
    assert not any(np.shares_memory(x, y) for x, y in [(a, z), (s, z), (s, a), (bend, a), (bend, s)])
    np.testing.assert_array_equal(z, before)

    wide, there = np.ones((len(z), 2), dtype), z[:, None].copy()
    beside = wide[:, :-1]
    assert act.apply(there, out=beside) is beside and act.slope(there, beside, out=there) is there
    rounding = dict(rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)   # in columns NumPy may round otherwise
    np.testing.assert_allclose(beside[:, 0], a, **rounding)
    np.testing.assert_allclose(there[:, 0], s, **rounding)
    np.testing.assert_array_equal(wide[:, 1], 1)
    assert act.apply(z, out=z) is z
    np.testing.assert_array_equal(z, a)


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_reach_their_limits_without_a_warning(name, dtype):
    act, z = activation(name), np.array([-1e4, 1e4], dtype)
    value, slope = {
        "tanh": ([-1, 1], [0, 0]), "sigmoid": ([0, 1], [0, 0]), "relu": ([0, 1e4], [0, 1]),
        "softplus": ([0, 1e4], [0, 1]), "linear": ([-1e4, 1e4], [1, 1]), "sin": (np.sin(z), np.cos(z)),
    }[name]
    a = act.apply(z)
    np.testing.assert_array_equal(a, np.array(value, dtype))
    np.testing.assert_array_equal(act.slope(z, a), np.array(slope, dtype))
    if act.bend is not None:
        np.testing.assert_array_equal(act.bend(a, act.slope(z, a)), -a if name == "sin" else [0, 0])


def test_softplus_keeps_its_small_slope():
    """σ(−30) ≈ 9e-14; as 1 − e^{−a} only three digits would be left."""
    act, z = activation("softplus"), np.array([-30.0])
    np.testing.assert_allclose(act.slope(z, act.apply(z)), [1 / (1 + np.exp(30))], rtol=1e-12)


def test_the_sine_s_slope_has_the_sign_that_its_value_does_not_tell():
    act, z = activation("sin"), np.array([0.5, np.pi - 0.5])
    np.testing.assert_allclose(act.apply(z), [np.sin(0.5)] * 2, rtol=1e-14)
    np.testing.assert_allclose(act.slope(z, act.apply(z)), [np.cos(0.5), -np.cos(0.5)], rtol=1e-14)


def test_relu_has_slope_zero_at_its_kink():
    assert activation("relu").slope(np.zeros(1), np.zeros(1))[0] == 0


@pytest.mark.parametrize("name", ["Tanh", "gelu", "", None])
def test_an_unknown_name_lists_the_choices(name):
    message = f"activation is {name!r}, expected one of 'tanh', 'sigmoid', 'relu', 'softplus', 'sin', 'linear'"
    with pytest.raises(ValueError, match=message):
        activation(name)
