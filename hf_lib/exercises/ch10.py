"""Exercises of notebook 10: a warm start's memory, a start for tanh units, two sick runs."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from . import drawn_numbers
from .slips import combined

__all__ = ["q1", "q2", "q3", "q4"]

q1 = ValueExercise(
    name="ch10.q1",
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
    variant=drawn_numbers.memory,
    diagnoses=(
        Diagnosis("one too few", 44, say="0.95⁴⁴ is 0.105, still above a tenth."),
        Diagnosis("one too many", 46, say="0.95⁴⁵ is 0.099 already: 46 is not the smallest."),
        Diagnosis("not a whole number", float(np.log(0.1) / np.log(0.95)),
                  say="n counts steps: take the next whole one."),
        Diagnosis("not a whole number", 44.9, say="n counts steps: take the next whole one."),
        Diagnosis("a negative number", -45, say="Both logarithms are negative: their quotient is positive."),
        Diagnosis("a negative number", -44, say="Both logarithms are negative: their quotient is positive."),
        Diagnosis("the sum of the weights", 20,
                  say="20 is the sum of all weights. Asked for is when one weight is small."),
        Diagnosis("loses a twentieth each", 18,
                  say="The weight does not fall by 0.05 a step but by 5 % of what is left."),
        Diagnosis("loses a twentieth each", 19,
                  say="The weight does not fall by 0.05 a step but by 5 % of what is left."),
        Diagnosis("a half", 14, say="0.95¹⁴ is 0.49, about a half. Asked for is a tenth."),
        Diagnosis("nine tenths", 3, say="0.95³ is 0.86: a tenth is lost. Asked for is when only a tenth is left."),
        Diagnosis("a hundredth", 90, say="0.95⁹⁰ is about 0.01. Asked for is a tenth."),
        Diagnosis("a twentieth", 59, say="0.95⁵⁹ is about 0.05. Asked for is a tenth."),
        Diagnosis("another factor", 22, say="0.9²² is about a tenth. The factor here is 0.95."),
        Diagnosis("the weight", 0.1, say="A tenth is the weight. Asked for is the number of steps."),
    ),
)


# ---- from sigmoid to tanh units --------------------------------------------------------------------


def _layers(rng):
    for n, m in ((3, 2), (2, 4), (5, 5)):
        yield rng.normal(size=(n, m)), rng.normal(size=m)


def _columns(W):
    return W.sum(axis=0)


def _to_tanh(W_by=4, b_by=2, constant=lambda W: _columns(W) / 4):
    """A `to_tanh`, right or wrong in some of its parts."""
    return lambda W, b: (W / W_by, b / b_by + constant(W))


q2 = FunctionExercise(
    name="ch10.q2",
    title="Tanh units that do what sigmoid units did",
    kind="find the bug",
    stub='''
        def to_tanh(W, b):
            """W' and b' of the tanh layer, from W (n, m) and b (m,) of the sigmoid layer."""
            return W / 2, b / 2
        ''',
    code='''
        def to_tanh(W, b):
            """W' and b' of the tanh layer, from W (n, m) and b (m,) of the sigmoid layer."""
            return W / 4, b / 2 + W.sum(axis=0) / 4          # h W = (t W + Σᵢ Wᵢ) / 2, and half of that
        ''',
    why="The student halved $s$, which is what the units of this layer need. But the inputs change as well: with "
        "$h = (1 + t)/2$ the sum is $h W = \\frac12 t W + \\frac12 \\sum_i W_i$, with the rows $W_i$ of $W$. So "
        "$\\frac12 s = \\frac14 t W + \\frac14 \\sum_i W_i + \\frac12 b$: a half for each side that is tanh, and the "
        "constant 1 in $h$ has gone into the bias.",
    hints=("Put $h = (1 + t)/2$ into $s = h W + b$ before you halve anything.",
           "$h W = \\frac12 t W + \\frac12 \\sum_i W_i$. The second term does not depend on $t$: where does it belong?",
           "Half of $\\frac12 t W + \\frac12 \\sum_i W_i + b$: what stands before t is W', the rest is b'."),
    cases=_layers,
    diagnoses=combined(
        _to_tanh,
        ("the constant lost", "The 1 in h = (1 + t)/2 has to go into the bias.", {"constant": lambda W: 0}),
        ("the constant not halved", "The constant of the inputs is ½ Σᵢ Wᵢ, and half of the whole sum goes into tanh.",
         {"constant": lambda W: _columns(W) / 2}),
        ("the constant whole", "The constant of the inputs is ½ Σᵢ Wᵢ, and half of the whole sum goes into tanh: ¼ Σᵢ "
                               "Wᵢ.",
         {"constant": _columns}),
        ("the constant halved too often", "The constant is ¼ Σᵢ Wᵢ: a half for the inputs, a half for the units.",
         {"constant": lambda W: _columns(W) / 8}),
        ("the constant's sign", "h = (1 + t)/2 has a plus: the constant is added to the bias.",
         {"constant": lambda W: -_columns(W) / 4}),
        ("summed over the units", "Each unit gets the sum of its own column: W.sum(axis=0).",
         {"constant": lambda W: W.sum() / 4}),
        ("a mean for the sum", "h W is a *sum* over the inputs, so the constant is a sum, not a mean.",
         {"constant": lambda W: W.mean(axis=0) / 4}),
        ("a constant without W", "The constant 1 goes through the weights: it is ¼ Σᵢ Wᵢ, not a number.",
         {"constant": lambda W: 0.25}),
        ("a half for the constant", "The constant 1 goes through the weights: it is ¼ Σᵢ Wᵢ, not a number.",
         {"constant": lambda W: 0.5}),
        ("the bias quartered", "b does not come from tanh units: only the half of this layer's own units concerns it.",
         {"b_by": 4}),
        ("the bias not halved", "Half of the *whole* sum goes into tanh, and b is a part of it.", {"b_by": 1}),
        ("weights halved once", "The weights are halved twice: once for the units, once for their inputs.",
         {"W_by": 2}),
        ("weights not changed", "The weights are halved twice: once for the units, once for their inputs.",
         {"W_by": 1}),
        ("weights halved three times", "The weights are halved twice: once for the units, once for their inputs.",
         {"W_by": 8}),
        ("weights doubled", "h = (1 + t)/2 halves the weights, and so does ½ s.", {"W_by": 0.25}),
        without=({"the constant lost", "weights halved once"},),                # the stub
    ),
)


# ---- name the sickness -----------------------------------------------------------------------------

NAMES = ("overflow", "ratio below zero", "runaway damping", "stuck damping", "harmful preconditioner", "dead units",
         "wrong sign", "small curvature batch")

q3 = ValueExercise(
    name="ch10.q3",
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
        "example. The remedy is a new start with shorter steps.",
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
        Diagnosis("ρ below zero once", "ratio below zero",
                  say="ρ was below 0 on the way. At the end it is near 1: judge by the end."),
        Diagnosis("CG as before", "harmful preconditioner",
                  say="CG takes as many iterations at the end as at the start, where f fell. It is something else that "
                      "changed."),
        Diagnosis("a model that is right", "small curvature batch",
                  say="A model made from too few examples is wrong about f. Here ρ is near 1 at the end: it is right."),
    ),
)

q4 = ValueExercise(
    name="ch10.q4",
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
           "The promise / (−φ) must lie between 1 and 2. Which fault puts it above?"),
    choices=NAMES,
    diagnoses=(
        Diagnosis("ρ above zero", "ratio below zero",
                  say="ρ is positive in almost every step. Look for an impossible value."),
        Diagnosis("λ still moves", "stuck damping",
                  say="λ falls where ρ is above ¾, as it should. Look for an impossible value."),
        Diagnosis("G of all examples", "small curvature batch",
                  say="Here G is made from all examples. Look for an impossible value."),
        Diagnosis("units live", "dead units", say="The share of dead units is 0. Look for an impossible value."),
        Diagnosis("nothing infinite", "overflow", say="Every number is finite, and f falls. Look for an impossible "
                                                      "value."),
        Diagnosis("λ falls", "runaway damping", say="λ falls from step to step. Look for an impossible value."),
        Diagnosis("CG is quick", "harmful preconditioner",
                  say="CG takes about a dozen iterations a step. Look for an impossible value."),
    ),
)
