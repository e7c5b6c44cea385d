"""The frames of a picture as small files: the first whole, of each other one only what differs from it.

What makes a plot's file large is the soft edge of every line and letter: hundreds of colours that
nobody can tell apart. So colours of areas stay as they are, and all others are rounded to 16 levels
of red, green and blue; then lossless WebP takes half the bytes, and stays sharp.
"""
from __future__ import annotations

import io

import numpy as np
from PIL import Image

LEVELS = np.round(np.round(np.arange(256) / 17) * 17).astype(np.uint8)  # black and white stay
AREA = 1 / 2000  # of a picture's pixels: a colour that covers more is an area's, and stays
PHOTO = 0.25  # of a picture's pixels in no area: so many are no plot's edges, and all stay
BORDER = 1  # pixels around a change that are laid on with it, so that scaling the page mixes in nothing old


class Compact:
    """Makes the files of one picture's frames.

    Parameters
    ----------
    pixels : array of uint8, (height, width, 4)
        The first frame, opaque.
    """

    def __init__(self, pixels: np.ndarray):
        self._first = _packed(pixels).copy()
        self._areas = np.array([], np.uint32)

    def first(self) -> bytes:
        """The first frame's file."""
        everywhere = np.ones(self._first.shape, bool)
        return _webp(self._few_colours(self._first, everywhere)[:, :, :3])

    def change(self, pixels: np.ndarray) -> bytes:
        """The file of another frame: transparent where it is like the first; empty where it is everywhere."""
        packed = _packed(pixels)
        changed = packed != self._first
        if not changed.any():
            return b""
        return _webp(self._few_colours(packed, _grown(changed)))

    def _few_colours(self, packed: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """The pixels to be `shown`, the others transparent, with the colours that no area has rounded."""
        colours, which, counts = np.unique(packed[shown], return_inverse=True, return_counts=True)
        large = counts > AREA * packed.size
        self._areas = np.union1d(self._areas, colours[large])
        if counts[~large].sum() <= PHOTO * packed.size:
            rounded = LEVELS[colours.view(np.uint8)].view(np.uint32)
            colours = np.where(np.isin(colours, self._areas), colours, rounded)
        result = np.zeros_like(packed)
        result[shown] = colours[which]
        return result.view(np.uint8).reshape(*packed.shape, 4)


def _packed(pixels: np.ndarray) -> np.ndarray:
    """Red, green, blue and opacity as one number a pixel."""
    return np.ascontiguousarray(pixels).view(np.uint32)[:, :, 0]


def _grown(mask: np.ndarray) -> np.ndarray:
    """The places at most BORDER pixels from a place of the mask, along each axis."""
    for _ in range(BORDER):
        grown = mask.copy()
        grown[1:] |= mask[:-1]
        grown[:-1] |= mask[1:]
        grown[:, 1:] |= mask[:, :-1]
        grown[:, :-1] |= mask[:, 1:]
        mask = grown
    return mask


def _webp(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "WEBP", lossless=True, quality=50, method=2)
    return file.getvalue()
