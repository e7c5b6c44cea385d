"""Pictures of notebook 10: variants, f along CG, the switch panel, a patient's chart; more in the modules beside it."""

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

from . import panels
from .ch10_ablation import ablation
from .ch10_mini_batches import LOOKS, batch_sizes, epochs, stored

__all__ = ["OFF", "chart", "panel_run", "race", "along_cg", "switches", "stored", "batch_sizes", "epochs", "patient",
           "ablation"]


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
    panels.logarithmic(ax, *panels.widened(every.min(), every.max()))
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
    ax.plot(kept, model, "s", linestyle=style.DASHED, color=style.COLOUR["model"], label="f(θ) + φₖ, CG's own")
    ax.axhline(before, color=style.COLOUR["bound"], linestyle=style.DOTTED, label="f(θ)")
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
    ax.plot(*full, color=style.COLOUR["bound"], linestyle=style.DASHED, label="all devices on")
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
    return {"charts": {"A": {"sick": sick, "repaired": well},
                       "B": {"sick": {**sick, "plain": steps / 2}, "repaired": well}}}


@explore.picture(_example_charts, patient=lambda charts: explore.Choice(charts, label="patient"),
                 repaired=explore.Switch(label="repaired"))
def patient(charts, patient, repaired):
    """Six curves of one run: f, ρ, λ, CG iterations, promise/(−φ), dead units."""
    run = charts[patient]["repaired" if repaired else "sick"]
    steps = np.arange(1, len(run["f"]) + 1)
    fig = style.figure(9, 4.8)
    (f, rho, lam), (cg, promise, dead) = fig.subplots(2, 3, sharex=True)
    finite = run["f"][np.isfinite(run["f"]) & (run["f"] > 0)]
    finite = finite if finite.size else np.ones(1)
    f.plot(steps, np.where(np.isfinite(run["f"]), run["f"], np.nan), ".-", color=style.COLOUR["objective"])
    f.set(xlim=(0.5, len(steps) + 0.5))
    f.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    panels.logarithmic(f, *panels.widened(finite.min(), finite.max(), 2))
    lost = int(np.sum(~np.isfinite(run["f"])))
    style.label(f, "", "", f"f, last {style.number(run['f'][-1])}" if not lost else f"f, not finite: {lost}×")
    rho.plot(steps, np.clip(run["rho"], -1, 1.6), "o", color=style.COLOUR["step"], markersize=4)
    for edge in (0.25, 0.75):
        rho.axhline(edge, color=style.COLOUR["bound"], linewidth=1, linestyle=style.DASHED)
    rho.set(ylim=(-1.2, 1.8), yticks=(-1, 0.25, 0.75), yticklabels=("≤ −1", "¼", "¾"))
    middle = np.median(np.clip(run["rho"], -1e9, 1e9))
    style.label(rho, "", "", "ρ, median " + (style.number(middle, 2) if middle > -1e9 else "−∞"))
    lam.plot(steps, run["damping"], ".-", color=style.COLOUR["step"])
    panels.logarithmic(lam, *panels.widened(run["damping"].min(), run["damping"].max(), 3))
    style.label(lam, "", "", f"λ, last {style.number(run['damping'][-1], 2)}")
    cg.plot(steps, run["cg"], ".-", color=style.COLOUR["conjugate gradients"], label="CG")
    if np.isfinite(run["plain"]).any():
        cg.plot(steps, run["plain"], "^", linestyle=style.DASHED, color=style.COLOUR["bound"], label="plain CG")
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
    fig.alt = (f"Patient {patient}, {'repaired' if repaired else 'sick'}, {len(steps)} steps: {ending}; "
               f"steps with ρ below a quarter: {int(np.sum(run['rho'] < 0.25))}; λ goes from {run['damping'][0]:.2g} to "
               f"{run['damping'][-1]:.2g}; {run['cg'].mean():.0f} CG iterations a step; the promise is "
               f"{np.nanmedian(run['promise']):.2f} times −φ; {100 * run['dead'][-1]:.0f} % of the units are dead.")
    return fig
