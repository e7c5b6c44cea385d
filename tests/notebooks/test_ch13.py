"""Notebook 13: its functions are the library's, its answers say what its cells show, its confirmations can fail."""

from types import SimpleNamespace

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, assert_every_part, mutation_tests, names_before, names_of, sources_of
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch13 as ex
from hf_lib.figures import ch13
from hf_lib.solvers.damped_least_squares import damped_step

NOTEBOOK = NOTEBOOKS / "13_physics_informed.ipynb"
CELLS = sources_of(NOTEBOOK)
RACES = next(k for k, source in enumerate(CELLS) if "def raced(" in source)      # all before it takes 4 s, all 35 s
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=20, deadline=None)
before, mine = names_of(CELLS[:RACES])


@pytest.fixture(scope="module")
def finished():
    """The names after the whole notebook."""
    return SimpleNamespace(**names_before(CELLS)[None])


def test_it_has_every_part():
    assert_every_part(NOTEBOOK)


# ---- the confirmations can fail --------------------------------------------------------------------

MUTATIONS = {
    "2.1 sign of the bend": ("La = s * Lz + t * q\n", "La = s * Lz - t * q\n"),
    "2.1 sign of tanh''": ("        t = -2 * a * s\n", "        t = 2 * a * s\n"),
    "2.1 slope of the activation": ("a_k = [s * slope for slope in z_k]", "a_k = [t * slope for slope in z_k]"),
    "2.2 the square": ("sum(slope**2 for slope in z_k)", "sum(slope for slope in z_k)"),
    "2.3 a bias for the slopes": ("[slope @ W_next[:-1] for slope in a_k]",
                                  "[slope @ W_next[:-1] + W_next[-1] for slope in a_k]"),
    "2.3 a bias for the Laplacian": ("Lz = La @ W_next[:-1]", "Lz = La @ W_next[:-1] + W_next[-1]"),
    "2.3 no bias for the value": ("z = a @ W_next[:-1] + W_next[-1]", "z = a @ W_next[:-1]"),
    "2.4 rows of W": ("for row in W[0][:-1]]", "for row in W[0][1:]]"),
    "3.2 factor of R{q}": ("2 * np.sum(z_k * R_z_k", "np.sum(z_k * R_z_k"),
    "3.2 tanh'''": ("s * (4 - 6 * s)", "s * (4 + 6 * s)"),
    "3.2 R{s}": ("s * R_z_k + t * z_k * R_z, R_layer", "s * R_z_k - t * z_k * R_z, R_layer"),
    "3.2 R{La}": ("(t * Lz + t_prime * q) * R_z + t * R_q", "t_prime * q * R_z + t * R_q"),
    "3.3 sign of the residual": ("-forward(net, theta, interior)[2]", "forward(net, theta, interior)[2]"),
    "3.3 the source": ("[2] - equation.source(interior)", "[2] + equation.source(interior)"),
    "3.3 the border": ("[0] - equation.border(border)", "[0] + 1 - equation.border(border)"),
    "3.3 adjoint": ("lin.vjp(y) @ v))", "lin.vjp(-y) @ v))"),
    "3.4 rows": ("np.stack([lin.vjp(e) for e", "np.stack([lin.vjp(2 * e) for e"),
    "3.5 product": ("J.T @ (J @ v)))", "J.T @ (J @ v) + v))"),
    "3.5 the Hessian": ("(2 * e)\n    Gv", "e\n    Gv"),
    "4.1 factor ½": ("0.5 * (w.T @ lin.residual) ** 2", "(w.T @ lin.residual) ** 2"),
    "4.1 the other ½": ("c[large] ** 2 / (2 * eigenvalues[large])", "c[large] ** 2 / eigenvalues[large]"),
    "5.2 λ": ("K_lam = J @ J.T + lam *", "K_lam = J @ J.T + 2 * lam *"),
    "5.4 promise": ("0.5 * (lam * p @ p - g @ p)", "(lam * p @ p - g @ p)"),
    "5.4 the ratio": ("hf.levenberg_marquardt(lam, (f - f_new) / promise, factor)",
                      "hf.levenberg_marquardt(lam, promise / (f - f_new), factor)"),
    "5.5 factor of the bend": ("return 2 / eps * ((ahead", "return 1 / eps * ((ahead"),
    "5.5 sign of the bend": ("np.linalg.solve(damped, -lin.vjp(second(", "np.linalg.solve(damped, lin.vjp(second("),
    "5.5 half of it": ("bend(problem, lin, p, damped) / 2", "bend(problem, lin, p, damped)"),
    "6 promise": ("promise = -0.5 * g2 @", "promise = -0.25 * g2 @"),
}

test_each_formula_stands_in_one_cell, test_a_wrong_formula_is_caught = mutation_tests(CELLS[:RACES], MUTATIONS, later=4)


# ---- the notebook's own versions -------------------------------------------------------------------


def small_problem(seed, sizes, dimensions=2):
    rng, equation = np.random.default_rng(seed), hf.equations.PoissonSine(dimensions)
    points = equation.interior_points(7, rng), equation.border_points(4, rng)
    problem = hf.PhysicsProblem(hf.MLP(sizes), equation, *points, border_weight=2.5)
    return problem, problem.net.init(rng) + 0.1 * rng.normal(size=problem.size)


@quick
@given(seeds, st.sampled_from([[1, 4, 1], [2, 3, 1], [2, 4, 3, 1], [3, 3, 4, 2, 1]]))
def test_my_laplacian_gives_the_library_s_residuals(mine, seed, sizes):
    problem, theta = small_problem(seed, sizes, sizes[0])
    u, _, Lu = mine.forward(problem.net, theta, problem.X)
    inside, edge = slice(None, 7), slice(7, None)
    r, slope = ex.q2.reference(Lu[inside], problem.equation.source(problem.X[inside]))
    library = problem.linearize(theta).residual
    scale = np.abs(library).max()
    np.testing.assert_allclose(ex.q3.reference(r, u[edge], 2.5), library, rtol=0, atol=1e-12 * scale)
    assert problem.equation.partials(problem.X[inside], u[inside], (), Lu[inside])[2] == slope[0]


@quick
@given(seeds, st.sampled_from([[2, 2, 1], [2, 9, 1], [2, 3, 3, 1]]), st.floats(1e-3, 10))
def test_my_step_in_the_residuals_space_is_the_library_s(seed, sizes, lam):
    problem, theta = small_problem(seed, sizes)
    lin = problem.linearize(theta)
    _, p = ex.q4.reference(lin.jacobian(), lin.residual, lam)
    library = damped_step(lin, lin.gradient())(lam)
    np.testing.assert_allclose(p, library, rtol=0, atol=1e-8 * np.abs(library).max())


@quick
@given(seeds)
def test_my_gram_matrix_is_the_library_s_on_the_border(seed):
    problem, theta = small_problem(seed, [2, 5, 1])
    W, w = problem.net.blocks(theta)
    x = problem.X[7:]
    A = np.tanh(x @ W[:-1] + W[-1])
    K = ex.q5.reference(x, A, w[:-1, 0] * (1 - A**2))
    library = problem.linearize(theta).gram()[7:, 7:]
    np.testing.assert_allclose(2.5 / 4 * K, library, rtol=1e-10)


@pytest.mark.parametrize("seed", [0, 1])
def test_my_loop_is_the_library_s(mine, seed):
    problem, theta = small_problem(seed, [2, 2, 1])
    for bend in (None, mine.bend):
        thetas = mine.gauss_newton(problem, theta, 8, bend=bend)
        library = hf.LevenbergMarquardt(problem, theta, line_search=False, acceleration=bend is not None, max_steps=8)
        for k, step in enumerate(library):
            np.testing.assert_allclose(step.theta, thetas[k + 1], rtol=0, atol=1e-6 * np.abs(step.theta).max())


def test_the_student_s_bug_is_that_of_the_exercise(mine):
    Lu, f = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    r, slope = ex.q2.compile(ex.q2.stub)(Lu, f)
    student = mine.Student(2)
    np.testing.assert_array_equal(student.operator(None, None, (), Lu) - f, r)
    assert student.partials(None, None, (), Lu)[2] == slope[0]


# ---- what the answers say --------------------------------------------------------------------------


def decade(stage):
    """The decade of h / h_max, as a power of 10 at its upper end, that holds the largest share of f; and that share."""
    h, part = stage["h"], stage["part"]
    upper = -np.floor(-np.log10(np.maximum(h, 1e-300) / h[0]))
    shares = {d: part[upper == d].sum() / part.sum() for d in np.unique(upper)}
    best = max(shares, key=shares.get)
    return best, shares[best]


def test_where_f_sits(mine):
    adam, descent, newton = (mine.left_over[name] for name in ("Adam", "gradient descent", "Gauss-Newton"))
    assert mine.at == (0, 3, 10, 30, 60, 100, 300)
    assert decade(adam[5])[0] == -4 and decade(adam[6])[0] == -5 and decade(descent[6])[0] == -4
    assert min(decade(stage)[1] for stage in (adam[5], adam[6], descent[6])) > 0.6
    assert decade(newton[5])[0] <= -7


def test_the_spectra(mine):
    def relative(points, width, k):
        h = mine.spectra[points, width]
        return h[k] / h[0]
    assert all(relative(n, 64, 9) < relative(n, 8, 9) for n in (25, 100, 400))           # wider is no better
    assert 0.3 < relative(400, 32, 9) / relative(100, 32, 9) < 3                         # nor are more points
    assert len(mine.spectra[25, 64]) == 33


def test_every_choice_lies_inside_its_grid(mine):
    for name, chosen in mine.CHOSEN.items():
        assert list(chosen) == list(mine.METHODS), name
        for method, (setting, steps) in chosen.items():
            grid = mine.METHODS[method][1]
            assert grid[0] < setting < grid[-1] and setting in grid and steps > 0, (name, method)


def test_stored_runs_are_read_as_the_script_writes_them(monkeypatch):
    columns = {"method": np.array([0, 0, 1, 1, 0, 0]), "seed": np.array([0, 0, 0, 1, 100, 0]),
               "setting": np.array([3, 3, 2, 2, 3, 1]), "cost": np.arange(6.0), "cpu_seconds": np.arange(6.0),
               "error": np.arange(6.0) / 10}
    origin = {"seed": [0, 1], "settings": {"methods": ["Adam", "L-BFGS"], "chosen": [3, 2]}}
    monkeypatch.setattr(ch13.datasets, "runs", lambda start: ["physics_p"])
    monkeypatch.setattr(ch13.datasets, "run", lambda name: (columns, origin))
    found = ch13.stored_races()["p"]
    assert {name: [len(run.cpu) for run in runs] for name, runs in found.items()} == {"Adam": [2, 0], "L-BFGS": [1, 1]}
    np.testing.assert_array_equal(found["L-BFGS"][1].error, [0.3])


@pytest.mark.slow
@pytest.mark.thorough
def test_the_races(finished):
    def end(name, method):
        return np.median([run.error[-1] for run in finished.races[name][method]])
    small, deep = "2-32-1", "2-32-32-1"
    rivals = ("Adam, falling", "L-BFGS")
    assert end(small, "Gauss-Newton") < 1e-3 * min(end(small, rival) for rival in rivals)
    assert end(deep, "Gauss-Newton") < 0.3 * min(end(deep, rival) for rival in rivals)
    assert end(deep, "Hessian-free, Kronecker") < end(deep, "Hessian-free")

    def first(name, gradients):                                                          # in a hurry, by the clock
        tick = np.median([run.cpu[-1] / run.cost[-1] for run in finished.races[name]["Adam, falling"]])
        early = {method: np.median([finished.at_budget(run, gradients * tick) for run in runs])
                 for method, runs in finished.races[name].items()}
        return min(early, key=early.get)
    assert first(small, 300) == first(small, 1000) == first(deep, 1000) == "Gauss-Newton"
    assert first(deep, 100) in rivals


@pytest.mark.slow
@pytest.mark.thorough
def test_where_curvature_does_not_help(finished):
    newton, adam = (finished.fits[method] for method in ("Gauss-Newton", "Adam"))
    assert newton["error"][0] > adam["error"][0] and newton["loss"][0] < 1e-15 < adam["loss"][0]
    assert all(a < 0.1 * b for a, b in zip(newton["error"][2:], adam["error"][2:]))
    assert finished.sigma == 0.0 and finished.D == 100 and finished.ends[1] > 0.9 and finished.ends[3] > 0.9
