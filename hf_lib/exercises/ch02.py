"""The exercises of notebook 02: steps, rates and momentum on a quadratic."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

q1 = ValueExercise(
    name="ch02.q1",
    title="Three numbers of a ravine",
    kind="warm-up",
    stub="""
        H = np.array([[13.0, 12.0], [12.0, 13.0]])     # f(θ) = ½ θᵀ H θ
        largest_stable_step = ...                       # gradient descent converges below it
        best_step = ...                                 # the fixed step with the best worst-case rate
        rate = ...                                      # what that step leaves of the error, at worst
        answer = (largest_stable_step, best_step, rate)
        """,
    code="""
        H = np.array([[13.0, 12.0], [12.0, 13.0]])     # f(θ) = ½ θᵀ H θ
        h = np.linalg.eigvalsh(H)                       # 1 and 25
        largest_stable_step = 2 / h.max()
        best_step = 2 / (h.min() + h.max())
        rate = (h.max() - h.min()) / (h.max() + h.min())
        answer = (largest_stable_step, best_step, rate)
        """,
    why="The eigenvectors are $(1, 1)$ and $(1, -1)$, with $h = 25$ and $h = 1$; so $\\kappa = 25$, the step must "
        "stay below $2/25$, the best one is $2/26$, and it leaves $24/26$ of the error.",
    hints=("The curvatures that count are the eigenvalues of $H$, not its entries.",
           "`np.linalg.eigvalsh(H)` gives them, the smallest first.",
           "With $h = 1$ and $25$: $2/h_{\\max}$, $2/(h_{\\min} + h_{\\max})$, $(\\kappa - 1)/(\\kappa + 1)$."),
    diagnoses=(
        Diagnosis("the diagonal", (2 / 13, 1 / 13, 0.0),
                  say="13 is the curvature along θ₁, but θ₁ is no eigendirection of H: take the eigenvalues."),
        Diagnosis("half of the step", (1 / 25, 1 / 26, 24 / 26),
                  say="Both steps are half of what they could be: the factor is 1 − ηh, and it may go down to −1."),
        Diagnosis("the safe step", (2 / 25, 1 / 25, 24 / 25),
                  say="1/h_max is safe, but not the best: both ends of the spectrum should shrink equally."),
        Diagnosis("the loss, not the error", (2 / 25, 2 / 26, (24 / 26) ** 2),
                  say="Your rate is what a step leaves of f; the error is asked for, and f goes with its square."),
        Diagnosis("the momentum rate", (2 / 25, 2 / 26, 4 / 6),
                  say="(√κ − 1)/(√κ + 1) is what momentum reaches; gradient descent has κ in place of √κ."),
    ),
)

q2 = FunctionExercise(
    name="ch02.q2",
    title="How many steps?",
    kind="core",
    stub='''
        def steps_needed(kappa, factor):
            """The smallest whole k for which k best fixed steps leave at most factor·‖error‖ (κ > 1)."""
            return ...
        ''',
    code='''
        def steps_needed(kappa, factor):
            """The smallest whole k for which k best fixed steps leave at most factor·‖error‖ (κ > 1)."""
            rate = (kappa - 1) / (kappa + 1)
            return int(np.ceil(np.log(factor) / np.log(rate)))
        ''',
    why="We need $r^k \\le$ factor. Both logarithms are negative, so dividing by $\\log r$ turns the sign round: "
        "$k \\ge \\log(\\text{factor}) / \\log r$. The smallest whole number is the next one up.",
    hints=("After $k$ steps the error is at most $r^k$ times the first, with $r = (\\kappa - 1)/(\\kappa + 1)$.",
           "Take logarithms of $r^k \\le$ factor, and mind that $\\log r$ is negative.",
           "`np.log(factor) / np.log(rate)`, rounded up to an `int`."),
    cases=lambda rng: [(10.0, 1e-6), (100.0, 0.5), (float(rng.uniform(200, 900)), 1e-8), (2.0, 0.01)],
    diagnoses=(
        Diagnosis("rounded down", lambda kappa, factor: int(np.log(factor) / np.log((kappa - 1) / (kappa + 1))),
                  say="That many steps are not quite enough: round up."),
        Diagnosis("the rule of thumb", lambda kappa, factor: int(np.ceil(kappa / 2 * np.log(1 / factor))),
                  say="(κ/2) ln(1/ε) is what large κ tends to; small κ needs the logarithm of the rate itself."),
        Diagnosis("not rounded", lambda kappa, factor: np.log(factor) / np.log((kappa - 1) / (kappa + 1)),
                  say="A whole number of steps is asked for: round up."),
        Diagnosis("the loss, not the error",
                  lambda kappa, factor: int(np.ceil(np.log(factor) / np.log((kappa - 1) / (kappa + 1)) / 2)),
                  say="That is for f, which shrinks with the square of the error."),
        Diagnosis("the momentum rate",
                  lambda kappa, factor: int(np.ceil(np.log(factor)
                                                    / np.log((kappa ** 0.5 - 1) / (kappa ** 0.5 + 1)))),
                  say="(√κ − 1)/(√κ + 1) is what momentum reaches; gradient descent has κ in place of √κ."),
        Diagnosis("sign",
                  lambda kappa, factor: -int(np.ceil(np.log(factor) / np.log((kappa - 1) / (kappa + 1))))),
    ),
)


def _rate(matrix, measure):
    """A wrong `momentum_rate`: the largest `measure` of the eigenvalues of matrix(η, µ, h)."""
    return lambda eta, mu, h: max(float(np.max(measure(np.linalg.eigvals(np.array(matrix(eta, mu, x)))))) for x in h)


def _momentum_matrix(eta, mu, h):
    return [[1 - eta * h, mu], [-eta * h, mu]]


q3 = FunctionExercise(
    name="ch02.q3",
    title="The rate of momentum",
    kind="core",
    stub='''
        def momentum_rate(eta, mu, h):
            """The largest |eigenvalue| of momentum's 2×2 matrices over all curvatures h, an array (n,)."""
            return ...
        ''',
    code='''
        def momentum_rate(eta, mu, h):
            """The largest |eigenvalue| of momentum's 2×2 matrices over all curvatures h, an array (n,)."""
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
           "`np.max(np.abs(np.linalg.eigvals(A)))` for each $h_i$, and the largest of these."),
    cases=lambda rng: [(0.1, 0.5, np.array([0.5, 4.0, 30.0])), (0.05, 0.9, rng.uniform(0.1, 20, 5)),
                       (0.9, 0.3, np.array([0.2, 2.5])), (0.02, 0.0, rng.uniform(1, 60, 4))],
    rtol=1e-6,
    diagnoses=(
        Diagnosis("real part only", _rate(_momentum_matrix, np.real),
                  say="That is the largest real part. How fast a power shrinks is told by the modulus."),
        Diagnosis("a wrong sign in the matrix",
                  _rate(lambda eta, mu, h: [[1 - eta * h, mu], [eta * h, mu]], np.abs),
                  say="The velocity goes against the gradient: one entry of your matrix has the wrong sign."),
        Diagnosis("the easiest direction",
                  lambda eta, mu, h: min(np.max(np.abs(np.linalg.eigvals(np.array(_momentum_matrix(eta, mu, x)))))
                                         for x in h),
                  say="You took the fastest direction; the slowest decides."),
        Diagnosis("always √µ", lambda eta, mu, h: float(np.sqrt(mu)),
                  say="√µ is the modulus where the eigenvalues are complex; where they are real, one is larger."),
        Diagnosis("gradient descent's factor", lambda eta, mu, h: float(np.max(np.abs(1 - eta * h))),
                  say="That is max |1 − ηh|, the rate without momentum."),
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


def _in_place(gradient, theta, eta, mu, steps):
    path = _path(gradient, theta, eta, mu, steps)
    theta[:] = path[-1]
    return path


def _path_cases(rng):
    for d, steps in ((2, 5), (3, 8), (4, 1)):
        h = rng.uniform(0.5, 3.0, d)
        yield (lambda theta, h=h: h * theta), rng.normal(size=d), 0.3, 0.6, steps


q4 = FunctionExercise(
    name="ch02.q4",
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
    code='''
        def momentum_path(gradient, theta, eta, mu, steps):
            """The points θ_0, …, θ_steps of momentum, as an array (steps + 1, d)."""
            v = np.zeros_like(theta)
            path = [theta]
            for _ in range(steps):
                v *= mu
                v -= eta * gradient(theta)
                theta = theta + v
                path.append(theta)
            return np.array(path)
        ''',
    why="`theta += v` writes into the array that the caller handed in, and the list holds that same array again and "
        "again: at the end every row shows the last point. `theta = theta + v` makes a new array. `v` may be "
        "changed in place, because nobody else holds it. The same trap waits in SciPy: the `callback` of "
        "`scipy.sparse.linalg.cg` is handed the array that the method goes on changing, so a list of what it got "
        "is one point many times over.",
    hints=("Run it for three steps and print the rows. Then print the starting point again.",
           "How many different arrays does the list `path` hold?",
           "`theta += v` changes the one array that all entries of `path` refer to; `theta + v` is a new one."),
    cases=_path_cases,
    diagnoses=(
        Diagnosis("all rows are the last point", _same_rows,
                  say="The caller's array is safe now, but the list still holds one array many times."),
        Diagnosis("changed in place", _in_place),
        Diagnosis("no memory", lambda gradient, theta, eta, mu, steps: _path(gradient, theta, eta, 0.0, steps),
                  say="The velocity is thrown away: this is gradient descent."),
        Diagnosis("uphill", lambda gradient, theta, eta, mu, steps: _path(gradient, theta, -eta, mu, steps),
                  say="The velocity takes the gradient with a plus: the path climbs."),
        Diagnosis("the start is missing",
                  lambda gradient, theta, eta, mu, steps: _path(gradient, theta, eta, mu, steps)[1:],
                  say="θ_0 belongs to the path: steps + 1 rows."),
    ),
)


def _after(change, into=True, back=True):
    """A wrong `after_steps`: the components times change(h, η, k), turned into the eigendirections and back or not."""
    def answer(H, theta_0, eta, k):
        h, Q = np.linalg.eigh(H)
        components = change(h, eta, k) * (Q.T @ theta_0 if into else theta_0)
        return Q @ components if back else components
    return answer


def _after_cases(rng):
    for d, k in ((3, 1), (4, 7), (5, 1000)):
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        h = rng.uniform(0.05, 4.0, d)
        yield (Q * h) @ Q.T, rng.normal(size=d), 0.45 / (1 if k < 1000 else 200), k


q5 = FunctionExercise(
    name="ch02.q5",
    title="A thousand steps at once",
    kind="stretch",
    stub='''
        def after_steps(H, theta_0, eta, k):
            """θ_k of gradient descent on f(θ) = ½ θᵀ H θ, without a loop over the k steps."""
            return ...
        ''',
    code='''
        def after_steps(H, theta_0, eta, k):
            """θ_k of gradient descent on f(θ) = ½ θᵀ H θ, without a loop over the k steps."""
            h, Q = np.linalg.eigh(H)              # H = Q diag(h) Qᵀ
            components = Q.T @ theta_0            # the error in each eigendirection
            components = (1 - eta * h) ** k * components
            return Q @ components                 # back to the coordinates of θ
        ''',
    why="In the eigendirections the steps are independent, so $k$ of them are one power. This is how notebook 02 "
        "foretells what 1,000 steps do to a network.",
    hints=("The minimum is at 0, so $\\theta_k$ is the error, and step 2.3 says what becomes of it.",
           "`h, Q = np.linalg.eigh(H)`; the components of $\\theta_0$ are `Q.T @ theta_0`.",
           "`Q @ ((1 - eta * h) ** k * (Q.T @ theta_0))`."),
    cases=_after_cases,
    linear_in="theta_0",
    rtol=1e-8,
    diagnoses=(
        Diagnosis("not turned back", _after(lambda h, eta, k: (1 - eta * h) ** k, back=False),
                  say="These are the components in the eigendirections; turn them back with Q."),
        Diagnosis("not turned in", _after(lambda h, eta, k: (1 - eta * h) ** k, into=False),
                  say="The factors belong to the eigendirections, and theta_0 is not in them yet: Q.T @ theta_0."),
        Diagnosis("k is no power", _after(lambda h, eta, k: 1 - eta * h * k),
                  say="1 − k η h is one step k times as long; k steps are the k-th power."),
        Diagnosis("one step too many", _after(lambda h, eta, k: (1 - eta * h) ** (k + 1)),
                  say="For k = 1 there is one factor 1 − ηh."),
        Diagnosis("entry by entry", lambda H, theta_0, eta, k: (np.eye(len(H)) - eta * H) ** k @ theta_0,
                  say="`**` raises each entry of the matrix to a power; a power of the matrix is something else."),
        Diagnosis("sign", _after(lambda h, eta, k: -(1 - eta * h) ** k)),
    ),
)
