"""The palette for readers with any colour vision, and on a printer without colour."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from hf_lib.explore import style

# Machado, Oliveira and Fernandes 2009, severity 1: matrices on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041]])


def linear(colour):
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear RGB under the white of sRGB (D65)."""
    t = XYZ @ np.clip(rgb, 0, 1) / (XYZ @ np.ones(3))
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


PAIRS = list(itertools.combinations(style.METHODS, 2))


def test_the_simulation_confuses_what_it_should():
    red, green = linear("#B04000"), linear("#6B6B00")
    seen = {name: np.linalg.norm(lab(np.array(m) @ red) - lab(np.array(m) @ green))
            for name, m in VISION.items()}
    assert seen["deuteranopia"] < 0.5 * seen["normal"] and seen["tritanopia"] > 0.7 * seen["normal"]
    assert lab(np.ones(3)) == pytest.approx([100, 0, 0], abs=1e-6)


@pytest.mark.parametrize("vision", VISION)
def test_methods_stay_apart(vision):
    matrix = np.array(VISION[vision])
    for one, two in PAIRS:
        distance = np.linalg.norm(lab(matrix @ linear(style.COLOUR[one]))
                                  - lab(matrix @ linear(style.COLOUR[two])))
        assert distance > 20, f"{one} and {two}: ΔE = {distance:.1f} with {vision}"  # 2.3 is just noticeable


def test_methods_stay_apart_in_grey():
    for one, two in PAIRS:
        (c1, dashes1, marker1), (c2, dashes2, marker2) = style.METHODS[one], style.METHODS[two]
        lightness = abs(lab(linear(c1))[0] - lab(linear(c2))[0])
        assert lightness > 8 or dashes1 != dashes2, f"{one} and {two} print alike"
        assert marker1 != marker2


@pytest.mark.parametrize("name", style.COLOUR)
def test_colours_stand_out_on_white(name):
    contrast = 1.05 / (XYZ[1] @ linear(style.COLOUR[name]) + 0.05)
    assert contrast > 2.5


@pytest.mark.parametrize(["one", "two"], [("objective", "model"), ("gradient", "step"), ("training", "test"),
                                          ("negative", "positive"), ("data", "model"), ("bound", "model")])
def test_quantities_shown_together_stay_apart(one, two):
    for vision, matrix in VISION.items():
        a, b = (lab(np.array(matrix) @ linear(style.COLOUR[name])) for name in (one, two))
        assert np.linalg.norm(a - b) > 20, f"{one} and {two} with {vision}"


def test_the_context_ignores_and_restores_the_users_settings():
    with mpl.rc_context({"lines.linewidth": 9, "axes.facecolor": "black"}):
        with style.context():
            assert mpl.rcParams["lines.linewidth"] == style.RC["lines.linewidth"]
            assert mpl.rcParams["axes.facecolor"] == "white"
        assert mpl.rcParams["lines.linewidth"] == 9


def test_names_of_lines_do_not_lie_on_each_other():
    with style.context():
        fig = style.figure(6, 4)
        ax = fig.subplots()
        for i, name in enumerate(style.METHODS):
            ax.plot([0, 1, 2], [0, 1 + i / 1000, np.nan], **style.method(name))
        style.name_lines(ax)
    fig.canvas.draw()
    boxes = sorted((t.get_window_extent() for t in ax.texts), key=lambda b: b.y0)
    assert len(boxes) == len(style.METHODS)
    assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(boxes))
    assert all(b.x1 <= fig.bbox.width and b.y0 >= 0 and b.y1 <= fig.bbox.height for b in boxes)


def test_log_axes_keep_decades_only():
    with style.context():
        ax = style.figure().subplots()
        ax.semilogy([1, 1e4])
        style.label(ax, "k", "f")
    assert len(ax.yaxis.get_minorticklocs()) == 0 and ax.get_ylabel() == "f"
