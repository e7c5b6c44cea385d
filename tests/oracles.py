"""Small networks, and the dense float64 matrices that every product is checked against.

The dense matrices come from `hf_lib.autodiff`; `forward` and `weight_mask` are written here once
more, as plainly as possible, so that the layout of θ is not checked against itself.
"""

import functools
import inspect
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from hypothesis import settings

import hf_lib as hf
from hf_lib.network.losses import Loss

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True)

MATCHING = (hf.SquaredError(), hf.SigmoidCrossEntropy(), hf.SoftmaxCrossEntropy())
LOSSES = (*MATCHING, hf.SigmoidSquaredError())
ACTIVATIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.maximum(z, 0),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "sin": np.sin,
    "linear": lambda z: z,
}
SIZES = {1: (3, 2), 2: (3, 4, 2), 3: (3, 4, 3, 2), 4: (3, 3, 4, 3, 2)}
MIXED = (("tanh", "relu"), ("relu", "linear", "softplus"), ("softplus", "sigmoid", "tanh"), ("sin", "tanh"))
EXAMPLES = 5


@dataclass(frozen=True)
class Case:
    """One network with one loss; θ and the data follow from it. `dtype` and `l2` come with `problem`."""

    depth: int
    activation: tuple
    loss: Loss

    def __str__(self):
        names = sorted(set(self.activation), key=self.activation.index) or ["no hidden layer"]
        return f"depth {self.depth}, {'-'.join(names)}, {type(self.loss).__name__}"

    @property
    def net(self):
        return hf.MLP(SIZES[self.depth], self.activation)

    def problem(self, dtype=np.float64, l2=0.0):
        _, X, Y = _numbers(self)
        return hf.Problem(self.net, self.loss, X.astype(dtype), Y.astype(dtype), l2)

    def theta(self, dtype=np.float64):
        return _numbers(self)[0].astype(dtype)


def cases(losses=LOSSES):
    """Every activation × loss × depth 1–4, and layers of mixed activations."""
    stacks = [()] + [(name,) * k for name in ACTIVATIONS for k in (1, 2, 3)] + list(MIXED)
    return [Case(len(stack) + 1, stack, loss) for stack in stacks for loss in losses]


def targets(loss, rng, n, n_out):
    """Random targets that the loss can take, none of them at the edge of what is allowed."""
    if isinstance(loss, hf.SoftmaxCrossEntropy):
        return rng.dirichlet(np.ones(n_out), n)
    if isinstance(loss, hf.SquaredError):
        return rng.normal(size=(n, n_out))
    return rng.uniform(0, 1, (n, n_out))


def forward(sizes, activations, theta, X):
    """Every layer's z, for θ = W_1 row by row, b_1, W_2, b_2, …: index by index, no views."""
    a, start, all_z = X, 0, []
    for l, (n, m) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        W = np.array([[theta[start + i * m + j] for j in range(m)] for i in range(n)])
        b = np.array([theta[start + n * m + j] for j in range(m)])
        all_z.append(a @ W + b)
        if l < len(activations):
            a = ACTIVATIONS[activations[l]](all_z[-1])
        start += n * m + m
    return all_z


def weight_mask(sizes):
    """1 where θ holds a weight, 0 where it holds a bias."""
    parts = [np.repeat([1.0, 0.0], [n * m, m]) for n, m in zip(sizes[:-1], sizes[1:], strict=True)]
    return np.concatenate(parts)


@functools.cache
def _numbers(case):
    """θ, X and Y in float64 that float32 holds exactly, with no hidden unit near ReLU's kink.

    "Near" is 1e-2: beyond the step of any finite difference and the rounding of float32.
    """
    sizes = SIZES[case.depth]
    for seed in range(100):
        rng = np.random.default_rng(seed)
        theta = rng.normal(0, 0.8, case.net.size)
        X = rng.normal(size=(EXAMPLES, sizes[0]))
        Y = targets(case.loss, rng, EXAMPLES, sizes[-1])
        theta, X, Y = (array.astype(np.float32).astype(np.float64) for array in (theta, X, Y))
        hidden = forward(sizes, case.activation, theta, X)[:-1]
        if all(np.abs(z).min() > 1e-2 for z in hidden):
            return theta, X, Y
    raise AssertionError(f"{case}: no seed keeps clear of the kinks")


@dataclass(frozen=True)
class Dense:
    """Everything a `Linearization` gives, as numbers and matrices, for l2 = 0."""

    value: float
    gradient: np.ndarray            # (d,)
    J: np.ndarray                   # (N, n_out, d)
    G: np.ndarray                   # (d, d)
    H: np.ndarray                   # (d, d)
    examples: np.ndarray            # (N, d), row n the gradient of example n's loss

    @property
    def empirical_fisher(self):
        return self.examples.T @ self.examples / len(self.examples)


@functools.cache
def dense(case):
    """The oracle, built by autograd alone."""
    theta = case.theta()
    f, g = hf.autodiff.twin(case.problem())
    z = f(theta)
    mean_residual = hf.autodiff.vjp(lambda flat: g(flat.reshape(z.shape)), z.ravel())(1.0).reshape(z.shape)
    vjp = hf.autodiff.vjp(f, theta)
    examples = np.stack([vjp(u) for u in np.eye(len(z))[:, :, None] * mean_residual * len(z)])
    return Dense(
        value=g(z),
        gradient=vjp(mean_residual),
        J=np.moveaxis(hf.autodiff.dense(hf.autodiff.jvp(f, theta), theta.size), 1, -1),
        G=hf.autodiff.dense(hf.autodiff.ggn_product(f, g, theta), theta.size),
        H=hf.autodiff.dense(hf.autodiff.hessian_product(lambda t: g(f(t)), theta), theta.size),
        examples=examples,
    )


def matrix(product, size, dtype=np.float64):
    """The (d, d) matrix of a product, and a check that every column keeps the dtype."""
    columns = [product(e) for e in np.eye(size, dtype=dtype)]
    assert all(column.dtype == dtype for column in columns), "a column was promoted"
    return np.stack(columns, axis=-1)


def difference(got, want):
    """‖got − want‖ / ‖want‖, and `want` may not vanish: a test against zeros proves nothing."""
    assert np.shape(got) == np.shape(want), f"shape {np.shape(got)}, expected {np.shape(want)}"
    size = np.linalg.norm(want)
    assert size > 1e-4, "the oracle is (nearly) zero: choose another case"
    return np.linalg.norm(np.asarray(got, np.float64) - want) / size


def central(function, x, h=2.0**-17):
    """The Jacobian of `function` at x by central differences, (…, d).

    The truncation is h²/6·f''', the rounding eps·f/h. They balance at h ≈ eps^(1/3) ≈ 2⁻¹⁷, and each is then
    about eps^(2/3) ≈ 4e-11 times f or f'''. These networks have |f|, |f'''| up to about 100, so agreement to
    1e-7 relative is what central differences can promise.
    """
    columns = []
    for i in range(x.size):
        step = np.zeros_like(x)
        step[i] = h
        columns.append((np.asarray(function(x + step)) - np.asarray(function(x - step))) / (2 * h))
    return np.stack(columns, axis=-1)


def altered(module, right, wrong):
    """A copy of a module in which the one place that reads `right` reads `wrong`."""
    source = inspect.getsource(module)
    assert source.count(right) == 1
    copy = ModuleType(module.__name__)
    copy.__package__ = module.__package__
    exec(compile(source.replace(right, wrong), module.__name__, "exec"), copy.__dict__)
    return copy
