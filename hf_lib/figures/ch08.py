"""Pictures of notebook 08: radius and λ, the step that turns, a run with the rule for λ, filter factors."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .panels import counted

DASHED, LONG = style.DASHED, style.LONG
WIDTH, DEPTH = np.array([1.0, 12.0]), np.array([-3.0, 6.0])     # h and g of the valley in `radius`
LAMBDA = explore.Log(1e-6, 100, default=1.0, label="λ")


def _minus(text):
    return text.replace("-", "−")


# ---- one λ for each radius -------------------------------------------------------------------------


def _valley_step(lam):
    """p(λ) of the valley, shape (…, 2)."""
    return -DEPTH / (WIDTH + np.asarray(lam)[..., None])


def _lambda_of(radius):
    """The λ whose step has this length; 0 where the whole Newton step fits."""
    if np.linalg.norm(_valley_step(0.0)) <= radius:
        return 0.0
    low, high = 0.0, np.linalg.norm(DEPTH) / radius             # ‖p(λ)‖ ≤ ‖g‖/λ
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.linalg.norm(_valley_step(middle)) > radius else (low, middle)
    return high


@explore.picture(radius=explore.Slider(0.1, 4, 0.1, default=1.5, label="radius Δ"))
def radius(radius):
    """Left q with the trust region and all p(λ), right the curve of lengths: from the radius back to λ."""
    lam = _lambda_of(radius)
    p = _valley_step(lam)
    lams = np.geomspace(1e-3, 1e3, 121)
    path = np.concatenate([[_valley_step(0.0)], _valley_step(lams), [[0.0, 0.0]]])
    x, y = np.linspace(-1.6, 4.4, 61), np.linspace(-2.2, 1.6, 41)
    q = DEPTH[0] * x + 0.5 * WIDTH[0] * x ** 2 + (DEPTH[1] * y + 0.5 * WIDTH[1] * y ** 2)[:, None]
    fig = style.figure(8.4, 3.8)
    left, right = fig.subplots(1, 2, width_ratios=(1.45, 1))
    style.contours(left, x, y, q, levels=q.min() + (q.max() - q.min()) * np.linspace(0, 1, 13) ** 2)
    around = np.linspace(0, 2 * np.pi, 121)
    left.plot(radius * np.cos(around), radius * np.sin(around), color=style.COLOUR["bound"], linewidth=1.4,
              label="‖δ‖ = Δ")
    left.plot(*path.T, color=style.COLOUR["Newton"], linestyle=DASHED, linewidth=1.3, label="all p(λ)")
    left.plot(*np.stack([[0, 0], p]).T, color=style.COLOUR["step"], linewidth=2.4, label="the best δ")
    left.plot(*p, "o", color=style.COLOUR["step"], markersize=8)
    left.plot(*_valley_step(0.0), "+", color=style.COLOUR["objective"], markersize=11, markeredgewidth=2)
    left.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), aspect="equal")
    style.label(left, "δ₁", "δ₂", "inside" if lam == 0 else "on the edge")
    style.legend(left, loc="upper right")
    right.plot(lams, np.linalg.norm(_valley_step(lams), axis=-1), color=style.COLOUR["Newton"], linestyle=DASHED)
    right.axhline(radius, color=style.COLOUR["bound"], linewidth=1.4)
    if lam > 0:
        right.plot(lam, radius, "o", color=style.COLOUR["step"], markersize=9)
    right.set(xscale="log", yscale="log", xlim=(1e-3, 1e3), ylim=(0.03, 8), yticks=(0.1, 1), yticklabels=("0.1", "1"))
    style.label(right, "λ", "‖p(λ)‖", f"λ = {style.number(lam)}")
    fig.alt = (f"A model q over two parameters with a trust region of radius {radius:.1f}. The best step inside it is "
               f"({p[0]:.2f}, {p[1]:.2f}), of length {np.linalg.norm(p):.2f}; its λ is {lam:.3g}"
               + (": the minimum of q lies inside the region." if lam == 0 else ", and it ends on the edge."))
    return fig


# ---- the step turns --------------------------------------------------------------------------------


def _example_turning():
    lam = np.geomspace(1e-6, 100, 81)
    length, promise = 1 / (0.01 + lam), 0.4 / (1 + lam)
    return {"lam": lam, "length": length, "angle": 90 / (1 + 10 * lam ** 0.5), "promise": promise,
            "fall": promise * (1 - 0.1 * length)}


@explore.picture(_example_turning, at=LAMBDA)
def turning(lam, length, angle, promise, fall, at):
    """Left the direction and length of p(λ), between Gauss–Newton and −g; right promised and real fall of f along λ.

    All arrays run along `lam`; `promise` is q(0) − q(p), `fall` is f(θ) − f(θ + p).
    """
    i = int(np.argmin(np.abs(np.log(lam / at))))
    rho = fall[i] / promise[i]
    fig = style.figure(8.6, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.5))
    turn = np.radians(angle)
    quarter = np.linspace(0, np.pi / 2, 46)
    left.plot(np.cos(quarter), np.sin(quarter), color="#C9C9C9", linewidth=1)
    ends = (turn[0], "Gauss-Newton", "Gauss–Newton", (0.07, 1.1)), (0.0, "gradient", "−g", (1.04, 0.07))
    for end, colour, words, place in ends:
        left.plot([0, np.cos(end)], [0, np.sin(end)], color=style.COLOUR[colour], linestyle=DASHED, linewidth=1.3)
        left.text(*place, words, color=style.COLOUR[colour])
    left.plot([0, np.cos(turn[i])], [0, np.sin(turn[i])], color=style.COLOUR["step"], linewidth=3)
    left.plot(np.cos(turn[i]), np.sin(turn[i]), "o", color=style.COLOUR["step"], markersize=9)
    left.set(xlim=(-0.05, 1.25), ylim=(-0.05, 1.25), aspect="equal", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    style.label(left, "share along −g", "share at right angles to g",
                f"‖p‖ = {style.number(length[i])},  {angle[i]:.0f}° off −g")
    right.axhline(0, color="#555555", linewidth=1)
    right.plot(lam, promise, color=style.COLOUR["model"], linestyle=DASHED, label="promised: q(0) − q(p)")
    right.plot(lam, fall, color=style.COLOUR["objective"], label="real: f(θ) − f(θ + p)")
    right.axvline(lam[i], color=style.COLOUR["step"], linewidth=1)
    top = 1.2 * promise.max()
    for line, colour in ((promise, "model"), (fall, "objective")):
        low = max(line[i], -0.95 * top)
        right.plot(lam[i], low, "o" if low == line[i] else "v", color=style.COLOUR[colour], markersize=8, clip_on=False,
                   zorder=4)
    right.set(xscale="log", xlim=(lam[0], lam[-1]), ylim=(-top, 1.75 * top), xticks=10.0 ** np.arange(-6, 3, 2))
    style.label(right, "λ", "fall of f", f"real {style.number(fall[i])},  promised {style.number(promise[i])},  "
                                         f"ρ = {style.number(rho)}")
    style.legend(right, loc="upper right")
    fig.alt = (f"At λ = {lam[i]:.3g} the step is {length[i]:.3g} long and {angle[i]:.0f} degrees away from the "
               f"negative gradient. The model promises that f falls by {promise[i]:.3g}; it falls by {fall[i]:.3g}, so "
               f"that ρ is {rho:.3g}.")
    return fig


# ---- a run -----------------------------------------------------------------------------------------


def _example_run():
    lam = 1.5 ** -np.array([0.0, 1, 2, 1, 2, 3])
    return {"loss": np.array([0.3, 0.2, 0.1, 0.1, 0.05, 0.02]), "lam": lam,
            "rho": np.array([0.9, 0.8, -3.0, 0.8, 0.9, 0.5]), "others": {"λ = 1": np.linspace(0.3, 0.25, 6)}}


@explore.picture(_example_run, k=lambda loss, **_: explore.Player(len(loss), interval=200, label="try", default=0))
def run(loss, lam, rho, others, k):
    """Above f along the tries of the rule and of fixed λ; below λ and ρ, up to try k.

    Entry k of `loss`, `lam` and `rho` is f before try k, and the λ and ρ of that try; `others` maps names to losses.
    """
    tries = np.arange(len(loss))
    fig = style.figure(8.4, 5.2)
    top, middle, low = fig.subplots(3, 1, sharex=True, height_ratios=(1.5, 1, 1.3))
    greys = (("#73595B", style.DOTTED), ("#84A3BB", DASHED), ("#B59C8B", LONG), ("#844729", style.DASH_DOT))
    for (name, line), (colour, dashes) in zip(others.items(), greys):
        top.plot(line, color=colour, linestyle=dashes, linewidth=1.4, label=name)
    top.plot(loss, color=style.COLOUR["Gauss-Newton"], linewidth=2.4, label="the rule")
    top.plot(k, loss[k], "o", color=style.COLOUR["step"], markersize=9, zorder=5)
    top.set(yscale="log", ylim=(1e-3, 0.6), yticks=(1e-3, 1e-2, 0.1), yticklabels=("0.001", "0.01", "0.1"))
    style.label(top, "", "f", f"try {k}: f = {loss[k]:.3g}")
    style.legend(top, loc="lower left", ncols=3)
    middle.plot(tries[:k + 1], lam[:k + 1], color=style.COLOUR["step"])
    middle.plot(k, lam[k], "o", color=style.COLOUR["step"], markersize=7)
    middle.set(yscale="log", ylim=(lam.min() / 3, lam.max() * 3))
    style.label(middle, "", "λ", f"λ = {style.number(lam[k])}")
    shown = np.clip(rho[:k + 1], -1, 1.5)                        # what lies below −1 is drawn at −1
    good, bad = shown > 0.75, shown < 0.25
    for mask, colour, marker in ((good, "positive", "^"), (bad, "negative", "v"), (~good & ~bad, "objective", "o")):
        low.plot(tries[:k + 1][mask], shown[mask], marker, color=style.COLOUR[colour], markersize=4)
    for edge in (0.25, 0.75):
        low.axhline(edge, color=style.COLOUR["bound"], linewidth=1, linestyle=DASHED)
    low.set(ylim=(-1.25, 1.75), yticks=(-1, 0.25, 0.75), yticklabels=("≤ −1", "¼", "¾"), xlim=(-1, len(loss)))
    style.label(low, "try", "ρ", f"ρ = {style.number(rho[k])}: λ " + ("falls" if rho[k] > 0.75 else
                                                                      "stays" if rho[k] >= 0.25 else "grows"))
    ends = ", ".join(f"{name} has {line[-1]:.3g}" for name, line in others.items())
    fig.alt = (f"Try {k} of 0 to {len(loss) - 1}: f = {loss[k]:.3g}, λ = {lam[k]:.3g}, ρ = {rho[k]:.3g}; before the "
               f"last try the rule has f = {loss[-1]:.3g}, and {ends}.")
    return fig


# ---- filter factors --------------------------------------------------------------------------------


def ritz_values(h, c, k):
    """The roots of the polynomial P_k of CG on diag(h) δ = −c: eigenvalues of G within the Krylov space."""
    V = np.empty((h.size, 0))
    v = c
    for _ in range(min(k, h.size)):
        for _ in range(2):                                       # twice is enough against rounding
            v = v - V @ (V.T @ v)
        V = np.column_stack([V, v / np.linalg.norm(v)])
        v = h * V[:, -1]
    return np.linalg.eigvalsh(V.T @ (h[:, None] * V))


def filter_of_cg(h, mu):
    """1 − P_k(h) with P_k(h) = Π_j (1 − h/µ_j)."""
    return 1 - np.prod(1 - np.asarray(h)[..., None] / mu, axis=-1)


def _example_filters():
    h = np.geomspace(1e-4, 2, 14)
    return {"h": h, "c": np.sqrt(h)}


@explore.picture(_example_filters, lam=explore.Log(1e-5, 10, default=0.1, label="λ"),
                 k=explore.Integer(1, 10, label="CG steps k", default=4))
def filters(h, c, lam, k):
    """Left the filter factors h/(h + λ) and 1 − P_k(h), right promise against length for all λ and k."""
    fig = style.figure(8.6, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.35, 1))
    grid = np.geomspace(1e-6, h[-1], 161)
    mu = ritz_values(h, c, k)
    damped, stopped = h / (h + lam), filter_of_cg(h, mu)
    colours = {"Tikhonov": style.COLOUR["Gauss-Newton"], "CG": style.COLOUR["conjugate gradients"]}
    left.plot(grid, grid / (grid + lam), color=colours["Tikhonov"], linestyle=DASHED, label="h / (h + λ)")
    left.plot(grid, filter_of_cg(grid, mu), color=colours["CG"], linewidth=0.8, alpha=0.6)   # wild where no h lies
    left.plot(h, stopped, "h-", color=colours["CG"], linewidth=0, markersize=7, label="1 − Pₖ(h)")
    left.plot(h, damped, "P", color=colours["Tikhonov"], markersize=5)
    left.set(xscale="log", ylim=(-0.15, 2.6), xlim=(1e-6, 2 * h[-1]), xticks=10.0 ** np.arange(-6, 1, 2),
             yticks=(0, 1, 2))
    style.label(left, "eigenvalue h of G", "share of the full step", f"λ = {style.number(lam)},  k = {k}")
    style.legend(left, loc="upper left")

    def place(factors):
        """(length, promise) of the step with these shares of −c/h."""
        p = -factors * c / h
        return np.linalg.norm(p, axis=-1), -(p @ c + 0.5 * (p * p) @ h)
    lams = np.geomspace(1e-6, 1e3, 121)
    right.plot(*place(h / (h + lams[:, None])), color=colours["Tikhonov"], linestyle=DASHED, label="p(λ), all λ")
    steps = np.array([place(filter_of_cg(h, ritz_values(h, c, j))) for j in range(1, 11)])
    right.plot(*steps.T, "h", color=colours["CG"], markersize=4, label="δₖ, k = 1 … 10")
    for factors, colour, marker, size in ((damped, "Tikhonov", "P", 13), (stopped, "CG", "h", 8)):
        right.plot(*place(factors), marker, color=colours[colour], markersize=size, markeredgecolor="#ffffff")
    best = 0.5 * c @ (c / h)
    right.set(xscale="log", xlim=(0.02, 200), xticks=(0.1, 1, 10, 100), ylim=(0, 1.45 * best))
    lengths = place(damped)[0], place(stopped)[0]
    style.label(right, "length", "promise q(0) − q", f"‖p‖ = {lengths[0]:.2g},  ‖δₖ‖ = {lengths[1]:.2g}")
    style.legend(right, loc="upper left")
    fig.alt = (f"Shares of the full step by eigenvalue: with λ = {lam:.3g} those of Tikhonov rise smoothly from 0 to 1 "
               f"around h = λ; those of {counted(k, 'CG step')} run from {stopped.min():.2g} to {stopped.max():.2g}. "
               f"The damped step is {lengths[0]:.2g} long and promises {place(damped)[1]:.3g}, CG's is "
               f"{lengths[1]:.2g} long and promises {place(stopped)[1]:.3g}.")
    return fig
