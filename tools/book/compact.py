"""A frame as a small file.

What makes a plot's file large is the soft edge of every line and letter: hundreds of colours that
nobody can tell apart. So colours of areas stay as they are, and all others are rounded to 16 levels
of red, green and blue; then lossless WebP takes half the bytes of what it takes else, and stays sharp.
"""
from __future__ import annotations

import io

import numpy as np
from PIL import Image

LEVELS = np.round(np.round(np.arange(256) / 17) * 17).astype(np.uint8)  # black and white stay
AREA = 1 / 2000  # of a picture's pixels: a colour that covers more is an area's, and stays
PHOTO = 0.25  # of a picture's pixels in no area: so many are no plot's edges, and all stay


def webp(pixels: np.ndarray) -> bytes:
    """Return a lossless WebP file of (height, width, 3) bytes, in few colours."""
    file = io.BytesIO()
    Image.fromarray(few_colours(pixels)).save(file, "WEBP", lossless=True, quality=50, method=2)
    return file.getvalue()


def few_colours(pixels: np.ndarray) -> np.ndarray:
    """Round the colours that no area has."""
    height, width, _ = pixels.shape
    counted = Image.fromarray(pixels).getcolors(height * width)
    areas = [colour for count, colour in counted if count > AREA * height * width]
    covered = sum(count for count, _ in counted if count > AREA * height * width)
    if covered < (1 - PHOTO) * height * width:
        return pixels
    rounded = LEVELS[pixels]
    packed = _packed(pixels)
    for colour in areas:
        if any(level % 17 for level in colour):
            rounded[packed == _packed(np.array(colour))] = colour
    return rounded


def _packed(colours: np.ndarray) -> np.ndarray:
    """Red, green and blue as one number."""
    return colours.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
