"""Exercises of notebook 01 on losses: overflow, broadcasting, a matching loss, a loss that is not convex."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.network.losses import SigmoidCrossEntropy

__all__ = ["q2", "q3", "q4", "q5"]


def _logit_cases(rng):
    """Three random cases, one of them in float32, and one with logits far beyond exp's reach."""
    for n, m, scale in ((4, 3, 1.0), (7, 1, 3.0), (2, 5, 1000.0)):
        yield scale * rng.normal(size=(n, m)), rng.integers(0, 2, size=(n, m)).astype(float)
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
        *(Diagnosis("the probability cut off", _kept_away(eps), say="You keep p away from 0 and 1. The loss goes on "
                    "growing with |z|: for z = 1000 and y = 0 it is 1000.") for eps in (1e-15, 1e-12, 1e-10, 1e-8, 1e-7)),
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
        Diagnosis("the square of the mean", lambda z, y: 0.5 * np.mean(z[:, 0] - y) ** 2,
                  say="You square the mean of the residuals, in which plus and minus cancel; square each, then average."),
        Diagnosis("the root of the sum", lambda z, y: 0.5 * np.linalg.norm(z[:, 0] - y) / len(y),
                  say="`np.linalg.norm` takes the root of the sum of squares: square it."),
        Diagnosis("missing 1/N", lambda z, y: 0.5 * np.sum((z[:, 0] - y) ** 2)),
        Diagnosis("factor 2", lambda z, y: np.mean((z[:, 0] - y) ** 2)),
    ),
)


def _counts(rng):
    """Vectors, a single entry, a table; among the targets is 0."""
    for shape in ((4,), (6,), (1,), (2, 3)):
        yield rng.normal(size=shape), rng.poisson(2.0, size=shape).astype(float)


def _with_factorial(z, y):
    factorials = [np.sum(np.log(np.arange(1, count + 1))) for count in y.flat]
    return np.exp(z) - y * z + np.reshape(factorials, y.shape), np.exp(z) - y, np.exp(z)


q4 = FunctionExercise(
    name="ch01.q4",
    title="A matching loss for counts",
    kind="stretch",
    stub='''
        def poisson(z, y):
            """Loss, residual, curvature in z of -log p(y | z) without log(y!); rate exp(z)."""
            loss = ...
            residual = ...
            curvature = ...
            return loss, residual, curvature
        ''',
    code='''
        def poisson(z, y):
            """Loss, residual, curvature in z of -log p(y | z) without log(y!); rate exp(z)."""
            rate = np.exp(z)              # the output activation phi(z)
            loss = rate - y * z           # -log(rate^y e^-rate)
            residual = rate - y           # phi(z) - y: it matches
            curvature = rate              # phi'(z), positive
            return loss, residual, curvature
        ''',
    why="$-\\log\\big(e^{-\\lambda}\\lambda^y/y!\\big)=\\lambda-y\\log\\lambda+\\log y!$ with $\\lambda=e^z$ is "
    "$e^z-yz$ and a constant. Its derivative is $e^z-y=\\varphi(z)-y$: the exponential *matches* the Poisson "
    "likelihood, and the curvature $e^z$ is positive, so the loss is convex in $z$. In the form of step 4.6 "
    "$A(z)=e^z$: mean and variance of a Poisson distribution are both the rate.",
    hints=(
        "Take $-\\log$ of $e^{-\\lambda}\\lambda^y/y!$, then put $\\lambda=e^z$.",
        "Then $\\log\\lambda=z$, and $\\lambda$ itself stays as $e^z$.",
        "Differentiate the loss twice with respect to $z$ (not $\\lambda$).",
    ),
    cases=_counts,
    diagnoses=(
        Diagnosis("derivative by the rate", lambda z, y: (np.exp(z) - y * z, 1 - y / np.exp(z), y / np.exp(2 * z)),
                  say="Residual and curvature are derivatives with respect to the rate; ask for those in z."),
        Diagnosis("z taken for the rate", lambda z, y: (z - y * np.log(np.abs(z)), 1 - y / z, y / z**2),
                  say="The rate is exp(z), not z: a network's output may be negative, a rate may not."),
        Diagnosis("the target in the curvature", lambda z, y: (np.exp(z) - y * z, np.exp(z) - y, np.exp(z) - y),
                  say="Loss and residual are right; the second derivative of y z is zero."),
        Diagnosis("the sigmoid's curvature",
                  lambda z, y: (np.exp(z) - y * z, np.exp(z) - y, np.exp(z) * (1 - np.exp(z))),
                  say="Loss and residual are right; p(1 − p) is the sigmoid's derivative, not that of exp."),
        Diagnosis("the rate for its logarithm",
                  lambda z, y: ((1 - y) * np.exp(z), (1 - y) * np.exp(z), (1 - y) * np.exp(z)),
                  say="−log p has λ − y log λ, and log λ = z: you multiplied y by the rate itself."),
        Diagnosis("the constant kept", _with_factorial, say="Residual and curvature are right; log(y!) was to be left "
                  "out of the loss, for it does not depend on z."),
        Diagnosis("a squared error's curvature",
                  lambda z, y: (np.exp(z) - y * z, np.exp(z) - y, np.ones_like(z)),
                  say="Loss and residual are right; the curvature is 1 for the squared error only. Differentiate the "
                      "residual once more."),
        Diagnosis("wrong type", lambda z, y: np.exp(z) - y * z),
    ),
)

q5 = ValueExercise(
    name="ch01.q5",
    title="Where does the squared error on a sigmoid stop being convex?",
    kind="core",
    stub="z_flat = ...",
    rtol=5e-4,                             # three digits: −0.693
    code="""
        p = 1 / 3                          # the root of 3 p - 1
        z_flat = np.log(p / (1 - p))       # p = sigma(z), solved for z
        """,
    why="With $y=1$ and $p=\\sigma(z)$ the residual is $r=-(1-p)^2p$. Since $dp/dz=p(1-p)$, the chain rule gives "
    "$r'=\\big[2(1-p)p-(1-p)^2\\big]\\,p(1-p)=p(1-p)^2(3p-1)$. It is zero at $p=\\tfrac13$, so "
    "$z=\\log\\tfrac{1/3}{2/3}=-\\log 2\\approx-0.693$.",
    hints=(
        "Write the residual with $p=\\sigma(z)$ alone, and use $dp/dz=p(1-p)$.",
        "$r=-(1-p)^2p$, so the curvature is $p(1-p)^2(3p-1)$.",
        "Which $p$ between 0 and 1 makes it zero? Then solve $\\sigma(z)=p$ for $z$.",
    ),
    diagnoses=(
        Diagnosis("p instead of z", 1 / 3, say="That is σ(z); the question asks for z."),
        Diagnosis("the target 0", np.log(2.0), say="That is where it happens for the target y = 0."),
        *(Diagnosis("the pull, not the curvature", value,
                    say="There the pull is as weak as at z = 0; the question is where the curvature is zero.")
          for value in (-1.4, -1.44, -1.4436)),
        Diagnosis("log p, not log p/(1 − p)", np.log(1 / 3),
                  say="That is log ⅓. Solve σ(z) = ⅓: the inverse of σ is log(p/(1 − p))."),
        Diagnosis("σ, not its inverse", 1 / (1 + np.exp(-1 / 3)),
                  say="That is σ(⅓). You have p = ⅓, and ask for the z with σ(z) = p."),
        Diagnosis("a logarithm to base 10", np.log10(0.5), say="σ has e in it: take the natural logarithm."),
        Diagnosis("the symmetric point", 0.0, say="At z = 0 the curvature is still positive: it is 1/16."),
        Diagnosis("wrong type", "minus log 2"),
    ),
)
