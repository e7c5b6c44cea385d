"""Stochastic meta-descent against a literal transcription, its limits, its costs, and how it ends."""
import numpy as np
import pytest

import hf_lib as hf

PRODUCTS = pytest.mark.parametrize("product", ["ggn", "hessian"])


def regions(dtype=np.float64, n=60):
    data = hf.datasets.four_regions(n, np.random.default_rng(0), dtype)
    net = hf.MLP([2, 5, 4])
    problem = hf.Problem(net, hf.SoftmaxCrossEntropy(), data.X, data.Y)
    return problem, net.init(np.random.default_rng(1), dtype=dtype)


class Bowl:
    """f(θ) = ½ θᵀ A θ − bᵀ θ; G and H are both A. Its products are counted."""

    N = 1

    def __init__(self, A, b):
        self.A, self.b, self.products = A, b, 0

    def linearize(self, theta):
        return Linear(self, theta)


class Linear:
    def __init__(self, bowl, theta):
        self.bowl, self.theta = bowl, theta
        self.value = 0.5 * float(theta @ bowl.A @ theta) - float(bowl.b @ theta)

    def gradient(self):
        return self.bowl.A @ self.theta - self.bowl.b

    def ggn(self, v):
        self.bowl.products += 1
        return self.bowl.A @ v


BOWL = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]]), np.array([1.0, -2.0, 5.0])


def transcribed(problem, theta, p, mu, lam, floor, product, batches):
    """Schraudolph's three lines, one parameter at a time."""
    v = np.zeros_like(theta)
    for batch in batches:
        lin = batch.linearize(theta)
        g, Cv = lin.gradient(), getattr(lin, product)(v)
        for i in range(theta.size):
            p[i] *= max(floor, 1 - mu * v[i] * g[i])
            theta[i] -= p[i] * g[i]
            v[i] = lam * v[i] - p[i] * g[i] - lam * p[i] * Cv[i]
        yield theta, p, v


@PRODUCTS
def test_it_is_the_method_written_out(product):
    problem, theta = regions()
    setting = dict(mu=3.0, decay=0.9, floor=0.8)
    order = np.random.default_rng(5).permutation(60)
    batches = [problem.batch(order[10 * i:10 * i + 10]) for i in range(6)]
    mine = transcribed(problem, theta.copy(), np.full(theta.size, 0.3), 3.0, 0.9, 0.8, product, batches)
    loop = hf.SMD(problem, theta, 0.3, product=product, batch=10, rng=np.random.default_rng(5), max_steps=6, **setting)
    fell = 0
    for step, (expected, p, v) in zip(loop, mine, strict=True):
        np.testing.assert_allclose(step.theta, expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(step.step_sizes, p, rtol=1e-12)
        np.testing.assert_allclose(step.trace, v, rtol=1e-11, atol=1e-14)
        assert step.step_size == np.median(step.step_sizes)
        fell += np.sum(np.isclose(p, 0.3 * 0.8 ** (step.index - 1), rtol=1e-12))
    assert fell > 0                                          # the floor held somewhere, all the way


def test_each_parameter_has_a_step_size_of_its_own_from_the_start():
    problem, theta = regions()
    p = np.geomspace(0.01, 1, theta.size)
    step = next(hf.SMD(problem, theta, p))
    np.testing.assert_allclose(step.theta, theta - p * problem.gradient(theta), rtol=1e-14)
    assert step.step_size == np.median(p)


def test_without_a_meta_rate_it_is_sgd():
    problem, theta = regions()
    common = dict(batch=10, max_steps=20)
    sgd = list(hf.SGD(problem, theta, 0.2, rng=np.random.default_rng(3), **common))
    smd = list(hf.SMD(problem, theta, 0.2, mu=0.0, rng=np.random.default_rng(3), **common))
    for a, b in zip(sgd, smd, strict=True):
        np.testing.assert_allclose(a.theta, b.theta, rtol=0, atol=1e-12)
        assert b.loss == pytest.approx(a.loss, rel=1e-12)


def test_v_is_the_derivative_of_theta_by_the_logarithm_of_the_step_sizes():
    """λ = 1 and C = H, with µ = 0: the derivative along the whole trajectory, by central differences."""
    problem, theta = regions()
    p, e = np.geomspace(0.02, 0.5, theta.size), 1e-6
    *_, step = hf.SMD(problem, theta, p, mu=0.0, decay=1.0, product="hessian", max_steps=8)

    def end(ln_p):
        *_, last = hf.SMD(problem, theta, np.exp(ln_p), mu=0.0, max_steps=8)
        return last.theta
    direction = np.ones(theta.size)                          # the recursion is exact for one factor common to all p
    difference = (end(np.log(p) + e * direction) - end(np.log(p) - e * direction)) / (2 * e)
    # differences: e² · f''' and rounding / e, both near 1e-10
    np.testing.assert_allclose(step.trace, difference, rtol=1e-6, atol=1e-8)


def test_with_theta_held_v_tends_to_the_newton_step():
    A, b = BOWL
    theta = np.array([1.0, 1.0, -1.0])
    loop = hf.SMD(Bowl(A, b), theta, np.array([0.1, 0.2, 0.3]), mu=0.0, decay=1.0)
    for _ in range(400):                                     # I − pA contracts by less than 0.93
        next(loop)
        loop.theta = theta
        loop._evaluate(theta, 0)
    np.testing.assert_allclose(loop.trace, -np.linalg.solve(A, A @ theta - b), rtol=1e-9)


@pytest.mark.parametrize("product, price", [("ggn", 7 / 3), ("hessian", 3)])
def test_the_cost_is_a_gradient_and_a_product(product, price):
    problem, theta = regions()
    *_, step = hf.SMD(problem, theta, product=product, batch=15, rng=np.random.default_rng(0), max_steps=7)
    assert step.cost == pytest.approx(8 / 4 * price)
    bowl = Bowl(*BOWL)
    *_, step = hf.SMD(bowl, np.ones(3), max_steps=5)
    assert bowl.products == 6 and step.cost == pytest.approx(6 * 7 / 3)


@PRODUCTS
def test_float32_stays_float32(product):
    problem, theta = regions(np.float32)
    rate = np.full(theta.size, 0.1, np.float32)
    for learning_rate in (0.1, np.float64(0.1), rate):
        for step in hf.SMD(problem, theta, learning_rate, mu=0.05, decay=0.99, product=product, max_steps=4):
            assert step.theta.dtype == step.step_sizes.dtype == step.trace.dtype == np.float32
    assert (rate == np.float32(0.1)).all()


@PRODUCTS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_goes_on_bit_for_bit(product, dtype, tmp_path):
    problem, theta = regions(dtype)

    def loop(seed=4):
        return hf.SMD(problem, theta, 0.2, product=product, batch=7, rng=np.random.default_rng(seed), max_steps=30)
    whole, first = list(loop()), loop()
    records = [next(first) for _ in range(11)]
    first.save(tmp_path / "state.npz")
    again = loop(seed=99).restore(tmp_path / "state.npz")
    records += list(again)
    for a, b in zip(whole, records, strict=True):
        assert (a.index, a.loss, a.cost, a.step_size) == (b.index, b.loss, b.cost, b.step_size)
        for name in ("theta", "step_sizes", "trace"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_another_setting_is_refused():
    problem, theta = regions()
    state = hf.SMD(problem, theta, 0.1).state()
    for other in (dict(mu=0.1), dict(decay=0.5), dict(product="hessian"), dict(floor=0.4), dict(learning_rate=0.2)):
        with pytest.raises(ValueError, match="was saved with"):
            hf.SMD(problem, theta, **(dict(learning_rate=0.1) | other)).restore(state)


def test_an_interrupted_step_can_be_taken_again():
    problem, theta = regions()
    stop = [False]

    class Stopping:
        N = problem.N

        def batch(self, rows):
            return self

        def linearize(self, theta):
            if stop[0]:
                raise KeyboardInterrupt
            return problem.linearize(theta)
    loop = hf.SMD(Stopping(), theta, batch=10, rng=np.random.default_rng(0))
    next(loop)
    before, stop[0] = loop.state(), True
    with pytest.raises(KeyboardInterrupt):
        next(loop)
    for name, value in loop.state().items():
        np.testing.assert_array_equal(value, before[name])


# ---- how it ends

def test_it_says_why_it_diverged():
    problem, theta = regions()
    loop = hf.SMD(problem, theta, 1e308, mu=0.0)
    list(loop)
    assert loop.reason.startswith("loss or gradient is not finite after step")
    assert np.isfinite(loop.theta).all()


def test_v_that_overflows_along_negative_curvature_is_named():
    saddle = Bowl(np.diag([1.0, -1e6]), np.zeros(2))
    loop = hf.SMD(saddle, np.array([1.0, 0.0]), 0.5, mu=0.0, decay=1.0)
    loop.trace = np.array([0.0, 1e-3])                       # θ stays where it is along the second axis, v does not
    list(loop)
    assert loop.reason.startswith("v, which follows the curvature") and np.isfinite(loop.theta).all()


def test_step_sizes_that_have_all_fallen_to_zero_end_the_loop():
    rng = np.random.default_rng(0)

    class Noise:
        """A gradient of a random sign each time: v and g disagree half of the time, by far."""

        N = 1
        value = 0.0

        def linearize(self, theta):
            return self

        def gradient(self):
            return rng.choice([-1.0, 1.0], size=2)

        def ggn(self, v):
            return np.full_like(v, 1e6) * np.sign(rng.normal(size=2))
    loop = hf.SMD(Noise(), np.zeros(2), 1e-3, mu=1e-9, floor=1e-9, decay=0.0, max_steps=3)
    loop.step_sizes = np.zeros(2)
    list(loop)
    assert loop.reason == "every step size p has fallen to zero after step 0"


@pytest.mark.parametrize("arguments, error, text", [
    (dict(learning_rate=0.0), ValueError, "learning_rate is 0"),
    (dict(learning_rate=lambda k: 0.1), TypeError, "learning_rate must be a number"),
    (dict(learning_rate=np.ones(3)), ValueError, "learning_rate has shape"),
    (dict(learning_rate=np.ones(39, np.float32)), TypeError, "learning_rate has dtype float32"),
    (dict(learning_rate=np.r_[-1.0, np.ones(38)]), ValueError, "learning_rate holds -1"),
    (dict(mu=-0.1), ValueError, "mu is -0.1"),
    (dict(decay=1.1), ValueError, "decay is 1.1"),
    (dict(floor=0.0), ValueError, "floor is 0"),
    (dict(floor=1.0), ValueError, "floor is 1"),
    (dict(product="fisher"), ValueError, "product is 'fisher'"),
    (dict(batch=10), TypeError, "rng"),
    (dict(clip=1.0), TypeError, "clip"),
])
def test_bad_arguments_are_named(arguments, error, text):
    problem, theta = regions()
    with pytest.raises(error, match=text):
        hf.SMD(problem, theta, **arguments)


def test_a_problem_without_products_is_refused():
    surface = hf.datasets.surfaces.ravine()
    with pytest.raises(TypeError, match="no linearize"):
        hf.SMD(surface, surface.start)
    with pytest.raises(TypeError, match="no hessian: pass product='ggn'"):
        next(hf.SMD(Bowl(*BOWL), np.ones(3), product="hessian"))
