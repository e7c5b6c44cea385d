"""Pictures of notebook 16: the tasks, the Jacobian over time, a step with a charge; others are in `ch16_states`."""

import numpy as np

from hf_lib import datasets, explore
from hf_lib.explore import style

from .ch16_states import film, race, stored_races

__all__ = ["task", "jacobians", "charged_step", "race", "stored_races", "film"]

# the rows of inputs and targets, from top to bottom
ROWS = {
    "five bits": (("a", "b", "nothing", "say it"), ("a", "b", "nothing")),
    "addition": (("number", "mark"), ("A + B",)),
    "xor": (("bit", "mark"), ("A xor B",)),
    "temporal order": (("begin", "end", "X", "Y", "c", "d", "e", "f"), ("XX", "XY", "YX", "YY")),
}


# ---- the tasks -------------------------------------------------------------------------------------


def _example_tasks():
    rng = np.random.default_rng(0)
    return {"tasks": {"five bits": datasets.sequences.memory5(8),
                      "addition": datasets.sequences.addition(20, 4, rng),
                      "temporal order": datasets.sequences.temporal_order(20, 4, rng)}}


@explore.picture(_example_tasks, task=lambda tasks: explore.Choice(tuple(tasks)),
                 sequence=lambda tasks: explore.Integer(0, min(len(of.X) for of in tasks.values()) - 1))
def task(tasks, task, sequence):
    """One sequence: what goes in at every step, and what shall come out; grey where nothing counts.

    `tasks` maps a name of `ROWS` to `Sequences`.
    """
    of = tasks[task]
    x, y = of.X[sequence].T, np.where(of.mask[sequence] > 0, of.Y[sequence].T, np.nan)
    fig = style.figure(8.6, 3.6)
    panels = fig.subplots(2, 1, sharex=True, height_ratios=(1 + len(x), 1 + len(y)))
    for ax, values, names, title in zip(panels, (x, y), ROWS[task], ("in", "out")):
        ax.set_facecolor("#DDDDDD")
        ax.imshow(values, extent=(0.5, x.shape[1] + 0.5, len(names) - 0.5, -0.5), aspect="auto",
                  interpolation="nearest", vmin=x.min(), vmax=max(1, np.nanmax(y)))
        ax.grid(False)
        ax.set(yticks=range(len(names)), yticklabels=names)
        style.label(ax, "step t" if title == "out" else "", "", title)
    counts = np.flatnonzero(of.mask[sequence])
    said = f"{len(counts)} steps count" if len(counts) > 1 else f"step {counts[0] + 1} alone counts"
    last = y[:, counts[-1]]
    answer = names[int(np.argmax(last))] if len(last) > 1 else style.number(last[0])
    fig.alt = (f"{task}, sequence {sequence}: {x.shape[1]} steps with {len(x)} inputs; {said}. "
               f"The last target is {answer}.")
    return fig


# ---- the Jacobian over time ------------------------------------------------------------------------


def _example_values():
    steps = np.arange(1, 21)[:, None]
    return {"values": {(start, scale): (scale * np.linspace(1, low, 8)) ** steps for start, low in
                       (("orthogonal", 0.9), ("sparse", 0.2)) for scale in (0.7, 1.0, 1.4)}}


@explore.picture(_example_values, start=lambda values: explore.Choice(dict.fromkeys(s for s, _ in values)),
                 scale=lambda values: explore.Choice(dict.fromkeys(c for _, c in values)))
def jacobians(values, start, scale):
    """Singular values of ∂h_t/∂h_0 against t: the largest, the smallest, and some between.

    `values` maps (start, scale of W_hh) to an array (T, n), each row in descending order.
    """
    of = np.asarray(values[start, scale])
    steps, n = np.arange(1, len(of) + 1), of.shape[1]
    shown = dict.fromkeys((0, n // 4, n // 2, 3 * n // 4, n - 1))
    fig = style.figure(8.0, 3.8)
    ax = fig.subplots()
    ax.axhline(1, color=style.COLOUR["bound"], linewidth=1)
    ax.set(yscale="log", ylim=(1e-12, 1e6), xlim=(0, len(of) + 1), yticks=10.0 ** np.arange(-12, 7, 3))
    for k, dashes in zip(shown, (style.SOLID, style.DASHED, style.DASH_DOT, style.DOTTED, style.LONG)):
        ax.plot(steps, of[:, k], color=style.COLOUR["gradient"], alpha=1 - 0.6 * k / n, linestyle=dashes,
                label={0: "largest", n - 1: "smallest"}.get(k, f"number {k + 1}"))
    style.label(ax, "steps t", "singular values of ∂h_t/∂h_0",
                f"{start} W_hh, times {scale:g}: after {len(of)} steps the largest is {style.number(of[-1, 0], 2)}")
    style.legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fig.alt = (f"{start} start, W_hh times {scale:g}: after {len(of)} steps the largest of {n} singular values is "
               f"{of[-1, 0]:.1e}, the middle one {of[-1, n // 2]:.1e}, the smallest {of[-1, -1]:.1e}.")
    return fig


# ---- a step with and without a charge for moving the state ------------------------------------------


def _example_steps():
    alpha = np.linspace(0, 1.5, 16)
    return {"steps": {(mu, lam): {"alpha": alpha, "f": 20 + 40 * (alpha - 1) ** 2 + 30 * alpha**4 / (1 + 50 * mu),
                                  "q": 20 + 40 * (alpha - 1) ** 2 - 10 * alpha, "moved": alpha / (1 + mu) / lam**0.1,
                                  "foreseen": 2 * alpha / (1 + mu), "memory": 0.1 + mu * alpha}
                      for mu in (0.0, 0.1, 1.0) for lam in (0.1, 1.0)}}


@explore.picture(_example_steps, mu=lambda steps: explore.Choice(dict.fromkeys(m for m, _ in steps), label="µ"),
                 lam=lambda steps: explore.Choice(dict.fromkeys(c for _, c in steps), label="λ"))
def charged_step(steps, mu, lam):
    """Left f and the model q along a step, right how far the hidden states move, and how far the linear model says.

    `steps` maps (µ, λ) to arrays over `alpha`: `f`, `q`, `moved`, `foreseen` and `memory`.
    """
    of = steps[mu, lam]
    alpha, every = of["alpha"], steps.values()
    end = int(np.argmin(np.abs(alpha - 1)))
    fig = style.figure(8.6, 3.8)
    left, right = fig.subplots(1, 2)
    left.plot(alpha, of["f"], color=style.COLOUR["objective"], label="f(θ + αp)")
    left.plot(alpha, of["q"], color=style.COLOUR["model"], linestyle=style.DASHED, label="q(αp)")
    left.set(xlim=(0, alpha[-1]), ylim=(0, 1.5 * max(one["f"][0] for one in every)))
    style.label(left, "α", "f", f"at α = 1: f = {of['f'][end]:.1f}, q = {of['q'][end]:.1f}")
    style.legend(left, loc="upper right")
    right.plot(alpha[1:], of["foreseen"][1:], color=style.COLOUR["model"], linestyle=style.DASHED,
               label="change, linear model")
    right.plot(alpha[1:], of["moved"][1:], color=style.COLOUR["step"], label="change of the states")
    right.plot(alpha, of["memory"], color=style.COLOUR["test"], linestyle=style.DOTTED, label="memory")
    right.set(xlim=(0, alpha[-1]), yscale="log", ylim=(3e-4, 1e3), yticks=10.0 ** np.arange(-3, 4))
    style.label(right, "α", "distance of states, rms", f"at α = 1: memory {style.number(of['memory'][end], 2)}")
    style.legend(right, loc="upper right")
    fig.alt = (f"µ = {mu:g}, λ = {lam:g}: the full step takes f from {of['f'][0]:.1f} to {of['f'][end]:.1f}, q says "
               f"{of['q'][end]:.1f}. The states move by {of['moved'][end]:.2g}, the linear model says "
               f"{of['foreseen'][end]:.2g}; the memory is {of['memory'][end]:.1e}.")
    return fig
