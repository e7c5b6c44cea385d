"""Exercises of notebook 00: how exercises answer."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from . import drawn_numbers

__all__ = ["q1", "q2", "q3"]

q1 = ValueExercise(
    name="ch00.q1", title="What did it cost?", kind="warm-up",
    stub="cost = ...  # in gradient-equivalents",
    code="cost = 1 + 12 * 4 / 3 + 3 * 1 / 3  # in gradient-equivalents",
    why="One gradient costs 1, twelve curvature products cost $12 \\cdot \\frac43 = 16$, and three values of $f$ "
        "cost $3 \\cdot \\frac13 = 1$. Together 18: a single Hessian-free step may cost as much as 18 steps of "
        "gradient descent. It has to be worth it.",
    hints=("Add up three parts: the gradient, the products, the values.",
           "A curvature product costs 4/3, a value of $f$ costs 1/3.",
           "It is $1 + 12 \\cdot \\frac43 + 3 \\cdot \\frac13$."),
    variant=drawn_numbers.price,
    diagnoses=(
        Diagnosis("the products count as gradients", 1 + 12 + 1.0,
                  say="A curvature product is dearer than a gradient: 4/3."),
        Diagnosis("the values left out", 17.0, say="The three values of f cost something too: 1/3 each."),
        Diagnosis("the values count as gradients", 20.0, say="A value of f is cheaper than a gradient: 1/3."),
        Diagnosis("the prices exchanged", 9.0,
                  say="You took the price of a value for a product, and that of a product for a value."),
        Diagnosis("only the products", 16.0,
                  say="Only the products are counted: add the gradient and the three values."),
        Diagnosis("wrong type", "eighteen"),
    ),
)


def _error_cases(rng):
    for n in (4, 7, 10):
        yield rng.normal(size=(n, 3)), rng.integers(0, 3, n)


q2 = FunctionExercise(
    name="ch00.q2", title="The share of wrong digits", kind="core",
    stub='''
        def error_rate(Z, labels):
            """Share of rows of Z whose largest entry is not in the column of its label."""
            return ...
        ''',
    code='''
        def error_rate(Z, labels):
            """Share of rows of Z whose largest entry is not in the column of its label."""
            guesses = np.argmax(Z, axis=1)
            return np.mean(guesses != labels)
        ''',
    why="The network's guess is the output with the largest value. Comparing gives an array of booleans, "
        "and its mean is the share of `True`.",
    hints=("The network's guess for a row is the number of the column with the largest entry.",
           "`np.argmax(Z, axis=1)` gives one guess a row.",
           "Compare the guesses with the labels by `!=`, and take the mean."),
    cases=_error_cases,
    diagnoses=(
        Diagnosis("the share of right ones", lambda Z, labels: np.mean(np.argmax(Z, axis=1) == labels),
                  say="This is the share that is right; the error rate is the share that is wrong."),
        Diagnosis("a number, not a share", lambda Z, labels: np.sum(np.argmax(Z, axis=1) != labels),
                  say="This counts the mistakes; divide by the number of rows."),
        Diagnosis("in per cent", lambda Z, labels: 100 * np.mean(np.argmax(Z, axis=1) != labels),
                  say="This is per cent; a share lies between 0 and 1."),
        Diagnosis("wrong shape", lambda Z, labels: np.argmax(Z, axis=1) != labels),
    ),
)


def _mean_cases(rng):
    for n in (3, 5, 8):
        yield rng.normal(size=(n, 2)), rng.normal(size=(n, 2))


q3 = FunctionExercise(
    name="ch00.q3", title="A loss that depends on the number of outputs", kind="find the bug",
    stub='''
        def squared_loss(Z, Y):
            """(1/N) Σ_n ½‖z_n − y_n‖², the mean over the N rows."""
            return 0.5 * np.mean((Z - Y) ** 2)
        ''',
    code='''
        def squared_loss(Z, Y):
            """(1/N) Σ_n ½‖z_n − y_n‖², the mean over the N rows."""
            return 0.5 * np.sum((Z - Y) ** 2) / len(Z)
        ''',
    why="`np.mean` divides by the number of *entries*, rows times outputs. The formula divides by the number of "
        "rows alone. With one output the two agree, so a test on the sine data would never have found it.",
    hints=("By what does the formula divide, and by what does the code?",
           "An array of shape (N, 2) has 2N entries.",
           "Use `np.sum`, and divide by `len(Z)`."),
    cases=_mean_cases,
    diagnoses=(
        Diagnosis("the bug is still there", lambda Z, Y: 0.5 * np.mean((Z - Y) ** 2)),
        Diagnosis("not squared", lambda Z, Y: 0.5 * np.mean(np.linalg.norm(Z - Y, axis=1)),
                  say="This is the mean length of the rows: the formula squares it."),
        Diagnosis("divided by the outputs", lambda Z, Y: 0.5 * np.sum((Z - Y) ** 2) / Z.shape[1],
                  say="You divided by the number of outputs, Z.shape[1]; the mean is over the rows, len(Z)."),
        Diagnosis("not divided at all", lambda Z, Y: 0.5 * np.sum((Z - Y) ** 2),
                  say="A mean over the rows divides by N."),
        Diagnosis("factor 2", lambda Z, Y: np.sum((Z - Y) ** 2) / len(Z)),
        Diagnosis("the square is missing", lambda Z, Y: 0.5 * np.sum(np.abs(Z - Y)) / len(Z),
                  say="These are absolute values, not squares."),
    ),
)
