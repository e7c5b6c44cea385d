"""A recurrent network on one flat parameter vector. Derived in notebook 16."""

from typing import NamedTuple

import numpy as np

from hf_lib._checks import FLOATS, choice, count, float_array, generator, number

from . import time_passes
from .activations import ACTIVATIONS
from .mlp import INCOMING, sparse
from .overflow import quietly

INCREASING = ("tanh", "sigmoid", "relu", "softplus", "linear")


class Parts(NamedTuple):
    """Views into a flat vector, in the order of θ; b_h and b_o are None in a network without biases."""

    W_vh: np.ndarray     # (n_in, n_hidden)
    W_hh: np.ndarray     # (n_hidden, n_hidden)
    W_ho: np.ndarray     # (n_hidden, n_out)
    b_h: np.ndarray      # (n_hidden,)
    b_o: np.ndarray      # (n_out,)
    h_0: np.ndarray      # (n_hidden,)


class RNN:
    """A recurrent network with one hidden layer: h_t = act(x_t W_vh + h_{t−1} W_hh + b_h), z_t = h_t W_ho + b_o.

    Every example is a row, as in an `MLP`: x_t (n_in,), h_t (n_hidden,), z_t (n_out,). The state before the first step,
    h_0, is learned too. θ is W_vh, W_hh, W_ho (each row by row), b_h, b_o, h_0.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
    activation : str
        "tanh", "sigmoid", "relu", "softplus" or "linear".
    biases : bool
        Whether there are b_h and b_o.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive whole number, the activation is unknown, or `biases` is no bool.

    Examples
    --------
    >>> net = RNN(2, 100, 1)
    >>> net.size                                         # 2·100 + 100·100 + 100·1 + 100 + 1 + 100
    10501
    >>> net
    RNN(2, 100, 1, activation='tanh', biases=True)
    """

    def __init__(self, n_in, n_hidden, n_out, activation="tanh", biases=True):
        self.n_in, self.n_hidden, self.n_out = count("n_in", n_in), count("n_hidden", n_hidden), count("n_out", n_out)
        self.activation = ACTIVATIONS[choice("activation", activation, INCREASING)]
        if not isinstance(biases, bool):
            raise TypeError(f"biases must be True or False, got {type(biases).__name__}")
        self.biases = biases
        self.weights = n_hidden * (n_in + n_hidden + n_out)      # they come first in θ
        self.size = self.weights + biases * (n_hidden + n_out) + n_hidden

    def __repr__(self):
        return (f"RNN({self.n_in}, {self.n_hidden}, {self.n_out}, activation={self.activation.name!r}, "
                f"biases={self.biases})")

    def __call__(self, theta, X):
        """The outputs z of every sequence at every step, (N, T, n_in) → (N, T, n_out): 1/3 gradient.

        Raises
        ------
        TypeError, ValueError
            If θ is no float vector of length `size`, or X no (N, T, n_in) array of the same dtype.
        """
        return self._forward(theta, X)[1].swapaxes(0, 1).copy()

    def hidden(self, theta, X):
        """The states h_0, h_1, …, h_T of every sequence, shape (N, T + 1, n_hidden). Cost 1/3."""
        return self._forward(theta, X)[0].swapaxes(0, 1).copy()

    @quietly
    def _forward(self, theta, X):
        float_array("theta", theta, (self.size,))
        float_array("X", X, (None, None, self.n_in), theta.dtype)
        N, T, _ = X.shape
        make = lambda steps, units: np.empty((steps, N, units), theta.dtype)
        H, z = make(T + 1, self.n_hidden), make(T, self.n_out)
        inputs = np.ascontiguousarray(X.swapaxes(0, 1))
        time_passes.f0(self.parts(np.ascontiguousarray(theta)), self.activation, inputs, H, make(T, self.n_hidden), z)
        return H, z

    def parts(self, theta):
        """The `Parts` of a contiguous flat vector (d,), as views: no check, no copy."""
        shapes = [(self.n_in, self.n_hidden), (self.n_hidden, self.n_hidden), (self.n_hidden, self.n_out)]
        shapes += [(self.n_hidden,), (self.n_out,)] if self.biases else [None, None]
        views, start = [], 0
        for shape in (*shapes, (self.n_hidden,)):
            views.append(None if shape is None else theta[start:start + np.prod(shape)].reshape(shape))
            start += 0 if shape is None else int(np.prod(shape))
        return Parts(*views)

    def hidden_biases(self, theta):
        """b_h as a view into θ, shape (n_hidden,), or of length 0 without biases."""
        b_h = self.parts(theta).b_h
        return theta[:0] if b_h is None else b_h

    def squared_weights(self, theta):
        """‖W_vh‖² + ‖W_hh‖² + ‖W_ho‖², a float: what weight decay charges for. Biases and h_0 are free."""
        return float(np.vdot(theta[:self.weights], theta[:self.weights]))

    def add_decay(self, l2, v, out):
        """Add l2·v to `out` (d,) at the weights, in place, and return it."""
        if l2:
            out[:self.weights] += l2 * v[:self.weights]
        return out

    def init(self, rng, scheme="sparse", scale=1.0, input_scale=0.25, dtype=np.float64):
        """A random starting point θ, shape (d,): biases and h_0 are 0.

        ==========  ==========================================================================
        sparse      15 incoming weights per unit ~ N(0, 1/15) in each of the three matrices (all, where
                    there are fewer units to come from), the others 0; W_vh times `input_scale`,
                    for large inputs wipe out the state (Martens & Sutskever's demonstration, 2011)
        orthogonal  the same, but W_hh is a random orthogonal matrix, from which no state ever
                    vanishes or explodes in a linear network (Saxe et al. 2014)
        ==========  ==========================================================================

        Parameters
        ----------
        rng : numpy.random.Generator
        scheme : {"sparse", "orthogonal"}
        scale : float
            Factor on W_hh.
        input_scale : float
            Factor on W_vh.
        dtype : float64 or float32
            Drawn in float64, then rounded.

        Raises
        ------
        TypeError, ValueError
            If an argument is none of the above.
        """
        generator("rng", rng)
        choice("scheme", scheme, ("sparse", "orthogonal"))
        scale = number("scale", scale, low=0, open_low=True)
        input_scale = number("input_scale", input_scale, low=0, open_low=True)
        dtype = choice("dtype", np.dtype(dtype), FLOATS)
        theta = np.zeros(self.size)
        W = self.parts(theta)
        for block in (W.W_vh, W.W_hh, W.W_ho):
            sparse(block, rng)
            block /= np.sqrt(INCOMING)
        if scheme == "orthogonal":
            Q, R = np.linalg.qr(rng.standard_normal(W.W_hh.shape))
            W.W_hh[:] = Q * np.sign(np.diag(R))                  # without the signs Q would not be uniform
        W.W_hh[:] *= scale
        W.W_vh[:] *= input_scale
        return theta.astype(dtype)
