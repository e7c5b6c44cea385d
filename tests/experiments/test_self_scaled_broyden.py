"""The quasi-Newton rival of chapter 13: BFGS-like on a quadratic, and it learns from gradients alone."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "experiments"))
from self_scaled_broyden import SelfScaledBroyden  # noqa: E402

import hf_lib as hf  # noqa: E402

EQUATION = hf.equations.PoissonSine(1)


def small(width=8):
    problem = hf.PhysicsProblem(hf.MLP([1, width, 1]), EQUATION, EQUATION.interior_grid(25), EQUATION.border_grid(2))
    return problem, problem.net.init(np.random.default_rng(0))


def test_it_keeps_the_secant_equation_and_a_positive_matrix():
    problem, theta = small()
    loop, before, g = SelfScaledBroyden(problem, theta, max_steps=60), theta, problem.gradient(theta)
    for step in loop:
        s, y = step.theta - before, loop.g - g
        scale = np.linalg.norm(s)
        np.testing.assert_allclose(loop.H @ y, s, rtol=0, atol=1e-6 * scale)
        assert np.linalg.eigvalsh((loop.H + loop.H.T) / 2)[0] > 0
        before, g = step.theta, loop.g.copy()


def test_it_goes_further_than_l_bfgs_in_as_many_steps():
    problem, theta = small()
    *_, own = SelfScaledBroyden(problem, theta, max_steps=400)
    *_, rival = hf.LBFGS(problem, theta, 400)
    assert own.loss < 0.1 * rival.loss
    assert problem.relative_error(own.theta, EQUATION.interior_points(200, np.random.default_rng(1))) < 1e-3


def test_it_ends_by_itself_with_a_reason():
    problem, theta = small(1)
    loop = SelfScaledBroyden(problem, theta)
    for step in loop:
        assert step.index < 5000
    assert loop.reason == "no step length found along −∇f"
