"""Exercises of notebook 13: a layer's Laplacian, the residuals; the step by them is in `ch13_residual_space`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .ch13_residual_space import q4, q5
from .slips import combined

__all__ = ["q1", "q2", "q3", "q4", "q5"]


def _layers(rng):
    for K, N, n in ((1, 3, 2), (2, 4, 3), (3, 2, 5)):
        yield rng.normal(size=(N, n)), rng.normal(size=(K, N, n)), rng.normal(size=(N, n))


def _layer(slope=lambda a, s, dz: s * dz, first=lambda s, Lz: s * Lz, bend=-2, tanh2=lambda a, s: a * s,
           squares=lambda dz, s: np.sum(dz**2, axis=0), value=lambda z, a: a):
    """The layer, right or wrong in some of its parts."""
    def layer(z, dz, Lz):
        a = np.tanh(z)
        s = 1 - a**2
        return value(z, a), slope(a, s, dz), first(s, Lz) + bend * tanh2(a, s) * squares(dz, s)
    return layer


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
           "$\\tanh'' = -2as$, and the squares of the slopes are added over the first axis of `dz`."),
    cases=_layers,
    diagnoses=combined(
        _layer,
        ("the bend left out", "La is not s·Lz alone. Even where z is linear in x, tanh z is bent: tanh''·(∂z)² is "
                              "missing.",
         {"bend": 0, "tanh2": lambda a, s: s, "squares": lambda dz, s: 1}),
        ("the sign of tanh''", "tanh'' is −2·a·s: the slope falls where a is positive and z grows.", {"bend": 2}),
        ("the factor 2 of tanh''", "The derivative of s = 1 − a² along z is −2·a·s.", {"bend": -1}),
        ("tanh'' without s", "tanh'' is −2·a·s: by the chain rule a² has the derivative 2·a·s.",
         {"tanh2": lambda a, s: a}),
        ("tanh'' without a", "tanh'' is −2·a·s, with a.", {"tanh2": lambda a, s: s}),
        ("tanh'' with a²", "tanh'' is −2·a·s, with a itself.", {"tanh2": lambda a, s: a**2 * s}),
        ("the square of the sum", "Square each slope first, then add. The square of the sum has mixed terms ∂ⱼz ∂ₖz.",
         {"squares": lambda dz, s: np.sum(dz, axis=0) ** 2}),
        ("slopes not squared", "The second derivative of tanh z(x) has the square of z's slope.",
         {"squares": lambda dz, s: np.sum(dz, axis=0)}),
        ("slopes of a in La", "The squares are those of z's slopes, not of a's: s is already in tanh''.",
         {"squares": lambda dz, s: np.sum((s * dz) ** 2, axis=0)}),
        ("a mean over the coordinates", "The Laplacian is a *sum* over the coordinates.",
         {"squares": lambda dz, s: np.mean(dz**2, axis=0)}),
        ("summed over the points too", "The squares are added over the coordinates alone, axis 0: one sum for each "
                                       "point and "
         "unit.", {"squares": lambda dz, s: np.sum(dz**2)}),
        ("one coordinate alone", "The squares of the slopes along *all* coordinates are added.",
         {"squares": lambda dz, s: dz[0] ** 2}),
        ("the Laplacian of z as it is", "Δz goes through the unit too: s·Lz.", {"first": lambda s, Lz: Lz}),
        ("Lz left out", "The first term, s·Lz, is missing.", {"first": lambda s, Lz: 0}),
        ("a slope without z's", "The slope of a along x is tanh' times the slope of z along x.",
         {"slope": lambda a, s, dz: s + 0 * dz}),
        ("z's slope", "The slope of a along x is tanh' times that of z.", {"slope": lambda a, s, dz: dz}),
        ("a for its derivative", "The slope of a along x has the factor tanh' = s, not a.",
         {"slope": lambda a, s, dz: a * dz}),
        ("the slope's s twice", "The slope of a along x is tanh' times that of z, with one s.",
         {"slope": lambda a, s, dz: s**2 * dz}),
    ),
)


def _residuals(rng):
    for N in (3, 5, 8):
        yield rng.normal(size=N), rng.normal(size=N)


def _up_to_sign(answer, Lu, f):
    """What the answer gives; where it is the right one with r and its derivative negated, the right one itself."""
    r, slope = answer(Lu, f)
    if np.shape(r) == np.shape(Lu) == np.shape(slope) and np.allclose(r, Lu + f) and np.allclose(slope, 1):
        return -np.asarray(r), -np.asarray(slope)
    return r, slope


def _wrong_residual(r, slope):
    return lambda Lu, f: (r(Lu, f), slope * np.ones_like(Lu))


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
        Diagnosis("the derivative's sign", _wrong_residual(lambda Lu, f: -Lu - f, 1),
                  say="r is right now. Its derivative along Lu is −1: with +1 the gradient would point uphill."),
        Diagnosis("the derivative's sign", _wrong_residual(lambda Lu, f: Lu + f, -1),
                  say="Lu + f is a fine residual, but then its derivative along Lu is +1."),
        Diagnosis("still Δu = f", _wrong_residual(lambda Lu, f: Lu - f, -1),
                  say="r = Lu − f belongs to the equation Δu = f. Bring −Δu = f to one side."),
        Diagnosis("still Δu = f", _wrong_residual(lambda Lu, f: f - Lu, -1),
                  say="f − Lu is zero where Δu = f: the same bug with both signs changed."),
        Diagnosis("still Δu = f", _wrong_residual(lambda Lu, f: f - Lu, 1),
                  say="f − Lu is zero where Δu = f, and its derivative along Lu is −1."),
        Diagnosis("the source left out", _wrong_residual(lambda Lu, f: -Lu, -1),
                  say="Without f this is Δu = 0, whose solution here is u = 0."),
        Diagnosis("the source left out", _wrong_residual(lambda Lu, f: Lu, 1),
                  say="Without f this is Δu = 0, whose solution here is u = 0."),
        Diagnosis("a residual squared", _wrong_residual(lambda Lu, f: (-Lu - f) ** 2, -1),
                  say="r is the residual itself. Its square is taken in ½‖r‖²."),
        Diagnosis("no derivative", _wrong_residual(lambda Lu, f: -Lu - f, 0),
                  say="f does not depend on Lu, but −Lu does: the derivative of r along Lu is −1."),
        Diagnosis("the derivative of the square", lambda Lu, f: (-Lu - f, Lu + f),
                  say="That is the derivative of ½r². Asked for is the derivative of r along Lu, −1."),
        Diagnosis("r times its derivative", lambda Lu, f: (-Lu - f, -Lu),
                  say="r is right now. Its derivative along Lu is −1 at every point, not −Lu."),
    ),
)


def _stacks(rng):
    for N, N_b, weight in ((4, 2, 1.0), (6, 3, 5.0), (3, 5, 0.3)):
        yield rng.normal(size=N), rng.normal(size=N_b), weight


def _stack(inside=lambda a, b: len(a) ** -0.5, points=lambda a, b: len(b) ** -0.5, share=lambda w: w**0.5, first=True):
    """A `stack`, right or wrong in some of its parts."""
    def stack(r_inside, r_border, weight):
        a, b = r_inside, r_border
        both = [inside(a, b) * a, share(weight) * points(a, b) * b]
        return np.concatenate(both if first else both[::-1])
    return stack


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
           "Each factor goes in as its root: $\\sqrt{1/N_i}$, and $\\sqrt{w/N_b}$; then put the two together."),
    cases=_stacks,
    diagnoses=combined(
        _stack,
        ("the weight without its root", "½‖r‖² squares the weight too: the border now counts weight² times. Take its "
                                        "root.",
         {"share": lambda w: w}),
        ("the weight forgotten", "The weight of the border is missing.", {"share": lambda w: 1.0}),
        ("divided by the weight", "The weight multiplies the border's mean: its root goes in as a factor.",
         {"share": lambda w: w**-0.5}),
        ("the weight squared", "½‖r‖² squares what is in r: the weight's *root* goes in.", {"share": lambda w: w**2}),
        ("one common N", "There are two means, each over its own points. With a common N the border counts too little.",
         {"inside": lambda a, b: (len(a) + len(b)) ** -0.5, "points": lambda a, b: (len(a) + len(b)) ** -0.5}),
        ("the border's N", "The border's mean is over the border's points: divide by len(r_border).",
         {"points": lambda a, b: len(a) ** -0.5}),
        ("the N exchanged", "Each mean is over its own points: you have exchanged the two numbers.",
         {"inside": lambda a, b: len(b) ** -0.5, "points": lambda a, b: len(a) ** -0.5}),
        ("N without its root", "½‖r‖² squares the 1/N as well. Put its root into r.",
         {"inside": lambda a, b: 1 / len(a), "points": lambda a, b: 1 / len(b)}),
        ("the border's mean forgotten", "The border's term is a mean too: its root of 1/N is missing.",
         {"points": lambda a, b: 1.0}),
        ("the inner mean forgotten", "The inner term is a mean too: its root of 1/N is missing.",
         {"inside": lambda a, b: 1.0}),
        ("the ½ in r", "The ½ stands before ‖r‖² already: r has no factor for it.",
         {"inside": lambda a, b: (2 * len(a)) ** -0.5, "points": lambda a, b: (2 * len(b)) ** -0.5}),
        ("border first", "The points inside come first.", {"first": False}),
    ),
)
