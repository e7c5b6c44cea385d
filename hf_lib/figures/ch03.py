"""Pictures of notebook 03: the quadratic model, line searches, damping; rates and runs are in modules beside it."""

from functools import cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style
from hf_lib.solvers.line_search import armijo

from .ch03_rates import RATES, Decay, errors, rates
from .ch03_runs import Move, film, paths, spectrum
from .ch03_surfaces import START_X, START_Y, SURFACES, in_words, model_lines, stationary_kind, surface_map

__all__ = ["Decay", "Move", "RATES", "errors", "film", "line_search", "model", "paths", "rates", "spectrum", "trust"]

SURFACE = explore.Choice(tuple(SURFACES), label="surface")


# ---- the model and its step ------------------------------------------------------------------------


@explore.picture(surface=SURFACE, x=START_X, y=START_Y)
def model(surface, x, y):
    """Left f, the model q at θ and the Newton step; right both along that step."""
    f = SURFACES[surface]
    theta = np.array([x, y], float)
    g, H = f.gradient(theta), f.hessian(theta)
    h = np.linalg.eigvalsh(H)
    p = -np.linalg.lstsq(H, g)[0]
    fig = style.figure(8, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.5, 1))
    surface_map(left, surface)
    model_lines(left, theta, g, H, theta + p)
    left.plot(*np.stack([theta, theta + p]).T, **(style.method("Newton") | {"markevery": [1]}))
    left.plot(*theta, "o", color=style.COLOUR["step"], markersize=8, zorder=5)
    style.label(left, "θ₁", "θ₂", f"q has {stationary_kind(h)}: h = {h[0]:.4g} and {h[1]:.4g}".replace("-", "−"))
    alpha = np.linspace(-0.2, 1.2, 71)
    along = f.value(theta + alpha[:, None] * p)
    q = f.value(theta) + alpha * (g @ p) + 0.5 * alpha ** 2 * (p @ H @ p)
    right.plot(alpha, along, color=style.COLOUR["objective"], label="f(θ + αp)")
    right.plot(alpha, q, color=style.COLOUR["model"], linestyle=style.DASHED, label="q(αp)")
    right.plot(0, f.value(theta), "o", color=style.COLOUR["step"], markersize=8)
    right.plot(1, f.value(theta + p), "s", color=style.COLOUR["objective"], markersize=6)
    low, high = np.percentile(np.r_[q, along], (0, 100))
    right.set(ylim=(low - 0.08 * (high - low) - 1e-6, high + 0.45 * (high - low) + 1e-6), xticks=(0, 0.5, 1))
    slope = g @ p
    way = "downhill" if slope < -1e-12 else "uphill" if slope > 1e-12 else "level"
    style.label(right, "α", "value")
    right.set_title(f"p starts {way}", loc="right")    # left stands the axis's power of ten, if any
    style.legend(right, loc="upper center", ncols=1)
    fig.alt = (f"{surface} at θ = {in_words(theta)}: the Hessian's eigenvalues are {h[0]:.3g} and {h[1]:.3g}, so the "
               f"model has {stationary_kind(h)}; the Newton step goes there, to {in_words(theta + p)}, and starts "
               f"{way}; f goes from {f.value(theta):.3g} to {f.value(theta + p):.3g}.")
    return fig


# ---- line search -----------------------------------------------------------------------------------


@cache
def _line():
    """φ and φ′ for α in [0, 1.1] along steepest descent on Rosenbrock's function from (−1.7, 1)."""
    f, theta = SURFACES["Rosenbrock"], np.array([-1.7, 1.0])
    g = f.gradient(theta)
    p = -3.4 * g / np.linalg.norm(g)
    phi = lambda a: f.value(theta + a * p)
    slope = lambda a: float(f.gradient(theta + a * p) @ p)
    alpha = np.linspace(0, 1.1, 551)
    points = theta + alpha[:, None] * p
    return phi, slope, alpha, f.value(points), f.gradient(points) @ p


@explore.picture(c1=explore.Slider(0.02, 0.9, 0.02, default=0.1, label="c₁ (decrease)"),
                 c2=explore.Slider(0.05, 0.95, 0.05, default=0.9, label="c₂ (slope)"),
                 shrink=explore.Slider(0.1, 0.9, 0.1, default=0.8, label="shrink"))
def line_search(c1, c2, shrink):
    """φ(α), the line that Armijo allows, the acceptable α, and the tries of backtracking."""
    phi, slope, alpha, values, slopes = _line()
    enough = values <= values[0] + c1 * alpha * slopes[0]
    flat = slopes >= c2 * slopes[0]
    fig = style.figure(8, 4.4)
    ax, bars = fig.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    ax.plot(alpha, values, color=style.COLOUR["objective"], label="φ(α) = f(θ + αp)")
    ax.plot(alpha, values[0] + c1 * alpha * slopes[0], color=style.COLOUR["model"], linestyle=style.DASHED,
            label="φ(0) + c₁ α φ′(0)")
    ax.plot(alpha, values[0] + c2 * alpha * slopes[0], color=style.COLOUR["bound"], linestyle=style.DOTTED,
            label="slope c₂ φ′(0)")
    found = armijo(phi, values[0], slopes[0], c=c1, shrink=shrink)
    tries = shrink ** np.arange(found.evaluations)
    counted = "1 try" if found.evaluations == 1 else f"{found.evaluations} tries"
    ax.plot(tries[:-1], [phi(a) for a in tries[:-1]], "x", color=style.COLOUR["negative"], label="tried")
    ax.plot(found.step, found.value, "o", color=style.COLOUR["positive"], markersize=8, label="accepted by Armijo")
    ax.set(ylim=(-60, 640), xlim=(-0.02, 1.1))
    style.label(ax, "", "φ(α)", f"α = {found.step:.3g} after {counted}: φ = {found.value:.3g}")
    style.legend(ax, loc="upper left", ncols=3, columnspacing=1)
    for row, (mask, colour) in enumerate(((enough & flat, "step"), (flat, "bound"), (enough, "model"))):
        bars.fill_between(alpha, row + 0.15, row + 0.85, where=mask, color=style.COLOUR[colour], linewidth=0)
    bars.set(ylim=(0, 3), yticks=(0.5, 1.5, 2.5), yticklabels=("both", "slope", "decrease"))
    bars.grid(False)
    style.label(bars, "α", "holds")
    both = alpha[1:][(enough & flat)[1:]]
    wolfe_words = f"from {both[0]:.2f} to {both[-1]:.2f}, with gaps perhaps" if both.size else "nowhere"
    fig.alt = (f"φ along a descent direction has two valleys. With c₁ = {c1:.2f} backtracking by {shrink:.1f} accepts "
               f"α = {found.step:.3g} after {counted}; Armijo's decrease holds for "
               f"{100 * enough[1:].mean():.0f} % of the α shown, and both Wolfe conditions hold {wolfe_words} "
               f"(c₂ = {c2:.2f}).")
    return fig


# ---- damping ---------------------------------------------------------------------------------------


def _damped(g, h, Q, lam):
    return -Q @ ((Q.T @ g) / (h + lam))


@explore.picture(lam=explore.Log(0.01, 100, step=12, default=4.0, label="λ"),
                 y=explore.Slider(0.1, 1.5, 0.1, default=0.3, label="start θ₂"))
def trust(lam, y):
    """The damped steps p(λ) on the saddle surface: left the curve they run along, right their lengths."""
    f, theta = SURFACES["saddle"], np.array([1.5, y])
    g, (h, Q) = f.gradient(theta), np.linalg.eigh(f.hessian(theta))
    p = _damped(g, h, Q, lam)
    safe = h[0] + lam > 0
    fig = style.figure(8.4, 3.6)
    left, right = fig.subplots(1, 2, width_ratios=(1.75, 1))
    surface_map(left, "saddle")
    model_lines(left, theta, g, f.hessian(theta), theta + _damped(g, h, Q, 0.0))
    floor = max(0.0, -h[0])
    curve = np.array([theta + _damped(g, h, Q, floor + s) for s in np.geomspace(1e-3, 1e3, 80)])
    left.plot(*curve.T, color=style.COLOUR["bound"], linewidth=1.2, linestyle=style.DASHED)
    colour = style.COLOUR["positive" if safe else "negative"]
    turn = np.linspace(0, 2 * np.pi, 121)
    left.plot(*(theta[:, None] + np.linalg.norm(p) * np.stack([np.cos(turn), np.sin(turn)])), color=colour, linewidth=1)
    left.plot(*np.stack([theta, theta + p]).T, color=colour, marker="s", markevery=[1])
    left.plot(*theta, "o", color=style.COLOUR["step"], markersize=8, zorder=5)
    left.set_aspect("equal")
    style.label(left, "θ₁", "θ₂", f"h = {h[0]:.2f} and {h[1]:.2f}".replace("-", "−"))
    lams = np.geomspace(0.01, 100, 241)
    lengths = np.linalg.norm((Q.T @ g)[:, None] / (h[:, None] + lams), axis=0)
    right.axvspan(0.01, max(floor, 0.01), color="#F3DAD3", zorder=0, linewidth=0)
    right.plot(lams, lengths, color=style.COLOUR["objective"])
    right.plot(lam, np.linalg.norm(p), "o", color=colour, markersize=8)
    right.set(xscale="log", yscale="log", ylim=(1e-2, 1e2), xlim=(0.01, 100))
    change = f.value(theta + p) - f.value(theta)
    style.label(right, "λ", "‖p(λ)‖", f"f changes by {change:+.3f}".replace("-", "−"))
    state = "positive definite" if safe else "indefinite, so that this step is no minimum of anything"
    fig.alt = (f"The saddle surface at θ = {in_words(theta)} with λ = {lam:.3g}: H + λI is {state}; the step is "
               f"{np.linalg.norm(p):.3g} long, leads to {in_words(theta + p)} and changes f by {change:.3g}.")
    return fig
