"""One hidden layer of the forward Laplacian: the activation on all channels. Derived in notebook 13 §2–3.

At every point inside, a layer carries its value z, its slopes z_k = ∂z/∂x_k along the coordinates that the
equation needs, and one weighted second derivative Lz = Σ_k c_k ∂²z/∂x_k². (At a point of the border, z alone.)
By the chain rule the activation makes of them, with s, t, w = act'(z), act''(z), act'''(z) and q = Σ_k c_k z_k²:

    a = act(z)          a_k = s z_k          La = s Lz + t q

and the derivative of this map, forwards along R{·} and backwards from the adjoints ā, ā_k, L̄a, is

    R{a}   = s R{z}                                     z̄   = s ā + (t Lz + w q) L̄a + t Σ_k z_k ā_k
    R{a_k} = s R{z_k} + t z_k R{z}                      z̄_k = s ā_k + 2 c_k z_k t L̄a
    R{La}  = s R{Lz} + (t Lz + w q) R{z} + t R{q}       L̄z  = s L̄a

with R{q} = 2 Σ_k c_k z_k R{z_k}. In the first layer z_k is W's row k at every point, and Lz = 0.
Dangel, Müller & Zeinhofer 2024; Li et al. 2023, who name it.
"""

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
    """The activation on all channels: forwards, tangent, reverse.

    Parameters
    ----------
    act, higher : Activation, Smooth
    channels : Channels
    Z : Rows
        z, z_k and Lz of this layer.
    A : Rows
        For a, La, and as many a_k as it has room for.
    first : bool
        Lz = 0 and z_k has one row for all points.
    """

    def __init__(self, act, higher, channels, Z, A, first):
        self.act, self.higher, self.channels, self.Z, self.A, self.first = act, higher, channels, Z, A, first
        self._s = np.empty_like(Z.value)                               # act'(z), (N, n)
        self._s_in = self._s[:channels.interior]                       # … inside, (N_i, n)
        self._t = np.empty_like(self._s_in)                            # act''(z)
        self._P = np.empty_like(self._s_in)                            # ∂La/∂z
        self._P_is_old = True
        self._q = np.empty((1, Z.all.shape[1]) if first else self._t.shape, self._t.dtype)
        self._R_q = np.empty_like(self._q)
        self._x, self._y = np.empty_like(self._t), np.empty_like(self._t)    # scratch

    def forward(self):
        """Fill A from Z."""
        Z, A, s, t = self.Z, self.A, self._s_in, self._t
        self.act.apply(Z.value, out=A.value)                           # a = act(z)
        self.act.slope(Z.value, A.value, out=self._s)                  # s = act'(z)
        self.higher.second(A.inside, s, t)                                # t = act''(z)
        self._weighted(Z.slopes, Z.slopes, out=self._q)                # q = Σ c_k z_k²
        np.multiply(t, self._q, out=A.laplacian)                       # La = t q …
        if not self.first:
            A.laplacian += np.multiply(s, Z.laplacian, out=self._x)    # … + s Lz
        for z_k, a_k in zip(Z.slopes, A.slopes):
            np.multiply(s, z_k, out=a_k)                               # a_k = s z_k
        self._P_is_old = True

    def tangent(self, R_Z, R_A):
        """Fill R_A from R_Z."""
        z, s, t, x = self.Z.slopes, self._s_in, self._t, self._x
        np.multiply(self._s, R_Z.value, out=R_A.value)                 # R{a} = s R{z}
        t_R_z = np.multiply(t, R_Z.inside, out=self._y)
        for k, R_a_k in enumerate(R_A.slopes):
            np.multiply(s, R_Z.slopes[k], out=R_a_k)
            R_a_k += np.multiply(t_R_z, z[k], out=x)                   # R{a_k} = s R{z_k} + t z_k R{z}
        R_q = self._weighted(z, R_Z.slopes, out=self._R_q)
        R_q *= 2                                                       # R{q} = 2 Σ c_k z_k R{z_k}
        np.multiply(t, R_q, out=R_A.laplacian)                         # R{La} = t R{q} …
        R_A.laplacian += np.multiply(self._slope_of_laplacian(), R_Z.inside, out=x)    # … + P R{z} …
        if not self.first:
            R_A.laplacian += np.multiply(s, R_Z.laplacian, out=x)      # … + s R{Lz}

    def adjoint(self, A_bar, Z_bar):
        """Fill Z_bar from A_bar. Slopes that have one row for all points get the sum over points."""
        z, c, s, t, x = self.Z.slopes, self.channels.weights, self._s_in, self._t, self._x
        gather = _same if Z_bar.slopes.shape[1:] == s.shape else _sum
        np.multiply(self._s, A_bar.value, out=Z_bar.value)             # z̄ = s ā …
        Z_bar.inside += np.multiply(self._slope_of_laplacian(), A_bar.laplacian, out=x)    # … + P L̄a …
        np.multiply(t, A_bar.laplacian, out=x)
        x *= 2
        two_t_L = gather(x)
        for k, z_bar in enumerate(Z_bar.slopes):
            np.multiply(z[k], two_t_L, out=z_bar)                      # z̄_k = 2 c_k z_k t L̄a …
            if c[k] != 1:
                z_bar *= c[k]
        for k, a_bar in enumerate(A_bar.slopes):
            Z_bar.slopes[k] += gather(np.multiply(s, a_bar, out=x))    # … + s ā_k
            np.multiply(t, z[k], out=x)
            x *= a_bar
            Z_bar.inside += x                                          # z̄: … + t z_k ā_k
        if not self.first:
            np.multiply(s, A_bar.laplacian, out=Z_bar.laplacian)       # L̄z = s L̄a

    def _slope_of_laplacian(self):
        """P = ∂La/∂z = w q + t Lz, (N_i, n): made at the first need at this θ."""
        if self._P_is_old:
            P = self._P
            self.higher.third(self.A.inside, self._s_in, self._t, P)      # w = act'''(z)
            P *= self._q
            if not self.first:
                P += np.multiply(self._t, self.Z.laplacian, out=self._y)
            self._P_is_old = False
        return self._P

    def _weighted(self, left, right, out):
        """Σ_k c_k left_k right_k, (N_i, n); in the first layer (1, n)."""
        scratch = np.empty_like(out) if self.first else self._x
        target = out
        for c, l, r in zip(self.channels.weights, left, right):
            if c:                                                      # heat: u_tt is not wanted
                np.multiply(l, r, out=target)
                if c != 1:
                    target *= c
                if target is not out:
                    out += target
                target = scratch
        return out


def _same(x):
    return x


def _sum(x):
    return x.sum(axis=0, keepdims=True)
