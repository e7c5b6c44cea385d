"""Pictures of notebook 16: the stored races, and what the hidden state remembers."""

from dataclasses import dataclass

import numpy as np

from hf_lib import datasets, explore
from hf_lib.explore import style

__all__ = ["race", "stored_races", "film"]


# ---- the race --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoredRun:
    """One run: CPU seconds and gradient-equivalents spent, f, and the share of sequences solved, each (rows,)."""

    cpu: np.ndarray
    cost: np.ndarray
    loss: np.ndarray
    solved: np.ndarray


def stored_races():
    """What `experiments/recurrent.py` stored: T → method → one `StoredRun` a seed, of the chosen setting.

    A T whose settings are not chosen yet, because the script was stopped early, is left out.
    """
    races = {}
    for name in sorted(datasets.runs("recurrent_memory5_"), key=lambda name: int(name.rpartition("_")[2])):
        columns, origin = datasets.run(name)
        made = origin["settings"]
        if "chosen" in made:
            races[made["T"]] = {
                method: [_run(columns, number, setting, seed, made["seconds"]) for seed in origin["seed"]]
                for number, (method, setting) in enumerate(zip(made["methods"], made["chosen"], strict=True))}
    return races


def _run(columns, method, setting, seed, seconds):
    key = {"method": method, "setting": setting, "seed": seed, "seconds": seconds}
    rows = np.logical_and.reduce([columns[name] == value for name, value in key.items()])
    return StoredRun(*(columns[name][rows] for name in ("cpu_seconds", "cost", "loss", "solved")))


def _example_races():
    cost = np.geomspace(10, 4000, 8)

    def runs(power):
        loss = 50 * cost**-power
        return [StoredRun(cost / 900, cost, loss * (s + 1), (loss < 0.5).astype(float)) for s in range(3)]
    return {"races": {T: {f"{name}, {start} start": runs(power - T / 500) for start in ("orthogonal", "sparse")
                          for name, power in (("Hessian-free, structural", 0.9), ("Hessian-free", 0.6),
                                              ("momentum", 0.4), ("Adam", 0.5))}
                      for T in (20, 50)}}


def _look(method):
    """How a method is drawn: structural damping as Hessian-free, without it dashed and without a marker."""
    look = style.method(method.partition(",")[0]) | {"label": method}
    return look | {"linestyle": style.DASHED, "marker": ""} if method == "Hessian-free" else look


AXES = {"CPU seconds": "cpu", "gradient-equivalents": "cost"}


@explore.picture(_example_races, T=lambda races: explore.Choice(tuple(races)),
                 start=explore.Choice(("orthogonal", "sparse")), against=explore.Choice(tuple(AXES)))
def race(races, T, start, against):
    """f of every seed; a ring where all 32 sequences are right.

    `races` maps T to methods ("Adam, sparse start"), and a method to one `StoredRun` a seed.
    """
    key, solved = AXES[against], {}
    fig = style.figure(8.6, 4.0)
    ax = fig.subplots()
    for name, seeds in races[T].items():
        method, _, of = name.rpartition(", ")
        if of != f"{start} start" or not seeds:
            continue
        look = _look(method) | {"linewidth": 1.2, "markersize": 4}
        for s, run in enumerate(seeds):
            ax.plot(getattr(run, key), np.clip(run.loss, 1e-2, 1e3), markevery=0.25, **look | ({} if s == 0 else {
                "label": "_"}))
            if len(run.solved) and run.solved[-1] == 1:
                ax.plot(getattr(run, key)[-1], max(run.loss[-1], 1e-2), "o", markersize=10, markerfacecolor="none",
                        color=look["color"], clip_on=False)
        solved[method] = sum(bool(len(run.solved)) and run.solved[-1] == 1 for run in seeds)
    if any(solved.values()):
        ax.plot([], [], "o", markersize=10, markerfacecolor="none", color=style.COLOUR["bound"], label="solved")
    ax.axhline(5 * np.log(2), color=style.COLOUR["bound"], linewidth=1)
    everything = [np.asarray(getattr(run, key)) for seeds in races[T].values() for run in seeds]
    span = np.concatenate(everything)
    span = span[span > 0]
    ax.set(xscale="log", yscale="log", xlim=(0.7 * span.min(), 1.5 * span.max()), ylim=(1e-2, 1e3),
           yticks=10.0 ** np.arange(-2, 4))
    style.label(ax, against, "f", f"T = {T}, {start} start; the line is 5 ln 2")
    style.legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fig.alt = (f"f against {against} for T = {T}, {start} start. Seeds that solve all 32 sequences: "
               + ", ".join(f"{method} {count}" for method, count in solved.items()) + ".")
    return fig


# ---- what the hidden state remembers ----------------------------------------------------------------


def _example_film():
    bits = np.arange(32)[:, None] >> np.arange(4, -1, -1) & 1
    code = np.random.default_rng(0).normal(size=(5, 6))
    fade = np.linspace(0.1, 1, 20)[:, None, None]
    return {"hidden": np.tanh(fade * (2 * bits - 1) @ code).swapaxes(0, 1), "bits": bits}


def shares(hidden, bits):
    """What part of the states' variance over the sequences each bit explains alone: (T + 1, bits), sums at most 1.

    All combinations of bits must be there once: then the effects of the bits are orthogonal.
    """
    apart = hidden - hidden.mean(axis=0)                            # (N, T + 1, n)
    signs = 2 * np.asarray(bits) - 1                                # (N, bits)
    effects = np.einsum("nb,nti->tbi", signs, apart) / len(bits)
    total = np.mean(np.sum(apart**2, axis=2), axis=0)               # (T + 1,)
    return np.sum(effects**2, axis=2) / np.where(total > 0, total, 1)[:, None]


@explore.picture(_example_film, bit=lambda hidden, bits: explore.Choice(tuple(range(1, bits.shape[1] + 1))),
                 t=lambda hidden, bits: explore.Player(hidden.shape[1], interval=250))
def film(hidden, bits, bit, t):
    """Left the states of all sequences at step t, coloured by one bit; right what each bit explains of their variance.

    `hidden` (N, T + 1, n) are the states h_0 … h_T, `bits` (N, 5) what the sequences hold.
    """
    apart = hidden - hidden.mean(axis=0)
    n = hidden.shape[2]
    plane = np.linalg.svd(apart.reshape(-1, n), full_matrices=False)[2][:2]      # the two directions of most variance
    reach = 1.1 * np.abs(apart @ plane.T).max()
    part = shares(hidden, bits)
    fig = style.figure(8.6, 3.9)
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.2))
    for value, colour, marker in ((0, style.COLOUR["training"], "o"), (1, style.COLOUR["model"], "s")):
        x, y = (apart[bits[:, bit - 1] == value, t] @ plane.T).T
        left.plot(x, y, marker, color=colour, alpha=0.8, label=f"bit {bit} is {'ab'[value]}")
    left.set(xlim=(-reach, reach), ylim=(-reach, 1.5 * reach))
    style.label(left, "1st direction", "2nd direction", f"after step {t}")
    style.legend(left, loc="upper right")
    looks = zip((style.SOLID, style.DASHED, style.DASH_DOT, style.DOTTED, style.LONG),
                ("gradient", "model", "objective", "test", "step"))
    for k, (dashes, colour) in enumerate(looks):
        right.plot(part[:, k], color=style.COLOUR[colour], linestyle=dashes, linewidth=2.6 if k == bit - 1 else 1.2,
                   label=f"bit {k + 1}")
    right.axvline(t, color=style.COLOUR["bound"], linewidth=1)
    right.set(xlim=(0, hidden.shape[1] - 1), ylim=(0, 1.02))
    style.label(right, "step t", "share of the variance", f"bit {bit}: {100 * part[t, bit - 1]:.0f} %")
    style.legend(right, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fig.readout = f"step {t}"
    fig.alt = (f"The states of {len(bits)} sequences after step {t}. Bit {bit} alone explains "
               f"{100 * part[t, bit - 1]:.0f} % of their variance, all five alone {100 * part[t].sum():.0f} %.")
    return fig
