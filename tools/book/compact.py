"""The frames of a picture as small files: a few of them whole, of each other one only what differs.

What makes a plot's file large is the soft edge of every line and letter: hundreds of colours that
nobody can tell apart. So colours of areas stay as they are, and all others are rounded to 16 levels
of red, green and blue; then lossless WebP takes half the bytes, and stays sharp.
"""
from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

LEVELS = np.round(np.round(np.arange(256) / 17) * 17).astype(np.uint8)  # black and white stay
AREA = 1 / 2000  # of a picture's pixels: a colour that covers more is an area's, and stays
PHOTO = 0.25  # of a picture's pixels in no area: so many are no plot's edges, and all stay
MUCH = 0.6  # of a whole frame's bytes: a change that takes more gives a new whole frame instead
BORDER = 1  # pixels around a change that are laid on with it, so that scaling the page mixes in nothing old


@dataclass(frozen=True)
class Layers:
    """What shows a frame.

    Attributes
    ----------
    whole : bytes
        The file of a whole frame.
    change : bytes
        The file that lies on it, transparent where nothing differs; empty where nothing does anywhere.
    """

    whole: bytes
    change: bytes


class Compact:
    """Makes the files of one picture's frames, from opaque pixels (height, width, 4) of uint8."""

    def __init__(self):
        self._wholes: list[tuple[np.ndarray, bytes]] = []
        self._areas = np.array([], np.uint32)

    def layers(self, pixels: np.ndarray) -> Layers:
        """The files that show a frame."""
        packed = np.ascontiguousarray(pixels).view(np.uint32)[:, :, 0].copy()
        if self._wholes:
            base, whole = min(self._wholes, key=lambda one: np.count_nonzero(packed != one[0]))
            differs = packed != base
            change = _webp(self._few_colours(packed, _grown(differs))) if differs.any() else b""
            if len(change) <= MUCH * len(whole):
                return Layers(whole, change)
        whole = _webp(self._few_colours(packed, np.ones(packed.shape, bool))[:, :, :3])
        self._wholes.append((packed, whole))
        return Layers(whole, b"")

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
