"""What every picture of the course must satisfy, at every value its controls can take.

`check_corners(picture)` draws all corners of the controls; `check_values(picture, values)`
draws one setting. Both raise AssertionError with a sentence that names the setting.
"""

import contextlib
import itertools
import math
import operator
import warnings

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SMALLEST = 9  # points, at the picture's own width
ROUNDING = 2  # of 255, where half-transparent pixels are laid over each other in another order
MANY = 32  # corners: five controls with two ends
BORDER = 1  # pixels that a text may stick out: anti-aliasing


def example(picture):
    """Return the arguments of a picture that are not controls."""
    return picture.example() if picture.example else {}


def corners(picture, data):
    """Yield combinations of the ends of all controls: every one, or where they are too many, those that differ in at
    most one control from one of three: all at their first end, all at their last, all at one between."""
    controls = picture.controls(data)
    ends = [c.ends for c in controls.values()]
    bases = [[few[k] for few in ends] for k in (0, -1)] + [[few[len(few) // 2] for few in ends]]
    few_enough = math.prod(map(len, ends)) <= MANY
    for values in itertools.product(*ends):
        if few_enough or any(sum(map(operator.ne, values, base)) <= 1 for base in bases):
            yield dict(zip(controls, values, strict=True))


def check_values(picture, data, values, first=None):
    """Draw one setting as a reader sees it; return the figure and its pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = picture(**data, **values)
        if first is not None:
            fig.follow(first.stage)
        with drawn_texts() as texts:
            fig.canvas.draw()
    at = f"{picture.name} at {values or 'its defaults'}"
    _check_axes(fig, at)
    _check_texts(fig, texts, at)
    pixels = np.array(fig.canvas.buffer_rgba())
    if first is not None:
        _check_kept(fig, first, pixels, at)
    assert len(fig.alt) >= 20, f"{at}: the alt text {fig.alt!r} says too little"
    assert "nan" not in fig.alt.lower().split(), f"{at}: the alt text says nan: {fig.alt!r}"
    return fig, pixels


def _check_kept(fig, first, pixels, at):
    """Drawn with what earlier pictures left, it must be the same picture."""
    fig.keep(first.stage)
    _check_same(fig, pixels, f"{at}: what is kept from another picture")
    first.bitmaps = fig.bitmaps


def _check_same(fig, pixels, what):
    fig.canvas.draw()
    apart = np.abs(np.asarray(fig.canvas.buffer_rgba()).astype(int) - pixels)
    assert apart.max() <= ROUNDING, f"{what} differs by {apart.max()} of 255"


def check_corners(picture):
    """Draw all corners; each control must change the picture, and the alt text must follow."""
    data = example(picture)
    first, pixels = check_values(picture, data, {})
    _, again = check_values(picture, data, {})
    assert np.array_equal(pixels, again), f"{picture.name} is not the same when drawn twice"
    leading = picture(**data)
    leading.lead()
    _check_same(leading, pixels, f"{picture.name} as the first of many")
    seen = {}
    for values in corners(picture, data):
        fig, pixels = check_values(picture, data, values, first)
        seen[tuple(values.values())] = (pixels.tobytes(), fig.alt)
    for i, name in enumerate(picture.controls(data)):
        alike = {}  # settings that differ in this control alone
        for key, (pixels, _) in seen.items():
            alike.setdefault(key[:i] + key[i + 1:], set()).add(pixels)
        assert any(len(p) > 1 for p in alike.values()), f"{picture.name}: {name} moves nothing"
    if len(seen) > 1:
        assert len({alt for _, alt in seen.values()}) > 1, \
            f"{picture.name}: the alt text is the same for every setting"


@contextlib.contextmanager
def drawn_texts():
    """Collect (text, extent in pixels) of all texts that matplotlib really draws."""
    texts, draw = [], Text.draw

    def recorded(self, renderer, *args, **kwargs):
        draw(self, renderer, *args, **kwargs)
        if self.get_visible() and self.get_text().strip():
            texts.append((self, _extent(self, renderer)))

    Text.draw = recorded
    try:
        yield texts
    finally:
        Text.draw = draw


def _extent(text, renderer):
    box = Text.get_window_extent(text, renderer)  # an annotation's words, without its arrow
    if text.get_clip_on() and text.clipbox is not None:
        box = Bbox.intersection(box, text.clipbox) or Bbox.null()
    return box


def _check_texts(fig, texts, at):
    texts = [(text, box) for text, box in texts if np.isfinite(box.get_points()).all()]
    for text, box in texts:
        inside = (box.x0 >= -BORDER and box.y0 >= -BORDER
                  and box.x1 <= fig.bbox.width + BORDER and box.y1 <= fig.bbox.height + BORDER)
        assert inside, (f"{at}: the text {text.get_text()!r} leaves the figure. The layout is that of the "
                        "default values: fix the axis limits, or make room")
        assert text.get_fontsize() >= SMALLEST, \
            f"{at}: the text {text.get_text()!r} has {text.get_fontsize():g} points, fewer than {SMALLEST}"
    # A text's box has air above and below its letters: a fifth of the height may overlap.
    cores = [(text, box.padded(-0.1 * min(box.width, box.height))) for text, box in texts]
    for (one, box), (two, other) in itertools.combinations(cores, 2):
        assert not box.overlaps(other), \
            f"{at}: the texts {one.get_text()!r} and {two.get_text()!r} lie on each other"


def _check_axes(fig, at):
    assert fig.axes, f"{at}: a figure without axes"
    for i, ax in enumerate(fig.axes):
        artists = [*ax.lines, *ax.collections, *ax.images, *ax.patches, *ax.texts, *ax.tables]
        if not ax.get_visible() or not (ax.axison or artists):  # a place in a grid, left free on purpose
            continue
        assert any(_shows(a, ax) for a in artists), f"{at}: panel {i} is empty"
        if ax.axison:
            title = ax.get_title("left") or ax.get_title("center")  # says what is counted upwards
            for axis, instead in ((ax.xaxis, ""), (ax.yaxis, title)):
                numbers = any(t.get_visible() and t.get_text() for t in axis.get_ticklabels())
                named = instead or axis.label.get_text() or getattr(fig, f"get_sup{axis.axis_name}label")()
                assert named or not numbers, f"{at}: panel {i} has no name on its {axis.axis_name} axis"


def _shows(artist, ax):
    if not artist.get_visible():
        return False
    if isinstance(artist, Line2D):  # its own extent is finite even where all points are nan
        points = artist.get_transform().transform(artist.get_xydata())
        points = points[np.isfinite(points).all(axis=1)]
        return len(points) > 0 and Bbox([points.min(axis=0), points.max(axis=0)]).overlaps(ax.bbox)
    box = artist.get_tightbbox(ax.figure.canvas.get_renderer())
    return box is not None and np.isfinite(box.get_points()).all() and box.overlaps(ax.bbox)
