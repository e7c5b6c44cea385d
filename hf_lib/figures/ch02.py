"""Pictures of notebook 02: a ravine, steps, a heavy ball; what was measured is in `ch02_measured`.

The ravine is f(θ) = ½(θ₁² + κ θ₂²): curvature 1 along θ₁ and κ along θ₂, minimum at 0, so θ is
also the error. Steps are told as η·h_max, which is 2 at the edge of stability for every κ.
"""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .ch02_measured import rates, spectrum

__all__ = ["radius", "ravine", "best_step", "exact_steps", "heavy_ball", "memory", "rates", "spectrum"]

START = np.array([-1.0, 0.4])
STEPS = 40
KAPPA = explore.Log(1, 1000, step=10, default=20, label="κ")
STEP = explore.Slider(0.05, 2.1, 0.05, default=1.9, label="η·h_max")
MOMENTUM = explore.Slider(0, 0.98, 0.02, default=0.4, label="µ")
FLAT, STEEP = "step", "gradient"                                # colours of the two directions


def walk(h, start, eta, mu=0.0, steps=STEPS, look_ahead=False):
    """The errors e_0, …, e_steps of a method in the directions of curvature h: (steps + 1, len(h))."""
    path, e, v = [start], start, np.zeros_like(start)
    for _ in range(steps):
        v = mu * v - eta * h * (e + mu * v if look_ahead else e)
        e = e + v
        path.append(e)
    return np.clip(path, -1e100, 1e100)


def radius(s, mu, look_ahead=False):
    """The larger |eigenvalue| of a momentum method in a direction with η h = s."""
    det = mu * (1 - s) if look_ahead else mu + 0 * s
    half = (1 + det - s) / 2                                    # half the trace; NAG: 1 + µ(1−s) − s
    root = np.sqrt(half.astype(complex) ** 2 - det)
    return np.maximum(abs(half + root), abs(half - root))


def _ravine(ax, kappa, path, name):
    """The ravine's level lines, and a path as far as it stays in the panel."""
    x, y = np.linspace(-1.25, 1.25, 61), np.linspace(-0.62, 0.62, 51)
    Z = 0.5 * (x[None, :] ** 2 + kappa * y[:, None] ** 2)
    style.contours(ax, x, y, Z, levels=Z.max() * np.linspace(0, 1, 12) ** 2)
    outside = np.flatnonzero(np.abs(path).max(axis=1) > 2)
    path = path[:outside[0] + 1] if outside.size else path
    ax.plot(*path.T, **(style.method(name) | {"markersize": 4, "linewidth": 1.3}))
    ax.plot(0, 0, "+", color=style.COLOUR["objective"], markersize=11, markeredgewidth=2)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), xticks=(-1, 0, 1), yticks=(-0.5, 0, 0.5))


def _speed(rate):
    """What a rate means for the reader: steps for one more digit, or growth."""
    if rate >= 1 - 1e-9:
        return "grows" if rate > 1 + 1e-9 else "never shrinks"
    return f"{-1 / np.log10(rate):.3g} steps per digit" if rate > 0.1 else "a digit or more per step"


@explore.picture(kappa=KAPPA, step=STEP)
def ravine(kappa, step):
    """Left the path of gradient descent, right the error in each of the two directions."""
    eta = step / kappa
    h = np.array([1.0, kappa])
    path = walk(h, START, eta)
    fig = style.figure(8, 3.7)
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    _ravine(left, kappa, path, "gradient descent")
    style.label(left, "θ₁ (flat)", "θ₂ (steep)", f"{STEPS} steps of η = {eta:.3g}")
    names = (("flat, h = 1", FLAT, "-", "o"), (f"steep, h = {kappa:.3g}", STEEP, style.DASHED, "s"))
    for e, (name, colour, dashes, marker) in zip(np.abs(path).T, names):
        right.plot(np.clip(e, 1e-12, 1e12), color=style.COLOUR[colour], linestyle=dashes,
                   marker=marker, markersize=3, label=name)
    right.set(yscale="log", ylim=(1e-6, 1e4), xticks=(0, 20, 40), yticks=(1e-6, 1e-3, 1, 1e3))
    style.label(right, "step k", "error |θᵢ|", "error in each direction")
    style.legend(right, loc="upper right")
    factors = 1 - eta * h
    fig.alt = (f"Gradient descent in a ravine of condition number κ = {kappa:.3g} with η·h_max = {step:.2f}: "
               f"each step multiplies the error by {factors[0]:.3g} along the flat direction and by "
               f"{factors[1]:.3g} along the steep one; after {STEPS} steps the errors are "
               f"{abs(path[-1, 0]):.2g} and {abs(path[-1, 1]):.2g}.")
    return fig


@explore.picture(kappa=KAPPA, step=explore.Slider(0.05, 2.1, 0.05, default=1.0, label="η·h_max"))
def best_step(kappa, step):
    """The factors |1 − η h| of both ends of the spectrum against the step."""
    s = np.linspace(0, 2.2, 441)
    flat, steep = abs(1 - s / kappa), abs(1 - s)
    best = 2 * kappa / (kappa + 1)
    rate = (kappa - 1) / (kappa + 1)
    now = max(abs(1 - step / kappa), abs(1 - step))
    fig = style.figure(7, 3.9)
    ax = fig.subplots()
    ax.axhspan(1, 1.75, color="#F3DAD3", zorder=0)
    ax.plot(s, np.maximum(flat, steep), color="#D9D9D9", linewidth=8, solid_capstyle="round",
            label="the slower of the two")
    ax.plot(s, flat, color=style.COLOUR[FLAT], label="|1 − η h_min|")
    ax.plot(s, steep, color=style.COLOUR[STEEP], linestyle=style.DASHED, label="|1 − η h_max|")
    ax.plot([step, step], [0, 1.25], color="#555555", linewidth=1)
    ax.plot(step, now, "o", color=style.COLOUR["objective"], markersize=8)
    ax.plot(best, rate, "*", color=style.COLOUR["model"], markersize=13, markeredgecolor="white",
            label=f"best: {_speed(rate)}")
    ax.set(xlim=(0, 2.2), ylim=(0, 1.75), xticks=(0, 0.5, 1, 1.5, 2), yticks=(0, 0.5, 1))
    style.label(ax, "η·h_max", "factor on the error", f"κ = {kappa:.3g}: now {now:.3f} ({_speed(now)})")
    style.legend(ax, loc="upper center", ncols=2)
    fig.alt = (f"Two V-shaped curves over the step. For κ = {kappa:.3g} they cross at η·h_max = {best:.3g}, "
               f"where both are {rate:.3g}; at the chosen η·h_max = {step:.2f} the slower direction keeps "
               f"{now:.3g} of its error: {_speed(now)}.")
    return fig


@explore.picture(kappa=explore.Log(1, 1000, default=20, label="κ"),
                 start=explore.Slider(0, 90, 1, default=20, label="start angle (degrees)"))
def exact_steps(kappa, start):
    """Steepest descent with exact line search, from a start that the reader turns."""
    h = np.array([1.0, kappa])
    angle = np.radians(start)
    e = np.array([-np.cos(angle), np.sin(angle) / kappa])       # 45°: the components h_i e_i are equal
    path = [e]
    for _ in range(12):
        g = h * e
        e = e - (g @ g) / (g @ (h * g)) * g if g @ g > 1e-200 else e
        path.append(e)
    path = np.array(path)
    f = 0.5 * path ** 2 @ h
    bound = ((kappa - 1) / (kappa + 1)) ** 2
    ratio = np.divide(f[1:], f[:-1], out=np.full(12, np.nan), where=f[:-1] > 1e-28 * f[0])
    fig = style.figure(8, 3.7)
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    # Stretched by √κ and seen relative to the start, the level lines are the same circles for all values.
    stretched = path * [1, np.sqrt(kappa)]
    scale = 1.3 * np.abs(stretched[0]).max()
    u = np.linspace(-1, 1, 61)
    style.contours(left, u, u, u[None, :] ** 2 + u[:, None] ** 2, levels=2 * np.linspace(0, 1, 12) ** 2)
    left.plot(*stretched.T / scale, **style.method("gradient descent"))
    left.set_xticks(np.array([-0.5, 0, 0.5]) / scale, ["−0.5", "0", "0.5"])
    left.set_yticks([])
    style.label(left, "θ₁ (flat)", "θ₂ (steep), stretched by √κ", "each step to the lowest point of its line")
    right.axhline(bound, color=style.COLOUR["bound"], linestyle=style.DASHED, label="worst case ((κ−1)/(κ+1))²")
    right.plot(range(1, 13), ratio, "o", color=style.COLOUR["objective"], label="measured")
    right.set(ylim=(-0.05, 1.35), yticks=(0, 0.5, 1), xlim=(0, 13), xticks=(1, 6, 12))
    style.label(right, "step k", "f(θₖ) / f(θₖ₋₁)", "what a step leaves of f")
    style.legend(right, loc="upper right")
    fig.alt = (f"Exact line search for κ = {kappa:.3g} from a start at {start:.0f} degrees: each step leaves "
               f"{ratio[0]:.3g} of f; no step can leave more than {bound:.3g}.")
    return fig


def _roots(kappa, step, mu):
    """The two eigenvalues in the flat direction and in the steep one, (2, 2) complex."""
    half = (1 + mu - step * np.array([1 / kappa, 1.0])) / 2
    root = np.sqrt(half.astype(complex) ** 2 - mu)
    return np.stack([half + root, half - root], axis=1)


@explore.picture(kappa=KAPPA, step=explore.Slider(0.05, 4, 0.05, default=1.9, label="η·h_max"), momentum=MOMENTUM)
def heavy_ball(kappa, step, momentum):
    """Left the eigenvalues of the iteration matrices, right the path of momentum."""
    roots = _roots(kappa, step, momentum)
    rate = abs(roots).max()
    path = walk(np.array([1.0, kappa]), START, step / kappa, momentum)
    fig = style.figure(8, 3.7)
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.25))
    circle = np.exp(1j * np.linspace(0, 2 * np.pi, 121))
    left.plot(circle.real, circle.imag, color="#555555", linewidth=1)
    small = np.sqrt(momentum) * circle
    left.plot(small.real, small.imag, color=style.COLOUR["bound"], linewidth=1, linestyle=style.DASHED,
              label="radius √µ")
    shown = np.clip(roots.real, -1.7, 1.7) + 1j * roots.imag
    for pair, (name, colour, marker, size) in zip(shown, (("flat", FLAT, "o", 10), ("steep", STEEP, "s", 5))):
        left.plot(pair.real, pair.imag, marker, color=style.COLOUR[colour], markersize=size, label=name)
    left.set(xlim=(-1.8, 1.8), ylim=(-1.25, 1.9), aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    style.label(left, "real part", "imaginary part", f"largest |eigenvalue| {rate:.3f}")
    left.legend(loc="upper center", ncols=3, handlelength=1.5, columnspacing=1, borderpad=0)
    _ravine(right, kappa, path, "momentum")
    style.label(right, "θ₁ (flat)", "θ₂ (steep)", f"the path: {_speed(rate)}")
    kinds = ["complex" if abs(pair.imag).max() > 1e-7 else "real" for pair in roots]
    fig.alt = (f"Momentum with µ = {momentum:.2f}, η·h_max = {step:.2f}, κ = {kappa:.3g}: the eigenvalues are "
               f"{kinds[0]} in the flat direction and {kinds[1]} in the steep one; the largest has modulus "
               f"{rate:.3g}; the error: {_speed(rate)}.")
    return fig


@explore.picture(momentum=explore.Slider(0, 0.98, 0.02, default=0.4, label="µ"))
def memory(momentum):
    """The rate of gradient descent, momentum and NAG in one direction, against η·h."""
    s = np.linspace(0, 4, 401)
    root = np.sqrt(momentum)
    fig = style.figure(7, 3.9)
    ax = fig.subplots()
    ax.axhspan(1, 1.3, color="#F3DAD3", zorder=0)
    ax.axvspan((1 - root) ** 2, min(4, (1 + root) ** 2), ymax=0.05, color=style.COLOUR["momentum"], alpha=0.5)
    for name, rate in (("gradient descent", abs(1 - s)), ("momentum", radius(s, momentum)),
                       ("NAG", radius(s, momentum, look_ahead=True))):
        ax.plot(s, rate, **(style.method(name) | {"marker": None}))
    ax.set(xlim=(0, 4), ylim=(0, 1.3), xticks=range(5), yticks=(0, 0.5, 1))
    style.label(ax, "η·h", "factor on the error, per step", f"µ = {momentum:.2f}, √µ = {root:.3f}")
    style.legend(ax, loc="lower right", bbox_to_anchor=(1, 0.07))
    limits = 2 * (1 + momentum), 2 * (1 + momentum) / (1 + 2 * momentum)
    fig.alt = (f"The rates over η·h for µ = {momentum:.2f}. Momentum stays at √µ = {root:.3g} from "
               f"η·h = {(1 - root) ** 2:.3g} to {(1 + root) ** 2:.3g} and is stable up to {limits[0]:.3g}; NAG "
               f"falls to 0 at η·h = 1 and is stable up to {limits[1]:.3g}; gradient descent is stable up to 2.")
    return fig
