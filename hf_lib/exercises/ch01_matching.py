"""Exercises of notebook 01 on losses that match their output activation, and one that does not."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

__all__ = ["q4", "q5"]


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
                  say="Residual and curvature are derivatives with respect to the rate; those in z are asked for."),
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
        Diagnosis("sign of y z", lambda z, y: (np.exp(z) + y * z, np.exp(z) + y, np.exp(z)),
                  say="The sign of y z is wrong: −log of λ^y is −y log λ."),
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
        Diagnosis("another root", 2 / 3, say="⅔ is no root of the curvature for y = 1; and z is asked for, not p."),
        Diagnosis("rounded", -0.7, say="It is near there: give three digits, or an expression."),
        Diagnosis("the middle of the sigmoid", 0.5,
                  say="p = ½ is the sigmoid's middle. The curvature there is positive."),
        Diagnosis("the sign of log 3", np.log(3), say="That is −log ⅓. Solve σ(z) = ⅓: z = log(p/(1 − p))."),
        Diagnosis("σ, not its inverse", 1 / (1 + np.exp(-1 / 3)),
                  say="That is σ(⅓). You have p = ⅓; the z with σ(z) = p is asked for."),
        Diagnosis("the curvature at 0", 1 / 16, say="That is the curvature at z = 0; asked for is where it is zero."),
        Diagnosis("a logarithm to base 10", np.log10(0.5), say="σ has e in it: take the natural logarithm."),
        Diagnosis("the symmetric point", 0.0, say="At z = 0 the curvature is still positive: it is 1/16."),
        Diagnosis("wrong type", "minus log 2"),
    ),
)
