"""Pictures of notebook 11: a repair that kills, the sine, a preconditioner, misread digits; `ch11_runs` has more."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

from .ch11_runs import browser, digits_runs, digits_trials

__all__ = ["alive", "browser", "digits_runs", "digits_trials", "misread", "sine", "spread"]

DASHED, DOTTED, LONG = style.DASHED, style.DOTTED, style.LONG


# ---- 2: a sign and its repair -----------------------------------------------------------------------


def _example_alive():
    steps = np.arange(10.0, 60, 10)
    sick = [(steps, 1 / steps + (steps > 30), 0.3 * 0.98**steps, 0.5 + 0 * steps) for _ in range(2)]
    well = [(steps, 1 / steps, 0.3 + 0 * steps, 0.2 + 0 * steps) for _ in range(2)]
    return {"runs": {"repaired": sick, "with the slip": well}}


@explore.picture(_example_alive, seed=lambda runs: explore.Integer(0, len(next(iter(runs.values()))) - 1, label="seed"))
def alive(runs, seed):
    """f on all data and λ along two runs, one seed in bold; `runs` maps each name to its (steps, f, λ, ρ)."""
    fig = style.figure(9, 3.7)
    loss, damping = fig.subplots(1, 2)
    for (name, seeds), (colour, dashes) in zip(runs.items(), (("#EE3C02", "-"), ("#2B43E1", DASHED)), strict=True):
        for k, (steps, f, lam, _) in enumerate(seeds):
            bold = k == seed
            for ax, values in ((loss, f), (damping, lam)):
                ax.plot(steps, values, color=colour, linestyle=dashes, linewidth=2.2 if bold else 0.9,
                        alpha=1 if bold else 0.35, label=name if bold else "_")
    every = np.concatenate([f for seeds in runs.values() for _, f, _, _ in seeds])
    loss.set(yscale="log", ylim=(0.8 * every.min(), 1.3 * every.max()), yticks=(0.1, 0.2, 0.3, 0.5, 1),
             yticklabels=("0.1", "0.2", "0.3", "0.5", "1"))
    style.label(loss, "step", "", f"f on all data, seed {seed} (thin: the others)")
    lams = np.concatenate([lam for seeds in runs.values() for _, _, lam, _ in seeds])
    damping.set(ylim=(0, 1.15 * lams.max()))
    style.label(damping, "step", "", "λ")
    style.legend(damping, loc="center right")
    said = []
    for name, seeds in runs.items():
        _, f, lam, _ = seeds[seed]
        said.append(f"{name}, f on all data is at most {f[len(f) // 3:].max():.2g} in the last two thirds and ends at "
                    f"{f[-1]:.2g}, λ ends at {lam[-1]:.2g}")
    fig.alt = f"Seed {seed}: {'; '.join(said)}."
    return fig


# ---- 11: the sine -----------------------------------------------------------------------------------

SINE_LOOKS = {"SGD": (style.COLOUR["SGD"], DASHED), "Adam": (style.COLOUR["Adam"], DOTTED),
              "Hessian-free, r = 1.01": ("#844729", LONG), "Hessian-free, r = 1.5": (style.COLOUR["Hessian-free"], "-")}
SINE_AXES = {"epochs": "epoch", "CPU seconds": "cpu_seconds", "gradient-equivalents": "cost"}


@lru_cache(1)
def _example_sine():
    rows = [(m, s, e, 3.0 * e, 0.01 * e, 0.2 / (e + 1) ** (m + 1), 0.2 / (e + 1) ** (m + 1)) for m in range(2)
            for s in range(2) for e in range(5)]
    names = ("method", "seed", "epoch", "cost", "cpu_seconds", "loss", "fresh_loss")
    columns = dict(zip(names, np.array(rows, float).T, strict=True))
    return {"forms": {"slides": (columns, ["SGD", "Adam"]), "code": (columns, ["SGD", "Adam"])}}


@explore.picture(_example_sine, form=lambda forms: explore.Choice(tuple(forms), label="form"),
                 axis=explore.Choice(tuple(SINE_AXES), label="measured in"),
                 start=explore.Switch(label="the beginning only"))
def sine(forms, form, axis, start):
    """f on fresh points for each method and seed of one form; `forms` maps each to (columns, names of methods)."""
    columns, methods = forms[form]
    fig = style.figure(8.4, 3.9)
    ax = fig.subplots()
    ends, longest = {}, 0.0
    for number, method in enumerate(methods):
        colour, dashes = SINE_LOOKS[method]
        here = columns["method"] == number
        ends[method] = []
        for seed in np.unique(columns["seed"][here]):
            rows = here & (columns["seed"] == seed)
            x, f = columns[SINE_AXES[axis]][rows], columns["fresh_loss"][rows]
            ax.plot(x, f, color=colour, linestyle=dashes, linewidth=1.6, alpha=0.9, label=method if seed == 0 else "_")
            ax.plot(x[-1], f[-1], "o", color=colour, markersize=5)
            ends[method].append(f[-1])
            longest = max(longest, x[-1])
    ax.axhline(0.005, color=style.COLOUR["bound"], linewidth=1)
    ax.set(yscale="log", xlim=(-0.01 * longest, 0.1 * longest) if start else (-0.02 * longest, 1.04 * longest),
           ylim=(0.004, 0.6), yticks=(0.005, 0.01, 0.03, 0.1, 0.3), yticklabels=("0.005", "0.01", "0.03", "0.1", "0.3"))
    style.label(ax, axis, "f on fresh points", "sin x, ReLU, 2,000 points" if form == "slides" else
                "sin 10x, tanh, 10,000 points")
    style.legend(ax, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.alt = (f"The form of the {form}: f on fresh points against {axis}{', the first tenth' if start else ''}; the "
               "noise alone gives 0.005. The seeds end at: " +
               "; ".join(f"{name} {', '.join(f'{f:.2g}' for f in values)}" for name, values in ends.items()) + ".")
    return fig


# ---- 10: the spread of a preconditioner -------------------------------------------------------------


@explore.picture(lambda: {"squares": np.geomspace(0.1, 1e-9, 50), "share": np.geomspace(1e-5, 1, 50)},
                 lam=explore.Log(1e-6, 1.0, step=2, default=1.0, label="λ"))
def spread(squares, share, lam):
    """M = (s + λ)^¾ over its smallest entry; `squares` are the s that the `share` of the parameters exceeds."""
    M = (squares + lam) ** 0.75
    relative = M / M.min()
    fig = style.figure(8.2, 3.5)
    ax = fig.subplots()
    ax.plot(100 * share, relative, color=style.COLOUR["model"], linewidth=2.4)
    ax.axhline(1, color=style.COLOUR["bound"], linestyle=DASHED, linewidth=1.2)
    ax.set(xscale="log", yscale="log", ylim=(0.6, 2e4), xlim=(0.001, 100), xticks=(0.001, 0.01, 0.1, 1, 10, 100),
           xticklabels=("0.001", "0.01", "0.1", "1", "10", "100"))
    style.label(ax, "share of the parameters that have a larger entry, %", "M / smallest entry of M",
                f"λ = {style.number(lam)}: largest / smallest = {style.number(relative[0])}")
    hundredth, half = np.interp((0.01, 0.5), share, relative)
    fig.alt = (f"The preconditioner's entries over the smallest one at λ = {lam:.2g}, sorted from the largest, "
               f"{relative[0]:.3g}; one in a hundred has more than {hundredth:.3g}, half of them {half:.3g}.")
    return fig


# ---- 8: misread digits ------------------------------------------------------------------------------

ROWS, COLUMNS = 4, 12


@lru_cache(1)
def _example_misread():
    rng = np.random.default_rng(0)
    return {"images": rng.random((60, 784), dtype=np.float32), "labels": np.arange(60) % 10,
            "misread": {"all three": {k: (k + 1) % 10 for k in range(50)}, "SGD": {3: 4}}}


@explore.picture(_example_misread, who=lambda misread, **_: explore.Choice(tuple(misread), label="misread by"),
                 page=lambda misread, **_: explore.Integer(
                     1, max(-(-len(of) // (ROWS * COLUMNS)) for of in misread.values()), label="page"))
def misread(images, labels, misread, who, page):
    """Test digits that are misread, each under what it is and what it is taken for."""
    of = misread[who]
    pages = -(-len(of) // (ROWS * COLUMNS))
    page = min(page, pages)
    rows = sorted(of)[(page - 1) * ROWS * COLUMNS:page * ROWS * COLUMNS]
    fig = style.figure(9, 3.4)
    ax = fig.subplots()
    step = 36
    wall = np.zeros((ROWS * step, COLUMNS * step))
    for k, row in enumerate(rows):
        i, j = divmod(k, COLUMNS)
        wall[i * step + 8:i * step + 36, j * step + 4:j * step + 32] = images[row].reshape(28, 28)
        ax.text(j * step + 18, i * step + 4, f"{labels[row]} as {of[row]}", color="white", ha="center", va="center",
                fontsize=9)
    ax.imshow(wall, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    ax.set_title(f"misread by {who}: {len(of)} of 10,000, page {page} of {pages}")
    first = ", ".join(f"a {labels[row]} as {of[row]}" for row in rows[:6])
    fig.alt = (f"{len(rows)} of the {len(of)} test digits that are misread by {who}, page {page}, each under what it "
               f"is and what it is taken for; the first: {first}.")
    return fig
