"""A CURVES-like data set: pictures that six numbers describe. Used in notebook 12."""

import numpy as np

from hf_lib._checks import count, generator

SIDE = 28              # pixels
MARGIN = 4.0           # from the frame to the nearest of the three points, in pixels
PEN = 1.7              # width of the stroke, in pixels
PIECES = 24            # straight pieces of a curve: at most 0.05 pixels beside it
CHUNK = 64             # pictures at a time: keeps the work inside the processor's cache


def curves(n, rng):
    """Draw n pictures of a smooth curve through three random points, shape (n, 784), float32 in [0, 1].

    The recipe, in pixels; pixel (row i, column j) has its centre at (x, y) = (j + ½, i + ½):

    1. Three points p₀, p₁, p₂, uniform in the square [4, 24]². These six numbers are the picture.
    2. Chord lengths a = ‖p₁ − p₀‖, b = ‖p₂ − p₁‖ set when the pen passes p₁: at t₁ = a / (a + b).
    3. The curve is the parabola through the three points (Newton's form of the interpolation),
       p(t) = p₀ + t u + t (t − t₁) (w − u),  0 ≤ t ≤ 1,
       with the mean velocities u = (p₁ − p₀) / t₁ and w = (p₂ − p₁) / (1 − t₁).
    4. It is cut into 24 straight pieces, equal in t. D is the distance from a pixel's centre to the
       nearest piece.
    5. The pixel's value is clip(½ + ½·1.7 − D, 0, 1): a pen 1.7 pixels wide, white on black, whose
       edge fades over one pixel. What leaves the frame is cut off.

    Parameters
    ----------
    n : int
        Pictures, at least 1.
    rng : numpy.random.Generator
        Only step 1 uses it, picture after picture: with the same seed, fewer pictures are the
        first of more.

    Raises
    ------
    TypeError, ValueError
        If `n` is no whole number of at least 1, or `rng` no Generator.

    Notes
    -----
    Made after second-hand descriptions of the CURVES data on which Martens 2010 trained his deep
    autoencoder: a curve through three random points. No generator of his was at hand, so errors
    on these pictures cannot be compared with those in the papers.

    Examples
    --------
    >>> X = curves(3, np.random.default_rng(0))
    >>> X.shape, X.dtype
    ((3, 784), dtype('float32'))
    """
    n = count("n", n)
    generator("rng", rng)
    points = rng.uniform(MARGIN, SIDE - MARGIN, (n, 3, 2)).astype(np.float32)
    images = np.empty((n, SIDE, SIDE), np.float32)
    for start in range(0, n, CHUNK):
        path = _parabola(points[start:start + CHUNK])
        np.clip(0.5 + PEN / 2 - _distance(path), 0, 1, out=images[start:start + CHUNK])
    return images.reshape(n, SIDE * SIDE)


def _parabola(points):
    """(n, 3, 2) to (n, PIECES + 1, 2): the parabola's points at equal steps of t."""
    p0, p1, p2 = (points[:, k, None] for k in range(3))          # each (n, 1, 2)
    a = np.linalg.norm(p1 - p0, axis=-1, keepdims=True) + np.float32(1e-6)    # never 0: points may coincide
    b = np.linalg.norm(p2 - p1, axis=-1, keepdims=True) + np.float32(1e-6)
    t1 = a / (a + b)
    t = np.linspace(0, 1, PIECES + 1, dtype=np.float32)[:, None]
    u = (p1 - p0) / t1
    w = (p2 - p1) / (b / (a + b))
    return p0 + t * u + t * (t - t1) * (w - u)


def _distance(path):
    """(n, m, 2) to (n, SIDE, SIDE): from each pixel's centre to the nearest piece of the path."""
    centre = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    x, y = centre, centre[:, None]
    nearest = np.full((len(path), SIDE, SIDE), np.inf, np.float32)
    for k in range(path.shape[1] - 1):
        c_x, c_y = path[:, k, :, None, None].swapaxes(0, 1)      # each (n, 1, 1): the piece's start
        d_x, d_y = (path[:, k + 1] - path[:, k])[..., None, None].swapaxes(0, 1)     # and its direction
        length2 = d_x * d_x + d_y * d_y + np.float32(1e-12)
        # s: where the pixel's centre projects onto the piece, 0 at its start and 1 at its end
        s = (x - c_x) * (d_x / length2) + (y - c_y) * (d_y / length2)                # (n, SIDE, SIDE)
        np.clip(s, 0, 1, out=s)
        e_x = (x - c_x) - s * d_x
        e_y = (y - c_y) - s * d_y
        np.minimum(nearest, e_x * e_x + e_y * e_y, out=nearest)
    return np.sqrt(nearest)
