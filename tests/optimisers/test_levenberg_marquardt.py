"""Gauss–Newton with an adaptive λ: its steps, its ends, its rejections."""

import numpy as np
import pytest

import hf_lib as hf
from hf_lib.solvers.damped_least_squares import damped_step

POISSON = hf.equations.PoissonSine(1)


def small(width=6, dtype=np.float64, l2=0.0):
    p = hf.PhysicsProblem(hf.MLP([1, width, 1]), POISSON, POISSON.interior_grid(25).astype(dtype),
                          POISSON.border_grid(2).astype(dtype), l2=l2)
    return p, p.net.init(np.random.default_rng(0), dtype=dtype)


@pytest.mark.parametrize("width, l2", [(6, 0.0), (6, 0.1), (40, 0.0), (40, 0.1)])
def test_the_first_step_is_the_damped_gauss_newton_step(width, l2):
    p, theta = small(width, l2=l2)
    lin = p.linearize(theta)
    G = hf.autodiff.dense(lin.ggn, theta.size)
    direction = np.linalg.solve(G + 2.0 * np.eye(theta.size), -lin.gradient())
    step = next(hf.LevenbergMarquardt(p, theta, damping=2.0, acceleration=False))
    np.testing.assert_allclose(step.theta - theta, step.step_size * direction, rtol=1e-6, atol=1e-9)
    assert step.loss == p.value(step.theta) < p.value(theta)


@pytest.mark.parametrize("width, l2", [(6, 0.0), (6, 0.1), (40, 0.0), (40, 0.1)])
def test_the_bent_step_follows_the_bend_of_the_residuals(width, l2):
    """r″ along p by central differences of J p, whose error is O(h²); the loop's own is O(0.1)."""
    p, theta = small(width, l2=l2)
    lin = p.linearize(theta)
    damped = hf.autodiff.dense(lin.ggn, theta.size) + 2.0 * np.eye(theta.size)
    direction = np.linalg.solve(damped, -lin.gradient())
    h = 1e-4
    ahead, behind = (p.linearize(theta + sign * h * direction).jvp(direction) for sign in (1, -1))
    bend = (ahead - behind) / (2 * h)
    a = np.linalg.solve(damped, -lin.vjp(bend))
    assert 0.01 < 2 * np.linalg.norm(a) / np.linalg.norm(direction) < 0.75       # so that it is used and seen
    step = next(hf.LevenbergMarquardt(p, theta, damping=2.0))
    alpha = step.step_size
    np.testing.assert_allclose(step.theta - theta - alpha * direction, alpha**2 * a / 2,
                               atol=0.1 * alpha**2 * np.linalg.norm(a))


def test_a_bend_as_long_as_the_step_is_not_believed(monkeypatch):
    p, theta = small()
    lin = p.linearize(theta)
    straight = next(hf.LevenbergMarquardt(p, theta, acceleration=False))
    kind = type(damped_step(lin, lin.gradient()))
    for factor, kept in ((0.37, False), (0.38, True)):                             # 2‖a‖/‖p‖ = 0.74 and 0.76
        monkeypatch.setattr(kind, "bend", lambda self, w, factor=factor: factor * self(1.0))
        step = next(hf.LevenbergMarquardt(p, theta))
        assert np.array_equal(step.theta, straight.theta) is kept
    monkeypatch.setattr(kind, "bend", lambda self, w: np.full(theta.size, np.nan))
    assert np.array_equal(next(hf.LevenbergMarquardt(p, theta)).theta, straight.theta)


def test_the_acceleration_saves_steps():
    p, theta = small(12)
    ends = [list(hf.LevenbergMarquardt(p, theta, acceleration=a, max_steps=60))[-1].loss for a in (True, False)]
    assert ends[0] < 0.2 * ends[1]


@pytest.mark.parametrize("width", [6, 40])
@pytest.mark.parametrize("line_search", [True, False])
def test_every_step_lowers_f_and_the_solution_is_found(width, line_search):
    p, theta = small(width)
    optimiser = hf.LevenbergMarquardt(p, theta, line_search=line_search, max_steps=150)
    losses = [step.loss for step in optimiser]
    assert all(later < earlier for earlier, later in zip([p.value(theta), *losses], losses))
    assert p.relative_error(optimiser.theta, POISSON.interior_points(200, np.random.default_rng(1))) < 1e-3
    assert optimiser.reason == "step limit"


def test_it_ends_by_itself_with_a_true_reason():
    """Two units cannot solve the equation: at the best that they can do no λ lowers f."""
    p, theta = small(2)
    optimiser = hf.LevenbergMarquardt(p, theta)
    for step in optimiser:
        assert step.index < 20_000
    assert optimiser.reason.startswith("no step lowers f: 30 rejected in a row, up to λ = ")
    assert np.linalg.norm(p.gradient(optimiser.theta)) < 1e-4 * np.linalg.norm(p.gradient(theta))
    np.testing.assert_array_equal(step.theta, optimiser.theta)
    assert next(optimiser, None) is None


def test_a_rejected_step_tries_a_larger_damping_at_the_same_point(monkeypatch):
    p, theta = small()
    optimiser = hf.LevenbergMarquardt(p, theta, line_search=False)
    value, calls = p.value, []

    def worse_at_first(t):
        calls.append(optimiser.damping)
        return np.inf if len(calls) < 4 else value(t)
    monkeypatch.setattr(p, "value", worse_at_first)
    assert next(optimiser).loss == value(optimiser.theta)
    np.testing.assert_allclose(calls, [1.0, 3.0, 9.0, 27.0])


def test_the_damping_stays_above_its_floor():
    p, theta = small()
    optimiser = hf.LevenbergMarquardt(p, theta, damping=1e-3, damping_floor=1e-4, max_steps=30)
    assert [optimiser.damping >= 1e-4 for _ in optimiser] == [True] * 30


def test_factor_one_keeps_the_damping():
    p, theta = small()
    optimiser = hf.LevenbergMarquardt(p, theta, damping=0.5, damping_factor=1.0, max_steps=5)
    assert [optimiser.damping for _ in optimiser] == [0.5] * 5


def test_stopped_and_resumed_bit_for_bit(tmp_path):
    p, theta = small()
    whole = [step.theta for step in hf.LevenbergMarquardt(p, theta, max_steps=10)]
    first = hf.LevenbergMarquardt(p, theta, max_steps=4)
    for _ in first:
        pass
    first.save(tmp_path / "state.npz")
    rest = hf.LevenbergMarquardt(p, theta, max_steps=10).restore(tmp_path / "state.npz")
    np.testing.assert_array_equal([step.theta for step in rest], whole[4:])


def test_float32_stays_float32():
    p, theta = small(dtype=np.float32)
    step = next(hf.LevenbergMarquardt(p, theta))
    assert step.theta.dtype == np.float32 and step.loss < p.value(theta)


def test_at_a_solution_and_where_nothing_is_finite():
    p, theta = small()
    far = hf.LevenbergMarquardt(p, np.full_like(theta, 1e200))
    assert next(far, None) is None and far.reason == "loss or gradient is not finite before step 1"
    laplace = _Laplace(1)
    flat = hf.PhysicsProblem(p.net, laplace, laplace.interior_grid(5), laplace.border_grid(2))
    still = hf.LevenbergMarquardt(flat, np.zeros_like(theta))
    assert next(still, None) is None and still.reason == "gradient is zero"


class _Laplace(hf.equations.PoissonSine):
    """−u″ = 0, u = 0 on the border: solved by θ = 0."""

    def solution(self, x):
        return np.zeros(len(x), x.dtype)


def test_bad_arguments():
    p, theta = small()
    for name, value in (("damping", 0.0), ("damping_factor", 0.5), ("damping_floor", 0.0)):
        with pytest.raises(ValueError, match=f"{name} is {value}"):
            hf.LevenbergMarquardt(p, theta, **{name: value})
    plain = hf.Problem(p.net, hf.SquaredError(), p.X, p.targets[:, None])
    with pytest.raises(TypeError, match="has no jacobian"):
        next(hf.LevenbergMarquardt(plain, theta))
