"""Pictures of notebook 15: v beside CG, step sizes and regions while they adapt, the stored race."""

import numpy as np

from hf_lib import datasets, explore
from hf_lib.explore import style

from .panels import logarithmic

__all__ = ["follow", "film", "race", "stored_race"]

LOOKS = {"SMD with G": ("Gauss-Newton", "-"), "SMD with H": ("Newton", style.DASH_DOT), "SGD": ("SGD", "-"),
         "SGD, falling": ("SGD", style.DASHED), "momentum": ("momentum", "-"),
         "momentum, falling": ("momentum", style.DASHED), "Adam": ("Adam", "-"),
         "Adam, falling": ("Adam", style.DASHED)}
CLASSES = ("#84A3BB", "#EE3C02", "#2B43E1", "#B59C8B")


STEPS = 1000                                             # of v's recursion, in the picture


def _example_follow():
    h = np.geomspace(2, 1e-3, 12)
    return {"h": {"G": h, "H": h - 0.05}, "g": {"G": np.ones(12), "H": np.ones(12)}, "cg": np.geomspace(1, 1e-6, 13)}


@explore.picture(_example_follow, curvature=explore.Choice(("G", "H")), lam=explore.Choice((1.0, 0.998, 0.99, 0.9),
                                                                                           label="λ"),
                 p=explore.Log(0.01, 10, default=0.01, label="p"))
def follow(h, g, cg, curvature, lam, p):
    """By how much v still changes in step k, relative to step 1; θ and one p for all held. Beside it CG's residual.

    `h` and `g` map "G" and "H" to eigenvalues and the gradient's parts along them; `cg` is CG's ‖b − A x‖ / ‖b‖ after
    k products with G. A step's change is −p (λ (1 − p h))ᵏ g along each eigenvector; for λ = 1 it is −p (g + C v).
    """
    k = np.arange(STEPS + 1)
    factor = lam * (1 - p * h[curvature])
    with np.errstate(over="ignore", under="ignore"):
        change = np.linalg.norm(np.clip(factor ** k[:, None], -1e99, 1e99) * g[curvature], axis=1)
    change = np.clip(change / change[0], 1e-12, 1e12)
    fig = style.figure(8.2, 3.8)
    ax = fig.subplots()
    ax.axhline(1, color="#555555", linewidth=1)
    ax.plot(k, change, color=style.COLOUR["Gauss-Newton"], label=f"v, with {curvature}")
    ax.plot(np.arange(len(cg)), cg, color=style.COLOUR["conjugate gradients"], linestyle=style.LONG, label="CG, with G")
    ax.set(yscale="log", ylim=(1e-4, 1e4), xlim=(0, STEPS), yticks=10.0 ** np.arange(-4, 5, 2))
    style.label(ax, "products", "change in a step / first change",
                f"largest |λ(1 − p h)| = {style.number(np.abs(factor).max(), 4)}")
    style.legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5))
    lowest = int(change.argmin())
    fig.alt = (f"With {curvature}, λ = {lam:g} and p = {p:g}, a step changes v by {change[-1]:.2g} of the first change "
               f"after {STEPS} products; the least is {change[lowest]:.2g}, after {lowest}. "
               f"CG's residual is {cg[-1]:.2g} after {len(cg) - 1}.")
    return fig


def _example_film():
    rng = np.random.default_rng(0)
    return {"frames": [{"step": k, "p": rng.uniform(0.01, 1, 30), "regions": rng.integers(0, 4, (9, 9)), "wrong": 0.3}
                       for k in range(3)], "layers": [slice(0, 10), slice(10, 30)]}


@explore.picture(_example_film, k=lambda frames, layers: explore.Player(len(frames), interval=500, label="stage"))
def film(frames, layers, k):
    """Left the regions that the network decides on, right all step sizes of each layer, sorted."""
    of = frames[k]
    fig = style.figure(8.4, 3.9)
    fig.readout = f"step {of['step']}"
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.4))
    colours = np.array([[int(c[i:i + 2], 16) for i in (1, 3, 5)] for c in CLASSES], np.uint8)
    left.imshow(colours[np.asarray(of["regions"])], origin="lower", extent=(-1, 1, -1, 1), aspect="equal")
    left.grid(False)
    left.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    style.label(left, "x₁", "x₂", f"step {of['step']}: {of['wrong']:.0%} wrong")
    dashes = (style.SOLID, style.DASHED, style.DOTTED)
    for number, (rows, colour) in enumerate(zip(layers, ("gradient", "test", "step"))):
        p = np.sort(of["p"][rows])[::-1]
        right.plot(np.linspace(0, 100, p.size), p, color=style.COLOUR[colour], linestyle=dashes[number],
                   label=f"layer {number + 1}")
    right.set(xlim=(0, 100))
    logarithmic(right, 1e-3, 10)
    style.label(right, "% of the layer's parameters", "p", "step sizes, the largest first")
    style.legend(right, loc="upper right")
    fig.alt = (f"Step {of['step']}: {of['wrong']:.0%} of the points are put into the wrong region. The step sizes go "
               f"from {of['p'].min():.2g} to {of['p'].max():.2g}, their median is {np.median(of['p']):.2g}.")
    return fig


def stored_race():
    """What `experiments/meta_descent.py` stored: budget → method → {cost, cpu, loss, wrong}, each (seeds, rows)."""
    columns, origin = datasets.run("meta_descent")
    names, seeds = origin["settings"]["methods"], origin["seed"]
    budgets = [origin["settings"]["budget"] * times for times in (1, origin["settings"]["longer"])]

    def rows(number, budget):
        of = [(columns["method"] == number) & (columns["seed"] == seed) & (columns["budget"] == budget)
              for seed in seeds]
        return {short: np.array([columns[name][r] for r in of]) for short, name in
                (("cost", "cost"), ("cpu", "cpu_seconds"), ("loss", "loss"), ("wrong", "wrong"))}
    return {budget: {name: rows(number, budget) for number, name in enumerate(names)} for budget in budgets}


def _example_race():
    cost = np.linspace(100, 3000, 30)
    return {"races": {3000 * times: {name: {"cost": times * np.tile(cost, (3, 1)),
                                            "cpu": np.tile(cost / 1e4, (3, 1)),
                                            "loss": (k + 1) * np.tile((times * cost) ** -0.3, (3, 1))}
                                     for k, name in enumerate(LOOKS)} for times in (1, 5)}}


AXES = {"gradients of a mini-batch": "cost", "CPU seconds": "cpu"}


@explore.picture(_example_race, budget=lambda races: explore.Choice(tuple(races)),
                 against=explore.Choice(tuple(AXES)),
                 rates=explore.Choice(("constant", "falling"), label="rivals' rates"))
def race(races, budget, against, rates):
    """The median over the seeds of f on new points, meta-descent and its rivals."""
    fig = style.figure(8.4, 3.9)
    ax = fig.subplots()
    ends = {}
    for name, of in races[budget].items():
        if not name.startswith("SMD") and name.endswith("falling") != (rates == "falling"):
            continue
        colour, dashes = LOOKS[name]
        loss = np.median(of["loss"], axis=0)
        ax.plot(np.median(of[AXES[against]], axis=0), loss, color=style.COLOUR[colour], linestyle=dashes, label=name)
        ends[name] = loss[-1]
    logarithmic(ax, 0.03, 1.5)
    ax.xaxis.set_major_formatter("{x:,.0f}" if against != "CPU seconds" else "{x:g}")
    style.label(ax, against, "f on new points", f"{budget:,} gradients: medians of the seeds")
    style.legend(ax, loc="upper right")
    fig.alt = (f"f on new points against {against}, rivals with {rates} rates. At the end: "
               + ", ".join(f"{name} {end:.3f}" for name, end in ends.items()) + ".")
    return fig
