"""A physics-informed network's objective: the residuals of a differential equation. Derived in notebook 13 §1."""

import numpy as np

from hf_lib._checks import float_array, number, rows_of

from .equations import Equation
from .laplacian_layer import Channels
from .mlp import MLP
from .residual_matrices import ResidualLinearization
from .smooth import smooth


class PhysicsProblem:
    """f(θ) = ½ mean (N[u] − f)² inside + ½·border_weight·mean (u − g)² on the border + ½·l2·‖weights‖².

    u is the network's output at x. It has the methods of `Problem`, so whatever trains a `Problem` trains it.
    An "example" is a point: the interior's come first, then the border's.

    Parameters
    ----------
    net : MLP
        One output, at least one hidden layer, with activations tanh, sigmoid, softplus, sin or linear.
    equation : Equation
        From `hf_lib.equations`, or one of your own.
    interior : ndarray (N_i, D), float32 or float64
    border : ndarray (N_b, D) of the same dtype
    border_weight : float
        Above 0.
    l2 : float
        Weight decay; biases are free.

    Attributes
    ----------
    N : int
        N_i + N_b, the number of residuals.
    X : ndarray (N, D)
        All points.

    Raises
    ------
    TypeError
        If an argument is of a wrong kind, or the points' dtypes differ.
    ValueError
        If shapes do not fit, there are no points, a value is not finite, or an activation is not smooth.

    Examples
    --------
    >>> import hf_lib as hf
    >>> rng, equation = np.random.default_rng(0), hf.equations.PoissonSine(2)
    >>> net = hf.MLP([2, 16, 1])
    >>> problem = PhysicsProblem(net, equation, equation.interior_grid(8), equation.border_grid(9))
    >>> for step in hf.HessianFree(problem, net.init(rng), preconditioner=None, damping=1.0, max_steps=40):
    ...     pass
    >>> problem.relative_error(step.theta, equation.interior_points(500, rng)) < 0.05
    True
    """

    def __init__(self, net, equation, interior, border, border_weight=1.0, l2=0.0):
        _check_network(net)
        if not isinstance(equation, Equation):
            raise TypeError(f"equation must be an Equation such as hf.equations.PoissonSine(2), "
                            f"got {type(equation).__name__}")
        if net.sizes[0] != equation.dimensions:
            raise ValueError(f"net has {net.sizes[0]} inputs, expected {equation.dimensions} for {equation!r}")
        if not any(equation.weights):
            raise ValueError(f"{equation!r} has no second derivative: its weights are all 0")
        equation.check_points("interior", interior)
        equation.check_points("border", border)
        float_array("border", border, (None, equation.dimensions), interior.dtype)
        self.net, self.equation = net, equation
        self.border_weight = number("border_weight", border_weight, low=0, open_low=True)
        self.l2 = number("l2", l2, low=0)
        targets = [equation.source(interior), equation.border(border)]
        self._set_points(np.concatenate([interior, border]), np.concatenate(targets).astype(interior.dtype),
                         len(interior), len(interior) ** -0.5, (self.border_weight / len(border)) ** 0.5)

    def _set_points(self, X, targets, interior, interior_scale, border_scale):
        """What a problem and its parts differ in."""
        self.X, self.targets, self.N = X, targets, len(X)
        self.interior_scale, self.border_scale = interior_scale, border_scale
        self.free_passes = []                                    # buffers that no linearisation uses now
        own = self.equation.slopes
        seconds = [k for k, c in enumerate(self.equation.weights) if c and k not in own]
        carried = (*own, *seconds)
        weights = tuple(float(self.equation.weights[k]) for k in carried)
        self.channels = Channels(interior, len(X) - interior, carried, weights, len(own))

    def __repr__(self):
        return (f"PhysicsProblem({self.net!r}, {self.equation!r}, interior={self.channels.interior}, "
                f"border={self.channels.border}, {self.X.dtype.name}, border_weight={self.border_weight:g}, "
                f"l2={self.l2:g})")

    @property
    def size(self):
        """d, the length of θ."""
        return self.net.size

    def linearize(self, theta):
        """The `ResidualLinearization` at θ. Cost 1/3, memory N × all units × channels."""
        float_array("theta", theta, (self.size,), self.X.dtype)
        return ResidualLinearization(self, theta)

    def value(self, theta):
        """f(θ), a float. Cost 1/3."""
        return self.linearize(theta).value

    def gradient(self, theta):
        """∇f(θ), shape (d,). Cost 1."""
        return self.linearize(theta).gradient()

    def value_and_gradient(self, theta):
        """f(θ) and ∇f(θ) from one forward and one reverse pass. Cost 1."""
        lin = self.linearize(theta)
        return lin.value, lin.gradient()

    def predict(self, theta, X):
        """u(X), shape (N,), at any points (N, D): the network alone."""
        float_array("theta", theta, (self.size,), self.X.dtype)
        return self.net(theta, X)[:, 0]

    def rms_error(self, theta, X):
        """The root of the mean of (u − u*)² over the points X, a float."""
        difference = self.predict(theta, X) - self.equation.solution(X)
        return float(np.sqrt(np.mean(np.square(difference, dtype=np.float64))))

    def relative_error(self, theta, X):
        """‖u − u*‖ / ‖u*‖ over the points X, a float."""
        exact = self.equation.solution(X)
        return self.rms_error(theta, X) / float(np.sqrt(np.mean(np.square(exact, dtype=np.float64))))

    def batch(self, index):
        """The same objective on some of the N points: `index` is a slice, or an array of row numbers.

        Of m rows each ½r² weighs N/m times as much, so the mean over random batches is f, whatever share of
        them lies inside. The part's points stand in the order of `index`, the interior's first.

        Raises
        ------
        TypeError, ValueError
            If `index` is neither, or selects nothing.
        IndexError
            If a row number is out of range.
        """
        rows = rows_of("index", index, self.N, "points")
        return self._part(rows, (self.N / len(rows)) ** 0.5)

    def pieces(self, points):
        """The problem cut into parts of at most so many points, whose f add up to this one's (without l2)."""
        for start in range(0, self.N, points):
            yield self._part(np.arange(start, min(start + points, self.N)), 1.0)

    def _part(self, rows, factor):
        inside = rows < self.channels.interior
        rows = np.concatenate([rows[inside], rows[~inside]])
        part = object.__new__(type(self))                       # the points were checked once
        part.net, part.equation, part.l2, part.border_weight = self.net, self.equation, self.l2, self.border_weight
        part._set_points(self.X[rows], self.targets[rows], int(inside.sum()),
                         factor * self.interior_scale, factor * self.border_scale)
        return part


def _check_network(net):
    if not isinstance(net, MLP):
        raise TypeError(f"net must be an MLP, got {type(net).__name__}")
    if net.sizes[-1] != 1 or len(net.sizes) < 3:
        raise ValueError(f"net has sizes {list(net.sizes)}, expected one output and at least one hidden layer")
    for act in net.activations:
        smooth(act.name)
