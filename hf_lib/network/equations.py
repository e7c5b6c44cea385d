"""Differential equations with a known solution, as small frozen objects. Used in notebook 13.

An equation is  N[u](x) = f(x) inside a box and u(x) = g(x) on part of its border. Of u it may use the value,
the slopes ∂u/∂x_k that it names, and one weighted second derivative Lu = Σ_k c_k ∂²u/∂x_k².
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from hf_lib._checks import count, float_array, generator


@dataclass(frozen=True)
class Equation:
    """What all equations share: points of the box [low, high]^D, and the solution as border values.

    A subclass gives `dimensions`, `weights`, `operator`, `partials`, `source` and `solution`, and may
    change the others.
    """

    low, high = 0.0, 1.0
    slopes = ()                                          # k of the slopes ∂u/∂x_k that `operator` uses

    @property
    def weights(self):
        """c_k of Lu, one for each coordinate: the Laplacian's."""
        return (1.0,) * self.dimensions

    @property
    def faces(self):
        """The (coordinate, value) of each face of the box on which u is given."""
        return tuple(product(range(self.dimensions), (self.low, self.high)))

    def operator(self, x, u, du, Lu):
        """N[u], shape (N,), from x (N, D), u (N,), the slopes du (as many, N) and Lu (N,)."""
        raise NotImplementedError

    def partials(self, x, u, du, Lu):
        """(∂N/∂u, [∂N/∂u_k of each slope], ∂N/∂Lu): each (N,) or a number."""
        raise NotImplementedError

    def source(self, x):
        """f(x), shape (N,)."""
        raise NotImplementedError

    def solution(self, x):
        """The exact u(x), shape (N,)."""
        raise NotImplementedError

    def border(self, x):
        """g(x), shape (N,): the solution's own values."""
        return self.solution(x)

    def interior_points(self, n, rng):
        """n points drawn evenly inside the box, shape (n, D), float64."""
        count("n", n)
        return generator("rng", rng).uniform(self.low, self.high, (n, self.dimensions))

    def border_points(self, n, rng):
        """n points drawn evenly on the faces, shape (n, D), float64."""
        x, faces = self.interior_points(n, rng), self.faces
        for row, face in zip(x, rng.integers(len(faces), size=n)):
            coordinate, row_value = faces[face]
            row[coordinate] = row_value
        return x

    def interior_grid(self, n):
        """The n^D inner points of an even grid, shape (n^D, D)."""
        inner = np.linspace(self.low, self.high, count("n", n) + 2)[1:-1]
        return _grid([inner] * self.dimensions)

    def border_grid(self, n):
        """The points of an even grid with n points along each edge that lie on the faces, each once."""
        edge = np.linspace(self.low, self.high, count("n", n, low=2))
        axes = [[edge] * self.dimensions for _ in self.faces]
        for axis, (coordinate, value) in zip(axes, self.faces):
            axis[coordinate] = np.array([value])
        return np.unique(np.concatenate([_grid(axis) for axis in axes]), axis=0)

    def check_points(self, name, x):
        """Return x if it is a finite float array (N, D) with N at least 1."""
        float_array(name, x, (None, self.dimensions), finite=True)
        if len(x) == 0:
            raise ValueError(f"{name} holds no points, expected at least 1")
        return x


def _grid(axes):
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


@dataclass(frozen=True)
class _Poisson(Equation):
    """−Δu = f on the unit cube."""

    dimensions: int = 2

    def __post_init__(self):
        count("dimensions", self.dimensions)

    def operator(self, x, u, du, Lu):
        """−Δu."""
        return -Lu

    def partials(self, x, u, du, Lu):
        """(0, [], −1)."""
        return 0.0, [], -1.0


@dataclass(frozen=True)
class PoissonSine(_Poisson):
    """−Δu = D π² Π sin πx_k on the unit cube, u = 0 on its border; the solution is u = Π sin πx_k.

    Müller & Zeinhofer 2023 (D = 2).

    Examples
    --------
    >>> equation = PoissonSine(2)
    >>> centre = np.array([[0.5, 0.5]])
    >>> equation.solution(centre), equation.source(centre) / np.pi**2
    (array([1.]), array([2.]))
    """

    def source(self, x):
        """D π² Π sin πx_k."""
        return self.dimensions * np.pi**2 * self.solution(x)

    def solution(self, x):
        """Π sin πx_k."""
        return np.sin(np.pi * x).prod(axis=1)

    def border(self, x):
        """0."""
        return np.zeros(len(x), x.dtype)


@dataclass(frozen=True)
class PoissonCosine(_Poisson):
    """−Δu = π² Σ cos πx_k on the unit cube, u = Σ cos πx_k on its border, and inside too.

    Müller & Zeinhofer 2023, Dangel et al. 2024 (D = 5).
    """

    dimensions: int = 5

    def source(self, x):
        """π² Σ cos πx_k."""
        return np.pi**2 * self.solution(x)

    def solution(self, x):
        """Σ cos πx_k."""
        return np.cos(np.pi * x).sum(axis=1)


@dataclass(frozen=True)
class Heat(Equation):
    """u_t − ¼ u_xx = 0 for x = (t, x) in the unit square, u(0, x) = sin πx, u = 0 at x = 0 and x = 1.

    The solution is e^{−π²t/4} sin πx. Müller & Zeinhofer 2023. No value is given at t = 1.
    """

    dimensions = 2
    slopes = (0,)
    weights = (0.0, 0.25)
    faces = ((0, 0.0), (1, 0.0), (1, 1.0))

    def operator(self, x, u, du, Lu):
        """u_t − Lu with Lu = ¼ u_xx."""
        return du[0] - Lu

    def partials(self, x, u, du, Lu):
        """(0, [1], −1)."""
        return 0.0, [1.0], -1.0

    def source(self, x):
        """0."""
        return np.zeros(len(x), x.dtype)

    def solution(self, x):
        """e^{−π²t/4} sin πx."""
        return np.exp(-np.pi**2 / 4 * x[:, 0]) * np.sin(np.pi * x[:, 1])


@dataclass(frozen=True)
class Cubic(Equation):
    """−u″ + u³ = f on (−1, 1), u = −1 at both ends; the solution is u = cos πx.

    The nonlinear one. (Taken before Burgers' equation because its solution is a formula, not an integral.)
    Müller & Zeinhofer 2023, who minimise its energy.
    """

    dimensions = 1
    low, high = -1.0, 1.0

    def operator(self, x, u, du, Lu):
        """−u″ + u³."""
        return u**3 - Lu

    def partials(self, x, u, du, Lu):
        """(3u², [], −1)."""
        return 3 * u**2, [], -1.0

    def source(self, x):
        """π² cos πx + cos³ πx."""
        u = self.solution(x)
        return np.pi**2 * u + u**3

    def solution(self, x):
        """cos πx."""
        return np.cos(np.pi * x[:, 0])
