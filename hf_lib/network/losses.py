"""Losses: value, residual ∇_z L, and the product with the loss Hessian H_L. Derived in notebook 01 §3–5, 04 §5.

A loss here is L_y∘φ as a function of the network's output z, with the output activation φ inside.
It *matches* its φ when the residual is φ(z) − y; then H_L is the Jacobian of φ, and y drops out of it.
Every mean is over examples: f = (1/N) Σ_n L(z_n, y_n). Residuals and Hessians are per example, without the 1/N.
"""

import numpy as np

from hf_lib._checks import float_array

from .activations import sigmoid
from .overflow import quietly


class Loss:
    """What the losses share: the checks, and the product through a stored Hessian operator.

    `value`, `residual` and `hessian_product` raise TypeError or ValueError unless z and Y (and u)
    are float arrays of one shape (N, n_out) and one dtype, with N at least 1.
    """

    matching = True

    def output(self, z):
        """φ(z), the network's prediction, shape (N, n_out)."""
        raise NotImplementedError

    def value(self, z, Y):
        """(1/N) Σ_n L(z_n, y_n), a float."""
        return self.total(z, Y) / len(z)

    @quietly
    def total(self, z, Y):
        """Σ_n L(z_n, y_n) as a Python float, summed in float64 whatever the dtype of z."""
        _check_pair(z, Y)
        return float(np.sum(self.per_example(z, Y), dtype=np.float64))

    @quietly
    def residual(self, z, Y):
        """∇_z L for each example, shape (N, n_out). For a matching loss it is φ(z) − y."""
        _check_pair(z, Y)
        return self.output(z) - Y

    @quietly
    def hessian_product(self, z, Y, u):
        """H_L u for each example: row n is (∂²L/∂z²)(z_n, y_n) · u_n, shape (N, n_out)."""
        _check_pair(z, Y)
        float_array("u", u, z.shape, z.dtype)
        return self.hessian_operator(z, Y)(u.copy())

    def check_targets(self, Y, n_out, dtype):
        """Raise unless Y is a finite (N, n_out) array of `dtype` that this loss can take."""
        return float_array("Y", Y, (None, n_out), dtype, finite=True)


class SquaredError(Loss):
    """L(z, y) = ½‖z − y‖², φ the identity. Residual z − y, H_L = I.

    The negative log-likelihood of y ~ N(z, I), up to a constant.

    Examples
    --------
    >>> SquaredError().value(np.array([[3.0, 1.0]]), np.array([[1.0, 1.0]]))
    2.0
    """

    def output(self, z):
        return z

    def per_example(self, z, Y):
        """½‖z_n − y_n‖², shape (N,)."""
        return 0.5 * np.sum((z - Y) ** 2, axis=1)

    def hessian_operator(self, z, Y):
        """A function that turns u into H_L u in place; here it leaves u as it is."""
        return lambda u: u

    def sample(self, z, rng):
        """Draw targets from the model itself, y ~ N(z, I). For the Fisher matrix, notebook 14 §4."""
        return z + rng.standard_normal(z.shape, dtype=z.dtype)


class SigmoidCrossEntropy(Loss):
    """L(z, y) = Σ_j log(1 + e^{z_j}) − y_j z_j, φ the logistic sigmoid, y_j in [0, 1].

    Residual σ(z) − y, H_L = diag(σ(1 − σ)). Stable for large |z|.
    """

    def output(self, z):
        return sigmoid(z)

    def per_example(self, z, Y):
        """Σ_j log(1 + e^{z_j}) − y_j z_j, shape (N,), as max(z, 0) − y z + log(1 + e^{−|z|})."""
        terms = np.abs(z)
        np.negative(terms, out=terms)
        np.exp(terms, out=terms)
        np.log1p(terms, out=terms)
        linear = np.maximum(z, 0)
        linear -= Y * z                                   # these two cancel first: the small log must survive
        terms += linear
        return terms.sum(axis=1)

    def hessian_operator(self, z, Y):
        """A function that turns u into σ(1 − σ) ∘ u in place."""
        s = sigmoid(z)
        s *= 1 - s
        return lambda u: np.multiply(s, u, out=u)

    def sample(self, z, rng):
        """Draw y_j ~ Bernoulli(σ(z_j)). For the Fisher matrix, notebook 14 §4."""
        return (rng.random(z.shape, dtype=z.dtype) < sigmoid(z)).astype(z.dtype)

    def check_targets(self, Y, n_out, dtype):
        super().check_targets(Y, n_out, dtype)
        if Y.size and not (Y.min() >= 0 and Y.max() <= 1):
            raise ValueError(f"Y lies in [{Y.min()}, {Y.max()}], expected values in [0, 1]")
        return Y


class SoftmaxCrossEntropy(Loss):
    """L(z, y) = log Σ_j e^{z_j} − yᵀz, φ the softmax; y a one-hot row, or any row of probabilities.

    Residual p − y with p = softmax(z), H_L = diag(p) − p pᵀ. Stable for large |z|.

    Examples
    --------
    >>> z, Y = np.array([[1000.0, 0.0]]), np.array([[0.0, 1.0]])
    >>> SoftmaxCrossEntropy().value(z, Y)
    1000.0
    """

    @quietly
    def output(self, z):
        p = z - z.max(axis=1, keepdims=True)              # e^{z − max} never overflows
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        return p

    def per_example(self, z, Y):
        """log Σ_j e^{z_j} − y_nᵀ z_n, shape (N,), with the largest z_j taken out of the sum."""
        top = z.max(axis=1, keepdims=True)
        below = z - top
        log_sum = np.log(np.exp(below).sum(axis=1))
        rest = 1 - Y.sum(axis=1)                          # Σ_j y_j is 1 up to rounding, and p − y feels the rest
        return log_sum - np.sum(Y * below, axis=1) + rest * top[:, 0]

    def hessian_operator(self, z, Y):
        """A function that turns u into p ∘ u − p (pᵀu) in place."""
        p = self.output(z)

        def product(u):
            mean = np.einsum("ij,ij->i", p, u)[:, None]   # pᵀu, (N, 1)
            u -= mean
            u *= p
            return u
        return product

    def sample(self, z, rng):
        """Draw a class from softmax(z), as one-hot rows. For the Fisher matrix, notebook 14 §4."""
        cumulative = np.cumsum(self.output(z), axis=1)
        cumulative /= cumulative[:, -1:]                   # rounding: the last entry must be 1
        classes = np.sum(rng.random((len(z), 1), dtype=z.dtype) >= cumulative, axis=1)
        return np.eye(z.shape[1], dtype=z.dtype)[classes]

    def check_targets(self, Y, n_out, dtype):
        if isinstance(Y, np.ndarray) and (Y.ndim == 1 or Y.dtype.kind in "iu"):
            raise TypeError(f"Y has shape {Y.shape} and dtype {Y.dtype}, expected one-hot rows of shape "
                            f"(N, {n_out}): make them with hf.datasets.one_hot(labels, {n_out})")
        super().check_targets(Y, n_out, dtype)
        sums = Y.sum(axis=1, dtype=np.float64)
        if Y.size and (Y.min() < 0 or np.abs(sums - 1).max() > 1e-4):
            raise ValueError("Y has rows that are no probabilities (an entry below 0 or a sum other "
                             "than 1), expected one-hot rows or rows of probabilities")
        return Y


class SigmoidSquaredError(Loss):
    """L(z, y) = ½‖σ(z) − y‖²: a loss that does *not* match its output activation.

    Residual (σ − y) σ'(z), H_L = diag(σ'² + (σ − y) σ''), which can be negative: the
    counter-example of notebooks 01 §5 and 04 §5. Here G need not be positive semidefinite.
    """

    matching = False

    def output(self, z):
        return sigmoid(z)

    def per_example(self, z, Y):
        """½‖σ(z_n) − y_n‖², shape (N,)."""
        return 0.5 * np.sum((sigmoid(z) - Y) ** 2, axis=1)

    @quietly
    def residual(self, z, Y):
        _check_pair(z, Y)
        s = sigmoid(z)
        return (s - Y) * s * (1 - s)

    def hessian_operator(self, z, Y):
        """A function that turns u into (σ'² + (σ − y) σ'') ∘ u in place."""
        s = sigmoid(z)
        slope = s * (1 - s)                                # σ'
        bend = slope * (1 - 2 * s)                         # σ''
        h = slope ** 2 + (s - Y) * bend
        return lambda u: np.multiply(h, u, out=u)

    def sample(self, z, rng):
        """Draw y ~ N(σ(z), I). The Fisher matrix is then Jᵀ diag(σ'²) J, which is not G."""
        return sigmoid(z) + rng.standard_normal(z.shape, dtype=z.dtype)


def _check_pair(z, Y):
    """Refuse what NumPy would broadcast in silence, such as Y of shape (N,) beside z of shape (N, 1)."""
    float_array("z", z, (None, None))
    float_array("Y", Y, z.shape, z.dtype)
    if len(z) == 0:
        raise ValueError("z holds no examples, expected N of at least 1")
