"""Conjugate gradients: exactness, the trace against dense arithmetic, stop reasons, refusals."""
import numpy as np
import pytest
import scipy.sparse.linalg as sla
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf

EPS = np.finfo(np.float64).eps
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=40, deadline=None, derandomize=True)


def spd(rng, n, cond=100.0, dtype=np.float64):
    """A symmetric positive definite matrix with eigenvalues from 1 to cond."""
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * np.geomspace(1, cond, n)) @ Q.T
    return ((A + A.T) / 2).astype(dtype)


def dense_phi(A, b, x):
    return 0.5 * x @ A @ x - b @ x


# --- what CG computes

@quick
@given(seeds, st.integers(1, 8), st.integers(1, 4))
def test_exact_after_as_many_steps_as_distinct_eigenvalues(seed, distinct, copies):
    rng = np.random.default_rng(seed)
    n = distinct * copies
    values = np.repeat(np.linspace(1.0, 3.0, distinct), copies)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * values) @ Q.T
    A = (A + A.T) / 2
    x = rng.standard_normal(n)
    res = hf.cg(A, A @ x, rtol=0.0, max_iters=distinct)
    assert np.linalg.norm(res.x - x) <= 1e-9 * np.linalg.norm(x)


def test_one_step_fewer_is_not_exact():
    rng = np.random.default_rng(0)
    A = spd(rng, 6)
    b = rng.standard_normal(6)
    error = lambda k: np.linalg.norm(hf.cg(A, b, rtol=0.0, max_iters=k).x - np.linalg.solve(A, b))
    assert error(5) > 1e6 * error(6)


@quick
@given(seeds, st.integers(2, 12), st.booleans())
def test_the_trace_is_what_dense_arithmetic_gives(seed, n, warm):
    rng = np.random.default_rng(seed)
    A, b = spd(rng, n), rng.standard_normal(n)
    x0 = rng.standard_normal(n) if warm else None
    M = rng.uniform(1, 10, n)
    res = hf.cg(A, b, x0=x0, M=M, rtol=1e-8)
    assert res.phi.dtype == res.residual_norms.dtype == np.float64
    assert len(res.iterates) == len(res.phi) == len(res.residual_norms) == res.iterations + 1
    scale = max(np.linalg.norm(A, 2) * np.linalg.norm(x) ** 2 + np.linalg.norm(b) ** 2 for x in res.iterates)
    for x, phi, norm in zip(res.iterates, res.phi, res.residual_norms):
        assert abs(phi - dense_phi(A, b, x)) <= 1e3 * EPS * scale
        assert abs(norm - np.linalg.norm(b - A @ x)) <= 1e3 * EPS * scale
    assert np.all(np.diff(res.phi) <= 1e3 * EPS * scale)
    start = np.zeros(n) if x0 is None else x0
    np.testing.assert_array_equal(res.iterates[0], start)
    np.testing.assert_array_equal(res.iterates[-1], res.x)


@quick
@given(seeds, st.integers(2, 10))
def test_preconditioned_cg_is_cg_under_the_change_of_variables(seed, n):
    rng = np.random.default_rng(seed)
    A, b, M = spd(rng, n), rng.standard_normal(n), rng.uniform(0.5, 20, n)
    C = np.sqrt(M)                                             # M = CᵀC, y = C x
    A_hat = A / np.outer(C, C)
    steps = max(1, n // 2)                                     # rounding has not yet parted the two
    in_x = hf.cg(A, b, M=M, rtol=0.0, max_iters=steps)
    in_y = hf.cg((A_hat + A_hat.T) / 2, b / C, rtol=0.0, max_iters=steps)
    for x, y in zip(in_x.iterates, in_y.iterates):
        np.testing.assert_allclose(x, y / C, rtol=0, atol=1e-8 * (1 + np.abs(in_x.x).max()))
    np.testing.assert_allclose(in_x.phi, in_y.phi, rtol=1e-8, atol=1e-12)


def test_a_preconditioner_is_felt():
    rng = np.random.default_rng(3)
    scale = np.geomspace(1, 1e3, 30)
    A = spd(rng, 30, cond=10) * np.sqrt(np.outer(scale, scale))
    A = (A + A.T) / 2
    b = rng.standard_normal(30)
    plain, helped = hf.cg(A, b, rtol=1e-8), hf.cg(A, b, M=np.diag(A).copy(), rtol=1e-8)
    assert 2 * helped.iterations < plain.iterations


def test_the_inverse_as_preconditioner_needs_one_step():
    rng = np.random.default_rng(4)
    A, b = spd(rng, 7), rng.standard_normal(7)
    inverse = np.linalg.inv(A)
    assert hf.cg(A, b, M=lambda r: inverse @ r, rtol=1e-8).iterations == 1
    assert hf.cg(A, b, M=sla.aslinearoperator(inverse), rtol=1e-8).iterations == 1


def test_every_form_of_A_and_M_gives_the_same():
    rng = np.random.default_rng(5)
    A, b, M = spd(rng, 9), rng.standard_normal(9), rng.uniform(1, 3, 9)
    buffer, r_buffer = np.empty(9), np.empty(9)
    reuse = lambda v: np.matmul(A, v, out=buffer)
    M_reuse = lambda r: np.divide(r, M, out=r_buffer)
    x0 = rng.standard_normal(9)
    first = hf.cg(A, b, x0=x0, M=M)
    for form in (lambda v: A @ v, sla.aslinearoperator(A), reuse):
        for M_form in (M, lambda r: r / M, sla.LinearOperator((9, 9), matvec=lambda r: r / M), M_reuse):
            res = hf.cg(form, b, x0=x0, M=M_form)
            np.testing.assert_allclose(res.x, first.x, rtol=1e-13, atol=1e-13)
            assert res.iterations == first.iterations


def test_maps_that_return_their_own_argument():
    b = np.array([1.0, -2.0, 3.0])
    res = hf.cg(lambda v: v, b, x0=np.ones(3), M=lambda r: r)
    np.testing.assert_allclose(res.x, b, rtol=1e-15)
    assert res.iterations == 1


def test_a_warm_start_saves_steps_and_ends_at_the_same_place():
    rng = np.random.default_rng(6)
    A, b = spd(rng, 40), rng.standard_normal(40)
    cold = hf.cg(A, b, rtol=1e-8)
    warm = hf.cg(A, b, x0=cold.x + 1e-5 * rng.standard_normal(40), rtol=1e-8)
    np.testing.assert_allclose(warm.x, cold.x, atol=1e-6)
    assert 0 < warm.iterations < cold.iterations
    assert hf.cg(A, b, x0=cold.x, rtol=1e-7).iterations == 0


def test_as_scipy_finds_it():
    rng = np.random.default_rng(7)
    A, b = spd(rng, 30), rng.standard_normal(30)
    theirs = []
    x, info = sla.cg(A, b, rtol=1e-8, atol=0.0, callback=lambda x: theirs.append(x.copy()))
    ours = hf.cg(A, b, rtol=1e-8)
    assert info == 0 and abs(len(theirs) - ours.iterations) <= 2     # beyond step n = 30 rounding decides
    for k in range(1, 10):
        np.testing.assert_allclose(ours.iterates[k], theirs[k - 1], rtol=0, atol=1e-11)
    np.testing.assert_allclose(ours.x, x, atol=1e-7)


def test_float32_stays_float32():
    rng = np.random.default_rng(8)
    A, b = spd(rng, 12, dtype=np.float32), rng.standard_normal(12).astype(np.float32)
    seen = set()

    def product(v):
        seen.add(v.dtype)
        return A @ v
    res = hf.cg(product, b, x0=np.ones(12, np.float32), M=np.full(12, 2, np.float32), rtol=1e-5)
    assert seen == {np.dtype(np.float32)}
    assert res.x.dtype == np.float32 and {x.dtype for x in res.iterates} == {np.dtype(np.float32)}
    np.testing.assert_allclose(res.x, np.linalg.solve(A.astype(float), b), atol=1e-3)


def test_arguments_and_earlier_iterates_are_left_alone():
    rng = np.random.default_rng(9)
    A, b, x0, M = spd(rng, 5), rng.standard_normal(5), rng.standard_normal(5), rng.uniform(1, 2, 5)
    before = [a.copy() for a in (A, b, x0, M)]
    res = hf.cg(A, b, x0=x0, M=M, rtol=0.0, max_iters=4)
    for a, old in zip((A, b, x0, M), before):
        np.testing.assert_array_equal(a, old)
    for k, x in enumerate(res.iterates):                       # kept copies, not one array that changes
        np.testing.assert_array_equal(x, hf.cg(A, b, x0=x0, M=M, rtol=0.0, max_iters=k).x)


def test_kept_iterates():
    rng = np.random.default_rng(10)
    A, b = spd(rng, 40), rng.standard_normal(40)
    every = hf.cg(A, b, rtol=0.0, max_iters=17)
    assert every.kept == tuple(range(18))
    some = hf.cg(A, b, rtol=0.0, max_iters=17, keep=hf.GeometricKeep(1.3))
    assert some.kept == (1, 2, 3, 4, 5, 7, 9, 11, 14, 17)      # the last one is there in any case
    for k, x in zip(some.kept, some.iterates):
        np.testing.assert_array_equal(x, every.iterates[k])
    none = hf.cg(A, b, rtol=0.0, max_iters=17, keep=lambda k: False)
    assert none.kept == (17,) and np.array_equal(none.iterates[0], none.x)


@pytest.mark.parametrize("ratio", [1.05, 1.3, 2.0, 3.7])
def test_geometric_keep_is_the_powers_rounded_up(ratio):
    keep = hf.GeometricKeep(ratio)
    powers = {int(np.ceil(ratio ** j)) for j in range(200) if ratio ** j < 1000}
    assert {k for k in range(1000) if keep(k)} == {k for k in powers if k < 1000}


# --- why it stops

def test_reason_residual_below_tolerance():
    rng = np.random.default_rng(11)
    A, b = spd(rng, 20), rng.standard_normal(20)
    res = hf.cg(A, b, rtol=1e-3)
    assert res.reason == "residual below tolerance" and res.direction is None
    assert res.residual_norms[-1] <= 1e-3 * np.linalg.norm(b) < res.residual_norms[:-1].min()


def test_reason_iteration_limit():
    rng = np.random.default_rng(12)
    A, b = spd(rng, 20), rng.standard_normal(20)
    res = hf.cg(A, b, rtol=0.0, max_iters=3)
    assert (res.reason, res.iterations) == ("iteration limit", 3)
    none = hf.cg(A, b, max_iters=0)
    assert (none.reason, none.iterations, none.phi.tolist()) == ("iteration limit", 0, [0.0])
    np.testing.assert_array_equal(none.x, np.zeros(20))


def test_nothing_to_do_for_b_of_zero():
    A = np.eye(3)
    res = hf.cg(A, np.zeros(3))
    assert (res.reason, res.iterations, res.x.tolist()) == ("residual below tolerance", 0, [0, 0, 0])
    back = hf.cg(2 * A, np.zeros(3), x0=np.ones(3))            # a warm start finds its way to 0
    np.testing.assert_array_equal(back.x, np.zeros(3))


def test_reason_of_the_callers_rule():
    rng = np.random.default_rng(13)
    A, b, seen = spd(rng, 20), rng.standard_normal(20), []

    def stop(phi):
        seen.append(list(phi))
        return "enough" if len(phi) == 5 else None
    res = hf.cg(A, b, stop=stop)
    assert (res.reason, res.iterations) == ("enough", 4)
    assert seen == [list(res.phi[:k]) for k in range(1, 6)]


@quick
@given(seeds, st.integers(2, 8), st.booleans())
def test_negative_curvature_and_its_direction(seed, n, warm):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * np.r_[-1.0, np.linspace(1, 3, n - 1)]) @ Q.T
    A = (A + A.T) / 2
    b = rng.standard_normal(n)
    x0 = rng.standard_normal(n) if warm else None
    res = hf.cg(A, b, x0=x0, rtol=0.0)
    assert res.reason == "negative curvature"
    assert res.direction @ A @ res.direction <= 0
    assert np.linalg.norm(res.direction) > 0
    assert (b - A @ res.x) @ res.direction > 0                 # φ falls along it without end
    assert len(res.phi) == res.iterations + 1 == len(res.iterates)
    np.testing.assert_array_equal(res.x, res.iterates[-1])


def test_zero_curvature_counts_as_negative():
    res = hf.cg(np.zeros((2, 2)), np.ones(2))
    assert (res.reason, res.iterations) == ("negative curvature", 0)
    np.testing.assert_array_equal(res.direction, np.ones(2))


def test_no_underflow_is_taken_for_negative_curvature():
    for seed in range(30):                                     # rtol = 0 drives r to where r² underflows
        rng = np.random.default_rng(seed)
        A = spd(rng, 4, dtype=np.float32)
        M = (20 * np.diag(A)).astype(np.float32)
        res = hf.cg(A, rng.standard_normal(4).astype(np.float32), M=M, rtol=0.0)
        assert res.reason == "residual below tolerance"


@pytest.mark.parametrize("M", [None, "diagonal", "callable"])
def test_a_positive_definite_matrix_is_never_called_indefinite(M):
    """Whatever its scale and b's; CG is driven far beyond what rounding lets it solve, and never raises."""
    reasons = set()
    for seed in range(300):
        rng, n = np.random.default_rng(seed), 1 + seed % 9
        dtype, scale = (np.float32, 1e-6) if seed % 2 else (np.float64, 1e-140)
        Q, h = np.linalg.qr(rng.standard_normal((n, n)))[0], np.geomspace(1, 1e4, n)
        A = (Q * h @ Q.T * scale ** rng.uniform(-1, 1)).astype(dtype)
        b = (rng.standard_normal(n) * scale ** rng.uniform(-1, 1)).astype(dtype)
        diagonal = np.diag(A) * dtype(scale ** rng.uniform(-1, 1))
        with np.errstate(all="raise"):
            res = hf.cg(quiet(A.__matmul__), b, rtol=0.0, max_iters=100,
                        M=quiet(diagonal.__rtruediv__) if M == "callable" else M and diagonal)
        reasons.add(res.reason)
        assert np.isfinite(res.x).all() and np.isfinite(res.phi).all()
    assert "negative curvature" not in reasons and {"lost in rounding", "residual below tolerance"} <= reasons


def quiet(product):
    """The caller's own arithmetic may underflow here."""
    return np.errstate(all="ignore")(lambda v: product(v))


def test_negative_curvature_above_rounding_is_seen_on_the_way():
    A = np.diag(np.r_[np.geomspace(1, 100, 20), -1e-3])
    res = hf.cg(A, np.ones(21), rtol=0.0)
    assert res.reason == "negative curvature" and res.iterations > 5 and res.direction @ A @ res.direction < 0


def test_underflow_in_the_preconditioned_product_is_no_fault_of_the_preconditioner():
    r = np.full(3, 1e-15, np.float32)                          # ‖r‖² is a float32, rᵀM⁻¹r is not
    res = hf.cg(np.eye(3, dtype=np.float32), r, M=lambda r: r * np.float32(1e-20), rtol=0.0)
    assert (res.reason, res.iterations) == ("lost in rounding", 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_preconditioner_that_is_positive_but_for_rounding_is_not_refused(dtype):
    """M⁻¹ of two factors that are singular but for rounding: rᵀM⁻¹r comes out negative at times."""
    negative = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        Q = [np.linalg.qr(rng.standard_normal((3, 3)))[0] for _ in range(2)]
        left, right = ((q * np.array([1.0, 1.0, 10 / np.finfo(dtype).eps]) @ q.T).astype(dtype) for q in Q)
        inverse = lambda r, left=left, right=right: (left @ r.reshape(3, 3) @ right).ravel()
        r = np.outer(Q[0][:, 0], Q[1][:, 0]).ravel().astype(dtype)       # the smallest eigenvalue's
        negative += r @ inverse(r) < 0
        assert np.isfinite(hf.cg(np.eye(9, dtype=dtype), r, M=inverse, rtol=0.0, max_iters=20).x).all()
    assert negative > 3


def test_the_residual_is_the_recurrences_own():
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    A = (Q * np.geomspace(1, 1e4, 40) @ Q.T).astype(np.float32)
    A, b = (A + A.T) / 2, rng.standard_normal(40).astype(np.float32)
    res = hf.cg(A, b, rtol=1e-7, max_iters=2000)
    true = [np.linalg.norm(b - A @ x) for x in res.iterates]
    np.testing.assert_allclose(res.residual_norms[:5], true[:5], rtol=1e-4)
    assert true[-1] > 10 * res.residual_norms[-1]              # as its documentation says


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_keeps_the_last_good_x(bad):
    rng = np.random.default_rng(14)
    A, b, calls = spd(rng, 10), rng.standard_normal(10), []

    def breaks(v):
        calls.append(1)
        return A @ v if len(calls) < 4 else np.full(10, bad)
    res = hf.cg(breaks, b, rtol=0.0)
    assert (res.reason, res.iterations, res.direction) == ("not finite", 3, None)
    np.testing.assert_allclose(res.x, hf.cg(A, b, rtol=0.0, max_iters=3).x, rtol=1e-12)
    assert np.isfinite(res.phi).all() and len(res.phi) == 4


def test_overflow_of_the_step_itself_keeps_the_last_good_x():
    A = np.diag([1.0, 1e-300])
    b = np.array([0.0, 1e150])                                 # the answer, 1e450, is no float64
    with np.errstate(over="ignore", invalid="ignore"):
        res = hf.cg(A, b)
    assert res.reason == "not finite"
    np.testing.assert_array_equal(res.x, np.zeros(2))
    assert all(np.isfinite(x).all() for x in res.iterates)


def martens_rule(phi, eps, k_min, share):
    """φ(x_i) < 0 and [φ(x_i) − φ(x_{i−k})] / φ(x_i) < k ε, k = max(k_min, share·i), i > k."""
    i = len(phi) - 1
    k = int(max(k_min, np.ceil(share * i)))
    return i > k and phi[i] < 0 and (phi[i] - phi[i - k]) / phi[i] < k * eps


@quick
@given(seeds, st.integers(1, 12), st.sampled_from([0.0, 0.1, 0.3]), st.sampled_from([5e-4, 1e-2]))
def test_relative_progress_is_the_papers_rule(seed, k_min, share, eps):
    rng = np.random.default_rng(seed)
    A, b = spd(rng, 60, cond=1e4), rng.standard_normal(60)
    rule = hf.RelativeProgress(eps=eps, k_min=k_min, k_share=share)
    phi = hf.cg(A, b, x0=rng.standard_normal(60), rtol=0.0, max_iters=120).phi   # φ starts above 0
    for i in range(len(phi)):
        assert (rule(phi[:i + 1]) == "relative progress") == martens_rule(phi[:i + 1], eps, k_min, share)


def test_relative_progress_waits_for_more_than_k_steps_and_for_phi_below_zero():
    rule = hf.RelativeProgress(k_min=10)
    assert rule([-1.0] * 11) is None and rule([-1.0] * 12) == "relative progress"
    assert rule([1.0] * 30) is None


def test_relative_progress_stops_cg():
    rng = np.random.default_rng(15)
    A, b = spd(rng, 60, cond=1e4), rng.standard_normal(60)
    res = hf.cg(A, b, rtol=0.0, stop=hf.RelativeProgress())
    assert res.reason == "relative progress" and 10 < res.iterations < 100
    assert martens_rule(res.phi, 5e-4, 10, 0.1)
    assert not any(martens_rule(res.phi[:i], 5e-4, 10, 0.1) for i in range(1, len(res.phi)))


# --- what it refuses

A3, b3 = np.diag([1.0, 2.0, 3.0]), np.ones(3)


@pytest.mark.parametrize("M", [np.array([1.0, 0.0, 1.0]), np.array([1.0, -1.0, 1.0]), lambda r: -r,
                               lambda r: 0 * r, sla.aslinearoperator(-np.eye(3))])
def test_a_preconditioner_that_is_not_positive_is_refused(M):
    with pytest.raises(ValueError, match="positive"):
        hf.cg(A3, b3, M=M)


@pytest.mark.parametrize("arguments, error, words", [
    (dict(A=np.array([[1.0, 2.0], [0.0, 1.0]]), b=np.ones(2)), ValueError, "A is not symmetric"),
    (dict(A=np.ones((3, 2)), b=b3), ValueError, r"A has shape \(3, 2\)"),
    (dict(A=np.eye(2), b=b3), ValueError, r"A has shape \(2, 2\)"),
    (dict(A=np.eye(3, dtype=int), b=b3), TypeError, "A has dtype int"),
    (dict(A=np.eye(3, dtype=np.float32), b=b3), TypeError, "A has dtype float32, expected float64"),
    (dict(A=[[1.0]], b=np.ones(1)), TypeError, "A must be a callable"),
    (dict(A=lambda v: v[:2], b=b3), ValueError, r"A\(v\) has shape \(2,\)"),
    (dict(A=lambda v: v.astype(np.float32), b=b3), TypeError, r"A\(v\) has dtype float32"),
    (dict(A=lambda v: list(v), b=b3), TypeError, r"A\(v\) must be a numpy array"),
    (dict(b=np.array([1.0, np.nan, 0.0])), ValueError, "b holds NaN"),
    (dict(b=np.array([1.0, np.inf, 0.0])), ValueError, "b holds NaN or infinity"),
    (dict(b=np.ones((3, 1))), ValueError, r"b has shape \(3, 1\)"),
    (dict(b=np.ones(3, int)), TypeError, "b has dtype int"),
    (dict(b=np.array([1.0, None, 2.0])), TypeError, "b is an ndarray of dtype object, expected float32 or float64"),
    (dict(rtol=np.array([1.0])), TypeError, "rtol must be a number, got an ndarray of dtype float64"),
    (dict(b=[1.0, 1.0, 1.0]), TypeError, "b must be a numpy array, got list"),
    (dict(x0=np.ones(2)), ValueError, r"x0 has shape \(2,\)"),
    (dict(x0=np.ones(3, np.float32)), TypeError, "x0 has dtype float32"),
    (dict(x0=np.full(3, np.nan)), ValueError, "x0 holds NaN"),
    (dict(M=np.eye(3)), ValueError, r"M has shape \(3, 3\)"),
    (dict(M=np.array([1.0, np.nan, 1.0])), ValueError, "M holds NaN"),
    (dict(M=[1.0, 1.0, 1.0]), TypeError, "M must be a callable"),
    (dict(M=lambda r: r[:1]), ValueError, r"M\(r\) has shape \(1,\)"),
    (dict(rtol=-1.0), ValueError, "rtol is -1.0"),
    (dict(rtol=np.nan), ValueError, "rtol is nan"),
    (dict(max_iters=-1), ValueError, "max_iters is -1"),
    (dict(max_iters=2.0), TypeError, "max_iters must be a whole number"),
])
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        hf.cg(**{"A": A3, "b": b3, **arguments})


@pytest.mark.parametrize("make, words", [
    (lambda: hf.GeometricKeep(1.0), "ratio"), (lambda: hf.RelativeProgress(eps=-1.0), "eps"),
    (lambda: hf.RelativeProgress(k_min=0), "k_min"), (lambda: hf.RelativeProgress(k_share=-0.1), "k_share"),
])
def test_rules_refuse_senseless_numbers(make, words):
    with pytest.raises(ValueError, match=words):
        make()
