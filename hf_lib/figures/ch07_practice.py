"""Pictures of notebook 07 of CG in practice: scalings, rounding, and when to stop."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .panels import counted

__all__ = ["scaling", "rounding", "stopping"]

CG, DESCENT = style.COLOUR["conjugate gradients"], style.COLOUR["gradient descent"]
BOUND, MARK = style.COLOUR["bound"], style.COLOUR["model"]


# --- preconditioning

@lru_cache(2)
def _badly_scaled():
    """A matrix whose unknowns are measured in different units, and a right-hand side."""
    rng = np.random.default_rng(7)
    Q = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    units = np.geomspace(1, 100, 40)
    A = units[:, None] * (Q * np.geomspace(1, 10, 40)) @ Q.T * units
    return A, rng.standard_normal(40) * units


@lru_cache(64)
def _scaled_run(alpha):
    """Eigenvalues of C⁻ᵀAC⁻¹ for M = diag(A)^α, and φ − φ* of 120 steps of preconditioned CG, as a share."""
    A, b = _badly_scaled()
    M = np.diag(A) ** alpha
    half = np.sqrt(M)
    h = np.linalg.eigvalsh(A / half[:, None] / half)
    x, best = np.zeros(40), 0.5 * b @ np.linalg.solve(A, b)
    r, gaps = b.copy(), [1.0]
    z = r / M
    p, r_z = z, r @ z
    for _ in range(120):
        Ap = A @ p
        step = r_z / (p @ Ap)
        x, r = x + step * p, r - step * Ap
        gaps.append((best - 0.5 * x @ (b + r)) / best)
        z = r / M
        r_z, old = r @ z, r_z
        p = z + r_z / old * p
        if gaps[-1] < 1e-13:
            break
    return h, np.array(gaps)


@explore.picture(alpha=explore.Slider(-1, 2, 0.05, default=0.0, label="exponent α"))
def scaling(alpha):
    """What M = diag(A)^α does to the eigenvalues, and to the convergence."""
    plain, without = _scaled_run(0.0)
    h, gaps = _scaled_run(alpha)
    fig = style.figure(8.4, 3.8)
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.15))
    rank = np.arange(1, 41)
    left.plot(rank, np.sort(plain)[::-1] / plain.max(), "s", color=DESCENT, markersize=4, label="A")
    left.plot(rank, h[::-1] / h.max(), "o", color=CG, markersize=4, label="C⁻ᵀ A C⁻¹")
    left.set(yscale="log", ylim=(1e-11, 10), xlim=(0, 41), yticks=(1e-10, 1e-5, 1))
    kappa = h.max() / h.min()
    style.label(left, "rank", "eigenvalue / largest", f"α = {alpha:g}: κ = {style.number(kappa)}")
    style.legend(left, loc="lower left")
    for run, colour, dashes, name in ((without, DESCENT, style.DASHED, "M = I"), (gaps, CG, "-", "M = diag(A)^α")):
        right.plot(np.maximum(run, 1e-14), color=colour, linestyle=dashes, label=name)
    right.set(yscale="log", ylim=(1e-13, 1e3), xlim=(0, 120), xticks=(0, 40, 80, 120), yticks=(1e-12, 1e-8, 1e-4, 1))
    reached = np.flatnonzero(gaps < 1e-6)
    words = f"10⁻⁶ after {reached[0]} steps" if reached.size else "10⁻⁶ not reached"
    style.label(right, "step k", "(φₖ − φ*) / (φ₀ − φ*)", words)
    style.legend(right, loc="upper right")
    fig.alt = (f"With M = diag(A)^{alpha:g} the condition number is {kappa:.3g} (without: "
               f"{plain.max() / plain.min():.3g}). The gap in φ: {words}; without M after "
               f"{np.flatnonzero(without < 1e-6)[0]} steps.")
    return fig


# --- rounding

@lru_cache(64)
def _rounded(kappa, precision):
    """A-norm errors of 100 steps, and the cosines between the residuals: n = 40, eigenvalues even in the logarithm."""
    n, steps = 40, 100
    rng = np.random.default_rng(4)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = (Q * np.geomspace(1, kappa, n)) @ Q.T
    b = A @ rng.standard_normal(n)
    dtype = np.float32 if precision == "float32" else np.float64
    solution = np.linalg.solve(A, b)
    a, x, r = A.astype(dtype), np.zeros(n, dtype), b.astype(dtype)
    p, residuals, errors = r, [], []
    for _ in range(steps + 1):
        e = x - solution
        errors.append(np.sqrt(max(e @ A @ e, 0)))
        size = np.linalg.norm(r)
        if size < 1e-30 * np.linalg.norm(b) or (precision == "exact" and len(residuals) == n):
            break
        if len(residuals) < n:
            residuals.append(r / size)
        Ap = a @ p
        step = (r @ r) / (p @ Ap)
        x, new = x + step * p, r - step * Ap
        if precision == "exact":
            R = np.array(residuals)
            new = new - R.T @ (R @ new)
            new = new - R.T @ (R @ new)
        p = new + (new @ new) / (r @ r) * p
        r = new
    R = np.array(residuals, dtype=float)
    errors = np.array(errors) / errors[0]
    return errors, np.abs(R @ R.T)


@explore.picture(kappa=explore.Log(10, 1e5, step=2, default=1e3, label="κ"),
                 precision=explore.Choice(("float64", "float32"), default="float32"))
def rounding(kappa, precision):
    """Left how orthogonal the residuals are, right the error of three arithmetics."""
    errors, cosines = _rounded(kappa, precision)
    fig = style.figure(8.6, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.05, 1.15))
    picture = np.full((40, 40), np.nan)
    m = len(cosines)
    picture[:m, :m] = np.log10(np.maximum(cosines, 1e-16))
    shown = left.imshow(picture, cmap=style.SEQUENTIAL, vmin=-16, vmax=0, interpolation="nearest")
    bar = fig.colorbar(shown, ax=left, shrink=0.85, ticks=(-16, -8, 0))
    bar.ax.set_yticklabels(("10⁻¹⁶", "10⁻⁸", "1"))
    bar.ax.set_ylabel("|cosine|")
    left.set(xticks=(0, 20, 39), yticks=(0, 20, 39))
    left.grid(False)
    style.label(left, "residual j", "residual i", f"residuals i and j, {precision}")
    for name, colour, dashes in (("exact", "black", style.DOTTED), ("float64", style.COLOUR["gradient"], "-"),
                                 ("float32", MARK, style.DASHED)):
        run = _rounded(kappa, name)[0]
        right.plot(np.maximum(run, 1e-16), color=colour, linestyle=dashes, label=name)
    right.axvline(40, color="#9A9A9A", linewidth=1)
    right.set(yscale="log", ylim=(1e-15, 1e4), xlim=(0, 100), xticks=(0, 40, 80), yticks=(1e-12, 1e-8, 1e-4, 1))
    style.label(right, "step k", "error in the A-norm, from 1", f"n = 40, κ = {style.number(kappa)}")
    style.legend(right, loc="upper right", ncols=3, columnspacing=1, handlelength=2)
    off = np.abs(cosines - np.diag(np.diag(cosines))).max()
    fig.alt = (f"n = 40, κ = {kappa:.3g}. In {precision} the largest cosine between two of the first {m} residuals is "
               f"{off:.1g}, where theory says 0. After 40 steps the error in the A-norm is "
               f"{errors[min(40, len(errors) - 1)]:.1g} of its start, and the smallest ever reached is "
               f"{errors.min():.1g}; exact arithmetic would be done after 40.")
    return fig


# --- when to stop

def _example_runs():
    k = np.arange(61)
    phi = -0.2 * (1 - np.exp(-k / 9))
    norms = np.exp(-k / 20) * (1.2 + np.sin(k))
    return {"runs": {"a": {"phi": phi, "norms": norms, "loss": 0.3 + 0.02 * k, "stop": 31},
                     "b": {"phi": 2 * phi, "norms": 3 * norms, "loss": 0.3 + phi, "stop": 45}}}


@explore.picture(_example_runs, run=lambda runs: explore.Choice(tuple(runs), label="network"),
                 k=lambda runs: explore.Integer(0, min(len(r["phi"]) for r in runs.values()) - 1, default=0,
                                                label="step k"))
def stopping(runs, run, k):
    """Left the model's gain so far, right the residual norm, along one run of CG."""
    phi, norms, loss, stop = (runs[run][name] for name in ("phi", "norms", "loss", "stop"))
    share = phi / phi.min()
    size = norms / norms[0]
    fig = style.figure(8.6, 3.9)
    left, right = fig.subplots(1, 2)
    steps = np.arange(len(phi))
    left.plot(steps, share, color=CG)
    right.plot(steps, size, color=DESCENT)
    for ax, values in ((left, share), (right, size)):
        ax.axvline(stop, color=style.COLOUR["gradient"], linestyle=style.DASHED,
                   label=f"relative progress stops: {stop}")
        ax.plot(k, values[k], "o", color=MARK, markersize=9)
    right.axhline(0.1, color=BOUND, linestyle=style.DOTTED, label="a tenth")
    left.set(ylim=(-0.05, 1.35), yticks=(0, 0.5, 1), xlim=(0, len(phi) - 1))
    right.set(yscale="log", ylim=(1e-6, 1e5), xlim=(0, len(phi) - 1), yticks=(1e-6, 1e-4, 1e-2, 1, 100))
    style.label(left, "step k", "φ(xₖ) as a share of the end", f"k = {k}: {100 * share[k]:.1f} % of the gain")
    style.label(right, "step k", "‖rₖ‖ / ‖r₀‖", f"residual × {style.number(size[k], 2)}")
    style.legend(left, loc="upper left")
    style.legend(right, loc="upper right")
    rises = int(np.sum(np.diff(norms) > 0))
    fig.alt = (f"CG on the Gauss–Newton system of {run}. After {counted(k, 'step')} φ has {100 * share[k]:.3g} per "
               f"cent of its final gain, and the residual norm is {size[k]:.2g} of its start; it rises in {rises} of "
               f"{len(phi) - 1} steps, φ never. The rule of relative progress stops at step {stop}, with "
               f"{100 * share[stop]:.3g} per cent. The loss at x_k is {loss[k]:.2g}.")
    return fig
