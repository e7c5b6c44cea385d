"""Multilayer perceptrons on one flat parameter vector. Derived in notebook 01 §2."""

import numpy as np

from hf_lib._checks import choice, count, float_array, generator, number

from . import passes
from .activations import activation
from .buffers import Buffers, chunks
from .overflow import quietly

INCOMING = 15            # non-zero weights into a unit at a sparse start


class MLP:
    """A fully connected network R_x(θ) with θ as one flat vector.

    Layer l computes z_l = a_{l−1} W_l + b_l and a_l = act_l(z_l), from a_0 = x; the last
    layer is linear, and its z is the network's output (φ belongs to the loss).
    θ is W_1 (row by row), b_1, W_2, b_2, …; W_l has shape (n_{l−1}, n_l).

    Parameters
    ----------
    sizes : sequence of int
        Units per layer, inputs first, outputs last; at least two entries.
    activation : str or sequence of str
        "tanh", "sigmoid", "relu", "softplus", "sin" or "linear": one for all hidden layers, or one for each.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive whole number, or an activation is unknown or missing.

    Examples
    --------
    >>> net = MLP([784, 800, 10], activation="relu")
    >>> net.size
    636010
    >>> net
    MLP([784, 800, 10], activation='relu')
    """

    def __init__(self, sizes, activation="tanh"):
        if not np.iterable(sizes):
            raise TypeError(f"sizes must be a sequence of whole numbers, got {type(sizes).__name__}")
        self.sizes = tuple(count(f"sizes[{i}]", n) for i, n in enumerate(sizes))
        if len(self.sizes) < 2:
            raise ValueError(f"sizes is {list(self.sizes)}, expected inputs and outputs at least")
        self.activations = _per_layer(activation, len(self.sizes) - 2)
        self.size = sum((n + 1) * m for n, m in self._shapes())

    def __repr__(self):
        names = [act.name for act in self.activations]
        shown = (names or ["tanh"])[0] if len(set(names)) < 2 else names
        return f"MLP({list(self.sizes)}, activation={shown!r})"

    @quietly
    def __call__(self, theta, X):
        """The output z of every row of X, shape (N, n_out): one forward pass, 1/3 gradient.

        Raises
        ------
        TypeError, ValueError
            If θ is no float vector of length `size`, or X no (N, n_in) array of the same dtype.
        """
        float_array("theta", theta, (self.size,))
        float_array("X", X, (None, self.sizes[0]), theta.dtype)
        W, z, shelf = self.blocks(np.ascontiguousarray(theta)), np.empty((len(X), self.sizes[-1]), X.dtype), []
        for rows in chunks(len(X)):
            self._forward(W, X[rows], z[rows], shelf)
        return z

    def _forward(self, W, X, z, shelf):
        buffers = Buffers(self.sizes, len(X), X.dtype, shelf)
        A, S, T = buffers.with_ones("A"), [*buffers.hidden("S"), z], buffers.hidden("T")
        A[0][:, :-1] = X
        passes.f0(W, self.activations, A, S, T, slopes=False)

    def layers(self, theta):
        """Views [(W_1, b_1), (W_2, b_2), …] into θ: no copy, so writing to a view writes to θ.

        Raises
        ------
        TypeError, ValueError
            If θ is no float32 or float64 vector of length `size`.
        """
        float_array("theta", theta, (self.size,))
        return [(block[:-1], block[-1]) for block in self.blocks(theta)]

    def blocks(self, theta):
        """Views of shape (n_{l−1} + 1, n_l) into θ: W_l with b_l as its last row. No check, no copy.

        b_l stands right behind W_l in θ, so [W_l; b_l] is one matrix, and [a, 1] [W; b] = a W + b.
        """
        views, start = [], 0
        for n, m in self._shapes():
            views.append(theta[start:start + (n + 1) * m].reshape(n + 1, m))
            start += (n + 1) * m
        return views

    def hidden_biases(self, theta):
        """The biases of all hidden units, a copy of shape (hidden units,)."""
        return np.concatenate([theta[:0], *(block[-1] for block in self.blocks(theta)[:-1])])

    def squared_weights(self, theta):
        """‖weights‖² without the biases, a float: what weight decay charges for."""
        return sum(float(np.vdot(block[:-1], block[:-1])) for block in self.blocks(theta))

    def add_decay(self, l2, v, out):
        """Add l2·v to `out` (d,) at the weights, in place, and return it: the derivatives of ½·l2·‖weights‖²."""
        if l2:
            for block, part in zip(self.blocks(out), self.blocks(v)):
                block[:-1] += l2 * part[:-1]
        return out

    def init(self, rng, scheme="glorot", scale=1.0, dtype=np.float64):
        """A random starting point θ, shape (d,).

        ========  ==================================================================
        glorot    W ~ N(0, 2/(n_in + n_out)), b = 0 (Glorot & Bengio 2010)
        he        W ~ N(0, 2/n_in), b = 0 (He et al. 2015, for ReLU)
        sparse    15 incoming weights per unit ~ N(0, 1), the others 0, b = 0 (Martens 2010,
                  §5). Tanh layers start much as sigmoid layers would: W times 1/2 where it
                  leads into tanh units and 1/2 where it comes from them, so 1/4 between two,
                  and b = 1/2 (Sutskever et al. 2013, §3.1). Derived in 10 §7
        ========  ==================================================================

        Parameters
        ----------
        rng : numpy.random.Generator
        scheme : {"glorot", "he", "sparse"}
        scale : float
            Factor on all weights.
        dtype : float64 or float32

        Raises
        ------
        TypeError, ValueError
            If `rng` is no Generator, `scheme` is unknown, or `dtype` is not float32 or float64.
        """
        generator("rng", rng)
        choice("scheme", scheme, ("glorot", "he", "sparse"))
        scale = number("scale", scale, low=0, open_low=True)
        choice("dtype", np.dtype(dtype), (np.dtype(np.float32), np.dtype(np.float64)))
        theta = np.zeros(self.size)
        into = [act.name == "tanh" for act in self.activations] + [False]       # does W lead into tanh units?
        for l, (W, b) in enumerate(self.layers(theta)):
            n, m = W.shape
            if scheme == "sparse":
                sparse(W, rng)
                W *= 0.5 ** (into[l] + (l > 0 and into[l - 1]))
                b[:] = 0.5 * into[l]
            else:
                variance = 2 / (n + m) if scheme == "glorot" else 2 / n
                W[:] = rng.normal(0, np.sqrt(variance), W.shape)
            W *= scale
        return theta.astype(dtype)

    def weight_mask(self, dtype=np.float64):
        """A vector (d,): 1 at each weight, 0 at each bias; weight decay acts where it is 1."""
        mask = np.ones(self.size, dtype)
        for _, b in self.layers(mask):
            b[:] = 0
        return mask

    def _shapes(self):
        return list(zip(self.sizes[:-1], self.sizes[1:]))


def _per_layer(names, n_hidden):
    if isinstance(names, str):
        return (activation(names),) * n_hidden
    if not np.iterable(names):
        raise TypeError(f"activation must be a name or a sequence of names, got {type(names).__name__}")
    names = list(names)
    if len(names) != n_hidden:
        raise ValueError(f"activation lists {len(names)} names, expected {n_hidden}: one per hidden layer")
    return tuple(activation(name) for name in names)


def sparse(W, rng):
    """Fill the zeros W (n, m): `INCOMING` entries ~ N(0, 1) in each column, or n where n is less."""
    n, m = W.shape
    k = min(INCOMING, n)
    chosen = np.argsort(rng.random((m, n)), axis=1)[:, :k]           # k different inputs for each unit
    W[chosen.T, np.arange(m)] = rng.standard_normal((k, m))
