"""The Hessian-free loop: each device, rejection, resuming, cost, and any object as a problem."""
from types import SimpleNamespace

import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_lib as hf


def sine(N=60, sizes=(1, 8, 1), seed=0, dtype=np.float64, l2=0.0):
    """A small regression problem and a θ to start from."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (N, 1)).astype(dtype)
    net = hf.MLP(sizes)
    problem = hf.Problem(net, hf.SquaredError(), X, np.sin(4 * X), l2=l2)
    return problem, net.init(rng, dtype=dtype)


def linear(seed=0, N=30, n=4, m=2):
    """Linear net and squared error: f is an exact quadratic in θ with Hessian G."""
    rng = np.random.default_rng(seed)
    X, Y = rng.standard_normal((N, n)), rng.standard_normal((N, m))
    net = hf.MLP([n, m])
    return hf.Problem(net, hf.SquaredError(), X, Y), net.init(rng)


def same(a, b):
    """Two records alike to the last bit, but for the time they took."""
    np.testing.assert_array_equal(a.theta, b.theta)
    np.testing.assert_array_equal(a.cg.phi, b.cg.phi)
    for name in ("index", "loss", "rho", "damping", "step_size", "chosen", "cost", "accepted", "note"):
        assert getattr(a, name) == getattr(b, name), name


class Wrapped:
    """A problem seen through a counter, and through `twist`, which may spoil its value."""

    def __init__(self, problem, counts=None, twist=lambda theta, f: f):
        self.problem, self.twist = problem, twist
        self.counts = dict.fromkeys(["value", "gradient", "linearize", "ggn", "squared"], 0.0) \
            if counts is None else counts
        self.N = problem.N
        self.whole = problem.N if counts is None else None

    def count(self, name):
        self.counts[name] += self.N / self.whole

    def value(self, theta):
        self.count("value")
        return self.twist(theta, self.problem.value(theta))

    def value_and_gradient(self, theta):
        self.count("gradient")
        return self.problem.value_and_gradient(theta)

    def batch(self, index):
        part = type(self)(self.problem.batch(index), self.counts, self.twist)
        part.whole = self.whole
        return part

    def linearize(self, theta):
        lin = self.problem.linearize(theta)
        self.count("linearize")

        def counted(name, f):
            def g(*arguments):
                self.count(name)
                return f(*arguments)
            return g
        return SimpleNamespace(value=lin.value, gradient=counted("gradient", lin.gradient),
                               ggn=counted("ggn", lin.ggn),
                               squared_gradients=counted("squared", lin.squared_gradients))


# --- an exact quadratic

@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 1.0, 45.0]), st.sampled_from([None, 0.75]))
def test_rho_is_one_on_an_exact_quadratic_and_it_converges(seed, damping, preconditioner):
    problem, theta = linear(seed)
    A = np.c_[problem.X, np.ones(problem.N)]
    best = 0.5 * np.linalg.lstsq(A, problem.Y, rcond=None)[1].sum() / problem.N
    steps = list(hf.HessianFree(problem, theta, damping=damping, preconditioner=preconditioner, max_steps=30))
    for step in steps:
        if step.gradient_norm > 1e-4:                          # f₀ − f₁ is not yet all rounding
            assert abs(step.rho - 1) < 1e-6 and step.accepted
    assert steps[0].damping == damping and steps[1].damping == damping / 1.5
    assert steps[-1].loss - best < 1e-10


def test_with_the_damping_in_the_model_rho_is_above_one():
    problem, theta = linear()
    with_it = next(hf.HessianFree(problem, theta, damping=10.0, ratio="damped", backtracking=False))
    without = next(hf.HessianFree(problem, theta, damping=10.0, ratio="undamped", backtracking=False))
    p = without.theta - theta
    q = -(problem.gradient(theta) @ p + 0.5 * p @ problem.linearize(theta).ggn(p))
    np.testing.assert_array_equal(with_it.theta, without.theta)
    assert without.rho == pytest.approx(1, abs=1e-10)
    assert with_it.rho == pytest.approx(q / (q - 0.5 * 10.0 * p @ p), rel=1e-10)


def test_one_step_is_the_dense_damped_solve():
    problem, theta = linear()
    lin = problem.linearize(theta)
    G = hf.autodiff.dense(lin.ggn, theta.size)
    p = np.linalg.solve(G + 3.0 * np.eye(theta.size), -lin.gradient())
    step = next(hf.HessianFree(problem, theta, damping=3.0, stop=None, backtracking=False, max_steps=1))
    np.testing.assert_allclose(step.theta, theta + p, rtol=1e-10, atol=1e-12)
    assert step.gradient_norm == pytest.approx(np.linalg.norm(lin.gradient()))


# --- the devices

def test_the_loss_never_rises_on_all_data():
    for seed in range(3):
        problem, theta = sine(seed=seed)
        losses = [problem.value(theta)]
        for step in hf.HessianFree(problem, theta, damping=0.001, max_steps=25):
            losses.append(step.loss)
            assert step.loss == pytest.approx(problem.value(step.theta), rel=1e-12)
        assert np.all(np.diff(losses) <= 0) and losses[-1] < 0.1 * losses[0]


CHANGES = [dict(damping_factor=1.0), dict(ratio="damped"), dict(warm_start=0.0), dict(stop=None), dict(max_cg=3),
           dict(preconditioner=None), dict(preconditioner=0.5), dict(backtracking=False), dict(damping=1.0)]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_each_switch_does_something_and_the_loop_still_learns(change):
    problem, theta = sine()
    base = list(hf.HessianFree(problem, theta, damping=0.1, max_steps=12))
    other = list(hf.HessianFree(problem, theta, **{"damping": 0.1, "max_steps": 12, **change}))
    seen = lambda steps: [(step.theta.tobytes(), step.rho) for step in steps]
    assert seen(base) != seen(other)
    assert other[-1].loss < 0.5 * problem.value(theta)


def test_damping_follows_the_rule_from_record_to_record():
    problem, theta = sine()
    steps = list(hf.HessianFree(problem, theta, damping=1e-4, max_steps=25))
    assert all(step.accepted for step in steps)
    for step, following in zip(steps, steps[1:]):
        assert following.damping == hf.levenberg_marquardt(step.damping, step.rho)
    assert {np.sign(b.damping - a.damping) for a, b in zip(steps, steps[1:])} >= {-1, 1}
    fixed = hf.HessianFree(problem, theta, damping=1e-4, damping_factor=1.0, max_steps=25)
    assert {step.damping for step in fixed} == {1e-4}


def test_warm_start_is_the_last_solution_times_its_factor():
    problem, theta = sine()
    first, second = hf.HessianFree(problem, theta, damping=0.1, warm_start=0.9, keep_iterates=True,
                                   backtracking=False, max_steps=2)
    lin = problem.linearize(first.theta)
    x0 = 0.9 * first.cg.x
    phi0 = lin.gradient() @ x0 + 0.5 * x0 @ (lin.ggn(x0) + second.damping * x0)
    assert second.cg.phi[0] == pytest.approx(phi0, rel=1e-10) and phi0 != 0
    cold = list(hf.HessianFree(problem, theta, damping=0.1, warm_start=0.0, max_steps=3))
    assert all(step.cg.phi[0] == 0 for step in cold)


def test_cg_stops_by_the_rule_it_was_given():
    problem, theta = sine()
    assert next(hf.HessianFree(problem, theta, damping=1e-4, max_cg=4)).cg.reason == "iteration limit"
    assert next(hf.HessianFree(problem, theta, damping=1e-4)).cg.reason == "relative progress"
    own = next(hf.HessianFree(problem, theta, stop=lambda phi: "two" if len(phi) > 2 else None))
    assert (own.cg.reason, own.cg.iterations) == ("two", 2)


def test_backtracking_takes_the_iterate_where_f_stops_falling():
    problem, theta = sine()
    looked_back = 0
    options = dict(damping=1e-5, keep_iterates=True, line_search=False, stop=None, max_cg=40, max_steps=10)
    for step in hf.HessianFree(problem, theta, **options):
        f = [problem.value(theta + x) for x in step.cg.iterates]
        at = step.cg.kept.index(step.chosen)
        assert all(f[i] < f[i + 1] for i in range(at, len(f) - 1))     # falling on the way back to it
        assert at == 0 or f[at - 1] >= f[at]                           # and not beyond
        if step.accepted:
            np.testing.assert_array_equal(step.theta, theta + step.cg.iterates[at])
        looked_back += step.chosen < step.cg.iterations
        theta = step.theta
    assert looked_back > 0
    plain = list(hf.HessianFree(problem, theta, backtracking=False, max_steps=5))
    assert all(step.chosen == step.cg.iterations for step in plain)


def test_line_search_shortens_what_the_full_step_would_spoil():
    problem, theta = sine()
    options = dict(damping=1e-6, backtracking=False, preconditioner=None)
    full = next(hf.HessianFree(problem, theta, line_search=False, **options))
    short = next(hf.HessianFree(problem, theta, line_search=True, **options))
    assert (full.accepted, full.step_size, full.note) == (False, 0.0, "rejected: f did not fall")
    np.testing.assert_array_equal(full.theta, theta)
    assert short.accepted and 0 < short.step_size < 1 and short.note == "sufficient decrease"
    np.testing.assert_allclose(short.theta, theta + short.step_size * short.cg.x, rtol=1e-14)
    good = next(hf.HessianFree(problem, theta, damping=10.0, line_search=False))
    assert (good.accepted, good.step_size, good.note) == (True, 1.0, "full step")


def test_keep_iterates():
    problem, theta = sine()
    step = next(hf.HessianFree(problem, theta, keep_iterates=True))
    assert step.cg.kept[-1] == step.cg.iterations and len(step.cg.iterates) == len(step.cg.kept) > 1
    np.testing.assert_array_equal(step.cg.iterates[-1], step.cg.x)
    without = next(hf.HessianFree(problem, theta))
    assert without.cg.iterates == () == without.cg.kept
    np.testing.assert_array_equal(without.cg.x, step.cg.x)


@pytest.mark.parametrize("preset", hf.PRESETS)
def test_presets_train(preset):
    problem, theta = sine(N=1000)
    rng = np.random.default_rng(0)
    *_, step = hf.HessianFree(problem, theta, rng, preset=preset, max_steps=120)
    assert step.loss < 0.2 * problem.value(theta)
    assert hf.HessianFree(problem, theta, rng, preset=preset).settings == hf.PRESETS[preset]


def test_the_floor_holds_lambda_up_and_lets_it_grow_again():
    problem, theta = sine()
    steps = list(hf.HessianFree(problem, theta, damping=0.05, damping_floor=0.03, max_steps=25))
    dampings = [step.damping for step in steps]
    assert dampings.count(0.03) > 3 and min(dampings) == 0.03
    spoilt = Wrapped(problem, twist=lambda t, f: f if np.array_equal(t, theta) else np.inf)
    grown = hf.HessianFree(spoilt, theta, damping=0.03, damping_floor=0.03, max_steps=2)
    assert [step.damping for step in grown] == [0.03, pytest.approx(0.045)]


def test_the_floor_may_rise_and_does_so_at_the_step_whose_number_it_is_given():
    problem, theta = sine()
    ks = []

    def rising(k):
        ks.append(k)
        return 0.5 if k >= 7 else 0.03
    steps = list(hf.HessianFree(problem, theta, damping=0.05, damping_floor=rising, max_steps=12))
    fixed = list(hf.HessianFree(problem, theta, damping=0.05, damping_floor=0.03, max_steps=7))
    assert ks == list(range(1, 13))                            # λ of the step after k steps; the first one's is given
    assert [step.damping for step in steps[:7]] == [step.damping for step in fixed]
    assert steps[6].damping < 0.5 and min(step.damping for step in steps[7:]) == steps[7].damping == 0.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_floor_that_stays_is_the_number_bit_for_bit(dtype):
    problem, theta = sine(dtype=dtype)
    number, function = (hf.HessianFree(problem, theta, np.random.default_rng(0), damping=0.05, gradient_batch=40,
                                       curvature_batch=20, damping_floor=floor, max_steps=12)
                        for floor in (0.03, lambda k: np.float64(0.03)))
    for a, b in zip(number, function, strict=True):
        same(a, b)
        assert b.theta.dtype == function.warm.dtype == dtype and type(b.damping) is float


@pytest.mark.parametrize("returned, error, words", [
    (np.nan, ValueError, r"damping_floor\(1\) is nan"), (-0.1, ValueError, r"damping_floor\(1\) is -0.1"),
    (np.inf, ValueError, r"damping_floor\(1\) is inf"),
    (None, TypeError, r"damping_floor\(1\) must be a number, got NoneType"),
])
def test_what_a_floor_returns_is_checked(returned, error, words):
    problem, theta = sine()
    with pytest.raises(error, match=words):
        next(hf.HessianFree(problem, theta, damping_floor=lambda k: returned))


def test_a_loop_with_a_floor_that_rises_goes_on_where_it_was_saved():
    def rising(k):
        return 0.5 if k >= 7 else 0.03

    def make(floor=rising):
        return hf.HessianFree(*sine(), damping=0.05, damping_floor=floor, max_steps=12)
    whole, cut = list(make()), make()
    for _ in range(6):
        next(cut)
    for a, b in zip(whole[6:], make().restore(cut.state()), strict=True):
        same(a, b)
    with pytest.raises(ValueError, match=r"damping_floor=.*rising.* this loop has .*damping_floor=0.03"):
        make(0.03).restore(cut.state())


def test_the_record_holds_what_rho_is_made_of():
    problem, theta = sine()
    for step in hf.HessianFree(problem, theta, damping=1.0, line_search=False, max_steps=10):
        assert step.accepted and step.before == problem.value(theta)
        assert step.rho == (step.before - step.loss) / step.predicted
        assert step.curvature_share == 1 and step.plain_iterations is None and step.dead == 0
        theta = step.theta
    rng = np.random.default_rng(0)
    assert next(hf.HessianFree(problem, theta, rng, gradient_batch=40, curvature_batch=10)).curvature_share == 0.25


def test_squared_gradients_that_overflow_end_the_loop_with_a_reason():
    class Large(hf.Problem):
        def linearize(self, theta):
            lin = super().linearize(theta)
            lin.squared_gradients = lambda: np.full(theta.shape, np.float32(1e30)) ** 2   # they cancel in g
            return lin
    plain, theta = sine(dtype=np.float32)
    loop = hf.HessianFree(Large(plain.net, plain.loss, plain.X, plain.Y), theta)
    assert list(loop) == []
    assert "the preconditioner is not finite, before step 1" in loop.reason
    np.testing.assert_array_equal(loop.theta, theta)


def test_dead_units_are_counted():
    rng = np.random.default_rng(0)
    net = hf.MLP([2, 4, 3, 1], "relu")
    theta = net.init(rng)
    net.layers(theta)[0][1][:2] = -100                             # two of seven never speak
    problem = hf.Problem(net, hf.SquaredError(), rng.standard_normal((50, 2)), rng.standard_normal((50, 1)))
    alive = np.mean(np.concatenate([b for _, b in net.layers(problem.gradient(theta))[:-1]]) == 0)
    step = next(hf.HessianFree(problem, theta))
    assert step.dead == alive >= 2 / 7


def test_plain_cg_beside_the_preconditioned_changes_nothing_but_the_cost():
    problem, theta = sine()
    alone = list(hf.HessianFree(problem, theta, damping=0.01, max_steps=4))
    beside = list(hf.HessianFree(problem, theta, damping=0.01, compare_plain=True, max_steps=4))
    for a, b in zip(alone, beside):
        np.testing.assert_array_equal(a.theta, b.theta)
        assert 1 <= b.plain_iterations <= b.cg.iterations and b.cost > a.cost


# --- rejection

@pytest.mark.parametrize("line_search", [True, False])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_step_that_is_not_finite_is_rejected(bad, line_search):
    problem, theta = sine()
    spoilt = Wrapped(problem, twist=lambda t, f: f if np.array_equal(t, theta) else bad)
    loop = hf.HessianFree(spoilt, theta, damping=1.0, line_search=line_search)
    for k in range(3):
        step = next(loop)
        np.testing.assert_array_equal(step.theta, theta)
        assert (step.accepted, step.step_size, step.rho) == (False, 0.0, -np.inf)
        assert step.note.startswith("rejected: ") and step.loss == problem.value(theta)
        assert step.damping == 1.5 ** k and loop.damping == 1.5 ** (k + 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_it_gets_past_a_region_where_the_loss_is_not_finite(bad):
    problem, theta = sine()
    far = lambda t, f: bad if np.linalg.norm(t - theta) > 0.5 else f
    steps = list(hf.HessianFree(Wrapped(problem, twist=far), theta, damping=1e-4, backtracking=False,
                                line_search=False, max_steps=25))
    assert not steps[0].accepted and any(step.accepted for step in steps)
    assert all(np.linalg.norm(step.theta - theta) <= 0.5 and np.isfinite(step.loss) for step in steps)


def test_it_ends_after_too_many_rejections():
    problem, theta = sine()
    spoilt = Wrapped(problem, twist=lambda t, f: np.inf)
    loop = hf.HessianFree(spoilt, theta)
    assert len(list(loop)) == 30 and loop.reason == "30 rejected steps in a row"
    np.testing.assert_array_equal(loop.theta, theta)


def test_only_rejections_in_a_row_count():
    problem, theta = sine()
    spoil = []
    loop = hf.HessianFree(Wrapped(problem, twist=lambda t, f: np.inf if spoil else f), theta)
    for _ in range(2):
        spoil.append(True)
        assert not any(next(loop).accepted for _ in range(29))
        spoil.clear()
        assert next(loop).accepted
    assert loop.reason is None


def test_it_ends_where_there_is_nothing_to_do_or_nothing_can_be_done():
    X = np.ones((3, 1))
    flat = hf.HessianFree(hf.Problem(hf.MLP([1, 1]), hf.SquaredError(), X, X), np.array([1.0, 0.0]))
    assert list(flat) == [] and flat.reason == "gradient is zero"
    problem, theta = sine()
    huge = hf.HessianFree(problem, theta * 1e200)
    assert list(huge) == [] and "not finite before step 1" in huge.reason


def test_a_converged_loop_ends_by_itself():
    """With all defaults, on linear regression: this once ended in a ZeroDivisionError."""
    for dtype in (np.float64, np.float32):
        rng = np.random.default_rng(0)
        X = rng.standard_normal((50, 2)).astype(dtype)
        problem = hf.Problem(hf.MLP([2, 1]), hf.SquaredError(), X, np.tanh(X[:, :1] - X[:, 1:]))
        loop = hf.HessianFree(problem, problem.net.init(rng, dtype=dtype))
        steps = list(loop)
        best = 0.5 * np.linalg.lstsq(np.c_[X, np.ones(50)], problem.Y)[1].sum() / 50
        assert len(steps) < 60 and loop.reason.startswith("f can no longer be lowered in this precision: a step")
        assert steps[-1].loss == pytest.approx(best, rel=10 * float(np.finfo(dtype).eps))
        assert 3 < sum(not step.accepted for step in steps[-10:]) and hf.diagnose(steps, loop.reason) == ()


@pytest.mark.parametrize("preconditioner", [None, 0.75, "kronecker"])
def test_an_interpolating_fit_ends_by_itself_and_is_no_sickness(preconditioner):
    """f is a difference of nearly equal numbers here, and known far worse than to ε·f."""
    X = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    problem = hf.Problem(hf.MLP([1, 10, 1]), hf.SquaredError(), X, np.exp(X))
    for seed in range(3):
        rng = np.random.default_rng(seed)
        loop = hf.HessianFree(problem, problem.net.init(rng, dtype=np.float32), rng, damping=1.0, max_steps=2000,
                              preconditioner=preconditioner)
        steps = list(loop)
        assert loop.reason.startswith("f can no longer be lowered") and steps[-1].loss < 1e-5
        assert all(step.loss < step.before for step in steps if step.accepted)
        assert hf.diagnose(steps, loop.reason) == ()


def test_a_softmax_regression_in_float32_ends_by_itself():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        X, Y = rng.standard_normal((60, 4)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 60)]
        problem = hf.Problem(hf.MLP([4, 3]), hf.SoftmaxCrossEntropy(), X, Y, l2=1e-3)
        loop = hf.HessianFree(problem, problem.net.init(rng, dtype=np.float32), max_steps=500)
        steps = list(loop)
        assert loop.reason.startswith("f can no longer be lowered") and hf.diagnose(steps, loop.reason) == ()
        assert steps[-1].gradient_norm < 1e-5


def test_a_damping_that_hides_every_step_is_named():
    problem, theta = sine(dtype=np.float32)
    loop = hf.HessianFree(problem, theta, damping=1e13)
    assert len(list(loop)) == 4
    assert loop.reason.startswith("λ = 3.4e+13 is too large for this precision: a step promises ")


@pytest.mark.parametrize("scale, words", [(1e-24, "underflows float32"), (1e22, "overflows float32")])
def test_a_gradient_whose_square_is_no_number_is_named(scale, words):
    class Scaled:
        value = staticmethod(lambda t: scale * float(np.sum(t)))
        gradient = staticmethod(lambda t: np.full_like(t, scale))
        linearize = staticmethod(lambda t: SimpleNamespace(ggn=lambda v: v))
    loop = hf.HessianFree(Scaled(), np.ones(3, np.float32), preconditioner=None)
    assert list(loop) == [] and loop.reason == f"the square of the gradient's norm {words} before step 1"


def test_a_batch_without_a_gradient_is_a_rejected_step_and_no_end():
    X = np.r_[np.zeros((4, 1)), np.ones((1, 1))]                   # four examples are fitted already, one is not
    problem = hf.Problem(hf.MLP([1, 1]), hf.SquaredError(), X, 2 * X)
    loop = hf.HessianFree(problem, np.array([1.0, 0.0]), np.random.default_rng(2), gradient_batch=1, max_steps=20)
    steps = list(loop)
    assert loop.reason == "step limit" and {step.accepted for step in steps} == {True, False}


def test_a_step_that_leaves_theta_as_it_is_is_rejected_whatever_value_says():
    problem, theta = sine()

    class TwoPaths(Wrapped):                                       # its value is lower than linearize's, everywhere
        def value(self, theta):
            return super().value(theta) * (1 - 1e-12)
    loop = hf.HessianFree(TwoPaths(problem), theta + 0.1, damping=1e40, preconditioner=None)
    steps = list(loop)
    assert not any(step.accepted for step in steps) and steps[0].note == "rejected: θ does not change"
    X = problem.X[:, [0, 0]]
    line = hf.Problem(hf.MLP([2, 1]), hf.SquaredError(), X, problem.Y)
    loop = hf.HessianFree(TwoPaths(line), np.ones(3), max_steps=500)
    losses = [step.loss for step in loop]
    assert loop.reason != "step limit" and all(np.diff(losses) <= 0)


def test_a_dead_unit_without_damping_does_not_overflow_the_preconditioner():
    net = hf.MLP([1, 2, 1], "relu")
    theta = np.array([1.0, 1.0, 0.5, -9.0, 1.0, 1.0, 0.0])         # the second unit is dead, and weight decay pulls it
    X = np.linspace(0, 1, 9)[:, None]
    problem = hf.Problem(net, hf.SquaredError(), X, X, l2=0.1)
    steps = list(hf.HessianFree(problem, theta, damping=0.0, max_steps=3))
    assert steps[0].accepted and steps[0].dead == 0.5 and steps[0].cg.reason != "not finite"


# --- float32, global state, records

def test_float32_stays_float32():
    problem, theta = sine(dtype=np.float32, l2=1e-4)
    loop = hf.HessianFree(problem, theta, np.random.default_rng(0), damping=0.1, gradient_batch=40,
                          curvature_batch=20, keep_iterates=True, max_steps=8)
    for step in loop:
        assert step.theta.dtype == step.cg.x.dtype == np.float32
        assert {x.dtype for x in step.cg.iterates} == {np.dtype(np.float32)}
    assert loop.warm.dtype == np.float32 and problem.value(loop.theta) < problem.value(theta)


@pytest.mark.parametrize("name, value", [
    ("warm_start", 0.9), ("damping", 0.1), ("damping_factor", 1.2), ("damping_floor", 0.01), ("preconditioner", 0.5),
])
def test_numpy_scalars_as_settings_do_not_promote_float32(name, value):
    problem, theta = sine(dtype=np.float32)
    plain = hf.HessianFree(problem, theta, **{name: value, "max_steps": 4})
    loop = hf.HessianFree(problem, theta, **{name: np.float64(value), "max_steps": 4})
    for a, b in zip(plain, loop, strict=True):
        same(a, b)
        assert b.theta.dtype == loop.warm.dtype == np.float32 and type(b.damping) is float
    assert repr(loop.settings) == repr(plain.settings)
    loop.restore(plain.state())


def test_a_gradient_of_another_dtype_is_named():
    problem, theta = sine(dtype=np.float32)

    class Promoting:
        value, linearize = problem.value, problem.linearize
        gradient = staticmethod(lambda theta: problem.gradient(theta).astype(float))
    with pytest.raises(TypeError, match=r"gradient\(theta\) has dtype float64, expected float32"):
        next(hf.GradientDescent(Promoting, theta, 0.1))


def test_strict_floating_point_errors_stay_outside():
    problem, theta = sine(dtype=np.float32)
    large = hf.Problem(problem.net, problem.loss, problem.X * np.float32(1e30), problem.Y * np.float32(1e15))
    with np.errstate(all="raise"):
        for loop in (hf.HessianFree(large, theta, max_steps=3), hf.Adam(large, theta, 1e-3, max_steps=3),
                     hf.GaussNewton(large, theta, damping=1.0, max_steps=3), hf.LBFGS(large, theta, 3)):
            assert isinstance(list(loop), list) and isinstance(loop.reason, str)


def test_records_and_arguments_are_left_alone():
    problem, theta = sine()
    before, kept = theta.copy(), []
    for step in hf.HessianFree(problem, theta, damping=0.1, max_steps=6):
        kept.append((step, step.theta.copy(), step.cg.x.copy()))
    np.testing.assert_array_equal(theta, before)
    for step, at_the_time, x in kept:
        np.testing.assert_array_equal(step.theta, at_the_time)
        np.testing.assert_array_equal(step.cg.x, x)


def test_global_random_state_is_untouched():
    problem, theta = sine()
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    list(hf.HessianFree(problem, theta, np.random.default_rng(0), gradient_batch=20, curvature_batch=10, max_steps=3))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_same_generator_gives_the_same_run():
    problem, theta = sine()
    run = lambda seed: list(hf.HessianFree(problem, theta, np.random.default_rng(seed), gradient_batch=20, max_steps=5))
    for a, b in zip(run(1), run(1)):
        same(a, b)
    assert not np.array_equal(run(1)[-1].theta, run(2)[-1].theta)


# --- cost

@pytest.mark.parametrize("changes", [
    dict(), dict(preconditioner=None), dict(warm_start=0.0), dict(backtracking=False), dict(line_search=False),
    dict(curvature_batch=15), dict(gradient_batch=30), dict(gradient_batch=30, curvature_batch=12),
], ids=str)
def test_cost_is_what_was_done(changes):
    problem, theta = sine()
    counted = Wrapped(problem)
    loop = hf.HessianFree(counted, theta, np.random.default_rng(0), damping=1e-3, **changes)
    for _, step in zip(range(6), loop):
        n = counted.counts
        expected = n["gradient"] + n["value"] / 3 + 4 / 3 * (n["ggn"] + n["squared"])
        if "curvature_batch" in changes:                       # its forward pass serves no gradient
            expected += n["linearize"] / 3
        assert step.cost == pytest.approx(expected, rel=1e-12)
    assert n["gradient"] == pytest.approx(6 * (0.5 if "gradient_batch" in changes else 1))
    assert (n["squared"] == 0) == ("preconditioner" in changes)


def test_products_are_iterations_and_one_for_a_warm_start():
    problem, theta = sine()
    counted, iterations = Wrapped(problem), 0
    for step in hf.HessianFree(counted, theta, damping=0.1, max_steps=5):
        iterations += step.cg.iterations
    assert counted.counts["ggn"] == iterations + 4             # the first step starts cold


# --- any object is a problem

def test_a_minimal_object_trains():
    problem, theta = sine()

    class Minimal:
        def value(self, theta):
            return problem.value(theta)

        def gradient(self, theta):
            return problem.gradient(theta)

        def linearize(self, theta):
            return SimpleNamespace(ggn=problem.linearize(theta).ggn)
    minimal = list(hf.HessianFree(Minimal(), theta, preconditioner=None, max_steps=8))
    for a, b in zip(minimal, hf.HessianFree(problem, theta, preconditioner=None, max_steps=8), strict=True):
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-9, atol=1e-12)
    with pytest.raises(TypeError, match="squared_gradients: pass preconditioner=None"):
        next(hf.HessianFree(Minimal(), theta))


def test_a_product_that_returns_its_argument_or_one_buffer():
    target, buffer = np.array([1.0, -2.0, 3.0]), np.empty(3)

    class Bowl:
        value = staticmethod(lambda t: 0.5 * float((t - target) @ (t - target)))
        gradient = staticmethod(lambda t: t - target)

        def __init__(self, ggn):
            self.ggn = ggn

        def linearize(self, theta):
            return SimpleNamespace(ggn=self.ggn)
    for ggn in (lambda v: v, lambda v: np.multiply(v, 1.0, out=buffer)):
        step = next(hf.HessianFree(Bowl(ggn), np.zeros(3), damping=1.0, preconditioner=None))
        np.testing.assert_allclose(step.theta, target / 2, rtol=1e-14)     # (I + λI) p = −g
        assert step.cg.iterations == 1 and step.rho == pytest.approx(1)


def test_an_autograd_problem_trains_as_its_twin():
    problem, theta = sine()
    twin = hf.autodiff.Problem(hf.autodiff.network(problem.net), hf.autodiff.mean_loss(problem.loss),
                               problem.X, problem.Y)
    options = dict(preconditioner=None, damping=0.1, gradient_batch=30, curvature_batch=20, max_steps=4,
                   stop=None, max_cg=5, backtracking=False)
    ours = hf.HessianFree(problem, theta, np.random.default_rng(0), **options)
    theirs = hf.HessianFree(twin, theta, np.random.default_rng(0), **options)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-7, atol=1e-9)
        assert a.cost == pytest.approx(b.cost)


def test_negative_curvature_is_met_and_reported():
    """A loss that does not match: G is indefinite, CG says so, and f still never rises."""
    f = lambda theta, X: theta[None, :] * X
    loss = lambda z, Y: anp.mean(anp.sum(anp.cos(z) + 0.1 * z ** 2, axis=1))
    problem = hf.autodiff.Problem(f, loss, np.ones((1, 2)), np.ones((1, 2)))
    theta, losses, reasons = np.array([0.3, 0.2]), [np.inf], set()
    for step in hf.HessianFree(problem, theta, preconditioner=None, damping=0.1, max_steps=20):
        losses.append(step.loss)
        reasons.add(step.cg.reason)
    assert "negative curvature" in reasons and np.all(np.diff(losses[1:]) <= 0)
    assert losses[-1] < losses[1]


# --- stop and go on

def bit_generators():
    return [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]


@pytest.mark.parametrize("kind", bit_generators(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("batches", [
    dict(), dict(gradient_batch=16), dict(curvature_batch=16), dict(gradient_batch=16, curvature_batch=8),
], ids=str)
@pytest.mark.parametrize("way", ["dict", "npz"])
def test_resumed_is_as_never_interrupted(kind, batches, way, tmp_path):
    problem, theta = sine(N=60)                                # three batches of 16 an epoch: 4 is inside the second
    make = lambda seed: hf.HessianFree(problem, theta, np.random.Generator(kind(seed)), damping=0.1, max_steps=7,
                                       **batches)
    whole, first = list(make(5)), make(5)
    for _ in range(4):
        last = next(first)
    if way == "npz":
        first.save(tmp_path / "run.npz")
        assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]
        second = make(99).restore(tmp_path / "run.npz")
    else:
        second = make(99).restore(first.state())
    assert second.seconds == last.seconds > 0
    rest = list(second)
    assert len(rest) == 3
    for a, b in zip(whole[4:], rest):
        same(a, b)
    for a, b in zip(whole[4:], first):                         # and the first loop was not disturbed
        same(a, b)


def test_resumed_in_float32_in_the_middle_of_rejections(tmp_path):
    problem, theta = sine(dtype=np.float32)
    spoilt = Wrapped(problem, twist=lambda t, f: np.nan)
    whole = hf.HessianFree(spoilt, theta)
    first = hf.HessianFree(spoilt, theta)
    for _ in range(12):
        next(first)
    first.save(tmp_path / "r.npz")
    second = hf.HessianFree(spoilt, theta).restore(str(tmp_path / "r.npz"))
    assert second.theta.dtype == second.warm.dtype == np.float32
    for a, b in zip(list(whole)[12:], second, strict=True):
        same(a, b)
    assert second.reason == whole.reason == "30 rejected steps in a row"


def test_a_loop_that_has_ended_can_be_set_back():
    problem, theta = sine()
    loop = hf.HessianFree(problem, theta, max_steps=3)
    start = loop.state()
    once = list(loop)
    assert loop.reason == "step limit"
    for a, b in zip(once, loop.restore(start), strict=True):
        same(a, b)


def test_saving_over_an_old_state(tmp_path):
    problem, theta = sine()
    loop, path = hf.HessianFree(problem, theta, damping=0.1), tmp_path / "run.npz"
    for _ in range(3):
        next(loop)
        loop.save(path)
    assert hf.HessianFree(problem, theta, damping=0.1).restore(path).index == 3


def test_a_state_from_mini_batches_can_go_on_with_all_data():
    """Another loop takes over (as experiments/autoencoders.py does): f of a batch is no f on all data."""
    problem, theta = sine()
    first = hf.HessianFree(problem, theta, np.random.default_rng(0), gradient_batch=5)
    for _ in range(8):
        next(first)
    whole = hf.HessianFree(problem, theta, np.random.default_rng(0))
    step = next(whole.restore({**first.state(), "settings": whole.state()["settings"]}))
    assert step.before == problem.value(first.theta)


def test_another_setting_or_problem_is_refused():
    problem, theta = sine()
    state = hf.HessianFree(problem, theta, damping=0.1).state()
    with pytest.raises(ValueError, match=r"state was saved with Settings\(damping=0.1.*damping=0.2"):
        hf.HessianFree(problem, theta, damping=0.2).restore(state)
    with pytest.raises(ValueError, match=r"state\['theta'\] has shape"):
        hf.HessianFree(sine(sizes=(1, 3, 1))[0], theta[:10], damping=0.1).restore(state)
    with pytest.raises(TypeError, match=r"state\['theta'\] has dtype float64, expected float32"):
        hf.HessianFree(problem, theta.astype(np.float32), damping=0.1).restore(state)


def test_a_refused_state_changes_nothing():
    problem, theta = sine()
    make = lambda N: hf.HessianFree(problem.batch(slice(N)), theta, np.random.default_rng(0), gradient_batch=8,
                                    max_steps=2)
    other, loop = make(30), make(60)
    list(other)
    next(loop)
    before = loop.state()
    bad = [(other.state(), "an order of 30 examples, this loop's problem has 60"),
           ({**before, "rng": np.array("null")}, "without a generator"),
           ({k: v for k, v in before.items() if k != "warm"}, "state has no warm"),
           ({**before, "theta": before["theta"] * np.nan}, "holds NaN")]
    for state, words in bad:
        with pytest.raises(ValueError, match=words):
            loop.restore(state)
        for name, value in loop.state().items():
            np.testing.assert_array_equal(value, before[name])


def damage(path, how):
    whole = path.read_bytes()
    if how == "another archive":
        np.savez(path, other=np.ones(3))
    elif how == "no archive":
        path.write_text("step 3", encoding="utf-8")
    else:
        path.write_bytes(whole[:{"empty": 0, "cut off": len(whole) // 2, "last bytes": len(whole) - 30}[how]])


@pytest.mark.parametrize("how", ["empty", "cut off", "last bytes", "no archive", "another archive"])
def test_a_damaged_file_is_named(how, tmp_path):
    problem, theta = sine()
    loop, path = hf.HessianFree(problem, theta), tmp_path / "run.npz"
    next(loop)
    loop.save(path)
    damage(path, how)
    with pytest.raises(ValueError, match=r"run\.npz (is no saved state, or a damaged one|has no theta).*anew"):
        loop.restore(path)
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        loop.restore(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("at", range(1, 12))
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("make", [
    lambda p, t, rng: hf.HessianFree(p, t, rng, gradient_batch=20, curvature_batch=10, damping=0.1),
    lambda p, t, rng: hf.Adam(p, t, 1e-2, batch=7, rng=rng), lambda p, t, rng: hf.NAG(p, t, 1e-2, batch=7, rng=rng),
], ids=["HessianFree", "Adam", "NAG"])
def test_a_step_that_is_interrupted_leaves_the_state_before_it(make, error, at):
    problem, theta = sine()
    calls = []

    class Interrupted(Wrapped):
        def count(self, name):
            calls.append(name)
            if len(calls) == interrupt_at[0]:
                raise error
    interrupt_at, kinds = [0], []
    for path in ("with", "without"):
        calls.clear()
        loop = make(Interrupted(problem), theta, np.random.default_rng(0))
        for _ in range(6):
            next(loop)
        before = loop.state()
        if path == "with":
            interrupt_at[0] = len(calls) + at
            try:
                for _ in range(at):
                    before = loop.state()
                    next(loop)
                pytest.fail("it was not interrupted")
            except error:
                interrupt_at[0] = 0
            for name, value in loop.state().items():
                np.testing.assert_array_equal(value, before[name])
        kinds.append([step.loss for _, step in zip(range(40 - loop.index), loop)][-5:])
    assert kinds[0] == kinds[1]


def test_another_kind_of_generator_is_refused():
    problem, theta = sine()
    make = lambda rng: hf.HessianFree(problem, theta, rng, gradient_batch=10)
    state = make(np.random.Generator(np.random.MT19937(0))).state()
    with pytest.raises(ValueError, match="PCG64"):
        make(np.random.default_rng(0)).restore(state)


# --- bad arguments

@pytest.mark.parametrize("changes, error, words", [
    (dict(curvature_bach=5), TypeError, "no setting 'curvature_bach', expected one of damping, .*curvature_batch"),
    (dict(preset="martens"), ValueError, "preset is 'martens', expected one of 'martens2010', .*'stochastic'"),
    (dict(curvature_batch=61), ValueError, "curvature_batch is 61, expected at least 1 and at most 60"),
    (dict(gradient_batch=61), ValueError, "gradient_batch is 61, expected at least 1 and at most 60"),
    (dict(gradient_batch=20, curvature_batch=21), ValueError, "curvature_batch is 21, .* at most 20"),
    (dict(curvature_batch=10.0), TypeError, "curvature_batch must be a whole number"),
    (dict(gradient_batch=20, rng=None), TypeError, "rng must be a numpy.random.Generator"),
    (dict(curvature_batch=20, rng=None), TypeError, "rng must be a numpy.random.Generator"),
    (dict(rng=0), TypeError, "rng must be a numpy.random.Generator .* got int"),
    (dict(damping=-1.0), ValueError, "damping is -1.0"),
    (dict(damping=np.nan), ValueError, "damping is nan"),
    (dict(damping_factor=0.9), ValueError, "damping_factor is 0.9"),
    (dict(damping_floor=-1.0), ValueError, "damping_floor is -1.0"),
    (dict(damping_floor="0.1"), TypeError, "damping_floor must be a number, got str"),
    (dict(ratio="none"), ValueError, "ratio is 'none'"),
    (dict(warm_start=1.1), ValueError, "warm_start is 1.1"),
    (dict(stop="soon"), TypeError, "stop must be a callable or None, got str"),
    (dict(max_cg=0), ValueError, "max_cg is 0"),
    (dict(preconditioner=-0.5), ValueError, "preconditioner is -0.5"),
    (dict(max_steps=1.5), TypeError, "max_steps must be a whole number"),
    (dict(theta=np.full(25, np.nan)), ValueError, "theta holds NaN"),
    (dict(theta=np.zeros(25, int)), TypeError, "theta has dtype int"),
    (dict(theta=list(range(25))), TypeError, "theta must be a numpy array"),
])
def test_bad_arguments_are_named_at_once(changes, error, words):
    problem, theta = sine()
    assert theta.size == 25
    with pytest.raises(error, match=words):
        hf.HessianFree(problem, **{"theta": theta, "rng": np.random.default_rng(0), **changes})


@pytest.mark.parametrize("theta, error", [(np.zeros(24), ValueError), (np.zeros(25, np.float32), TypeError)])
def test_a_theta_that_does_not_fit_the_problem_is_named_at_the_first_step(theta, error):
    with pytest.raises(error, match="theta has|X has dtype float64, expected float32"):
        next(hf.HessianFree(sine()[0], theta))


# --- as a whole

@pytest.mark.slow
def test_it_passes_gradient_descent_on_the_noiseless_sine():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (300, 1))
    net = hf.MLP([1, 20, 20, 1])
    problem, theta = hf.Problem(net, hf.SquaredError(), X, np.sin(10 * X)), net.init(rng)
    for step in hf.HessianFree(problem, theta, damping=1.0, max_steps=400):
        if step.loss < 1e-4:
            break
    assert step.loss < 1e-4 and step.cost < 4000
    best = np.inf
    for rate in (0.03, 0.1, 0.3):
        for other in hf.GradientDescent(problem, theta, rate, max_steps=int(step.cost), every=100):
            best = min(best, other.loss)
    assert best > 10 * step.loss                               # at the same cost, whatever the rate
