"""Pictures of notebook 07: two methods in a plane, and a spectrum designer; CG in practice is in `ch07_practice`.

Eigenvalues are h; every pure run of CG here is held together by full reorthogonalisation, so that it
shows what exact arithmetic would do.
"""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .ch07_practice import BOUND, CG, MARK, rounding, scaling, stopping
from .panels import counted

__all__ = ["chebyshev_bound", "plane", "spectrum", "designer", "scaling", "rounding", "stopping"]

STEPS = 30                                                      # of the designer's CG


# --- the plane

def _paths(kappa, degrees, steps):
    """Errors of steepest descent and of CG in the eigendirections of curvature 1 and κ, (steps + 1, 2) each."""
    h = np.array([1.0, kappa])
    t = np.radians(degrees)
    start = np.array([-np.cos(t), np.sin(t) / np.sqrt(kappa)])  # on the level line ½ eᵀAe = ½
    descent, e = [start], start
    for _ in range(steps):
        r = -h * e
        e = e + (r @ r) / max(r @ (h * r), 1e-300) * r
        descent.append(e)
    r = -h * start
    first = start + (r @ r) / (r @ (h * r)) * r
    return np.array(descent), np.array([start, first] + [np.zeros(2)] * (steps - 1))


@explore.picture(k=explore.Player(9, label="step k", interval=900, default=1),
                 kappa=explore.Log(2, 50, default=10, label="κ"),
                 start=explore.Slider(5, 85, 5, default=20, label="start (degrees)"))
def plane(k, kappa, start):
    """Both methods in the plane: left as it is, right in the coordinates in which the bowl is round."""
    descent, cg = _paths(kappa, start, 8)
    fig = style.figure(8.4, 4.3)
    panels = fig.subplots(1, 2)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])                  # eigendirections askew to the axes
    circle = np.stack([np.cos(s := np.linspace(0, 2 * np.pi, 121)), np.sin(s)])
    for ax, scale in zip(panels, (np.array([1.0, 1 / np.sqrt(kappa)]), np.ones(2))):
        back = scale * np.array([1.0, np.sqrt(kappa)])          # from e to this panel's coordinates
        for radius in (0.25, 0.5, 0.75, 1.0, 1.3):
            ax.plot(*(turn @ (radius * scale[:, None] * circle)), color="#BFBFBF", linewidth=0.8)
        for path, name, size in ((descent, "gradient descent", 4), (cg[:3], "conjugate gradients", 6)):
            look = style.method(name) | {"markersize": size}
            if name == "gradient descent":
                look["label"] = "steepest descent"
            ax.plot(*(turn @ (path[:k + 1] * back).T), **look)
        ax.plot(0, 0, "+", color="black", markersize=11, markeredgewidth=2)
        ax.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        ax.grid(False)
    style.label(panels[0], "x₁", "x₂", f"κ = {kappa:.3g}, step {k}")
    style.label(panels[1], "first coordinate", "second coordinate", "where the bowl is round")
    panels[0].legend(loc="upper center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=True, edgecolor="none",
                     framealpha=0.9, columnspacing=1, handlelength=2)
    energy = np.array([1.0, kappa]) @ descent[k] ** 2
    left = (np.array([1.0, kappa]) @ cg[k] ** 2)
    fig.alt = (f"Level lines of a bowl with κ = {kappa:.3g}, and the same bowl made round by a change of coordinates, "
               f"after {counted(k, 'step')}: of φ(x) − φ(x*), steepest descent has left a share of {energy:.2g}, "
               f"conjugate gradients {left:.2g}. In the round picture the two steps of conjugate gradients are at "
               "right angles.")
    return fig


# --- the spectrum designer

def spectrum(kappa, groups, width, outliers, n):
    """n eigenvalues: `groups` clusters from 1 to κ, each filling `width` of its share, and outliers above."""
    bulk = n - outliers
    member = np.arange(bulk) * groups // bulk                   # the cluster of each
    within = np.array([(np.arange(c) / max(c - 1, 1)) for c in np.bincount(member)], dtype=object)
    within = np.concatenate(within).astype(float)
    place = (member + 0.5 + width * (within - 0.5)) / groups    # 0 to 1
    ends = 0.5 * (1 - width) / groups
    place = (place - ends) / (1 - 2 * ends) if ends < 0.5 else place
    return np.concatenate([kappa ** place, 10.0 * kappa * 2.0 ** np.arange(outliers)])


@lru_cache(64)
def _exact(key):
    """CG in exact arithmetic for the eigenvalues `key`: for each k the zeros of P_k, and the values P_k(h_i)."""
    h = np.array(key)
    r_0 = np.sqrt(h)                                            # equal shares of ‖e_0‖²_A
    basis, diagonal, beside = [r_0 / np.linalg.norm(r_0)], [], []
    zeros, values = [np.zeros(0)], [np.ones(h.size)]
    for k in range(min(STEPS, h.size)):
        w = h * basis[k]
        diagonal.append(w @ basis[k])
        T = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        zeros.append(np.linalg.eigvalsh(T))
        Q = np.array(basis)
        for _ in range(2):                                      # twice: orthogonal to rounding
            w = w - Q.T @ (Q @ w)
        length = np.linalg.norm(w)
        if length < 1e-10 * h.max():
            values.append(np.zeros(h.size))
            break
        last = np.linalg.solve(T, np.eye(k + 1)[0])[-1]         # r_k = −length·last·‖r_0‖·(next basis vector)
        values.append(-last * w * np.linalg.norm(r_0) / r_0)    # and P_k(h_i) = r_k / r_0
        beside.append(length)
        basis.append(w / length)
    return zeros, values


def _polynomial(zeros, h):
    """∏ (1 − h/zero), at all h."""
    return np.prod(1 - np.asarray(h)[:, None] / zeros, axis=1)


def chebyshev_bound(kappa, k):
    """2 ((√κ − 1)/(√κ + 1))^k, and never above 1."""
    q = np.sqrt(kappa)
    return np.minimum(1.0, 2 * ((q - 1) / (q + 1)) ** np.maximum(k, 0))


@explore.picture(kappa=explore.Log(2, 1000, step=10, default=100, label="κ of the bulk"),
                 groups=explore.Integer(1, 8, default=4, label="clusters"),
                 width=explore.Slider(0, 1, 0.1, default=0.3, label="width of the clusters"),
                 outliers=explore.Integer(0, 5, default=2),
                 n=explore.Integer(16, 100, default=60, label="number n"),
                 k=explore.Integer(0, STEPS, default=5, label="step k"))
def designer(kappa, groups, width, outliers, n, k):
    """Left CG's residual polynomial over the spectrum, right the convergence beside its bounds."""
    h = spectrum(kappa, groups, width, outliers, n)
    zeros, all_values = _exact(tuple(h))
    last = len(zeros) - 1
    error = np.array([np.sqrt(np.mean(values ** 2)) for values in all_values])
    error = np.maximum(error, 1e-16)
    now = min(k, last)
    fig = style.figure(8.8, 4.1)
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    x = np.geomspace(0.5, h.max() * 1.4, 700)
    left.axhline(0, color="#555555", linewidth=0.8)
    left.plot(x, np.clip(_polynomial(zeros[now], x), -9, 9), color=CG)
    values = all_values[now]
    left.plot(h, np.clip(values, -1.45, 1.45), "o", color=MARK, markersize=4)
    left.plot(h, np.full_like(h, -1.38), "|", color="black", markersize=9)
    left.set(xscale="log", xlim=(0.5, 5e5), ylim=(-1.5, 1.5), yticks=(-1, 0, 1),
             xticks=(1, 100, 1e4))
    style.label(left, "eigenvalue h", "Pₖ(h)", f"step {now}: largest |Pₖ(hᵢ)| is {style.number(abs(values).max(), 2)}")
    steps = np.arange(STEPS + 1)
    whole = h.max() / h.min()
    bulk = h[:n - outliers].max() / h.min()
    right.plot(steps, np.maximum(chebyshev_bound(whole, steps), 1e-16), color=BOUND, linestyle=style.DASHED,
               label="bound, whole κ")
    if outliers:
        right.plot(steps, np.maximum(chebyshev_bound(bulk, steps - outliers), 1e-16), color=style.COLOUR["gradient"],
                   linestyle=style.DOTTED, label="bound, outliers first")
    right.plot(steps[:last + 1], error, **(style.method("conjugate gradients") | {"markersize": 4}))
    right.plot(now, error[now], "o", color=MARK, markersize=9, zorder=4)
    right.set(yscale="log", ylim=(1e-13, 1e7), xlim=(0, STEPS), xticks=(0, 10, 20, 30),
              yticks=(1e-12, 1e-8, 1e-4, 1))
    style.label(right, "step k", "error in the A-norm, from 1", f"whole κ = {style.number(whole)}")
    style.legend(right, loc="upper right")
    distinct = np.unique(h.round(9)).size
    fig.alt = (f"{n} eigenvalues, {distinct} of them different, in {counted(groups, 'cluster')} from "
               f"{h.min():.3g} to {h[:n - outliers].max():.3g} and {counted(outliers, 'outlier')} above. After "
               f"{counted(now, 'step')} CG's residual "
               f"polynomial is at most {abs(values).max():.2g} on the eigenvalues, and the error in the A-norm is "
               f"{error[now]:.2g} of its start; Chebyshev's bound promises {chebyshev_bound(whole, now):.2g}.")
    return fig
