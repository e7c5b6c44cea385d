"""Pictures of notebook 01: fits of the sine data, losses over z, and the landscape over θ."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.datasets import sine
from hf_lib.explore import style
from hf_lib.network.losses import SigmoidCrossEntropy, SigmoidSquaredError, SquaredError
from hf_lib.network.mlp import MLP
from hf_lib.network.problem import Problem
from hf_lib.optimisers.hessian_free import HessianFree

GRID = np.linspace(-1, 1, 241)[:, None]                      # where fits are drawn
TARGET = {"y = 1": 1.0, "y = 0": 0.0}
ALPHAS = np.linspace(-0.02, 0.02, 41)
SIZES = (5, 10, 20, 50, 100)
LEVELS = np.array([0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100])


@dataclass(frozen=True, eq=False)
class Plane:
    """f on the plane θ + α u + β v; `values[i, j]` belongs to β = betas[i], α = alphas[j]."""

    theta: np.ndarray
    u: np.ndarray
    v: np.ndarray
    alphas: np.ndarray
    betas: np.ndarray
    values: np.ndarray

    def point(self, alpha, beta):
        """θ + α u + β v."""
        return self.theta + alpha * self.u + beta * self.v


def plane(problem, theta, u, v, n=37):
    """Evaluate f on n × n points, α from −0.5 to 1.5 and β from −1 to 1. Cost n²/3 gradients."""
    alphas, betas = np.linspace(-0.5, 1.5, n), np.linspace(-1, 1, n)
    values = [[problem.value(theta + a * u + b * v) for a in alphas] for b in betas]
    return Plane(theta, u, v, alphas, betas, np.array(values))


def filter_normalised(net, theta, rng):
    """A random direction in which every unit's column of [W; b] is as long as it is in θ."""
    r = rng.standard_normal(theta.size)
    for R, T in zip(net.blocks(r), net.blocks(theta)):
        R *= np.linalg.norm(T, axis=0) / np.linalg.norm(R, axis=0)
    return r


@lru_cache
def _sample():
    """A small sine problem, two of its solutions, and a plane for each kind of direction."""
    data = sine("code", np.random.default_rng(0), n=120)
    problem = Problem(MLP([1, 20, 20, 1]), SquaredError(), data.X, data.Y)
    a, b = (list(HessianFree(problem, problem.net.init(np.random.default_rng(s)), damping=1.0,
                             max_steps=40))[-1].theta for s in (0, 1))
    r, s = (filter_normalised(problem.net, a, np.random.default_rng(k)) for k in (2, 3))
    planes = {"random": plane(problem, a, r, s, n=13), "to θ_B": plane(problem, a, b - a, s, n=13)}
    return problem, a, b, r, planes


@lru_cache(maxsize=4)
def _losses_along(problem, theta, u, steps):
    """The loss of every example at θ + s u for each s of `steps`: (len(steps), N). All given as bytes."""
    theta, u, steps = map(np.frombuffer, (theta, u, steps))
    return np.array([problem.loss.per_example(problem.net(theta + s * u, problem.X), problem.Y) for s in steps])


def losses_along(problem, theta, u, steps):
    """The same for arrays; kept, so that a picture is fast to draw again."""
    return _losses_along(problem, theta.tobytes(), u.tobytes(), steps.tobytes())


def _points(ax, X, Y, z):
    """The data and one fit."""
    ax.plot(X, Y, ".", color=style.COLOUR["data"], label="data")
    ax.plot(GRID, z, color=style.COLOUR["model"], label="fit")
    ax.set(xlim=(-1.02, 1.02), ylim=(-2.2, 2.2))
    style.legend(ax, loc="upper right", ncols=2)


@explore.picture(lambda: dict(X=_sample()[0].X, Y=_sample()[0].Y), degree=explore.Integer(1, 14))
def polynomial(X, Y, degree):
    """The best polynomial of a degree: linear in its parameters, so found by least squares."""
    A, at = (np.polynomial.legendre.legvander(x[:, 0], degree) for x in (X, GRID))
    w = np.linalg.lstsq(A, Y, rcond=None)[0]
    f = 0.5 * np.mean((A @ w - Y) ** 2)
    fig = style.figure(7, 3.4)
    ax = fig.subplots()
    _points(ax, X, Y, at @ w)
    style.label(ax, "x", "y and z", f"degree {degree}, {degree + 1} parameters: f = {f:.4f}")
    fig.alt = (f"The sine data and the best polynomial of degree {degree}: f = {f:.4f}. "
               + ("It misses the waves." if f > 0.05 else "It follows the waves."))
    return fig


@explore.picture(lambda: dict(zip(("problem", "theta_a", "theta_b"), _sample())),
                 t=explore.Slider(0, 1, 0.05, default=0.5))
def between(problem, theta_a, theta_b, t):
    """The fit of (1 − t) θ_A + t θ_B, and f along the line, beside its chord and the best straight line's f."""
    theta = (1 - t) * theta_a + t * theta_b
    ts = np.linspace(0, 1, 41)
    values = losses_along(problem, theta_a, theta_b - theta_a, ts).mean(axis=1)
    here = problem.value(theta)
    chord = (1 - t) * values[0] + t * values[-1]
    fig = style.figure(9, 3.7)
    left, right = fig.subplots(1, 2)
    _points(left, problem.X, problem.Y, problem.net(theta, GRID))
    style.label(left, "x", "y and z", f"fit at t = {t:.2f}")
    right.semilogy(ts, values, color=style.COLOUR["objective"], label="f(θ)")
    right.semilogy(ts, (1 - ts) * values[0] + ts * values[-1], color=style.COLOUR["bound"],
                   linestyle=style.DASHED, label="chord")
    A = problem.X ** [0, 1]
    straight = 0.5 * np.mean((A @ np.linalg.lstsq(A, problem.Y, rcond=None)[0] - problem.Y) ** 2)
    right.axhline(straight, color=style.COLOUR["data"], linestyle=style.DOTTED, label="a straight line")
    right.semilogy(t, here, "o", color=style.COLOUR["model"], markersize=9)
    right.set_ylim(1e-3, 1e2)
    style.label(right, "t, from θ_A to θ_B", "f", f"f = {here:.3g}, chord {chord:.3g}")
    style.legend(right, loc="upper right", ncols=2)
    fig.alt = (f"At t = {t:.2f} between the two solutions f is {here:.3g}, where the chord is at {chord:.3g}; "
               f"the highest value on the way is {values.max():.3g}; the best straight line has {straight:.3g}.")
    return fig


@explore.picture(z=explore.Slider(-8, 8, 0.1, default=-4),
                 target=explore.Choice(tuple(TARGET), label="target"))
def pull(z, target):
    """Loss, residual and curvature over z, for the matching and the non-matching loss on a sigmoid."""
    y = TARGET[target]
    zs = np.append(np.linspace(-8, 8, 161), z)[:, None]
    Y, one = np.full_like(zs, y), np.ones_like(zs)
    fig = style.figure(9.5, 3.5)
    axes = fig.subplots(1, 3)
    words, now = [], []
    for loss, name, colour, dashes in (
            (SigmoidCrossEntropy(), "cross-entropy", "positive", style.SOLID),
            (SigmoidSquaredError(), "squared error", "negative", style.DASHED)):
        rows = loss.per_example(zs, Y), loss.residual(zs, Y)[:, 0], loss.hessian_product(zs, Y, one)[:, 0]
        for ax, row in zip(axes, rows):
            ax.plot(zs[:-1, 0], row[:-1], color=style.COLOUR[colour], linestyle=dashes, label=name)
            ax.plot(z, row[-1], "o", color=style.COLOUR[colour], markersize=7)
        now.append([f"{row[-1]:.3f}".replace("-", "−") for row in rows])
        words.append(f"{name} has loss {rows[0][-1]:.3g}, residual {rows[1][-1]:.2g}, "
                     f"curvature {rows[2][-1]:.2g}")
    for ax, label, both, limits in zip(axes, ("loss L", "residual ∂L/∂z", "curvature ∂²L/∂z²"), zip(*now),
                                       ((-0.4, 9.5), (-1.1, 1.1), (-0.12, 0.3))):
        ax.axhline(0, color="#555555", linewidth=0.8)
        ax.axvline(z, color="#555555", linewidth=0.8)
        ax.set_ylim(limits)
        style.label(ax, "z", "", f"{label}\n" + " and ".join(both))
    axes[0].set_ylabel(f"for the target {target}")
    style.legend(axes[0], loc="upper right" if y else "upper left")
    fig.alt = f"Sigmoid output, target {target}, z = {z:.1f}: " + "; ".join(words) + "."
    return fig


@explore.picture(lambda: dict(problem=_sample()[0], planes=_sample()[4]),
                 plane=lambda problem, planes: explore.Choice(tuple(planes), label="direction u"),
                 alpha=explore.Slider(-0.5, 1.5, 0.05, default=0, label="α"),
                 beta=explore.Slider(-1, 1, 0.05, default=0, label="β"))
def landscape(problem, planes, plane, alpha, beta):
    """f on a plane through θ_A, and the fit of the point that the sliders choose."""
    p = planes[plane]
    theta = p.point(alpha, beta)
    here = problem.value(theta)
    fig = style.figure(9, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.1, 1))
    filled = left.contourf(p.alphas, p.betas, np.log10(np.clip(p.values, LEVELS[0], LEVELS[-1])),
                           levels=np.log10(LEVELS), cmap="cividis_r")
    left.grid(False)
    bar = fig.colorbar(filled, ax=left)
    bar.ax.set_yticks(np.log10(LEVELS[1::2]), [f"{v:g}" for v in LEVELS[1::2]])
    bar.ax.set_title("f", loc="center")
    left.plot([0], [0], "+", color="#000000", markersize=12, markeredgewidth=2)
    left.plot([alpha], [beta], "o", color=style.COLOUR["model"], markeredgecolor="#ffffff", markersize=9)
    style.label(left, "α", "β", f"plane: {plane}")
    _points(right, problem.X, problem.Y, problem.net(theta, GRID))
    style.label(right, "x", "y and z", f"fit at α = {alpha:.2f}, β = {beta:.2f}: f = {here:.3g}")
    fig.alt = (f"The objective on the plane '{plane}' through a solution at α = β = 0, where f is "
               f"{problem.value(p.theta):.3g}; at the chosen point α = {alpha:.2f}, β = {beta:.2f} f is {here:.3g}. "
               f"On the plane it reaches {p.values.max():.3g}.")
    return fig


@explore.picture(lambda: dict(problem=_sample()[0], theta=_sample()[1], u=_sample()[3]),
                 size=explore.Choice(SIZES, default=5, label="batch size |M|"))
def batches(problem, theta, u, size):
    """f_D along a line, and the same for twelve mini-batches of one size."""
    losses = losses_along(problem, theta, u, ALPHAS)
    rng = np.random.default_rng(0)
    f_M = np.array([losses[:, rng.choice(problem.N, size, replace=False)].mean(axis=1) for _ in range(12)])
    lowest = ALPHAS[f_M.argmin(axis=1)]
    fig = style.figure(7, 3.8)
    ax = fig.subplots()
    for i, row in enumerate(f_M):
        ax.plot(ALPHAS, row, color=style.COLOUR["data"], linewidth=1, label="" if i else "f_M, twelve batches")
    ax.plot(lowest, f_M.min(axis=1), "v", color=style.COLOUR["model"], label="lowest point of each")
    ax.plot(ALPHAS, losses.mean(axis=1), color=style.COLOUR["objective"], linewidth=2.5, label="f_D, all data")
    ax.set_ylim(0, 0.05)
    span = f"{lowest.min():.3f} to {lowest.max():.3f}".replace("-", "−")
    style.label(ax, "α along a random direction", "f",
                f"{size} of {problem.N} examples a batch: lowest points from α = {span}")
    style.legend(ax, loc="upper center")
    fig.alt = (f"Twelve mini-batch objectives of {size} examples beside f on all {problem.N}: their lowest points "
               f"lie between α = {lowest.min():.3f} and {lowest.max():.3f}.")
    return fig
