"""Pictures of notebook 03: the quadratic model, rates of convergence, line searches, damping, spectra."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from hf_lib import explore
from hf_lib.datasets import surfaces
from hf_lib.explore import style
from hf_lib.solvers.line_search import armijo

X, Y = np.linspace(-2, 3.6, 71), np.linspace(-1.5, 2, 51)      # the window of every map
SURFACES = {s.name: s for s in (surfaces.saddle(), surfaces.rosenbrock(), surfaces.beale(), surfaces.ravine(20))}
SURFACE = explore.Choice(tuple(SURFACES), label="surface")
START_X = explore.Slider(-2, 3.6, 0.1, default=1.5, label="start θ₁")
START_Y = explore.Slider(-1.5, 2, 0.1, default=0.3, label="start θ₂")
DASHED = (0, (5, 2))
STEPS = 40


@cache
def _grid(name):
    """Values of a surface on the window, and levels that crowd near the lowest."""
    Z = SURFACES[name].value(np.stack(np.meshgrid(X, Y), axis=-1))
    power = 4 if name in ("Rosenbrock", "Beale") else 2
    return Z, Z.min() + (Z.max() - Z.min()) * np.linspace(0, 1, 13) ** power


def _map(ax, name):
    style.contours(ax, X, Y, *_grid(name))
    for x, y in SURFACES[name].minima:
        ax.plot(x, y, "+", color=style.COLOUR["objective"], markersize=11, markeredgewidth=2, zorder=4)
    ax.set(xlim=(X[0], X[-1]), ylim=(Y[0], Y[-1]))


def _model_lines(ax, theta, g, H, centre):
    """Level lines of q around its stationary point: solid above it, dashed below."""
    dx, dy = np.meshgrid(X - centre[0], Y - centre[1])
    excess = 0.5 * (H[0, 0] * dx * dx + 2 * H[0, 1] * dx * dy + H[1, 1] * dy * dy)
    start = theta - centre
    through = abs(0.5 * start @ H @ start)                    # |q(0) − q(p)|: one line runs through θ
    if not np.isfinite(through) or through < 1e-12:
        return
    levels = through * np.array([-9, -4, -1, -0.25, 0.25, 1, 4, 9])
    inside = levels[(levels > excess.min()) & (levels < excess.max())]
    if inside.size:
        ax.contour(X, Y, excess, levels=inside, colors=style.COLOUR["model"], linewidths=1.1,
                   linestyles=["-" if level > 0 else "--" for level in inside])


def _kind(h):
    """What two eigenvalues make of a stationary point."""
    if h[0] > 0:
        return "a minimum"
    return "a saddle" if h[1] > 0 else "a maximum"


def _backtrack(f, theta, p, g):
    """α by Armijo's condition; 0 where p does not go downhill."""
    return armijo(lambda a: f.value(theta + a * p), f.value(theta), float(g @ p), c=1e-4, shrink=0.5).step


def _steps(n):
    return f"{n} step{'' if n == 1 else 's'}"


def _words(point):
    return f"({point[0]:.3g}, {point[1]:.3g})".replace("-", "−")


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
    _map(left, surface)
    _model_lines(left, theta, g, H, theta + p)
    left.plot(*np.stack([theta, theta + p]).T, **(style.method("Newton") | {"markevery": [1]}))
    left.plot(*theta, "o", color=style.COLOUR["step"], markersize=8, zorder=5)
    style.label(left, "θ₁", "θ₂", f"q has {_kind(h)}: h = {h[0]:.4g} and {h[1]:.4g}".replace("-", "−"))
    alpha = np.linspace(-0.2, 1.2, 71)
    along = f.value(theta + alpha[:, None] * p)
    q = f.value(theta) + alpha * (g @ p) + 0.5 * alpha ** 2 * (p @ H @ p)
    right.plot(alpha, along, color=style.COLOUR["objective"], label="f(θ + αp)")
    right.plot(alpha, q, color=style.COLOUR["model"], linestyle=DASHED, label="q(αp)")
    right.plot(0, f.value(theta), "o", color=style.COLOUR["step"], markersize=8)
    right.plot(1, f.value(theta + p), "s", color=style.COLOUR["objective"], markersize=6)
    low, high = np.percentile(np.r_[q, along], (0, 100))
    right.set(ylim=(low - 0.08 * (high - low) - 1e-6, high + 0.45 * (high - low) + 1e-6), xticks=(0, 0.5, 1))
    slope = g @ p
    way = "downhill" if slope < -1e-12 else "uphill" if slope > 1e-12 else "level"
    style.label(right, "α", "value")
    right.set_title(f"p starts {way}", loc="right")    # left stands the axis's power of ten, if any
    style.legend(right, loc="upper center", ncols=1)
    fig.alt = (f"{surface} at θ = {_words(theta)}: the Hessian's eigenvalues are {h[0]:.3g} and {h[1]:.3g}, so the "
               f"model has {_kind(h)}; the Newton step goes there, to {_words(theta + p)}, and starts {way}; "
               f"f goes from {f.value(theta):.3g} to {f.value(theta + p):.3g}.")
    return fig


# ---- rates -----------------------------------------------------------------------------------------


class Decay:
    """f(θ) = ½ Σ_n r_n², r_n = θ₁ exp(−θ₂ x_n) − y_n, at nine x_n: a curve with two parameters.

    The targets are exp(−x_n) plus `noise` times nine fixed numbers. `solution` is the minimum θ*.
    """

    x = np.linspace(0, 2, 9)
    pattern = np.array([1, -1.2, 0.6, 0.9, -1.4, 0.3, -0.8, 1.1, 0.5])

    def __init__(self, noise):
        self.y = np.exp(-self.x) + noise * self.pattern
        theta = np.array([1.0, 1.0])
        for _ in range(20):                                    # Newton, from near by
            theta = theta - np.linalg.solve(self.hessian(theta), self.gradient(theta))
        self.solution = theta

    def _parts(self, theta):
        e = np.exp(-theta[1] * self.x)
        return theta[0] * e - self.y, np.stack([e, -theta[0] * self.x * e], axis=1)

    def value(self, theta):
        return 0.5 * np.sum(self._parts(theta)[0] ** 2)

    def gradient(self, theta):
        r, J = self._parts(theta)
        return J.T @ r

    def gauss_newton(self, theta):
        """JᵀJ: the Hessian without the part that the residuals r multiply."""
        J = self._parts(theta)[1]
        return J.T @ J

    def hessian(self, theta):
        r, J = self._parts(theta)
        mixed = r @ (-self.x * J[:, 0])
        return J.T @ J + np.array([[0, mixed], [mixed, r @ (-self.x * J[:, 1])]])


@cache
def _decay(noise):
    return Decay(noise)


RATES = {
    "gradient descent": style.method("gradient descent"),
    "frozen Hessian": style.method("Newton") | {"linestyle": DASHED, "markerfacecolor": "white",
                                                "label": "frozen Hessian"},
    "Gauss-Newton": style.method("Gauss-Newton"),
    "BFGS": style.method("L-BFGS") | {"label": "BFGS"},
    "Newton": style.method("Newton"),
}


def errors(fit, start, method, steps=14):
    """‖θ_k − θ*‖ for k = 0, 1, … of full steps with one choice of B; ends at 1e-15, or far away (30)."""
    theta, found = start, [np.linalg.norm(start - fit.solution)]
    h = np.linalg.eigvalsh(fit.hessian(fit.solution))
    B = {"frozen Hessian": fit.hessian(start)}.get(method, np.eye(2) * h.sum() / 2)
    for _ in range(steps):
        g = fit.gradient(theta)
        if method in ("Newton", "Gauss-Newton"):
            B = fit.hessian(theta) if method == "Newton" else fit.gauss_newton(theta)
        try:
            s = -np.linalg.solve(B, g)
        except np.linalg.LinAlgError:
            break
        theta = theta + s
        if np.linalg.norm(theta - fit.solution) > 5:
            found.append(np.linalg.norm(theta - fit.solution))
            break
        y = fit.gradient(theta) - g
        if method == "BFGS" and y @ s > 0:
            B = B - np.outer(B @ s, B @ s) / (s @ B @ s) + np.outer(y, y) / (y @ s)
        found.append(np.linalg.norm(theta - fit.solution))
        if found[-1] < 1e-15:
            break
    return np.clip(found, 1e-17, 30)


@explore.picture(distance=explore.Log(0.01, 1, default=0.3, label="‖θ₀ − θ*‖"),
                 noise=explore.Slider(0, 0.6, 0.05, default=0.2, label="noise"))
def rates(distance, noise):
    """Left the error of five methods step by step, right each error against the one before."""
    fit = _decay(noise)
    start = fit.solution + distance * np.array([1.0, -1.0]) / np.sqrt(2)
    fig = style.figure(8.4, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.2, 1))
    guide = np.array([1e-9, 1.0])
    right.plot(guide, guide, color=style.COLOUR["bound"], linewidth=1)
    right.plot(guide, guide ** 2, color=style.COLOUR["bound"], linewidth=1, linestyle=DASHED)
    right.text(2e-8, 1.5e-6, "order 1", color=style.COLOUR["bound"], ha="center")
    right.text(5e-6, 1e-14, "order 2", color=style.COLOUR["bound"], ha="center")
    last = {}
    for name, look in RATES.items():
        e = errors(fit, start, name)
        left.plot(e, **look)
        seen = np.count_nonzero(e[1:] > 1e-13)                   # below it, rounding draws the line
        right.plot(e[:seen], e[1:seen + 1], **(look | {"linewidth": 1.2}))
        last[name] = e[-1]
    left.set(yscale="log", ylim=(1e-17, 1e8), xlim=(-0.3, 14.3), yticks=10.0 ** np.arange(-16, 1, 4))
    right.set(xscale="log", yscale="log", xlim=(1e-9, 50), ylim=(1e-17, 50), xticks=10.0 ** np.arange(-8, 1, 4),
              yticks=10.0 ** np.arange(-16, 1, 4))
    style.label(left, "step k", "‖θₖ − θ*‖", "error after k steps")
    style.label(right, "‖θₖ − θ*‖", "‖θₖ₊₁ − θ*‖", "next error against error")
    style.legend(left, loc="upper right", ncols=2, columnspacing=1)
    fig.alt = (f"Errors of five methods from a start at distance {distance:.2g} of the solution, noise {noise:.2f}. "
               "Last errors: " + ", ".join(f"{name} {e:.1e}" for name, e in last.items()) + ".")
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
    ax.plot(alpha, values[0] + c1 * alpha * slopes[0], color=style.COLOUR["model"], linestyle=DASHED,
            label="φ(0) + c₁ α φ′(0)")
    ax.plot(alpha, values[0] + c2 * alpha * slopes[0], color=style.COLOUR["bound"], linestyle=(0, (1, 1.5)),
            label="slope c₂ φ′(0)")
    found = armijo(phi, values[0], slopes[0], c=c1, shrink=shrink)
    tries = shrink ** np.arange(found.evaluations)
    ax.plot(tries[:-1], [phi(a) for a in tries[:-1]], "x", color=style.COLOUR["negative"], label="tried")
    ax.plot(found.step, found.value, "o", color=style.COLOUR["positive"], markersize=8, label="accepted by Armijo")
    ax.set(ylim=(-60, 640), xlim=(-0.02, 1.1))
    style.label(ax, "", "φ(α)", f"α = {found.step:.3g} after {found.evaluations} tries: φ = {found.value:.3g}")
    style.legend(ax, loc="upper left", ncols=3, columnspacing=1)
    for row, (mask, colour) in enumerate(((enough & flat, "step"), (flat, "bound"), (enough, "model"))):
        bars.fill_between(alpha, row + 0.15, row + 0.85, where=mask, color=style.COLOUR[colour], linewidth=0)
    bars.set(ylim=(0, 3), yticks=(0.5, 1.5, 2.5), yticklabels=("both", "slope", "decrease"))
    bars.grid(False)
    style.label(bars, "α", "holds")
    both = alpha[1:][(enough & flat)[1:]]
    wolfe_words = f"from {both[0]:.2f} to {both[-1]:.2f}, with gaps perhaps" if both.size else "nowhere"
    fig.alt = (f"φ along a descent direction has two valleys. With c₁ = {c1:.2f} backtracking by {shrink:.1f} accepts "
               f"α = {found.step:.3g} after {found.evaluations} tries; Armijo's decrease holds for "
               f"{100 * enough[1:].mean():.0f} % of the α shown, and both Wolfe conditions hold {wolfe_words} "
               f"(c₂ = {c2:.2f}).")
    return fig


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
        alpha = _backtrack(f, theta, p, g)
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
    _map(left, "Rosenbrock")
    _model_lines(left, theta, g, H, theta + p)
    path = np.array([m.theta for m in moves[:k + 1]] + [theta + move.alpha * p])
    left.plot(*np.stack([theta, theta + p]).T, color=style.COLOUR["model"], linewidth=1.2, linestyle=DASHED)
    left.plot(*path.T, **style.method("Newton"))
    left.plot(*theta, "o", color=style.COLOUR["step"], markersize=8, zorder=5)
    style.label(left, "θ₁", "θ₂", f"f = {f.value(theta):.2g} → {f.value(path[-1]):.2g}")
    alpha = np.linspace(0, 1.1, 56)
    along = f.value(theta + alpha[:, None] * p)
    slope = float(g @ p)
    scaled = lambda value: (value - along[0]) / max(abs(slope), 1e-25)      # so the axes and the model stay
    right.plot(alpha, scaled(along), color=style.COLOUR["objective"], label="φ(α)")
    right.plot(alpha, alpha * (alpha / 2 - 1), color=style.COLOUR["model"], linestyle=DASHED, label="model q(αp)")
    right.plot(move.alpha, scaled(f.value(path[-1])), "o", color=style.COLOUR["positive"], markersize=8, label="taken")
    right.set(ylim=(-0.75, 1.2), xticks=(0, 0.5, 1), yticks=(-0.5, 0, 0.5, 1))
    style.label(right, "α", "change of f / |slope at α = 0|", f"α = {move.alpha:.3g}")
    style.legend(right, loc="upper center", ncols=2, columnspacing=1)
    fig.alt = (f"Step {k} of Newton with a line search on Rosenbrock's function: from {_words(theta)} "
               f"with α = {move.alpha:.3g} to {_words(path[-1])}; "
               f"f goes from {f.value(theta):.2g} to {f.value(path[-1]):.2g}.")
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
    _map(left, "saddle")
    _model_lines(left, theta, g, f.hessian(theta), theta + _damped(g, h, Q, 0.0))
    floor = max(0.0, -h[0])
    curve = np.array([theta + _damped(g, h, Q, floor + s) for s in np.geomspace(1e-3, 1e3, 80)])
    left.plot(*curve.T, color=style.COLOUR["bound"], linewidth=1.2, linestyle=DASHED)
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
    fig.alt = (f"The saddle surface at θ = {_words(theta)} with λ = {lam:.3g}: H + λI is {state}; the step is "
               f"{np.linalg.norm(p):.3g} long, leads to {_words(theta + p)} and changes f by {change:.3g}.")
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
            return np.array(points), f"∇f = 0 at {_kind(h)}"
        curvature = {PATHS[2]: h + lam, PATHS[3]: np.maximum(abs(h), 1e-3), PATHS[4]: 1.0}.get(method, h)
        p = -Q @ ((Q.T @ g) / np.where(curvature == 0, 1e-12, curvature))
        alpha = 1.0
        if method != "Newton":
            alpha = _backtrack(f, theta, p, g)
            if alpha == 0:
                return np.array(points), "p goes uphill"
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
    _map(left, surface)
    look = style.method("gradient descent" if method == PATHS[4] else "Newton") | {"markersize": 4, "linewidth": 1.3}
    left.plot(*points.T, **look)
    left.plot(x, y, "o", color=style.COLOUR["step"], markersize=8, zorder=5)
    style.label(left, "θ₁", "θ₂", f"{_steps(len(points) - 1)}: {why}")
    right.plot(np.clip(values, 1e-16, 1e9), color=style.COLOUR["objective"], marker="s", markersize=3,
               label="f(θₖ) − lowest f")
    right.plot(np.clip(slopes, 1e-16, 1e9), color=style.COLOUR["gradient"], linestyle=DASHED, marker="o", markersize=3,
               label="‖∇f(θₖ)‖")
    right.set(yscale="log", ylim=(1e-17, 1e15), yticks=10.0 ** np.arange(-15, 11, 5), xlim=(-0.5, max(10, len(points))))
    style.label(right, "step k", "value")
    style.legend(right, loc="upper right")
    fig.alt = (f"{method} on the surface {surface} from ({x:.1f}, {y:.1f})"
               f"{f' with λ = {lam:.3g}' if method == PATHS[2] else ''}: {_steps(len(points) - 1)}, {why}; it ends at "
               f"{_words(points[-1])} with f {values[-1]:.2g} above the minimum and gradient norm {slopes[-1]:.2g}.")
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
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.6))
    left.plot(steps, losses, **(style.method("Newton") | {"markersize": 3}))
    left.plot(steps[k], losses[k], "o", color=style.COLOUR["step"], markersize=9)
    left.set_yscale("log")
    style.label(left, "step", "f(θ)", f"step {steps[k]}: f = {losses[k]:.2g}")
    rank = np.arange(1, h.size + 1)
    right.axhline(0, color="#555555", linewidth=1)
    below = h < -1e-10                                        # not by rounding alone
    for mask, name, colour, marker in ((below, "h < 0", "negative", "v"), (~below, "h ≥ 0", "positive", "o")):
        right.plot(rank[mask], h[mask], marker, color=style.COLOUR[colour], markersize=4, label=name)
    right.set_yscale("symlog", linthresh=1e-4)
    right.set(ylim=(-3, 300), xlim=(0, h.size + 1), yticks=(-1, -1e-2, -1e-4, 0, 1e-4, 1e-2, 1, 100))
    right.set_yticklabels(("−1", "−0.01", "−10⁻⁴", "0", "10⁻⁴", "0.01", "1", "100"))
    right.minorticks_off()
    style.label(right, "rank", "eigenvalue of H", f"{below.sum()} of {h.size} are negative")
    style.legend(right, loc="upper left")
    fig.alt = (f"The {h.size} eigenvalues of the network's Hessian after {steps[k]} steps, where f = {losses[k]:.2g}: "
               f"from {h[0]:.2g} to {h[-1]:.2g}, {below.sum()} of them negative.")
    return fig
