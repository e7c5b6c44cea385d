"""Pictures of notebook 03 of whole runs: a film of Newton's steps, paths of the methods, a spectrum in training."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from . import panels
from .ch03_surfaces import START_X, START_Y, SURFACES, backtrack, in_words, model_lines, stationary_kind, surface_map

__all__ = ["Move", "film", "paths", "spectrum"]

STEPS = 40


# ---- a recorded run --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Move:
    """One step of a recorded run: where it started, its direction, and the α it took."""

    theta: np.ndarray
    p: np.ndarray
    alpha: float


def _example_run():
    f = SURFACES["Rosenbrock"]
    theta, moves = f.start, []
    for _ in range(10):
        g = f.gradient(theta)
        p = -np.linalg.solve(f.hessian(theta), g)
        alpha = backtrack(f, theta, p, g)
        moves.append(Move(theta, p, alpha))
        theta = theta + alpha * p
    return {"moves": moves}


@explore.picture(_example_run, k=lambda moves: explore.Player(len(moves), label="step k", interval=900))
def film(moves, k):
    """Newton with a line search on Rosenbrock's function: step k on the map, and along its own line."""
    f = SURFACES["Rosenbrock"]
    move = moves[k]
    theta, p = move.theta, move.p
    g, H = f.gradient(theta), f.hessian(theta)
    fig = style.figure(8, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.5, 1))
    surface_map(left, "Rosenbrock")
    model_lines(left, theta, g, H, theta + p)
    path = np.array([m.theta for m in moves[:k + 1]] + [theta + move.alpha * p])
    left.plot(*np.stack([theta, theta + p]).T, color=style.COLOUR["model"], linewidth=1.2, linestyle=style.DASHED)
    left.plot(*path.T, **style.method("Newton"))
    left.plot(*theta, "o", color=style.COLOUR["step"], markersize=8, zorder=5)
    style.label(left, "θ₁", "θ₂", f"f = {f.value(theta):.2g} → {f.value(path[-1]):.2g}")
    alpha = np.linspace(0, 1.1, 56)
    along = f.value(theta + alpha[:, None] * p)
    slope = float(g @ p)
    scaled = lambda value: (value - along[0]) / max(abs(slope), 1e-25)      # so the axes and the model stay
    right.plot(alpha, scaled(along), color=style.COLOUR["objective"], label="φ(α)")
    right.plot(alpha, alpha * (alpha / 2 - 1), color=style.COLOUR["model"], linestyle=style.DASHED, label="model q(αp)")
    right.plot(move.alpha, scaled(f.value(path[-1])), "o", color=style.COLOUR["positive"], markersize=8, label="taken")
    right.set(ylim=(-0.75, 1.2), xticks=(0, 0.5, 1), yticks=(-0.5, 0, 0.5, 1))
    style.label(right, "α", "change of f / |slope at α = 0|", f"α = {move.alpha:.3g}")
    style.legend(right, loc="upper center", ncols=2, columnspacing=1)
    fig.alt = (f"Step {k} of Newton with a line search on Rosenbrock's function: from {in_words(theta)} "
               f"with α = {move.alpha:.3g} to {in_words(path[-1])}; "
               f"f goes from {f.value(theta):.2g} to {f.value(path[-1]):.2g}.")
    return fig


# ---- the methods on the surfaces -------------------------------------------------------------------

PATHS = ("Newton", "Newton, line search", "damped, line search", "|H|, line search", "gradient descent, line search")


@cache
def walk(surface, method, lam, x, y):
    """(points, why it ended): up to `STEPS` steps of one of `PATHS`; the last point may lie far away."""
    f, theta = SURFACES[surface], np.array([x, y], float)
    points = [theta]
    for _ in range(STEPS):
        g, (h, Q) = f.gradient(theta), np.linalg.eigh(f.hessian(theta))
        if np.linalg.norm(g) < 1e-10:
            return np.array(points), f"∇f = 0 at {stationary_kind(h)}"
        curvature = {PATHS[2]: h + lam, PATHS[3]: np.maximum(abs(h), 1e-3), PATHS[4]: 1.0}.get(method, h)
        p = -Q @ ((Q.T @ g) / np.where(curvature == 0, 1e-12, curvature))
        alpha = 1.0
        if method != "Newton":
            alpha = backtrack(f, theta, p, g)
            if alpha == 0:
                return np.array(points), "p goes uphill" if g @ p >= 0 else "no decrease beyond rounding"
        theta = theta + alpha * p
        points.append(theta)
        if np.abs(theta).max() > 1e3:
            return np.array(points), "far away"
    return np.array(points), f"{STEPS} steps were not enough"


@explore.picture(surface=explore.Choice(tuple(SURFACES)[:3], label="surface"),
                 method=explore.Choice(PATHS, label="method"),
                 lam=explore.Log(0.01, 100, default=3.0, label="λ (damped only)"), x=START_X, y=START_Y)
def paths(surface, method, lam, x, y):
    """Left the path of a method from a start that the reader chooses, right f and ‖∇f‖ along it."""
    points, why = walk(surface, method, lam if method == PATHS[2] else 0.0, x, y)
    f = SURFACES[surface]
    values = f.value(points) - f.value(f.minima).min()
    slopes = np.linalg.norm(f.gradient(points), axis=-1)
    fig = style.figure(8, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.5, 1))
    surface_map(left, surface)
    look = style.method("gradient descent" if method == PATHS[4] else "Newton") | {"markersize": 4, "linewidth": 1.3}
    left.plot(*points.T, **look)
    left.plot(x, y, "o", color=style.COLOUR["step"], markersize=8, zorder=5)
    steps = panels.counted(len(points) - 1, "step")
    style.label(left, "θ₁", "θ₂", f"{steps}: {why}")
    right.plot(np.clip(values, 1e-16, 1e9), color=style.COLOUR["objective"], marker="s", markersize=3,
               label="f(θₖ) − lowest f")
    right.plot(np.clip(slopes, 1e-16, 1e9), color=style.COLOUR["gradient"], linestyle=style.DASHED, marker="o",
               markersize=3, label="‖∇f(θₖ)‖")
    right.set(yscale="log", ylim=(1e-17, 1e15), yticks=10.0 ** np.arange(-15, 11, 5), xlim=(-0.5, max(10, len(points))))
    style.label(right, "step k", "value")
    style.legend(right, loc="upper right")
    fig.alt = (f"{method} on the surface {surface} from ({x:.1f}, {y:.1f})"
               f"{f' with λ = {lam:.3g}' if method == PATHS[2] else ''}: {steps}, {why}; it ends at "
               f"{in_words(points[-1])} with f {values[-1]:.2g} above the minimum and gradient norm {slopes[-1]:.2g}.")
    return fig


# ---- a network's spectrum --------------------------------------------------------------------------


def _example_spectra():
    return {"steps": np.array([0, 10, 20]), "losses": np.array([0.3, 0.1, 0.003]),
            "eigenvalues": [np.linspace(-0.6, top, 60) for top in (2.0, 3.0, 4.0)]}


@explore.picture(_example_spectra, k=lambda steps, **_: explore.Player(len(steps), label="record"))
def spectrum(steps, losses, eigenvalues, k):
    """Left the loss of a run, right all eigenvalues of H at one of its records, from low to high."""
    h = np.sort(eigenvalues[k])
    fig = style.figure(8, 3.8)
    fig.readout = f"step {steps[k]}"
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.6))
    left.plot(steps, losses, **(style.method("Newton") | {"markersize": 3}))
    left.plot(steps[k], losses[k], "o", color=style.COLOUR["step"], markersize=9)
    left.set_yscale("log")
    style.label(left, "step", "f(θ)", f"step {steps[k]}: f = {losses[k]:.2g}")
    panels.eigenvalue_axes(right, h.size)
    below = panels.eigenvalues(right, h, "h < 0", "h ≥ 0")
    style.label(right, "rank", "eigenvalue of H", f"{below} of {h.size} are negative")
    style.legend(right, loc="upper left")
    fig.alt = (f"The {h.size} eigenvalues of the network's Hessian after {steps[k]} steps, where f = {losses[k]:.2g}: "
               f"from {h[0]:.2g} to {h[-1]:.2g}, {below} of them negative.")
    return fig
