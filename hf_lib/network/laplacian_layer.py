"""One hidden layer of the forward Laplacian: the activation on all channels. Derived in notebook 13 §2.

At every point inside, a layer carries its value z, its slopes z_k = ∂z/∂x_k along the coordinates that the
equation needs, and one weighted second derivative Lz = Σ_k c_k ∂²z/∂x_k². (At a point of the border, z alone.)
By the chain rule the activation makes of them, with s, t, w = act'(z), act''(z), act'''(z) and q = Σ_k c_k z_k²:

    a = act(z)          a_k = s z_k          La = s Lz + t q

and the derivative of this map, forwards along R{·} and backwards from the adjoints ā, ā_k, L̄a, is

    R{a}   = s R{z}                                     z̄   = s ā + (t Lz + w q) L̄a + t Σ_k z_k ā_k
    R{a_k} = s R{z_k} + t z_k R{z}                      z̄_k = s ā_k + 2 c_k z_k t L̄a
    R{La}  = s R{Lz} + (t Lz + w q) R{z} + t R{q}       L̄z  = s L̄a

with R{q} = 2 Σ_k c_k z_k R{z_k}. In the first layer z_k is W's row k at every point, and Lz = 0.
Dangel, Müller & Zeinhofer 2024, §3; Li et al. 2023 for the forward Laplacian.
"""

from functools import cached_property

import numpy as np


class Channels:
    """Which numbers are carried for each point, and where they lie: rows [z | Lz | z_1 | z_2 | …].

    Parameters
    ----------
    interior, border : int
        Numbers of points. The value rows begin with the interior's.
    coordinates : tuple of int
        The K coordinates whose slopes are carried; the equation's own ∂_k u come first.
    weights : tuple of float
        c_k of each of them.
    out : int
        How many of these slopes the equation itself needs.
    """

    def __init__(self, interior, border, coordinates, weights, out):
        self.interior, self.border, self.N = interior, border, interior + border
        self.coordinates, self.weights, self.out = list(coordinates), weights, out

    def rows(self, n, slopes, dtype):
        """New `Rows` for a layer of n units that carries so many slopes."""
        return Rows(np.empty((self.N + (1 + slopes) * self.interior, n), dtype), self.N, self.interior, slopes)

    def first_rows(self, n, points, dtype):
        """New rows for the first layer: no Lz, and slopes (K, points, n) of their own, for 1 or all points."""
        rows = Rows(np.empty((self.N, n), dtype), self.N, self.interior, 0)
        rows.slopes = np.empty((len(self.coordinates), points, n), dtype)
        return rows


class Rows:
    """All channels of one layer in one array, so that one matrix product serves them, and views of each."""

    def __init__(self, everything, N, interior, slopes):
        self.all = everything                                          # (rows, n)
        self.value = everything[:N]                                    # (N, n)
        self.inside = everything[:interior]                            # (N_i, n): the values inside
        self.laplacian = everything[N:N + interior]                    # (N_i, n)
        self.slopes = everything[N + interior:].reshape(slopes, interior, everything.shape[1])


class HiddenLayer:
    """The activation on all channels at one θ.

    Parameters
    ----------
    act : Smooth
    channels : Channels
    Z : Rows
        z, z_k and Lz of this layer; kept.
    A : Rows
        Filled with a, La, and as many a_k as it has room for.
    first : bool
        Lz = 0 and z_k has one row for all points.
    """

    def __init__(self, act, channels, Z, A, first):
        self.act, self.channels, self.Z, self.A, self.first = act, channels, Z, A, first
        self.s = act.first(Z.value, A.value)                           # a = act(z), s = act'(z)
        self.s_in = self.s[:channels.interior]
        self.t = act.second(A.inside, self.s_in)                       # act''(z)
        self.q = self._weighted(Z.slopes, Z.slopes)
        np.multiply(self.t, self.q, out=A.laplacian)                   # La = t q …
        if not first:
            A.laplacian += self.s_in * Z.laplacian                     # … + s Lz
        for z_k, a_k in zip(Z.slopes, A.slopes):
            np.multiply(self.s_in, z_k, out=a_k)                       # a_k = s z_k

    @cached_property
    def slope_of_laplacian(self):
        """∂La/∂z = t Lz + w q, (N_i, n)."""
        P = self.act.third(self.A.inside, self.s_in, self.t)           # w = act'''(z)
        P *= self.q
        if not self.first:
            P += self.t * self.Z.laplacian
        return P

    def tangent(self, R_Z, R_A):
        """Fill R_A from R_Z."""
        z_k = self.Z.slopes
        np.multiply(self.s, R_Z.value, out=R_A.value)                  # R{a} = s R{z}
        t_R_z = self.t * R_Z.inside
        for k, R_a_k in enumerate(R_A.slopes):
            np.multiply(self.s_in, R_Z.slopes[k], out=R_a_k)
            R_a_k += t_R_z * z_k[k]                                    # R{a_k} = s R{z_k} + t z_k R{z}
        R_q = self._weighted(z_k, R_Z.slopes)
        R_q *= 2
        np.multiply(self.t, R_q, out=R_A.laplacian)
        np.multiply(self.slope_of_laplacian, R_Z.inside, out=t_R_z)
        R_A.laplacian += t_R_z                                         # R{La} = t R{q} + P R{z} …
        if not self.first:
            np.multiply(self.s_in, R_Z.laplacian, out=t_R_z)
            R_A.laplacian += t_R_z                                     # … + s R{Lz}

    def adjoint(self, A_bar, Z_bar):
        """Fill Z_bar from A_bar. Slopes that have one row for all points get the sum over points."""
        z_k, c = self.Z.slopes, self.channels.weights
        gather = _same if Z_bar.slopes.shape[1:] == A_bar.laplacian.shape else _sum
        np.multiply(self.s, A_bar.value, out=Z_bar.value)              # z̄ = s ā …
        Z_bar.inside += self.slope_of_laplacian * A_bar.laplacian      # … + P L̄a …
        t_L = gather(self.t * A_bar.laplacian)
        for k, z_bar in enumerate(Z_bar.slopes):
            np.multiply(2 * c[k] * z_k[k], t_L, out=z_bar)             # z̄_k = 2 c_k z_k t L̄a …
        for k, a_bar in enumerate(A_bar.slopes):
            Z_bar.inside += self.t * z_k[k] * a_bar                    # … + t z_k ā_k
            Z_bar.slopes[k] += gather(self.s_in * a_bar)               # … + s ā_k
        if not self.first:
            np.multiply(self.s_in, A_bar.laplacian, out=Z_bar.laplacian)   # L̄z = s L̄a

    def _weighted(self, left, right):
        """Σ_k c_k left_k right_k over the coordinates with a second derivative: (N_i, n), or (1, n)."""
        total = None
        for c, l, r in zip(self.channels.weights, left, right):
            if c:
                term = l * r
                term *= c
                total = term if total is None else np.add(total, term, out=total)
        return total


def _same(x):
    return x


def _sum(x):
    return x.sum(axis=0, keepdims=True)
