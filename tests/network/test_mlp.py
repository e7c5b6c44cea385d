"""The MLP: its layout in θ, its views, its starting points, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ACTIVATIONS, PROPERTY, forward, weight_mask

import hf_lib as hf


@st.composite
def nets(draw):
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=5))
    names = draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), min_size=len(sizes) - 2, max_size=len(sizes) - 2))
    return hf.MLP(sizes, names), names, np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


# --- layout and forward pass

@PROPERTY
@given(nets(), st.integers(0, 4))
def test_forward_pass_follows_the_layout(net_names_rng, n):
    net, names, rng = net_names_rng
    theta, X = rng.normal(size=net.size), rng.normal(size=(n, net.sizes[0]))
    z = net(theta, X)
    assert z.shape == (n, net.sizes[-1])
    np.testing.assert_allclose(z, forward(net.sizes, names, theta, X)[-1], rtol=1e-10, atol=1e-12)


@PROPERTY
@given(nets())
def test_layers_and_blocks_are_views_that_cover_theta_once(net_names_rng):
    net, _, _ = net_names_rng
    theta = np.arange(net.size, dtype=float)
    in_order = [part.ravel() for layer in net.layers(theta) for part in layer]
    np.testing.assert_array_equal(np.concatenate(in_order), theta)
    np.testing.assert_array_equal(np.concatenate([block.ravel() for block in net.blocks(theta)]), theta)
    for n, m, (W, b), block in zip(net.sizes[:-1], net.sizes[1:], net.layers(theta), net.blocks(theta), strict=True):
        assert (W.shape, b.shape, block.shape) == ((n, m), (m,), (n + 1, m))
        np.testing.assert_array_equal(np.vstack([W, b]), block)         # [W; b]
        W += 1000
        b -= 1000
    np.testing.assert_array_equal(theta, np.arange(net.size) + 1000 * (2 * weight_mask(net.sizes) - 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mask_and_squared_weights_leave_the_biases_out(dtype):
    net = hf.MLP([3, 4, 2])
    theta = np.random.default_rng(0).normal(size=net.size).astype(dtype)
    mask = net.weight_mask(dtype)
    assert mask.dtype == dtype
    np.testing.assert_array_equal(mask, weight_mask(net.sizes))
    assert type(net.squared_weights(theta)) is float
    assert net.squared_weights(theta) == pytest.approx(float(np.sum(mask * theta**2)), rel=1e-6)


def test_size_of_the_mnist_network():
    assert hf.MLP([784, 800, 10], activation="relu").size == 636_010


def test_float32_stays_float32_and_agrees():
    net, rng = hf.MLP([3, *[4] * len(ACTIVATIONS), 2], sorted(ACTIVATIONS)), np.random.default_rng(0)
    theta, X = rng.normal(size=net.size).astype(np.float32), rng.normal(size=(5, 3)).astype(np.float32)
    z = net(theta, X)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z, net(theta.astype(float), X.astype(float)), rtol=1e-4, atol=1e-5)


def test_forward_pass_changes_neither_theta_nor_x():
    """Activations work in place: on the pass's own arrays."""
    for name in ACTIVATIONS:
        net = hf.MLP([3, 4, 2], name)
        theta, X = np.full(net.size, 0.5), np.full((2, 3), -1.0)
        net(theta, X)
        assert np.all(theta == 0.5) and np.all(X == -1.0)


@pytest.mark.parametrize("sizes, activation", [
    ([2, 1], "tanh"), ([2, 3, 1], "relu"), ([2, 3, 3, 1], ["relu", "tanh"]), ((4, 4, 4, 4), ("tanh", "tanh")),
])
def test_repr_builds_the_same_net(sizes, activation):
    net = hf.MLP(sizes, activation)
    again = eval(repr(net), {"MLP": hf.MLP})
    assert (again.sizes, again.activations) == (net.sizes, net.activations)


# --- starting points

def is_normal(sample, std):
    """Mean 0 and variance std² to 5 standard errors: by chance once in a million, and never with a fixed seed."""
    n = sample.size
    assert n > 1000
    assert abs(sample.mean()) <= 5 * std / np.sqrt(n)
    assert abs(sample.var() / std**2 - 1) <= 5 * np.sqrt(2 / n)
    assert abs(np.mean(np.abs(sample) < std) - 0.6827) <= 5 * 0.466 / np.sqrt(n)     # the normal's share within 1 std


@pytest.mark.parametrize("scheme, variance", [
    ("glorot", lambda n, m: 2 / (n + m)), ("he", lambda n, m: 2 / n),
])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_dense_schemes_have_their_variance_and_no_biases(scheme, variance, scale):
    net = hf.MLP([150, 80, 40], "tanh")
    theta = net.init(np.random.default_rng(0), scheme, scale=scale)
    assert theta.shape == (net.size,) and theta.dtype == np.float64
    for W, b in net.layers(theta):
        is_normal(W.ravel(), scale * np.sqrt(variance(*W.shape)))
        assert not b.any()


def test_glorot_is_the_default():
    net = hf.MLP([5, 4, 3])
    same = [net.init(np.random.default_rng(0)), net.init(np.random.default_rng(0), "glorot", 1.0, np.float64)]
    np.testing.assert_array_equal(*same)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_sparse_gives_each_unit_fifteen_weights(scale):
    net = hf.MLP([60, 300, 200], "relu")
    theta = net.init(np.random.default_rng(0), "sparse", scale=scale)
    for W, b in net.layers(theta):
        n, m = W.shape
        np.testing.assert_array_equal(np.count_nonzero(W, axis=0), 15)
        is_normal(W[W != 0], scale)
        assert not b.any()
        share = np.count_nonzero(W, axis=1) / m                         # each input is chosen with chance 15/n
        assert np.all(np.abs(share - 15 / n) <= 5 * np.sqrt(15 / n * (1 - 15 / n) / m))


def test_sparse_takes_all_inputs_where_there_are_fewer_than_fifteen():
    net = hf.MLP([7, 20, 15, 16, 3], "relu")
    counts = [np.count_nonzero(W, axis=0) for W, _ in net.layers(net.init(np.random.default_rng(0), "sparse"))]
    assert [set(c.tolist()) for c in counts] == [{7}, {15}, {15}, {15}]


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_sparse_halves_the_weights_on_each_side_that_is_tanh_and_starts_tanh_biases_at_a_half(scale):
    sizes = [50, 40, 30, 20, 60, 20]
    net, sigmoid = hf.MLP(sizes, ["tanh", "tanh", "relu", "tanh"]), hf.MLP(sizes, "sigmoid")
    drawn = sigmoid.layers(sigmoid.init(np.random.default_rng(0), "sparse"))
    start = net.layers(net.init(np.random.default_rng(0), "sparse", scale=scale))
    factors, biases = (0.5, 0.25, 0.5, 0.5, 0.5), (0.5, 0.5, 0, 0.5, 0)           # the output layer is linear
    for (W, b), (W_drawn, _), factor, bias in zip(start, drawn, factors, biases, strict=True):
        np.testing.assert_allclose(W, scale * factor * W_drawn, rtol=1e-15)
        np.testing.assert_array_equal(b, bias)                                    # the scale is of the weights alone


@pytest.mark.parametrize("hidden", [(40,), (40, 30), (40, 30, 20)])
def test_the_halves_turn_a_sigmoid_network_into_a_tanh_network(hidden):
    """With the biases that belong to them, ½ for tanh units and the column sums for what reads such units."""
    net, sigmoid = hf.MLP([50, *hidden, 10], "tanh"), hf.MLP([50, *hidden, 10], "sigmoid")
    theta = sigmoid.init(np.random.default_rng(1), "sparse")
    same = net.init(np.random.default_rng(1), "sparse")
    for l, ((_, b), (W, _)) in enumerate(zip(net.layers(same), sigmoid.layers(theta), strict=True)):
        b[:] = (0.5 * W.sum(axis=0) if l else 0) * (0.5 if l < len(hidden) else 1)
    X = np.random.default_rng(2).normal(size=(30, 50))
    np.testing.assert_allclose(net(same, X), sigmoid(theta, X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scheme", ["glorot", "he", "sparse"])
def test_init_depends_on_its_generator_alone(scheme):
    net = hf.MLP([20, 10, 3])
    np.random.seed(0)  # noqa: NPY002 (the global state must stay out of it)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = net.init(np.random.default_rng(5), scheme)
    np.testing.assert_array_equal(net.init(np.random.default_rng(5), scheme), first)
    assert not np.array_equal(net.init(np.random.default_rng(6), scheme), first)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    single = net.init(np.random.default_rng(5), scheme, dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, first.astype(np.float32))


# --- bad input

NET = hf.MLP([3, 4, 2])
THETA, X = np.zeros(NET.size), np.zeros((5, 3))
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("call, error, message", [
    (lambda: hf.MLP([3]), ValueError, r"sizes is \[3\], expected inputs and outputs at least"),
    (lambda: hf.MLP(3), TypeError, "sizes must be a sequence of whole numbers, got int"),
    (lambda: hf.MLP([3, 0, 2]), ValueError, r"sizes\[1\] is 0, expected at least 1"),
    (lambda: hf.MLP([3, -4, 2]), ValueError, r"sizes\[1\] is -4, expected at least 1"),
    (lambda: hf.MLP([3, 4.0, 2]), TypeError, r"sizes\[1\] must be a whole number, got float \(4.0\)"),
    (lambda: hf.MLP([3, True]), TypeError, r"sizes\[1\] must be a whole number, got bool"),
    (lambda: hf.MLP("32"), TypeError, r"sizes\[0\] must be a whole number, got str \('3'\)"),
    (lambda: hf.MLP([3, 4, 2], "gelu"), ValueError,
     "activation is 'gelu', expected one of 'tanh', 'sigmoid', 'relu', 'softplus', 'sin', 'linear'"),
    (lambda: hf.MLP([3, 2], "gelu"), ValueError, "activation is 'gelu', expected one of 'tanh'"),
    (lambda: hf.MLP([3, 4, 4, 2], ["tanh", "elu"]), ValueError, "activation is 'elu', expected one of 'tanh'"),
    (lambda: hf.MLP([3, 4, 4, 2], ["tanh"]), ValueError, "activation lists 1 names, expected 2: one per hidden"),
    (lambda: hf.MLP([3, 4, 2], ["tanh"] * 2), ValueError, "activation lists 2 names, expected 1"),
    (lambda: hf.MLP([3, 4, 2], None), TypeError, "activation must be a name or a sequence of names, got NoneType"),
    (lambda: NET(THETA[1:], X), ValueError, r"theta has shape \(25,\), expected \(26,\)"),
    (lambda: NET(THETA[:, None], X), ValueError, r"theta has shape \(26, 1\), expected \(26,\)"),
    (lambda: NET(THETA.tolist(), X), TypeError, "theta must be a numpy array, got list"),
    (lambda: NET(THETA.astype(int), X), TypeError, r"theta has dtype int\d+, expected float32 or float64"),
    (lambda: NET(THETA.astype(np.float16), X), TypeError, "theta has dtype float16, expected float32 or float64"),
    (lambda: NET(THETA, X[:, :2]), ValueError, r"X has shape \(5, 2\), expected \(any, 3\)"),
    (lambda: NET(THETA, X[0]), ValueError, r"X has shape \(3,\), expected \(any, 3\)"),
    (lambda: NET(THETA, X.astype(np.float32)), TypeError, "X has dtype float32, expected float64: convert it"),
    (lambda: NET(THETA, X.astype(int)), TypeError, r"X has dtype int\d+, expected float64"),
    (lambda: NET(THETA, X.tolist()), TypeError, "X must be a numpy array, got list"),
    (lambda: NET.layers(THETA[1:]), ValueError, r"theta has shape \(25,\), expected \(26,\)"),
    (lambda: NET.init(0), TypeError, r"rng must be a numpy.random.Generator such as .*, got int"),
    (lambda: NET.init(None), TypeError, "rng must be a numpy.random.Generator .*, got NoneType"),
    (lambda: NET.init(np.random.RandomState(0)), TypeError, "rng must be .*, got RandomState"),  # noqa: NPY002
    (lambda: NET.init(RNG, "xavier"), ValueError, "scheme is 'xavier', expected one of 'glorot', 'he', 'sparse'"),
    (lambda: NET.init(RNG, scale=0), ValueError, r"scale is 0, expected a number in \(0, inf\)"),
    (lambda: NET.init(RNG, scale=np.nan), ValueError, "scale is nan, expected a number in"),
    (lambda: NET.init(RNG, scale=np.inf), ValueError, "scale is inf, expected a number in"),
    (lambda: NET.init(RNG, scale="big"), TypeError, "scale must be a number, got str"),
    (lambda: NET.init(RNG, dtype=np.float16), ValueError, r"dtype is dtype\('float16'\), expected one of"),
    (lambda: NET.init(RNG, dtype=int), ValueError, r"dtype is dtype\('int\d+'\), expected one of dtype\('float32'"),
])
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
