"""Notebook 01: what it writes out is what the library does, and what it claims of losses and networks holds."""

import itertools

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, defined
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch01 as ex
from hf_lib.figures import ch01

NOTEBOOK = NOTEBOOKS / "01_the_objective.ipynb"
SIZES = [1, 20, 20, 1]
MATCHING = [hf.SquaredError(), hf.SigmoidCrossEntropy(), hf.SoftmaxCrossEntropy()]
by_name = pytest.mark.parametrize("loss", MATCHING, ids=lambda loss: type(loss).__name__)
MINE = defined(NOTEBOOK, {"np": np, "hf": hf, "ex": ex, "sizes": SIZES})


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("sizes", [[2, 1], [3, 4, 2], [1, 20, 20, 1]])
def test_my_forward_pass_is_the_library_s(sizes, rng):
    net = hf.MLP(sizes, activation="tanh")
    theta, X = rng.standard_normal(net.size), rng.standard_normal((6, sizes[0]))
    np.testing.assert_allclose(MINE["forward"](theta, X, sizes), net(theta, X), rtol=1e-13)
    for mine, theirs in zip(MINE["blocks"](theta, sizes), net.blocks(theta), strict=True):
        assert np.shares_memory(mine, theta)
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("sizes", [[2, 1], [3, 4, 2], [784, 800, 10]])
def test_exercise_1_counts_what_the_library_holds(sizes):
    assert ex.q1.reference(sizes) == hf.MLP(sizes).size


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
def test_my_losses_are_the_library_s(scale, rng):
    z = scale * rng.standard_normal((6, 4))
    onehot = np.eye(4)[rng.integers(0, 4, size=6)]
    np.testing.assert_allclose(MINE["softmax"](z), hf.SoftmaxCrossEntropy().output(z), rtol=1e-13)
    mine = MINE["softmax_cross_entropy"](z, onehot)
    # the last step takes a difference of numbers as large as z
    assert mine == pytest.approx(hf.SoftmaxCrossEntropy().value(z, onehot), rel=1e-13, abs=1e-14 * scale)
    assert ex.q2.reference(z, onehot) == pytest.approx(hf.SigmoidCrossEntropy().value(z, onehot), rel=1e-13)


def test_the_mended_squared_error_is_the_library_s(rng):
    z, y = rng.standard_normal((9, 1)), rng.standard_normal(9)
    assert ex.q3.reference(z, y) == pytest.approx(hf.SquaredError().value(z, y[:, None]), rel=1e-14)


def test_my_objective_is_the_library_s(rng):
    net = hf.MLP(SIZES)
    theta, X, Y = rng.standard_normal(net.size), rng.standard_normal((5, 1)), rng.standard_normal((5, 1))
    problem = hf.Problem(net, hf.SquaredError(), X, Y, l2=0.3)
    assert MINE["objective"](theta, X, Y, 0.3) == pytest.approx(problem.value(theta), rel=1e-13)


@by_name
def test_matching_losses_have_no_target_in_their_curvature(loss, rng):
    z, u = rng.standard_normal((6, 4)), rng.standard_normal((6, 4))
    Y, other = np.eye(4)[rng.integers(0, 4, size=(2, 6))]
    np.testing.assert_array_equal(loss.residual(z, Y), loss.output(z) - Y)
    np.testing.assert_array_equal(loss.hessian_product(z, Y, u), loss.hessian_product(z, other, u))


@by_name
@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_matching_losses_are_convex_in_z(loss, seed):
    rng = np.random.default_rng(seed)
    z, other = 5 * rng.standard_normal((2, 1, 4))
    Y = np.eye(4)[rng.integers(0, 4, size=1)]
    middle, ends = loss.value((z + other) / 2, Y), (loss.value(z, Y) + loss.value(other, Y)) / 2
    assert middle <= ends * (1 + 1e-12) + 1e-12


def test_where_the_non_matching_loss_bends_the_wrong_way():
    loss, flat = hf.SigmoidSquaredError(), ex.q5.reference
    z, one = np.array([[flat - 0.01], [flat], [flat + 0.01]]), np.ones((3, 1))
    left, at, right = loss.hessian_product(z, one, one)[:, 0]
    assert left < 0 < right and abs(at) < 1e-16
    weaker = np.array([[-1.5], [0.0], [-1.4]])
    far, zero, near = np.abs(loss.residual(weaker, one))[:, 0]
    assert far < zero < near                          # "from about z = −1.4 on"


def test_twins_compute_the_same_and_their_midpoint_a_constant(rng):
    net = hf.MLP(SIZES)
    theta, X = rng.standard_normal(net.size), rng.standard_normal((8, 1))
    signs = MINE["sign_twin"](theta, net)
    np.testing.assert_array_equal(net(signs, X), net(theta, X))
    assert np.ptp(net((theta + signs) / 2, X)) == 0
    order = MINE["order_twin"](theta, net, rng.permutation(20))
    # the same 20 terms, added in another order
    np.testing.assert_allclose(net(order, X), net(theta, X), rtol=1e-12, atol=1e-13)


def test_a_matching_poisson_loss(rng):
    z, y, h = rng.standard_normal(5), rng.poisson(3.0, size=5), 1e-5
    loss, residual, curvature = ex.q4.reference(z, y)
    up, down = ex.q4.reference(z + h, y), ex.q4.reference(z - h, y)
    np.testing.assert_allclose((up[0] - down[0]) / (2 * h), residual, atol=1e-8)
    np.testing.assert_allclose((up[1] - down[1]) / (2 * h), curvature, rtol=1e-8)


@pytest.mark.parametrize("loss, outcomes", [(hf.SoftmaxCrossEntropy(), np.eye(4)),
                                            (hf.SigmoidCrossEntropy(), np.array(list(itertools.product((0.0, 1.0),
                                                                                                       repeat=4))))],
                         ids=["softmax", "sigmoid"])
def test_prediction_and_curvature_are_mean_and_covariance(loss, outcomes, rng):
    """Step 4.6: p(y | z) ∝ exp(zᵀ y), over all outcomes y."""
    z, u = rng.standard_normal(4), rng.standard_normal(4)
    prob = np.exp(outcomes @ z)
    prob /= prob.sum()
    mean = prob @ outcomes
    covariance = (outcomes - mean).T @ np.diag(prob) @ (outcomes - mean)
    np.testing.assert_allclose(loss.output(z[None])[0], mean, rtol=1e-13)
    np.testing.assert_allclose(loss.hessian_product(z[None], mean[None], u[None])[0], covariance @ u, rtol=1e-12)


def test_a_filter_normalised_direction_has_theta_s_lengths(rng):
    net = hf.MLP([3, 5, 2])
    theta = rng.standard_normal(net.size)
    r = ch01.filter_normalised(net, theta, rng)
    for R, T in zip(net.blocks(r), net.blocks(theta), strict=True):
        np.testing.assert_allclose(np.linalg.norm(R, axis=0), np.linalg.norm(T, axis=0), rtol=1e-13)


def test_a_plane_holds_f_where_it_says(rng):
    data = hf.datasets.sine("code", rng, n=10)
    problem = hf.Problem(hf.MLP([1, 3, 1]), hf.SquaredError(), data.X, data.Y)
    plane = ch01.plane(problem, *rng.standard_normal((3, problem.size)), n=5)
    for i, j in itertools.product((0, 3), (1, 4)):
        assert plane.values[i, j] == problem.value(plane.point(plane.alphas[j], plane.betas[i]))
