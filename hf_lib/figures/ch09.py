"""Pictures of notebook 09: the loop as it grows, the step player, digits; the race is in `ch09_race`."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .ch00 import CELL
from .ch09_race import race, seeds_of

__all__ = ["stages", "player", "digits", "race", "seeds_of"]

RED, BLACK, BLUE = style.COLOUR["model"], style.COLOUR["objective"], style.COLOUR["gradient"]
GREY = "#9A9A9A"
LINES = (("#73595B", style.DOTTED), ("#84A3BB", style.DASHED), ("#844729", style.LONG), ("#4E1D96", style.DASH_DOT),
         (RED, style.SOLID), ("#000000", style.DASHED))


# ---- the loop as it grows --------------------------------------------------------------------------


def _example_stages():
    k = np.arange(8)
    return {"runs": {"one": {"loss": 0.2 * 0.7 ** k, "lam": 1.5 ** -k, "rho": np.full(8, 0.9)},
                     "two": {"loss": 0.2 + 0.1 * k % 0.4, "lam": 1.5 ** (k % 3), "rho": 0.5 - k % 2}}}


@explore.picture(_example_stages, who=lambda runs: explore.Choice(list(runs), label="loop"))
def stages(runs, who):
    """Left f along the steps of every stage of the loop; right λ and ρ of one of them."""
    fig = style.figure(9, 4.4)
    left, upper, lower = _beside(fig)
    longest = max(len(run["loss"]) for run in runs.values())
    for (name, run), (colour, dashes) in zip(runs.items(), LINES):
        left.plot(run["loss"], color=colour, linestyle=dashes, linewidth=2.8 if name == who else 1.4, label=name)
    left.set(yscale="log", ylim=(1e-5, 1e4), xlim=(0, longest), yticks=10.0 ** np.arange(-4, 3, 2))
    style.label(left, "step", "f(θ)")
    style.legend(left, loc="lower left")
    run = runs[who]
    _lam_and_rho(upper, lower, run["lam"], run["rho"])
    for ax in (upper, lower):
        ax.set_xlim(0, longest)
    upper.set_title(who)
    fig.alt = (f"f along the steps of {len(runs)} loops; at their ends: "
               + ", ".join(f"{name} {run['loss'][-1]:.2g}" for name, run in runs.items())
               + f". Of {who}: λ from {run['lam'][0]:.2g} to {run['lam'][-1]:.2g}; ρ below 0 in "
               f"{np.sum(~(run['rho'] >= 0))} of {len(run['rho'])} steps.")
    return fig


def _beside(fig):
    """One tall panel, and two small ones beside it that share x."""
    grid = fig.add_gridspec(2, 2, width_ratios=(1.5, 1))
    left, upper = fig.add_subplot(grid[:, 0]), fig.add_subplot(grid[0, 1])
    return left, upper, fig.add_subplot(grid[1, 1], sharex=upper)


def _lam_and_rho(upper, lower, lam, rho, at=None):
    """λ above, ρ below, the whole run; a mark at one step."""
    steps = np.arange(len(lam))
    shown = np.clip(np.nan_to_num(rho, nan=-9.0, neginf=-9.0), -1.4, 1.9)
    upper.plot(steps, np.maximum(lam, 1e-5), color=BLUE)
    upper.set(yscale="log", ylim=(1e-5, 1e3), yticks=(1e-4, 1e-2, 1, 100))
    style.label(upper, "step", "λ")
    for level in (0.25, 0.75):
        lower.axhline(level, color=GREY, linewidth=1, linestyle=style.DOTTED)
    lower.plot(steps, shown, "o", color=BLACK, markersize=3.5)
    low = ~(rho >= -1.4)
    lower.plot(steps[low], shown[low], "v", color=style.COLOUR["negative"], markersize=7)
    lower.set(ylim=(-1.7, 2.2), yticks=(-1, 0, 1, 2))
    style.label(lower, "step", "ρ")
    if at is not None:
        upper.plot(at, max(lam[at], 1e-5), "o", color=RED, markersize=8)
        lower.plot(at, shown[at], "o", color=RED, markersize=8)


# ---- the step player -------------------------------------------------------------------------------


@lru_cache(1)
def _steps():
    rng = np.random.default_rng(0)
    steps = []
    for k in range(4):
        kept = np.array([1, 2, 3, 4 + k])
        steps.append({"phi": -0.01 * (1 - 0.5 ** np.arange(5 + k)), "kept": kept,
                      "along": 0.2 - 0.01 * k - 0.01 * (1 - 0.4 ** kept), "f": 0.2 - 0.01 * k, "chosen": int(kept[2]),
                      "rho": 0.5, "lam": 1.0 / (k + 1), "alpha": 1.0, "after": 0.19 - 0.01 * k,
                      "curves": rng.normal(size=(5, 20)) * 0.1})
    return {"steps": steps, "grid": np.linspace(-1, 1, 20), "data": (np.linspace(-1, 1, 30), np.zeros(30))}


@explore.picture(
    _steps,
    k=lambda steps, **_: explore.Player(len(steps), default=0, interval=600, label="HF step"),
    share=explore.Slider(0, 100, 10, default=0, label="way along CG in %"),
)
def player(steps, grid, data, k, share):
    """One HF step: along CG the model φ and the true f; the fit at one CG iterate; the run's f, λ and ρ.

    Each entry of `steps`: φ at every CG iterate, the numbers `kept` of those whose f (`along`) and fit (`curves`,
    the first before the step) were recorded, f before and `after`, `chosen`, ρ, λ, α.
    """
    step = steps[k]
    j = round((len(step["kept"]) - 1) * share / 100)
    fig = style.figure(9, 6.2)
    grid_of = fig.add_gridspec(2, 6, height_ratios=(1.5, 1))
    along, fit = fig.add_subplot(grid_of[0, :3]), fig.add_subplot(grid_of[0, 3:])
    loss, lam, rho = (fig.add_subplot(grid_of[1, 2 * i:2 * i + 2]) for i in range(3))

    _along(along, step, j)
    along.set_title(f"step {k}: {len(step['phi']) - 1} CG iterations, ρ = {style.number(step['rho'], 2)}")
    fit.plot(*data, ".", color=style.COLOUR["data"], markersize=5, alpha=0.4)
    fit.plot(grid, step["curves"][0], color=GREY, linestyle=style.DASHED, label="before the step")
    fit.plot(grid, step["curves"][j + 1], color=RED, label="at this iterate")
    fit.set(ylim=(-1.6, 2.1), xlim=(grid[0], grid[-1]), yticks=(-1, 0, 1))
    style.label(fit, "x", "z", f"fit after CG iterate {step['kept'][j]}")
    style.legend(fit, loc="upper left", ncols=2, columnspacing=1)

    losses = np.array([s["f"] for s in steps] + [steps[-1]["after"]])
    loss.plot(losses, color=BLACK)
    loss.plot(k, losses[k], "o", color=RED, markersize=8)
    loss.set_yscale("log")
    style.label(loss, "step", "f(θ)")
    _lam_and_rho(lam, rho, np.array([s["lam"] for s in steps]), np.array([s["rho"] for s in steps]), at=k)
    fig.alt = (f"Hessian-free step {k} of 0 to {len(steps) - 1}: CG makes {len(step['phi']) - 1} iterations, "
               f"at the end φ is {step['phi'][-1]:.2g}. f is {step['f']:.3g} before the step, "
               f"{step['along'][j]:.3g} at CG iterate {step['kept'][j]}, and {step['after']:.3g} after the step, which "
               f"takes iterate {step['chosen']} times {step['alpha']:.2g}. ρ is {step['rho']:.2g}, "
               f"λ is {step['lam']:.2g}.")
    return fig


def _along(ax, step, j):
    """φ and the true change of f along CG's iterates; squares where f was measured."""
    scale = max(-step["phi"].min(), 1e-300)
    real = (step["along"] - step["f"]) / scale
    last = len(step["phi"]) - 1
    ax.axhline(0, color=GREY, linewidth=1)
    ax.plot(np.arange(last + 1) / last, step["phi"] / scale, color=RED, linestyle=style.DASHED, label="model φ")
    shown = np.clip(real, -2.5, 1.2)
    at = step["kept"] / last
    ax.plot(at, shown, color=BLACK, marker="s", markersize=4, label="true f − f(θ)")
    i = int(np.flatnonzero(step["kept"] == step["chosen"])[0])
    ax.plot(at[i], shown[i], "o", color=style.COLOUR["step"], markersize=13, fillstyle="none", markeredgewidth=2,
            label="chosen")
    ax.plot(at[j], shown[j], "s", color=BLUE, markersize=9, label="shown")
    ax.set(ylim=(-2.7, 2.3), xlim=(-0.03, 1.03), yticks=(-2, -1, 0, 1), xticks=(0, 0.5, 1))
    style.label(ax, "share of CG's iterations", "change, in units of −φ(p)")
    style.legend(ax, loc="upper right", ncols=2, columnspacing=1)


# ---- digits ----------------------------------------------------------------------------------------


@lru_cache(1)
def _example_digits():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 40)
    return {"steps": [{**step, "guesses": (labels + (rng.random(40) < 0.6 - 0.1 * k)) % 10}
                      for k, step in enumerate(_steps()["steps"])],
            "images": rng.random((40, 196)), "labels": labels}


@explore.picture(_example_digits, k=lambda steps, **_: explore.Player(len(steps), default=0, interval=700,
                                                                          label="HF step"))
def digits(steps, images, labels, k):
    """Left model and f along CG in one step; middle the errors so far; right the first test digits still misread."""
    step = steps[k]
    side = round(images.shape[1] ** 0.5)
    wrong = [np.flatnonzero(s["guesses"] != labels) for s in steps]
    fig = style.figure(9, 3.9)
    along, errors, wall = fig.subplots(1, 3, width_ratios=(1.2, 1, 1.1))
    _along(along, step, len(step["kept"]) - 1)
    along.set_title(f"step {k}: ρ = {style.number(step['rho'], 2)}")
    rates = [100 * len(w) / len(labels) for w in wrong]
    errors.plot(rates, color=style.COLOUR["test"], marker="o")
    errors.plot(k, rates[k], "o", color=RED, markersize=9)
    errors.set(ylim=(0, 100), yticks=(0, 25, 50, 75, 100))
    style.label(errors, "step", "test error after it, in %", f"{rates[k]:.1f} %")
    wall_of = np.zeros((4 * CELL, 5 * CELL))
    zoom = 28 // side
    for i, n in enumerate(wrong[k][:20]):
        row, column = CELL * (i // 5), CELL * (i % 5)
        image = np.kron(images[n].reshape(side, side), np.ones((zoom, zoom)))
        wall_of[row + CELL - 28:row + CELL, column:column + 28] = image
        wall.text(column + 14, row + CELL - 31, f"{step['guesses'][n]}", ha="center", color=style.COLOUR["negative"])
    wall.imshow(wall_of, cmap="Greys", vmin=0, vmax=1)
    wall.set_axis_off()
    wall.set_anchor("N")
    wall.set_title("misread as")
    fig.alt = (f"Step {k} of 0 to {len(steps) - 1} on digits: ρ is {step['rho']:.2g}, λ is {step['lam']:.2g}, f goes "
               f"from {step['f']:.3g} to {step['after']:.3g}. After it {len(wrong[k])} of {len(labels)} test digits "
               "are misread; the first of them are shown, each under its wrong label.")
    return fig
