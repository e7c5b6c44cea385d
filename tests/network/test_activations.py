"""Hidden activations: value, slope and bend against plain formulas and differences; extremes; bad names."""

import numpy as np
import pytest
from oracles import ACTIVATIONS as PLAIN
from oracles import central

from hf_lib.network.activations import ACTIVATIONS, activation

every = pytest.mark.parametrize("name", ACTIVATIONS)
GRID = np.array([-3.0, -1.2, -0.4, 0.3, 0.9, 2.5])                    # clear of ReLU's kink


def test_there_are_five():
    assert set(ACTIVATIONS) == set(PLAIN) == {"tanh", "sigmoid", "relu", "softplus", "linear"}


@every
def test_value_slope_and_bend(name):
    act, plain = activation(name), PLAIN[name]
    a = act.apply(GRID.copy())
    np.testing.assert_allclose(a, plain(GRID), rtol=1e-14)
    slope = np.array([central(lambda z: plain(z)[0], np.array([z]))[0] for z in GRID])
    np.testing.assert_allclose(act.slope(a), slope, atol=1e-9)
    by_value = lambda z: act.slope(act.apply(z.copy()))[0]
    bend = np.array([central(by_value, np.array([z]))[0] for z in GRID])
    got = np.zeros_like(a) if act.bend is None else act.bend(a, act.slope(a))
    np.testing.assert_allclose(got, bend, atol=1e-9)


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_place_and_in_the_same_dtype(name, dtype):
    act, z = activation(name), GRID.astype(dtype)
    a = act.apply(z)
    assert a is z
    kept, s = a.copy(), act.slope(a)
    assert s.dtype == dtype and not np.shares_memory(s, a)
    if act.bend is not None:
        assert act.bend(a, s).dtype == dtype
    np.testing.assert_array_equal(a, kept)


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_reach_their_limits_without_a_warning(name, dtype):
    act = activation(name)
    value, slope = {
        "tanh": ([-1, 1], [0, 0]), "sigmoid": ([0, 1], [0, 0]), "relu": ([0, 1e4], [0, 1]),
        "softplus": ([0, 1e4], [0, 1]), "linear": ([-1e4, 1e4], [1, 1]),
    }[name]
    a = act.apply(np.array([-1e4, 1e4], dtype))
    np.testing.assert_array_equal(a, np.array(value, dtype))
    np.testing.assert_array_equal(act.slope(a), np.array(slope, dtype))
    if act.bend is not None:
        np.testing.assert_array_equal(act.bend(a, act.slope(a)), [0, 0])


def test_softplus_keeps_its_small_slope():
    """σ(−30) ≈ 9e-14 comes back from a ≈ 9e-14; through 1 − e^{−a} without expm1 only three digits would."""
    act = activation("softplus")
    np.testing.assert_allclose(act.slope(act.apply(np.array([-30.0]))), [1 / (1 + np.exp(30))], rtol=1e-12)


def test_relu_has_slope_zero_at_its_kink():
    assert activation("relu").slope(np.zeros(1))[0] == 0


@pytest.mark.parametrize("name", ["Tanh", "gelu", "", None])
def test_an_unknown_name_lists_the_choices(name):
    message = f"activation is {name!r}, expected one of 'tanh', 'sigmoid', 'relu', 'softplus', 'linear'"
    with pytest.raises(ValueError, match=message):
        activation(name)
