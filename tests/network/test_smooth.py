"""The derivatives of the smooth activations: each against the complex step of the one before."""

import numpy as np
import pytest
from physics_oracle import FUNCTIONS

from hf_lib.network.smooth import SMOOTH, smooth

Z = np.linspace(-4, 4, 41)
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def table(name, z):
    """act and its three derivatives at z."""
    a, s, t, w = (np.empty_like(z) for _ in range(4))
    act, higher = smooth(name)
    act.apply(z, out=a)
    act.slope(z, a, out=s)
    higher.second(a, s, t)
    higher.third(a, s, t, w)
    return a, s, t, w


@pytest.mark.parametrize("name", SMOOTH)
def test_every_derivative_is_the_slope_of_the_one_before(name):
    """(f(z + ih) with h = 1e-30: the imaginary part / h is f' without cancellation.)"""
    np.testing.assert_allclose(table(name, Z)[0], FUNCTIONS[name](Z), rtol=1e-14, atol=1e-15)
    h = 1e-30
    if name == "softplus":                                   # logaddexp takes no complex numbers; its slope is sigmoid
        a, s, t, w = table(name, Z)
        for ours, theirs in zip((s, t, w), table("sigmoid", Z)[:3], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-14, atol=1e-16)
        return
    real, complex_ = table(name, Z), table(name, Z + 1j * h)
    for lower, higher in zip(complex_[:-1], real[1:], strict=True):
        np.testing.assert_allclose(lower.imag / h, higher, rtol=1e-13, atol=1e-14)


@BOTH
@pytest.mark.parametrize("name", SMOOTH)
def test_far_out_nothing_overflows_and_the_dtype_stays(name, dtype):
    z = np.array([-1e4, -700, -90, 0, 90, 700, 1e4], dtype)
    with np.errstate(over="raise", invalid="raise"):
        values = table(name, z)
    for value in values:
        assert value.dtype == dtype and np.isfinite(value).all()


def test_relu_and_unknown_names_are_refused():
    with pytest.raises(ValueError, match="'relu' has a second derivative of 0 almost everywhere"):
        smooth("relu")
    with pytest.raises(ValueError, match="activation 'step' .* expected one of 'tanh'"):
        smooth("step")
