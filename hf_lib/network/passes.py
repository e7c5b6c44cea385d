"""The four passes f0, r1, f1, r2 through an MLP. Derived in notebook 06 §2–5 (f0, r1: 05 §3).

Schraudolph (2002) names them so. One letter, one meaning, in all four:

=========  =======================  ==================================================
``A[l]``   (N, n_l + 1)             activations with a column of ones, A[0] = [X, 1]
``z``      (N, n_out)               the output, A[L] without its ones
``S[l]``   (N, n_l)                 act'(z_l); S[L] is z, for the last layer is linear
``W[l]``   (n_l + 1, n_{l+1})       weights with the bias as last row, a view into θ
``V[l]``   (n_l + 1, n_{l+1})       the same view into a direction v
``R_z[l]`` (N, n_l)                 R{z_l}, how z_l moves when θ moves along v
``R_a[l]`` (N, n_l)                 R{a_l} = S[l] ∘ R_z[l]
``D[l]``   (N, n_l)                 adjoint δ_l = ∂f/∂z_l
``R_D[l]`` (N, n_l)                 R{δ_l}
=========  =======================  ==================================================

A bias is the weight of a unit that always says 1. In θ each b_l stands right behind W_l, so
[W_l; b_l] is one matrix and A[l] @ W[l] adds the bias at no cost; its gradient holds both too.
Every function writes into arrays that its caller owns and allocates nothing large.
"""

import numpy as np


def f0(W, activations, A, S, T, slopes=True):
    """Forward: A[0] is given, fill A[1], … and S[1], …; return z = S[L]. Cost 1/3 gradient.

    T is scratch like S: it has no column of ones, and element by element that is faster.
    Without `slopes`, for a value alone, S[l] is left as z_l.
    """
    for l, act in enumerate(activations, start=1):
        z, a = S[l], T[l]
        np.matmul(A[l - 1], W[l - 1], out=z)            # z_l = a_{l−1} W + b
        act.apply(z, out=a)                             # a_l = act(z_l)
        A[l][:, :-1] = a
        if slopes:
            act.slope(z, a, out=z)                      # S[l] = act'(z_l), in the place of z_l
    return np.matmul(A[-1], W[-1], out=S[-1])


def r1(W, A, S, D, G):
    """Reverse: D[L] is given, fill D[L−1], …, D[1] and the gradient's blocks G. Cost 2/3 gradient."""
    for l in reversed(range(len(W))):
        np.matmul(A[l].T, D[l + 1], out=G[l])           # ∂f/∂[W; b] = [a_l, 1]ᵀ δ_{l+1}
        if l > 0:
            np.matmul(D[l + 1], W[l][:-1].T, out=D[l])  # ∂f/∂a_l = δ_{l+1} Wᵀ
            D[l] *= S[l]                                # δ_l = act'(z_l) ∘ ∂f/∂a_l


def f1(W, V, A, S, R_z, R_a, T):
    """R-forward: fill R_z[1], R_a[1], …; R_z[L] is J v. T is scratch like R_z. Cost 2/3 gradient."""
    for l in range(len(W)):
        np.matmul(A[l], V[l], out=R_z[l + 1])           # a_l V, with V's bias row
        if l > 0:
            np.matmul(R_a[l], W[l][:-1], out=T[l + 1])
            R_z[l + 1] += T[l + 1]                      # R{z_{l+1}} = a_l V + R{a_l} W
        if l + 1 < len(W):
            np.multiply(R_z[l + 1], S[l + 1], out=R_a[l + 1])   # R{a} = act'(z) ∘ R{z}


def r2(W, V, A, S, R_z, R_a, D, B, R_D, T, G, T_G):
    """Reverse of the R-forward: R_D[L] is given, fill R_D[L−1], … and R{∂f/∂θ}. Cost 4/3 gradient.

    B[l] = act''(z_l) ∘ ∂f/∂a_l comes from the gradient's r1, or is None where act'' = 0;
    T and T_G are scratch like D and G.
    """
    for l in reversed(range(len(W))):
        np.matmul(A[l].T, R_D[l + 1], out=G[l])         # R{aᵀδ} = aᵀ R{δ} + R{a}ᵀ δ
        if l > 0:
            np.matmul(R_a[l].T, D[l + 1], out=T_G[l])
            G[l][:-1] += T_G[l]
            np.matmul(R_D[l + 1], W[l][:-1].T, out=R_D[l])
            np.matmul(D[l + 1], V[l][:-1].T, out=T[l])
            R_D[l] += T[l]                              # R{∂f/∂a} = R{δ} Wᵀ + δ Vᵀ
            R_D[l] *= S[l]                              # R{δ_l} = act' ∘ R{∂f/∂a} …
            if B[l] is not None:
                np.multiply(B[l], R_z[l], out=T[l])
                R_D[l] += T[l]                          # … + act'' ∘ R{z} ∘ ∂f/∂a
