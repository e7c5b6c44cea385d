"""The autograd products: against matrices known by hand, on functions that are no MLP, and as a problem to train."""

import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ACTIVATIONS, LOSSES, PROPERTY, cases, central, difference, matrix, targets

import hf_lib as hf

ad = hf.autodiff


# --- by hand: f(θ) = (θ0 θ1, θ1², sin θ2) and g(z) = ½ z0² + z1 z2

THETA = np.array([2.0, 3.0, 0.5])
C, S = np.cos(0.5), np.sin(0.5)
J = np.array([[3, 2, 0], [0, 6, 0], [0, 0, C]])
H_G = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])
Z = np.array([6.0, 9.0, S])
BENDS = np.array([                                                      # ∇²f_j
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]],
    [[0, 0, 0], [0, 2, 0], [0, 0, 0]],
    [[0, 0, 0], [0, 0, 0], [0, 0, -S]],
])


def f(t):
    return anp.array([t[0] * t[1], t[1] ** 2, anp.sin(t[2])])


def g(z):
    return 0.5 * z[0] ** 2 + z[1] * z[2]


def test_products_by_hand():
    G = J.T @ H_G @ J
    slope = np.array([Z[0], Z[2], Z[1]])                                # ∇g(z)
    H = G + np.tensordot(slope, BENDS, 1)                               # G + Σ_j ∂g/∂z_j ∇²f_j
    d = THETA.size
    np.testing.assert_allclose(ad.dense(ad.jvp(f, THETA), d), J, atol=1e-15)
    np.testing.assert_allclose(ad.dense(ad.vjp(f, THETA), d), J.T, atol=1e-15)
    np.testing.assert_allclose(ad.dense(ad.ggn_product(f, g, THETA), d), G, atol=1e-14)
    np.testing.assert_allclose(ad.dense(ad.hessian_product(lambda t: g(f(t)), THETA), d), H, atol=1e-14)


def test_dense_stacks_columns_and_keeps_the_dtype():
    A = np.arange(9.0, dtype=np.float32).reshape(3, 3)
    got = ad.dense(lambda v: A @ v, 3, np.float32)
    np.testing.assert_array_equal(got, A)
    assert got.dtype == np.float32


# --- the twins

@pytest.mark.parametrize("case", [c for c in cases() if c.depth in (1, 4)], ids=str)
def test_twins_compute_what_the_hand_written_passes_compute(case):
    problem, theta = case.problem(), case.theta()
    forward, mean = ad.twin(problem)
    z = forward(theta)
    assert difference(z, problem.net(theta, problem.X)) < 1e-13
    assert mean(z) == pytest.approx(problem.value(theta), rel=1e-13)
    np.testing.assert_array_equal(ad.network(case.net)(theta, problem.X), z)
    np.testing.assert_array_equal(ad.mean_loss(case.loss)(z, problem.Y), mean(z))


@pytest.mark.parametrize("case", [c for c in cases() if c.depth == 4], ids=str)
def test_twins_and_their_products_keep_float32(case):
    problem, theta = case.problem(np.float32), case.theta(np.float32)
    forward, mean = ad.twin(problem)
    v = np.ones_like(theta)
    z = forward(theta)
    results = [z, ad.jvp(forward, theta)(v), ad.vjp(forward, theta)(np.ones_like(z)),
               ad.ggn_product(forward, mean, theta)(v), ad.hessian_product(lambda t: mean(forward(t)), theta)(v)]
    assert [r.dtype for r in results] == [np.float32] * 5


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_twins_of_the_losses_are_stable_for_large_logits(loss):
    z, Y = np.array([[1e4, -1e4], [-1e4, 1e4]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    mean = ad.mean_loss(loss)
    assert mean(z, Y) == pytest.approx(loss.value(z, Y), rel=1e-14)
    slope = ad.vjp(lambda t: mean(t.reshape(2, 2), Y), z.ravel())(1.0)
    np.testing.assert_allclose(slope.reshape(2, 2), loss.residual(z, Y) / 2, atol=1e-15)
    bend = ad.hessian_product(lambda t: mean(t.reshape(2, 2), Y), z.ravel())(np.ones(4))
    np.testing.assert_allclose(bend.reshape(2, 2), loss.hessian_product(z, Y, np.ones((2, 2))) / 2, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_twins_are_stable_for_large_activations(name):
    """Hidden z from 1 to 1e4 and both signs: autograd's own tanh gives NaN there from its slope 1 / cosh²."""
    net = hf.MLP([1, 10, 2], name)
    rng, v = np.random.default_rng(0), np.random.default_rng(1).normal(size=net.size)
    theta = rng.normal(size=net.size)
    (W, b), _ = net.layers(theta)
    W[:], b[:] = 0, np.concatenate([sign * np.array([1, 40, 300, 800, 1e4]) for sign in (-1, 1)])
    X, Y = rng.normal(size=(4, 1)), targets(LOSSES[0], rng, 4, 2)
    f, g = ad.twin(problem := hf.Problem(net, LOSSES[0], X, Y))
    lin = problem.linearize(theta)
    for got, want in ((ad.jvp(f, theta)(v), lin.jvp(v)), (ad.vjp(lambda t: g(f(t)), theta)(1.0), lin.gradient()),
                      (ad.ggn_product(f, g, theta)(v), lin.ggn(v)),
                      (ad.hessian_product(lambda t: g(f(t)), theta)(v), lin.hessian(v))):
        assert np.isfinite(want).all() and difference(got, want) < 1e-12


# --- any other function: a recurrent network, three steps of h ← tanh(h A + x B), output h c

def recurrent(theta, X):
    A, B, c = anp.reshape(theta[:4], (2, 2)), anp.reshape(theta[4:6], (1, 2)), anp.reshape(theta[6:], (2, 1))
    h = anp.zeros((len(X), 2))
    for t in range(X.shape[1]):
        h = anp.tanh(anp.dot(h, A) + anp.dot(X[:, t:t + 1], B))
    return anp.dot(h, c)


def half_mean_square(z, Y):
    return 0.5 * anp.sum((z - Y) ** 2) / len(z)


def rnn(seed=0, n=6):
    rng = np.random.default_rng(seed)
    return ad.Problem(recurrent, half_mean_square, rng.normal(size=(n, 3)), rng.normal(size=(n, 1))), rng.normal(size=8)


def test_a_problem_of_its_own_agrees_with_central_differences():
    problem, theta = rnn()
    lin = problem.linearize(theta)
    J = central(lambda t: recurrent(t, problem.X), theta)
    assert type(lin.value) is float and lin.value == problem.value(theta)
    assert difference(problem.gradient(theta), central(problem.value, theta)) < 1e-8
    assert difference(matrix(lin.jvp, 8), J) < 1e-8
    assert difference(matrix(lin.hessian, 8), central(problem.gradient, theta)) < 1e-8
    assert difference(matrix(lin.ggn, 8), np.einsum("nki,nkj->ij", J, J) / problem.N) < 1e-8   # H_L = I
    np.testing.assert_array_equal(lin.gradient(), problem.value_and_gradient(theta)[1])


@PROPERTY
@given(st.integers(0, 2**32 - 1))
def test_its_products_are_adjoint_symmetric_and_positive(seed):
    problem, theta = rnn(seed)
    lin, rng = problem.linearize(theta), np.random.default_rng(seed)
    v, w, u = rng.normal(size=8), rng.normal(size=8), rng.normal(size=(6, 1))
    assert np.vdot(lin.jvp(v), u) == pytest.approx(v @ lin.vjp(u), abs=1e-11)
    assert lin.ggn(v) @ w == pytest.approx(v @ lin.ggn(w), abs=1e-11)
    assert lin.hessian(v) @ w == pytest.approx(v @ lin.hessian(w), abs=1e-10)
    assert v @ lin.ggn(v) >= 0


def test_it_agrees_with_the_mlp_on_an_mlp():
    case = next(c for c in cases() if c.depth == 3)
    mine, theta = case.problem(), case.theta()
    other = ad.Problem(ad.network(case.net), ad.mean_loss(case.loss), mine.X, mine.Y)
    v = np.random.default_rng(0).normal(size=theta.size)
    a, b = mine.linearize(theta), other.linearize(theta)
    assert other.value(theta) == pytest.approx(mine.value(theta), rel=1e-13)
    for got, want in ((b.gradient(), a.gradient()), (b.ggn(v), a.ggn(v)), (b.hessian(v), a.hessian(v))):
        assert difference(got, want) < 1e-12


def test_its_batches_average_to_the_whole():
    problem, theta = rnn()
    parts = [problem.batch(slice(0, 2)), problem.batch(np.array([5, 3, 4, 2]))]
    assert sum(p.N / 6 * p.value(theta) for p in parts) == pytest.approx(problem.value(theta), rel=1e-13)
    assert difference(sum(p.N / 6 * p.gradient(theta) for p in parts), problem.gradient(theta)) < 1e-13


def test_it_keeps_its_own_theta_and_hands_out_copies():
    problem, theta = rnn()
    lin = problem.linearize(theta)
    gradient, v = lin.gradient().copy(), np.ones(8)
    product = lin.hessian(v)
    theta[:] = 0
    lin.gradient()[:] = 0
    np.testing.assert_array_equal(lin.gradient(), gradient)
    np.testing.assert_array_equal(lin.hessian(v), product)


# --- bad input

@pytest.mark.parametrize("build", [
    lambda theta: ad.jvp(f, theta), lambda theta: ad.vjp(f, theta),
    lambda theta: ad.ggn_product(f, g, theta), lambda theta: ad.hessian_product(lambda t: g(f(t)), theta),
    lambda theta: rnn()[0].gradient(theta), lambda theta: rnn()[0].linearize(theta),
])
@pytest.mark.parametrize("theta, error, message", [
    ([1.0, 2.0, 3.0], TypeError, "theta must be a numpy array, got list"),
    (np.array([1, 2, 3]), TypeError, r"theta has dtype int\d+, expected float32 or float64"),
    (np.ones((3, 1)), ValueError, r"theta has shape \(3, 1\), expected \(any,\)"),
])
def test_a_bad_theta_is_named(build, theta, error, message):
    with pytest.raises(error, match=message):
        build(theta)


@pytest.mark.parametrize("product", ["ggn", "hessian"])
def test_a_bad_direction_is_named(product):
    problem, theta = rnn()
    with pytest.raises(ValueError, match=r"v has shape \(7,\), expected \(8,\)"):
        getattr(problem.linearize(theta), product)(np.ones(7))
    with pytest.raises(TypeError, match="v has dtype float32, expected float64"):
        getattr(problem.linearize(theta), product)(np.ones(8, np.float32))


@pytest.mark.parametrize("n, m", [(3, 2), (0, 0)])
def test_examples_that_do_not_pair_up_are_named(n, m):
    with pytest.raises(ValueError, match=f"X has {n} examples and Y has {m}, expected the same number, not 0"):
        ad.Problem(recurrent, half_mean_square, np.ones((n, 3)), np.ones((m, 1)))
