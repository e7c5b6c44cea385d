"""The products of a `Linearization`: against dense matrices, against differences, and their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    ACTIVATIONS,
    LOSSES,
    MATCHING,
    PROPERTY,
    Case,
    cases,
    central,
    dense,
    difference,
    matrix,
    targets,
    weight_mask,
)
from scipy.sparse.linalg import eigsh

import hf_lib as hf

KINDS = ("ggn", "hessian", "fisher", "empirical_fisher")
DEEP = Case(4, ("softplus", "sigmoid", "tanh"), hf.SigmoidCrossEntropy())
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def agrees(case, dtype, l2, rtol):
    """Every product of the library against the oracle's matrices, in `dtype`."""
    lin, want = case.problem(dtype, l2).linearize(case.theta(dtype)), dense(case)
    d, mask, theta = lin.theta.size, weight_mask(lin.net.sizes), case.theta()
    decay = l2 * np.diag(mask)

    assert lin.value == pytest.approx(want.value + 0.5 * l2 * theta @ (mask * theta), rel=rtol)
    assert type(lin.value) is float
    gradient, squares = lin.gradient(), lin.squared_gradients()
    assert gradient.dtype == squares.dtype == lin.z.dtype == dtype
    assert difference(gradient, want.gradient + decay @ theta) < rtol
    assert difference(squares, np.mean(want.examples**2, axis=0)) < rtol

    assert difference(matrix(lin.jvp, d, dtype), want.J) < rtol
    adjoint = [lin.vjp(u.reshape(lin.z.shape)) for u in np.eye(lin.z.size, dtype=dtype)]
    assert {row.dtype for row in adjoint} == {np.dtype(dtype)}
    assert difference(np.stack(adjoint), want.J.reshape(-1, d)) < rtol

    assert difference(matrix(lin.ggn, d, dtype), want.G + decay) < rtol
    assert difference(matrix(lin.hessian, d, dtype), want.H + decay) < rtol
    assert difference(matrix(lin.empirical_fisher, d, dtype), want.empirical_fisher + decay) < rtol


# --- against the oracle. float64: 1e-10 is some 1e5 roundings. float32: 1e-4 is some 1e3.

@pytest.mark.parametrize("case", cases(), ids=str)
def test_every_product_agrees_with_the_dense_matrix_of_autograd(case):
    for l2 in (0.0, 0.3):
        agrees(case, np.float64, l2, 1e-10)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_float32_agrees_too_and_stays_float32(case):
    for l2 in (0.0, 0.3):
        agrees(case, np.float32, l2, 1e-4)


# --- against differences of the forward pass alone: no autograd anywhere

@pytest.mark.parametrize("case", [c for c in cases() if c.depth in (1, 3)], ids=str)
def test_every_product_agrees_with_central_differences(case):
    problem, theta = case.problem(l2=0.3), case.theta()
    lin, d = problem.linearize(theta), theta.size
    J = central(lambda t: problem.net(t, problem.X), theta)             # (N, n_out, d)
    gradient = central(problem.value, theta)
    H = central(problem.gradient, theta)
    H_L = [central(lambda z, y=y: problem.loss.residual(z[None], y[None])[0], z)
           for z, y in zip(lin.z, problem.Y, strict=True)]
    G = sum(J_n.T @ H_n @ J_n for J_n, H_n in zip(J, H_L, strict=True)) / problem.N
    G += 0.3 * np.diag(weight_mask(problem.net.sizes))

    assert difference(lin.gradient(), gradient) < 1e-7                  # argued at `central`
    assert difference(matrix(lin.jvp, d), J) < 1e-7
    assert difference(matrix(lin.hessian, d), H) < 1e-7
    assert difference(matrix(lin.ggn, d), G) < 1e-7


# --- properties, on random networks

@st.composite
def linearizations(draw, losses=LOSSES):
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    names = draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), min_size=len(sizes) - 2, max_size=len(sizes) - 2))
    loss, l2 = draw(st.sampled_from(losses)), draw(st.sampled_from([0.0, 0.1]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    net, n = hf.MLP(sizes, names), draw(st.integers(1, 6))
    X, Y = rng.normal(size=(n, sizes[0])), targets(loss, rng, n, sizes[-1])
    return hf.Problem(net, loss, X, Y, l2).linearize(rng.normal(size=net.size)), rng


def close(a, b, *terms):
    """Equal up to some thousand roundings of the largest number that went into either."""
    scale = max([np.abs(t).max() for t in (a, b, *terms)])
    return np.abs(a - b).max() <= 1e-11 * scale


def product(lin, kind, seed=0):
    return (lambda v: lin.fisher(v, rng=np.random.default_rng(seed))) if kind == "fisher" else getattr(lin, kind)


@pytest.mark.parametrize("kind", ["jvp", *KINDS])
@PROPERTY
@given(linearizations(), st.floats(-3, 3), st.floats(-3, 3))
def test_products_are_linear(kind, lin_rng, s, t):
    lin, rng = lin_rng
    A = product(lin, kind)
    v, w = rng.normal(size=(2, lin.theta.size))
    Av, Aw = A(v), A(w)
    assert close(A(s * v + t * w), s * Av + t * Aw, 3 * Av, 3 * Aw)


@PROPERTY
@given(linearizations())
def test_vjp_is_linear_and_the_adjoint_of_jvp(lin_rng):
    lin, rng = lin_rng
    v, u, w = rng.normal(size=lin.theta.size), *rng.normal(size=(2, *lin.z.shape))
    Jv, JTu = lin.jvp(v), lin.vjp(u)
    assert abs(np.vdot(Jv, u) - v @ JTu) <= 1e-12 * (np.linalg.norm(Jv) * np.linalg.norm(u) +
                                                     np.linalg.norm(v) * np.linalg.norm(JTu))
    assert close(lin.vjp(2 * u - w), 2 * JTu - lin.vjp(w), JTu)


@pytest.mark.parametrize("kind", KINDS)
@PROPERTY
@given(linearizations())
def test_curvature_matrices_are_symmetric(kind, lin_rng):
    lin, _ = lin_rng
    A = matrix(product(lin, kind), lin.theta.size)
    assert close(A, A.T)


def smallest_eigenvalue(lin, kind):
    """λ_min(A), and the rounding that it may carry: some d·eps·‖A‖."""
    A = matrix(product(lin, kind), lin.theta.size)
    return np.linalg.eigvalsh((A + A.T) / 2)[0], 1e-13 * np.linalg.norm(A)


@PROPERTY
@given(linearizations(losses=MATCHING))
def test_ggn_of_a_convex_loss_is_positive_semidefinite(lin_rng):
    smallest, rounding = smallest_eigenvalue(lin_rng[0], "ggn")
    assert smallest >= -rounding


@pytest.mark.parametrize("kind", ["fisher", "empirical_fisher"])
@PROPERTY
@given(linearizations())
def test_fisher_matrices_are_positive_semidefinite_for_every_loss(kind, lin_rng):
    smallest, rounding = smallest_eigenvalue(lin_rng[0], kind)
    assert smallest >= -rounding


def test_ggn_of_the_loss_that_does_not_match_can_be_negative():
    """σ'² + (σ − y) σ'' at z = 2, y = 0: the slope squared is small, the bend is negative, the residual large."""
    net = hf.MLP([1, 1])
    problem = hf.Problem(net, hf.SigmoidSquaredError(), np.array([[1.0]]), np.array([[0.0]]))
    lin, v = problem.linearize(np.array([2.0, 0.0])), np.array([1.0, 0.0])
    s = 1 / (1 + np.exp(-2))
    assert v @ lin.ggn(v) == pytest.approx((s * (1 - s)) ** 2 + s * s * (1 - s) * (1 - 2 * s), rel=1e-12)
    assert v @ lin.ggn(v) < -0.05


def test_hessian_is_ggn_where_the_network_is_linear_in_theta():
    lin = (case := Case(1, (), hf.SoftmaxCrossEntropy())).problem().linearize(case.theta())
    assert difference(matrix(lin.hessian, lin.theta.size), matrix(lin.ggn, lin.theta.size)) < 1e-14


def test_hessian_of_a_relu_network_is_not_its_ggn():
    """act'' is 0, and yet two layers multiply their weights: the second term of H must not be lost."""
    lin = (case := Case(3, ("relu", "relu"), hf.SquaredError())).problem().linearize(case.theta())
    assert difference(matrix(lin.hessian, lin.theta.size), matrix(lin.ggn, lin.theta.size)) > 0.1


# --- Fisher, as a mean over draws of the targets

def drawn_mean(lin, v, draws):
    """Mean of F̂v over fresh draws, and the standard error of each component."""
    rng = np.random.default_rng(1)
    samples = np.stack([lin.fisher(v, rng) for _ in range(draws)])
    return samples.mean(axis=0), samples.std(axis=0) / np.sqrt(draws)


def within_five_standard_errors(mean, error, want):
    """By chance one component in 2 million lies outside; a factor 2 or ½ lies far outside, as the errors show."""
    assert np.linalg.norm(error) < 0.1 * np.linalg.norm(want)
    assert np.all(np.abs(mean - want) <= 5 * error + 1e-12)


@pytest.mark.parametrize("loss", MATCHING, ids=lambda loss: type(loss).__name__)
def test_fisher_averages_to_ggn_for_matching_losses(loss):
    case = Case(2, ("tanh",), loss)
    lin = case.problem(l2=0.1).linearize(case.theta())
    v = np.random.default_rng(0).normal(size=lin.theta.size)
    mean, error = drawn_mean(lin, v, 4000)
    within_five_standard_errors(mean, error, lin.ggn(v))


def test_fisher_averages_to_slope_squared_for_the_loss_that_does_not_match():
    """F = (1/N) Jᵀ diag(σ'²) J, which is not G."""
    case = Case(2, ("tanh",), hf.SigmoidSquaredError())
    lin = case.problem().linearize(case.theta())
    v = np.random.default_rng(0).normal(size=lin.theta.size)
    s = 1 / (1 + np.exp(-lin.z))
    want = np.einsum("nkd,nk->d", dense(case).J, (s * (1 - s)) ** 2 * lin.jvp(v)) / lin.N
    mean, error = drawn_mean(lin, v, 4000)
    within_five_standard_errors(mean, error, want)
    assert np.any(np.abs(mean - lin.ggn(v)) > 5 * error)


@BOTH
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_fisher_is_the_outer_product_of_gradients_at_the_drawn_targets(loss, dtype):
    """The same seed draws the same targets: then F̂ is the empirical Fisher of a problem with those."""
    case = Case(3, ("tanh", "relu"), loss)
    lin = case.problem(dtype, l2=0.1).linearize(case.theta(dtype))
    drawn = loss.sample(lin.z, np.random.default_rng(3))
    there = hf.Problem(lin.net, hf.SquaredError(), case.problem(dtype).X, drawn, 0.1)     # any finite target passes
    there.loss = loss
    v = np.random.default_rng(4).normal(size=lin.theta.size).astype(dtype)
    got = lin.fisher(v, rng=np.random.default_rng(3))
    assert got.dtype == dtype
    assert difference(got, there.linearize(lin.theta).empirical_fisher(v)) < 10 * np.finfo(dtype).eps


# --- what a Linearization keeps, and what it leaves alone

def every_call(lin, rng):
    v = rng.normal(size=lin.theta.size).astype(lin.theta.dtype)
    u = rng.normal(size=lin.z.shape).astype(lin.theta.dtype)
    calls = [lin.gradient, lin.squared_gradients, lambda: lin.jvp(v), lambda: lin.vjp(u)]
    calls += [lambda kind=kind: product(lin, kind)(v) for kind in KINDS]
    calls += [lambda kind=kind: lin.operator(kind, 0.1, rng=np.random.default_rng(0)) @ v for kind in KINDS]
    return calls, (v, u)


@BOTH
def test_no_product_disturbs_another_or_its_arguments(dtype):
    """Buffers are shared inside: results must be fresh arrays, and the order of the calls must not matter."""
    problem, theta, rng = DEEP.problem(dtype, l2=0.1), DEEP.theta(dtype), np.random.default_rng(0)
    lin = problem.linearize(theta)
    calls, arguments = every_call(lin, rng)
    before = [a.copy() for a in (*arguments, theta, problem.X, problem.Y, lin.z)]
    first = [call() for call in calls]
    kept = [result.copy() for result in first]
    for order in (range(len(calls)), reversed(range(len(calls))), rng.permutation(len(calls))):
        for i in order:
            np.testing.assert_array_equal(calls[i](), kept[i])
    for result, copy in zip(first, kept, strict=True):
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, copy)
    for array, copy in zip((*arguments, theta, problem.X, problem.Y, lin.z), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_a_linearization_keeps_its_own_theta():
    theta = DEEP.theta()
    lin = DEEP.problem().linearize(theta)
    gradient = lin.gradient()
    theta[:] = 0
    np.testing.assert_array_equal(lin.gradient(), gradient)


def test_vectors_need_not_be_contiguous():
    lin = DEEP.problem().linearize(np.repeat(DEEP.theta(), 2)[::2])
    v = np.random.default_rng(0).normal(size=lin.theta.size)
    for kind in KINDS:
        np.testing.assert_array_equal(product(lin, kind)(np.repeat(v, 2)[::2]), product(lin, kind)(v))


# --- operator()

@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_operator_is_the_damped_product(kind, dtype):
    lin = DEEP.problem(dtype, l2=0.1).linearize(DEEP.theta(dtype))
    v = np.random.default_rng(0).normal(size=lin.theta.size).astype(dtype)
    operator = lin.operator(kind, damping=0.7, rng=np.random.default_rng(0))
    got = operator @ v
    want = product(lin, kind)(v).astype(np.float64) + 0.7 * v
    assert operator.dtype == got.dtype == dtype
    assert operator.shape == (lin.theta.size,) * 2
    assert difference(got, want) < 10 * np.finfo(dtype).eps
    np.testing.assert_array_equal(operator.T @ v, got)                  # symmetric, and says so
    np.testing.assert_array_equal(lin.operator(kind, rng=np.random.default_rng(0)) @ v, product(lin, kind)(v))


def test_operator_takes_what_scipy_hands_over():
    lin = DEEP.problem(l2=0.1).linearize(DEEP.theta())
    operator, d = lin.operator("ggn", damping=0.5), lin.theta.size
    G = operator @ np.eye(d)                                            # SciPy passes columns (d, 1)
    assert difference(G, dense(DEEP).G + np.diag(0.1 * weight_mask(lin.net.sizes) + 0.5)) < 1e-10
    top = eigsh(operator, k=1, return_eigenvectors=False, v0=np.ones(d))
    assert top[0] == pytest.approx(np.linalg.eigvalsh(G)[-1], rel=1e-9)


def test_fisher_operator_draws_once_and_fisher_draws_anew():
    lin = DEEP.problem().linearize(DEEP.theta())
    v, rng = np.ones(lin.theta.size), np.random.default_rng(0)
    operator = lin.operator("fisher", rng=rng)
    np.testing.assert_array_equal(operator @ v, operator @ v)
    assert not np.array_equal(lin.fisher(v, rng), lin.fisher(v, rng))
    assert not np.array_equal(lin.operator("fisher", rng=rng) @ v, operator @ v)


# --- bad input

LIN = DEEP.problem().linearize(DEEP.theta())
D = LIN.theta.size
V, U = np.ones(D), np.ones(LIN.z.shape)
BAD_VECTORS = {
    "short": (V[1:], ValueError, rf"v has shape \({D - 1},\), expected \({D},\)"),
    "column": (V[:, None], ValueError, rf"v has shape \({D}, 1\), expected \({D},\)"),
    "float32": (V.astype(np.float32), TypeError, "v has dtype float32, expected float64"),
    "integers": (V.astype(int), TypeError, r"v has dtype int\d+, expected float64"),
    "float16": (V.astype(np.float16), TypeError, "v has dtype float16, expected float64"),
    "objects": (V.astype(object), TypeError, "v is an ndarray of dtype object, expected float64"),
    "complex": (V.astype(complex), TypeError, "v has dtype complex128, expected float64"),
    "list": (list(V), TypeError, "v must be a numpy array, got list"),
    "none": (None, TypeError, "v must be a numpy array, got NoneType"),
}


@pytest.mark.parametrize("kind", ["jvp", *KINDS])
@pytest.mark.parametrize("bad", BAD_VECTORS)
def test_a_bad_direction_is_named(kind, bad):
    v, error, message = BAD_VECTORS[bad]
    with pytest.raises(error, match=message):
        product(LIN, kind)(v)


@pytest.mark.parametrize("call, error, message", [
    (lambda: LIN.vjp(U[1:]), ValueError, r"u has shape \(4, 2\), expected \(5, 2\)"),
    (lambda: LIN.vjp(U[:, :1]), ValueError, r"u has shape \(5, 1\), expected \(5, 2\)"),
    (lambda: LIN.vjp(U.astype(np.float32)), TypeError, "u has dtype float32, expected float64"),
    (lambda: LIN.vjp(U.tolist()), TypeError, "u must be a numpy array, got list"),
    (lambda: LIN.fisher(V, rng=0), TypeError, r"rng must be a numpy.random.Generator .*default_rng.*got int"),
    (lambda: LIN.fisher(V, rng=np.random), TypeError, "rng must be a numpy.random.Generator .*got module"),
    (lambda: LIN.operator("fisher"), TypeError, "rng must be a numpy.random.Generator .*got NoneType"),
    (lambda: LIN.operator("gnn"), ValueError, "kind is 'gnn', expected one of 'ggn', 'hessian', 'fisher'"),
    (lambda: LIN.operator(damping=-1.0), ValueError, r"damping is -1.0, expected a number in \[0, inf\)"),
    (lambda: LIN.operator(damping=np.nan), ValueError, "damping is nan, expected"),
    (lambda: LIN.operator(damping=np.inf), ValueError, "damping is inf, expected"),
    (lambda: LIN.operator(damping="1"), TypeError, "damping must be a number, got str"),
    (lambda: LIN.operator() @ V.astype(np.float32), TypeError, "v has dtype float32, expected float64"),
])
def test_other_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("change, error, message", [
    (dict(theta=V[1:]), ValueError, rf"theta has shape \({D - 1},\), expected \({D},\)"),
    (dict(X=np.ones((5, 4))), ValueError, r"X has shape \(5, 4\), expected \(any, 3\)"),
    (dict(X=np.ones((5, 3), np.float32)), TypeError, "X has dtype float32, expected float64"),
    (dict(Y=np.ones((4, 2))), ValueError, r"Y has shape \(4, 2\), expected \(5, 2\)"),
    (dict(Y=np.ones((5, 2), int)), TypeError, r"Y has dtype int\d+, expected float64"),
    (dict(X=np.ones((0, 3)), Y=np.ones((0, 2))), ValueError, "holds no examples, expected N of at least 1"),
])
def test_a_linearization_checks_what_it_is_built_from(change, error, message):
    good = dict(net=DEEP.net, loss=DEEP.loss, X=DEEP.problem().X, Y=DEEP.problem().Y, theta=DEEP.theta())
    hf.Linearization(**good)
    with pytest.raises(error, match=message):
        hf.Linearization(**{**good, **change})
