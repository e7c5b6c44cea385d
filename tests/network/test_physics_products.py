"""A network's Laplacian and the products of its residuals: against autograd, complex steps, differences; properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import PROPERTY, altered, central, difference, matrix, weight_mask
from physics_oracle import BORDER, EQUATIONS, INTERIOR, SMOOTH, Mixture, dense, derivatives, problem

import hf_lib as hf
from hf_lib.network import forward_laplacian, laplacian_layer
from hf_lib.network.forward_laplacian import ForwardLaplacian

STACKS = [(name,) * k for name in SMOOTH for k in (1, 2)] + [
    ("tanh", "sigmoid", "softplus"), ("sin", "softplus", "tanh"), ("sigmoid", "linear", "sin")]
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every = pytest.mark.parametrize("equation", EQUATIONS, ids=repr)
stacked = pytest.mark.parametrize("stack", STACKS, ids="-".join)


def agrees(equation, stack, dtype, rtol):
    """Every product against the oracle's J, in `dtype`."""
    p, theta = problem(equation, stack, dtype)
    lin, (r, J) = p.linearize(theta), dense(equation, stack)
    d = theta.size
    assert type(lin.value) is float and lin.value == pytest.approx(0.5 * r @ r, rel=rtol)
    found = {
        "r": (lin.residual, r),
        "gradient": (lin.gradient(), J.T @ r),
        "J": (matrix(lin.jvp, d, dtype), J),
        "Jᵀ": (np.stack([lin.vjp(u) for u in np.eye(p.N, dtype=dtype)]), J),
        "G": (matrix(lin.ggn, d, dtype), J.T @ J),
        "jacobian": (lin.jacobian(), J),
        "gram": (lin.gram(), J @ J.T),
        "squares": (lin.squared_gradients(), np.sum(J * J, axis=0)),
    }
    for name, (ours, theirs) in found.items():
        assert ours.dtype == dtype, name
        assert difference(ours, theirs) < rtol, name


# --- against the oracle. float64: 1e-10 is some 1e5 roundings. float32: 1e-4 is some 1e3.

@every
@stacked
def test_every_product_agrees_with_the_dense_jacobian_of_autograd(equation, stack):
    agrees(equation, stack, np.float64, 1e-10)


@every
@pytest.mark.parametrize("stack", STACKS[-3:], ids="-".join)
def test_float32_agrees_too_and_stays_float32(equation, stack):
    agrees(equation, stack, np.float32, 1e-4)


# --- against complex steps: no autograd anywhere. (Softplus's logaddexp takes no complex numbers.)

COMPLEX = [("tanh",), ("sigmoid", "sin"), ("sin", "tanh", "sigmoid")]


def passes(p, X, theta):
    network = ForwardLaplacian(p.net, X, p.channels)
    network.forward(theta)
    return network


@every
@pytest.mark.parametrize("stack", COMPLEX, ids="-".join)
def test_slopes_and_laplacian_are_the_complex_steps_of_value_and_slopes(equation, stack):
    """Im f(x + ih)/h has no cancellation: 1e-12 is some 1e4 roundings."""
    every_slope = type("EverySlope", (type(equation),), {"slopes": tuple(range(equation.dimensions))})
    p, theta = problem(every_slope(**vars(equation)), stack)
    network, h, total = passes(p, p.X, theta), 1e-30, 0.0
    for k, c in enumerate(p.equation.weights):
        moved = passes(p, p.X + 1j * h * np.eye(p.X.shape[1])[k], theta.astype(complex))
        assert difference(network.out.slopes[k], moved.out.inside.imag / h) < 1e-12
        total = total + c * moved.out.slopes[k].imag / h
    assert difference(network.out.laplacian, total) < 1e-12


@every
@pytest.mark.parametrize("stack", COMPLEX, ids="-".join)
def test_the_tangent_is_the_complex_step_along_v(equation, stack):
    p, theta = problem(equation, stack)
    v, h = np.random.default_rng(5).normal(size=theta.size), 1e-30
    tangent, moved = passes(p, p.X, theta).tangent(v), passes(p, p.X.astype(complex), theta + 1j * h * v)
    assert difference(tangent.all, moved.out.all.imag / h) < 1e-12


@every
def test_every_product_agrees_with_central_differences(equation):
    p, theta = problem(equation, ("softplus", "tanh"), l2=0.3)
    lin, d = p.linearize(theta), theta.size
    J = central(lambda t: p.linearize(t).residual.copy(), theta)
    G = J.T @ J + 0.3 * np.diag(weight_mask(p.net.sizes))
    assert difference(lin.gradient(), central(p.value, theta)) < 1e-7      # argued at `central`
    assert difference(matrix(lin.jvp, d), J) < 1e-7
    assert difference(matrix(lin.ggn, d), G) < 1e-7


def test_one_hidden_layer_is_a_closed_form():
    """Δu = Σ_j c_j |w_j|² tanh''(s_j)."""
    p, theta = problem(hf.equations.PoissonSine(2), ("tanh",))
    (W, b), (c, _) = p.net.layers(theta)
    a = np.tanh(p.X @ W + b)
    laplacian = (-2 * a * (1 - a * a) * np.sum(W * W, axis=0)) @ c[:, 0]
    r = (-laplacian - p.equation.source(p.X))[:INTERIOR] / np.sqrt(INTERIOR)
    assert difference(p.linearize(theta).residual[:INTERIOR], r) < 1e-13


# --- properties, on random networks

@st.composite
def linearizations(draw):
    equation = draw(st.sampled_from(EQUATIONS))
    widths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    names = tuple(draw(st.lists(st.sampled_from(SMOOTH), min_size=len(widths), max_size=len(widths))))
    l2, weight = draw(st.sampled_from([0.0, 0.1])), draw(st.sampled_from([0.1, 1.0, 30.0]))
    seed = draw(st.integers(0, 2**32 - 1))
    p, theta = problem(equation, names, border_weight=weight, l2=l2, widths=widths, seed=seed)
    rows = draw(st.lists(st.integers(0, p.N - 1), min_size=1, max_size=p.N, unique=True))
    if draw(st.booleans()):
        p = p.batch(np.array(rows))
    return p.linearize(theta), np.random.default_rng(len(rows))


def close(a, b, *terms):
    """Equal up to some thousand roundings of the largest number that went into either."""
    scale = max([np.abs(t).max() for t in (a, b, *terms)])
    return np.abs(a - b).max() <= 1e-11 * scale


@pytest.mark.parametrize("kind", ["jvp", "ggn"])
@PROPERTY
@given(linearizations(), st.floats(-3, 3), st.floats(-3, 3))
def test_products_are_linear(kind, lin_rng, s, t):
    lin, rng = lin_rng
    A = getattr(lin, kind)
    v, w = rng.normal(size=(2, lin.theta.size))
    Av, Aw = A(v), A(w)
    assert close(A(s * v + t * w), s * Av + t * Aw, 3 * Av, 3 * Aw)


@PROPERTY
@given(linearizations())
def test_tangent_and_reverse_are_adjoint_and_jacobian_is_both(lin_rng):
    lin, rng = lin_rng
    v, u, J = rng.normal(size=lin.theta.size), rng.normal(size=lin.N), lin.jacobian()
    Jv, Jtu = lin.jvp(v), lin.vjp(u)
    assert abs(u @ Jv - Jtu @ v) <= 1e-11 * (np.abs(u) @ np.abs(J) @ np.abs(v) + 1e-300)
    assert close(Jv, J @ v, np.abs(J) @ np.abs(v)) and close(Jtu, J.T @ u, np.abs(J.T) @ np.abs(u))
    assert close(lin.squared_gradients(), np.sum(J * J, axis=0))
    mask = weight_mask(lin.net.sizes)
    assert close(lin.gram(0.2, 3.0), J * (0.2 * mask + 3.0 * (1 - mask)) @ J.T)


@PROPERTY
@given(linearizations())
def test_g_is_symmetric_and_positive_semidefinite(lin_rng):
    lin, rng = lin_rng
    G = matrix(lin.ggn, lin.theta.size)
    assert close(G, G.T)
    assert np.linalg.eigvalsh(0.5 * (G + G.T)).min() >= -1e-12 * np.abs(G).max()


@PROPERTY
@given(linearizations())
def test_kronecker_factors_are_symmetric_positive_semidefinite_and_of_the_right_shape(lin_rng):
    lin, _ = lin_rng
    factors, sizes = lin.kronecker_factors(), lin.net.sizes
    assert [(A.shape, S.shape) for A, S in factors] == [((n + 1, n + 1), (m, m)) for n, m in zip(sizes, sizes[1:])]
    for F in (F for pair in factors for F in pair):
        assert close(F, F.T)
        assert np.linalg.eigvalsh(F).min() >= -1e-12 * np.abs(F).max()


# --- mutations: an error of one sign, factor or channel in a pass does not get through `agrees`

MUTANTS = [
    (laplacian_layer, "A.laplacian += np.multiply(s, Z", "A.laplacian -= np.multiply(s, Z"),
    (laplacian_layer, "np.multiply(s, z_k, out=a_k)", "np.multiply(t, z_k, out=a_k)"),
    (laplacian_layer, "np.multiply(t, self._q, out=A.laplacian)", "np.multiply(s, self._q, out=A.laplacian)"),
    (laplacian_layer, "R_a_k += np.multiply(t_R_z, z[k]", "R_a_k -= np.multiply(t_R_z, z[k]"),
    (laplacian_layer, "R_a_k += np.multiply(t_R_z, z[k]", "R_a_k += np.multiply(t_R_z, z[0]"),
    (laplacian_layer, "        R_q *= 2", "        R_q *= 1"),
    (laplacian_layer, "R_A.laplacian += np.multiply(self._slope_of_laplacian()", "R_A.laplacian += np.multiply(t"),
    (laplacian_layer, "R_A.laplacian += np.multiply(s, R_Z", "R_A.laplacian += np.multiply(t, R_Z"),
    (laplacian_layer, "        x *= 2", "        x *= 1"),
    (laplacian_layer, "z_bar *= c[k]", "z_bar *= c[0]"),
    (laplacian_layer, "target *= c", "target *= 1"),
    (laplacian_layer, "Z_bar.slopes[k] += gather", "Z_bar.slopes[k] -= gather"),
    (laplacian_layer, "Z_bar.slopes[k] += gather", "Z_bar.slopes[-1 - k] += gather"),
    (laplacian_layer, "Z_bar.inside += x", "Z_bar.inside -= x"),
    (laplacian_layer, "np.multiply(s, A_bar.laplacian, out=Z_bar", "np.multiply(t, A_bar.laplacian, out=Z_bar"),
    (laplacian_layer, "P *= self._q", "P += self._q"),
    (laplacian_layer, "P += np.multiply(self._t", "P -= np.multiply(self._t"),
    (forward_laplacian, "Z[l].value += W", "Z[l].all += W"),
    (forward_laplacian, "R_Z[l + 1].value += V[l][-1]", "R_Z[l + 1].all += V[l][-1]"),
    (forward_laplacian, "R_Z[l + 1].all += scratch[l + 1]",
     "R_Z[l + 1].value += scratch[l + 1][:len(R_Z[l + 1].value)]"),
    (forward_laplacian, "G[0][self.channels.coordinates] +=", "G[0][self.channels.coordinates] -="),
    (forward_laplacian, "np.sum(z_bar.value, axis=0", "np.sum(z_bar.inside, axis=0"),
]


@pytest.mark.parametrize("module, right, wrong", MUTANTS, ids=[f"{right} -> {wrong}" for _, right, wrong in MUTANTS])
def test_a_wrong_pass_is_noticed(monkeypatch, module, right, wrong):
    mutant = altered(module, right, wrong)
    if module is laplacian_layer:
        monkeypatch.setattr(forward_laplacian, "HiddenLayer", mutant.HiddenLayer)
    else:
        monkeypatch.setattr("hf_lib.network.residuals.ForwardLaplacian", mutant.ForwardLaplacian)
    with pytest.raises(AssertionError):
        agrees(Mixture(), ("tanh", "sigmoid", "softplus"), np.float64, 1e-6)


def test_the_border_weight_is_on_the_border_alone():
    equation = hf.equations.Heat()
    plain, theta = problem(equation, ("tanh",), border_weight=1.0)
    heavy, _ = problem(equation, ("tanh",), border_weight=9.0)
    r, R = plain.linearize(theta).residual, heavy.linearize(theta).residual
    np.testing.assert_allclose(R, r * np.repeat([1.0, 3.0], [INTERIOR, BORDER]), rtol=1e-14)


def test_the_oracle_knows_the_laplacian_of_a_square():
    """The oracle itself, on a network that is nearly a paraboloid: softplus'' = ¼ at 0."""
    net = hf.MLP([2, 1, 1], "softplus")
    theta = np.array([0.1, 0.2, 0.0, 1.0, 0.0])
    u, _, Lu = derivatives(net, hf.equations.PoissonSine(2), theta, np.zeros((1, 2)))
    np.testing.assert_allclose([u[0], Lu[0]], [np.log(2), 0.25 * (0.1**2 + 0.2**2)], rtol=1e-14)
