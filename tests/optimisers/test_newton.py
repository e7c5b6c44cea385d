"""Newton and Gauss–Newton by dense matrices: one step where one is enough, and honest ends."""
import numpy as np
import pytest

import hf_lib as hf
from hf_lib.datasets.surfaces import rosenbrock, saddle


class Surface:
    """A function of two numbers with its derivatives."""

    def __init__(self, value, gradient, hessian):
        self.value, self.gradient, self.hessian = value, gradient, hessian


def bowl():
    A, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -1.0])
    return Surface(lambda t: 0.5 * t @ A @ t - b @ t, lambda t: A @ t - b, lambda t: A), np.linalg.solve(A, b)


def least_squares(dtype=np.float64, loss=None, sizes=(3, 2), activation="tanh"):
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((20, 3)).astype(dtype), rng.uniform(0, 1, (20, 2)).astype(dtype)
    net = hf.MLP(sizes, activation)
    return hf.Problem(net, loss or hf.SquaredError(), X, Y), net.init(rng, dtype=dtype)


def best_linear(problem):
    """θ of the linear least-squares fit."""
    A = np.c_[problem.X, np.ones(problem.N)].astype(float)
    return np.linalg.lstsq(A, problem.Y.astype(float), rcond=None)[0].ravel()


def test_newton_needs_one_step_on_a_quadratic():
    problem, best = bowl()
    step = next(hf.Newton(problem, np.array([5.0, -7.0])))
    np.testing.assert_allclose(step.theta, best, rtol=1e-13)
    assert step.loss == pytest.approx(problem.value(best)) and step.step_size == 1.0


@pytest.mark.parametrize("method", [hf.Newton, hf.GaussNewton])
def test_linear_least_squares_in_one_step(method):
    problem, theta = least_squares()
    step = next(method(problem, theta))
    np.testing.assert_allclose(step.theta, best_linear(problem), rtol=1e-9, atol=1e-11)
    assert step.loss == pytest.approx(problem.value(step.theta), rel=1e-13)


def test_the_damped_step_is_the_damped_solve():
    problem, best = bowl()
    theta, A = np.array([5.0, -7.0]), problem.hessian(best)
    step = next(hf.Newton(problem, theta, damping=2.0))
    np.testing.assert_allclose(step.theta, theta - np.linalg.solve(A + 2 * np.eye(2), problem.gradient(theta)))


def test_newton_uses_h_and_gauss_newton_g():
    problem, theta = least_squares(sizes=(3, 3, 2))
    lin = problem.linearize(theta)
    for method, product in ((hf.Newton, lin.hessian), (hf.GaussNewton, lin.ggn)):
        matrix = hf.autodiff.dense(product, theta.size) + 0.5 * np.eye(theta.size)
        p = np.linalg.solve(matrix, -lin.gradient())
        np.testing.assert_allclose(next(method(problem, theta, damping=0.5)).theta, theta + p, rtol=1e-9, atol=1e-11)


def test_newton_converges_quadratically_at_rosenbrocks_minimum():
    errors = [np.linalg.norm(step.theta - 1) for step in hf.Newton(rosenbrock(), np.array([1.1, 1.2]), max_steps=6)]
    assert errors[-1] < 1e-12
    start = next(i for i, e in enumerate(errors) if e < 0.01)
    assert errors[start + 1] < 10 * errors[start] ** 1.5       # faster than any linear rate


def test_the_line_search_keeps_newton_from_climbing():
    start = rosenbrock().start
    run = lambda line_search: [s.loss for s in hf.Newton(rosenbrock(), start, line_search=line_search, max_steps=30)]
    assert max(np.diff(run(False))) > 1000                     # the full second step leaves the valley
    assert max(np.diff(run(True))) <= 0 and run(True)[-1] < 1e-20


def test_newton_runs_into_a_saddle_and_descent_does_not():
    start = np.array([0.5, 0.2])
    *_, newton = hf.Newton(saddle(), start, max_steps=10)
    np.testing.assert_allclose(newton.theta, [0, 0], atol=1e-12)
    *_, descent = hf.GradientDescent(saddle(), start, 0.1, max_steps=200)
    np.testing.assert_allclose(descent.theta, [0, 1], atol=1e-6)
    *_, damped = hf.Newton(saddle(), start, damping=2.0, max_steps=200)
    np.testing.assert_allclose(damped.theta, [0, 1], atol=1e-6)


def test_the_line_search_says_that_newton_points_uphill():
    optimiser = hf.Newton(saddle(), np.array([0.0, 0.2]), line_search=True)
    assert list(optimiser) == [] and optimiser.reason == "line search: not a descent direction"
    np.testing.assert_array_equal(optimiser.theta, [0.0, 0.2])


def test_a_singular_matrix_ends_the_loop():
    valley = Surface(lambda t: 0.5 * t[0] ** 2, lambda t: np.array([t[0], 0.0]), lambda t: np.diag([1.0, 0.0]))
    optimiser = hf.Newton(valley, np.array([1.0, 1.0]))
    assert list(optimiser) == [] and optimiser.reason == "the matrix is singular at step 1"
    np.testing.assert_array_equal(optimiser.theta, [1.0, 1.0])
    assert next(hf.Newton(valley, np.array([1.0, 1.0]), damping=0.1)).loss < 0.5


def test_divergence_ends_the_loop_with_the_last_good_theta():
    root = Surface(lambda t: np.sqrt(t[0]) if t[0] > 0 else np.nan, lambda t: np.array([0.5 / np.sqrt(t[0])]),
                   lambda t: np.array([[0.02]]))
    optimiser = hf.Newton(root, np.array([1.0]))
    assert list(optimiser) == [] and optimiser.reason == "loss is not finite after step 1"
    assert optimiser.theta.tolist() == [1.0]


def test_newton_goes_to_the_saddle_from_the_surfaces_own_start():
    *_, step = hf.Newton(saddle(), saddle().start, max_steps=10)
    np.testing.assert_allclose(step.theta, [0, 0], atol=1e-12)


def test_gauss_newton_goes_down_where_newtons_matrix_is_indefinite():
    problem, theta = least_squares(sizes=(3, 4, 2))
    H = hf.autodiff.dense(problem.linearize(theta).hessian, theta.size)
    assert np.linalg.eigvalsh((H + H.T) / 2)[0] < -1e-4
    losses = [problem.value(theta)]
    losses += [s.loss for s in hf.GaussNewton(problem, theta, damping=1e-3, line_search=True, max_steps=15)]
    assert len(losses) == 16 and np.all(np.diff(losses) <= 0)
    assert losses[-1] < problem.value(best_theta_of_zero(problem, theta))


def best_theta_of_zero(problem, theta):
    """θ with all weights 0 and the mean target as last bias: what no network should lose to."""
    constant = np.zeros_like(theta)
    constant[-problem.Y.shape[1]:] = problem.Y.mean(axis=0)
    return constant


@pytest.mark.parametrize("method, product", [(hf.Newton, 2), (hf.GaussNewton, 4 / 3)])
def test_cost(method, product):
    problem, theta = least_squares()
    calls = []

    class Counted:
        linearize, value_and_gradient = problem.linearize, problem.value_and_gradient

        def value(self, theta):
            calls.append(1)
            return problem.value(theta)
    for line_search in (False, True):
        calls.clear()
        for step in method(Counted(), theta, damping=1.0, line_search=line_search, max_steps=3):
            assert step.cost == pytest.approx(step.index * (1 + product * theta.size) + len(calls) / 3)
        assert len(calls) >= 3


@pytest.mark.parametrize("method", [hf.Newton, hf.GaussNewton])
def test_float32_stays_float32(method):
    problem, theta = least_squares(np.float32)
    step = next(method(problem, theta))
    assert step.theta.dtype == np.float32
    np.testing.assert_allclose(step.theta, best_linear(problem), atol=1e-4)


def test_an_autograd_problem_does_as_its_twin():
    problem, theta = least_squares(sizes=(3, 3, 2))
    twin = hf.autodiff.Problem(hf.autodiff.network(problem.net), hf.autodiff.mean_loss(problem.loss),
                               problem.X, problem.Y)
    for method in (hf.Newton, hf.GaussNewton):
        a, b = (next(method(p, theta, damping=0.5)) for p in (problem, twin))
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("arguments, error, words", [
    (dict(damping=-1.0), ValueError, "damping is -1.0"), (dict(damping="x"), TypeError, "damping must be a number"),
    (dict(theta=np.array([np.nan, 0.0])), ValueError, "theta holds NaN"),
])
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        hf.Newton(bowl()[0], **{"theta": np.zeros(2), **arguments})


@pytest.mark.parametrize("method", [hf.Newton, hf.GaussNewton])
@pytest.mark.parametrize("line_search", [False, True])
def test_it_ends_by_itself_at_the_minimum(method, line_search):
    problem, theta = least_squares()
    optimiser = method(problem, theta, line_search=line_search, max_steps=200)
    steps = list(optimiser)
    assert optimiser.reason != "step limit" or not line_search      # the full step may go to and fro by a bit
    np.testing.assert_allclose(steps[-1].theta, best_linear(problem), rtol=1e-9, atol=1e-11)


def test_where_there_is_nothing_to_do_or_nothing_finite():
    flat, best = bowl()
    exact = Surface(flat.value, lambda t: np.zeros(2), flat.hessian)
    for problem, reason in ((exact, "gradient is zero"),
                            (Surface(lambda t: np.nan, flat.gradient, flat.hessian),
                             "loss or gradient is not finite before step 1"),
                            (Surface(flat.value, lambda t: t * 0 + 1e-300, flat.hessian),
                             "the step is below the rounding of θ")):
        optimiser = hf.Newton(problem, np.array([1.0, 2.0]))
        assert list(optimiser) == [] and optimiser.reason == reason and optimiser.cost == 0
