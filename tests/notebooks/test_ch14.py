"""Notebook 14: its functions are the library's, its answers say what its cells show, its confirmations can fail."""

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, assert_every_part, mutation_tests, names_of, sources_of
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf
from hf_lib.exercises import ch14 as ex
from hf_lib.network.autodiff import dense

NOTEBOOK = NOTEBOOKS / "14_natural_gradient.ipynb"
CELLS = sources_of(NOTEBOOK)
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=15, deadline=None)
before, mine = names_of(CELLS)


def test_it_has_every_part():
    assert_every_part(NOTEBOOK)


# ---- the confirmations can fail --------------------------------------------------------------------

MUTATIONS = {
    "1 the unit in W": ("net.blocks(eta)[0][1] /= unit", "net.blocks(eta)[0][1] *= unit"),
    "2.2 the probabilities": ("((0.0, 1 - y_hat), (1.0, y_hat))", "((0.0, y_hat), (1.0, 1 - y_hat))"),
    "2.2 the loss": ("anp.log(1 + anp.exp(logits)) - y * logits", "anp.log(1 + anp.exp(logits)) + y * logits"),
    "2.3 the middle": ("F = J.T @ ((y_hat * (1 - y_hat))[:, None] * J) / N", "F = J.T @ (y_hat[:, None] * J) / N"),
    "2.4 factor ½": ("half = 0.5 * length**2", "half = length**2"),
    "3.2 Poisson's curvature": ("return lambda u: np.exp(z) * u", "return lambda u: (np.exp(z) - Y) * u"),
    "3.2 the outcomes' weights": ("F += (p[:, None] * g_n).T @ g_n / len(X)", "F += g_n.T @ g_n / len(X)"),
    "3.3 the outer cut": ("J_outer = (s * (1 - s)) * J", "J_outer = s * J"),
    "3.3 the mean label": ("hf.Problem(net, unmatched, X, s).", "hf.Problem(net, unmatched, X, 1 - s)."),
    "4 the residual": ("g_n = (s - loss.sample(z, rng)) * J", "g_n = (s - Y) * J"),
    "4 the number of draws": ("F_hat += g_n.T @ g_n / (N * S)", "F_hat += g_n.T @ g_n / N**2"),
    "5.3 the whitened biases": ("[-m @ P, np.ones(1)]", "[m @ P, np.ones(1)]"),
    "5.3 the whitening": ("np.cov(X.T, bias=True))).T\n", "np.cov(X.T, bias=True)))\n"),
    "5.3 the bends": ("bends[range(d), range(d), range(d)] = theta", "bends[range(d), range(d), range(d)] = 1"),
    "5.4 the step": ("np.linalg.solve(C_new + damping, g_new)", "(C_new + damping) @ g_new"),
    "5.4 the move": ("lambda step: theta + A @ step", "lambda step: theta + step"),
    "5.6 the scaled λ": ("lam * (A.T @ A if scaled else I)", "0 * lam * (A.T @ A if scaled else I)"),
    "6 the gradients' scale": ("parts = (s - Y) * J / N", "parts = (s - Y) * J"),
    "6.3 the batch": ("b * noisy.T @ noisy / 20_000", "noisy.T @ noisy / 20_000"),
    "8 the preconditioner": ("M=np.diag(F_new), max_iters=3", "M=np.diag(F), max_iters=3"),
    "7.1 the projection": ("-Q @ (Q.T @ r), rtol=1e-2", "-r, rtol=1e-2"),
}

test_each_formula_stands_in_one_cell, test_a_wrong_formula_is_caught = mutation_tests(CELLS, MUTATIONS, later=3)


# ---- the notebook's own versions -------------------------------------------------------------------


def small(seed, loss, m=1):
    rng = np.random.default_rng(seed)
    net = hf.MLP([2, 3, m])
    return net, rng.normal(size=(6, 2)), net.init(rng) + 0.3 * rng.normal(size=net.size), rng


@quick
@given(seeds)
def test_f_is_g_for_every_matching_loss_and_labels(mine, seed):
    for loss, m in ((hf.SquaredError(), 1), (hf.SigmoidCrossEntropy(), 1), (mine.Poisson(), 1),
                    (hf.SoftmaxCrossEntropy(), 4)):
        net, X, theta, rng = small(seed, loss, m)
        Y = np.eye(m)[rng.integers(m, size=len(X))]
        G = dense(hf.Problem(net, loss, X, Y).linearize(theta).ggn, net.size)
        np.testing.assert_allclose(mine.fisher_matrix(net, loss, theta, X), G, rtol=0, atol=1e-10 * np.abs(G).max())


@quick
@given(seeds)
def test_the_poisson_loss_s_derivatives(mine, seed):
    loss, rng = mine.Poisson(), np.random.default_rng(seed)
    z, Y, e = rng.normal(size=(4, 2)), rng.poisson(2.0, size=(4, 2)).astype(float), 1e-6
    u = rng.normal(size=z.shape)
    slope = (loss.per_example(z + e * u, Y) - loss.per_example(z - e * u, Y)) / (2 * e)
    np.testing.assert_allclose(np.sum(loss.residual(z, Y) * u, axis=1), slope, atol=1e-6)
    bend = (loss.residual(z + e * u, Y) - loss.residual(z - e * u, Y)) / (2 * e)
    np.testing.assert_allclose(loss.hessian_product(z, Y, u), bend, atol=1e-6)


@quick
@given(seeds)
def test_the_exercises_are_the_library_s(seed):
    loss = hf.SoftmaxCrossEntropy()
    net, X, theta, rng = small(seed, loss, 3)
    Y = np.eye(3)[rng.integers(3, size=len(X))]
    lin = hf.Problem(net, loss, X, Y).linearize(theta)
    v, p = rng.normal(size=net.size), loss.output(lin.z)
    J = np.stack([lin.jvp(e) for e in np.eye(net.size)], axis=2)
    assert ex.q1.reference(p, lin.jvp(v)) == pytest.approx(0.5 * v @ lin.ggn(v), rel=1e-10)
    labels = loss.sample(lin.z, np.random.default_rng(seed))
    drawn = ex.q2.reference(J, p, Y, lambda P: labels, v)
    np.testing.assert_allclose(lin.fisher(v, rng=np.random.default_rng(seed)), drawn, rtol=0,
                               atol=1e-12 * np.abs(drawn).max() + 1e-15)
    parts = np.einsum("nj,njd->nd", p - Y, J) / len(X)
    np.testing.assert_allclose(ex.q5.reference(parts), lin.squared_gradients(), rtol=1e-10)


def test_the_bug_of_exercise_2_is_the_empirical_fisher(mine):
    stub = ex.q2.compile(ex.q2.stub)
    rng = np.random.default_rng(0)
    J, p, v = rng.normal(size=(5, 2, 3)), rng.dirichlet(np.ones(2), size=5), rng.normal(size=3)
    Y = np.eye(2)[rng.integers(2, size=5)]
    g = np.einsum("nj,njd->nd", p - Y, J)
    np.testing.assert_allclose(stub(J, p, Y, lambda P: np.eye(2)[[rng.choice(2, p=row) for row in P]], v),
                               g.T @ (g @ v) / 5, rtol=1e-12)


@quick
@given(seeds, st.floats(1e-3, 10))
def test_somebody_else_s_damping(seed, lam):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(4, 6))
    F, A, g = M @ M.T, rng.normal(size=(4, 4)) + 3 * np.eye(4), rng.normal(size=4)
    delta, metric = ex.q4.reference(g, F, A, lam)
    np.testing.assert_allclose((F + lam * metric) @ delta, -g, atol=1e-7 * np.abs(g).max())
    eta = np.linalg.solve(A, delta)
    assert delta @ metric @ delta == pytest.approx(eta @ eta, rel=1e-7)


# ---- what the answers and the summary say ------------------------------------------------------------


def test_the_error_of_samples(mine):
    rms = {S: np.sqrt(np.mean(errors**2)) for S, errors in mine.errors.items()}
    assert 0.2 < rms[1] < 0.35 and 7 < rms[1] / rms[100] < 14


def test_invariance(mine):
    apart = mine.curves
    for where in ("centimetres", "whitened"):
        free = apart[where, "none"]
        assert all(free[name].max() < 1e-7 for name in ("Hessian", "G = F", "empirical Fisher"))
        assert free["gradient"].min() > 1
        assert apart[where, "λ = 0.01"]["G = F"].min() > 0.05 and apart[where, "λ = 0.0001"]["G = F"].min() > 0.005
        assert all(apart[where, "λ = 0.01, scaled along"][name].max() < 1e-9 for name in ("Hessian", "G = F"))
    bent = apart["exp", "none"]
    for name in ("G = F", "empirical Fisher"):
        np.testing.assert_allclose(np.diff(np.log10(bent[name][:2])), 1, atol=0.05)
    assert bent["Hessian"].min() > 0.3 and bent["gradient"].min() > 1
    scaled = apart["exp", "λ = 0.01, scaled along"]
    assert np.ptp(np.log10(scaled["Hessian"][:-1])) < 0.1
    np.testing.assert_allclose(mine.taus, 10.0 ** np.arange(-6, 1))
    assert scaled["G = F"][-2] < 0.01 < scaled["G = F"][-1] and bent["G = F"][2] < 0.01 < bent["G = F"][3]


def test_the_empirical_fisher_s_lines(mine):
    def losses(data, which="empirical Fisher"):
        of = mine.fits[data]
        return np.array([0.5 * np.mean((w[0] * of["x"] + w[1] - of["y"]) ** 2) for w in of["paths"][which]])
    loud, quiet = losses("line, noise 1"), losses("line, noise 0.1")
    assert 40 <= np.argmax(loud < 1.01 * losses("line, noise 1", "F")[1]) < 50
    assert quiet[25:].max() > 5 and quiet[25:].min() < 0.05
    end, best = mine.fits["parabola"]["paths"]["empirical Fisher"][-1], mine.fits["parabola"]["paths"]["F"][1]
    assert end[1] == pytest.approx(0.68, abs=0.005) and best[1] == pytest.approx(1.44, abs=0.005)
    off = mine.off
    assert off["at the truth"][-1] < 0.02 and off["at the start"][-1] > 0.2 and off["parabola"][-1] > 5
    assert off["line, noise 0.1"][-1] == pytest.approx(0.99, abs=0.002)


def test_the_signs_explain_newton_s_loss(mine):
    finals = mine.finals
    assert sum(f > 1 for f in finals["H"]) == 2
    assert max(finals["G"] + finals["|H|"]) < 0.01


def test_a_line_search_repairs_the_empirical_fisher_s_scale(mine):
    for name in mine.sets:
        (with_E, most), (plain, most_plain) = mine.needed[name, "E"], mine.needed[name, "gradient"]
        assert 3 <= with_E <= 5 and plain <= with_E and most_plain > 2 * most
    x, y = mine.points(1.0, 0.0)
    assert np.linalg.cond(mine.line_matrices(np.zeros(2), x, y)[1]) == pytest.approx(33, abs=0.5)


def test_when_truncated_steps_agree(mine):
    by_k = dict(zip((1, 3, 10, 40, 300), mine.found))
    assert min(by_k[k][0] for k in (1, 3, 10)) > 0.1 and by_k[10][0] == pytest.approx(0.5, abs=0.15)
