"""The objective on data: chunks, batches, weight decay, and what it refuses."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ACTIVATIONS, LOSSES, PROPERTY, central, difference, targets, weight_mask

import hf_lib as hf
from hf_lib.network import buffers

NET = hf.MLP([3, 4, 2], "tanh")
named = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def problem(loss=LOSSES[2], n=10, dtype=np.float64, l2=0.1):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(n, 3)), targets(loss, rng, n, 2)
    return hf.Problem(NET, loss, X.astype(dtype), Y.astype(dtype), l2), rng.normal(size=NET.size).astype(dtype)


# --- value and gradient

@named
def test_value_is_the_mean_loss_plus_weight_decay(loss):
    p, theta = problem(loss)
    decay = 0.5 * 0.1 * np.sum(weight_mask(NET.sizes) * theta**2)
    assert p.value(theta) == pytest.approx(loss.value(NET(theta, p.X), p.Y) + decay, rel=1e-14)


@named
def test_gradient_is_the_derivative_of_the_value(loss):
    p, theta = problem(loss)
    assert difference(p.gradient(theta), central(p.value, theta)) < 1e-7      # argued at `central`


def test_weight_decay_acts_on_the_weights_only():
    with_decay, theta = problem(l2=0.3)
    without = problem(l2=0.0)[0]
    mask = weight_mask(NET.sizes)
    v = np.random.default_rng(1).normal(size=theta.size)
    np.testing.assert_allclose(with_decay.gradient(theta) - without.gradient(theta), 0.3 * mask * theta, atol=1e-15)
    for kind in ("ggn", "hessian", "empirical_fisher"):
        products = [getattr(p.linearize(theta), kind)(v) for p in (with_decay, without)]
        np.testing.assert_allclose(products[0] - products[1], 0.3 * mask * v, atol=1e-15)
    squares = [p.linearize(theta).squared_gradients() for p in (with_decay, without)]
    np.testing.assert_array_equal(*squares)                                   # of the examples' losses alone


@BOTH
@named
def test_every_way_to_the_same_number_agrees_and_keeps_the_dtype(loss, dtype):
    p, theta = problem(loss, dtype=dtype)
    lin = p.linearize(theta)
    value, gradient = p.value_and_gradient(theta)
    rounding = 20 * float(np.finfo(dtype).eps)
    assert {type(x) for x in (value, lin.value, p.value(theta))} == {float}
    assert value == p.value(theta) == lin.value
    assert {g.dtype for g in (gradient, p.gradient(theta), lin.gradient(), p.predict(theta))} == {np.dtype(dtype)}
    np.testing.assert_array_equal(p.gradient(theta), gradient)
    np.testing.assert_array_equal(lin.gradient(), gradient)
    np.testing.assert_allclose(p.predict(theta), loss.output(NET(theta, p.X)), rtol=rounding)


def test_theta_and_data_stay_as_they_are():
    p, theta = problem()
    before = [a.copy() for a in (theta, p.X, p.Y)]
    for call in (p.value, p.gradient, p.value_and_gradient, p.predict, p.linearize):
        call(theta)
    for array, saved in zip((theta, p.X, p.Y), before, strict=True):
        np.testing.assert_array_equal(array, saved)


def test_what_a_problem_says_about_itself():
    p, _ = problem(l2=2e-5, dtype=np.float32)
    assert (p.N, p.size) == (10, NET.size)
    assert repr(p) == "Problem(MLP([3, 4, 2], activation='tanh'), SoftmaxCrossEntropy, N=10, float32, l2=2e-05)"


# --- chunks: 10 examples in pieces that divide 10, leave a rest, or hold it all

@BOTH
@named
@pytest.mark.parametrize("chunk", [1, 3, 5, 9, 10, 11])
def test_chunks_make_no_difference(monkeypatch, loss, chunk, dtype):
    p, theta = problem(loss, dtype=dtype)
    value, gradient, output = p.value(theta), p.gradient(theta), p.predict(theta)
    monkeypatch.setattr(buffers, "CHUNK", chunk)
    rounding = 50 * float(np.finfo(dtype).eps)
    assert [rows.stop for rows in buffers.chunks(10)] == [*range(chunk, 10, chunk), 10]      # the patch took hold
    assert p.value(theta) == pytest.approx(value, rel=rounding)
    assert p.value(theta) == p.value_and_gradient(theta)[0] == p.linearize(theta).value
    assert p.gradient(theta).dtype == dtype
    assert difference(p.gradient(theta), gradient) < rounding
    np.testing.assert_allclose(p.predict(theta), output, rtol=rounding)


def test_more_examples_than_a_chunk_holds():
    """The module's own CHUNK, with a rest of 100."""
    p, theta = problem(n=buffers.CHUNK + 100)
    assert difference(p.gradient(theta), p.linearize(theta).gradient()) < 1e-13


# --- one path of f: the same bits from every way to it, for the Hessian-free loop subtracts one from another

def same_bits(p, theta):
    value, lin = p.value(theta), p.linearize(theta)
    assert value == p.value_and_gradient(theta)[0] == lin.value == p.linearize(theta).value == p.value(theta.copy())
    assert value == p.batch(slice(None)).value(theta)
    np.testing.assert_array_equal(lin.z, p.net(theta, p.X))
    np.testing.assert_array_equal(lin.z, p.linearize(theta).z)
    return value


@PROPERTY
@given(sizes=st.lists(st.sampled_from([1, 2, 3, 7, 16, 33]), min_size=2, max_size=5), n=st.integers(1, 40),
       chunk=st.sampled_from([1, 2, 3, 8, 16, 1024]), dtype=st.sampled_from([np.float32, np.float64]),
       loss=st.sampled_from(LOSSES), l2=st.sampled_from([0.0, 0.1]), seed=st.integers(0, 2**32 - 1))
def test_f_has_the_same_bits_from_every_way_to_it(sizes, n, chunk, dtype, loss, l2, seed):
    """Layers of one unit, one example, chunks of one row: there NumPy calls other kernels of BLAS."""
    rng = np.random.default_rng(seed)
    net = hf.MLP(sizes, list(rng.choice(sorted(ACTIVATIONS), len(sizes) - 2)))
    X, Y = rng.normal(size=(n, sizes[0])).astype(dtype), targets(loss, rng, n, sizes[-1]).astype(dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buffers, "CHUNK", chunk)
        p = hf.Problem(net, loss, X, Y, l2)
        for _ in range(2):                                                     # the second time in used arrays
            same_bits(p, rng.normal(size=net.size).astype(dtype))


@BOTH
@pytest.mark.parametrize("more", [-1, 0, 1, 2, 600])
@pytest.mark.parametrize("sizes", [(1, 10, 1), (5, 1, 3), (40, 30, 20), (1, 1)])
def test_f_has_the_same_bits_around_a_full_chunk(sizes, more, dtype):
    rng, net, n = np.random.default_rng(0), hf.MLP(sizes), buffers.CHUNK + more
    X, Y = (rng.normal(size=(n, k)).astype(dtype) for k in (sizes[0], sizes[-1]))
    p = hf.Problem(net, LOSSES[0], X, Y, 0.01)
    same_bits(p, rng.normal(size=net.size).astype(dtype))
    same_bits(p.batch(slice(3, None, 2)), rng.normal(size=net.size).astype(dtype))


@BOTH
def test_f_has_the_same_bits_however_theta_and_the_data_lie_in_memory(dtype):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(300, 3)).astype(dtype), targets(LOSSES[1], rng, 300, 2).astype(dtype)
    theta = rng.normal(size=NET.size).astype(dtype)
    value = same_bits(hf.Problem(NET, LOSSES[1], X, Y, 0.1), theta)
    strided, shifted = np.repeat(theta, 2)[::2], np.concatenate([theta[:1], theta])[1:]
    for again in (strided, shifted):
        assert same_bits(hf.Problem(NET, LOSSES[1], X, Y, 0.1), again) == value
    assert same_bits(hf.Problem(NET, LOSSES[1], np.asfortranarray(X), Y, 0.1), theta) == value
    same_bits(hf.Problem(NET, LOSSES[1], X[::-1], np.asfortranarray(Y)[::-1], 0.1), strided)


def test_a_step_of_no_length_makes_no_progress():
    """Float32, a nearly perfect fit: what two ways of rounding differ by would be taken for progress."""
    X = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    net = hf.MLP([1, 10, 1])
    theta = net.init(np.random.default_rng(0), dtype=np.float32)
    p = hf.Problem(net, LOSSES[0], X, net(theta, X) + np.float32(1e-7))
    assert p.linearize(theta).value - p.value(theta + np.zeros_like(theta)) == 0.0


# --- arrays used again

def test_linearisations_alive_at_once_do_not_share_memory():
    p, theta = problem(n=50)
    lins = [p.linearize(theta + k) for k in range(3)]
    alone = [problem(n=50)[0].linearize(theta + k) for k in range(3)]
    v = np.random.default_rng(0).normal(size=theta.size)
    for _ in range(2):
        for lin, want in zip(lins, alone, strict=True):
            for call in ("ggn", "hessian", "jvp", "empirical_fisher"):
                np.testing.assert_array_equal(getattr(lin, call)(v), getattr(want, call)(v))
            np.testing.assert_array_equal(lin.gradient(), want.gradient())
            p.value(theta), p.gradient(theta)                                  # in between


def test_what_a_dead_linearisation_gave_stays_as_it_is_while_its_arrays_are_used_again():
    p, theta = problem(n=50)
    v = np.random.default_rng(0).normal(size=theta.size)

    def results(theta):
        lin = p.linearize(theta)
        used = [*lin._A, *lin._S[1:-1], *lin._work[1:]]
        return used, (lin.theta, lin.z, lin.gradient(), lin.ggn(v), lin.hessian(v), lin.jvp(v), lin.squared_gradients(),
                      *lin.kronecker_factors(np.random.default_rng(0))[0])
    used, first = results(theta)
    kept = [array.copy() for array in first]
    again, _ = results(2 * theta)
    assert all(np.shares_memory(a, b) for a, b in zip(used, again, strict=True))     # they are used again
    results(3 * theta)
    for array, saved in zip(first, kept, strict=True):
        np.testing.assert_array_equal(array, saved)


def test_a_product_and_a_copy_keep_their_linearisation_s_arrays():
    p, theta = problem(n=50)
    v = np.random.default_rng(0).normal(size=theta.size)
    product, operator = p.linearize(theta).ggn, p.linearize(theta).operator("hessian")
    copied = copy.copy(p.linearize(theta))
    want = product(v), operator @ v, copied.jvp(v)
    for k in range(4):
        p.linearize(theta + k).hessian(v)
    for got, before in zip((product(v), operator @ v, copied.jvp(v)), want, strict=True):
        np.testing.assert_array_equal(got, before)


def test_arrays_fit_whatever_the_number_of_examples():
    """Batches share their problem's arrays: a smaller one uses part of them, a larger one makes its own."""
    p, theta = problem(n=50)
    for rows in (slice(0, 20), slice(0, 7), slice(3, 50), slice(0, 1), slice(0, 50)):
        part, fresh = p.batch(rows), hf.Problem(p.net, p.loss, p.X[rows], p.Y[rows], p.l2)
        np.testing.assert_array_equal(part.linearize(theta).ggn(theta), fresh.linearize(theta).ggn(theta))
        np.testing.assert_array_equal(part.gradient(theta), fresh.gradient(theta))
        assert part.value(theta) == fresh.value(theta)


# --- batches

@PROPERTY
@given(st.permutations(range(10)), st.lists(st.integers(1, 9), max_size=4, unique=True))
def test_batches_average_to_the_whole(order, cuts):
    """Weighted by their sizes; weight decay is in every batch, so it averages to itself."""
    p, theta = problem()
    parts = [p.batch(rows) for rows in np.split(np.array(order), sorted(cuts))]
    mean = lambda f: sum(part.N / p.N * f(part) for part in parts)
    v = np.ones(theta.size)
    assert mean(lambda q: q.value(theta)) == pytest.approx(p.value(theta), rel=1e-13)
    assert difference(mean(lambda q: q.gradient(theta)), p.gradient(theta)) < 1e-13
    for kind in ("ggn", "hessian", "empirical_fisher"):
        product = lambda q, kind=kind: getattr(q.linearize(theta), kind)(v)
        assert difference(mean(product), product(p)) < 1e-12


@pytest.mark.parametrize("index, rows", [
    (slice(2, 7), [2, 3, 4, 5, 6]),
    (slice(None, None, 3), [0, 3, 6, 9]),
    (np.array([4, 4, 0]), [4, 4, 0]),
    (np.array([-1], np.int32), [9]),
    ([1, 8], [1, 8]),
])
def test_a_batch_holds_the_rows_asked_for(index, rows):
    p, theta = problem()
    part = p.batch(index)
    np.testing.assert_array_equal(part.X, p.X[rows])
    np.testing.assert_array_equal(part.Y, p.Y[rows])
    assert (part.N, part.l2, part.net, part.loss) == (len(rows), p.l2, p.net, p.loss)
    again = hf.Problem(p.net, p.loss, p.X[rows], p.Y[rows], p.l2)
    assert part.value(theta) == again.value(theta)
    assert np.shares_memory(part.X, p.X) == isinstance(index, slice)


@pytest.mark.parametrize("index, error, message", [
    (np.arange(10) > 5, TypeError, "index must be a slice or an array of row numbers, got ndarray of bool"),
    (np.array([0.0, 1.0]), TypeError, "index must be .* got ndarray of float64"),
    ([], TypeError, "index must be .* got list of float64"),
    (None, TypeError, "index must be .* got NoneType of object"),
    ("all", TypeError, "index must be .* got str"),
    (3, ValueError, "index 3 selects no list of examples out of 10"),
    (np.array([], int), ValueError, r"index array\(\[\].*selects no list of examples out of 10"),
    (slice(5, 5), ValueError, r"index slice\(5, 5, None\) selects no list of examples out of 10"),
    (np.array([[0, 1]]), ValueError, "selects no list of examples out of 10"),
    (np.array([0, 10]), IndexError, "index 10 is out of bounds"),
])
def test_a_bad_batch_is_named(index, error, message):
    with pytest.raises(error, match=message):
        problem()[0].batch(index)


# --- bad input

GOOD, THETA = problem()
X, Y = GOOD.X, GOOD.Y


def replaced(array, value):
    array = array.copy()
    array[1, 1] = value
    return array


@pytest.mark.parametrize("change, error, message", [
    (dict(X=X.tolist()), TypeError, "X must be a numpy array, got list"),
    (dict(X=X.astype(int)), TypeError, r"X has dtype int\d+, expected float32 or float64: convert it with .astype"),
    (dict(X=X.astype(np.uint8)), TypeError, "X has dtype uint8, expected float32 or float64"),
    (dict(X=X.astype(object)), TypeError, "X is an ndarray of dtype object, expected float32 or float64"),
    (dict(X=X.astype(np.float16)), TypeError, "X has dtype float16, expected float32 or float64"),
    (dict(X=X.astype(complex)), TypeError, "X has dtype complex128, expected float32 or float64"),
    (dict(X=X[0]), ValueError, r"X has shape \(3,\), expected \(any, 3\)"),
    (dict(X=X[:, :2]), ValueError, r"X has shape \(10, 2\), expected \(any, 3\)"),
    (dict(X=X[:, :, None]), ValueError, r"X has shape \(10, 3, 1\), expected \(any, 3\)"),
    (dict(X=replaced(X, np.nan)), ValueError, "X holds NaN or infinity, expected finite numbers"),
    (dict(X=replaced(X, -np.inf)), ValueError, "X holds NaN or infinity, expected finite numbers"),
    (dict(Y=replaced(Y, np.nan)), ValueError, "Y holds NaN or infinity, expected finite numbers"),
    (dict(Y=replaced(Y, np.inf)), ValueError, "Y holds NaN or infinity, expected finite numbers"),
    (dict(Y=Y.tolist()), TypeError, "Y must be a numpy array, got list"),
    (dict(Y=Y.astype(np.float32)), TypeError, "Y has dtype float32, expected float64"),
    (dict(X=X.astype(np.float32)), TypeError, "Y has dtype float64, expected float32"),
    (dict(Y=Y[:, :1]), ValueError, r"Y has shape \(10, 1\), expected \(any, 2\)"),
    (dict(Y=Y[1:]), ValueError, "X has 10 rows and Y has 9, expected one target per example"),
    (dict(X=X[:1]), ValueError, "X has 1 rows and Y has 10, expected one target per example"),
    (dict(X=X[:0], Y=Y[:0]), ValueError, "X holds no examples, expected N of at least 1"),
    (dict(Y=np.zeros(10, int)), TypeError, r"Y has shape \(10,\) and dtype int\d+, expected one-hot rows of shape"),
    (dict(Y=2 * Y), ValueError, "Y has rows that are no probabilities"),
    (dict(loss=LOSSES[0], Y=np.zeros(10)), ValueError, r"Y has shape \(10,\), expected \(any, 2\)"),
    (dict(loss=LOSSES[1], Y=2 + Y), ValueError, r"Y lies in \[2.*, 2.*\], expected values in \[0, 1\]"),
    (dict(l2=-1e-3), ValueError, r"l2 is -0.001, expected a number in \[0, inf\)"),
    (dict(l2=np.nan), ValueError, "l2 is nan, expected a number in"),
    (dict(l2=np.inf), ValueError, "l2 is inf, expected a number in"),
    (dict(l2="0"), TypeError, "l2 must be a number, got str"),
    (dict(l2=True), TypeError, "l2 must be a number, got bool"),
    (dict(l2=None), TypeError, "l2 must be a number, got NoneType"),
])
def test_bad_data_are_named(change, error, message):
    good = dict(net=NET, loss=GOOD.loss, X=X, Y=Y, l2=0.1)
    hf.Problem(**good)
    with pytest.raises(error, match=message):
        hf.Problem(**{**good, **change})


@pytest.mark.parametrize("method", ["value", "gradient", "value_and_gradient", "linearize", "predict"])
@pytest.mark.parametrize("theta, error, message", [
    (THETA[1:], ValueError, r"theta has shape \(25,\), expected \(26,\)"),
    (THETA[None], ValueError, r"theta has shape \(1, 26\), expected \(26,\)"),
    (THETA.astype(np.float32), TypeError, "theta has dtype float32, expected float64"),
    (THETA.astype(int), TypeError, r"theta has dtype int\d+, expected float64"),
    (THETA.tolist(), TypeError, "theta must be a numpy array, got list"),
])
def test_a_bad_theta_is_named(method, theta, error, message):
    with pytest.raises(error, match=message):
        getattr(GOOD, method)(theta)


def test_a_float64_theta_with_float32_data_is_named():
    p, theta = problem(dtype=np.float32)
    with pytest.raises(TypeError, match="theta has dtype float64, expected float32: convert it"):
        p.value(theta.astype(np.float64))


def test_whatever_l2_is_as_a_number_float32_stays():
    for l2 in (1, 0.1, np.float64(0.1), np.float32(0.1)):
        p, theta = problem(dtype=np.float32, l2=l2)
        assert type(p.l2) is float
        assert p.gradient(theta).dtype == p.linearize(theta).ggn(theta).dtype == np.float32
        lin = hf.Linearization(p.net, p.loss, p.X, p.Y, theta, l2)
        assert type(lin.l2) is float and lin.hessian(theta).dtype == np.float32


@BOTH
@named
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("size", [1e3, 1e25])
def test_overflow_is_silent_whatever_numpy_is_told(activation, loss, dtype, size):
    """e^1000 is ∞ in both dtypes, 1e25² in float32: values are ∞ or NaN then, or fine, but nothing raises or warns."""
    p, theta = problem(loss, dtype=dtype)
    p = hf.Problem(hf.MLP(NET.sizes, activation), loss, (p.X * size).astype(dtype), p.Y, p.l2)
    v, u = np.ones_like(theta), np.ones((10, 2), dtype)
    with np.errstate(all="raise"):
        value, gradient = p.value_and_gradient(theta)
        lin = p.linearize(theta)
        assert np.array_equal([value, p.value(theta), lin.value], [value] * 3, equal_nan=True)
        results = [gradient, p.gradient(theta), lin.gradient(), lin.jvp(v), lin.vjp(u), lin.ggn(v), lin.hessian(v),
                   lin.empirical_fisher(v), lin.fisher(v, np.random.default_rng(0)), lin.squared_gradients(),
                   lin.operator("ggn", 0.1) @ v, p.predict(theta), p.net(theta, p.X)]
        lin.kronecker_factors(np.random.default_rng(0))
    assert {result.dtype for result in results} == {np.dtype(dtype)}


def test_a_diverged_theta_gives_a_value_that_is_not_finite():
    """The loop must be able to see a step that went to infinity: θ itself is not refused."""
    p, theta = problem(LOSSES[0])
    assert not np.isfinite(p.value(np.full_like(theta, np.nan)))
    assert p.value(np.full_like(theta, 1e200)) == np.inf
