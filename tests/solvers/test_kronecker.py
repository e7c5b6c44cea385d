"""The Kronecker preconditioner: its factors against dense sums, its inverse, and what it does for CG."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import MATCHING, PROPERTY, Case

import hf_lib as hf
from hf_lib.solvers.kronecker import KroneckerPreconditioner

CASE = Case(4, ("softplus", "sigmoid", "tanh"), hf.SigmoidCrossEntropy())


def dense(net, factors, damping):
    """M itself, (d, d), block by block; a block (n + 1, m) lies row by row in θ, so it is A ⊗ S there."""
    M, start = np.zeros((net.size, net.size)), 0
    for A, S in factors:
        pi = np.sqrt((np.trace(A) / len(A)) / (np.trace(S) / len(S)))
        block = np.kron(A + pi * np.sqrt(damping) * np.eye(len(A)), S + np.sqrt(damping) / pi * np.eye(len(S)))
        M[start:start + len(block), start:start + len(block)] = block
        start += len(block)
    assert start == net.size
    return M


@pytest.mark.parametrize("loss", MATCHING, ids=lambda loss: type(loss).__name__)
def test_factors_are_the_means_of_outer_products(loss):
    case = Case(3, ("tanh", "sigmoid"), loss)
    lin = case.problem().linearize(case.theta())
    factors = lin.kronecker_factors(np.random.default_rng(1))
    residual = lin._sampled_residual(np.random.default_rng(1))               # the same draw
    layers = [block.shape for block in case.net.blocks(case.theta())]
    blocks = [np.zeros((n * m, n * m)) for n, m in layers]
    means = [(np.zeros((n, n)), np.zeros((m, m))) for n, m in layers]
    for k in range(lin.N):
        one = np.zeros_like(residual)
        one[k] = residual[k]
        for i, g in enumerate(case.net.blocks(lin.vjp(one))):                # a sᵀ of example k
            blocks[i] += np.outer(g, g) / lin.N
            s = g[-1]                                                        # the bias row: a = 1
            a = g @ s / (s @ s)
            means[i][0][:] += np.outer(a, a) / lin.N
            means[i][1][:] += np.outer(s, s) / lin.N
    for (A, S), (A_want, S_want) in zip(factors, means):
        np.testing.assert_allclose(A, A_want, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(S, S_want, rtol=1e-9, atol=1e-15)


def test_with_one_example_the_product_of_means_is_the_mean_of_products():
    case = CASE
    problem = case.problem().batch(slice(1))
    lin = problem.linearize(case.theta())
    A, S = lin.kronecker_factors(np.random.default_rng(2))[-1]
    g = case.net.blocks(lin.vjp(lin._sampled_residual(np.random.default_rng(2))))[-1].ravel()
    np.testing.assert_allclose(np.kron(A, S), np.outer(g, g), atol=1e-14)


@pytest.mark.parametrize("dtype, rtol", [(np.float32, 2e-3), (np.float64, 1e-9)])
def test_it_applies_the_inverse(dtype, rtol):
    lin = CASE.problem(dtype).linearize(CASE.theta(dtype))
    factors = lin.kronecker_factors(np.random.default_rng(3))
    M = KroneckerPreconditioner(CASE.net, factors, 0.01)
    r = np.random.default_rng(4).standard_normal(lin.theta.size).astype(dtype)
    got = M(r)
    assert got.dtype == dtype
    want = np.linalg.solve(dense(CASE.net, [(A.astype(float), S.astype(float)) for A, S in factors], 0.01), r)
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * np.abs(want).max())
    assert M.multiplications == sum(n * n * m + n * m * m for n, m in map(np.shape, CASE.net.blocks(r)))
    assert M(2 * r) is got                                                   # the same buffer


@PROPERTY
@given(st.integers(0, 10**6), st.floats(1e-6, 1e3))
def test_it_is_symmetric_and_positive(seed, damping):
    rng = np.random.default_rng(seed)
    lin = CASE.problem().linearize(CASE.theta())
    M = KroneckerPreconditioner(CASE.net, lin.kronecker_factors(rng), damping)
    u, v = rng.standard_normal((2, lin.theta.size))
    M_u, M_v = M(u).copy(), M(v).copy()
    assert u @ M_v == pytest.approx(v @ M_u, rel=1e-8, abs=1e-9 * np.linalg.norm(u) * np.linalg.norm(M_v))
    assert u @ M_u > 0


def autoencoder(N=400, seed=0):
    """Eight wide, three in the middle, inputs from three hidden numbers; some steps into training."""
    rng = np.random.default_rng(seed)
    X = 1 / (1 + np.exp(-3 * rng.standard_normal((N, 3)) @ rng.standard_normal((3, 20))))
    net = hf.MLP([20, 12, 3, 12, 20], ["sigmoid", "linear", "sigmoid"])
    problem = hf.Problem(net, hf.SigmoidCrossEntropy(), X, X)
    return problem, net.init(rng, scheme="sparse"), rng


def test_cg_truncated_gets_further_with_it_and_finds_the_same_in_the_end():
    problem, theta, rng = autoencoder()
    *_, last = hf.HessianFree(problem, theta, damping=1.0, max_steps=15)
    lin, damping = problem.linearize(last.theta), 1e-3
    A = lin.operator(damping=damping)
    g = lin.gradient()
    diagonal = (lin.squared_gradients() + damping) ** 0.75
    blocks = KroneckerPreconditioner(problem.net, lin.kronecker_factors(rng), damping)
    plain, jacobi, kronecker = (hf.cg(A, -g, M=M, rtol=1e-8) for M in (None, diagonal, blocks))
    np.testing.assert_allclose(plain.x, kronecker.x, atol=1e-5 * np.abs(plain.x).max())
    for other in (plain, jacobi):                      # after ten iterations: 0.85 of the way against 0.39 and 0.50
        assert kronecker.phi[10] < 1.5 * other.phi[10] < 0
    assert plain.iterations < kronecker.iterations     # to eight digits plain CG is the faster one: 392 against 638


def test_the_loop_with_it_trains_repeats_itself_and_counts_its_cost():
    problem, theta, _ = autoencoder()
    run = lambda **changes: list(hf.HessianFree(problem, theta, np.random.default_rng(5), damping=1.0,
                                                preconditioner="kronecker", max_steps=8, **changes))
    steps = run()
    assert steps[-1].loss < 0.8 * steps[0].before
    assert all(np.array_equal(a.theta, b.theta) for a, b in zip(steps, run()))
    fixed = dict(max_cg=3, stop=None, backtracking=False, line_search=False)
    with_it, plain = run(**fixed)[0], next(hf.HessianFree(
        problem, theta, np.random.default_rng(5), damping=1.0, preconditioner=None, **fixed))
    sizes = [(n + 1, m) for n, m in zip(problem.net.sizes, problem.net.sizes[1:])]
    extra = 400 * sum(n * n + m * m for n, m in sizes) + sum(n**3 + m**3 for n, m in sizes)
    extra += 3 * sum(n * n * m + n * m * m for n, m in sizes)
    unit = 3 * 400 * problem.size
    assert with_it.cost - plain.cost == pytest.approx(2 / 3 + extra / unit)


def test_what_it_refuses():
    problem, theta, rng = autoencoder(20)
    factors = problem.linearize(theta).kronecker_factors(rng)
    with pytest.raises(ValueError, match="damping is 0"):
        KroneckerPreconditioner(problem.net, factors, 0)
    with pytest.raises(ValueError, match="not positive definite"):
        KroneckerPreconditioner(problem.net, [(A, -S) for A, S in factors], 1e-9)
    with pytest.raises(TypeError, match="rng"):
        hf.HessianFree(problem, theta, preconditioner="kronecker")
    with pytest.raises(TypeError, match="rng"):
        problem.linearize(theta).kronecker_factors(None)
    with pytest.raises(ValueError, match="damping is 0"):
        hf.HessianFree(problem, theta, rng, preconditioner="kronecker", damping=0)
    with pytest.raises(ValueError, match="preconditioner is 'block', expected"):
        hf.HessianFree(problem, theta, preconditioner="block")


def test_a_factor_that_breaks_ends_the_loop_with_a_reason_and_the_last_good_theta(monkeypatch):
    problem, theta, rng = autoencoder(20)
    loop = hf.HessianFree(problem, theta, rng, preconditioner="kronecker", damping=1.0)
    first = next(loop)
    monkeypatch.setattr(hf.Linearization, "kronecker_factors",
                        lambda lin, rng: [(np.full((n + 1, n + 1), np.nan), np.eye(m))
                                          for n, m in zip(problem.net.sizes, problem.net.sizes[1:])])
    assert list(loop) == []
    assert "not positive definite, before step 2" in loop.reason
    np.testing.assert_array_equal(loop.theta, first.theta)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("damping", [1e-300, 1e-12, 1.0])
@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e5])
def test_it_stays_positive_where_the_factors_are_singular_or_zero(dtype, damping, scale):
    """λ far below the rounding of the factors; a factor of rank one; one that is 0, as of a saturated layer."""
    net, rng = hf.MLP([4, 5]), np.random.default_rng(0)
    a, s = rng.standard_normal((2, 5)).astype(dtype) * dtype(scale)
    for A, S in ((np.outer(a, a), np.outer(s, s)), (np.outer(a, a), np.zeros((5, 5), dtype))):
        M = KroneckerPreconditioner(net, [(A, S)], damping)
        for _ in range(20):
            r = rng.standard_normal(net.size).astype(dtype)
            assert 0 < r @ M(r) < np.inf


def test_a_factor_that_is_not_finite_is_refused():
    bad = np.full((2, 2), np.nan)
    with pytest.raises(np.linalg.LinAlgError, match="a Kronecker factor with .* is not positive definite"):
        KroneckerPreconditioner(hf.MLP([1, 2]), [(bad, np.eye(2))], 1.0)
