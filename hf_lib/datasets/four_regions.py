"""Points in a square, four classes in rings and halves: Singhal & Wu's benchmark. First used in notebook 15."""

from dataclasses import dataclass

import numpy as np

from hf_lib._checks import FLOATS, choice, count, generator

from .mnist import one_hot


@dataclass(frozen=True, eq=False)
class Regions:
    """Points X (n, 2), their classes y (n,), int64, and the same one-hot, Y (n, 4)."""

    X: np.ndarray
    y: np.ndarray
    Y: np.ndarray


def four_regions(n, rng, dtype=np.float64):
    """n points, uniform in [−1, 1]², labelled by `region`.

    Singhal & Wu 1989 (NIPS 1, 133–140), with the rings that pylearn2 has (D. Warde-Farley 2013).

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    dtype : float64 or float32
        Of X and Y. Drawn and labelled in float64, then rounded.

    Returns
    -------
    Regions
        The classes' shares are 0.227, 0.284, 0.262 and 0.227.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of the above.
    """
    n, dtype = count("n", n), choice("dtype", np.dtype(dtype), FLOATS)
    X = generator("rng", rng).uniform(-1, 1, (n, 2))
    y = region(X)
    return Regions(X.astype(dtype, copy=False), y, one_hot(y, 4, dtype))


def region(X):
    """The class of every point, (…, 2) to (…) of int64; d is its distance from 0.

    ===============  ==================  ==================
    d                class               else
    ===============  ==================  ==================
    above 5/6        3 where x₂ > 0      0
    1/2 to 5/6       1 where x₁ > 0      2
    1/6 to 1/2       2 where x₁ > 0      1
    up to 1/6        1                   –
    ===============  ==================  ==================

    >>> region(np.array([[0.0, 0.0], [0.3, 0.0], [-0.3, 0.0], [0.7, 0.0], [-0.7, 0.0], [0.0, 0.9], [0.0, -0.9]]))
    array([1, 2, 1, 1, 2, 3, 0])
    """
    x1, x2 = X[..., 0], X[..., 1]
    d = np.sqrt(x1 * x1 + x2 * x2)
    right, up = x1 > 0, x2 > 0
    return np.select([d > 5 / 6, d > 1 / 2, d > 1 / 6], [3 * up, 2 - right, 1 + right], 1).astype(np.int64)
