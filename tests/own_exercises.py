"""Exercises of the tests' own, of every sort: what `hf_lib.judge` does is tested on them."""

import numpy as np

from hf_lib.exercises import Diagnosis, FunctionExercise, ValueExercise


def gauss_newton_cases(rng):
    for n, d in ((3, 4), (5, 2), (4, 3), (7, 5)):
        yield rng.normal(size=(n, d)), rng.uniform(0.5, 2.0, size=n), rng.normal(size=d)


FUNCTION = dict(
    name="ch99.q1",
    title="The Gauss–Newton product",
    kind="core",
    stub='''
        def product(J, h, v):
            """G v for G = (1/N) Jᵀ diag(h) J."""
            return ...
        ''',
    code='''
        def product(J, h, v):
            """G v for G = (1/N) Jᵀ diag(h) J."""
            Jv = J @ v                      # v → Jv
            return J.T @ (h * Jv) / len(J)  # HJv → JᵀHJv, and the mean
        ''',
    why="Three products with vectors; the matrix $G$ is never formed.",
    hints=("Read the formula from the right.", "First $Jv$.", "Then $J^T(h \\cdot Jv)/N$."),
    cases=gauss_newton_cases,
    linear_in="v",
    mean_over="J",
    own_work=(np.linalg.multi_dot,),
    diagnoses=(
        Diagnosis("curvature of the loss left out", lambda J, h, v: J.T @ (J @ v) / len(J), say="Where is h?"),
        Diagnosis("missing 1/N", lambda J, h, v: J.T @ (h * (J @ v))),
        Diagnosis("1/N twice", lambda J, h, v: J.T @ (h * (J @ v)) / len(J) ** 2),
        Diagnosis("sign", lambda J, h, v: -J.T @ (h * (J @ v)) / len(J)),
        Diagnosis("factor 2", lambda J, h, v: 2 * J.T @ (h * (J @ v)) / len(J)),
        Diagnosis("factor ½", lambda J, h, v: J.T @ (h * (J @ v)) / len(J) / 2),
        Diagnosis("constant factor", lambda J, h, v: 3.5 * J.T @ (h * (J @ v)) / len(J)),
        Diagnosis("wrong shape", lambda J, h, v: h * (J @ v) / len(J)),
        Diagnosis("wrong type", lambda J, h, v: {"Gv": v}),
        Diagnosis("wrong dtype", lambda J, h, v: (J.T @ (h * (J @ v)) / len(J)).astype(np.float32)),
        Diagnosis("not finite", lambda J, h, v: J.T @ (h * (J @ v)) / 0.0),
        Diagnosis("not linear", lambda J, h, v: J.T @ (h * (J @ v) ** 2) / len(J)),
        Diagnosis("not symmetric", lambda J, h, v: np.cumsum(v)),
        Diagnosis("argument without effect", lambda J, h, v: J.T @ (np.full(len(h), 1.25) * (J @ v)) / len(J)),
        Diagnosis("negative curvature", lambda J, h, v: J.T @ (h * (J @ v)) / len(J) - 9 * v),
        Diagnosis("wrong values", lambda J, h, v: J.T @ (h * (J @ v)) / len(J) + 0.1 * v),
        Diagnosis("wrong number of arguments", lambda J, v: v),
        Diagnosis("changed in place", lambda J, h, v: np.multiply(v, 2, out=v)),
        Diagnosis("raised an error", lambda J, h, v: J @ h @ v),
        Diagnosis("nothing returned", lambda J, h, v: None),
        Diagnosis("handed on", lambda J, h, v: np.linalg.multi_dot([J.T, h[:, None] * J, v]) / len(J)),
    ),
)

BUG = FunctionExercise(
    name="ch99.q2",
    title="A momentum step that loses its memory",
    kind="find the bug",
    stub="""
        def momentum(theta, velocity, gradient):
            velocity = 0.9 * theta - 0.1 * gradient
            return theta + velocity, velocity
        """,
    code="""
        def momentum(theta, velocity, gradient):
            velocity = 0.9 * velocity - 0.1 * gradient
            return theta + velocity, velocity
        """,
    why="The *velocity* is what decays.",
    hints=("What decays?", "Compare with the formula.", "One name is wrong in the first line."),
    cases=lambda rng: [tuple(rng.normal(size=(3, d))) for d in (2, 3, 4)],
    diagnoses=(
        Diagnosis("the bug is still there", lambda t, v, g: (1.9 * t - 0.1 * g, 0.9 * t - 0.1 * g)),
        Diagnosis("uphill", lambda t, v, g: (t + (w := 0.9 * v + 0.1 * g), w), say="The step goes up the slope."),
        Diagnosis("wrong type", lambda t, v, g: t + 0.9 * v - 0.1 * g),
    ),
)

VALUE = ValueExercise(
    name="ch99.q3",
    title="The largest step",
    kind="warm-up",
    stub="largest_step = ...",
    code="curvatures = np.array([1.0, 8.0])\nlargest_step = 2 / curvatures.max()",
    why="Each coordinate shrinks by $1 - \\alpha\\lambda$.",
    hints=("Which coordinate blows up first?", "Ask for $|1 - 8\\alpha| < 1$.", "It is $2/8$."),
    diagnoses=(
        Diagnosis("the flat coordinate", 2.0, say="That holds for the flat coordinate; the steep one blows up."),
        Diagnosis("factor ½", 0.125),
        Diagnosis("sign", -0.25),
        Diagnosis("wrong type", "a quarter"),
        Diagnosis("wrong shape", np.array([0.25, 2.0])),
    ),
)

CHOICE = ValueExercise(
    name="ch99.q4",
    title="Which one bounds the step?",
    kind="warm-up",
    stub="answer = ...  # 'largest' or 'smallest'",
    code="answer = 'largest'",
    why="The steepest coordinate does.",
    hints=("Draw it.", "Try two steps.", "Not the smallest."),
    choices=("largest", "smallest"),
    diagnoses=(
        Diagnosis("the wrong end", "smallest", say="The flat coordinate is patient."),
        Diagnosis("not a choice", "the middle one"),
        Diagnosis("wrong type", 8.0),
    ),
)

OWN = (FunctionExercise(**FUNCTION), BUG, VALUE, CHOICE)


def written_in_a_notebook(source, name="product"):
    namespace = {"np": np, "__name__": "__main__"}
    exec(source, namespace)
    return namespace[name]
