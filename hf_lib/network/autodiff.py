"""The same products for any function of a flat vector, by autograd. Derived in notebook 05.

The oracle that the hand-written passes are checked against, and the way to recurrent and
convolutional networks. Write the functions with ``import autograd.numpy as np``.
"""

import autograd
import autograd.numpy as anp
import numpy as np
from autograd.differential_operators import make_ggnvp, make_hvp, make_jvp_reversemode, make_vjp

from hf_lib._checks import float_array

from .losses import SigmoidCrossEntropy, SigmoidSquaredError, SoftmaxCrossEntropy, SquaredError
from .overflow import quietly


def jvp(f, theta):
    """The function v → J v of f at θ, by two reverse passes (05 §8). Shape (d,) → shape of f(θ).

    Examples
    --------
    >>> jvp(lambda t: t ** 2, np.array([1.0, 3.0]))(np.array([1.0, 1.0]))
    array([2., 6.])
    """
    return quietly(_at(make_jvp_reversemode(f), theta))


def vjp(f, theta):
    """The function u → Jᵀ u of f at θ, by one reverse pass (05 §4). Shape of f(θ) → (d,).

    Examples
    --------
    >>> vjp(lambda t: anp.sum(t ** 2), np.array([1.0, 3.0]))(1.0)
    array([2., 6.])
    """
    return quietly(_at(make_vjp(f), theta)[0])


def hessian_product(objective, theta):
    """The function v → ∇²objective(θ) v (06 §5), shape (d,) → (d,). Pearlmutter 1994.

    Examples
    --------
    >>> hessian_product(lambda t: anp.sum(t ** 3), np.array([1.0, 2.0]))(np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return quietly(_at(make_hvp(objective), theta)[0])


def ggn_product(f, g, theta):
    """The function v → Jᵀ H_g J v, shape (d,) → (d,), for the objective g(f(θ)) (04 §2).

    Parameters
    ----------
    f : callable
        θ → z, an array of any shape.
    g : callable
        z → float; the mean over examples belongs in here.
    theta : ndarray (d,)
    """
    return quietly(_at(make_ggnvp(f, g), theta))


def dense(product, size, dtype=np.float64):
    """The (d, d) matrix of a linear map (d,) → (d,), one column a product: for small d only."""
    columns = [product(e) for e in np.eye(size, dtype=dtype)]
    return np.stack(columns, axis=1)


def network(net):
    """The autograd twin of an `MLP`: a function (θ, X) → z that autograd can differentiate."""
    applies = [_ACTIVATIONS[act.name] for act in net.activations] + [lambda z: z]

    def forward(theta, X):
        a, start = X, 0
        for n, m, act in zip(net.sizes[:-1], net.sizes[1:], applies):
            W = anp.reshape(theta[start:start + n * m], (n, m))
            b = theta[start + n * m:start + (n + 1) * m]
            a = act(anp.dot(a, W) + b)
            start += (n + 1) * m
        return a
    return forward


def mean_loss(loss):
    """The autograd twin of a loss: a function (z, Y) → (1/N) Σ_n L(z_n, y_n)."""
    per_example = _LOSSES[type(loss)]
    return lambda z, Y: anp.sum(per_example(z, Y)) / len(z)


def twin(problem):
    """(f, g) with f(θ) = z on the problem's data and g(z) the mean loss; l2 is left out."""
    forward, mean = network(problem.net), mean_loss(problem.loss)
    return (lambda theta: forward(theta, problem.X)), (lambda z: mean(z, problem.Y))


class Problem:
    """The objective loss(network(θ, X), Y) for any two functions autograd can differentiate.

    It has `value`, `gradient`, `batch` and `linearize(θ).ggn`, so the baselines train it like any
    other, and so does `HessianFree` with ``preconditioner=None``: autograd has no cheap way to the
    squared gradients of single examples.

    Parameters
    ----------
    network : callable
        (θ, X) → z; X[n] is example n.
    loss : callable
        (z, Y) → float, the mean over examples.
    X, Y : ndarray
        With the examples along the first axis.
    """

    def __init__(self, network, loss, X, Y):
        if len(X) != len(Y) or len(X) == 0:
            raise ValueError(f"X has {len(X)} examples and Y has {len(Y)}, expected the same number, not 0")
        self.network, self.loss, self.X, self.Y = network, loss, X, Y
        self.N = len(X)

    @quietly
    def value(self, theta):
        """f(θ), a float. Cost 1/3."""
        return float(self.loss(self.network(theta, self.X), self.Y))

    def gradient(self, theta):
        """∇f(θ), shape (d,). Cost 1."""
        return self.value_and_gradient(theta)[1]

    @quietly
    def value_and_gradient(self, theta):
        """f(θ) and ∇f(θ). Cost 1."""
        objective = lambda t: self.loss(self.network(t, self.X), self.Y)
        value, gradient = autograd.value_and_grad(objective)(_vector(theta))
        return float(value), gradient

    def linearize(self, theta):
        """The products at θ, as far as autograd gives them: jvp, vjp, ggn, hessian."""
        return Linearization(self, theta)

    def batch(self, index):
        """The same objective on the rows in `index`, a slice or an array of row numbers."""
        return Problem(self.network, self.loss, self.X[index], self.Y[index])


class Linearization:
    """What `hf_lib.Linearization` is for an MLP, for any network and loss, by autograd."""

    def __init__(self, problem, theta):
        self.theta = _vector(theta).copy()
        f = lambda t: problem.network(t, problem.X)
        g = lambda z: problem.loss(z, problem.Y)
        self.value, self._gradient = problem.value_and_gradient(self.theta)
        self.jvp = jvp(f, self.theta)
        self.vjp = vjp(f, self.theta)
        self._ggn = ggn_product(f, g, self.theta)
        self._objective = lambda t: g(f(t))

    def gradient(self):
        """∇f(θ), shape (d,)."""
        return self._gradient.copy()

    def ggn(self, v):
        """G v, shape (d,). Cost 4/3."""
        return self._ggn(float_array("v", v, self.theta.shape, self.theta.dtype))

    def hessian(self, v):
        """H v, shape (d,). Cost 2."""
        float_array("v", v, self.theta.shape, self.theta.dtype)
        return hessian_product(self._objective, self.theta)(v)


@quietly
def _at(make, theta):
    return make(_vector(theta))


def _vector(theta):
    return float_array("theta", theta, (None,))


def _softplus(z):
    return anp.logaddexp(z, 0.0)


def _sigmoid(z):
    return anp.exp(-_softplus(-z))


_ACTIVATIONS = {
    "tanh": lambda z: _sigmoid(2 * z) - _sigmoid(-2 * z),    # autograd's slope of tanh overflows: 1 / cosh²
    "sigmoid": _sigmoid,
    "relu": lambda z: z * (z > 0),
    "softplus": _softplus,
    "sin": anp.sin,
    "linear": lambda z: z,
}

_LOSSES = {
    SquaredError: lambda z, Y: 0.5 * anp.sum((z - Y) ** 2, axis=1),
    SigmoidCrossEntropy: lambda z, Y: anp.sum(_softplus(z) - Y * z, axis=1),
    SoftmaxCrossEntropy: lambda z, Y: _log_sum_exp(z) - anp.sum(Y * z, axis=1),
    SigmoidSquaredError: lambda z, Y: 0.5 * anp.sum((_sigmoid(z) - Y) ** 2, axis=1),
}


def _plain(z):
    while isinstance(z, autograd.tracer.Box):
        z = z._value
    return z


def _log_sum_exp(z):
    top = np.max(_plain(z), axis=1, keepdims=True)      # a constant shift: no derivative needed
    return anp.log(anp.sum(anp.exp(z - top), axis=1)) + top[:, 0]
