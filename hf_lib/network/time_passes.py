"""The four passes f0, r1, f1, r2 through a recurrent network and through time. Derived in notebook 16.

They are those of an MLP (`passes.py`) with one layer used at every step, so a weight's shares are added over time.
Time comes first in every array, so that one step is one block of memory:

==========  ==================  ========================================================
``X[t]``    (N, n_in)           inputs of step t = 0, …, T − 1
``H[t]``    (N, n_hidden)       the state *before* step t: H[0] is h_0 in every row, H[t + 1] = act(s_t)
``S[t]``    (N, n_hidden)       act'(s_t) with s_t = x_t W_vh + h W_hh + b_h, h = H[t]
``z[t]``    (N, n_out)          the output H[t + 1] W_ho + b_o
``R_S[t]``  (N, n_hidden)       R{s_t}
``R_H[t]``  (N, n_hidden)       R{h}, as H
``R_z[t]``  (N, n_out)          R{z_t}
``D_z[t]``  (N, n_out)          adjoint ∂f/∂z_t
``D[t]``    (N, n_hidden)       adjoint ∂f/∂s_t
==========  ==================  ========================================================

W, V and G are `Parts`: views into θ, into a direction v, and into the result. Only the products with W_hh have to
wait for the step before; all others are made for all steps at once. T is scratch like D[0] in r1, like D in r2.
Every function writes into arrays that its caller owns.
"""

import numpy as np


def f0(W, act, X, H, S, z):
    """Forward: fill H, S and z. Cost 1/3 gradient."""
    _times(X, W.W_vh, out=S)
    if W.b_h is not None:
        S += W.b_h                                      # x_t W_vh + b_h
    H[0] = W.h_0
    for t in range(len(X)):
        np.matmul(H[t], W.W_hh, out=H[t + 1])
        S[t] += H[t + 1]                                # s_t = x_t W_vh + h W_hh + b_h
        act.apply(S[t], out=H[t + 1])                   # the next h = act(s_t)
    act.slope(S, H[1:], out=S)                          # S[t] = act'(s_t), in the place of s_t
    _times(H[1:], W.W_ho, out=z)
    if W.b_o is not None:
        z += W.b_o                                      # z_t = h W_ho + b_o


def r1(W, X, H, S, D_z, D, G, T, pull=None):
    """Reverse: D_z is given, fill D and the parts G. Cost 2/3 gradient.

    Structural damping is `pull`, (c, R_H): c·R{h} is added to the adjoint of every s_t.
    """
    _times(D_z, W.W_ho.T, out=D)                        # ∂f/∂h, the share of z_t
    for t in reversed(range(len(X))):
        if t + 1 < len(X):
            np.matmul(D[t + 1], W.W_hh.T, out=T)
            D[t] += T                                   # … and of the next step
        D[t] *= S[t]                                    # ∂f/∂s_t = act'(s_t) ∘ ∂f/∂h
        if pull is not None:
            D[t] += np.multiply(pull[1][t + 1], pull[0], out=T)      # + µλ M_t R{s_t} / N
    _gather(X, D, G.W_vh)                               # Σ_t x_tᵀ ∂f/∂s_t
    _gather(H[:-1], D, G.W_hh)                          # Σ_t hᵀ ∂f/∂s_t
    _gather(H[1:], D_z, G.W_ho)
    _sums(W, D, D_z, G, np.matmul(D[0], W.W_hh.T, out=T))


def f1(W, V, X, H, S, R_S, R_H, R_z, T_z):
    """R-forward: fill R_S, R_H and R_z = J v. T_z is scratch like R_z. Cost 2/3 gradient."""
    _times(X, V.W_vh, out=R_S)
    R_S += _times(H[:-1], V.W_hh, out=R_H[1:])          # x_t V_vh + h V_hh, in the place of the later R{h}
    if V.b_h is not None:
        R_S += V.b_h
    R_H[0] = V.h_0
    for t in range(len(X)):
        np.matmul(R_H[t], W.W_hh, out=R_H[t + 1])
        R_S[t] += R_H[t + 1]                            # R{s_t} = x_t V_vh + h V_hh + v_b + R{h} W_hh
        np.multiply(S[t], R_S[t], out=R_H[t + 1])       # the next R{h} = act'(s_t) ∘ R{s_t}
    _times(H[1:], V.W_ho, out=R_z)
    R_z += _times(R_H[1:], W.W_ho, out=T_z)             # R{z_t} = h V_ho + R{h} W_ho + v_b
    if V.b_o is not None:
        R_z += V.b_o


def r2(W, V, X, H, S, R_S, R_H, D_z, D, B, R_D_z, R_D, G, T, T_G):
    """Reverse of the R-forward: R_D_z is given, fill R_D and R{∂f/∂θ}. Cost 4/3 gradient.

    B[t] = act''(s_t) ∘ ∂f/∂h comes from the gradient's r1, or B is None where act'' = 0. T_G is scratch like G.
    """
    _times(R_D_z, W.W_ho.T, out=R_D)
    R_D += _times(D_z, V.W_ho.T, out=T)                 # R{∂f/∂h}, the share of z_t
    for t in reversed(range(len(X))):
        if t + 1 < len(X):
            R_D[t] += np.matmul(R_D[t + 1], W.W_hh.T, out=T[t])
            R_D[t] += np.matmul(D[t + 1], V.W_hh.T, out=T[t])
        R_D[t] *= S[t]                                  # R{∂f/∂s_t} = act' ∘ R{∂f/∂h} …
        if B is not None:
            R_D[t] += np.multiply(B[t], R_S[t], out=T[t])            # … + act'' ∘ R{s_t} ∘ ∂f/∂h
    _gather(X, R_D, G.W_vh)
    _gather(H[:-1], R_D, G.W_hh)
    G.W_hh[:] += _gather(R_H[:-1], D, T_G.W_hh)            # R{hᵀ δ} = hᵀ R{δ} + R{h}ᵀ δ
    _gather(H[1:], R_D_z, G.W_ho)
    G.W_ho[:] += _gather(R_H[1:], D_z, T_G.W_ho)
    start = np.matmul(R_D[0], W.W_hh.T, out=T[0])
    _sums(W, R_D, R_D_z, G, start)
    G.h_0[:] += np.matmul(D[0], V.W_hh.T, out=T[0]).sum(axis=0)


def _times(A, W, out):
    """A[t] W for all t, as one product."""
    np.matmul(A.reshape(-1, A.shape[-1]), W, out=out.reshape(-1, out.shape[-1]))
    return out


def _gather(A, D, out):
    """Σ_t A[t]ᵀ D[t], as one product."""
    return np.matmul(A.reshape(-1, A.shape[-1]).T, D.reshape(-1, D.shape[-1]), out=out)


def _sums(W, D, D_z, G, start):
    """What biases and h_0 get: sums over examples, and over time for the biases."""
    if W.b_h is not None:
        np.sum(D, axis=(0, 1), out=G.b_h)
        np.sum(D_z, axis=(0, 1), out=G.b_o)
    np.sum(start, axis=0, out=G.h_0)
