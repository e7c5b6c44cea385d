"""Axes that are taken over from the picture before, and the PNG files by hand."""

import io

import numpy as np
import pytest
from PIL import Image

from hf_lib.figures import kept, style
from hf_lib.figures.canvas import _png


def plot(top=1.0, label="x", scale="linear"):
    fig = style.figure(4, 3)
    ax = fig.subplots()
    ax.plot([0.1, 1], [0.1, top])
    ax.set(xlim=(0.1, 1), ylim=(0.1, top), xscale=scale)
    style.label(ax, label, "f")
    return fig


def following(first, fig):
    """Show `fig` after `first`, as a slider does."""
    fig.follow(first)
    fig.keep(first)
    return fig.png()


@pytest.fixture
def rasterised(monkeypatch):
    """The axes drawn anew so far, by the place they stand at."""
    places, original = [], kept.KeptAxis._rasterise
    monkeypatch.setattr(kept.KeptAxis, "_rasterise",
                        lambda axis, renderer: places.append(axis.place) or original(axis, renderer))
    return places


def test_an_axis_that_looks_the_same_is_drawn_once(rasterised):
    first = plot()
    first.png()
    following(first, plot())
    assert sorted(rasterised) == [(0, "x"), (0, "y")]
    following(first, plot())
    assert len(rasterised) == 2


@pytest.mark.parametrize("change, place", [({"top": 2.0}, (0, "y")), ({"label": "t"}, (0, "x")),
                                           ({"scale": "log"}, (0, "x"))])
def test_an_axis_that_changes_is_drawn_again(rasterised, change, place):
    first = plot()
    first.png()
    following(first, plot())
    del rasterised[:]
    png = following(first, plot(**change))
    assert rasterised == [place]
    alone = plot(**change)
    alone.follow(first)
    assert png == alone.png()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (64, 33)])
def test_a_png_holds_what_was_drawn(shape):
    rgba = np.random.default_rng(0).integers(0, 256, (*shape, 4), np.uint8)
    with Image.open(io.BytesIO(_png(rgba))) as picture:
        picture.verify()
    with Image.open(io.BytesIO(_png(rgba))) as picture:
        assert np.array_equal(np.asarray(picture), rgba[:, :, :3])


def test_fixed_ticks_are_those_asked_for():
    fig = style.figure(4, 3)
    ax = fig.subplots()
    ax.set(xlim=(0, 3), xticks=(1, 2), ylim=(0, 1))
    ax.set_yticks([0.5], ["half"])
    fig.canvas.draw()
    assert list(ax.get_xticks()) == [1, 2]
    assert [word.get_text() for word in ax.get_yticklabels()] == ["half"]
