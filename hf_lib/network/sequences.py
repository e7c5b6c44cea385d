"""The objective of a recurrent network on sequences. Derived in notebook 16."""

import numpy as np

from hf_lib._checks import float_array, number, rows_of

from .recurrent import RNN
from .sequence_products import SequenceLinearization


class SequenceProblem:
    """f(θ) = (1/N) Σ_n Σ_t m_{n,t} L(z_{n,t}, y_{n,t}) + ½·l2·‖weights‖².

    It has the methods of `Problem`, so whatever trains a `Problem` trains it. An "example" is a sequence.

    Parameters
    ----------
    net : RNN
    loss : Loss
    X : ndarray (N, T, n_in), float32 or float64
    Y : ndarray (N, T, n_out) of the same dtype
    mask : ndarray (N, T) or (T,) of the same dtype, optional
        m ≥ 0, the weight of each step; 1 everywhere without it. Where it is 0, Y need only be finite.
    l2 : float
        Weight decay; biases and h_0 are free.
    structural : float
        µ ≥ 0 of structural damping (Martens & Sutskever 2011). f is what it is; but ``linearize(θ).damped(v, λ)``,
        which `HessianFree` solves with, has (µλ/N) Σ_t J_{s_t}ᵀ M_t J_{s_t} v besides G v + λ v.

    Notes
    -----
    Structural damping charges a step for changing the hidden states. Their distance is D(s) = Σ ∫ (act(u) − h) du
    from s_t of θ to s: it is 0 with slope 0 at θ, and its Hessian there is act'(s_t). For tanh it is the cross-entropy
    of coins with p = (1 + h)/2, without their own entropy: log cosh s − h s, up to a constant. M_t is a quarter of
    that Hessian, diag(1 − h_t²)/4 for tanh, as in the authors' demonstration, so that their µ = 0.03 means the same.

    Raises
    ------
    TypeError
        If an argument is of a wrong kind, or dtypes differ.
    ValueError
        If shapes do not fit, there are no sequences or steps, a value is not finite, a mask is negative or 0
        everywhere, or the loss cannot take a target that counts.

    Examples
    --------
    >>> from hf_lib import SquaredError
    >>> net = RNN(1, 1, 1, activation="linear", biases=False)
    >>> theta = np.array([1.0, 1.0, 1.0, 0.0])          # h_t = h_{t−1} + x_t, z = h: a running sum
    >>> problem = SequenceProblem(net, SquaredError(), np.ones((2, 3, 1)), np.zeros((2, 3, 1)))
    >>> problem.value(theta)                             # ½ (1 + 4 + 9)
    7.0
    """

    def __init__(self, net, loss, X, Y, mask=None, l2=0.0, structural=0.0):
        if not isinstance(net, RNN):
            raise TypeError(f"net must be an RNN, got {type(net).__name__}")
        float_array("X", X, (None, None, net.n_in), finite=True)
        N, T = X.shape[:2]
        if N == 0 or T == 0:
            raise ValueError(f"X has shape {X.shape}, expected at least one sequence of at least one step")
        float_array("Y", Y, (N, T, net.n_out), X.dtype, finite=True)
        weights = _weights(mask, N, T, X.dtype)
        loss.check_targets(Y[weights > 0], net.n_out, X.dtype)
        self.net, self.loss = net, loss
        self.l2, self.structural = number("l2", l2, low=0), number("structural", structural, low=0)
        self._set_sequences(*(np.ascontiguousarray(array.swapaxes(0, 1)) for array in (X, Y, weights)))

    def _set_sequences(self, inputs, targets, weights):
        """What a problem and its batches differ in; time comes first."""
        self.inputs, self.targets, self.weights, self.N = inputs, targets, weights, inputs.shape[1]
        self.shares = weights[..., None] / self.N                # m / N, (T, N, 1)
        self.free_buffers = []                                   # arrays that no linearisation uses now

    def __repr__(self):
        return (f"SequenceProblem({self.net!r}, {type(self.loss).__name__}, N={self.N}, T={len(self.inputs)}, "
                f"{self.inputs.dtype.name}, l2={self.l2:g}, structural={self.structural:g})")

    @property
    def size(self):
        """d, the length of θ."""
        return self.net.size

    @property
    def X(self):
        """The inputs, a view of shape (N, T, n_in)."""
        return self.inputs.swapaxes(0, 1)

    @property
    def Y(self):
        """The targets, a view of shape (N, T, n_out)."""
        return self.targets.swapaxes(0, 1)

    def linearize(self, theta):
        """The `SequenceLinearization` at θ. Cost 1/3, memory T × N × all units."""
        return SequenceLinearization(self, self._checked(theta))

    def value(self, theta):
        """f(θ), a float. Cost 1/3."""
        return self.linearize(theta).value

    def gradient(self, theta):
        """∇f(θ), shape (d,). Cost 1."""
        return self.linearize(theta).gradient()

    def value_and_gradient(self, theta):
        """f(θ) and ∇f(θ) from one forward and one reverse pass. Cost 1."""
        lin = self.linearize(theta)
        return lin.value, lin.gradient()

    def predict(self, theta):
        """φ(z) for every sequence and step, shape (N, T, n_out). Cost 1/3."""
        z = self.net(self._checked(theta), self.X)
        return self.loss.output(z.reshape(-1, self.net.n_out)).reshape(z.shape)

    def batch(self, index):
        """The same objective on some of the sequences: `index` is a slice, or an array of row numbers.

        Raises
        ------
        TypeError, ValueError
            If `index` is neither, or selects nothing.
        IndexError
            If a row number is out of range.
        """
        rows = rows_of("index", index, self.N, "sequences")
        part = object.__new__(type(self))                        # the data were checked once
        part.net, part.loss, part.l2, part.structural = self.net, self.loss, self.l2, self.structural
        part._set_sequences(self.inputs[:, rows], self.targets[:, rows], self.weights[:, rows])
        return part

    # --- what the linearisation uses too

    def rows(self, z):
        """z and Y as the losses take them: (T·N, n_out), a step of a sequence a row."""
        return z.reshape(-1, self.net.n_out), self.targets.reshape(-1, self.net.n_out)

    def objective(self, z, theta):
        """f from the outputs, a float, summed in float64: the one expression for every way to f."""
        losses = self.loss.per_example(*self.rows(z))
        total = float(np.sum(losses * self.weights.ravel(), dtype=np.float64))
        return total / self.N + 0.5 * self.l2 * self.net.squared_weights(theta)

    def _checked(self, theta):
        return np.ascontiguousarray(float_array("theta", theta, (self.size,), self.inputs.dtype))


def _weights(mask, N, T, dtype):
    """m as an (N, T) array."""
    if mask is None:
        return np.ones((N, T), dtype)
    shape = (T,) if isinstance(mask, np.ndarray) and mask.ndim == 1 else (N, T)
    float_array("mask", mask, shape, dtype, finite=True)
    if mask.min() < 0 or not mask.any():
        raise ValueError("mask has a negative entry, or none above 0, expected the weights of the steps that count")
    return np.broadcast_to(mask, (N, T))
