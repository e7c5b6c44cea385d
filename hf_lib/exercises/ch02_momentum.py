"""Exercises of notebook 02 on momentum: its rate, and a path that never moved."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q2", "q3"]


def _rate(matrix, measure):
    """A wrong `momentum_rate`: the largest `measure` of the eigenvalues of matrix(η, µ, h)."""
    return lambda eta, mu, h: max(float(np.max(measure(np.linalg.eigvals(np.array(matrix(eta, mu, x)))))) for x in h)


def _walked(turn):
    """A wrong `momentum_path`: turn(θ, v, g, η, µ, first g) gives the next θ and v and the row that is kept."""
    def answer(gradient, theta, eta, mu, steps):
        v, path, first = np.zeros_like(theta), [theta], gradient(theta)
        for _ in range(steps):
            theta, v, row = turn(theta, v, gradient(theta), eta, mu, first)
            path.append(row)
        return np.array(path)
    return answer


def _turn(v_of, row=lambda theta, v: theta, late=False):
    def turn(theta, v, g, eta, mu, first):
        new = v_of(v, g, eta, mu, first)
        theta = theta + (v if late else new)
        return theta, new, row(theta, new)
    return turn


def _momentum_matrix(eta, mu, h):
    return [[1 - eta * h, mu], [-eta * h, mu]]


q2 = FunctionExercise(
    name="ch02.q2",
    title="The rate of momentum",
    kind="core",
    stub='''
        def momentum_rate(eta, mu, h):
            """The largest |eigenvalue| of momentum's 2×2 matrices over curvatures h (n,)."""
            return ...
        ''',
    code='''
        def momentum_rate(eta, mu, h):
            """The largest |eigenvalue| of momentum's 2×2 matrices over curvatures h (n,)."""
            rate = 0.0
            for h_i in h:
                A = np.array([[1 - eta * h_i, mu], [-eta * h_i, mu]])
                rate = max(rate, np.max(np.abs(np.linalg.eigvals(A))))
            return rate
        ''',
    why="Each direction has a matrix of its own, and the slowest direction decides. The modulus of a complex pair "
        "is $\\sqrt{\\mu}$, whatever its real part is.",
    hints=("One 2×2 matrix for each $h_i$: look at step 5.2.",
           "`np.linalg.eigvals` gives both eigenvalues, complex where they must be; `np.abs` is the modulus.",
           "Take the largest modulus over both eigenvalues and over all $h_i$."),
    cases=lambda rng: [(0.1, 0.5, np.array([4.0, 0.5, 30.0])), (0.05, 0.9, rng.uniform(0.1, 20, 5)),
                       (0.3, 0.2, np.array([0.4, 6.0, 1.0])), (0.02, 0.0, rng.uniform(1, 60, 4))],
    rtol=1e-6,
    diagnoses=(
        Diagnosis("real part only", _rate(_momentum_matrix, np.real),
                  say="That is the largest real part. How fast a power shrinks is told by the modulus."),
        Diagnosis("a wrong sign in the matrix",
                  _rate(lambda eta, mu, h: [[1 - eta * h, mu], [eta * h, mu]], np.abs),
                  say="The velocity goes against the gradient: one entry of your matrix has the wrong sign."),
        Diagnosis("squared", _rate(_momentum_matrix, lambda z: np.abs(z) ** 2),
                  say="This is |eigenvalue|². The error shrinks by the modulus itself."),
        Diagnosis("the norm", lambda eta, mu, h: max(np.linalg.norm(_momentum_matrix(eta, mu, x), 2) for x in h),
                  say="This is the largest norm of the matrices: what one step may do. Over many steps the eigenvalues "
                      "decide."),
        Diagnosis("Nesterov's matrix",
                  _rate(lambda eta, mu, h: [[1 - eta * h, mu * (1 - eta * h)], [-eta * h, mu * (1 - eta * h)]], np.abs),
                  say="Your memory is µ(1 − ηh): that is NAG, not momentum."),
        *(Diagnosis(f"only the {word} curvature",
                    lambda eta, mu, h, end=end: _rate(_momentum_matrix, np.abs)(eta, mu, [end(h)]),
                    say=f"That is the rate of the {word} curvature alone. The slowest direction may be at either end.")
          for word, end in (("largest", np.max), ("smallest", np.min))),
        Diagnosis("the mean curvature",
                  lambda eta, mu, h: _rate(_momentum_matrix, np.abs)(eta, mu, [np.mean(h)]),
                  say="You used the mean curvature. Each has a matrix of its own, and the slowest decides."),
        Diagnosis("the mean over the directions",
                  lambda eta, mu, h: np.mean([_rate(_momentum_matrix, np.abs)(eta, mu, [x]) for x in h]),
                  say="You took the mean over the directions; the slowest decides."),
        Diagnosis("the easiest direction",
                  lambda eta, mu, h: min(np.max(np.abs(np.linalg.eigvals(np.array(_momentum_matrix(eta, mu, x)))))
                                         for x in h),
                  say="You took the fastest direction; the slowest decides."),
        Diagnosis("always √µ", lambda eta, mu, h: float(np.sqrt(mu)),
                  say="√µ is the modulus where the eigenvalues are complex; where they are real, one is larger."),
        Diagnosis("gradient descent's factor", lambda eta, mu, h: float(np.max(np.abs(1 - eta * h))),
                  say="That is max |1 − ηh|, the rate without momentum."),
        *(Diagnosis(f"the {word} curvature alone",
                    lambda eta, mu, h, place=place: _rate(_momentum_matrix, np.abs)(eta, mu, [h[place]]),
                    say=f"That is the rate of the {word} curvature in `h`: does your loop end there, or keep "
                        "nothing else?")
          for word, place in (("first", 0), ("last", -1))),
        Diagnosis("a symmetric matrix's eigenvalues",
                  lambda eta, mu, h: max(np.abs(np.linalg.eigvalsh(_momentum_matrix(eta, mu, x))).max() for x in h),
                  say="`eigvalsh` is for symmetric matrices and reads one half of yours: take `eigvals`."),
        Diagnosis("the best pair's rate",
                  lambda eta, mu, h: (np.sqrt(max(h) / min(h)) - 1) / (np.sqrt(max(h) / min(h)) + 1),
                  say="That is the rate with the best η and µ (step 5.6). Here both are given."),
        Diagnosis("uphill", _rate(lambda eta, mu, h: [[1 + eta * h, mu], [eta * h, mu]], np.abs),
                  say="The step goes against the gradient: both entries with ηh have a minus."),
    ),
)


def _path(gradient, theta, eta, mu, steps):
    points, v = [theta], np.zeros_like(theta)
    for _ in range(steps):
        v = mu * v - eta * gradient(points[-1])
        points.append(points[-1] + v)
    return np.array(points)


def _same_rows(gradient, theta, eta, mu, steps):
    return np.tile(_path(gradient, theta, eta, mu, steps)[-1], (steps + 1, 1))


def _first_and_last(gradient, theta, eta, mu, steps):
    path = _path(gradient, theta, eta, mu, steps)
    path[1:] = path[-1]
    return path


def _looking_ahead(gradient, theta, eta, mu, steps):
    points, v = [theta], np.zeros_like(theta)
    for _ in range(steps):
        v = mu * v - eta * gradient(points[-1] + mu * v)
        points.append(points[-1] + v)
    return np.array(points)


def _in_place(gradient, theta, eta, mu, steps):
    path = _path(gradient, theta, eta, mu, steps)
    theta[:] = path[-1]
    return path


def _path_cases(rng):
    for d, steps, eta, mu in ((2, 5, 0.3, 0.6), (3, 8, 0.1, 0.9), (4, 1, 0.2, 0.5), (2, 0, 0.3, 0.8)):
        h = rng.uniform(0.5, 3.0, d)
        yield (lambda theta, h=h: h * theta), rng.normal(size=d), eta, mu, steps


q3 = FunctionExercise(
    name="ch02.q3",
    title="A path that never moved",
    kind="find the bug",
    stub='''
        def momentum_path(gradient, theta, eta, mu, steps):
            """The points θ_0, …, θ_steps of momentum, as an array (steps + 1, d)."""
            v = np.zeros_like(theta)
            path = [theta]
            for _ in range(steps):
                v *= mu
                v -= eta * gradient(theta)
                theta += v
                path.append(theta)
            return np.array(path)
        ''',
    code={"theta += v": "theta = theta + v"},
    why="`theta += v` writes into the array that the caller handed in, and the list holds that same array again and "
        "again: at the end every row shows the last point. `theta = theta + v` makes a new array. `v` may be "
        "changed in place, because nobody else holds it. The same trap waits in SciPy: the `callback` of "
        "`scipy.sparse.linalg.cg` is handed the array that the method goes on changing, so a list of what it got "
        "is one point many times over.",
    hints=("Run it for three steps and print the rows. Then print the starting point again.",
           "How many different arrays does the list `path` hold?",
           "Which line changes an array that somebody else holds, and how do you make a new one instead?"),
    cases=_path_cases,
    diagnoses=(
        Diagnosis("the bug is still there", _same_rows,
                  say="The caller's array is safe now, but the list still holds one array many times."),
        Diagnosis("changed in place", _in_place),
        Diagnosis("all rows but the first are the last point", _first_and_last,
                  say="The start is safe now, but the other entries of the list are still one array."),
        Diagnosis("Nesterov's gradient", _looking_ahead,
                  say="You take the gradient at θ + µ v: that is NAG. Momentum takes it at θ."),
        Diagnosis("no memory", lambda gradient, theta, eta, mu, steps: _path(gradient, theta, eta, 0.0, steps),
                  say="The velocity is thrown away: this is gradient descent."),
        Diagnosis("uphill", lambda gradient, theta, eta, mu, steps: _path(gradient, theta, -eta, mu, steps),
                  say="The velocity takes the gradient with a plus: the path climbs."),
        Diagnosis("the start is missing",
                  lambda gradient, theta, eta, mu, steps: _path(gradient, theta, eta, mu, steps)[1:],
                  say="θ_0 belongs to the path: steps + 1 rows."),
        Diagnosis("the velocities", _walked(_turn(lambda v, g, eta, mu, first: mu * v - eta * g, lambda theta, v: v)),
                  say="These are the velocities. The path holds the points θ."),
        Diagnosis("the velocity before", _walked(_turn(lambda v, g, eta, mu, first: mu * v - eta * g, late=True)),
                  say="You move by the velocity of the step before. First the new velocity, then the point."),
        Diagnosis("one gradient for all", _walked(_turn(lambda v, g, eta, mu, first: mu * v - eta * first)),
                  say="The gradient is taken once, at the start. Each step needs it at its own point."),
        Diagnosis("the gradient remembered less", _walked(_turn(lambda v, g, eta, mu, first: mu * (v - eta * g))),
                  say="µ multiplies the old velocity alone, not the new gradient."),
        Diagnosis("a mean of gradients", _walked(_turn(lambda v, g, eta, mu, first: mu * v - eta * (1 - mu) * g)),
                  say="The gradient enters with η here, not with η (1 − µ): keep the rule as you found it."),
    ),
)
