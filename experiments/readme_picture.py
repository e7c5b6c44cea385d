"""The pictures in the README: the race of notebook 00 §5 as a film, and the autoencoders of notebook 12 §6.

    python experiments/readme_picture.py        # about half a minute; writes data/pictures/
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from commands import Entry, command_line
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from PIL import Image

import hf_lib as hf
from hf_lib.datasets import run
from hf_lib.explore import style
from hf_lib.figures import ch00, ch12
from hf_lib.figures.error_map import style_of

WIDTH = 640                                     # of the film, in pixels
PICTURES = Path(__file__).resolve().parent.parent / "data" / "pictures"
HOUR = {"SGD": "sgd_hour", "momentum": "momentum_0.99_0.003", "NAG": "nag_hour", "Adam": "adam_hour", "Hessian-free": "hf"}


def poisson(seed=0):
    """Four methods on −Δu = 2π² sin πx₁ sin πx₂, as in notebook 00 §5, from the same θ."""
    equation, rng = hf.equations.PoissonSine(2), np.random.default_rng(0)
    points = equation.interior_points(400, rng), equation.border_points(100, rng)
    fresh = equation.interior_points(2000, np.random.default_rng(1))
    problem = hf.PhysicsProblem(hf.MLP([2, 32, 1], activation="tanh"), equation, *points)
    start = problem, problem.net.init(np.random.default_rng(seed))
    entrants = {
        "Adam, falling": hf.Adam(*start, lambda k: 0.3 * (1 - k / 4000) ** 2, max_steps=4000),
        "L-BFGS": hf.LBFGS(*start, max_steps=2200, memory=50),
        "Hessian-free": hf.HessianFree(*start, damping=1.0, preconditioner=None, max_cg=60, max_steps=105),
        "Gauss-Newton": hf.LevenbergMarquardt(*start, damping_factor=3.0, max_steps=600),
    }
    return {name: ch00.record_equation(name, entrant, fresh) for name, entrant in entrants.items()}


def colours(names):
    """256 colours as bytes: the maps', and each method's and black in shades down to white."""
    inks = ["#000000"] + [style_of(name)["color"] for name in names]
    shades = [1 - share * (1 - np.array(to_rgb(ink))) for ink in inks for share in np.linspace(0, 1, 12)]
    maps = colormaps[style.SEQUENTIAL](np.linspace(0, 1, 256 - len(shades)))[:, :3]
    return np.round(255 * np.vstack([maps, shades])).astype(np.uint8).tobytes()


def film(runs, path):
    """An animated GIF of the notebook's picture at every second budget; the last stays for four seconds."""
    frames = []
    for k in ch00.equation.controls({"runs": runs})["k"].values[1::2]:
        fig = ch00.equation(runs=runs, k=k)
        image = Image.open(BytesIO(fig.png())).convert("RGB")
        frames.append(image.resize((WIDTH, round(WIDTH * image.height / image.width)), Image.Resampling.LANCZOS))
    palette = Image.new("P", (1, 1))
    palette.putpalette(list(colours(runs)))
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    few[0].save(path, save_all=True, append_images=few[1:], duration=[250] * (len(few) - 1) + [4000], loop=0)
    print(fig.alt)


def autoencoders():
    """The runs of notebook 12 §6, stored: training error against cost."""
    runs = {name: run(f"autoencoder_curves_{key}")[0] for name, key in HOUR.items()}
    return ch12.runs(runs=runs, what="training", axis="gradient-equivalents", log=True)


def draw(make):
    """Write the picture, and print its alt text."""
    fig = make()
    (PICTURES / f"{make.__name__}.png").write_bytes(fig.png())
    print(fig.alt)


def physics():
    """Write the film of one start, and print how two others end."""
    film(poisson(), PICTURES / "physics.gif")
    for seed in (1, 2):
        print(f"start {seed}:", ", ".join(f"{name} {run.error[-1]:.1e}" for name, run in poisson(seed).items()))


def entries():
    yield Entry("physics", "four methods on an equation, a film", "half a minute", run=lambda args: physics())
    yield Entry("autoencoders", "an hour of each, as stored", "a second", run=lambda args: draw(autoencoders))


def main():
    command_line(__doc__, entries, stores=False)


if __name__ == "__main__":
    main()
