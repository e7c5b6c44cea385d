"""A network's value, slopes and weighted Laplacian at many points, with tangent and reverse. Derived in 13 §2–3.

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
    """The passes at fixed points, with their buffers: `forward` at a θ, then any number of tangents and reverses.

    Parameters
    ----------
    net : MLP
    X : ndarray (N, n_in)
        Points inside, then points of the border.
    channels : Channels

    Attributes
    ----------
    out : Rows
        u, Lu and the equation's own ∂_k u, one column each.
    """

    def __init__(self, net, X, channels):
        self.net, self.channels, self.X, self.dtype = net, channels, X, X.dtype
        self._Z, self._A = self._buffers(points=1)
        self.out = self._Z[-1]
        self._hidden = [None]
        for l, act in enumerate(net.activations, start=1):
            self._hidden.append(HiddenLayer(*smooth(act.name), channels, self._Z[l], self._A[l], l == 1))

    def forward(self, theta):
        """Fill `out` at θ (d,), which is kept, not copied. Cost 1/3."""
        self._W = W = self.net.blocks(theta)
        Z, A = self._Z, self._A
        np.matmul(self.X, W[0][:-1], out=Z[1].all)
        Z[1].slopes[:, 0] = W[0][self.channels.coordinates]            # z_k = row k of W
        for l in range(1, len(W)):
            Z[l].value += W[l - 1][-1]                                 # z = a W + b
            self._hidden[l].forward()
            np.matmul(A[l].all, W[l][:-1], out=Z[l + 1].all)           # a W, a_k W, (La) W
        self.out.value += W[-1][-1]

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
        Z_bar, A_bar = self._point_adjoints
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

    # --- kept between calls

    @cached_property
    def _tangents(self):
        R_Z, R_A = self._buffers(points=1)
        return R_Z, R_A, [None, None] + [np.empty_like(rows.all) for rows in R_Z[2:]]

    @cached_property
    def _adjoints(self):
        return self._buffers(points=1)

    @cached_property
    def _point_adjoints(self):
        return self._buffers(points=self.channels.interior)

    def _buffers(self, points):
        """`Rows` for every z_l and every a_l; a first layer's slopes have one row, or one for each point."""
        channels, sizes, dtype = self.channels, self.net.sizes, self.dtype
        slopes = [len(channels.coordinates)] * (len(sizes) - 3) + [channels.out]   # what a_1, a_2, … carry: behind
        A = [channels.rows(n, K, dtype) for n, K in zip(sizes[1:], slopes)]        # the last, the equation's own
        Z = [channels.rows(n, K, dtype) for n, K in zip(sizes[2:], slopes)]
        return [None, channels.first_rows(sizes[1], points, dtype), *Z], [None, *A]
