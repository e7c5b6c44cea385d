"""The equations: solutions satisfy them, derivatives are right, points lie where they should."""

import numpy as np
import pytest
from physics_oracle import EQUATIONS, Mixture

import hf_lib as hf

KNOWN = (*EQUATIONS[:-1], hf.equations.PoissonCosine(100), hf.equations.PoissonSine(3))
every = pytest.mark.parametrize("equation", KNOWN, ids=repr)


def second_derivative(f, x, k, h=0.02):
    """∂²f/∂x_k² by the eighth-order stencil: truncation (πh)⁸·10⁻³ ≈ 1e-13, rounding 10 eps/h² ≈ 5e-12."""
    weights = np.array([-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560])
    e = np.eye(x.shape[1])[k] * h
    return sum(w * f(x + j * e) for j, w in zip(range(-4, 5), weights, strict=True)) / h**2


def slope(f, x, k, h=1e-30):
    return f(x + 1j * h * np.eye(x.shape[1])[k]).imag / h


@every
def test_the_solution_satisfies_equation_and_border_values(equation):
    rng = np.random.default_rng(0)
    x, edge = equation.interior_points(40, rng), equation.border_points(40, rng)
    u = equation.solution(x)
    du = [slope(equation.solution, x, k) for k in equation.slopes]
    Lu = sum(c * second_derivative(equation.solution, x, k) for k, c in enumerate(equation.weights) if c)
    scale = max(1.0, np.abs(Lu).max())
    assert np.abs(equation.operator(x, u, du, Lu) - equation.source(x)).max() < 1e-9 * scale
    np.testing.assert_allclose(equation.border(edge), equation.solution(edge), atol=1e-13 * equation.dimensions)
    for values in (u, equation.source(x), equation.border(edge)):
        assert values.ndim == 1 and np.isfinite(values).all()


@pytest.mark.parametrize("equation", EQUATIONS, ids=repr)
def test_partials_are_the_derivatives_of_the_operator(equation):
    rng = np.random.default_rng(1)
    x, u, Lu = rng.normal(size=(7, equation.dimensions)), *rng.normal(size=(2, 7))
    du = list(rng.normal(size=(len(equation.slopes), 7)))
    h, by_u, by_slopes, by_L = 1e-30, *equation.partials(x, u, du, Lu)
    assert len(by_slopes) == len(du)

    def check(value, partial):
        np.testing.assert_allclose(value.imag / h, np.broadcast_to(partial, 7), rtol=1e-13, atol=1e-14)
    check(equation.operator(x, u + 1j * h, du, Lu) + 0j, by_u)
    check(equation.operator(x, u, du, Lu + 1j * h), by_L)
    for k, partial in enumerate(by_slopes):
        moved = [d + 1j * h * (j == k) for j, d in enumerate(du)]
        check(equation.operator(x, u, moved, Lu), partial)


@every
def test_points_lie_inside_and_on_the_faces(equation):
    rng = np.random.default_rng(2)
    x, edge = equation.interior_points(300, rng), equation.border_points(300, rng)
    assert x.shape == edge.shape == (300, equation.dimensions) and x.dtype == edge.dtype == np.float64
    assert x.min() >= equation.low and x.max() <= equation.high
    assert edge.min() >= equation.low and edge.max() <= equation.high
    on = np.stack([edge[:, k] == value for k, value in equation.faces])
    assert on.any(axis=0).all()
    if equation.dimensions < 100:
        assert on.any(axis=1).all()                              # 300 draws meet every face of few


def test_heat_has_no_value_at_the_end_of_time():
    edge = hf.equations.Heat().border_points(500, np.random.default_rng(0))
    assert not (edge[:, 0] == 1).any()
    grid = hf.equations.Heat().border_grid(5)
    assert len(grid) == 5 + 2 * 5 - 2 and set(grid[grid[:, 0] == 1][:, 1]) == {0.0, 1.0}


def test_grids():
    equation = hf.equations.PoissonSine(2)
    inner, edge = equation.interior_grid(3), equation.border_grid(5)
    np.testing.assert_allclose(np.unique(inner), [0.25, 0.5, 0.75])
    assert inner.shape == (9, 2) and edge.shape == (16, 2)       # 4·5 − 4 corners that two faces share
    assert len(np.unique(edge, axis=0)) == 16
    np.testing.assert_array_equal(hf.equations.Cubic().border_grid(7), [[-1.0], [1.0]])
    assert hf.equations.PoissonCosine(5).interior_grid(2).shape == (32, 5)


def test_points_are_drawn_from_the_generator_alone():
    for name in ("interior_points", "border_points"):
        first, second = (getattr(Mixture(), name)(9, np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(first, second)


def test_bad_arguments():
    equation = hf.equations.PoissonSine(2)
    with pytest.raises(ValueError, match="dimensions is 0, expected at least 1"):
        hf.equations.PoissonSine(0)
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        equation.interior_points(3, 0)
    with pytest.raises(ValueError, match="n is 0"):
        equation.border_points(0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="n is 1, expected at least 2"):
        equation.border_grid(1)
