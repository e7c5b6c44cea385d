"""Functions of two variables, to see an optimiser's path. Used in notebooks 02 and 03.

>>> from hf_lib.datasets import surfaces
>>> surface = surfaces.ravine(kappa=10)
>>> surface.value(np.array([2.0, 1.0]))
7.0
>>> surface.gradient(np.array([2.0, 1.0]))
array([ 2., 10.])
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hf_lib._checks import FLOATS, number


@dataclass(frozen=True, eq=False)
class Surface:
    """f(x, y) with its derivatives; θ = (x, y). An objective for every optimiser of the library.

    Attributes
    ----------
    name : str
    minima : ndarray (m, 2)
        All local minima, read-only.
    start : ndarray (2,)
        A starting point from which methods differ, read-only.
    limits : tuple
        ((x low, x high), (y low, y high)) of a plot that shows start and minima.
    f, df, ddf : callable
        (x, y) to f, to (∂f/∂x, ∂f/∂y), and to (∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²).
    """

    name: str
    minima: np.ndarray
    start: np.ndarray
    limits: tuple
    f: Callable
    df: Callable
    ddf: Callable

    def value(self, theta):
        """f(θ): a float for one point (2,), an array (…) for a grid of points (…, 2).

        Raises
        ------
        TypeError, ValueError
            If θ is no float32 or float64 array whose last axis has length 2.
        """
        value = self.f(*_coordinates(theta))
        return float(value) if theta.ndim == 1 else value

    def gradient(self, theta):
        """∇f(θ), shape (2,); for a grid (…, 2) as well. Dtype of θ; raises as `value`."""
        g = np.empty(_coordinates(theta).shape[1:] + (2,), theta.dtype)
        g[..., 0], g[..., 1] = self.df(*_coordinates(theta))
        return g

    def hessian(self, theta):
        """H(θ) = ∇²f(θ), shape (2, 2); for a grid (…, 2, 2). Dtype of θ; raises as `value`."""
        H = np.empty(_coordinates(theta).shape[1:] + (2, 2), theta.dtype)
        H[..., 0, 0], H[..., 0, 1], H[..., 1, 1] = self.ddf(*_coordinates(theta))
        H[..., 1, 0] = H[..., 0, 1]
        return H


def ravine(kappa=20.0):
    """f = ½ (x² + κ y²): a quadratic valley with condition number κ ≥ 1.

    Raises
    ------
    TypeError, ValueError
        If `kappa` is no finite number of at least 1.
    """
    kappa = number("kappa", kappa, low=1, high=np.finfo(np.float64).max)
    return Surface(
        f"ravine, κ = {kappa:g}", _points([[0, 0]]), _points([-1.8, 0.8]), ((-2.0, 2.0), (-1.2, 1.2)),
        f=lambda x, y: (x * x + kappa * (y * y)) / 2,
        df=lambda x, y: (x, kappa * y),
        ddf=lambda x, y: (1, 0, kappa),
    )


def rosenbrock():
    """f = (1 − x)² + 100 (y − x²)²: a bent valley; minimum 0 at (1, 1)."""
    return Surface(
        "Rosenbrock", _points([[1, 1]]), _points([-1.2, 1]), ((-2.0, 2.0), (-1.0, 3.0)),
        f=lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        df=lambda x, y: (-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
        ddf=lambda x, y: (2 - 400 * (y - 3 * x * x), -400 * x, 200),
    )


def saddle():
    """f = ½ (x² − y²) + ¼ y⁴: a saddle at (0, 0) between two minima −¼ at (0, ±1).

    H = diag(1, 3y² − 1) is indefinite where |y| < 1/√3, so Newton's method turns uphill there:
    from the starting point it runs to the saddle.
    """
    return Surface(
        "saddle", _points([[0, 1], [0, -1]]), _points([1.5, 0.3]), ((-2.0, 2.0), (-1.6, 1.6)),
        f=lambda x, y: (x * x - y * y) / 2 + y ** 4 / 4,
        df=lambda x, y: (x, y ** 3 - y),
        ddf=lambda x, y: (1, 0, 3 * y * y - 1),
    )


def beale():
    """f = Σ_{k=1,2,3} r_k², r_k = c_k − x (1 − yᵏ), c = (1.5, 2.25, 2.625): minimum 0 at (3, ½).

    A sum of squared residuals, with a saddle at (0, 1) beside the starting point.
    """
    terms = ((1.5, 1), (2.25, 2), (2.625, 3))

    def f(x, y):
        return sum((c - x * (1 - y ** k)) ** 2 for c, k in terms)

    def df(x, y):
        f_x = f_y = 0
        for c, k in terms:
            r = c - x * (1 - y ** k)
            r_x, r_y = y ** k - 1, k * x * y ** (k - 1)
            f_x, f_y = f_x + 2 * r * r_x, f_y + 2 * r * r_y
        return f_x, f_y

    def ddf(x, y):
        f_xx = f_xy = f_yy = 0
        for c, k in terms:
            r = c - x * (1 - y ** k)
            r_x, r_y = y ** k - 1, k * x * y ** (k - 1)
            r_xy = k * y ** (k - 1)
            r_yy = k * (k - 1) * x * y ** max(k - 2, 0)
            f_xx = f_xx + 2 * r_x * r_x                          # r_xx = 0
            f_xy = f_xy + 2 * (r_x * r_y + r * r_xy)
            f_yy = f_yy + 2 * (r_y * r_y + r * r_yy)
        return f_xx, f_xy, f_yy

    return Surface("Beale", _points([[3, 0.5]]), _points([1, 1]), ((-0.5, 4.0), (-1.0, 1.5)), f, df, ddf)


def _points(values):
    points = np.array(values, np.float64)
    points.setflags(write=False)
    return points


def _coordinates(theta):
    if not isinstance(theta, np.ndarray) or theta.dtype not in FLOATS:
        found = getattr(theta, "dtype", type(theta).__name__)
        raise TypeError(f"theta must be a float32 or float64 array, got {found}")
    if theta.ndim == 0 or theta.shape[-1] != 2:
        raise ValueError(f"theta has shape {theta.shape}, expected (2,) or a grid (..., 2)")
    return np.moveaxis(theta, -1, 0)                             # (2, …): x and y
