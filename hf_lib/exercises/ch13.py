"""Exercises of notebook 13: a layer's Laplacian, the residuals; the step by them is in `ch13_residual_space`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .ch13_residual_space import q4, q5

__all__ = ["q1", "q2", "q3", "q4", "q5"]


def _layers(rng):
    for K, N, n in ((1, 3, 2), (2, 4, 3), (3, 2, 5)):
        yield rng.normal(size=(N, n)), rng.normal(size=(K, N, n)), rng.normal(size=(N, n))


def _layer(bend, slopes=None):
    """The layer with another La: bend(a, s, dz, Lz), and perhaps other slopes(s, dz)."""
    def wrong(z, dz, Lz):
        a = np.tanh(z)
        s = 1 - a**2
        return a, s * dz if slopes is None else slopes(s, dz), bend(a, s, dz, Lz)
    return wrong


q1 = FunctionExercise(
    name="ch13.q1",
    title="The Laplacian through one layer",
    kind="warm-up",
    stub='''
        def layer(z, dz, Lz):
            """a = tanh z, its slopes da (K, N, n) and its Laplacian La (N, n).

            z (N, n), its slopes dz (K, N, n) along K coordinates, its Laplacian Lz (N, n).
            """
            a = np.tanh(z)
            s = 1 - a**2                     # tanh'
            da = ...
            La = ...
            return a, da, La
        ''',
    code='''
        def layer(z, dz, Lz):
            """a = tanh z, its slopes da (K, N, n) and its Laplacian La (N, n).

            z (N, n), its slopes dz (K, N, n) along K coordinates, its Laplacian Lz (N, n).
            """
            a = np.tanh(z)
            s = 1 - a**2                     # tanh'
            da = s * dz
            La = s * Lz - 2 * a * s * np.sum(dz**2, axis=0)
            return a, da, La
        ''',
    why="One coordinate at a time: $\\partial_k a = s\\,\\partial_k z$. Once more, with the product rule: "
        "$\\partial_k^2 a = s\\,\\partial_k^2 z + t\\,(\\partial_k z)^2$, where $t = \\tanh'' = -2as$. The sum "
        "over $k$ is $\\Delta a = s\\,\\Delta z + t \\sum_k (\\partial_k z)^2$. The squares of the slopes are the "
        "reason why slopes have to be carried even where only the Laplacian is wanted.",
    hints=("Differentiate $\\tanh(z(x))$ twice along one coordinate, then add up the coordinates.",
           "The second derivative has two terms: $\\tanh'(z)\\, z''$ and $\\tanh''(z)\\, (z')^2$. "
           "What is $\\tanh''$ in terms of `a` and `s`?",
           "`t = -2 * a * s`, and the sum over coordinates is `np.sum(dz**2, axis=0)`."),
    cases=_layers,
    diagnoses=(
        Diagnosis("the bend left out", _layer(lambda a, s, dz, Lz: s * Lz),
                  say="La is not s·Lz alone. Even where z is linear in x, tanh z is bent: tanh''·(∂z)² is missing."),
        Diagnosis("the sign of tanh''", _layer(lambda a, s, dz, Lz: s * Lz + 2 * a * s * np.sum(dz**2, axis=0)),
                  say="tanh'' is −2·a·s: the slope falls where a is positive and z grows."),
        Diagnosis("the factor 2 of tanh''", _layer(lambda a, s, dz, Lz: s * Lz - a * s * np.sum(dz**2, axis=0)),
                  say="The derivative of s = 1 − a² along z is −2·a·s."),
        Diagnosis("the square of the sum", _layer(lambda a, s, dz, Lz: s * Lz - 2 * a * s * np.sum(dz, axis=0) ** 2),
                  say="Square each slope first, then add. The square of the sum has mixed terms ∂ⱼz ∂ₖz."),
        Diagnosis("slopes not squared", _layer(lambda a, s, dz, Lz: s * Lz - 2 * a * s * np.sum(dz, axis=0)),
                  say="The second derivative of tanh z(x) has the square of z's slope."),
        Diagnosis("a slope without z's", _layer(lambda a, s, dz, Lz: s * Lz - 2 * a * s * np.sum(dz**2, axis=0),
                                                lambda s, dz: s + 0 * dz),
                  say="La is right. The slope of a along x is tanh' times the slope of z along x."),
    ),
)


def _residuals(rng):
    for N in (3, 5, 8):
        yield rng.normal(size=N), rng.normal(size=N)


def _up_to_sign(answer, Lu, f):
    """What does not change where r and its derivative change their signs together."""
    r, slope = answer(Lu, f)
    return r * r, r * slope, slope * slope


q2 = FunctionExercise(
    name="ch13.q2",
    title="A loss of nearly zero, and the wrong u",
    kind="find the bug",
    stub='''
        def residual(Lu, f):
            """r of the equation −Δu = f, and ∂r/∂Lu, each (N,). Lu is Δu at N points."""
            r = Lu - f
            slope = np.ones_like(Lu)
            return r, slope
        ''',
    code='''
        def residual(Lu, f):
            """r of the equation −Δu = f, and ∂r/∂Lu, each (N,). Lu is Δu at N points."""
            r = -Lu - f
            slope = -np.ones_like(Lu)
            return r, slope
        ''',
    why="The residual is what is left of the equation when all is on one side: $-\\Delta u - f$. With $\\Delta u - f$ "
        "the network solves $\\Delta u = f$, and does it well: a low loss cannot show it. Where $u = 0$ on the border "
        "the solution only changes its sign. The derivative has to follow, or the gradient points uphill. (The "
        "equation times −1, $\\Delta u + f$ with the slope +1, is right too: $f(\\theta)$ and $G$ are the same.)",
    hints=("Bring everything to one side of −Δu = f. Which signs do Δu and f have?",
           "−Δu − f. And what is its derivative along Lu?",
           "Two lines are wrong: `r` needs −Lu, and `slope` a minus sign too."),
    cases=_residuals,
    probe=_up_to_sign,
    diagnoses=(
        Diagnosis("the derivative's sign", lambda Lu, f: (-Lu - f, np.ones_like(Lu)),
                  say="r is right now. Its derivative along Lu is −1: with +1 the gradient would point uphill."),
        Diagnosis("the derivative's sign", lambda Lu, f: (Lu + f, -np.ones_like(Lu)),
                  say="Lu + f is a fine residual, but then its derivative along Lu is +1."),
        Diagnosis("still Δu = f", lambda Lu, f: (Lu - f, -np.ones_like(Lu)),
                  say="r = Lu − f belongs to the equation Δu = f. Bring −Δu = f to one side."),
        Diagnosis("the bug is still there", lambda Lu, f: (f - Lu, -np.ones_like(Lu)),
                  say="f − Lu is zero where Δu = f: the same bug with both signs changed."),
        Diagnosis("the source left out", lambda Lu, f: (-Lu, -np.ones_like(Lu)),
                  say="Without f this is Δu = 0, whose solution here is u = 0."),
    ),
)


def _stacks(rng):
    for N, N_b, weight in ((4, 2, 1.0), (6, 3, 5.0), (3, 5, 0.3)):
        yield rng.normal(size=N), rng.normal(size=N_b), weight


def _stacked(inside, border):
    return lambda a, b, weight: np.concatenate([inside(a, b) * a, border(a, b, weight) * b])


q3 = FunctionExercise(
    name="ch13.q3",
    title="The border's share",
    kind="core",
    stub='''
        def stack(r_inside, r_border, weight):
            """One r with ½‖r‖² = ½ mean r_inside² + ½ weight · mean r_border²; inside first."""
            return ...
        ''',
    code='''
        def stack(r_inside, r_border, weight):
            """One r with ½‖r‖² = ½ mean r_inside² + ½ weight · mean r_border²; inside first."""
            inside = r_inside / np.sqrt(len(r_inside))
            border = r_border * np.sqrt(weight / len(r_border))
            return np.concatenate([inside, border])
        ''',
    why="$\\frac12 \\lVert r \\rVert^2$ squares every entry, so a factor that should stand before a square goes in as "
        "its root: $\\sqrt{1/N_i}$ inside, $\\sqrt{w/N_b}$ on the border. Two means, two numbers of points: with one "
        "common $N$ the border would count less the more points lie inside. Once the roots are in $r$, its Jacobian "
        "has them too, and $\\nabla f = J^\\top r$, $G = J^\\top J$ need no further factor.",
    hints=("Which factor stands before one squared entry $r_n^2$ inside, and which on the border?",
           "Inside $\\frac12 \\cdot \\frac{1}{N_i}$, on the border $\\frac12 \\cdot \\frac{w}{N_b}$. "
           "In $\\frac12\\lVert r\\rVert^2$ everything gets squared.",
           "Multiply by `1 / np.sqrt(len(r_inside))` and by `np.sqrt(weight / len(r_border))`, then `np.concatenate`."),
    cases=_stacks,
    diagnoses=(
        Diagnosis("the weight without its root",
                  _stacked(lambda a, b: len(a) ** -0.5, lambda a, b, w: w * len(b) ** -0.5),
                  say="½‖r‖² squares the weight too: the border now counts weight² times. Take its root."),
        Diagnosis("the weight forgotten", _stacked(lambda a, b: len(a) ** -0.5, lambda a, b, w: len(b) ** -0.5),
                  say="It is right for weight = 1 only."),
        Diagnosis("one common N", _stacked(lambda a, b: (len(a) + len(b)) ** -0.5,
                                           lambda a, b, w: (w / (len(a) + len(b))) ** 0.5),
                  say="There are two means, each over its own points. With a common N the border counts too little."),
        Diagnosis("the border's N", _stacked(lambda a, b: len(a) ** -0.5, lambda a, b, w: (w / len(a)) ** 0.5),
                  say="The border's mean is over the border's points: divide by len(r_border)."),
        Diagnosis("N without its root", _stacked(lambda a, b: 1 / len(a), lambda a, b, w: w**0.5 / len(b)),
                  say="½‖r‖² squares the 1/N as well. Put its root into r."),
        Diagnosis("no means", _stacked(lambda a, b: 1.0, lambda a, b, w: w**0.5),
                  say="These are sums. Both terms of f are means."),
        Diagnosis("border first", lambda a, b, w: np.concatenate([(w / len(b)) ** 0.5 * b, a / len(a) ** 0.5]),
                  say="The entries are right, their order is not: the points inside come first."),
    ),
)
