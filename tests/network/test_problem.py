"""The objective on data: chunks, batches, weight decay, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import LOSSES, PROPERTY, central, difference, targets, weight_mask

import hf_lib as hf
import hf_lib.network.problem as module

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
    assert value == pytest.approx(p.value(theta), rel=rounding) == pytest.approx(lin.value, rel=rounding)
    assert {g.dtype for g in (gradient, p.gradient(theta), lin.gradient(), p.predict(theta))} == {np.dtype(dtype)}
    np.testing.assert_array_equal(p.gradient(theta), gradient)
    np.testing.assert_array_equal(lin.gradient(), gradient)
    np.testing.assert_allclose(p.predict(theta), loss.output(NET(theta, p.X)), rtol=rounding)


def test_theta_and_data_stay_as_they_are():
    p, theta = problem()
    before = [a.copy() for a in (theta, p.X, p.Y)]
    for call in (p.value, p.gradient, p.value_and_gradient, p.predict, p.linearize):
        call(theta)
    for array, copy in zip((theta, p.X, p.Y), before, strict=True):
        np.testing.assert_array_equal(array, copy)


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
    monkeypatch.setattr(module, "CHUNK", chunk)
    rounding = 50 * float(np.finfo(dtype).eps)
    assert len(list(p._chunks())) == -(-10 // chunk)                          # the patch took hold
    assert p.value(theta) == pytest.approx(value, rel=rounding)
    assert p.value_and_gradient(theta)[0] == pytest.approx(value, rel=rounding)
    assert p.gradient(theta).dtype == dtype
    assert difference(p.gradient(theta), gradient) < rounding
    np.testing.assert_allclose(p.predict(theta), output, rtol=rounding)


def test_more_examples_than_a_chunk_holds():
    """The module's own CHUNK, with a rest of 100."""
    p, theta = problem(n=module.CHUNK + 100)
    assert difference(p.gradient(theta), p.linearize(theta).gradient()) < 1e-13
    assert p.value(theta) == pytest.approx(p.linearize(theta).value, rel=1e-13)


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
    (dict(X=X.astype(object)), TypeError, "X has dtype object, expected float32 or float64"),
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


def test_a_diverged_theta_gives_a_value_that_is_not_finite():
    """The loop must be able to see a step that went to infinity: θ itself is not refused."""
    p, theta = problem(LOSSES[0])
    with np.errstate(all="ignore"):
        assert not np.isfinite(p.value(np.full_like(theta, np.nan)))
