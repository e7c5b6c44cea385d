"""What is taken over from the picture before, and the PNG files by hand."""

import io

import numpy as np
import pytest
from figure_checks import ROUNDING
from matplotlib.axis import XAxis, YAxis
from matplotlib.contour import QuadContourSet
from matplotlib.legend import Legend
from PIL import Image

from hf_lib.explore import kept, style
from hf_lib.explore.canvas import _png


def plot(top=1.0, label="x", scale="linear", line="f", title=""):
    fig = style.figure(4, 3)
    ax = fig.subplots()
    x = np.linspace(0.1, 1, 9)
    style.contours(ax, x, x * top, x + x[:, None], levels=np.linspace(0, 2, 5))
    ax.plot([0.1, 1], [0.1, top], label=line)
    ax.set(xlim=(0.1, 1), ylim=(0.1, top), xscale=scale)
    style.label(ax, label, "f", title)
    style.legend(ax, loc="upper left")
    return fig


def pixels(fig):
    fig.canvas.draw()
    return np.array(fig.canvas.buffer_rgba()).astype(int)


def shown(*figures):
    """The pixels of the last figure, each shown after the one before, as a slider does."""
    last = None
    for fig in figures:
        if last is not None:
            fig.follow(last.stage)
            fig.keep(last.stage)
        image, last = pixels(fig), fig
    return image


@pytest.fixture
def drawn(monkeypatch):
    """What has really been drawn, one entry each: axes, legends, sets of level lines, and words."""
    seen = []

    def watch(kind, method, entry):
        original = getattr(kind, method)

        def watched(self, *arguments, **named):
            seen.append(entry(*arguments))
            return original(self, *arguments, **named)

        monkeypatch.setattr(kind, method, watched)

    for kind in (XAxis, YAxis, Legend, QuadContourSet):
        watch(kind, "draw", lambda *_, name=kind.__name__: name)
    watch(kept.RendererAgg, "draw_text", lambda gc, x, y, words, *_: words)
    return seen


def test_what_looks_the_same_is_no_longer_drawn(drawn):
    figures = [plot(title="words") for _ in range(4)]
    shown(*figures[:3])                  # drawn; seen again, and kept; laid on
    del drawn[:]
    image = shown(*figures[2:])
    hidden = {"XAxis", "YAxis"}          # matplotlib asks them too, and they draw nothing
    assert set(drawn) <= hidden
    assert np.abs(image - pixels(plot(title="words"))).max() <= ROUNDING


@pytest.mark.parametrize("change, what", [
    ({"top": 2.0}, {"YAxis", "QuadContourSet"}), ({"label": "t"}, {"t"}), ({"scale": "log"}, {"XAxis"}),
    ({"line": "g"}, {"Legend", "g"}), ({"title": "others"}, {"others"})])
def test_what_changes_is_drawn_again(drawn, change, what):
    figures = [plot(title="words") for _ in range(3)]
    shown(*figures)
    del drawn[:]
    changed = plot(**{"title": "words"} | change)
    image = shown(figures[-1], changed)
    assert what <= set(drawn)
    alone = plot(**{"title": "words"} | change)
    alone.follow(figures[-1].stage)
    assert np.abs(image - pixels(alone)).max() <= ROUNDING


def test_the_second_picture_draws_only_what_has_changed(drawn):
    first, second = plot(title="words"), plot(title="others")
    first.lead()
    assert np.abs(pixels(first) - pixels(plot(title="words"))).max() <= ROUNDING
    del drawn[:]
    image = shown(first, second)
    assert set(drawn) - {"XAxis", "YAxis"} == {"others"}
    alone = plot(title="others")
    alone.follow(first.stage)
    assert np.abs(image - pixels(alone)).max() <= ROUNDING


def test_a_picture_of_another_size_takes_nothing_over():
    first = plot()
    pixels(first)
    larger = style.figure(5, 3)
    larger.subplots().set_title("words")
    assert shown(first, larger).shape == (3 * 192, 5 * 192, 4)


def test_only_the_picture_before_is_remembered():
    figures = [plot(title=str(i)) for i in range(6)]
    shown(*figures)
    assert len(figures[-1].bitmaps._now) == len(figures[2].bitmaps._now)


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
