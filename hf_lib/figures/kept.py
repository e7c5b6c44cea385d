"""Axes that look as they did are not drawn again: most of a picture's time goes into its ticks."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg


class KeptAxis(Artist):
    """Stands in for an axis (ticks, grid, label) with the bitmap of when it last looked the same.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Is hidden, and drawn by this.
    bitmaps : dict
        From `place` to the last look there and its bitmap; handed from one picture to the next.
    place : hashable
        Which axis of the figure this is.
    """

    def __init__(self, axis, bitmaps, place):
        super().__init__()
        self.axis, self.bitmaps, self.place = axis, bitmaps, place
        self.set_zorder(axis.get_zorder())
        axis.set_visible(False)

    def draw(self, renderer):
        if not self.axis.axes.axison:
            return
        look = _look(self.axis)
        last, bitmap = self.bitmaps.get(self.place, (None, None))
        if look != last:
            bitmap = self._rasterise(renderer)
            self.bitmaps[self.place] = look, bitmap
        (x, y), pixels = bitmap
        gc = renderer.new_gc()
        renderer.draw_image(gc, x, y, pixels)
        gc.restore()

    def _rasterise(self, renderer):
        """The axis alone on a transparent ground: (left, bottom), RGBA with its first row lowest."""
        alone = RendererAgg(renderer.width, renderer.height, renderer.dpi)
        self.axis.set_visible(True)
        self.axis.draw(alone)
        self.axis.set_visible(False)
        pixels = np.asarray(alone.buffer_rgba())
        rows = np.flatnonzero(pixels[:, :, 3].any(axis=1))
        columns = np.flatnonzero(pixels[:, :, 3].any(axis=0))
        if not rows.size:
            return (0, 0), np.zeros((1, 1, 4), np.uint8)
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        return (left, renderer.height - bottom), pixels[top:bottom, left:right][::-1].copy()


def _look(axis):
    """All that decides how an axis is drawn."""
    ticks, formatter, label = axis.get_majorticklocs(), axis.get_major_formatter(), axis.label
    words = formatter.format_ticks(ticks)
    return (*axis.axes.bbox.bounds, *axis.get_view_interval(), axis.get_scale(), axis.get_inverted(),
            *ticks, *words, formatter.get_offset(), *axis.get_minorticklocs(), str(axis.get_tick_params()),
            label.get_text(), label.get_color(), label.get_fontsize())
