"""First-order methods against their textbook recurrences, and L-BFGS through SciPy."""
import numpy as np
import pytest

import hf_lib as hf


class Bowl:
    """f(θ) = ½ θᵀ A θ − bᵀ θ, with its calls counted."""

    A, b = np.diag([1.0, 4.0, 10.0]), np.array([1.0, -2.0, 5.0])
    N = 1

    def __init__(self):
        self.calls = 0

    def value(self, theta):
        return 0.5 * float(theta @ self.A @ theta) - float(self.b @ theta)

    def gradient(self, theta):
        self.calls += 1
        return self.A @ theta - self.b


START = np.array([3.0, -1.0, 2.0])


def sine(N=40, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (N, 1)).astype(dtype)
    net = hf.MLP([1, 6, 1])
    return hf.Problem(net, hf.SquaredError(), X, np.sin(3 * X)), net.init(rng, dtype=dtype)


FULL = [lambda p, t, **k: hf.GradientDescent(p, t, 0.05, **k), lambda p, t, **k: hf.SGD(p, t, 0.05, **k),
        lambda p, t, **k: hf.Momentum(p, t, 0.02, **k), lambda p, t, **k: hf.NAG(p, t, 0.02, **k),
        lambda p, t, **k: hf.Adam(p, t, 0.01, **k)]
names = ["GradientDescent", "SGD", "Momentum", "NAG", "Adam"]
every_method = pytest.mark.parametrize("make", FULL, ids=names)


# --- against the formulas

def test_gradient_descent_is_its_closed_form():
    problem, eta = Bowl(), 0.15
    best = np.linalg.solve(problem.A, problem.b)
    factor = 1 - eta * np.diag(problem.A)                      # θ_k − θ* = (I − ηA)ᵏ (θ₀ − θ*)
    for step in hf.GradientDescent(problem, START, eta, max_steps=20):
        np.testing.assert_allclose(step.theta, best + factor ** step.index * (START - best), rtol=1e-12)
        assert step.step_size == eta


def test_momentum_is_the_heavy_ball():
    problem, eta, mu = Bowl(), 0.05, 0.8
    before, theta = START, START
    for step in hf.Momentum(problem, START, eta, momentum=mu, max_steps=15):
        before, theta = theta, theta - eta * problem.gradient(theta) + mu * (theta - before)
        np.testing.assert_allclose(step.theta, theta, rtol=1e-12, atol=1e-13)


def test_nag_is_nesterovs_two_sequences():
    problem, eta, mu = Bowl(), 0.05, 0.8
    x, y = START, START                                        # y is the look-ahead point of x
    for step in hf.NAG(problem, START, eta, momentum=mu, max_steps=15):
        x_before, x = x, y - eta * problem.gradient(y)
        y = x + mu * (x - x_before)
        np.testing.assert_allclose(step.theta, y, rtol=1e-12, atol=1e-13)


def test_momentum_may_change_from_step_to_step():
    problem, eta, mu = Bowl(), 0.05, lambda k: min(1 - 0.5 / (k + 1), 0.8)
    theta, v = START, np.zeros(3)
    for k, step in enumerate(hf.Momentum(problem, START, eta, momentum=mu, max_steps=15)):
        v = mu(k) * v - eta * problem.gradient(theta)
        theta = theta + v
        np.testing.assert_allclose(step.theta, theta, rtol=1e-12, atol=1e-13)
    x, y = START, START
    for k, step in enumerate(hf.NAG(problem, START, eta, momentum=mu, max_steps=15)):
        x_before, x = x, y - eta * problem.gradient(y)
        y = x + mu(k + 1) * (x - x_before)
        np.testing.assert_allclose(step.theta, y, rtol=1e-12, atol=1e-13)


def test_momentum_zero_is_gradient_descent_and_nag_is_not_momentum():
    last = lambda optimiser: list(optimiser)[-1].theta
    plain = last(hf.GradientDescent(Bowl(), START, 0.05, max_steps=10))
    for method in (hf.Momentum, hf.NAG):
        np.testing.assert_allclose(last(method(Bowl(), START, 0.05, momentum=0.0, max_steps=10)), plain, rtol=1e-13)
    heavy, nag = (last(m(Bowl(), START, 0.05, max_steps=10)) for m in (hf.Momentum, hf.NAG))
    assert np.linalg.norm(heavy - nag) > 1e-3


def test_adam_is_its_algorithm():
    problem, eta, b1, b2, eps = Bowl(), 0.1, 0.8, 0.95, 1e-3
    theta, m, s = START.copy(), 0.0, 0.0
    for k, step in enumerate(hf.Adam(problem, START, eta, beta1=b1, beta2=b2, eps=eps, max_steps=20), start=1):
        g = problem.gradient(theta)
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * g ** 2
        theta = theta - eta * (m / (1 - b1 ** k)) / (np.sqrt(s / (1 - b2 ** k)) + eps)
        np.testing.assert_allclose(step.theta, theta, rtol=1e-11, atol=1e-13)


def test_adams_first_step_has_the_length_of_its_rate():
    step = next(hf.Adam(Bowl(), START, 0.1))
    np.testing.assert_allclose(np.abs(step.theta - START), 0.1, rtol=1e-7)


def test_sgd_is_gradient_descent_on_each_batch():
    problem, theta = sine()
    order = np.random.default_rng(5).permutation(40)
    steps = hf.SGD(problem, theta, 0.1, batch=10, rng=np.random.default_rng(5), max_steps=3)
    for k, step in enumerate(steps):
        batch, following = (problem.batch(order[10 * i:10 * i + 10]) for i in (k, k + 1))
        theta = theta - 0.1 * batch.gradient(theta)
        np.testing.assert_allclose(step.theta, theta, rtol=1e-12)
        assert step.loss == pytest.approx(following.value(theta), rel=1e-12)


def test_sgd_sees_each_example_once_an_epoch():
    problem, theta = sine()
    seen = []

    class Watched:
        N = problem.N

        def batch(self, rows):
            seen.append(rows)
            return problem.batch(rows)
    list(hf.SGD(Watched(), theta, 0.1, batch=8, rng=np.random.default_rng(0), max_steps=9))
    assert len(seen) == 10                                     # one batch ahead
    for epoch in (seen[:5], seen[5:]):
        assert sorted(np.concatenate(epoch)) == list(range(40))


def test_a_learning_rate_may_be_a_schedule():
    ks = []

    def rate(k):
        ks.append(k)
        return 0.1 / (k + 1)
    steps = list(hf.GradientDescent(Bowl(), START, rate, max_steps=4))
    assert ks == [0, 1, 2, 3] and [step.step_size for step in steps] == [0.1 / (k + 1) for k in range(4)]


# --- records

@every_method
def test_records_hold_the_loss_at_their_own_theta(make):
    problem, theta = sine()
    before = theta.copy()
    steps = list(make(problem, theta, max_steps=12))
    assert [step.index for step in steps] == list(range(1, 13))
    for step in steps:
        assert step.loss == pytest.approx(problem.value(step.theta), rel=1e-12)
    assert steps[-1].loss < problem.value(theta)
    np.testing.assert_array_equal(theta, before)


@every_method
def test_cost_is_one_gradient_a_step_and_one_at_the_start(make):
    problem = Bowl()
    for step in make(problem, START, max_steps=6):
        assert step.cost == problem.calls == step.index + 1


@pytest.mark.parametrize("method", [hf.SGD, hf.Momentum, hf.NAG, hf.Adam])
def test_cost_on_batches(method):
    problem, theta = sine()
    *_, step = method(problem, theta, 0.01, batch=10, rng=np.random.default_rng(0), max_steps=7)
    assert step.cost == pytest.approx(8 / 4)


@every_method
def test_every(make):
    problem, theta = sine()
    all_steps = {step.index: step for step in make(problem, theta, max_steps=10)}
    some = list(make(problem, theta, max_steps=10, every=4))
    assert [step.index for step in some] == [4, 8, 10]         # and the last one in any case
    for step in some:
        np.testing.assert_array_equal(step.theta, all_steps[step.index].theta)
        assert (step.loss, step.cost) == (all_steps[step.index].loss, all_steps[step.index].cost)


@every_method
def test_float32_stays_float32(make):
    problem, theta = sine(dtype=np.float32)
    for step in make(problem, theta, max_steps=5):
        assert step.theta.dtype == np.float32


@pytest.mark.parametrize("make", [
    lambda p, t: hf.GradientDescent(p, t, 1e9), lambda p, t: hf.Momentum(p, t, 1e9), lambda p, t: hf.NAG(p, t, 1e9),
    lambda p, t: hf.SGD(p, t, 1e9, batch=10, rng=np.random.default_rng(0)), lambda p, t: hf.Adam(p, t, 1e160),
], ids=["GradientDescent", "Momentum", "NAG", "SGD", "Adam"])
def test_divergence_ends_the_loop_with_the_last_good_theta(make):
    X = np.random.default_rng(0).standard_normal((40, 2))
    problem = hf.Problem(hf.MLP([2, 1]), hf.SquaredError(), X, X[:, :1].copy())
    optimiser = make(problem, np.ones(3))
    steps = list(optimiser)
    assert len(steps) < 100
    assert optimiser.reason == f"loss or gradient is not finite after step {len(steps) + 1}"
    assert np.isfinite(optimiser.theta).all() and np.isfinite(problem.value(optimiser.theta))
    assert all(np.isfinite(step.loss) for step in steps)
    if steps:
        np.testing.assert_array_equal(optimiser.theta, steps[-1].theta)
    assert next(optimiser, None) is None


def test_a_bad_start_is_called_so():
    problem, theta = sine()
    optimiser = hf.GradientDescent(problem, theta * 1e200, 0.1)
    assert list(optimiser) == [] and optimiser.reason == "loss or gradient is not finite after step 0"


def test_an_autograd_problem_trains_as_its_twin():
    problem, theta = sine()
    twin = hf.autodiff.Problem(hf.autodiff.network(problem.net), hf.autodiff.mean_loss(problem.loss),
                               problem.X, problem.Y)
    for make in FULL:
        a, b = (list(make(p, theta, max_steps=5))[-1] for p in (problem, twin))
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-9)


@pytest.mark.parametrize("make, error, words", [
    (lambda: hf.GradientDescent(Bowl(), START, 0.0), ValueError, "learning_rate is 0.0"),
    (lambda: hf.GradientDescent(Bowl(), START, "0.1"), TypeError, "learning_rate must be a number"),
    (lambda: hf.GradientDescent(Bowl(), START, 0.1, every=0), ValueError, "every is 0"),
    (lambda: hf.GradientDescent(Bowl(), START.astype(int), 0.1), TypeError, "theta has dtype int"),
    (lambda: hf.SGD(Bowl(), START, 0.1, batch=2), ValueError, "batch is 2, expected at least 1 and at most 1"),
    (lambda: hf.SGD(Bowl(), START, 0.1, batch=1), TypeError, "rng must be a numpy.random.Generator"),
    (lambda: hf.Momentum(Bowl(), START, 0.1, momentum=1.0), ValueError, "momentum is 1.0"),
    (lambda: hf.NAG(Bowl(), START, 0.1, momentum=-0.1), ValueError, "momentum is -0.1"),
    (lambda: hf.Adam(Bowl(), START, beta1=1.0), ValueError, "beta1 is 1.0"),
    (lambda: hf.Adam(Bowl(), START, beta2=-0.5), ValueError, "beta2 is -0.5"),
    (lambda: hf.Adam(Bowl(), START, eps=0.0), ValueError, "eps is 0.0"),
    (lambda: hf.LBFGS(Bowl(), START, 0), ValueError, "max_steps is 0"),
    (lambda: hf.LBFGS(Bowl(), START, None), TypeError, "max_steps must be a whole number"),
    (lambda: hf.LBFGS(Bowl(), START, 5, memory=0), ValueError, "memory is 0"),
])
def test_bad_arguments_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


# --- ends, and NumPy's scalars

@every_method
def test_a_loop_whose_theta_no_longer_changes_ends(make):
    class Flat:
        value = staticmethod(lambda theta: 1.0)
        gradient = staticmethod(lambda theta: np.zeros_like(theta))
    loop = make(Flat(), START)
    assert len(list(loop)) == 100 and loop.reason == "θ has not changed in 100 steps"
    resumed = make(Flat(), START)
    for _ in range(40):
        next(resumed)
    assert len(list(make(Flat(), START).restore(resumed.state()))) == 60


def test_gradient_descent_ends_at_the_minimum():
    loop = hf.GradientDescent(Bowl(), START, 0.1)
    steps = list(loop)
    np.testing.assert_allclose(steps[-1].theta, np.linalg.solve(Bowl.A, Bowl.b), rtol=1e-14)
    assert len(steps) < 1000 and loop.reason == "θ has not changed in 100 steps"


@pytest.mark.parametrize("make", [
    lambda p, t: hf.SGD(p, t, lambda k: np.float64(0.01)), lambda p, t: hf.Adam(p, t, np.float64(0.01)),
    lambda p, t: hf.Adam(p, t, beta1=np.float64(0.9), beta2=np.float64(0.99), eps=np.float64(1e-8)),
    lambda p, t: hf.NAG(p, t, 1e-3, momentum=lambda k: 1 - 1 / np.sqrt(k + 5)),
    lambda p, t: hf.Momentum(p, t, np.float64(1e-3), momentum=np.float64(0.9)),
    lambda p, t: hf.GaussNewton(p, t, damping=np.float64(1.0), line_search=True),
], ids=["SGD", "Adam", "Adam's own", "NAG", "Momentum", "GaussNewton"])
def test_numpy_scalars_do_not_promote_float32(make):
    problem, theta = sine(dtype=np.float32)
    loop = make(problem, theta)
    for _ in range(3):
        step = next(loop)
        assert step.theta.dtype == np.float32 and type(step.loss) is type(step.step_size) is float


@pytest.mark.parametrize("make, error, words", [
    (lambda: hf.SGD(Bowl(), START, lambda k: np.nan), ValueError, r"learning_rate\(0\) is nan"),
    (lambda: hf.SGD(Bowl(), START, lambda k: None), TypeError, r"learning_rate\(0\) must be a number, got NoneType"),
    (lambda: hf.NAG(Bowl(), START, 0.1, momentum=lambda k: -1), ValueError, r"momentum\(0\) is -1"),
    (lambda: hf.NAG(Bowl(), START, np.array([0.1], object)), TypeError, "got an ndarray of dtype object"),
])
def test_what_a_schedule_returns_is_checked(make, error, words):
    with pytest.raises(error, match=words):
        next(make())


# --- L-BFGS

def test_lbfgs_finds_the_minimum_of_a_quadratic():
    problem = Bowl()
    optimiser = hf.LBFGS(problem, START, max_steps=30)
    steps = list(optimiser)
    np.testing.assert_allclose(steps[-1].theta, np.linalg.solve(problem.A, problem.b), rtol=1e-6)
    assert [step.index for step in steps] == list(range(1, len(steps) + 1)) and len(steps) < 30
    assert isinstance(optimiser.reason, str) and next(optimiser, None) is None


def test_lbfgs_records():
    problem, theta = sine()
    optimiser, cost = hf.LBFGS(problem, theta, max_steps=25), 0.0
    for k, step in enumerate(optimiser, start=1):
        assert step.index == optimiser.index == k
        assert step.loss == pytest.approx(problem.value(step.theta), rel=1e-12)
        assert step.cost >= cost + 1 and step.cost == int(step.cost) and np.isnan(step.step_size)
        cost = step.cost
        np.testing.assert_array_equal(optimiser.theta, step.theta)
    assert k == 25 and step.loss < 0.1 * problem.value(theta)


def test_lbfgs_counts_every_gradient():
    problem = Bowl()
    *_, step = hf.LBFGS(problem, START, max_steps=3)
    assert step.index == 3 and step.cost == problem.calls


def test_lbfgs_hands_back_float32():
    problem, theta = sine(dtype=np.float32)
    steps = list(hf.LBFGS(problem, theta, max_steps=5))
    assert {step.theta.dtype for step in steps} == {np.dtype(np.float32)} and steps
    assert steps[-1].loss == pytest.approx(problem.value(steps[-1].theta), rel=1e-5)


def test_lbfgs_memory_matters():
    problem, theta = sine()
    last = lambda m: list(hf.LBFGS(problem, theta, max_steps=20, memory=m))[-1].loss
    assert last(10) < last(1)


def test_lbfgs_says_why_it_ended():
    class Scaled(Bowl):
        def __init__(self, scale):
            super().__init__()
            self.scale = scale

        def value(self, theta):
            return self.scale * super().value(theta)

        def gradient(self, theta):
            return self.scale * super().gradient(theta)
    for scale in (1e-300, 1e-20, 1e20, 1e300):
        optimiser = hf.LBFGS(Scaled(scale), START, 50)
        steps = list(optimiser)
        assert optimiser.reason and not optimiser.reason.endswith(":")
        assert all(np.isfinite(step.loss) for step in steps)
    nowhere = hf.LBFGS(Scaled(np.inf), START, 50)
    assert list(nowhere) == [] and nowhere.reason == "loss or gradient is not finite at the start"


def test_lbfgs_interrupted_is_as_before():
    class Interrupted(Bowl):
        def gradient(self, theta):
            if self.calls == 4:
                self.calls += 1
                raise KeyboardInterrupt
            return super().gradient(theta)
    optimiser = hf.LBFGS(Interrupted(), START, 10)
    with pytest.raises(KeyboardInterrupt):
        next(optimiser)
    assert (optimiser.index, optimiser.cost, optimiser.reason) == (0, 0.0, None)
    assert [step.loss for step in optimiser] == [step.loss for step in hf.LBFGS(Bowl(), START, 10)]


# --- stopped and resumed

@pytest.mark.parametrize("make", [
    lambda p, t, rng: hf.SGD(p, t, 0.1, batch=7, rng=rng, max_steps=12),
    lambda p, t, rng: hf.Momentum(p, t, 0.05, batch=7, rng=rng, max_steps=12),
    lambda p, t, rng: hf.NAG(p, t, 0.05, batch=7, rng=rng, max_steps=12),
    lambda p, t, rng: hf.Adam(p, t, 1e-2, batch=7, rng=rng, max_steps=12),
    lambda p, t, rng: hf.GradientDescent(p, t, 0.1, max_steps=12),
], ids=["SGD", "Momentum", "NAG", "Adam", "GradientDescent"])
def test_resumed_is_as_never_interrupted(make, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 2))
    problem = hf.Problem(hf.MLP([2, 4, 1]), hf.SquaredError(), X, X[:, :1] ** 2)
    theta = problem.net.init(rng)
    whole, first = list(make(problem, theta, np.random.default_rng(1))), make(problem, theta, np.random.default_rng(1))
    for _ in range(5):
        next(first)
    state = first.state()
    first.save(tmp_path / "run.npz")
    rest = list(first)                                        # goes on, and must not change what was saved
    for saved in (state, tmp_path / "run.npz"):
        again = list(make(problem, theta, np.random.default_rng(99)).restore(saved))
        for a, b, c in zip(whole[5:], rest, again, strict=True):
            assert np.array_equal(a.theta, b.theta) and np.array_equal(a.theta, c.theta)
            assert (a.index, a.loss, a.cost) == (c.index, c.loss, c.cost)
    with pytest.raises(ValueError, match="state was saved with"):
        hf.NAG(problem, theta, 0.1).restore(
            hf.Adam(problem, theta, 0.1).state())


def test_a_state_can_be_restored_again_and_again():
    problem, theta = sine()
    loop = hf.Adam(problem, theta, 0.01)
    for _ in range(5):
        next(loop)
    state = loop.state()
    runs = [[next(loop.restore(state)).loss] + [next(loop).loss for _ in range(5)] for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]
    loop.restore(state)
    state["theta"] += 1                                        # the loop has its own
    assert next(loop).loss == runs[0][0]


def falling(k):
    return 0.1 / (k + 1)


@pytest.mark.parametrize("make, other", [
    (lambda p, t: hf.Adam(p, t, 0.01), lambda p, t: hf.Adam(p, t, 5.0)),
    (lambda p, t: hf.Adam(p, t, 0.01), lambda p, t: hf.Adam(p, t, 0.01, beta1=0.1)),
    (lambda p, t: hf.Adam(p, t, 0.01), lambda p, t: hf.Adam(p, t, 0.01, every=2)),
    (lambda p, t: hf.NAG(p, t, 0.01), lambda p, t: hf.NAG(p, t, 0.01, momentum=0.5)),
    (lambda p, t: hf.SGD(p, t, falling), lambda p, t: hf.SGD(p, t, 0.1)),
    (lambda p, t: hf.SGD(p, t, 0.1), lambda p, t: hf.SGD(p, t, 0.1, batch=5, rng=np.random.default_rng(0))),
    (lambda p, t: hf.SGD(p, t, 0.1), lambda p, t: hf.GradientDescent(p, t, 0.1)),
], ids=["rate", "beta1", "every", "momentum", "schedule", "batch", "method"])
def test_other_settings_are_refused(make, other):
    problem, theta = sine()
    state = make(problem, theta).state()
    with pytest.raises(ValueError, match="state was saved with .*, this loop has"):
        other(problem, theta).restore(state)
    make(problem, theta).restore(state)                        # the same ones, made anew, are not


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_a_long_gradient_is_shortened_and_a_short_one_is_left(dtype):
    """f = ½‖θ‖²: the gradient is θ, (3, 4) of length 5, then (2.4, 3.2) of length 4."""
    class Bowl:
        def value(self, theta):
            return 0.5 * float(theta @ theta)

        def gradient(self, theta):
            return theta.copy()
    start = np.array([3.0, 4.0], dtype)
    first, second = hf.SGD(Bowl(), start, 0.5, clip=2.0, max_steps=2)
    np.testing.assert_allclose(first.theta, [3 - 0.6, 4 - 0.8], rtol=1e-6)
    np.testing.assert_allclose(second.theta, [2.4 - 0.6, 3.2 - 0.8], rtol=1e-6)
    assert first.theta.dtype == dtype
    free, wide = (next(hf.Momentum(Bowl(), start, 0.5, clip=clip)).theta for clip in (None, 5.1))
    assert np.array_equal(free, wide)


@pytest.mark.parametrize("clip, error", [(0, ValueError), (-1.0, ValueError), ("1", TypeError)])
def test_a_clip_that_is_no_length_is_refused(clip, error):
    with pytest.raises(error, match="clip"):
        hf.Adam(None, np.zeros(2), 0.1, clip=clip)
