"""The damped Gauss–Newton step: the same in both spaces, and the solution of its equation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import PROPERTY, difference
from physics_oracle import EQUATIONS, problem

from hf_lib.solvers.damped_least_squares import ParameterSpace, ResidualSpace, damped_step


@PROPERTY
@given(st.sampled_from(EQUATIONS), st.sampled_from([0.0, 1e-2, 0.7]), st.sampled_from([1e-3, 1.0, 100.0]),
       st.integers(0, 2**32 - 1))
def test_both_spaces_solve_the_damped_equation(equation, l2, lam, seed):
    """To 1e-8: JᵀJ up to 1e4, so the smallest λ has a condition of 1e7 and may lose that many of 16 digits."""
    p, theta = problem(equation, ("tanh", "sigmoid"), l2=l2, seed=seed)
    lin = p.linearize(theta)
    g = lin.gradient()
    for step in (ParameterSpace(lin, g)(lam), ResidualSpace(lin)(lam)):
        assert np.abs(lin.ggn(step) + lam * step + g).max() <= 1e-8 * np.abs(g).max() * max(1, 1 / lam)
    assert difference(ParameterSpace(lin, g)(lam), ResidualSpace(lin)(lam)) < 1e-8 * max(1, 1 / lam)


def test_the_smaller_space_is_taken():
    equation = EQUATIONS[1]
    small, large = (problem(equation, ("tanh",), widths=[n])[0] for n in (2, 30))
    kinds = [type(damped_step(p.linearize(np.ones(p.size)), np.ones(p.size))) for p in (small, large)]
    assert kinds == [ParameterSpace, ResidualSpace]


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("width", [2, 30])
def test_float32_stays_float32(width, l2):
    p, theta = problem(EQUATIONS[1], ("tanh",), np.float32, l2=l2, widths=[width])
    lin = p.linearize(theta)
    step = damped_step(lin, lin.gradient())(0.1)
    assert step.dtype == np.float32
    assert difference(lin.ggn(step) + np.float32(0.1) * step, -lin.gradient()) < 1e-3


def test_a_matrix_that_is_not_positive_definite_is_said_to_be():
    p, theta = problem(EQUATIONS[1], ("tanh",), widths=[2])
    solve = damped_step(p.linearize(theta), p.gradient(theta))
    solve._G[0, 0] = -1.0
    with pytest.raises(np.linalg.LinAlgError, match="the matrix with 0.1 on its diagonal is not positive definite"):
        solve(0.1)
    with pytest.raises(ValueError, match="damping is 0"):
        solve(0.0)
