"""Pictures of notebook 04: the tangent network, H = G + S, Gauss–Newton's rate, and spectra during training."""

from functools import cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from . import panels
from .ch03_rates import Decay

ERRORS = {"yscale": "log", "ylim": (1e-17, 1e7), "yticks": 10.0 ** np.arange(-16, 1, 4),
          "xlim": (-0.3, 12.3), "xticks": (0, 4, 8, 12)}               # the axes of twelve steps


def _minus(text):
    return text.replace("-", "−")


# ---- the network replaced by its tangent -----------------------------------------------------------


def _example_slices():
    t = np.linspace(-1, 1, 21)
    h, g = np.array([-0.4, 0.1, 5.0]), np.array([0.02, 0.2, 5.1])
    slope = np.array([0.3, -0.2, 0.1])
    tangent = 0.3 + slope[:, None] * t + 0.5 * g[:, None] * t ** 2
    f = 0.3 + slope[:, None] * t + 0.5 * h[:, None] * t ** 2 + 0.1 * t ** 4
    return {"t": t, "f": f, "tangent": tangent, "h": h, "g": g}


@explore.picture(_example_slices, i=lambda h, **_: explore.Integer(0, len(h) - 1, label="direction i"))
def slices(t, f, tangent, h, g, i):
    """f along one eigenvector of H, with Newton's model, and with the tangent network in the network's place.

    Row i of `f` and `tangent` belongs to eigenvector u_i; h[i] = uᵀHu, g[i] = uᵀGu; t[len(t) // 2] is 0.
    """
    middle = len(t) // 2
    slope = (tangent[i, middle + 1] - tangent[i, middle - 1]) / (t[middle + 1] - t[middle - 1])
    q = f[i, middle] + slope * t + 0.5 * h[i] * t ** 2
    fig = style.figure(7, 3.9)
    ax = fig.subplots()
    ax.plot(t, f[i], color=style.COLOUR["objective"], label="f(θ + tuᵢ)")
    ax.plot(t, q, color=style.COLOUR["model"], linestyle=style.DASHED, label="Newton's model, with H")
    ax.plot(t, tangent[i], color=style.COLOUR["Gauss-Newton"], linestyle=style.LONG, label="tangent network, with G")
    ax.plot(0, f[i, middle], "o", color=style.COLOUR["step"], markersize=8)
    low, high = min(f[i].min(), tangent[i].min(), q.min()), max(f[i].max(), tangent[i].max(), q.max())
    ax.set(xlim=(t[0], t[-1]), ylim=(low - 0.05 * (high - low), high + 0.5 * (high - low)))
    style.label(ax, "t", "value", _minus(f"uᵢᵀHuᵢ = {h[i]:.3g},  uᵢᵀGuᵢ = {g[i]:.3g}"))
    style.legend(ax, loc="upper center")
    bends = "down" if h[i] < 0 else "up"
    fig.alt = (f"Along eigenvector {i} of the Hessian, with curvature {h[i]:.3g}, Newton's model bends {bends}; the "
               f"objective with the tangent network has curvature {g[i]:.3g} and bends up. Both touch f at t = 0.")
    return fig


# ---- H = G + S -------------------------------------------------------------------------------------


def _example_parts():
    rng = np.random.default_rng(0)
    J, S = rng.normal(size=(4, 9)), rng.normal(size=(9, 9))
    S = (S + S.T) / 4
    S[5:, 5:] = 0
    return {"G": J.T @ J / 4, "S": S, "first": 5}


@explore.picture(_example_parts, s=explore.Slider(0, 1, 0.05, default=1.0, label="s"))
def parts(G, S, first, s):
    """Left to right the matrices H = G + sS, G and sS, and the eigenvalues of H and G.

    `first` is the number of parameters of the first layer: a thin line separates the layers.
    """
    H = G + s * S
    h, g = np.linalg.eigvalsh(H), np.linalg.eigvalsh(G)
    scale = max(abs(G).max(), abs(S).max())
    fig = style.figure(8.6, 3)
    *maps, right = fig.subplots(1, 4, width_ratios=(1, 1, 1, 1.2))
    for ax, M, name in zip(maps, (H, G, s * S), ("H", "G", "s·S")):
        ax.imshow(M, cmap=style.DIVERGING, vmin=-scale, vmax=scale)
        for line in (ax.axhline, ax.axvline):
            line(first - 0.5, color="#555555", linewidth=0.8)
        ax.set(xticks=[], yticks=[], title=name)
        ax.grid(False)
    rank = np.arange(1, g.size + 1)
    right.axhline(0, color="#555555", linewidth=1)
    right.plot(rank, g, "P", color=style.COLOUR["Gauss-Newton"], markersize=6, label="G")
    right.plot(rank, h, "s", color=style.COLOUR["Newton"], markersize=3.5, label="H")
    low = min(0.0, np.linalg.eigvalsh(G + S)[0])
    right.set(ylim=(1.3 * low - 0.05 * g[-1], 1.35 * g[-1]), xlim=(0, g.size + 1))
    style.label(right, "rank", "eigenvalue", _minus(f"lowest of H: {h[0]:.3f}"))
    style.legend(right, loc="upper left")
    fig.alt = (f"Heat maps of H, G and s·S for s = {s:.2f}; S is zero in the block of the last layer. The lowest "
               f"eigenvalue of G is {abs(g[0]):.3f}, that of H is {h[0]:.3f}; the largest are {g[-1]:.3f} and "
               f"{h[-1]:.3f}.")
    return fig


# ---- Gauss–Newton on a circle ----------------------------------------------------------------------


def circle_errors(residual, start, steps=12):
    """Angles e_0, …, e_steps of Gauss–Newton on the unit circle, target at distance 1 + residual on the axis."""
    e = [start]
    for _ in range(steps):
        e.append(e[-1] - (1 + residual) * np.sin(e[-1]))             # J = the tangent, of length 1
    return np.array(e)


@explore.picture(residual=explore.Slider(-0.9, 1.5, 0.1, default=0.5, label="residual / radius"),
                 start=explore.Slider(10, 120, 5, default=70, label="start angle (degrees)"))
def circle(residual, start):
    """Left: each step projects the target onto the tangent. Right: the errors, and the rate that theory gives."""
    e = circle_errors(residual, np.radians(start))
    fig = style.figure(8, 3.9)
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    angle = np.linspace(-np.pi, np.pi, 181)
    left.plot(np.cos(angle), np.sin(angle), color=style.COLOUR["objective"], linewidth=1.2)
    target = np.array([1 + residual, 0.0])
    for k in range(4):
        z, along = np.array([np.cos(e[k]), np.sin(e[k])]), np.array([-np.sin(e[k]), np.cos(e[k])])
        foot = z + along * (along @ (target - z))
        left.plot(*np.stack([z, foot]).T, color=style.COLOUR["Gauss-Newton"], linewidth=1.3, alpha=1 - 0.2 * k)
        left.plot(*np.stack([foot, target]).T, color=style.COLOUR["bound"], linewidth=0.9, linestyle=style.DOTTED)
        left.plot(*z, "P", color=style.COLOUR["Gauss-Newton"], markersize=7)
    left.text(0.82 * np.cos(e[0]), 0.82 * np.sin(e[0]), "z₀", ha="center", va="center")
    left.plot(*target, "*", color=style.COLOUR["data"], markersize=14, markeredgecolor="black", zorder=5)
    left.set(xlim=(-1.25, 2.75), ylim=(-1.35, 1.6), aspect="equal", xticks=(-1, 0, 1, 2), yticks=(-1, 0, 1))
    style.label(left, "z₁", "z₂", "z = (cos θ, sin θ), target y")
    k = np.arange(e.size)
    size = np.clip(abs(e), 1e-16, None)
    right.plot(k, size, **(style.method("Gauss-Newton") | {"label": "Gauss–Newton"}))
    right.plot(k, np.clip(size[0] * abs(residual) ** k, 1e-16, 1e3), color=style.COLOUR["bound"],
               linestyle=style.DASHED, label="|θ₀| κᵏ")
    right.set(**ERRORS)
    style.label(right, "step k", "error |θₖ|", f"κ = residual / radius = {abs(residual):.1f}")
    style.legend(right, loc="upper right")
    where = "outside" if residual > 0 else "inside" if residual < 0 else "on"
    fig.alt = (f"Gauss–Newton on a circle of radius 1 with the target {abs(residual):.1f} {where} it, from {start:.0f} "
               f"degrees: after 12 steps the error is {size[-1]:.2g}, from {size[0]:.2g}; theory's factor near the "
               f"solution is {abs(residual):.1f} a step.")
    return fig


# ---- the rate on a curve fit -----------------------------------------------------------------------


@cache
def _runs(noise, steps=12):
    """The fit, κ, and ‖θ_k − θ*‖ of Gauss–Newton and of Newton from 0.1 away."""
    fit = Decay(noise)
    G, H = fit.gauss_newton(fit.solution), fit.hessian(fit.solution)
    kappa = np.linalg.norm(np.linalg.solve(G, H - G), 2)
    errors = {}
    for name, matrix in (("Gauss-Newton", fit.gauss_newton), ("Newton", fit.hessian)):
        theta = fit.solution + 0.1 * np.array([1.0, -1.0]) / np.sqrt(2)
        found = [0.1]
        for _ in range(steps):
            theta = theta - np.linalg.solve(matrix(theta), fit.gradient(theta))
            found.append(np.linalg.norm(theta - fit.solution))
        errors[name] = np.maximum(found, 1e-16)
    return fit, kappa, errors


@explore.picture(noise=explore.Slider(0, 1, 0.05, default=0.4, label="noise"))
def fit(noise):
    """Left the data, the fitted curve and its residuals; right the errors of Gauss–Newton and of Newton."""
    problem, kappa, errors = _runs(noise)
    x = np.linspace(0, 2, 81)
    z = lambda x: problem.solution[0] * np.exp(-problem.solution[1] * x)
    fig = style.figure(8, 3.8)
    left, right = fig.subplots(1, 2)
    left.vlines(problem.x, z(problem.x), problem.y, color=style.COLOUR["negative"], linewidth=1.4, label="residuals")
    left.plot(x, z(x), color=style.COLOUR["objective"], label="best curve")
    left.plot(problem.x, problem.y, "o", color=style.COLOUR["data"], label="data")
    left.set(xlim=(-0.1, 2.1), ylim=(-1.6, 3.6), xticks=(0, 1, 2), yticks=(-1, 0, 1, 2))
    style.label(left, "x", "y", f"‖r‖ = {np.linalg.norm(z(problem.x) - problem.y):.2f} at the solution")
    style.legend(left, loc="upper right")
    k = np.arange(13)
    for name, e in errors.items():
        right.plot(e, **style.method(name))
    right.plot(k, np.clip(0.1 * kappa ** k, 1e-17, None), color=style.COLOUR["bound"], linestyle=style.DASHED,
               label="0.1·κᵏ")
    right.set(**ERRORS)
    style.label(right, "step k", "‖θₖ − θ*‖", f"κ = {kappa:.2f}")
    style.legend(right, loc="upper right")
    last = errors["Gauss-Newton"][-1]
    fig.alt = (f"Curve fit with noise {noise:.2f}: at the solution κ = {kappa:.2f}; twelve steps of Gauss–Newton bring "
               f"the error from 0.1 to {last:.1e}; twelve of Newton bring it to {errors['Newton'][-1]:.1e}.")
    return fig


# ---- a training run --------------------------------------------------------------------------------


def _example_run():
    g = [np.r_[np.zeros(20), np.geomspace(1e-4, top, 20)] for top in (2.0, 9.0, 30.0)]
    h = [np.sort(row + shift) for row, shift in zip(g, (-0.3, -0.05, -1e-4))]
    return {"steps": np.array([0, 3, 6]), "losses": np.array([0.3, 0.1, 0.003]),
            "share": np.array([0.3, 0.04, 1e-4]), "h": h, "g": g}


@explore.picture(_example_run, k=lambda steps, **_: explore.Player(len(steps), label="record"))
def training(steps, losses, share, h, g, k):
    """Left f and ‖S‖/‖G‖ along a run, right all eigenvalues of H and of G at one of its records."""
    now, flat = np.sort(h[k]), np.sort(g[k])
    fig = style.figure(8.4, 3.9)
    fig.readout = f"step {steps[k]}"
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.6))
    left.plot(steps, losses, color=style.COLOUR["objective"], label="f(θ)")
    left.plot(steps, share, color=style.COLOUR["negative"], linestyle=style.DASHED, label="‖S‖ / ‖G‖")
    for line in (losses, share):
        left.plot(steps[k], line[k], "o", color=style.COLOUR["step"], markersize=8)
    left.set(yscale="log", ylim=(1e-5, 20), yticks=10.0 ** np.arange(-5, 1))
    style.label(left, "step", "value", f"step {steps[k]}: f = {losses[k]:.2g}")
    style.legend(left, loc="upper right")
    panels.eigenvalue_axes(right, now.size)
    right.plot(np.arange(1, flat.size + 1), flat, color=style.COLOUR["Gauss-Newton"], linestyle=style.LONG, label="G")
    below = panels.eigenvalues(right, now, "H, negative", "H, others")
    style.label(right, "rank", "eigenvalue", _minus(f"lowest of H: {now[0]:.1e};  ‖S‖/‖G‖ = {share[k]:.1e}"))
    style.legend(right, loc="upper left")
    fig.alt = (f"After {steps[k]} steps f = {losses[k]:.2g}. {below} of {now.size} eigenvalues of H are "
               f"negative, the lowest is {now[0]:.1e}, the largest {now[-1]:.3g}; those of G run from 0 to "
               f"{flat[-1]:.3g}; S is {share[k]:.1e} times as large as G.")
    return fig
