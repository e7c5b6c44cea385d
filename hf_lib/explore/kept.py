"""What looks as it did in the picture before is not drawn again: most of the time goes into words and ticks."""

from functools import cached_property

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg


class Bitmaps:
    """Bitmaps of what two pictures in a row have drawn alike.

    What is new is drawn as ever, the second time into a bitmap (or `at_once`), and from then on
    the bitmap is laid on; what a picture does not show is forgotten. So what changes with every
    move of a slider costs nothing more, and the memory stays small.

    Parameters
    ----------
    last : Bitmaps, optional
        Those of the picture before, which has the same size in pixels.
    at_once : bool
        Whether all that is new goes into bitmaps already: so in the first of many pictures, of
        which the second will show most again.
    """

    def __init__(self, last=None, at_once=False):
        self._last = last._now if last else {}
        self._now = {}
        self._at_once = at_once

    def draw(self, renderer, look, draw, rasterise, at_once=False):
        """Call `draw(renderer)`, or lay on what it drew before.

        `look`, hashable, is all that decides on it. `rasterise()` returns it alone on a transparent
        ground: (left, bottom) in pixels, and RGBA with the first row lowest.
        """
        bitmap = self._now.get(look) or self._last.get(look)
        if bitmap is None and (at_once or self._at_once or look in self._last):
            bitmap = rasterise()
        self._now[look] = bitmap
        if bitmap is None:
            draw(renderer)
            return
        (x, y), pixels = bitmap
        gc = renderer.new_gc()
        renderer.draw_image(gc, x, y, pixels)
        gc.restore()


class Kept(Artist):
    """An artist of whatever `_draw` draws, kept where its `_look` is that of the picture before."""

    at_once = False

    def draw(self, renderer):
        renderer.bitmaps.draw(renderer, self._look(), self._draw, lambda: self._rasterised(renderer), self.at_once)

    def _rasterised(self, renderer):
        alone = renderer.alone
        alone.clear()
        self._draw(alone)
        pixels = np.asarray(alone.buffer_rgba())
        inked = pixels.view(np.uint32)[:, :, 0]
        rows = np.flatnonzero(inked.any(axis=1))
        if not rows.size:
            return (0, 0), np.zeros((1, 1, 4), np.uint8)
        top, bottom = rows[0], rows[-1] + 1
        columns = np.flatnonzero(inked[top:bottom].any(axis=0))
        left, right = columns[0], columns[-1] + 1
        return (left, renderer.height - bottom), pixels[top:bottom, left:right][::-1].copy()


class Renderer(RendererAgg):
    """A renderer that keeps words: matplotlib would set them glyph by glyph for every picture.

    Attributes
    ----------
    bitmaps : Bitmaps
        Those of the figure that is drawn.
    alone : RendererAgg
        Another of the same size, to draw single things on; the same each time, since it remembers
        how large each word is and how a formula is set.
    """

    bitmaps = Bitmaps()

    @cached_property
    def alone(self):
        alone = RendererAgg(self.width, self.height, self.dpi)
        alone.mathtext_parser = self.mathtext_parser
        return alone

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        def draw(renderer, left=0, top=0):
            RendererAgg.draw_text(renderer, gc, x - left, y - top, s, prop, angle, ismath, mtext)

        def rasterise():
            width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
            corners = np.array([[0, width, width, 0], [-descent, -descent, height - descent, height - descent]])
            cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            right_and_down = [[x], [y]] + np.array([[cos, -sin], [-sin, -cos]]) @ corners
            left, top = np.floor(right_and_down.min(axis=1)).astype(int) - 3
            right, bottom = np.ceil(right_and_down.max(axis=1)).astype(int) + 3
            alone = RendererAgg(right - left, bottom - top, self.dpi)
            draw(alone, left, top)
            return (left, self.height - bottom), np.asarray(alone.buffer_rgba())[::-1].copy()

        if gc.get_clip_rectangle() or gc.get_clip_path()[0]:
            draw(self)
        else:
            look = x, y, s, hash(prop), angle, ismath, gc.get_rgb(), gc.get_alpha()
            self.bitmaps.draw(self, look, draw, rasterise)


class Canvas(FigureCanvasAgg):
    """A canvas with such a renderer."""

    renderer = None

    def get_renderer(self):
        size = *self.get_width_height(physical=True), self.figure.dpi
        if self.renderer is None or size != (self.renderer.width, self.renderer.height, self.renderer.dpi):
            self.renderer = Renderer(*size)
        return self.renderer


class KeptAxis(Kept):
    """Stands in for an axis (ticks, grid, label), which it hides, and draws it only where it has changed.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
    place : hashable
        Which axis of the figure this is.
    """

    at_once = True  # most axes stay, and to draw one twice takes longer than anything else

    def __init__(self, axis, place):
        super().__init__()
        self.axis, self.place = axis, place
        self.set_zorder(axis.get_zorder())
        axis.set_visible(False)

    def draw(self, renderer):
        if self.axis.axes.axison:
            super().draw(renderer)

    def _draw(self, renderer):
        self.axis.set_visible(True)
        self.axis.draw(renderer)
        self.axis.set_visible(False)

    def _look(self):
        """All that decides how the axis is drawn."""
        axis = self.axis
        ticks, formatter, label = axis.get_majorticklocs(), axis.get_major_formatter(), axis.label
        words = formatter.format_ticks(ticks)
        return (self.place, *axis.axes.bbox.bounds, *axis.get_view_interval(), axis.get_scale(),
                axis.get_inverted(), *ticks, *words, formatter.get_offset(), *axis.get_minorticklocs(),
                str(axis.get_tick_params()), label.get_text(), label.get_color(), label.get_fontsize())
