"""Notebook 07: its conjugate gradients are the library's, its claims hold, and its cells notice an altered formula."""

import json

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, altered_formulas, derivation, derived
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch07 as exercises
from hf_lib.figures import ch07, ch07_practice

NOTEBOOK = NOTEBOOKS / "07_conjugate_gradients.ipynb"
LEFT_OUT = ("# exercise", "explore.show(", "runs[", "in runs")  # what proves no formula, or needs the long run
CELLS = derivation(NOTEBOOK, LEFT_OUT)
mine = derived(CELLS)

# What the text derives, as it stands in the code; and altered in a sign, a factor, a term or a power.
ALTERED = [
    ('compare("r = −Ae", b - A @ x', 'compare("r = −Ae", b + A @ x'),
    ("0.5 * e @ A @ e)", "e @ A @ e)"),
    ("phi(x) - 0.3 * r @ p", "phi(x) + 0.3 * r @ p"),
    ("alpha = (r @ p) / (p @ A @ p)", "alpha = (r @ p) / (2 * p @ A @ p)"),
    ("after = r - alpha * A @ p", "after = r + alpha * A @ p"),
    ("(random @ A @ p_0) / (p_0 @ A @ p_0)", "(random @ p_0) / (p_0 @ p_0)"),
    ("(u @ A @ q) / (q @ A @ q)", "(u @ q) / (q @ q)"),
    ("-(R[k] @ R[k]) / alphas[k - 1]", "(R[k] @ R[k]) / alphas[k - 1]"),
    ("squares / np.diag(P @ A @ P.T)", "squares / np.diag(R @ A @ R.T)"),
    ("squares[1:] / squares[:-1]", "squares[:-1] / squares[1:]"),
    ("R[3] + beta[2] * P[2]", "R[3] - beta[2] * P[2]"),
    ("alpha = r_r / (p @ A_p)", "alpha = r_r / (p @ p)"),
    ("r = r - alpha * A_p                          #", "r = r + alpha * A_p  #"),
    ("beta = r_r / previous", "beta = previous / r_r"),
    ("p = r + beta * p ", "p = r - beta * p "),
    ("Q @ np.linalg.solve(Q.T @ A @ Q, Q.T @ b)", "Q @ (Q.T @ b)"),
    ("rise = 0.5 * y @ A @ y", "rise = y @ A @ y"),
    ("1 - h * sum(", "1 + h * sum("),
    ("np.sum(h * P_k(h) ** 2 * c**2)", "np.sum(P_k(h) ** 2 * c**2)"),
    ("Q.T @ A @ Q\nritz", "Q.T @ A @ A @ Q\nritz"),
    ("2 * t * now - before", "2 * t * now + before"),
    ("(w**7 + w**-7) / 2", "(w**7 - w**-7) / 2"),
    ("t_of = lambda h: (high + low - 2 * h)", "t_of = lambda h: (high + low - h)"),
    ("t_0 = (kappa + 1) / (kappa - 1)", "t_0 = (kappa + 2) / (kappa - 1)"),
    ("(np.sqrt(kappa) + 1) / (np.sqrt(kappa) - 1)", "(kappa + 1) / (kappa - 1)"),
    ("2 / (w**k + w**-k)", "1 / (w**k + w**-k)"),
    ("C_inv.T @ A @ C_inv, C_inv.T @ b, C.T @ C", "C_inv.T @ A @ C_inv, C_inv.T @ b, C @ C.T"),
    ("C_inv.T @ A @ C_inv, C_inv.T @ b,", "C_inv.T @ A @ C_inv, C_inv @ b,"),
    ("p, r_z = z, r @ z ", "p, r_z = z, r @ r "),
    ("r_z, previous = r @ z, r_z", "r_z, previous = r @ r, r_z"),
    ("p = z + r_z / previous * p", "p = r + r_z / previous * p"),
    ("P.append(p)\n    return x", "P = [p]\n    return x"),
    ("G, b = J.T @ J, -J.T @ u ", "G, b = J.T @ J, np.ones(8) "),
    ("-((r @ r) ** 2) / (2 * p @ A @ p)", "((r @ r) ** 2) / (2 * p @ A @ p)"),
]

test_an_altered_formula_is_noticed = altered_formulas(CELLS, ALTERED, later=2)


def system(seed, n, cond=100.0):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * np.geomspace(1, cond, n)) @ Q.T
    return (A + A.T) / 2, rng.standard_normal(n), rng


@given(st.integers(0, 2**32 - 1), st.integers(2, 15))
@settings(max_examples=40, deadline=None)
def test_my_cg_is_the_library_s(mine, seed, n):
    A, b, rng = system(seed, n)
    M = rng.uniform(0.5, 5.0, n)
    steps = max(1, n // 2)                                      # rounding has not yet parted the two
    plain = mine["conjugate_gradients"](lambda v: A @ v, b, steps)
    np.testing.assert_allclose(plain, hf.cg(A, b, rtol=0.0, max_iters=steps).iterates, rtol=1e-9, atol=1e-9)
    helped = mine["preconditioned_cg"](lambda v: A @ v, b, lambda r: r / M, steps)
    np.testing.assert_allclose(helped, hf.cg(A, b, M=M, rtol=0.0, max_iters=steps).iterates, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("outliers", [0, 2, 5])
@pytest.mark.parametrize("width", [0.0, 0.3, 1.0])
def test_the_designer_s_convergence_is_cg_s_and_keeps_both_bounds(width, outliers):
    h = ch07.spectrum(50.0, 3, width, outliers, 40)
    assert h.size == 40 and np.isclose(h.min(), 1.0) and np.isclose(h[:40 - outliers].max(), 50.0)
    zeros, values = ch07._exact(tuple(h))
    error = np.array([np.sqrt(np.mean(v ** 2)) for v in values])
    k = np.arange(len(error))
    assert np.all(error <= ch07.chebyshev_bound(h.max() / h.min(), k) + 1e-12)
    assert np.all(error <= ch07.chebyshev_bound(50.0, k - outliers) + 1e-12)
    if width == 0:
        assert len(zeros) - 1 == 3 + outliers
    iterates = hf.cg(np.diag(h), np.sqrt(h), rtol=0.0, max_iters=5).iterates
    for x, exact in zip(iterates, error):                       # before rounding counts
        e = x - 1 / np.sqrt(h)
        assert np.sqrt(np.mean(h * e ** 2)) == pytest.approx(exact, rel=1e-6, abs=1e-7)
    np.testing.assert_allclose(ch07._polynomial(zeros[3], h[:40 - outliers]), values[3][:40 - outliers], atol=1e-10)


def test_the_published_pcg_diverges_where_the_right_one_converges():
    A, b, rng = system(3, 30, cond=1e3)
    M = rng.uniform(0.1, 10.0, 30)
    wrong = exercises.q3.compile(exercises.q3.stub)
    right = exercises.q3.compile(exercises.q3.code)
    size = lambda x: np.linalg.norm(b - A @ x) / np.linalg.norm(b)
    assert size(wrong(A, b, M, 200)) > 1 and size(right(A, b, M, 200)) < 1e-9


def test_what_the_text_says_of_the_pictures():
    gaps = {alpha: np.flatnonzero(ch07_practice._scaled_run(alpha)[1] < 1e-6)[0] for alpha in (0.0, 0.75, 1.0, 2.0)}
    assert gaps[1.0] < gaps[0.75] < 2 * gaps[1.0] and abs(gaps[2.0] - gaps[0.0]) < 10
    assert not np.any(ch07_practice._scaled_run(-1.0)[1] < 1e-6)
    descent, cg = ch07._paths(50.0, 85, 8)
    assert np.array([1, 50]) @ descent[2] ** 2 < 1e-3 and not cg[2].any()
    far = {name: max(np.diag(ch07_practice._rounded(1e3, name)[1], 15)) for name in ("float64", "float32")}
    assert min(far.values()) > 0.1 and max(np.diag(ch07_practice._rounded(1e3, "float64")[1], 5)) < 1e-8
    assert 1e-8 < ch07_practice._rounded(10.0, "float32")[0].min() < 1e-6


def test_the_rule_of_the_text_is_the_library_s(mine):
    names = {"np": np}
    (source,) = [s for s in all_sources() if "def little_progress" in s]
    exec(source.split("\n\n\n")[0], names)
    A, b, _ = system(5, 60, cond=1e4)
    phi, rule = hf.cg(A, b, rtol=0.0, max_iters=100).phi, hf.RelativeProgress()
    for k in range(1, len(phi) + 1):
        assert names["little_progress"](phi[:k]) == (rule(phi[:k]) == "relative progress")


@pytest.mark.parametrize("always", [True, False])
def test_a_verdict_that_never_changes_is_told_so(always):
    verdict = exercises.q4.check(lambda phi, eps, j, max_iters: always)
    assert (verdict.status, verdict.diagnosis) == ("incorrect", "the same in every case")


def test_the_reader_hears_which_of_several_values_is_wrong():
    verdict = exercises.q1.check((99, 2, 1))
    assert verdict.message == "The first of the three values is wrong; the others are right.", verdict


def all_sources():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
