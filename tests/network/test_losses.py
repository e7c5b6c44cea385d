"""Losses: values, residuals and Hessians against closed forms, differences and each other; large logits; bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import LOSSES, MATCHING, PROPERTY, central, difference, targets
from scipy.special import expit, softmax

import hf_lib as hf

SQUARED, SIGMOID, SOFTMAX, UNMATCHED = LOSSES
named = lambda losses: pytest.mark.parametrize("loss", losses, ids=lambda loss: type(loss).__name__)
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def numbers(loss, seed=0, n=4, n_out=3, dtype=np.float64):
    rng = np.random.default_rng(seed)
    z, Y, u = rng.normal(0, 2, (n, n_out)), targets(loss, rng, n, n_out), rng.normal(size=(n, n_out))
    return z.astype(dtype), Y.astype(dtype), u.astype(dtype)


def hessians(loss, z, Y):
    """H_L of every example, (N, n_out, n_out)."""
    columns = [loss.hessian_product(z, Y, np.broadcast_to(e, z.shape)) for e in np.eye(z.shape[1], dtype=z.dtype)]
    return np.stack(columns, axis=-1)


# --- values

@pytest.mark.parametrize("loss, z, y, want", [
    (SQUARED, [3.0, -1.0], [1.0, 1.0], 4.0),                                          # ½ (2² + 2²)
    (SIGMOID, [0.0, 0.0], [1.0, 0.25], 2 * np.log(2)),                                # Σ log 2
    (SIGMOID, [np.log(3.0), 0.0], [0.5, 0.5], np.log(4) - 0.5 * np.log(3) + np.log(2)),
    (SOFTMAX, [0.0, 0.0], [0.0, 1.0], np.log(2)),
    (SOFTMAX, [np.log(3.0), 0.0], [1.0, 0.0], np.log(4 / 3)),
    (SOFTMAX, [np.log(3.0), 0.0], [0.5, 0.5], 0.5 * np.log(4 / 3) + 0.5 * np.log(4)),  # a row of probabilities
    (UNMATCHED, [0.0, np.log(3.0)], [1.0, 0.25], 0.25),                               # ½ (½² + ½²)
])
def test_value_by_hand(loss, z, y, want):
    z, Y = np.array([z, z]), np.array([y, y])
    assert loss.value(z, Y) == pytest.approx(want, rel=1e-14)                         # a mean, not a sum
    np.testing.assert_allclose(loss.per_example(z, Y), [want, want], rtol=1e-14)


def test_value_is_the_mean_over_examples():
    for loss in LOSSES:
        z, Y, _ = numbers(loss)
        assert loss.value(z, Y) == pytest.approx(np.mean([loss.value(z[n:n + 1], Y[n:n + 1]) for n in range(4)]))


def test_cross_entropy_of_soft_targets_is_least_where_they_are_met():
    """At z = log y the softmax meets y, the residual vanishes, and the value is the entropy of y."""
    Y = np.array([[0.2, 0.3, 0.5]])
    assert SOFTMAX.value(np.log(Y), Y) == pytest.approx(-np.sum(Y * np.log(Y)), rel=1e-14)
    np.testing.assert_allclose(SOFTMAX.residual(np.log(Y), Y), 0, atol=1e-15)


def test_value_of_rows_that_sum_to_nearly_one_keeps_to_its_formula():
    """log Σ e^z − yᵀz, whatever y sums to: else value and residual would belong to different functions."""
    z, Y = np.array([[50.0, 40.0]]), np.array([[0.5, 0.5 - 5e-5]])
    assert SOFTMAX.value(z, Y) == pytest.approx(np.log(np.sum(np.exp(z - 50))) + 50 - np.sum(Y * z), rel=1e-13)


def test_value_adds_up_in_float64():
    """2²⁴ + 1 is no float32: a float32 sum would lose the second example."""
    z = np.array([[2.0**12, 2.0**12], [1.0, 1.0]], np.float32)
    assert SQUARED.value(z, np.zeros_like(z)) == (2**24 + 1) / 2


# --- derivatives

@named(LOSSES)
def test_residual_is_the_derivative_of_the_value(loss):
    z, Y, _ = numbers(loss)
    want = [central(lambda row, y=y: loss.value(row[None], y[None]), row) for row, y in zip(z, Y, strict=True)]
    assert difference(loss.residual(z, Y), np.array(want)) < 1e-8       # values up to 10: 1e-8 is 20 × eps^(2/3) × 10


@named(LOSSES)
def test_hessian_is_the_derivative_of_the_residual(loss):
    z, Y, _ = numbers(loss)
    want = [central(lambda row, y=y: loss.residual(row[None], y[None])[0], row) for row, y in zip(z, Y, strict=True)]
    assert difference(hessians(loss, z, Y), np.array(want)) < 1e-8


@named(LOSSES)
def test_value_residual_and_hessian_agree_with_the_autograd_twin(loss):
    z, Y, u = numbers(loss)
    twin = hf.autodiff.mean_loss(loss)
    flat = lambda t: twin(t.reshape(z.shape), Y)
    assert loss.value(z, Y) == pytest.approx(twin(z, Y), rel=1e-12)
    assert difference(loss.residual(z, Y).ravel() / 4, hf.autodiff.vjp(flat, z.ravel())(1.0)) < 1e-12
    want = hf.autodiff.hessian_product(flat, z.ravel())(u.ravel())
    assert difference(loss.hessian_product(z, Y, u).ravel() / 4, want) < 1e-12


@named(MATCHING)
def test_a_matching_loss_has_residual_output_minus_target_and_a_hessian_without_target(loss):
    z, Y, u = numbers(loss)
    assert loss.matching
    np.testing.assert_allclose(loss.residual(z, Y), loss.output(z) - Y, rtol=1e-15)
    other = numbers(loss, seed=1)[1]
    np.testing.assert_array_equal(loss.hessian_product(z, Y, u), loss.hessian_product(z, other, u))
    jacobian = np.array([central(lambda row: loss.output(row[None])[0], row) for row in z])
    assert difference(hessians(loss, z, Y), jacobian) < 1e-8            # H_L is the Jacobian of φ


def test_the_loss_that_does_not_match_says_so():
    z, Y, u = numbers(UNMATCHED)
    assert not UNMATCHED.matching
    assert difference(UNMATCHED.residual(z, Y), UNMATCHED.output(z) - Y) > 0.1
    assert difference(UNMATCHED.hessian_product(z, 1 - Y, u), UNMATCHED.hessian_product(z, Y, u)) > 0.1


@pytest.mark.parametrize("loss, want", [
    (SQUARED, lambda z: z), (SIGMOID, expit), (SOFTMAX, lambda z: softmax(z, axis=1)), (UNMATCHED, expit),
], ids=lambda x: type(x).__name__)
def test_output_is_the_output_activation(loss, want):
    z, _, _ = numbers(loss)
    np.testing.assert_allclose(loss.output(z), want(z), rtol=1e-14)


# --- properties

rows = st.integers(0, 2**32 - 1).map(np.random.default_rng)
scales = st.sampled_from([1e-3, 1.0, 30.0, 1e4])


@named(LOSSES)
@PROPERTY
@given(rows, scales)
def test_hessian_is_symmetric_linear_and_convex_for_matching_losses(loss, rng, scale):
    z, Y = scale * rng.normal(size=(3, 4)), targets(loss, rng, 3, 4)
    u, w = rng.normal(size=(2, 3, 4))
    Hu, Hw = loss.hessian_product(z, Y, u), loss.hessian_product(z, Y, w)
    assert np.abs(np.vdot(Hu, w) - np.vdot(u, Hw)) <= 1e-14 * np.linalg.norm(u) * np.linalg.norm(w)
    np.testing.assert_allclose(loss.hessian_product(z, Y, 2 * u - w), 2 * Hu - Hw, atol=1e-14)
    if loss.matching:
        assert np.all(np.sum(u * Hu, axis=1) >= -1e-15 * np.sum(u * u, axis=1))


def test_hessian_of_the_loss_that_does_not_match_can_be_negative():
    z, Y, u = np.array([[2.0]]), np.array([[0.0]]), np.array([[1.0]])
    assert UNMATCHED.hessian_product(z, Y, u)[0, 0] < -0.05


@PROPERTY
@given(rows, scales)
def test_softmax_rows_sum_to_one_and_its_residual_and_hessian_to_zero(rng, scale):
    """Adding a constant to all z changes nothing: residual and H_L are orthogonal to the ones."""
    z, Y, u = scale * rng.normal(size=(3, 5)), targets(SOFTMAX, rng, 3, 5), rng.normal(size=(3, 5))
    np.testing.assert_allclose(SOFTMAX.output(z).sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(SOFTMAX.residual(z, Y).sum(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(SOFTMAX.hessian_product(z, Y, u).sum(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(SOFTMAX.hessian_product(z, Y, np.ones_like(u)), 0, atol=1e-14)
    np.testing.assert_allclose(SOFTMAX.value(z + 7, Y), SOFTMAX.value(z, Y), rtol=1e-11, atol=1e-12)


def test_softmax_of_two_classes_is_the_sigmoid_of_their_difference():
    z = np.linspace(-5, 5, 11)[:, None]
    pair, y = np.hstack([z, np.zeros_like(z)]), np.full_like(z, 0.25)
    assert SOFTMAX.value(pair, np.hstack([y, 1 - y])) == pytest.approx(SIGMOID.value(z, y), rel=1e-14)


# --- dtype, and arguments left alone

@BOTH
@named(LOSSES)
def test_nothing_is_promoted_and_no_argument_changed(loss, dtype):
    z, Y, u = numbers(loss, dtype=dtype)
    before = [a.copy() for a in (z, Y, u)]
    arrays = [loss.output(z), loss.per_example(z, Y), loss.residual(z, Y), loss.hessian_product(z, Y, u),
              loss.hessian_operator(z, Y)(u.copy()), loss.sample(z, np.random.default_rng(0))]
    assert [a.dtype for a in arrays] == [dtype] * 6
    assert [a.shape for a in arrays] == [z.shape, (4,), *[z.shape] * 4]
    assert type(loss.value(z, Y)) is float
    for array, copy in zip((z, Y, u), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@named(LOSSES)
def test_float32_agrees_with_float64(loss):
    z, Y, u = numbers(loss, dtype=np.float32)
    wide = [a.astype(np.float64) for a in (z, Y, u)]
    assert loss.value(z, Y) == pytest.approx(loss.value(*wide[:2]), rel=1e-5)
    assert difference(loss.residual(z, Y), loss.residual(*wide[:2])) < 1e-5
    assert difference(loss.hessian_product(z, Y, u), loss.hessian_product(*wide)) < 1e-5


def test_hessian_operator_works_in_place():
    for loss in LOSSES:
        z, Y, u = numbers(loss)
        want = loss.hessian_product(z, Y, u)
        got = loss.hessian_operator(z, Y)(u)
        assert got is u
        np.testing.assert_array_equal(u, want)


# --- large logits: the limits, and never a warning (every warning is an error here)

@BOTH
@pytest.mark.parametrize("big", [100.0, 1e4])
def test_large_logits_reach_their_limits(dtype, big):
    z = np.array([[big, -big, 0.0]], dtype)
    u = np.array([[1.0, 2.0, 3.0]], dtype)
    row = lambda *entries: np.array([entries], dtype)
    near = dict(rtol=4 * np.finfo(dtype).eps, atol=1e-40)

    for y, want in ((row(1, 0, 0.5), np.log(2)), (row(0, 1, 0.5), 2 * big + np.log(2))):
        assert SIGMOID.value(z, y) == pytest.approx(want, rel=1e-6)
        np.testing.assert_allclose(SIGMOID.residual(z, y), row(1, 0, 0.5) - y, **near)
    np.testing.assert_allclose(SIGMOID.hessian_product(z, row(0, 0, 0), u), row(0, 0, 0.75), **near)

    for y, want in ((row(1, 0, 0), 0.0), (row(0, 1, 0), 2 * big), (row(0, 0, 1), big)):
        assert SOFTMAX.value(z, y) == want
        np.testing.assert_allclose(SOFTMAX.residual(z, y), row(1, 0, 0) - y, **near)
    np.testing.assert_allclose(SOFTMAX.hessian_product(z, row(1, 0, 0), u), row(0, 0, 0), **near)
    tie = row(big, big, -big)
    assert SOFTMAX.value(tie, row(1, 0, 0)) == pytest.approx(np.log(2), rel=1e-6)
    np.testing.assert_allclose(SOFTMAX.hessian_product(tie, row(1, 0, 0), u), row(-0.25, 0.25, 0), **near)

    assert UNMATCHED.value(z, row(0, 0, 0.5)) == 0.5
    np.testing.assert_allclose(UNMATCHED.residual(z, row(0, 1, 1)), row(0, 0, -0.125), **near)
    np.testing.assert_allclose(UNMATCHED.hessian_product(z, row(0, 1, 0.5), u), row(0, 0, 3 / 16), **near)

    assert SQUARED.value(z, row(0, 0, 0)) == pytest.approx(big**2, rel=1e-6)
    np.testing.assert_array_equal(SQUARED.residual(z, row(0, 0, 0)), z)


@BOTH
@named(LOSSES)
def test_extreme_logits_raise_nothing_whatever_numpy_is_told(loss, dtype):
    z = np.array([[1e3, -1e3, 1e25], [-1e25, 1e-30, 80]], dtype)
    Y, u = np.array([[1.0, 0, 0], [0, 0, 1]], dtype), np.full((2, 3), 1e-20, dtype)
    with np.errstate(all="raise"):
        value = loss.value(z, Y)
        for array in (loss.residual(z, Y), loss.hessian_product(z, Y, u), loss.output(z)):
            assert array.dtype == dtype and np.isfinite(array).all()
    assert np.isfinite(value) or (loss is SQUARED and dtype == np.float32 and value == np.inf)    # ½ (1e25)²


def test_a_confident_sigmoid_keeps_its_small_loss():
    """log(1 + e⁻⁴⁰) ≈ 4e-18 is far below the rounding of 1, and must not become 0."""
    assert SIGMOID.value(np.array([[40.0]]), np.array([[1.0]])) == pytest.approx(np.exp(-40), rel=1e-12, abs=0)


# --- draws from the model

DRAWS = 40_000


@BOTH
@named(LOSSES)
def test_samples_have_the_mean_and_variance_of_the_model(loss, dtype):
    """Mean φ(z); variance 1 for the Gaussian models, p (1 − p) for the others: to 5 standard errors."""
    z = np.array([[0.5, -1.0, 2.0]], dtype)
    Y = loss.sample(np.repeat(z, DRAWS, axis=0), np.random.default_rng(0)).astype(np.float64)
    p = loss.output(z)[0].astype(np.float64)
    gaussian = loss in (SQUARED, UNMATCHED)
    variance = np.ones(3) if gaussian else p * (1 - p)
    assert np.all(np.abs(Y.mean(axis=0) - p) <= 5 * np.sqrt(variance / DRAWS))
    if gaussian:
        assert np.all(np.abs(Y.var(axis=0) - 1) <= 5 * np.sqrt(2 / DRAWS))
    else:
        assert set(np.unique(Y)) == {0.0, 1.0}
        loss.check_targets(Y, 3, np.float64)


def test_softmax_draws_one_class_and_never_one_without_probability():
    z = np.repeat([[0.0, -1e4, 0.0, -1e4]], 2000, axis=0)
    Y = SOFTMAX.sample(z, np.random.default_rng(0))
    np.testing.assert_array_equal(Y.sum(axis=1), 1)
    assert not Y[:, [1, 3]].any() and Y[:, [0, 2]].sum(axis=0).min() > 800


# --- bad input

Z = np.zeros((2, 3))
ONE_HOT = np.eye(3)[:2]


@named(LOSSES)
@pytest.mark.parametrize("z, Y, error, message", [
    (Z[:, :1], np.zeros(2), ValueError, r"Y has shape \(2,\), expected \(2, 1\)"),        # NumPy would broadcast these
    (Z, ONE_HOT[:1], ValueError, r"Y has shape \(1, 3\), expected \(2, 3\)"),
    (Z, ONE_HOT[:, :1], ValueError, r"Y has shape \(2, 1\), expected \(2, 3\)"),
    (Z[0], ONE_HOT[0], ValueError, r"z has shape \(3,\), expected \(any, any\)"),
    (Z, ONE_HOT.astype(np.float32), TypeError, "Y has dtype float32, expected float64"),
    (Z, ONE_HOT.astype(int), TypeError, r"Y has dtype int\d+, expected float64"),
    (Z.astype(np.float16), ONE_HOT, TypeError, "z has dtype float16, expected float32 or float64"),
    (Z.tolist(), ONE_HOT, TypeError, "z must be a numpy array, got list"),
    (Z[:0], ONE_HOT[:0], ValueError, "z holds no examples, expected N of at least 1"),
])
def test_outputs_and_targets_that_do_not_fit_are_named(loss, z, Y, error, message):
    for call in (loss.value, loss.residual, lambda z, Y: loss.hessian_product(z, Y, z)):
        with pytest.raises(error, match=message):
            call(z, Y)


@named(LOSSES)
@pytest.mark.parametrize("u, error, message", [
    (np.zeros(3), ValueError, r"u has shape \(3,\), expected \(2, 3\)"),
    (np.zeros((2, 3), np.float32), TypeError, "u has dtype float32, expected float64"),
])
def test_a_direction_that_does_not_fit_is_named(loss, u, error, message):
    with pytest.raises(error, match=message):
        loss.hessian_product(Z, ONE_HOT, u)


def replaced(array, value):
    array = array.copy()
    array[0, 0] = value
    return array


@named(LOSSES)
@pytest.mark.parametrize("Y, error, message", [
    (ONE_HOT[:, :2], ValueError, r"Y has shape \(2, 2\), expected \(any, 3\)"),
    (ONE_HOT.astype(np.float32), TypeError, "Y has dtype float32, expected float64"),
    (ONE_HOT.astype(object), TypeError, "Y is an ndarray of dtype object, expected float64"),
    (ONE_HOT.astype(np.float16), TypeError, "Y has dtype float16, expected float64"),
    (ONE_HOT.tolist(), TypeError, "Y must be a numpy array, got list"),
    (replaced(ONE_HOT, np.nan), ValueError, "Y holds NaN or infinity"),
    (replaced(ONE_HOT, -np.inf), ValueError, "Y holds NaN or infinity"),
])
def test_targets_that_no_loss_takes(loss, Y, error, message):
    with pytest.raises(error, match=message):
        loss.check_targets(Y, 3, np.float64)


@pytest.mark.parametrize("labels", [np.array([0, 2]), np.array([0.0, 2.0]), np.array([[0, 0, 1]])])
def test_labels_in_place_of_one_hot_rows_are_told_the_way_out(labels):
    message = rf"Y has shape \(.*\) and dtype {labels.dtype}, expected one-hot rows .*hf.datasets.one_hot\(labels, 3\)"
    with pytest.raises(TypeError, match=message):
        SOFTMAX.check_targets(labels, 3, np.float64)


@pytest.mark.parametrize("Y", [[[0.5, 0.4, 0.0]], [[1.5, -0.5, 0.0]], [[1.0, 1.0, 0.0]]])
def test_rows_that_are_no_probabilities_are_refused(Y):
    with pytest.raises(ValueError, match="Y has rows that are no probabilities .* expected one-hot rows"):
        SOFTMAX.check_targets(np.array(Y), 3, np.float64)


@pytest.mark.parametrize("value, message", [(1.5, r"Y lies in \[0.0, 1.5\], expected values in \[0, 1\]"),
                                            (-0.1, r"Y lies in \[-0.1, 1.0\], expected values in \[0, 1\]")])
def test_a_sigmoid_takes_targets_between_0_and_1(value, message):
    with pytest.raises(ValueError, match=message):
        SIGMOID.check_targets(replaced(ONE_HOT, value), 3, np.float64)


@named(LOSSES)
def test_good_targets_come_back_as_they_are(loss):
    Y = ONE_HOT.astype(np.float32)
    assert loss.check_targets(Y, 3, np.float32) is Y
