"""Whatever the network, data and settings: the loop never raises, f never rises, and it ends with a true reason.

150 examples in the suite; ``pytest -m thorough`` draws 5,000.
"""
import re
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import ACTIVATIONS, LOSSES, targets

import hf_lib as hf
from hf_lib.optimisers.ending import PATIENCE
from hf_lib.optimisers.hessian_free import MAX_REJECTIONS

MAX_STEPS = 120
ONLY_HERE = dict(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
SCALES = st.integers(-6, 6).map(lambda k: 10.0 ** k)


@dataclass(frozen=True)
class Draw:
    """A problem, a start and the settings of a loop, as numbers that a failure can be repeated from."""

    seed: int
    sizes: tuple
    activations: tuple
    loss: int
    N: int
    dtype: str
    scale_X: float
    scale_Y: float
    scale_W: float
    l2: float
    preset: str
    changes: tuple
    strict: bool

    def problem(self, dtype=None):
        """The problem and θ, made in the draw's dtype; cast to another where one is named."""
        rng, loss = np.random.default_rng(self.seed), LOSSES[self.loss]
        X = self.scale_X * rng.standard_normal((self.N, self.sizes[0]))
        Y = targets(loss, rng, self.N, self.sizes[-1])
        if isinstance(loss, hf.SquaredError):
            Y = self.scale_Y * Y
        net = hf.MLP(self.sizes, self.activations)
        theta = net.init(rng, scale=self.scale_W, dtype=self.dtype)
        X, Y = (a.astype(self.dtype) for a in (X, Y))
        dtype = self.dtype if dtype is None else dtype
        return hf.Problem(net, loss, X.astype(dtype), Y.astype(dtype), self.l2), theta.astype(dtype)

    def loop(self):
        problem, theta = self.problem()
        changes = dict(self.changes)
        return hf.HessianFree(problem, theta, np.random.default_rng(self.seed), self.preset, MAX_STEPS, **changes)

    @property
    def whole(self):
        """Whether f and its gradient come from all data."""
        return dict(self.changes)["gradient_batch"] is None


@st.composite
def draws(draw):
    hidden = draw(st.lists(st.integers(1, 5), max_size=3))
    N = draw(st.integers(1, 20))
    gradient_batch = draw(st.none() | st.none() | st.integers(1, N))
    preset = draw(st.sampled_from(sorted(hf.PRESETS)))
    changes = {"gradient_batch": gradient_batch,
               "curvature_batch": draw(st.none() | st.none() | st.integers(1, gradient_batch or N)),
               "preconditioner": draw(st.sampled_from([None, 0.75, 1.0, "kronecker"]))}
    lambdas = [1e-6, 1e-3, 1.0, 1e3, 1e12] + [0.0] * (changes["preconditioner"] != "kronecker")
    options = {"damping": st.sampled_from(lambdas), "damping_factor": st.sampled_from([1.0, 1.5, 10.0]),
               "warm_start": st.sampled_from([0.0, np.float64(0.9), 1.0]), "line_search": st.booleans(),
               "backtracking": st.booleans(), "ratio": st.sampled_from(["undamped", "damped"]),
               "compare_plain": st.booleans(), "damping_floor": st.sampled_from([0.0, np.float32(1e-2)])}
    for name, values in options.items():
        if draw(st.booleans()):
            changes[name] = draw(values)
    return Draw(draw(st.integers(0, 2**32 - 1)), (draw(st.integers(1, 5)), *hidden, draw(st.integers(1, 5))),
                tuple(draw(st.sampled_from(sorted(ACTIVATIONS))) for _ in hidden), draw(st.integers(0, 3)), N,
                draw(st.sampled_from(["float32", "float64"])), draw(SCALES), draw(SCALES), draw(SCALES),
                draw(st.sampled_from([0.0, 0.0, 1e-6, 1e-2, 10.0])), preset, tuple(changes.items()),
                draw(st.booleans()))


def holds(drawn):
    """All that is promised of one loop."""
    loop = drawn.loop()
    with np.errstate(all="raise" if drawn.strict else "warn"):           # and warnings are errors in this suite
        steps = list(loop)
        hf.diagnose(steps, loop.reason)
    theta = drawn.problem()[1]
    for step in steps:
        assert step.theta.dtype == step.cg.x.dtype == theta.dtype and type(step.loss) is float
        assert step.accepted == (step.step_size > 0) == (step.theta != theta).any()
        assert step.loss < step.before if step.accepted else step.loss == step.before
        theta = step.theta
    np.testing.assert_array_equal(loop.theta, theta)
    if drawn.whole:
        losses = [step.loss for step in steps]
        assert all(a >= b for a, b in zip(losses, losses[1:]))
    tail = next((k for k, step in enumerate(reversed(steps)) if step.accepted), len(steps))
    assert tail <= MAX_REJECTIONS                                         # that many steps that do not lower f, no more
    is_true(loop, steps, tail, drawn)
    return loop, steps


def is_true(loop, steps, tail, drawn):
    """The reason is checked against the record, and against the gradient and G in float64."""
    reason, problem, theta = loop.reason, loop.problem, loop.theta
    info = np.finfo(theta.dtype)
    if reason == "step limit":
        assert len(steps) == MAX_STEPS
    elif reason == f"{MAX_REJECTIONS} rejected steps in a row":
        assert tail == MAX_REJECTIONS
    elif "this precision: a step promises" in reason:
        assert drawn.whole and tail > PATIENCE
        *lam, promised, known = (float(number) for number in re.findall(r"\d\.\de[+-]\d+", reason))
        assert 0 < steps[-1].predicted <= 1.06 * promised <= 1.12 * known      # printed with two digits
        assert lam == [] or lam[0] == pytest.approx(steps[-1].damping, rel=0.06)
        with np.errstate(all="ignore"):
            lowest(theta, drawn, steps[-1].damping, known, steepest=not lam)
    else:
        with np.errstate(all="ignore"):
            f, g = problem.value_and_gradient(theta)
            norm2 = float(np.sum(np.longdouble(g) ** 2))
            if reason == "gradient is zero":
                assert drawn.whole and not g.any()
            elif reason.startswith("loss or gradient is not finite"):
                assert not drawn.whole or not (np.isfinite(f) and np.isfinite(g).all())
            elif "norm overflows" in reason:
                assert not drawn.whole or norm2 > 0.5 * info.max
            elif "norm underflows" in reason:
                assert drawn.whole and norm2 < 2 * info.tiny
            elif "preconditioner is not finite" in reason:
                M = (problem.linearize(theta).squared_gradients() + loop.damping) ** loop.settings.preconditioner
                assert not drawn.whole or not np.isfinite(M).all()
            elif "Kronecker" in reason:
                factors = problem.linearize(theta).kronecker_factors(np.random.default_rng(0))
                assert not all(np.isfinite(F).all() for pair in factors for F in pair) or not drawn.whole
            elif reason.startswith("rᵀM⁻¹r is 0.0, expected a positive definite preconditioner"):
                assert loop.settings.preconditioner == "kronecker"          # M⁻¹ ≤ I/λ: its product underflows
                assert not drawn.whole or norm2 / loop.damping < np.sqrt(info.tiny)
            else:
                raise AssertionError(f"unknown reason {reason!r}")


def lowest(theta, drawn, damping, known, steepest):
    """With this λ (where `steepest`, along −g too) f falls by no more than could be seen, and is known no better."""
    exact, eps = exact_value(drawn), np.finfo(theta.dtype).eps
    lin = drawn.problem(np.float64)[0].linearize(theta.astype(np.float64))
    g, G = lin.gradient(), hf.autodiff.dense(lin.ggn, theta.size)
    curvature, damped = g @ G @ g, G + damping * np.eye(len(g))
    steps = [-np.linalg.lstsq(damped, g, rcond=len(g) * eps)[0]]       # the precision sees eigenvalues above ε
    if steepest and curvature > 0:
        steps.append(-g * (g @ g / curvature))
    for p in steps:
        promised = -(g @ p + 0.5 * p @ G @ p)              # at a kink g may be another one in the loop's precision,
        fall = max(exact(theta) - exact(theta + t * p) for t in (1.0, 0.3, 0.1, 0.03, 0.01))   # hence the fall itself
        assert min(promised, fall) <= 10 * known
    rng, own = np.random.default_rng(0), drawn.problem()[0].value
    ways = [np.where(rng.random(theta.size) < 0.5, np.inf, -np.inf).astype(theta.dtype) for _ in range(50)]
    moved = max(abs(own(np.nextafter(theta, way)) - own(theta)) for way in ways)
    assert known <= 10 * max(moved, np.finfo(theta.dtype).eps * abs(own(theta)))


def exact_value(drawn):
    """θ → f(θ) in long double, by the formulas of notebook 01 written once more."""
    problem = drawn.problem()[0]
    X, Y, kind = np.longdouble(problem.X), np.longdouble(problem.Y), type(problem.loss).__name__

    def value(theta):
        a, blocks = X, problem.net.blocks(np.longdouble(theta))
        for block, name in zip(blocks, (*drawn.activations, "linear")):
            z = a @ block[:-1] + block[-1]
            a = np.logaddexp(0, z) if name == "softplus" else ACTIVATIONS[name](z)
        if kind == "SquaredError":
            losses = 0.5 * np.sum((z - Y) ** 2, axis=1)
        elif kind == "SigmoidCrossEntropy":
            losses = np.sum(np.logaddexp(0, z) - Y * z, axis=1)
        elif kind == "SigmoidSquaredError":
            losses = 0.5 * np.sum((ACTIVATIONS["sigmoid"](z) - Y) ** 2, axis=1)
        else:
            top = z.max(axis=1, keepdims=True)
            losses = np.log(np.exp(z - top).sum(axis=1)) - np.sum(Y * (z - top), axis=1)
        return np.mean(losses) + problem.l2 / 2 * sum(np.sum(block[:-1] ** 2) for block in blocks)
    return value


@pytest.mark.slow
@settings(max_examples=150, **ONLY_HERE)
@given(draws())
def test_the_loop_cannot_be_broken(drawn):
    holds(drawn)


@pytest.mark.slow
@pytest.mark.thorough
@settings(max_examples=5000, **ONLY_HERE)
@given(draws())
def test_the_loop_cannot_be_broken_by_five_thousand(drawn):
    holds(drawn)
