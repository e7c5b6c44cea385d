"""A matplotlib figure that carries its own description and becomes a sharp `<img alt>`."""

import base64
import html
import struct
import zlib
from dataclasses import dataclass

import matplotlib.figure
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator

from .kept import Bitmaps, Canvas, KeptAxis, Renderer
from .page import CSS_DPI, place

SHARPNESS = 2  # image pixels per CSS pixel, for high-density screens and wide windows


class Panel(Axes):
    """Axes whose ticks are made when they are drawn; matplotlib makes them at once, and slowly."""

    def set_xticks(self, ticks, labels=None):
        _set_ticks(self.xaxis, ticks, labels)

    def set_yticks(self, ticks, labels=None):
        _set_ticks(self.yaxis, ticks, labels)


def _set_ticks(axis, ticks, labels):
    axis.set_major_locator(FixedLocator(ticks))
    if labels is not None:
        axis.set_major_formatter(FixedFormatter(labels))


@dataclass(frozen=True)
class Stage:
    """What stays of a picture when the next has taken its place; the figure itself can go.

    Attributes
    ----------
    places : list of Bbox
        Where the panels stand.
    renderer : Renderer
    bitmaps : Bitmaps
    size : (float, float)
        Width and height of the figure in inches.
    """

    places: list
    renderer: Renderer
    bitmaps: Bitmaps
    size: tuple


class Figure(matplotlib.figure.Figure):
    """A figure outside pyplot: nothing global, nothing to close.

    Attributes
    ----------
    alt : str
        What the picture shows, in words, with the values it shows. The draw
        function sets it; a reader who cannot see the picture reads this.
    readout : str
        What a player's frame is, as "1,231 GE": shown beside its slider in place
        of the frame's number. Empty where the number itself says it.
    """

    alt = readout = ""

    def __init__(self, width, height):
        super().__init__((width, height), dpi=SHARPNESS * CSS_DPI, layout="constrained")
        Canvas(self)
        self.bitmaps = Bitmaps()

    def draw(self, renderer):
        renderer.bitmaps = self.bitmaps
        super().draw(renderer)

    def add_subplot(self, *place, **options):
        return super().add_subplot(*place, **{"axes_class": Panel} | options)

    def lead(self):
        """Lay the panels out, once for all pictures that follow, and make bitmaps for them to take over.

        So the first move of a slider is no slower than the next.
        """
        self.get_layout_engine().execute(self)
        self.set_layout_engine("none")
        self._keep(Bitmaps(at_once=True))

    def follow(self, last):
        """Take over the layout and the renderer of the picture shown before, given its `stage`.

        Nothing jumps while a slider moves; and a new picture takes half the time,
        since neither the layout nor the size of each text is worked out again.
        """
        if len(self.axes) == len(last.places):
            self.set_layout_engine("none")
            for ax, place in zip(self.axes, last.places, strict=True):
                ax.set_position(place)
            self.canvas.renderer = last.renderer

    def keep(self, last):
        """Take over the bitmaps of whatever looks as it did in the picture shown before.

        Call it after `follow`, as the last thing before drawing: the axes' own artists are hidden.
        """
        same_size = self.canvas.get_renderer() is last.renderer
        self._keep(Bitmaps(last.bitmaps if same_size else None))

    def _keep(self, bitmaps):
        self.bitmaps = bitmaps
        for i, ax in enumerate(self.axes):
            for axis in filter(Artist.get_visible, (ax.xaxis, ax.yaxis)):
                ax.add_artist(KeptAxis(axis, place=(i, axis.axis_name)))

    @property
    def stage(self):
        """What the next picture takes over."""
        places = [ax.get_position(original=True).frozen() for ax in self.axes]
        return Stage(places, self.canvas.get_renderer(), self.bitmaps, tuple(self.get_size_inches()))

    def png(self):
        """Return the picture as PNG bytes, `SHARPNESS` pixels per CSS pixel."""
        self.canvas.draw()
        return _png(np.asarray(self.canvas.buffer_rgba()))

    def img(self, below=0):
        """Return the picture as `<img alt=…>`, with room in the window for `below` CSS pixels of controls."""
        source = "data:image/png;base64," + base64.b64encode(self.png()).decode()
        return (f'<img alt="{html.escape(self.alt)}" style="{place(*self.get_size_inches(), below)}" '
                f'decoding="sync" src="{source}">')

    def _repr_html_(self):
        return self.img()


def _png(rgba):
    """A PNG file of an opaque picture, (height, width, 4) bytes.

    By hand, since libraries try all five filters of the format on each row: "up", the difference
    to the row above, does as well for plots in half the time, and a move of a slider waits for it.
    """
    height, width, _ = rgba.shape
    change = rgba.copy()
    np.subtract(rgba[1:], rgba[:-1], out=change[1:])          # modulo 256, as the format has it
    filtered = np.empty((height, 3 * width + 1), np.uint8)
    filtered[:, 0] = 2                                        # "up"
    for colour in range(3):                                   # one by one: `change[:, :, :3]` takes five times as long
        filtered[:, colour + 1::3] = change[:, :, colour]
    eight_bits_rgb = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = {b"IHDR": eight_bits_rgb, b"IDAT": zlib.compress(filtered, 1), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items())
