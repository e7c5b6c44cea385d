"""Pictures of notebook 02 of what was measured: rates, and the spectrum of a network while it is trained."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

__all__ = ["rates", "spectrum"]


def _example_rates():
    kappas = np.geomspace(2, 1000, 6)
    q = np.sqrt(kappas)
    return {"kappas": kappas, "rates": {"gradient descent": (kappas - 1) / (kappas + 1),
                                        "momentum": (q - 1) / (q + 1), "NAG": 1 - 1 / q}}


@explore.picture(_example_rates)
def rates(kappas, rates):
    """Steps per decimal digit: measured (marks) and as theory has it (lines)."""
    fine = np.geomspace(kappas[0], kappas[-1], 80)
    q = np.sqrt(fine)
    theory = {"gradient descent": (fine - 1) / (fine + 1), "momentum": (q - 1) / (q + 1), "NAG": 1 - 1 / q}
    fig = style.figure(7, 3.9)
    ax = fig.subplots()
    for name, measured in rates.items():
        look = style.method(name)
        ax.plot(fine, -1 / np.log10(theory[name]), color=look["color"], linestyle=look["linestyle"])
        ax.plot(kappas, -1 / np.log10(measured), look["marker"], color=look["color"], label=look["label"], markersize=7)
    ax.set(xscale="log", yscale="log")
    style.label(ax, "condition number κ", "steps per decimal digit", "marks: measured, lines: theory")
    style.legend(ax, loc="upper left")
    worst = {name: -1 / np.log10(measured[-1]) for name, measured in rates.items()}
    fig.alt = (f"Steps per decimal digit against the condition number, both axes logarithmic; at κ = {kappas[-1]:.0f}: "
               + ", ".join(f"{name} {steps:.3g}" for name, steps in worst.items()) + ".")
    return fig


def _example_run():
    eigenvalues = [np.linspace(-0.1, top, 60) ** 3 for top in (1.5, 2.5, 4.0)]
    return {"steps": np.array([0, 500, 1000]), "losses": np.array([0.3, 0.2, 1e-3]),
            "eigenvalues": eigenvalues, "limit": 78.0}


@explore.picture(_example_run, k=lambda steps, **_: explore.Player(len(steps), label="record"))
def spectrum(steps, losses, eigenvalues, limit, k):
    """Left the loss of a run, right every eigenvalue of its Hessian at one record, the largest first."""
    h = eigenvalues[k]
    size = np.sort(abs(h))[::-1]
    sign = np.sign(h[np.argsort(-abs(h), kind="stable")])
    rank = np.arange(1, h.size + 1)
    top = h.max()
    fig = style.figure(8, 3.8)
    fig.readout = f"step {steps[k]}"
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.7))
    left.plot(steps, losses, color=style.COLOUR["momentum"])
    left.plot(steps[k], losses[k], "o", color=style.COLOUR["objective"], markersize=8)
    left.set_yscale("log")
    style.label(left, "step", "f(θ)", f"step {steps[k]}: f = {losses[k]:.2g}")
    right.axhline(limit, color=style.COLOUR["bound"], linestyle=style.DASHED, label="2(1+µ)/η")
    right.axhspan(top / 1000, top, color="#DCE7F0", zorder=0, label="h_max/1000 to h_max")
    for which, name, colour, marker in ((sign > 0, "h > 0", "positive", "o"), (sign < 0, "h < 0", "negative", "v")):
        right.plot(rank[which], size[which], marker, color=style.COLOUR[colour], markersize=3, label=name)
    right.set(xscale="log", yscale="log", ylim=(1e-12, 1e3), xlim=(0.9, h.size), yticks=(1e-12, 1e-8, 1e-4, 1))
    reach = int(np.sum(h > top / 1000))
    style.label(right, "rank", "|eigenvalue of H|", f"h_max = {top:.3g}; above h_max/1000: {reach} of {h.size}")
    style.legend(right, loc="lower left")
    fig.alt = (f"The {h.size} eigenvalues of the network's Hessian after {steps[k]} steps, where f = {losses[k]:.2g}, "
               f"by size on a logarithmic axis: the largest is {top:.3g}, {reach} lie above a thousandth of it, "
               f"{int(np.sum(h < -1e-12 * top))} are negative beyond rounding.")
    return fig
