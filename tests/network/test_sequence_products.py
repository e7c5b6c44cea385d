"""The products of a `SequenceLinearization`: against dense matrices, against differences, and their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import MATCHING, PROPERTY, altered, central, difference, matrix
from sequence_oracle import FUNCTIONS, N_IN, N_OUT, Case, N, T, dense

import hf_lib as hf
from hf_lib.network import sequence_products, time_passes

CASES = [Case(name, loss) for name in FUNCTIONS for loss in MATCHING]
CASES += [Case("tanh", hf.SoftmaxCrossEntropy(), biases=False), Case("sigmoid", hf.SquaredError(), masked=False)]
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
LAM, MU = 0.7, 0.3


def agrees(case, dtype, rtol, l2=0.0):
    """Every product against the oracle's matrices, in `dtype`."""
    problem, theta, want = case.problem(dtype, l2=l2, structural=MU), case.theta(dtype), dense(case)
    lin, d = problem.linearize(theta), theta.size
    mask = np.arange(d) < case.net.weights
    decay, squared = l2 * np.diag(mask.astype(float)), float(np.sum(case.theta()[mask] ** 2))
    assert lin.value == problem.value(theta) == pytest.approx(want.value + 0.5 * l2 * squared, rel=rtol)
    assert type(lin.value) is float
    found = {
        "z": (lin.z, want.z),
        "gradient": (lin.gradient(), want.gradient + decay @ case.theta()),
        "J": (matrix(lin.jvp, d, dtype), want.J),
        "Jᵀ": (np.stack([lin.vjp(u.reshape(lin.z.shape)) for u in np.eye(lin.z.size, dtype=dtype)]),
               want.J.reshape(-1, d)),
        "G": (matrix(lin.ggn, d, dtype), want.G + decay),
        "H": (matrix(lin.hessian, d, dtype), want.H + decay),
        "B": (matrix(lambda v: lin.damped(v, LAM), d, dtype),
              want.G + decay + LAM * np.eye(d) + MU * LAM * want.states),
        "squares": (lin.squared_gradients(), want.squares),
    }
    assert [name for name, (ours, _) in found.items() if ours.dtype != dtype] == []
    errors = {name: difference(ours, theirs) for name, (ours, theirs) in found.items()}
    assert {name: error for name, error in errors.items() if not error < rtol} == {}


# --- against the oracle. float64: 1e-10 is some 1e5 roundings. float32: 1e-4 is some 1e3.

@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_product_agrees_with_the_dense_matrix_of_autograd(case):
    agrees(case, np.float64, 1e-10, l2=0.3)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float32_agrees_too_and_stays_float32(case):
    agrees(case, np.float32, 1e-4)


@pytest.mark.parametrize("case", [case for case in CASES if case.activation in ("tanh", "softplus")], ids=str)
def test_every_product_agrees_with_central_differences(case):
    problem, theta, d = case.problem(l2=0.3), case.theta(), case.net.size
    lin = problem.linearize(theta)
    assert difference(lin.gradient(), central(problem.value, theta)) < 1e-7            # argued at `central`
    assert difference(matrix(lin.jvp, d), central(lambda t: problem.net(t, problem.X), theta)) < 1e-7
    assert difference(matrix(lin.hessian, d), central(problem.gradient, theta)) < 1e-7


def test_structural_damping_is_the_second_derivative_of_the_distance_of_the_states():
    """D = ¼ (1/N) Σ (log cosh s − h s): its Hessian at θ is the matrix, for the slope of D there is 0."""
    case, rng = Case("tanh", hf.SquaredError()), np.random.default_rng(1)
    theta, net, X = case.theta(), case.net, case.problem().X
    h = net.hidden(theta, X)[:, 1:]

    def distance(t):
        s = np.arctanh(net.hidden(t, X)[:, 1:])
        return 0.25 * np.sum(np.log(np.cosh(s)) - h * s) / N
    v, states, step = rng.normal(size=theta.size), dense(case).states, 2.0**-12
    second = (distance(theta + step * v) - 2 * distance(theta) + distance(theta - step * v)) / step**2
    assert second == pytest.approx(v @ states @ v, rel=1e-4)       # truncation step²·D⁗, rounding ε·D/step²: 1e-6 each


# --- properties, on random networks

@st.composite
def linearizations(draw):
    sizes = draw(st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 3)))
    n, steps = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    name, biases = draw(st.sampled_from(sorted(FUNCTIONS))), draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    net = hf.RNN(*sizes, name, biases)
    X, Y = rng.normal(size=(n, steps, sizes[0])), rng.uniform(0, 1, (n, steps, sizes[2]))
    mask = rng.uniform(0.1, 1, steps) if draw(st.booleans()) else None
    problem = hf.SequenceProblem(net, hf.SigmoidCrossEntropy(), X, Y, mask, draw(st.sampled_from([0.0, 0.1])), 0.5)
    return problem.linearize(rng.normal(0, 0.7, net.size)), rng


def close(a, b, *terms):
    """Equal up to some thousand roundings of the largest number that went into either."""
    return np.abs(a - b).max() <= 1e-11 * max(np.abs(t).max() for t in (a, b, *terms))


@pytest.mark.parametrize("kind", ["jvp", "ggn", "hessian", "damped"])
@PROPERTY
@given(linearizations(), st.floats(-3, 3), st.floats(-3, 3))
def test_products_are_linear(kind, lin_rng, s, t):
    lin, rng = lin_rng
    A = (lambda v: lin.damped(v, LAM)) if kind == "damped" else getattr(lin, kind)
    v, w = rng.normal(size=(2, lin.theta.size))
    Av, Aw = A(v), A(w)
    assert close(A(s * v + t * w), s * Av + t * Aw, 3 * Av, 3 * Aw)


@PROPERTY
@given(linearizations())
def test_tangent_and_reverse_are_adjoint(lin_rng):
    lin, rng = lin_rng
    v, u = rng.normal(size=lin.theta.size), rng.normal(size=lin.z.shape)
    Jv, Jtu = lin.jvp(v), lin.vjp(u)
    assert abs(np.vdot(u, Jv) - Jtu @ v) <= 1e-11 * (np.linalg.norm(u) * np.linalg.norm(Jv) + np.abs(Jtu) @ np.abs(v))


@PROPERTY
@given(linearizations())
def test_the_matrices_are_symmetric_and_what_damping_adds_is_positive_semidefinite(lin_rng):
    lin, _ = lin_rng
    d = lin.theta.size
    G, H, B = (matrix(A, d) for A in (lin.ggn, lin.hessian, lambda v: lin.damped(v, LAM)))
    for A in (G, H, B):
        assert close(A, A.T)
    for A in (G, B - G - LAM * np.eye(d)):
        assert np.linalg.eigvalsh(0.5 * (A + A.T)).min() >= -1e-12 * max(np.abs(B).max(), 1)


@PROPERTY
@given(linearizations(), st.floats(0, 10))
def test_operators_are_these_products(lin_rng, lam):
    lin, rng = lin_rng
    v = rng.normal(size=lin.theta.size)
    for kind, want in (("ggn", lin.ggn(v) + lam * v), ("hessian", lin.hessian(v) + lam * v),
                       ("damped", lin.damped(v, lam))):
        A = lin.operator(kind, lam)
        assert close(A @ v, want, lam * v) and close((A @ v[:, None])[:, 0], want, lam * v)


# --- mutations: an error of one sign, factor, step or matrix in a pass does not get through `agrees`

MUTANTS = [
    (time_passes, "    H[0] = W.h_0", "    H[0] = 0"),
    (time_passes, "        S[t] += H[t + 1]", "        S[t] -= H[t + 1]"),
    (time_passes, "        S += W.b_h", "        S += 2 * W.b_h"),
    (time_passes, "        z += W.b_o", "        z -= W.b_o"),
    (time_passes, "            np.matmul(D[t + 1], W.W_hh.T, out=T)", "            np.matmul(D[t + 1], W.W_hh, out=T)"),
    (time_passes, "            D[t] += T", "            D[t] -= T"),
    (time_passes, "            D[t] += T ", "            D[t] = T "),
    (time_passes, "        D[t] *= S[t]  ", "        D[t] *= S[t - 1]  "),
    (time_passes, "pull[1][t + 1]", "pull[1][t]"),
    (time_passes, "D[t] += np.multiply(pull[1]", "D[t] -= np.multiply(pull[1]"),
    (time_passes, "    _gather(H[:-1], D, G.W_hh)", "    _gather(H[1:], D, G.W_hh)"),
    (time_passes, "    _gather(H[1:], D_z, G.W_ho)", "    _gather(H[:-1], D_z, G.W_ho)"),
    (time_passes, "np.matmul(D[0], W.W_hh.T, out=T))", "np.matmul(D[0], W.W_hh, out=T))"),
    (time_passes, "np.matmul(D[0], W.W_hh.T, out=T))", "D[0])"),
    (time_passes, "R_S += _times(H[:-1], V.W_hh", "R_S += _times(H[1:], V.W_hh"),
    (time_passes, "        R_S += V.b_h", "        R_S -= V.b_h"),
    (time_passes, "    R_H[0] = V.h_0", "    R_H[0] = 0"),
    (time_passes, "np.matmul(R_H[t], W.W_hh, out", "np.matmul(R_H[t], W.W_hh.T, out"),
    (time_passes, "np.multiply(S[t], R_S[t], out=R_H[t + 1])", "np.multiply(1, R_S[t], out=R_H[t + 1])"),
    (time_passes, "R_z += _times(R_H[1:]", "R_z -= _times(R_H[1:]"),
    (time_passes, "        R_z += V.b_o", "        R_z += 0 * V.b_o"),
    (time_passes, "    R_D += _times(D_z", "    R_D -= _times(D_z"),
    (time_passes, "np.matmul(R_D[t + 1], W.W_hh.T", "np.matmul(R_D[t + 1], W.W_hh"),
    (time_passes, "R_D[t] += np.matmul(D[t + 1], V", "R_D[t] -= np.matmul(D[t + 1], V"),
    (time_passes, "np.matmul(D[t + 1], V.W_hh.T", "np.matmul(D[t + 1], V.W_hh"),
    (time_passes, "        R_D[t] *= S[t]", "        R_D[t] *= 1"),
    (time_passes, "R_D[t] += np.multiply(B[t], R_S[t]", "R_D[t] -= np.multiply(B[t], R_S[t]"),
    (time_passes, "np.multiply(B[t], R_S[t]", "np.multiply(B[t], R_H[t + 1]"),
    (time_passes, "G.W_hh[:] += _gather(R_H[:-1], D", "G.W_hh[:] += _gather(R_H[1:], D"),
    (time_passes, "G.W_ho[:] += _gather(R_H[1:], D_z", "G.W_ho[:] -= _gather(R_H[1:], D_z"),
    (time_passes, "G.h_0[:] += np.matmul(D[0], V.W_hh.T", "G.h_0[:] += np.matmul(D[0], V.W_hh"),
    (time_passes, "    _gather(H[:-1], R_D, G.W_hh)", "    _gather(H[1:], R_D, G.W_hh)"),
    (time_passes, "start = np.matmul(R_D[0], W.W_hh.T", "start = np.matmul(R_D[0], W.W_hh"),
    (time_passes, "np.sum(D, axis=(0, 1), out=G.b_h)", "np.sum(D[1:], axis=(0, 1), out=G.b_h)"),
    (time_passes, "np.sum(D_z, axis=(0, 1), out=G.b_o)", "np.sum(D_z[-1], axis=0, out=G.b_o)"),
    (sequence_products, "0.25 * mu * lam / self.N", "mu * lam / self.N"),
    (sequence_products, "0.25 * mu * lam / self.N", "0.25 * mu / self.N"),
    (sequence_products, "0.25 * mu * lam / self.N", "0.25 * mu * lam"),
    (sequence_products, "        u *= self.problem.shares\n", "        u /= self.N\n"),
    (sequence_products, "        u *= self.problem.shares\n", "        u *= self.problem.shares**2 * self.N\n"),
    (sequence_products, "adjoint[:-1] += D[1:]", "adjoint[:-1] -= D[1:]"),
    (sequence_products, "np.square(D.sum(axis=0))", "np.square(D).sum(axis=0)"),
    (sequence_products, "                np.matmul(A[:, n].T, delta[:, n], out=g)",
     "                np.matmul(A[:, n].T ** 2, delta[:, n] ** 2, out=g)"),
    (sequence_products, "        out *= self.N ", "        out /= self.N "),
    (sequence_products, "D[0] @ self._W.W_hh.T", "D[0] @ self._W.W_hh"),
]


@pytest.mark.parametrize("module, right, wrong", MUTANTS, ids=[f"{r.strip()} -> {w.strip()}" for _, r, w in MUTANTS])
def test_a_wrong_pass_is_noticed(monkeypatch, module, right, wrong):
    mutant = altered(module, right, wrong)
    if module is time_passes:
        monkeypatch.setattr(sequence_products, "time_passes", mutant)
    else:
        monkeypatch.setattr("hf_lib.network.sequences.SequenceLinearization", mutant.SequenceLinearization)
    with pytest.raises(AssertionError):
        agrees(Case("tanh", hf.SoftmaxCrossEntropy()), np.float64, 1e-6)


# --- what is handed out is the caller's own

@BOTH
def test_results_are_fresh_and_arguments_stay(dtype):
    case = Case("tanh", hf.SoftmaxCrossEntropy())
    problem, theta = case.problem(dtype, structural=MU), case.theta(dtype)
    lin, v, u = problem.linearize(theta), theta[::-1].copy(), problem.Y.copy()
    kept = v.copy(), u.copy()
    first = [lin.z, lin.gradient(), lin.jvp(v), lin.vjp(u), lin.ggn(v), lin.hessian(v), lin.damped(v, 0.1),
             lin.squared_gradients()]
    copies = [array.copy() for array in first]
    other = problem.linearize(-theta)                                # at the same time: buffers of its own
    for product in (other.jvp, other.ggn, other.hessian, lin.ggn, lin.hessian):
        product(2 * v)
    problem.value(-theta)
    again = [lin.z, lin.gradient(), lin.jvp(v), lin.vjp(u), lin.ggn(v), lin.hessian(v), lin.damped(v, 0.1),
             lin.squared_gradients()]
    for a, b, c in zip(first, copies, again):
        assert np.array_equal(a, b) and np.array_equal(b, c)
    assert np.array_equal(v, kept[0]) and np.array_equal(u, kept[1])


def test_buffers_are_used_again():
    case = Case("tanh", hf.SquaredError())
    problem, theta = case.problem(), case.theta()
    first = problem.linearize(theta)._a
    assert problem.linearize(theta)._a is first
    kept = problem.linearize(theta)
    assert kept._a is first and problem.linearize(theta)._a is not first


@pytest.mark.parametrize("call, message", [
    (lambda lin: lin.ggn(np.zeros(3)), "v has shape"),
    (lambda lin: lin.vjp(np.zeros((N, T + 1, N_OUT))), "u has shape"),
    (lambda lin: lin.damped(np.zeros(lin.theta.size), -1.0), "lam is -1.0"),
    (lambda lin: lin.operator("fisher"), "kind is 'fisher', expected one of 'ggn', 'hessian', 'damped'"),
    (lambda lin: lin.operator(damping=-1.0), "damping is -1.0"),
])
def test_what_does_not_fit_is_refused(call, message):
    case = Case("tanh", hf.SquaredError())
    with pytest.raises(ValueError, match=message):
        call(case.problem().linearize(case.theta()))


def test_a_number_of_another_precision_is_refused():
    case = Case("tanh", hf.SquaredError())
    assert N_IN == 2
    with pytest.raises(TypeError, match="v has dtype float64"):
        case.problem(np.float32).linearize(case.theta(np.float32)).ggn(case.theta())
