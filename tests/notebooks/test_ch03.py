"""Notebook 03: its own versions agree with the library, and its claims hold beyond the examples it shows."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.datasets import surfaces
from hf_lib.exercises import ch03 as ex
from hf_lib.figures import ch03

seeds = st.integers(0, 2**32 - 1)


# ---- the notebook's own versions, as it writes them ------------------------------------------------


def newton(f, theta, steps):
    path = [theta]
    for _ in range(steps):
        theta = theta + np.linalg.solve(f.hessian(theta), -f.gradient(theta))
        path.append(theta)
    return np.array(path)


def armijo(along, f0, slope, c=1e-4, shrink=0.5):
    alpha = 1.0
    while not along(alpha) <= f0 + c * alpha * slope:
        alpha = shrink * alpha
    return alpha


def positive_definite(rng, d):
    M = rng.normal(size=(d, d))
    return M @ M.T + 0.1 * np.eye(d)


def test_the_newton_loop_is_the_library_s():
    f = surfaces.rosenbrock()
    library = [step.theta for step in hf.Newton(f, f.start, max_steps=6)]
    np.testing.assert_array_equal(library, newton(f, f.start, 6)[1:])


@given(seeds, st.floats(1e-4, 0.9), st.floats(0.1, 0.9))
def test_backtracking_is_the_library_s(seed, c, shrink):
    f = surfaces.rosenbrock()
    theta = np.random.default_rng(seed).uniform(-2, 2, 2)
    g = f.gradient(theta)
    phi = lambda a: f.value(theta - a * g)
    mine, theirs = (find(phi, phi(0), -g @ g, c=c, shrink=shrink) for find in (armijo, hf.armijo))
    if theirs.step:                                     # the library gives up after 60 tries, the notebook never
        assert mine == theirs.step
    else:
        assert mine < shrink**59


# ---- claims ----------------------------------------------------------------------------------------


@given(seeds)
def test_newton_is_affine_invariant(seed):
    rng = np.random.default_rng(seed)
    H, g = positive_definite(rng, 4), rng.normal(size=4)
    T = rng.normal(size=(4, 4)) + 4 * np.eye(4)
    p, p_eta = np.linalg.solve(H, -g), np.linalg.solve(T.T @ H @ T, -T.T @ g)
    tolerance = 1e-15 * 100 * np.linalg.cond(T) ** 2 * np.linalg.cond(H)
    np.testing.assert_allclose(T @ p_eta, p, rtol=0, atol=tolerance * np.linalg.norm(p))


@pytest.mark.parametrize("noise", [0.0, 0.2, 0.6])
def test_the_decay_s_derivatives_are_autograd_s(noise):
    fit = ch03.Decay(noise)
    value = lambda t: 0.5 * anp.sum((t[0] * anp.exp(-t[1] * fit.x) - fit.y) ** 2)
    theta = fit.solution + np.array([0.2, -0.3])
    np.testing.assert_allclose(fit.value(theta), value(theta), rtol=1e-14)
    np.testing.assert_allclose(fit.gradient(theta), autograd.grad(value)(theta), rtol=1e-12)
    np.testing.assert_allclose(fit.hessian(theta), autograd.hessian(value)(theta), rtol=1e-12)
    assert np.linalg.norm(fit.gradient(fit.solution)) < 1e-14 and np.linalg.eigvalsh(fit.hessian(fit.solution))[0] > 0


@settings(max_examples=30)
@given(seeds, st.floats(0.0, 0.6), st.floats(0.01, 0.4), st.floats(0.7, 1.6))
def test_no_step_breaks_the_contraction_theorem(seed, noise, distance, scale):
    fit = ch03.Decay(noise)
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    e = distance * np.array([np.cos(angle), np.sin(angle)])
    theta = fit.solution + e
    H, B = fit.hessian(theta), scale * fit.gauss_newton(theta)
    kappa = np.linalg.norm(np.linalg.solve(B, H - B), 2)
    t = np.linspace(0, 0.99, 100)
    changes = [np.linalg.norm(np.linalg.solve(B, fit.hessian(fit.solution + a * e) - H), 2) / (1 - a) for a in t]
    omega = max(changes) / distance
    error = np.linalg.norm(e - np.linalg.solve(B, fit.gradient(theta)))
    assert error <= (kappa + omega / 2 * distance) * distance * (1 + 1e-3)      # ω is a maximum over 100 points only


def test_the_orders_are_as_named():
    fit = ch03.Decay(0.2)
    start = fit.solution + 0.1 * np.array([1, -1]) / np.sqrt(2)
    factor = {name: (e := ch03.errors(fit, start, name))[1:] / e[:-1] for name in ch03.RATES}
    e = ch03.errors(fit, start, "Newton")
    e = e[e > 1e-13]
    assert abs(np.log(e[-1] / e[-2]) / np.log(e[-2] / e[-3]) - 2) < 0.3
    assert factor["BFGS"][8] < 0.05 < factor["Gauss-Newton"][8] < factor["gradient descent"][8] < 1
    exact = ch03.errors(ch03.Decay(0.0), start, "Gauss-Newton")                  # no residuals left: κ → 0
    assert exact[4] < 1e-13


@pytest.mark.parametrize("xi", [0.3, 0.1, 0.01])
def test_the_forcing_term_is_the_rate_of_the_gradient(xi):
    fit, rng = ch03.Decay(0.2), np.random.default_rng(0)
    theta, sizes = fit.solution + np.array([0.01, -0.01]), []
    for _ in range(5):
        g, u = fit.gradient(theta), rng.normal(size=2)
        sizes.append(np.linalg.norm(g))
        theta = theta + np.linalg.solve(fit.hessian(theta), xi * sizes[-1] * u / np.linalg.norm(u) - g)
    assert sizes[-1] / sizes[-2] == pytest.approx(xi, rel=0.05)     # what is left is of second order in ‖g‖ < 1e-3


@given(seeds, st.floats(1e-3, 0.9))
def test_a_truncated_step_is_the_first_that_the_forcing_term_accepts(seed, xi):
    rng = np.random.default_rng(seed)
    H, g = positive_definite(rng, 3), rng.normal(size=3)
    eta = 1 / np.linalg.norm(H, 2)
    p = ex.q2.reference(H, g, eta, xi)
    assert np.linalg.norm(H @ p + g) <= xi * np.linalg.norm(g)
    M = np.eye(3) - eta * H                              # one step back, p = M p₋ − η g, it did not hold yet
    if np.linalg.cond(M) < 1e6:
        before = np.linalg.solve(M, p + eta * g)
        assert np.linalg.norm(H @ before + g) > xi * np.linalg.norm(g) * (1 - 1e-6)


def test_bfgs_is_superlinear_although_a_curvature_stays_unknown():
    fit = ch03.Decay(0.2)
    gradient = lambda t: np.append(fit.gradient(t[:2]), 10 * t[2])
    theta, B = np.append(fit.solution + np.array([0.2, -0.2]), 0.0), 3 * np.eye(3)
    errors = []
    for _ in range(13):
        errors.append(np.linalg.norm(theta[:2] - fit.solution))
        s = np.linalg.solve(B, -gradient(theta))
        y = gradient(theta + s) - gradient(theta)
        B = B - np.outer(B @ s, B @ s) / (s @ B @ s) + np.outer(y, y) / (y @ s)
        theta = theta + s
    assert B[2, 2] == 3 and errors[-1] < 0.05 * errors[-2]


def test_newton_is_attracted_by_saddles():
    f = surfaces.saddle()
    starts = np.random.default_rng(0).uniform(-0.3, 0.3, (50, 2))
    assert all(np.linalg.norm(newton(f, t, 10)[-1]) < 1e-9 for t in starts)


@given(seeds)
def test_the_damped_step_is_the_best_of_its_length(seed):
    rng = np.random.default_rng(seed)
    M, g = rng.normal(size=(3, 3)), rng.normal(size=3)
    H = M + M.T
    lam = max(0.0, -np.linalg.eigvalsh(H)[0]) + rng.uniform(0.1, 5)
    p = np.linalg.solve(H + lam * np.eye(3), -g)
    q = lambda d: g @ d + 0.5 * d @ H @ d
    ball = rng.normal(size=(300, 3))
    ball *= np.linalg.norm(p) * rng.uniform(0, 1, (300, 1)) / np.linalg.norm(ball, axis=1, keepdims=True)
    slack = 1e-12 * (abs(q(p)) + np.linalg.norm(H) * (p @ p))
    assert min(q(d) for d in ball) >= q(p) - slack
    inside = ex.q6.reference(H, g, np.linalg.norm(p))
    np.testing.assert_allclose(inside, p, atol=1e-6 * np.linalg.norm(p))


def test_the_published_damping_rule_gets_stuck_and_the_mended_one_does_not():
    broken, mended = ex.q5.compile(ex.q5.stub), ex.q5.reference
    for rule, stuck in ((broken, True), (mended, False)):
        lam = rule(0.002, True)
        for _ in range(10):
            lam = rule(lam, False)
        assert (lam < 1e-3) == stuck


def test_a_network_s_hessian_is_indefinite_at_the_start():
    data = hf.datasets.sine("code", np.random.default_rng(0), n=60)
    net = hf.MLP([1, 8, 8, 1], activation="tanh")
    problem = hf.Problem(net, hf.SquaredError(), data.X, data.Y)
    for seed in range(5):
        lin = problem.linearize(net.init(np.random.default_rng(seed)))
        h = np.linalg.eigvalsh(hf.autodiff.dense(lin.hessian, net.size))
        assert h[0] < -0.05 * h[-1] and np.sum(h < -1e-10) > net.size / 5
