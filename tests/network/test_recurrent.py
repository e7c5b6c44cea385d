"""`RNN` and `SequenceProblem`: layout, starts, values, batches, and what is refused."""

import numpy as np
import pytest
from oracles import difference
from sequence_oracle import N_HIDDEN, N_IN, N_OUT, Case, N, T, dense, split

import hf_lib as hf

CASE = Case("tanh", hf.SoftmaxCrossEntropy())
BARE = Case("tanh", hf.SoftmaxCrossEntropy(), biases=False)


@pytest.mark.parametrize("case", [CASE, BARE, Case("softplus", hf.SquaredError())], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_outputs_and_states_are_those_of_one_step_after_the_other(case, dtype):
    theta, X, _, _ = case.numbers(dtype)
    z, h = case.net(theta, X), case.net.hidden(theta, X)
    assert z.dtype == h.dtype == dtype
    rtol = 1e-14 if dtype == np.float64 else 1e-5
    assert difference(z, dense(case).z) < rtol and difference(h[:, 1:], dense(case).h) < rtol
    assert np.array_equal(h[:, 0], np.broadcast_to(split(theta, case.biases)[-1], (N, N_HIDDEN)))


@pytest.mark.parametrize("case", [CASE, BARE], ids=str)
def test_parts_are_views_in_the_order_of_theta(case):
    theta = case.theta()
    parts, want = case.net.parts(theta), split(theta, case.biases)
    for name, other in zip(("W_vh", "W_hh", "W_ho", "b_h", "b_o", "h_0"), want):
        if case.biases or name not in ("b_h", "b_o"):
            assert np.array_equal(getattr(parts, name), other) and np.shares_memory(getattr(parts, name), theta)
    if case.biases:
        assert np.array_equal(case.net.hidden_biases(theta), parts.b_h)
    else:
        assert parts.b_h is parts.b_o is None and case.net.hidden_biases(theta).size == 0
    weights = sum(float(np.sum(np.square(W))) for W in want[:3])
    assert case.net.squared_weights(theta) == pytest.approx(weights, rel=1e-14)


def test_a_sparse_start_has_fifteen_weights_into_each_unit():
    net = hf.RNN(2, 60, 3)
    starts = [net.parts(net.init(np.random.default_rng(seed), scale=1.2)) for seed in range(30)]
    for W in starts:
        assert np.all(np.count_nonzero(W.W_hh, axis=0) == 15) and np.all(np.count_nonzero(W.W_ho, axis=0) == 15)
        assert np.all(W.W_vh != 0)                                        # fewer than 15 inputs: all
        assert not (W.b_h.any() or W.b_o.any() or W.h_0.any())
    for name, variance in (("W_vh", 0.25**2 / 15), ("W_hh", 1.2**2 / 15), ("W_ho", 1 / 15)):
        found = np.concatenate([getattr(W, name)[getattr(W, name) != 0] for W in starts])
        assert np.mean(found**2) == pytest.approx(variance, rel=4 * np.sqrt(2 / found.size))     # four standard errors


def test_an_orthogonal_start_differs_in_w_hh_alone():
    net = hf.RNN(2, 30, 3)
    W, S = (net.parts(net.init(np.random.default_rng(3), scheme, scale=2.0)) for scheme in ("orthogonal", "sparse"))
    np.testing.assert_allclose(W.W_hh.T @ W.W_hh, 4 * np.eye(30), atol=1e-13)
    assert np.array_equal(W.W_vh, S.W_vh) and np.array_equal(W.W_ho, S.W_ho)


def test_a_start_in_float32_is_the_rounded_one():
    net = hf.RNN(2, 20, 3)
    theta, rounded = (net.init(np.random.default_rng(3), dtype=dtype) for dtype in (np.float64, np.float32))
    assert rounded.dtype == np.float32 and np.array_equal(theta.astype(np.float32), rounded)


def test_a_batch_is_the_problem_of_these_sequences():
    theta, X, Y, mask = CASE.numbers()
    problem, rows = CASE.problem(l2=0.1, structural=0.2), np.array([2, 0])
    part = problem.batch(rows)
    other = hf.SequenceProblem(CASE.net, CASE.loss, X[rows], Y[rows], mask[rows], 0.1, 0.2)
    assert part.value(theta) == other.value(theta) and np.array_equal(part.gradient(theta), other.gradient(theta))
    v = theta[::-1].copy()
    assert np.array_equal(part.linearize(theta).damped(v, 0.3), other.linearize(theta).damped(v, 0.3))
    assert np.array_equal(part.X, X[rows]) and np.array_equal(part.Y, Y[rows])
    sliced = problem.batch(slice(1))
    assert sliced.N == 1 and sliced.structural == 0.2


def test_a_mask_of_steps_holds_for_every_sequence():
    theta, X, Y, _ = CASE.numbers()
    steps = np.array([0.0, 1.0, 0.0, 2.0, 0.5])
    one, all_ = (hf.SequenceProblem(CASE.net, CASE.loss, X, Y, mask) for mask in (steps, np.tile(steps, (N, 1))))
    assert one.value(theta) == all_.value(theta)


def test_masked_targets_need_not_be_targets():
    theta, X, Y, mask = CASE.numbers()
    Y = np.where(mask[..., None] == 0, 7.0, Y)
    assert hf.SequenceProblem(CASE.net, CASE.loss, X, Y, mask).value(theta) == CASE.problem().value(theta)


def test_value_and_gradient_are_both_and_predict_is_the_output():
    theta, problem = CASE.theta(), CASE.problem()
    value, gradient = problem.value_and_gradient(theta)
    assert value == problem.value(theta) and np.array_equal(gradient, problem.gradient(theta))
    p = problem.predict(theta)
    assert p.shape == (N, T, N_OUT) and np.allclose(p.sum(axis=2), 1, rtol=1e-14)
    assert (problem.size, problem.N) == (CASE.net.size, N)


def test_overflow_is_infinity_or_nan_without_a_warning():
    case = Case("linear", hf.SquaredError())
    assert not np.isfinite(case.problem().value(1e200 * case.theta()))


@pytest.mark.parametrize("make, error, message", [
    (lambda: hf.RNN(0, 3, 1), ValueError, "n_in is 0"),
    (lambda: hf.RNN(2, 3, 1, "sin"), ValueError, "activation is 'sin', expected one of 'tanh'"),
    (lambda: hf.RNN(2, 3, 1, biases=1), TypeError, "biases must be True or False"),
    (lambda: CASE.net.init(np.random.default_rng(0), "glorot"), ValueError, "scheme is 'glorot'"),
    (lambda: CASE.net.init(np.random.default_rng(0), scale=0), ValueError, "scale is 0"),
    (lambda: CASE.net.init(0), TypeError, "rng must be a numpy.random.Generator"),
    (lambda: CASE.net(CASE.theta(), np.zeros((3, N_IN))), ValueError, "X has shape"),
    (lambda: CASE.net(CASE.theta()[1:], np.zeros((3, 2, N_IN))), ValueError, "theta has shape"),
    (lambda: CASE.problem(structural=-1), ValueError, "structural is -1"),
    (lambda: CASE.problem(l2=-1), ValueError, "l2 is -1"),
    (lambda: CASE.problem().batch(np.array([], int)), ValueError, "selects no list of sequences"),
    (lambda: CASE.problem().value(CASE.theta(np.float32)), TypeError, "theta has dtype float32"),
])
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("change, error, message", [
    (dict(net=hf.MLP([2, 3])), TypeError, "net must be an RNN, got MLP"),
    (dict(X=np.zeros((0, T, N_IN))), ValueError, "expected at least one sequence"),
    (dict(Y=np.zeros((N, T + 1, N_OUT))), ValueError, "Y has shape"),
    (dict(X=np.full((N, T, N_IN), np.nan)), ValueError, "X holds NaN"),
    (dict(Y=np.full((N, T, N_OUT), 0.1)), ValueError, "no probabilities"),
    (dict(mask=np.zeros((N, T))), ValueError, "mask has a negative entry, or none above 0"),
    (dict(mask=np.full(T, -1.0)), ValueError, "mask has a negative entry"),
    (dict(mask=np.ones(N + 9)), ValueError, "mask has shape"),
    (dict(mask=np.ones((N, T), np.float32)), TypeError, "mask has dtype float32"),
])
def test_data_that_do_not_fit_are_refused(change, error, message):
    _, X, Y, mask = CASE.numbers()
    with pytest.raises(error, match=message):
        hf.SequenceProblem(**{**dict(net=CASE.net, loss=CASE.loss, X=X, Y=Y, mask=mask), **change})


# --- with the loop

def test_hessian_free_solves_with_the_problems_own_damping_and_judges_by_g():
    """The first step is the dense solution of B p = −g; ρ's promise is that of G alone."""
    problem, theta = CASE.problem(structural=0.5), CASE.theta()
    d, lin = theta.size, problem.linearize(theta)
    step = next(hf.HessianFree(problem, theta, preconditioner=None, damping=0.2, stop=None, max_cg=4 * d,
                               keep_iterates=True, backtracking=False))
    B, g = lin.operator("damped", 0.2) @ np.eye(d), lin.gradient()
    p = np.linalg.solve(B, -g)
    assert difference(step.cg.x, p) < 1e-8                   # cond(B) is below 1e3, CG stops at its rounding
    assert step.predicted == pytest.approx(-(g @ p + 0.5 * p @ lin.ggn(p)), rel=1e-8)
    assert step.rho == pytest.approx((step.before - problem.value(theta + step.cg.x)) / step.predicted, rel=1e-8)
    damped = next(hf.HessianFree(problem, theta, preconditioner=None, damping=0.2, stop=None, max_cg=4 * d,
                                 ratio="damped", backtracking=False))
    assert damped.predicted == pytest.approx(0.5 * p @ B @ p, rel=1e-8)
    products = step.cg.iterations
    assert step.cost - damped.cost == pytest.approx(4 / 3 * (1 + products - damped.cg.iterations), rel=1e-12)


@pytest.mark.parametrize("preconditioner", [None, 0.75])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_hessian_free_keeps_five_bits(preconditioner, dtype):
    data = hf.datasets.sequences.memory5(3, dtype)
    net = hf.RNN(4, 20, 3)
    problem = hf.SequenceProblem(net, hf.SoftmaxCrossEntropy(), data.X, data.Y, structural=0.03)
    theta = net.init(np.random.default_rng(0), "orthogonal", dtype=dtype)
    for step in hf.HessianFree(problem, theta, damping=0.1, preconditioner=preconditioner, max_steps=40):
        assert step.theta.dtype == dtype and step.dead == 0
        if data.solved(net(step.theta, data.X)).all():
            return
    raise AssertionError(f"not solved: f = {step.loss}")


def test_without_biases_no_unit_is_called_dead():
    step = next(hf.HessianFree(BARE.problem(), BARE.theta(), damping=1.0))
    assert np.isnan(step.dead)


def test_batches_of_sequences_train_too():
    problem, rng = CASE.problem(), np.random.default_rng(0)
    step = next(hf.HessianFree(problem, CASE.theta(), rng, damping=1.0, gradient_batch=2, curvature_batch=1))
    assert step.accepted and step.curvature_share == 0.5
    with pytest.raises(TypeError, match="linearize\\(theta\\) has no kronecker_factors"):
        next(hf.HessianFree(problem, CASE.theta(), rng, damping=1.0, preconditioner="kronecker"))
