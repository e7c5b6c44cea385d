"""Pictures of notebook 10: races of variants, f along CG, the switch panel, mini-batches, the failure clinic."""

import functools

import numpy as np
from matplotlib.ticker import MaxNLocator

from hf_lib import explore
from hf_lib.datasets import sine
from hf_lib.explore import style
from hf_lib.network.losses import SquaredError
from hf_lib.network.mlp import MLP
from hf_lib.network.problem import Problem
from hf_lib.optimisers.hessian_free import HessianFree

DASHED, LONG, DOTTED, DASH_DOT = style.DASHED, style.LONG, style.DOTTED, style.DASH_DOT
LOOKS = (("#EE3C02", "-"), ("#2B43E1", DASHED), ("#4E1D96", LONG), ("#B959CE", DASH_DOT), ("#844729", DOTTED))


def _range(low, high, ratio=1.3):
    return low / ratio, high * ratio


def _logarithmic(ax, low, high):
    """A logarithmic y axis with room for these ends; under two decades it has ticks at 1, 2 and 5 as well."""
    ax.set(yscale="log", ylim=(low, high))
    if high < 100 * low:
        digits = (1, 2, 5) if high > 4 * low else (1, 1.5, 2, 3, 4, 5, 7)
        ticks = [float(f"{m}e{k}") for k in range(-12, 12) for m in digits if low < float(f"{m}e{k}") < high]
        ax.set_yticks(ticks, [style.number(tick, 2) for tick in ticks])


# ---- variants against each other -------------------------------------------------------------------


def _example_race():
    cost = np.array([10.0, 40.0, 90.0])
    return {"runs": {name: [(cost, k * (1 + 0.1 * s) / cost) for s in range(3)]
                     for name, k in (("full", 1), ("cold", 3))}}


@explore.picture(_example_race, seed=lambda runs: explore.Integer(0, min(map(len, runs.values())) - 1, label="seed"))
def race(runs, seed):
    """f against gradient-equivalents, one seed in bold; `runs` maps each variant to its (cost, f) for seed 0, 1, …"""
    fig = style.figure(8.2, 3.8)
    ax = fig.subplots()
    for (name, seeds), (colour, dashes) in zip(runs.items(), LOOKS, strict=False):
        for cost, loss in seeds:
            ax.plot(cost, loss, color=colour, linestyle=dashes, linewidth=0.9, alpha=0.35)
        ax.plot(*seeds[seed], color=colour, linestyle=dashes, linewidth=2.4, label=name)
        ax.plot(*(column[-1] for column in seeds[seed]), "o", color=colour, markersize=7)
    every = np.concatenate([loss for seeds in runs.values() for _, loss in seeds])
    _logarithmic(ax, *_range(every.min(), every.max()))
    style.label(ax, "gradient-equivalents", "f", f"seed {seed} (thin: the other seeds)")
    style.legend(ax, loc="center left", bbox_to_anchor=(1, 0.5))
    ends = ", ".join(f"{name} {seeds[seed][1][-1]:.3g}" for name, seeds in runs.items())
    fig.alt = f"The loss against the cost for each variant, seed {seed}. They end at: {ends}."
    return fig


# ---- f along CG's iterates -------------------------------------------------------------------------


def _example_along():
    return {"kept": np.array([1, 2, 3, 4, 5, 7]), "f": np.array([2.0, 1.2, 1.0, 1.1, 1.5, 2.5]),
            "model": np.array([1.9, 1.1, 0.8, 0.6, 0.5, 0.4]), "before": 2.3}


@explore.picture(_example_along, back=lambda kept, **_: explore.Integer(0, len(kept) - 1, label="places walked back"))
def along_cg(kept, f, model, before, back):
    """f and the model's value at the kept iterates of one CG run, and how far backtracking has walked from the end."""
    at = len(kept) - 1 - back
    fig = style.figure(8.2, 3.8)
    ax = fig.subplots()
    ax.plot(kept, f, "o-", color=style.COLOUR["objective"], label="f(θ + pₖ)")
    ax.plot(kept, model, "s", linestyle=DASHED, color=style.COLOUR["model"], label="f(θ) + φₖ, CG's own")
    ax.axhline(before, color=style.COLOUR["bound"], linestyle=DOTTED, label="f(θ)")
    ax.plot(kept[at], f[at], "o", color=style.COLOUR["step"], markersize=13, markerfacecolor="none",
            markeredgewidth=2.5)
    span = max(f.max(), before) - min(f.min(), model.min())
    ax.set(ylim=(min(f.min(), model.min()) - 0.1 * span, max(f.max(), before) + 0.15 * span))
    earlier = "the first iterate" if at == 0 else f"one place earlier f is {style.number(f[at - 1])}"
    style.label(ax, "CG iterate k", "f", f"k = {kept[at]}: f = {style.number(f[at])}; {earlier}")
    style.legend(ax, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.alt = (f"Along CG's kept iterates the model's value falls from {model[0]:.3g} to {model[-1]:.3g}, while f is "
               f"lowest, {f.min():.3g}, at iterate {kept[int(np.argmin(f))]} and ends at {f[-1]:.3g}. Marked: iterate "
               f"{kept[at]} with f = {f[at]:.3g}.")
    return fig


# ---- the switch panel ------------------------------------------------------------------------------

BUDGET, ON = 800, {"damping": 0.01}
OFF = {"stop": {"stop": None}, "warm": {"warm_start": 0.0}, "back": {"backtracking": False},
       "precondition": {"preconditioner": None}, "rule": {"damping_factor": 1.0}, "search": {"line_search": False}}


@functools.lru_cache(maxsize=256)
def panel_run(seed, off):
    """Hessian-free on 60 points of y = sin 10x, 1-8-8-1, without the devices in `off`: cost and f, arrays."""
    rng = np.random.default_rng(seed)
    data = sine("code", rng, n=60, noise=0.0)
    net = MLP([1, 8, 8, 1], activation="tanh")
    problem, theta = Problem(net, SquaredError(), data.X, data.Y), net.init(rng)
    changes = {key: value for name in off for key, value in OFF[name].items()}
    cost, loss = [1.0], [problem.value(theta)]
    for step in HessianFree(problem, theta, **ON, **changes):
        if step.cost > BUDGET:
            break
        cost.append(step.cost)
        loss.append(step.loss)
    return np.array(cost), np.array(loss)


@explore.picture(stop=explore.Switch(True, label="relative-progress stop"),
                 warm=explore.Switch(True, label="warm start"), back=explore.Switch(True, label="backtracking"),
                 precondition=explore.Switch(True, label="preconditioner"),
                 rule=explore.Switch(True, label="rule for λ"), search=explore.Switch(True, label="line search"),
                 seed=explore.Integer(0, 4, label="seed"))
def switches(stop, warm, back, precondition, rule, search, seed):
    """The run with the chosen devices against full Hessian-free, at the same cost."""
    off = tuple(name for name, on in zip(OFF, (stop, warm, back, precondition, rule, search), strict=True) if not on)
    full, chosen = panel_run(seed, ()), panel_run(seed, off)
    fig = style.figure(8.2, 3.6)
    ax = fig.subplots()
    ax.plot(*full, color=style.COLOUR["bound"], linestyle=DASHED, label="all devices on")
    ax.plot(*chosen, ".-", color=style.COLOUR["Hessian-free"], linewidth=2.4, label="your choice")
    ax.set(yscale="log", ylim=(1e-5, 1), xlim=(0, BUDGET * 1.02))
    ratio = chosen[1][-1] / full[1][-1]
    style.label(ax, "gradient-equivalents", "f", f"your choice ends at {style.number(chosen[1][-1])}, "
                                                 f"{style.number(ratio, 2)} times the full method's")
    style.legend(ax, loc="center left", bbox_to_anchor=(1, 0.5))
    names = ", ".join(off) if off else "nothing"
    fig.alt = (f"Seed {seed}, switched off: {names}. After {BUDGET} gradient-equivalents f is {chosen[1][-1]:.3g}, "
               f"with all devices {full[1][-1]:.3g}.")
    return fig


# ---- mini-batches: the stored runs -----------------------------------------------------------------


def _example_stored():
    steps = np.arange(1, 61.0)
    run = {"before": 1 / steps, "after": 0.5 / steps, "other_before": 1.2 / steps, "other_after": 1.3 / steps,
           "rho": np.cos(steps), "rho_other": np.sin(steps), "damping": 1 / steps}
    return {"runs": {"naive": run, "floor": {**run, "damping": np.ones(60)}}}


@explore.picture(_example_stored, name=lambda runs: explore.Choice(runs, label="run"))
def stored(runs, name):
    """f after each step on its own batch and on other data, ρ on both, and λ."""
    run = runs[name]
    steps = np.arange(1, len(run["after"]) + 1)
    fig = style.figure(8.6, 5.4)
    top, middle, low = fig.subplots(3, 1, sharex=True, height_ratios=(1.3, 1.2, 1))
    own, other = style.COLOUR["training"], style.COLOUR["test"]
    top.plot(steps, run["after"], color=own, label="own batch")
    top.plot(steps, run["other_after"], color=other, linestyle=DASHED, label="other data")
    top.set(yscale="log", ylim=(5e-3, max(5, 2 * np.nanmax(run["other_after"]))))
    style.label(top, "", "f after the step", name)
    style.legend(top, loc="center left", bbox_to_anchor=(1, 0.5))
    for column, colour, marker in (("rho", own, "o"), ("rho_other", other, "^")):
        middle.plot(steps, np.clip(run[column], -1, 1.6), marker, color=colour, markersize=3.5)
    for edge in (0.25, 0.75):
        middle.axhline(edge, color=style.COLOUR["bound"], linewidth=1, linestyle=DASHED)
    middle.set(ylim=(-1.15, 1.75), yticks=(-1, 0.25, 0.75), yticklabels=("≤ −1", "¼", "¾"))
    medians = np.median(run["rho"]), np.median(run["rho_other"])
    style.label(middle, "", "ρ", f"ρ, median: own {style.number(medians[0], 2)}, other {style.number(medians[1], 2)}")
    low.plot(steps, run["damping"], color=style.COLOUR["step"])
    low.set(yscale="log", ylim=_range(min(run["damping"].min(), 0.01), max(run["damping"].max(), 1), 3))
    style.label(low, "step", "λ", f"λ from {style.number(run['damping'].min(), 2)} to "
                                  f"{style.number(run['damping'].max(), 2)}")
    fig.alt = (f"Run {name}: after the last step f is {run['after'][-1]:.3g} on the step's own batch and "
               f"{run['other_after'][-1]:.3g} on other data. The median of ρ is {medians[0]:.2g} on the own batch and "
               f"{medians[1]:.2g} on other data; λ runs from {run['damping'].min():.2g} to {run['damping'].max():.2g}.")
    return fig


def _example_sizes():
    def run(steps):
        k = np.arange(1, steps + 1.0)
        return {"cost": 90 * k / steps, "other_after": 1 / k, "rho": np.cos(0.1 * k), "rho_other": np.cos(steps * k)}
    return {"runs": {"all": run(5), "75": run(40)}}


@explore.picture(_example_sizes, size=lambda runs: explore.Choice(runs, default=list(runs)[-1], label="batch"))
def batch_sizes(runs, size):
    """Left f on other data against the cost, a line a batch size; right ρ of each step, on its batch and on others."""
    fig = style.figure(9, 3.8)
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    own, other, black = style.COLOUR["training"], style.COLOUR["test"], style.COLOUR["objective"]
    for (name, run), (colour, dashes) in zip(runs.items(), LOOKS, strict=False):
        front = name == size
        left.plot(run["cost"], run["other_after"], color=colour, linestyle=dashes, linewidth=2.4 if front else 1,
                  alpha=1 if front else 0.5, label=name)
    every = np.concatenate([run["other_after"] for run in runs.values()])
    _logarithmic(left, every.min() / 1.3, every.max() * 50)                  # room for the legend
    style.label(left, "gradient-equivalents", "f on other data")
    style.legend(left, loc="upper left", ncols=3, columnspacing=1)
    for x, run in enumerate(runs.values()):
        for column, shift, colour, marker in (("rho", -0.17, own, "o"), ("rho_other", 0.17, other, "^")):
            shown = np.clip(run[column], -1, 1.6)
            right.plot(x + shift + np.linspace(-0.12, 0.12, len(shown)), shown, marker, color=colour, markersize=3,
                       alpha=0.35, label={"rho": "own batch", "rho_other": "other data"}[column] if x == 0 else None)
            right.plot(x + shift + np.array([-0.15, 0.15]), np.full(2, np.median(shown)), color=black, linewidth=2.4)
    right.axhline(0, color=style.COLOUR["bound"], linewidth=1)
    right.axvspan(list(runs).index(size) - 0.45, list(runs).index(size) + 0.45, color="#E6E6E6", zorder=0)
    right.set(ylim=(-1.2, 2.3), yticks=(-1, 0, 1), yticklabels=("≤ −1", "0", "1"), xlim=(-0.5, len(runs) - 0.5),
              xticks=range(len(runs)), xticklabels=list(runs))
    run = runs[size]
    harm = 100 * np.mean(run["rho_other"] < 0)
    style.label(right, "batch", "ρ", f"{size}: {harm:.0f} % of {len(run['rho'])} steps harm")
    style.legend(right, loc="upper center", ncols=2, columnspacing=1)
    fig.alt = (f"Batch {size}: {len(run['rho'])} steps, f on other data ends at {run['other_after'][-1]:.3g} and is at "
               f"most {run['other_after'].max():.3g}; {harm:.0f} per cent of the steps raise it. Median of ρ on the "
               "own batch and on other data: "
               + "; ".join(f"{name} {np.median(r['rho']):.2f} and {np.median(r['rho_other']):.2f}"
                           for name, r in runs.items()) + ".")
    return fig


def _example_epochs():
    epochs = np.arange(1, 21.0)
    runs = [{"epoch": epochs, "test_error": 0.05 / epochs + 0.01 * k, "average_error": 0.04 / epochs + 0.01 * k}
            for k in range(5)]
    return {"runs": runs, "naive": {"test_error": np.array([0.04, 0.03]), "average_error": np.array([0.03, 0.02])}}


@explore.picture(_example_epochs, average=explore.Switch(label="running average of θ"))
def epochs(runs, naive, average):
    """Test error by epoch: five seeds of the preset, and the two epochs of the naive loop."""
    column = "average_error" if average else "test_error"
    fig = style.figure(8.2, 3.6)
    ax = fig.subplots()
    for seed, run in enumerate(runs):
        ax.plot(run["epoch"], 100 * run[column], color=style.COLOUR["Hessian-free"], linewidth=1.1,
                label="stochastic, 5 seeds" if seed == 0 else None)
    ax.plot([1, 2], 100 * naive[column], "s--", color=style.COLOUR["objective"], label="naive, two epochs")
    ax.set(ylim=(1, 6), xlim=(0.5, 20.5), xticks=(1, 5, 10, 15, 20))
    last = [100 * run[column][-1] for run in runs]
    style.label(ax, "epoch", "test error, per cent", f"after 20 epochs: {min(last):.2f} to {max(last):.2f} %")
    style.legend(ax, loc="upper right")
    fig.alt = (f"Test error {'of the running average ' if average else ''}by epoch for five seeds of the preset: from "
               f"{min(last):.2f} to {max(last):.2f} per cent after 20 epochs. The naive loop has "
               f"{100 * naive[column][0]:.2f} and {100 * naive[column][1]:.2f} per cent after one and two.")
    return fig


# ---- the failure clinic ----------------------------------------------------------------------------


def chart(steps):
    """What a patient's chart shows of its records: columns of floats, one entry a step."""
    ratio = [step.predicted / -step.cg.phi[step.chosen] if step.cg.phi[step.chosen] < 0 else np.nan for step in steps]
    plain = [np.nan if step.plain_iterations is None else step.plain_iterations for step in steps]
    columns = {"f": [step.loss for step in steps], "rho": [step.rho for step in steps],
               "damping": [step.damping for step in steps], "cg": [step.cg.iterations for step in steps],
               "plain": plain, "promise": ratio, "dead": [step.dead for step in steps]}
    return {name: np.array(values, float) for name, values in columns.items()}


def _example_charts():
    steps = np.arange(1, 13.0)
    sick = {"f": np.r_[1 / steps[:-1], np.inf], "rho": np.r_[np.cos(steps[:-1]), -np.inf], "damping": 1 / steps,
            "cg": steps, "plain": np.full(12, np.nan), "promise": 2 + 1 / steps, "dead": steps / 12}
    well = {**sick, "f": 1 / steps, "rho": np.full(12, 0.9), "promise": 1 + 1 / steps, "dead": 0 * steps}
    return {"charts": {"A": {"sick": sick, "cured": well}, "B": {"sick": {**sick, "plain": steps / 2}, "cured": well}}}


@explore.picture(_example_charts, patient=lambda charts: explore.Choice(charts, label="patient"),
                 cured=explore.Switch(label="after the cure"))
def patient(charts, patient, cured):
    """Six curves of one run: f, ρ, λ, CG iterations, promise/(−φ), dead units."""
    run = charts[patient]["cured" if cured else "sick"]
    steps = np.arange(1, len(run["f"]) + 1)
    fig = style.figure(9, 4.8)
    (f, rho, lam), (cg, promise, dead) = fig.subplots(2, 3, sharex=True)
    finite = run["f"][np.isfinite(run["f"]) & (run["f"] > 0)]
    finite = finite if finite.size else np.ones(1)
    f.plot(steps, np.where(np.isfinite(run["f"]), run["f"], np.nan), ".-", color=style.COLOUR["objective"])
    f.set(xlim=(0.5, len(steps) + 0.5))
    f.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _logarithmic(f, *_range(finite.min(), finite.max(), 2))
    lost = int(np.sum(~np.isfinite(run["f"])))
    style.label(f, "", "", f"f, last {style.number(run['f'][-1])}" if not lost else f"f, not finite: {lost}×")
    rho.plot(steps, np.clip(run["rho"], -1, 1.6), "o", color=style.COLOUR["step"], markersize=4)
    for edge in (0.25, 0.75):
        rho.axhline(edge, color=style.COLOUR["bound"], linewidth=1, linestyle=DASHED)
    rho.set(ylim=(-1.2, 1.8), yticks=(-1, 0.25, 0.75), yticklabels=("≤ −1", "¼", "¾"))
    middle = np.median(np.clip(run["rho"], -1e9, 1e9))
    style.label(rho, "", "", "ρ, median " + (style.number(middle, 2) if middle > -1e9 else "−∞"))
    lam.plot(steps, run["damping"], ".-", color=style.COLOUR["step"])
    _logarithmic(lam, *_range(run["damping"].min(), run["damping"].max(), 3))
    style.label(lam, "", "", f"λ, last {style.number(run['damping'][-1], 2)}")
    cg.plot(steps, run["cg"], ".-", color=style.COLOUR["conjugate gradients"], label="CG")
    if np.isfinite(run["plain"]).any():
        cg.plot(steps, run["plain"], "^", linestyle=DASHED, color=style.COLOUR["bound"], label="plain CG")
        style.legend(cg, loc="upper left")
    cg.set(ylim=(0, 1.5 * np.nanmax(np.r_[run["cg"], run["plain"]])))
    style.label(cg, "step", "", "CG iterations")
    promise.axhspan(1, 2, color="#E6E6E6")
    promise.plot(steps, np.clip(run["promise"], 0, 4), "o", color=style.COLOUR["model"], markersize=4)
    promise.set(ylim=(0, 4.2), yticks=(0, 1, 2, 3, 4))
    style.label(promise, "step", "", "promise / (−φ)")
    dead.plot(steps, 100 * run["dead"], ".-", color=style.COLOUR["bound"])
    dead.set(ylim=(-5, 108), yticks=(0, 50, 100))
    style.label(dead, "step", "", "dead hidden units, %")
    ending = "f is not finite at the end" if not np.isfinite(run["f"][-1]) else f"f ends at {run['f'][-1]:.3g}"
    fig.alt = (f"Patient {patient}, {'after the cure' if cured else 'sick'}, {len(steps)} steps: {ending}; "
               f"{int(np.sum(run['rho'] < 0.25))} steps have ρ below a quarter; λ goes from {run['damping'][0]:.2g} to "
               f"{run['damping'][-1]:.2g}; {run['cg'].mean():.0f} CG iterations a step; the promise is "
               f"{np.nanmedian(run['promise']):.2f} times −φ; {100 * run['dead'][-1]:.0f} % of the units are dead.")
    return fig
