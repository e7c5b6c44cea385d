"""The objective f_M(θ): network + loss + data + weight decay. Derived in notebook 01 §1."""

import numpy as np

from hf_lib._checks import float_array, number, row_numbers

from . import passes
from .buffers import Buffers, chunks
from .curvature import Linearization
from .first_derivatives import objective
from .overflow import quietly


class Problem:
    """f_M(θ) = (1/N) Σ_n L(R_{x_n}(θ), y_n) + ½·l2·‖weights‖².

    Parameters
    ----------
    net : MLP
    loss : Loss
    X : ndarray (N, n_in), float32 or float64
    Y : ndarray (N, n_out) of the same dtype
    l2 : float
        Weight decay; biases are free.

    Notes
    -----
    `value`, `value_and_gradient` and ``linearize(θ).value`` give the same f in every bit: they go through the
    examples in the same chunks, by the same formulas, and add up in the same order.
    A problem and its batches keep the arrays of one linearisation that is no longer alive, for the next.

    Raises
    ------
    TypeError
        If X or Y is no float array, the dtypes differ, or class labels stand where one-hot rows should.
    ValueError
        If shapes do not fit, N = 0, a value is NaN or infinite, or the loss cannot take a target.

    Examples
    --------
    >>> from hf_lib import MLP, SquaredError
    >>> X = np.array([[0.0], [1.0]])
    >>> problem = Problem(MLP([1, 1]), SquaredError(), X, 2 * X)
    >>> theta = np.array([1.0, 0.0])                    # z = x, so f = ½ mean (x − 2x)²
    >>> problem.value(theta), problem.gradient(theta)
    (0.25, array([-0.5, -0.5]))
    """

    def __init__(self, net, loss, X, Y, l2=0.0):
        float_array("X", X, (None, net.sizes[0]), finite=True)
        loss.check_targets(Y, net.sizes[-1], X.dtype)
        if len(X) == 0:
            raise ValueError("X holds no examples, expected N of at least 1")
        if len(X) != len(Y):
            raise ValueError(f"X has {len(X)} rows and Y has {len(Y)}, expected one target per example")
        self.net, self.loss, self.X, self.Y = net, loss, X, Y
        self.l2 = number("l2", l2, low=0)
        self._shelf, self._chunk_shelf = [], []                 # arrays between two uses, see buffers.py

    def __repr__(self):
        return (f"Problem({self.net!r}, {type(self.loss).__name__}, N={self.N}, "
                f"{self.X.dtype.name}, l2={self.l2:g})")

    @property
    def N(self):
        """The number of examples."""
        return len(self.X)

    @property
    def size(self):
        """d, the length of θ."""
        return self.net.size

    @quietly
    def value(self, theta):
        """f_M(θ), a float. Cost 1/3."""
        theta = self._checked(theta)
        totals = [self._chunk(theta, rows) for rows in chunks(self.N)]
        return objective(totals, self.N, self.net, theta, self.l2)

    def gradient(self, theta):
        """∇f_M(θ), shape (d,). Cost 1."""
        return self.value_and_gradient(theta)[1]

    @quietly
    def value_and_gradient(self, theta):
        """f_M(θ) and ∇f_M(θ) from one forward and one reverse pass. Cost 1."""
        theta = self._checked(theta)
        totals, gradient, part = [], np.empty_like(theta), np.empty_like(theta)
        for rows in chunks(self.N):
            G = gradient if rows.start == 0 else part
            totals.append(self._chunk(theta, rows, self.net.blocks(G)))
            if rows.start > 0:
                gradient += part
        self.net.add_decay(self.l2, theta, gradient)
        return objective(totals, self.N, self.net, theta, self.l2), gradient

    def linearize(self, theta):
        """The `Linearization` at θ on all of this problem's data. Cost 1/3, memory N × all units."""
        self._checked(theta)
        return Linearization(self.net, self.loss, self.X, self.Y, theta, self.l2, self._shelf)

    def predict(self, theta):
        """φ(z) for every example, shape (N, n_out). Cost 1/3."""
        return self.loss.output(self.net(self._checked(theta), self.X))

    def batch(self, index):
        """The same objective on part of the data: `index` is a slice, or an array of row numbers.

        A slice shares memory with this problem, an array of rows copies them.

        Raises
        ------
        TypeError, ValueError
            If `index` is neither, or selects nothing.
        IndexError
            If a row number is out of range.
        """
        row_numbers("index", index)
        part = object.__new__(type(self))                       # the data were checked once
        part.net, part.loss, part.l2 = self.net, self.loss, self.l2
        part._shelf, part._chunk_shelf = self._shelf, self._chunk_shelf
        part.X, part.Y = self.X[index], self.Y[index]
        if part.X.ndim != 2 or len(part.X) == 0:
            raise ValueError(f"index {index!r} selects no list of examples out of {self.N}")
        return part

    def _checked(self, theta):
        return np.ascontiguousarray(float_array("theta", theta, (self.size,), self.X.dtype))

    def _chunk(self, theta, rows, G=None):
        """Σ_n L over the examples in `rows`; fills the gradient's blocks G, if wanted, without weight decay."""
        X, Y, W = self.X[rows], self.Y[rows], self.net.blocks(theta)
        buffers = Buffers(self.net.sizes, len(X), X.dtype, self._chunk_shelf)
        A, S, T = buffers.with_ones("A"), buffers.layers("S"), buffers.hidden("T")
        A[0][:, :-1] = X
        z = passes.f0(W, self.net.activations, A, S, T, slopes=G is not None)
        if G is not None:
            D = buffers.layers("D")
            np.multiply(self.loss.residual(z, Y), 1 / self.N, out=D[-1])
            passes.r1(W, A, S, D, G)
        return self.loss.total(z, Y)
