"""Residuals of differential equations by autograd alone: u's derivatives nested, one `elementwise_grad` in another."""

import functools
from dataclasses import dataclass

import autograd
import autograd.numpy as anp
import numpy as np
from autograd import elementwise_grad

import hf_lib as hf
from hf_lib.network.equations import Equation

FUNCTIONS = {
    "tanh": anp.tanh,
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "sin": anp.sin,
    "linear": lambda z: z,
}
SMOOTH = ("tanh", "sigmoid", "softplus", "sin")


@dataclass(frozen=True)
class Mixture(Equation):
    """An equation that uses all that there is: x, u, one slope with and one without a second derivative, Lu.

    N[u] = u u_0 + x_1 u_2² + sin(u) Lu, Lu = 0.7 u_00 − 0.3 u_11.
    """

    dimensions = 3
    slopes = (2, 0)
    weights = (0.7, -0.3, 0.0)

    def operator(self, x, u, du, Lu):
        return u * du[1] + x[:, 1] * du[0] ** 2 + anp.sin(u) * Lu

    def partials(self, x, u, du, Lu):
        return du[1] + np.cos(u) * Lu, [2 * x[:, 1] * du[0], u], np.sin(u)

    def source(self, x):
        return x[:, 0]

    def solution(self, x):
        return np.exp(x[:, 0]) + x[:, 1] * x[:, 2]


EQUATIONS = (hf.equations.PoissonSine(1), hf.equations.PoissonSine(2), hf.equations.PoissonCosine(5),
             hf.equations.Heat(), hf.equations.Cubic(), Mixture())
INTERIOR, BORDER = 6, 4


def problem(equation, activations, dtype=np.float64, border_weight=2.5, l2=0.0, widths=None, seed=0):
    """A small problem and a θ; the numbers are such that float32 holds them exactly."""
    rng = np.random.default_rng(seed)
    widths = widths or (4, 3, 5)[:len(activations)]
    net = hf.MLP([equation.dimensions, *widths, 1], activations)
    theta, inside, edge = (array.astype(np.float32).astype(dtype) for array in (
        rng.normal(0, 0.8, net.size), equation.interior_points(INTERIOR, rng), equation.border_points(BORDER, rng)))
    return hf.PhysicsProblem(net, equation, inside, edge, border_weight, l2), theta


def u_of(net):
    """(θ, x_0, x_1, …) → u, columns in and a column out."""
    def u(theta, *columns):
        a, start = anp.stack(columns, axis=1), 0
        names = [act.name for act in net.activations] + ["linear"]
        for n, m, name in zip(net.sizes[:-1], net.sizes[1:], names, strict=True):
            W = theta[start:start + n * m].reshape(n, m)
            a = FUNCTIONS[name](anp.dot(a, W) + theta[start + n * m:start + (n + 1) * m])
            start += (n + 1) * m
        return a[:, 0]
    return u


def derivatives(net, equation, theta, x):
    """u, its slopes and Lu at the points x."""
    u, columns = u_of(net), x.T
    first = [elementwise_grad(u, 1 + k) for k in range(equation.dimensions)]
    second = [elementwise_grad(d, 1 + k) for k, d in enumerate(first)]
    L = sum(c * second[k](theta, *columns) for k, c in enumerate(equation.weights) if c)
    return u(theta, *columns), [first[k](theta, *columns) for k in equation.slopes], L


def residual(p):
    """θ → r (N,), to be differentiated by autograd."""
    inside, edge = p.X[:INTERIOR].astype(float), p.X[INTERIOR:].astype(float)

    def r(theta):
        r_inside = p.equation.operator(inside, *derivatives(p.net, p.equation, theta, inside))
        r_inside = (r_inside - p.equation.source(inside)) / np.sqrt(len(inside))
        r_edge = (u_of(p.net)(theta, *edge.T) - p.equation.border(edge)) * np.sqrt(p.border_weight / len(edge))
        return anp.concatenate([r_inside, r_edge])
    return r


@functools.cache
def dense(equation, activations):
    """r (N,) and J (N, d) in float64."""
    p, theta = problem(equation, activations)
    r = residual(p)
    return r(theta), autograd.jacobian(r)(theta)
