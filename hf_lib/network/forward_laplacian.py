"""A network's value, slopes and weighted Laplacian at many points, with tangent and reverse. Derived in notebook 13 §2.

Between the activations (`laplacian_layer`) all channels go through the same matrix, and only the value gets the bias:

    z = a W + b,   z_k = a_k W,   Lz = (La) W

so the rows of all channels and points are stacked, and a layer is one matrix product. At the first layer a = x,
a_k is the k-th unit vector and La = 0: there z_k is row k of W, and only the values are multiplied.
"""

from functools import cached_property

import numpy as np

from .laplacian_layer import HiddenLayer
from .smooth import smooth


class ForwardLaplacian:
    """One forward pass kept, with what tangents and reverse passes need.

    Parameters
    ----------
    net : MLP
    theta : ndarray (d,)
        Kept, not copied.
    X : ndarray (N, n_in)
        Points inside, then points of the border.
    channels : Channels

    Attributes
    ----------
    out : Rows
        u, Lu and the equation's own ∂_k u, one column each.
    """

    def __init__(self, net, theta, X, channels):
        self.net, self.channels, self.X, self.dtype = net, channels, X, theta.dtype
        self._W = W = net.blocks(theta)
        self._A, self._hidden = [None], [None]
        for l, act in enumerate(net.activations, start=1):
            Z = self._product(X, W[0], 1) if l == 1 else self._product(self._A[-1], W[l - 1])
            A = channels.rows(net.sizes[l], self._slopes(l), self.dtype)
            self._hidden.append(HiddenLayer(smooth(act.name), channels, Z, A, first=l == 1))
            self._A.append(A)
        self.out = self._product(self._A[-1], W[-1])

    def tangent(self, v):
        """The `Rows` R{out} when θ moves along v (d,): the same buffer at every call. Cost 2/3."""
        V, W = self.net.blocks(v), self._W
        R_Z, R_A, scratch = self._tangents
        np.matmul(self.X, V[0][:-1], out=R_Z[1].all)
        R_Z[1].value += V[0][-1]                                       # R{z} = x V + V's bias
        R_Z[1].slopes[:, 0] = V[0][self.channels.coordinates]          # R{z_k} = row k of V
        for l in range(1, len(W)):
            self._hidden[l].tangent(R_Z[l], R_A[l])
            np.matmul(self._A[l].all, V[l][:-1], out=R_Z[l + 1].all)
            np.matmul(R_A[l].all, W[l][:-1], out=scratch[l + 1])
            R_Z[l + 1].all += scratch[l + 1]                           # R{z} = a V + R{a} W, in all channels
            R_Z[l + 1].value += V[l][-1]
        return R_Z[-1]

    def reverse(self, fill, out):
        """The adjoint of `tangent`, written to `out` (d,). `fill(rows)` puts in the adjoint of `self.out`. Cost 2/3."""
        Z_bar, A_bar = self._adjoints
        fill(Z_bar[-1])
        self._back(Z_bar, A_bar)
        G = self.net.blocks(out)
        np.matmul(self.X.T, Z_bar[1].value, out=G[0][:-1])
        G[0][self.channels.coordinates] += Z_bar[1].slopes[:, 0]       # row k of W was z_k at every point
        for l in range(1, len(G)):
            np.matmul(self._A[l].all.T, Z_bar[l + 1].all, out=G[l][:-1])    # W̄ = Σ aᵀ z̄ over all channels
        for block, z_bar in zip(G, Z_bar[1:]):
            np.sum(z_bar.value, axis=0, out=block[-1])                 # b̄ = Σ z̄ over the values alone
        return out

    def inputs_and_adjoints(self, fill):
        """What a layer multiplies and the adjoints of what comes out, layer by layer, for every single point.

        Yields
        ------
        A, Z_bar : Rows
            Of the layer's input and of its output; at the first layer A is None and Z_bar's slopes are
            (K, N_i, n).
        """
        Z_bar, A_bar = self._adjoint_buffers(points=self.channels.interior)
        fill(Z_bar[-1])
        self._back(Z_bar, A_bar)
        yield from zip(self._A, Z_bar[1:])

    def _back(self, Z_bar, A_bar):
        for l in reversed(range(1, len(self._W))):
            if l == len(self._W) - 1:                                  # one output: the product is an outer one
                np.multiply(Z_bar[-1].all, self._W[-1][:-1].T, out=A_bar[l].all)
            else:
                np.matmul(Z_bar[l + 1].all, self._W[l][:-1].T, out=A_bar[l].all)
            self._hidden[l].adjoint(A_bar[l], Z_bar[l])

    def _product(self, A, block, points=None):
        """The rows behind a layer's matrix; with `points` the first layer's."""
        n, channels = block.shape[1], self.channels
        if points is not None:
            Z = channels.first_rows(n, points, self.dtype)
            Z.slopes[:, 0] = block[channels.coordinates]               # z_k = row k of W
            np.matmul(A, block[:-1], out=Z.all)
        else:
            Z = channels.rows(n, len(A.slopes), self.dtype)
            np.matmul(A.all, block[:-1], out=Z.all)
        Z.value += block[-1]
        return Z

    def _slopes(self, l):
        """How many slopes a_l carries: behind the last hidden layer, the equation's own alone."""
        last = l == len(self._W) - 1
        return self.channels.out if last else len(self.channels.coordinates)

    # --- kept between calls, made at the first need

    @cached_property
    def _tangents(self):
        R_Z, R_A = self._adjoint_buffers(points=1)
        return R_Z, R_A, [None, None] + [np.empty_like(rows.all) for rows in R_Z[2:]]

    @cached_property
    def _adjoints(self):
        return self._adjoint_buffers(points=1)

    def _adjoint_buffers(self, points):
        """Rows like every z_l and like every a_l."""
        sizes, channels, dtype = self.net.sizes, self.channels, self.dtype
        Z = [None, channels.first_rows(sizes[1], points, dtype)]
        Z += [channels.rows(n, len(A.slopes), dtype) for n, A in zip(sizes[2:], self._A[1:])]
        return Z, [None] + [channels.rows(n, len(A.slopes), dtype) for n, A in zip(sizes[1:], self._A[1:])]
