"""Exercises of notebook 01 on computing a loss: overflow, broadcasting."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise
from hf_lib.network.losses import SigmoidCrossEntropy

__all__ = ["q2", "q3"]


def _logit_cases(rng):
    """Random cases, one of them in float32, and one with logits of either sign far beyond exp's reach."""
    for n, m, scale in ((4, 3, 1.0), (7, 1, 3.0)):
        yield scale * rng.normal(size=(n, m)), rng.integers(0, 2, size=(n, m)).astype(float)
    signs = np.array([[1, -1, 1, -1, 1], [-1, 1, -1, 1, -1]])
    yield signs * rng.uniform(800, 3000, size=(2, 5)), np.array([[0.0, 1, 1, 0, 1], [0, 0, 1, 1, 1]])
    yield rng.normal(size=(5, 2)).astype(np.float32), rng.uniform(size=(5, 2)).astype(np.float32)


def _stable(z, Y):
    return np.maximum(z, 0) - Y * z + np.log1p(np.exp(-np.abs(z)))


def _row_maximum(z, Y):
    m = z.max(axis=1, keepdims=True)
    return np.sum(m + np.log(1 + np.exp(z - m)) - Y * z) / len(z)


def _one_unscaled(z, Y):
    m = np.maximum(z, 0)
    return np.sum(m + np.log(1 + np.exp(z - m)) - Y * z) / len(z)


def _cut(bound):
    """z is cut off before the exponential."""
    return lambda z, Y: np.sum(np.log(1 + np.exp(np.clip(z, -bound, bound))) - Y * z) / len(z)


def _kept_away(eps):
    """Probabilities are kept away from 0 and 1 by eps."""
    def answer(z, Y):
        p = np.clip(1 / (1 + np.exp(-z)), eps, 1 - eps)
        return -np.sum(Y * np.log(p) + (1 - Y) * np.log(1 - p)) / len(z)
    return answer


q2 = FunctionExercise(
    name="ch01.q2",
    title="A sigmoid cross-entropy that never overflows",
    kind="core",
    stub='''
        def sigmoid_cross_entropy(z, Y):
            """Mean over rows of sum_j log(1 + exp(z_j)) - y_j z_j; z and Y: (N, n_out)."""
            return ...
        ''',
    code='''
        def sigmoid_cross_entropy(z, Y):
            """Mean over rows of sum_j log(1 + exp(z_j)) - y_j z_j; z and Y: (N, n_out)."""
            log_sum = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))   # log(1 + e^z)
            terms = log_sum - Y * z                                     # (N, n_out)
            return np.sum(terms) / len(z)
        ''',
    why="Take the larger of the two exponents $0$ and $z$ out of the sum: $\\log(e^0+e^z)=m+\\log(e^{-m}+e^{z-m})$ "
    "with $m=\\max(z,0)$. One of the two exponents is then $0$, the other $-|z|$, so nothing overflows.",
    hints=(
        "$\\log(1+e^z)$ is $\\log(e^0+e^z)$: a log-sum-exp of two terms.",
        "Take $m=\\max(z,0)$ out, as the softmax in section 3 does.",
        "$\\log(1+e^z)=m+\\log(e^{-m}+e^{z-m})$. One of the two exponents is 0; which number is the other?",
    ),
    cases=_logit_cases,
    mean_over="z",
    rtol=1e-6,
    own_work=(SigmoidCrossEntropy.value, SigmoidCrossEntropy.per_example),
    diagnoses=(
        Diagnosis("not finite", lambda z, Y: np.sum(np.log(1 + np.exp(z)) - Y * z) / len(z)),
        Diagnosis("one maximum a row", _row_maximum,
                  say="The other exponent is 0, for 1 = e^0: take out max(z, 0), entry by entry, not a row's maximum."),
        Diagnosis("the 1 not divided", _one_unscaled,
                  say="Where you take m = max(z, 0) out of the sum, its first term 1 = e^0 becomes e^(−m) as well."),
        Diagnosis("max(z, 0) forgotten", lambda z, Y: np.sum(np.log1p(np.exp(-np.abs(z))) - Y * z) / len(z),
                  say="log(1 + e^(−|z|)) is what is left after max(z, 0) has been taken out of the sum: add it again."),
        *(Diagnosis("z cut off", _cut(bound), say="You cut z off at a bound. The loss goes on growing with |z|: for "
                    "z = 1000 and y = 0 it is 1000.") for bound in (20, 30, 50, 100, 500, 700)),
        *(Diagnosis("the probability cut off", _kept_away(eps),
                    say="You keep p away from 0 and 1. The loss goes on growing with |z|: for z = 1000 and y = 0 it "
                        "is 1000.") for eps in (1e-15, 1e-12, 1e-10, 1e-8, 1e-7)),
        Diagnosis("|z| for max(z, 0)",
                  lambda z, Y: np.sum(np.abs(z) + np.log1p(np.exp(-np.abs(z))) - Y * z) / len(z),
                  say="The larger of the exponents 0 and z is max(z, 0), not |z|: for z < 0 it is 0."),
        Diagnosis("the logarithm left out", lambda z, Y: np.sum(np.maximum(z, 0) - Y * z) / len(z),
                  say="max(z, 0) is only about log(1 + e^z): what is left of the logarithm is missing."),
        Diagnosis("log(1 + e^−z)", lambda z, Y: np.sum(np.logaddexp(0, -z) - Y * z) / len(z),
                  say="You have log(1 + e^(−z)) where the formula has log(1 + e^z)."),
        Diagnosis("the target's term left out",
                  lambda z, Y: np.sum(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / len(z),
                  say="This is the mean of Σ log(1 + e^z) alone: the term y z is missing."),
        Diagnosis("mean over the outputs too", lambda z, Y: np.mean(_stable(z, Y)),
                  say="You took the mean over all N·n_out entries: sum over the outputs, and divide by N alone."),
        Diagnosis("the wrong class is charged",
                  lambda z, Y: np.sum(_stable(z, 1 - Y)) / len(z),
                  say="This is small where it should be large: targets 0 and 1 have changed places."),
        Diagnosis("missing 1/N", lambda z, Y: np.sum(_stable(z, Y))),
        Diagnosis("sign", lambda z, Y: -np.sum(_stable(z, Y)) / len(z)),
        Diagnosis("wrong shape", lambda z, Y: _stable(z, Y).sum(axis=1)),
    ),
)


def _bug_cases(rng):
    for n in (2, 5, 9):
        yield rng.normal(size=(n, 1)), rng.normal(size=n)


q3 = FunctionExercise(
    name="ch01.q3",
    title="A squared error that never gets small",
    kind="find the bug",
    stub='''
        def half_mean_square(z, y):
            """(1/N) sum of (z - y)^2 / 2 for outputs z (N, 1) and targets y (N,)."""
            residual = z - y
            return 0.5 * np.mean(residual ** 2)
        ''',
    code='''
        def half_mean_square(z, y):
            """(1/N) sum of (z - y)^2 / 2 for outputs z (N, 1) and targets y (N,)."""
            residual = z - y[:, None]          # (N, 1) - (N, 1)
            return 0.5 * np.mean(residual ** 2)
        ''',
    why="NumPy stretches $(N,1)-(N,)$ to $(N,N)$: every output is compared with every target. Nothing stops, and "
    "a perfect fit still has a large loss: on average $\\tfrac12(z_i-y_k)^2$ over all pairs. The losses of `hf_lib` "
    "refuse shapes that differ for this reason.",
    hints=(
        "Look at the shape of `residual`.",
        "A column of $N$ minus a row of $N$ is a table of $N \\times N$.",
        "Make `y` a column first: `y[:, None]`.",
    ),
    cases=_bug_cases,
    mean_over="z",
    diagnoses=(
        Diagnosis("the bug is still there", lambda z, y: np.sum((z - y[None, :]) ** 2) / len(y) ** 2 / 2),
        Diagnosis("mean of the outputs", lambda z, y: 0.5 * np.mean((np.mean(z) - y) ** 2),
                  say="Each target must meet its own output, not the mean of all outputs."),
        Diagnosis("every pair, divided by N", lambda z, y: 0.5 * np.sum((z - y) ** 2) / len(y),
                  say="There are still N × N differences: every output meets every target."),
        Diagnosis("the sum over every pair", lambda z, y: 0.5 * np.sum((z - y) ** 2),
                  say="There are still N × N differences: every output meets every target."),
        Diagnosis("one output for all", lambda z, y: 0.5 * np.mean((z[0] - y) ** 2),
                  say="Every target meets the first output: z[0] is one number."),
        Diagnosis("one target for all", lambda z, y: 0.5 * np.mean((z - y[0]) ** 2),
                  say="Every output meets the first target: y[0] is one number."),
        Diagnosis("not squared", lambda z, y: 0.5 * np.mean(np.abs(z[:, 0] - y)),
                  say="These are absolute values, not squares."),
        Diagnosis("the root of the mean", lambda z, y: np.sqrt(np.mean((z[:, 0] - y) ** 2)),
                  say="This is the root of the mean square; the formula has ½ and no root."),
        Diagnosis("the square of the mean", lambda z, y: 0.5 * np.mean(z[:, 0] - y) ** 2,
                  say="You square the mean of the residuals, in which plus and minus cancel. Square each first."),
        Diagnosis("the root of the sum", lambda z, y: 0.5 * np.linalg.norm(z[:, 0] - y) / len(y),
                  say="`np.linalg.norm` takes the root of the sum of squares: square it."),
        Diagnosis("missing 1/N", lambda z, y: 0.5 * np.sum((z[:, 0] - y) ** 2)),
        Diagnosis("factor 2", lambda z, y: np.mean((z[:, 0] - y) ** 2)),
    ),
)
