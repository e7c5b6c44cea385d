"""Exercises of notebook 00: how exercises answer."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from . import drawn_numbers

__all__ = ["q1", "q2", "q3"]

q1 = ValueExercise(
    name="ch00.q1", title="What did it cost?", kind="warm-up",
    stub="cost = ...  # in gradient-equivalents",
    code="cost = 1 + 15 * 4 / 3 + 9 / 3  # in gradient-equivalents",
    why="One gradient costs 1, fifteen curvature products cost $15 \\cdot \\frac43 = 20$, and nine values of $f$ "
        "cost $9 \\cdot \\frac13 = 3$. Together 24: a single Hessian-free step may cost as much as 24 steps of "
        "gradient descent. It has to be worth it.",
    hints=("Add up three parts: the gradient, the products, the values.",
           "A curvature product costs 4/3, a value of $f$ costs 1/3.",
           "Multiply each number of calls by its price; the gradient's price is 1."),
    variant=drawn_numbers.price,
    diagnoses=(
        Diagnosis("the products count as gradients", 1 + 15 + 3.0,
                  say="A curvature product is more expensive than a gradient: 4/3."),
        Diagnosis("the products count as two gradients", 1 + 30 + 3.0, say="A curvature product costs 4/3, not 2."),
        Diagnosis("the values left out", 21.0, say="The nine values of f cost something too: 1/3 each."),
        Diagnosis("the gradient left out", 23.0, say="The gradient itself costs 1."),
        Diagnosis("the values count as gradients", 30.0, say="A value of f is cheaper than a gradient: 1/3."),
        Diagnosis("everything counts as a gradient", 25.0,
                  say="You counted the calls. A product costs 4/3 and a value 1/3 of a gradient."),
        Diagnosis("the products as gradients, the values left out", 16.0,
                  say="A product costs 4/3, and the nine values cost 1/3 each."),
        Diagnosis("the prices exchanged", 18.0,
                  say="You took the price of a value for a product, and that of a product for a value."),
        Diagnosis("only the products", 20.0,
                  say="Only the products are counted: add the gradient and the nine values."),
        Diagnosis("wrong type", "twenty-four"),
        Diagnosis("passes, not gradients", 72,
                  say="That is in forward passes. Three of them are a gradient."),
        Diagnosis("half a product", 14, say="A product costs 4/3 of a gradient, not 2/3."),
    ),
)


def _error_cases(rng):
    """About half of the guesses are right; one table is square, in one all entries are negative."""
    for n, shift in ((4, 0.0), (10, 0.0), (7, -9.0), (25, 0.0), (40, 0.0)):
        Z = rng.normal(size=(n, 10)) + shift
        guesses = np.argmax(Z, axis=1)
        yield Z, np.where(np.arange(n) % 2 == 0, guesses, (guesses + rng.integers(1, 10, n)) % 10)


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
           "Compare the guesses with the labels; which share of the rows differs?"),
    cases=_error_cases,
    diagnoses=(
        Diagnosis("the share of right ones", lambda Z, labels: np.mean(np.argmax(Z, axis=1) == labels),
                  say="This is the share that is right; the error rate is the share that is wrong."),
        Diagnosis("a number, not a share", lambda Z, labels: np.sum(np.argmax(Z, axis=1) != labels),
                  say="This counts the mistakes; divide by the number of rows."),
        Diagnosis("in per cent", lambda Z, labels: 100 * np.mean(np.argmax(Z, axis=1) != labels),
                  say="This is per cent; a share lies between 0 and 1."),
        Diagnosis("divided by the outputs", lambda Z, labels: np.sum(np.argmax(Z, axis=1) != labels) / Z.shape[1],
                  say="You divided the number of mistakes by the number of columns; the share is one of the rows."),
        Diagnosis("divided by all entries", lambda Z, labels: np.sum(np.argmax(Z, axis=1) != labels) / Z.size,
                  say="You divided the number of mistakes by all entries of Z; the share is one of the rows."),
        *(Diagnosis("differences, not a count",
                    lambda Z, labels, size=size: np.mean(size(np.argmax(Z, axis=1) - labels)),
                    say="You average differences of digits. A wrong digit is one mistake, however far it is off.")
          for size in (np.positive, np.abs, np.square)),
        Diagnosis("columns counted from 1", lambda Z, labels: np.mean(np.argmax(Z, axis=1) + 1 != labels),
                  say="You added 1 to the column. Digits and columns both begin at 0."),
        Diagnosis("the smallest entry", lambda Z, labels: np.mean(np.argmin(Z, axis=1) != labels),
                  say="You compare with the column of the smallest entry; the guess is the column of the largest."),
        Diagnosis("by absolute value", lambda Z, labels: np.mean(np.argmax(np.abs(Z), axis=1) != labels),
                  say="You took the largest |entry|. A large negative output speaks against a digit."),
        Diagnosis("one guess for the whole table", lambda Z, labels: np.mean(np.argmax(Z) != labels),
                  say="`np.argmax` without `axis=1` gives one number for the whole table; each row has its own guess."),
        Diagnosis("every row is wrong", lambda Z, labels: 1.0,
                  say="All rows count as wrong. Compare each label with the column of its own row's largest entry: "
                      "`np.argmax` needs `axis=1`, and `np.max` gives the entry, not its column."),
        Diagnosis("wrong shape", lambda Z, labels: np.argmax(Z, axis=1) != labels),
    ),
)


def _mean_cases(rng):
    """One, two, three and ten outputs: a factor that is right for one number of outputs is wrong for another."""
    for n, m in ((5, 2), (3, 1), (4, 3), (7, 10)):
        yield rng.normal(size=(n, m)), rng.normal(size=(n, m))


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
           "An array of shape (N, 10) has 10 N entries.",
           "Add up all entries, and divide by the number of rows alone."),
    cases=_mean_cases,
    mean_over="Z",
    diagnoses=(
        Diagnosis("the bug is still there", lambda Z, Y: 0.5 * np.mean((Z - Y) ** 2)),
        Diagnosis("not squared", lambda Z, Y: 0.5 * np.mean(np.linalg.norm(Z - Y, axis=1)),
                  say="This is the mean length of the rows: the formula squares it."),
        Diagnosis("divided by the outputs", lambda Z, Y: 0.5 * np.sum((Z - Y) ** 2) / Z.shape[1],
                  say="You divided by the number of outputs, Z.shape[1]; the mean is over the rows, len(Z)."),
        Diagnosis("right for two outputs alone", lambda Z, Y: np.mean((Z - Y) ** 2),
                  say="You dropped the ½, but the mean still divides by the number of outputs as well: right where "
                      "that is 2."),
        Diagnosis("the sum squared", lambda Z, Y: 0.5 * np.sum(Z - Y) ** 2 / len(Z),
                  say="You square the sum, in which plus and minus cancel; square each difference, then add."),
        Diagnosis("the rows' sums squared", lambda Z, Y: 0.5 * np.mean(np.sum(Z - Y, axis=1) ** 2),
                  say="You square each row's sum, in which plus and minus cancel; square each entry, then add."),
        Diagnosis("the root of the sum", lambda Z, Y: 0.5 * np.linalg.norm(Z - Y) / len(Z),
                  say="`np.linalg.norm` takes the root of the sum of squares: square it."),
        Diagnosis("missing 1/N", lambda Z, Y: 0.5 * np.sum((Z - Y) ** 2)),
        Diagnosis("factor 2", lambda Z, Y: np.sum((Z - Y) ** 2) / len(Z)),
        Diagnosis("the square is missing", lambda Z, Y: 0.5 * np.sum(np.abs(Z - Y)) / len(Z),
                  say="These are absolute values, not squares."),
    ),
)
