"""Exercises of notebook 02: a ravine's numbers, a thousand steps at once; momentum is in `ch02_momentum`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.judge.rounds import NoLoop

from .ch02_momentum import q2, q3

__all__ = ["q1", "q2", "q3", "q4"]

q1 = ValueExercise(
    name="ch02.q1",
    title="Three numbers of a ravine",
    kind="warm-up",
    stub="""
        H = np.array([[13.0, 12.0], [12.0, 13.0]])     # f(θ) = ½ θᵀ H θ
        largest_stable_step = ...                       # gradient descent converges below it
        best_step = ...                                 # the fixed step with the best rate
        rate = ...                                      # what it leaves of the error, at worst
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
           "$2/h_{\\max}$ and $2/(h_{\\min} + h_{\\max})$ are the steps; put the second into $1 - \\eta h$."),
    diagnoses=(
        Diagnosis("the diagonal", (2 / 13, 1 / 13, 0.0),
                  say="13 is the curvature along θ₁, but θ₁ is no eigendirection of H: take the eigenvalues."),
        Diagnosis("half of the step", (1 / 25, 1 / 26, 24 / 26),
                  say="Both steps are half of what they could be: the factor is 1 − ηh, and it may go down to −1."),
        Diagnosis("the safe step", (2 / 25, 1 / 25, 24 / 25),
                  say="1/h_max is safe, but not the best: both ends of the spectrum should shrink equally."),
        Diagnosis("the smallest eigenvalue", (2.0, 2 / 26, 24 / 26),
                  say="2/h must hold for every eigenvalue h, so the largest decides which steps converge."),
        Diagnosis("what a step removes", (2 / 25, 2 / 26, 2 / 26),
                  say="Your rate is the share that the best step removes; asked for is what it leaves."),
        Diagnosis("the condition number", (2 / 25, 2 / 26, 25.0),
                  say="κ = 25 is the condition number; the rate is (κ − 1)/(κ + 1)."),
        Diagnosis("the loss, not the error", (2 / 25, 2 / 26, (24 / 26) ** 2),
                  say="Your rate is what a step leaves of f; the error is asked for, and f goes with its square."),
        Diagnosis("the momentum rate", (2 / 25, 2 / 26, 4 / 6),
                  say="(√κ − 1)/(√κ + 1) is what momentum reaches; gradient descent has κ in place of √κ."),
    ),
)


def _after(change, into=True, back=True):
    """A wrong `after_steps`: the components times change(h, η, k), turned into the eigendirections and back or not."""
    def answer(H, theta_0, eta, k):
        h, Q = np.linalg.eigh(H)
        components = change(h, eta, k) * (Q.T @ theta_0 if into else theta_0)
        return Q @ components if back else components
    return answer


def _turned_the_wrong_way(H, theta_0, eta, k):
    h, Q = np.linalg.eigh(H)
    return Q.T @ ((1 - eta * h) ** k * (Q @ theta_0))


def _step_by_step(H, theta_0, eta, k):
    theta = theta_0
    for _ in range(k):
        theta = theta - eta * (H @ theta)
    return theta


def _after_cases(rng):
    for d, k in ((3, 1), (4, 7), (5, 1000)):
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        h = rng.uniform(0.05, 4.0, d)
        yield (Q * h) @ Q.T, rng.normal(size=d), 0.45 / (1 if k < 1000 else 200), k


q4 = FunctionExercise(
    name="ch02.q4",
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
    why="In the eigendirections the steps are independent, so $k$ of them are one power. This is how step 7.4 "
        "counts the directions that 1,000 steps settle.",
    hints=("The minimum is at 0, so $\\theta_k$ is the error, and step 2.3 says what becomes of it.",
           "`h, Q = np.linalg.eigh(H)`; the components of $\\theta_0$ are `Q.T @ theta_0`.",
           "In each eigendirection $k$ steps are the $k$-th power of one factor. Then turn back with `Q`."),
    cases=_after_cases,
    linear_in="theta_0",
    rtol=1e-8,
    demands=(NoLoop("k", say="Your values are right. But the task asks for no loop over the k steps."),),
    diagnoses=(
        Diagnosis("not turned back", _after(lambda h, eta, k: (1 - eta * h) ** k, back=False),
                  say="These are the components in the eigendirections; turn them back with Q."),
        Diagnosis("not turned in", _after(lambda h, eta, k: (1 - eta * h) ** k, into=False),
                  say="The factors belong to the eigendirections, and theta_0 is not in them yet: Q.T @ theta_0."),
        Diagnosis("k is no power", _after(lambda h, eta, k: 1 - eta * h * k),
                  say="1 − k η h is one step k times as long; k steps are the k-th power."),
        Diagnosis("one step too many", _after(lambda h, eta, k: (1 - eta * h) ** (k + 1)),
                  say="For k = 1 there is one factor 1 − ηh."),
        Diagnosis("one step too few", _after(lambda h, eta, k: (1 - eta * h) ** (k - 1)),
                  say="For k = 1 there is one factor 1 − ηh already."),
        Diagnosis("uphill", _after(lambda h, eta, k: (1 + eta * h) ** k),
                  say="1 + ηh grows: a step goes against the gradient, θ − η H θ."),
        Diagnosis("the exponential", _after(lambda h, eta, k: np.exp(-k * eta * h)),
                  say="e^(−kηh) is what infinitely many tiny steps would leave. A step of length η leaves 1 − ηh."),
        Diagnosis("what is gone", _after(lambda h, eta, k: 1 - (1 - eta * h) ** k),
                  say="These are the parts of θ_0 that have gone; what is left is θ_k."),
        Diagnosis("Q and Qᵀ exchanged", _turned_the_wrong_way,
                  say="The eigenvectors are the columns of Q: the components of θ_0 are Qᵀ θ_0."),
        Diagnosis("a loop", _step_by_step),
        Diagnosis("entry by entry", lambda H, theta_0, eta, k: (np.eye(len(H)) - eta * H) ** k @ theta_0,
                  say="`**` raises each entry of the matrix to a power; a power of the matrix is something else."),
        Diagnosis("sign", _after(lambda h, eta, k: -(1 - eta * h) ** k)),
    ),
)
