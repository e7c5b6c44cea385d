"""Notebook 04: its functions are the library's, its claims hold beyond its examples, its confirmations can fail."""


import numpy as np
import pytest
import scipy.linalg
from chapter_cells import NOTEBOOKS, defined, mutation_tests, names_of, sources_of
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch04 as ex
from hf_lib.figures import ch04
from hf_lib.figures.ch03 import Decay

NOTEBOOK = NOTEBOOKS / "04_gauss_newton.ipynb"
CELLS = sources_of(NOTEBOOK)
MATCHING = [hf.SquaredError(), hf.SigmoidCrossEntropy(), hf.SoftmaxCrossEntropy()]
seeds = st.integers(0, 2**32 - 1)
gauss_newton = defined(NOTEBOOK, {"np": np})["gauss_newton"]


def dense(product, size):
    return hf.autodiff.dense(product, size)


def two_parts(problem, theta):
    """G and S, dense."""
    lin = problem.linearize(theta)
    G = dense(lin.ggn, theta.size)
    return G, dense(lin.hessian, theta.size) - G


def problem_with(loss, rng, sizes=(2, 3, 3), activation="tanh", N=5):
    net = hf.MLP(sizes, activation)
    Y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], N)]
    return hf.Problem(net, loss, rng.normal(size=(N, sizes[0])), Y), 2 * rng.normal(size=net.size)


# ---- the confirmations can fail --------------------------------------------------------------------
#
# One row for a formula: what stands in its cell, and what a slip would make of it. The cell must then
# raise an AssertionError.

MUTATIONS = {
    "1.1 tangent": ("(z_0 + J @ short)", "(z_0 - J @ short)"),
    "1.2 mean": ("return 0.5 * anp.sum((z - data.Y) ** 2) / len(z)", "return 0.5 * anp.sum((z - data.Y) ** 2)"),
    "2.1 transpose of the chain rule": ("J[0].T @ r[0], by_diff", "J[1].T @ r[0], by_diff"),
    "2.2 product rule": ("first + second, autograd", "first - second, autograd"),
    "2.3 order of the factors": ("H_L[0] @ J[0], dr", "2 * H_L[0] @ J[0], dr"),
    "2.4 sign of S": ('H_L[0] @ J[0] + np.einsum("j,jab', 'H_L[0] @ J[0] - np.einsum("j,jab'),
    "2.4 the loss left out": ("ours = J[0].T @ H_L[0] @ J[0]", "ours = J[0].T @ J[0]"),
    "2.5 the mean left out": ('S = np.einsum("nj,njab->ab", r, bends) / N', 'S = np.einsum("nj,njab->ab", r, bends)'),
    "2.6 tangent": ("mean_loss(z + anp.dot(J, delta), Y)", "mean_loss(z + anp.dot(J, 2 * delta), Y)"),
    "2.6 the residual scaled": ('compare("G + s S", G + s * S', 'compare("G + s S", s * (G + S)'),
    "2.7 the mean left out": ("Gv = lin.vjp(u) / N", "Gv = lin.vjp(u)"),
    "2.7 the loss left out": ("Gv = lin.vjp(u) / N", "Gv = lin.vjp(Jv) / N"),
    "3.1 quadratic form": ("form = sum(a @ B @ a", "form = sum(a @ a"),
    "3.2 H in place of G": ("(at.ggn, at.hessian)]\n", "(at.hessian, at.ggn)]\n"),
    "3.3 rank": ("bound = min(2 * n_examples", "bound = min(n_examples"),
    "3.4 activation": ('activation="relu"), loss, X, Y)\nat', 'activation="tanh"), loss, X, Y)\nat'),
    "4.1 sign of the step": ("lam * np.eye(theta.size), -J.T @ r)", "lam * np.eye(theta.size), J.T @ r)"),
    "4.1 transpose": ("p = np.linalg.solve(J.T @ J", "p = np.linalg.solve(2 * J.T @ J"),
    "4.2 sign of the error": ("-np.linalg.solve(G, S) @ tiny", "np.linalg.solve(G, S) @ tiny"),
    "4.2 H in place of G": ("-np.linalg.solve(G, S) @ tiny", "-np.linalg.solve(G + S, S) @ tiny"),
    "4.3 S in place of G": ("mu = scipy.linalg.eigh(H - G, G,", "mu = scipy.linalg.eigh(H - G, H,"),
    "4.4 tangent of the circle": ("np.array([[-np.sin(t[0])], [np.cos", "np.array([[np.sin(t[0])], [np.cos"),
    "4.4 factor": ("abs(factor + c)", "abs(factor - c)"),
    "4.5 factor": ("1 - alpha * (1 + c)", "1 - alpha * c"),
    "4.5 damped factor": ("(0.7 - c) / (1 + 0.7)", "(0.7 + c) / (1 + 0.7)"),
    "4.5 mirrored": ("[1 + 1.2, 1 - 1.2]", "[1 + 1.2, 1 + 1.2]"),
    "4.6 scale": ("data.Y).ravel() / np.sqrt(60)", "data.Y).ravel()"),
    "5.1 the slope of φ": ("J_phi = by_central", "J_phi = 2 * by_central"),
    "5.3 the mean": ('J_hat, J_hat) / 40', 'J_hat, J_hat)'),
    "5.3 the sign of S′": ("G_cut + S_cut, H_u", "G_cut - S_cut, H_u"),
    "6.5 the weight": ("at.gradient()[into] / theta_0[out]", "at.gradient()[into] * theta_0[out]"),
    "6.1 and 6.2 the bound": ("bound = np.sum(", "bound = 0.1 * np.sum("),
}


before, _ = names_of(CELLS)
test_each_formula_stands_in_one_cell, test_a_wrong_formula_is_caught = mutation_tests(
    CELLS, MUTATIONS, errors=AssertionError)


# ---- the notebook's own versions -------------------------------------------------------------------


@pytest.mark.parametrize("lam", [0.5, 3.0])
def test_my_gauss_newton_is_the_library_s(lam):
    rng = np.random.default_rng(0)
    net = hf.MLP([2, 4, 2])
    X, Y = rng.normal(size=(7, 2)), rng.normal(size=(7, 2))
    problem, theta = hf.Problem(net, hf.SquaredError(), X, Y), net.init(rng)
    residual = lambda t: (net(t, X) - Y).ravel() / np.sqrt(7)

    def jacobian(t):
        lin = problem.linearize(t)
        return dense(lambda e: lin.jvp(e).ravel(), net.size) / np.sqrt(7)

    library = [step.theta for step in hf.GaussNewton(problem, theta, damping=lam, max_steps=4)]
    np.testing.assert_allclose(gauss_newton(residual, jacobian, theta, 4, lam)[1:], library, rtol=1e-9)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_the_product_of_exercise_2_is_the_library_s(seed):
    rng = np.random.default_rng(seed)
    problem, theta = problem_with(hf.SoftmaxCrossEntropy(), rng)
    lin, v = problem.linearize(theta), rng.normal(size=theta.size)
    J = np.stack([lin.jvp(e) for e in np.eye(theta.size)], axis=-1)
    H_L = np.array([np.diag(p) - np.outer(p, p) for p in problem.loss.output(lin.z)])
    np.testing.assert_allclose(ex.q2.reference(J, H_L, v), lin.ggn(v), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("phi, loss", list(zip(("identity", "sigmoid", "softmax"), MATCHING)))
@pytest.mark.parametrize("n_out", [1, 3])
def test_the_repaired_product_of_exercise_4_is_the_library_s_and_the_broken_one_is_not(phi, loss, n_out):
    rng = np.random.default_rng(1)
    problem, theta = problem_with(loss, rng, sizes=(2, 3, n_out))
    lin, v = problem.linearize(theta), rng.normal(size=theta.size)
    J = np.stack([lin.jvp(e) for e in np.eye(theta.size)], axis=-1)
    np.testing.assert_allclose(ex.q4.reference(J, lin.z, v, phi), lin.ggn(v), rtol=1e-10, atol=1e-13)
    broken = ex.q4.compile(ex.q4.stub)(J, lin.z, v, phi)
    if n_out == 1:
        assert np.all(broken == 0)
    assert (phi == "softmax") == np.allclose(broken, lin.ggn(v), rtol=1e-6, atol=1e-12)


def test_exercise_5_is_the_ggn_of_the_later_cut():
    rng = np.random.default_rng(2)
    problem, theta = problem_with(hf.SigmoidSquaredError(), rng)
    lin, v = problem.linearize(theta), rng.normal(size=theta.size)
    J = np.stack([lin.jvp(e) for e in np.eye(theta.size)], axis=-1)
    J_hat = (s := problem.loss.output(lin.z))[..., None] * (1 - s)[..., None] * J
    later = np.einsum("nja,njb,b->a", J_hat, J_hat, v) / 5
    np.testing.assert_allclose(ex.q5.reference(J, lin.z, problem.Y, v), later, rtol=1e-10)


# ---- claims ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", MATCHING, ids=lambda loss: type(loss).__name__)
@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_g_does_not_see_the_targets_and_h_is_linear_in_them(loss, seed):
    rng = np.random.default_rng(seed)
    problem, theta = problem_with(loss, rng)
    G, S = two_parts(problem, theta)
    z, s = problem.net(theta, problem.X), rng.uniform()
    mixed = hf.Problem(problem.net, loss, problem.X, (1 - s) * loss.output(z) + s * problem.Y)
    G_mixed, S_mixed = two_parts(mixed, theta)
    size = np.linalg.norm(G) + np.linalg.norm(S)
    np.testing.assert_allclose(G_mixed, G, atol=1e-11 * size)
    np.testing.assert_allclose(S_mixed, s * S, atol=1e-11 * size)


def test_the_mean_hessian_over_the_network_s_own_targets_is_g():
    """All targets of two examples with three classes, weighted by the network's probabilities."""
    rng = np.random.default_rng(3)
    problem, theta = problem_with(hf.SoftmaxCrossEntropy(), rng, N=2)
    p = problem.predict(theta)
    mean = 0
    for a in range(3):
        for b in range(3):
            drawn = hf.Problem(problem.net, problem.loss, problem.X, np.eye(3)[[a, b]])
            mean = mean + p[0, a] * p[1, b] * dense(drawn.linearize(theta).hessian, theta.size)
    np.testing.assert_allclose(mean, two_parts(problem, theta)[0], atol=1e-12 * np.abs(mean).max())


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_relu_s_lost_part_is_zero_within_each_layer(seed):
    rng = np.random.default_rng(seed)
    problem, theta = problem_with(hf.SoftmaxCrossEntropy(), rng, sizes=(2, 4, 4, 3), activation="relu")
    G, S = two_parts(problem, theta)
    for layer in problem.net.blocks(np.arange(theta.size)):
        own = S[np.ix_(layer.ravel(), layer.ravel())]
        assert np.abs(own).max() <= 1e-12 * (np.abs(S).max() + np.abs(G).max())


def test_damping_above_half_of_s_contracts_at_any_minimum():
    """The factors of step 4.5 lie between −1 and 1 as soon as H ≻ 0 and λ > ‖S‖/2, also where G is singular."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        A, B = rng.normal(size=(2, 6, 6))
        G, S = A[:4].T @ A[:4], B + B.T                       # rank 4 of 6
        lowest = np.linalg.eigvalsh(G + S)[0]
        S = S + max(0.0, 0.01 - lowest) * np.eye(6)           # now G + S ≻ 0
        lam = 0.51 * np.linalg.norm(S, 2)
        factors = scipy.linalg.eigh(lam * np.eye(6) - S, G + lam * np.eye(6), eigvals_only=True)
        assert -1 < factors[0] and factors[-1] < 1


def test_the_bound_of_step_6_1():
    rng = np.random.default_rng(4)
    for loss in MATCHING:
        problem, theta = problem_with(loss, rng)
        G, S = two_parts(problem, theta)
        assert np.linalg.eigvalsh(G + S)[0] >= -np.linalg.norm(S, 2) * (1 + 1e-12)


@pytest.mark.parametrize("noise", [0.1, 0.5, 0.9])
def test_the_factor_of_exercise_3_is_the_measured_one(noise):
    fit = Decay(noise)
    theta = fit.solution
    e = np.exp(-theta[1] * fit.x)
    J = np.stack([e, -theta[0] * fit.x * e], axis=1)
    bends = np.array([[[0, -x * a], [-x * a, theta[0] * x * x * a]] for x, a in zip(fit.x, e)])
    factor = ex.q3.reference(J, theta[0] * e - fit.y, bends)
    G, H = fit.gauss_newton(theta), fit.hessian(theta)
    assert factor == pytest.approx(np.abs(scipy.linalg.eigh(H - G, G, eigvals_only=True)).max(), rel=1e-9)
    found = [1e-4 * np.array([1.0, 1.0])]
    for _ in range(7 if noise < 0.3 else 20):
        t = theta + found[-1]
        found.append(found[-1] - np.linalg.solve(fit.gauss_newton(t), fit.gradient(t)))
    sizes = np.linalg.norm(found, axis=1)
    assert sizes[-1] / sizes[-2] == pytest.approx(factor, rel=0.01)


@given(st.floats(-0.9, 0.9), st.floats(0.05, 1.0))
@settings(deadline=None)
def test_the_picture_s_circle_is_gauss_newton_on_a_circle(rho, start):
    r = lambda t: np.array([np.cos(t[0]) - 1 - rho, np.sin(t[0])])
    J = lambda t: np.array([[-np.sin(t[0])], [np.cos(t[0])]])
    mine = gauss_newton(r, J, np.array([start]), 5)[:, 0]
    np.testing.assert_allclose(ch04.circle_errors(rho, start, 5), mine, rtol=1e-9, atol=1e-12)


def test_above_one_radius_gauss_newton_leaves_a_minimum_and_half_a_step_returns():
    assert abs(ch04.circle_errors(1.2, 1e-3, 60)[-1]) > 0.5
    assert abs(ch04.circle_errors(0.9, 1e-3, 200)[-1]) < 1e-8


def test_the_sigmoid_squared_error_has_an_indefinite_g_and_the_others_never():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        for loss in (*MATCHING, hf.SigmoidSquaredError()):
            problem, theta = problem_with(loss, rng, N=40)
            g = np.linalg.eigvalsh(two_parts(problem, theta)[0])
            assert (g[0] >= -1e-12 * g[-1]) == loss.matching
