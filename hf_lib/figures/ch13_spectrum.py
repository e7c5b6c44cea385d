"""Pictures of notebook 13: the eigenvalues of G, and in which of their directions f still sits."""

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

FLOOR = 1e-18                                                # relative to the largest: what is smaller is drawn there
DECADES = np.arange(-16, 1)                                   # edges of the bars, powers of 10 of h / h_max


def _example_spectra():
    return {"spectra": {(points, width): np.geomspace(10, 1e-18, 4 * width + 1)[:points]
                        for points in (20, 80) for width in (4, 16)}}


@explore.picture(_example_spectra,
                 points=lambda spectra: explore.Choice(tuple(dict.fromkeys(n for n, _ in spectra)), label="points N"),
                 width=lambda spectra: explore.Choice(tuple(dict.fromkeys(w for _, w in spectra)), label="width"),
                 lam=explore.Log(1e-10, 10, default=10.0, step=1, label="λ"))
def spectrum(spectra, points, width, lam):
    """The eigenvalues h of G in falling order, and those of G + λI.

    `spectra` maps (points, width) to the eigenvalues that are not zero for want of points, largest first.
    """
    h = np.asarray(spectra[points, width])
    floor = FLOOR * h[0]
    drawn, small = np.maximum(h, floor), h < floor
    index, d = np.arange(1, len(h) + 1), 4 * width + 1
    above, kappa = int(np.sum(h > lam)), (h[0] + lam) / lam
    fig = style.figure(8.4, 3.9)
    ax = fig.subplots()
    ax.plot(index[~small], h[~small], ".", color=style.COLOUR["objective"], label="eigenvalues h of G")
    if small.any():
        ax.plot(index[small], drawn[small], "v", color=style.COLOUR["objective"], markersize=4, fillstyle="none",
                label="smaller ones, drawn here")
    ax.plot(index, drawn + lam, color=style.COLOUR["model"], linestyle=style.DASHED, label="h + λ")
    ax.axhline(lam, color=style.COLOUR["bound"], linewidth=1)
    largest = max(4 * w + 1 for _, w in spectra)
    ax.set(yscale="log", xlim=(0, 1.02 * largest), ylim=(1e-19, 1e8), yticks=10.0 ** np.arange(-18, 7, 3))
    style.label(ax, "number of the eigenvalue", "h", f"{points} points, {d} parameters: {above} eigenvalues above "
                                                     f"λ,  κ(G + λI) = {style.number(kappa, 2)}")
    style.legend(ax, loc="upper right")
    fig.alt = (f"{points} points and {d} parameters. The eigenvalues of G fall from {h[0]:.1e}, the tenth is "
               f"{h[min(9, len(h) - 1)]:.1e}. {small.sum()} are below {floor:.0e}. {above} lie above λ = {lam:.1e}, "
               f"and G + λI has the condition number {kappa:.1e}.")
    return fig


def _example_stages():
    h = np.geomspace(100, 1e-16, 40)
    return {"stages": {name: [{"label": f"step {k}", "h": h, "part": h ** (0.1 * k) / (1 + h)} for k in range(3)]
                       for name in ("Adam", "Gauss-Newton")}}


@explore.picture(_example_stages, method=lambda stages: explore.Choice(tuple(stages)),
                 k=lambda stages: explore.Player(len(next(iter(stages.values()))), interval=700, label="stage"))
def where_f_sits(stages, method, k):
    """By the size of the eigenvalue: above how many there are, below the share of f in their directions.

    `stages` maps a method to its stages: a `label`, the eigenvalues `h`, and the `part` of f that each could take off.
    """
    of = stages[method][k]
    h, part = np.asarray(of["h"]), np.asarray(of["part"])
    power = np.clip(np.log10(np.maximum(h, 1e-300) / h.max()), DECADES[0], -1e-9)
    count, _ = np.histogram(power, DECADES)
    total, _ = np.histogram(power, DECADES, weights=part)
    share = total / part.sum()
    fig = style.figure(8.4, 4.1)
    fig.readout = of["label"]
    top, low = fig.subplots(2, 1, sharex=True, height_ratios=(1, 1.4))
    middle = 0.5 * (DECADES[1:] + DECADES[:-1])
    top.bar(middle, count, width=0.85, color=style.COLOUR["bound"])
    low.bar(middle, share, width=0.85, color=style.method(method)["color"])
    low.set(xlim=(0.3, DECADES[0] - 0.3), ylim=(0, 1.05), yticks=(0, 0.5, 1), yticklabels=("0", "½", "1"))
    labels = ["0", *map(_power_of_ten, DECADES[4::4])]  # the last bar holds all that is smaller
    low.set_xticks(DECADES[::4], labels)
    top.set(ylim=(0, max(30, 1.1 * count.max())))
    name = style.method(method)["label"]
    style.label(top, "", "directions", f"{name}, {of['label']}: f = {style.number(part.sum(), 2)}")
    style.label(low, "h / h_max", "share of f")
    best = int(np.argmax(share))
    fig.alt = (f"{name}, {of['label']}: {share[best]:.0%} of f = {part.sum():.1e} sit in the {count[best]} directions "
               f"whose eigenvalues are 1e{DECADES[best]} to 1e{DECADES[best + 1]} of the largest.")
    return fig


def _power_of_ten(exponent):
    return "1" if exponent == 0 else "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
