"""Exercises of notebook 10: a warm start's memory, a diagonal, two sick runs; CG's own are in `ch10_cg`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .ch10_cg import q1, q3

__all__ = ["q1", "q2", "q3", "q4", "q5", "q6"]

q2 = ValueExercise(
    name="ch10.q2",
    title="How long does a warm start remember?",
    kind="warm-up",
    stub="""
        steps = ...              # the smallest whole n with 0.95ⁿ < 0.1
        answer = steps
        """,
    code="""
        steps = int(np.ceil(np.log(0.1) / np.log(0.95)))
        answer = steps
        """,
    why="$0.95^n < 0.1$ means $n \\ln 0.95 < \\ln 0.1$. Both logarithms are negative, so dividing by $\\ln 0.95$ turns "
        "the sign: $n > \\ln 0.1 / \\ln 0.95 = 44.9$, and the smallest whole number is 45. All the weights together, "
        "$1 + 0.95 + 0.95^2 + \\dots = 1/(1 - 0.95) = 20$, say the same in another way: a memory of about 20 steps.",
    hints=("Take the logarithm of both sides.",
           "$\\ln 0.95$ is negative: dividing by it turns < into >.",
           "`np.log(0.1) / np.log(0.95)` is 44.9, and n has to be a whole number."),
    rtol=1e-6,
    diagnoses=(
        Diagnosis("one too few", 44, say="0.95⁴⁴ is 0.105, still above a tenth."),
        Diagnosis("not a whole number", float(np.log(0.1) / np.log(0.95)),
                  say="n counts steps: take the next whole one."),
        Diagnosis("the sum of the weights", 20,
                  say="20 is the sum of all weights. Asked for is when one weight is small."),
        Diagnosis("loses a twentieth each", 18,
                  say="The weight does not fall by 0.05 a step but by 5 % of what is left."),
    ),
)


# ---- the diagonal ----------------------------------------------------------------------------------


def _gradients(rng):
    for n, d in ((4, 3), (6, 2), (5, 5)):
        yield rng.normal(size=(n, d)), float(rng.uniform(0.1, 2)), float(rng.choice([0.5, 0.75]))


q4 = FunctionExercise(
    name="ch10.q4",
    title="A diagonal that forgets",
    kind="find the bug",
    stub='''
        def diagonal(g_n, lam, alpha):
            """M of the preconditioner, shape (d,); g_n (N, d): the gradient of each example."""
            g = np.mean(g_n, axis=0)
            return (g**2 + lam) ** alpha
        ''',
    code='''
        def diagonal(g_n, lam, alpha):
            """M of the preconditioner, shape (d,); g_n (N, d): the gradient of each example."""
            squares = np.mean(g_n**2, axis=0)            # square first, then the mean
            return (squares + lam) ** alpha
        ''',
    why="The square of the mean is not the mean of the squares. Near a minimum the gradients of the examples cancel: "
        "their mean goes to 0, and M becomes the constant $\\lambda^\\alpha$, which changes nothing. The mean of the "
        "squares stays, and tells how strongly each parameter acts. The student project's published code has this "
        "slip.",
    hints=("Try N = 2 with the gradients +3 and −3 for one parameter. What is M, and what ought it to be?",
           "The order of two operations is wrong.",
           "`np.mean(g_n**2, axis=0)`"),
    cases=_gradients,
    diagnoses=(
        Diagnosis("sum, not mean", lambda g_n, lam, alpha: (np.sum(g_n**2, axis=0) + lam) ** alpha,
                  say="You have the sum over the examples. f, G and λ here belong to means: divide by N."),
        Diagnosis("λ outside the power", lambda g_n, lam, alpha: np.mean(g_n**2, axis=0) ** alpha + lam,
                  say="λ belongs inside the power, beside the squares."),
        Diagnosis("the inverse", lambda g_n, lam, alpha: (np.mean(g_n**2, axis=0) + lam) ** -alpha,
                  say="This is 1/M. CG divides by M itself: z = r / M."),
        Diagnosis("sizes, not squares", lambda g_n, lam, alpha: (np.mean(np.abs(g_n), axis=0) + lam) ** alpha,
                  say="Squares, not absolute values: the curvature is quadratic in the derivatives."),
        Diagnosis("the mean over parameters", lambda g_n, lam, alpha: (np.mean(g_n**2, axis=1) + lam) ** alpha,
                  say="You have averaged over the parameters. The mean runs over the examples, axis 0."),
    ),
)

# ---- name the sickness -----------------------------------------------------------------------------

NAMES = ("overflow", "ratio below zero", "runaway damping", "stuck damping", "harmful preconditioner", "dead units",
         "wrong sign", "small curvature batch")

q5 = ValueExercise(
    name="ch10.q5",
    title="Patient P: name the sickness",
    kind="core",
    stub="""
        answer = ...             # patient P; one of the eight names of the table
        """,
    code="""
        answer = "dead units"
        """,
    why="All units are dead: the share in the chart is 100 %, and f stays near $\\ln 10 = 2.30$, the loss of a guess. "
        "ρ is near 1, because a network that only has its last biases left is nearly quadratic in them; so λ falls and "
        "falls. Both are consequences. A few steps that were far too long had pushed every unit below 0 for every "
        "example. The cure is a new start with steps that are held back.",
    hints=("Which of the columns would still look strange if the others were healthy?",
           "f ≈ 2.30. What does a network get that answers with the same ten probabilities for every image?",
           "Look at the last column, and at the loss ln 10."),
    choices=NAMES,
    diagnoses=(
        Diagnosis("the falling λ", "stuck damping",
                  say="λ moves: it falls, as it should after ρ > 3/4. Stuck damping would stay after ρ < 1/4."),
        Diagnosis("a good ρ is not all", "wrong sign",
                  say="The promise lies between 1 and 2 times −φ: the sign is right."),
        Diagnosis("λ the wrong way", "runaway damping", say="A runaway λ grows. Here it falls, since ρ is near 1."),
        Diagnosis("nothing infinite", "overflow", say="Every f is a number. Look for a network that cannot move."),
    ),
)

q6 = ValueExercise(
    name="ch10.q6",
    title="Patient Q: name the sickness",
    kind="stretch",
    stub="""
        answer = ...             # patient Q; one of the eight names of the table
        """,
    code="""
        answer = "wrong sign"
        """,
    why="f falls, ρ is below 1 and looks decent, λ moves: nothing seems wrong. But the promise is more than twice CG's "
        "own −φ, and no G ⪰ 0 allows that (step 10.1). The quadratic term has a plus where a minus belongs, so ρ comes "
        "out too small and λ stays higher than it need be.",
    hints=("f falls nicely. So which of the columns holds a value that is impossible?",
           "Step 10.1 gives bounds for one of the columns.",
           "The promise / (−φ) must lie between 1 and 2."),
    choices=NAMES,
    diagnoses=(
        Diagnosis("ρ above zero", "ratio below zero",
                  say="ρ is positive in almost every step. Look for an impossible value."),
        Diagnosis("λ still moves", "stuck damping",
                  say="λ falls where ρ is above ¾, as it should. Look for an impossible value."),
        Diagnosis("G of all examples", "small curvature batch",
                  say="Here G is made from all examples. Look for an impossible value."),
        Diagnosis("units live", "dead units", say="The share of dead units is 0. Look for an impossible value."),
    ),
)
