"""Exercises of notebook 14: the KL divergence's second-order term; coordinates and samples stand in modules beside."""

import numpy as np

from hf_lib.judge.kinds import FunctionExercise

from .ch14_coordinates import q3, q4
from .ch14_samples import q2, q5
from .slips import combined

__all__ = ["q1", "q2", "q3", "q4", "q5"]


def _predictions(rng):
    for N, m in ((4, 3), (3, 2), (2, 5)):
        yield rng.dirichlet(np.ones(m), size=N), rng.normal(size=(N, m)) + 1


def _term(half=0.5, centre=lambda p, u: np.sum(p * u, axis=1, keepdims=True), power=lambda c: c**2,
          weight=lambda p, c: p * c, over=lambda c: np.mean(np.sum(c, axis=1))):
    """A `kl_quadratic`, right or wrong in some of its parts."""
    def kl_quadratic(p, Jd):
        return half * over(weight(p, power(Jd - centre(p, Jd))))
    return kl_quadratic


q1 = FunctionExercise(
    name="ch14.q1",
    title="How far a small step moves the predictions",
    kind="warm-up",
    stub='''
        def kl_quadratic(p, Jd):
            """½ δᵀFδ of a softmax model, a number: from p (N, m) and Jδ (N, m)."""
            return ...
        ''',
    code='''
        def kl_quadratic(p, Jd):
            """½ δᵀFδ of a softmax model, a number: from p (N, m) and Jδ (N, m)."""
            mean = np.sum(p * Jd, axis=1, keepdims=True)
            return 0.5 * np.mean(np.sum(p * (Jd - mean) ** 2, axis=1))
        ''',
    why="$\\delta^\\top F \\delta$ is the mean over the examples of $(J_n\\delta)^\\top (\\operatorname{diag}(p_n) - "
        "p_n p_n^\\top)\\, J_n\\delta = \\sum_j p_j u_j^2 - (\\sum_j p_j u_j)^2$ with $u = J_n \\delta$. That is the "
        "*variance* of the entries of $u$ when entry $j$ has probability $p_j$. If all logits move by the same amount, "
        "it is 0: the prediction has not moved.",
    hints=("Write $F$ as in step 2.3, with $H_L = \\operatorname{diag}(p) - p p^\\top$, and put $u = J_n\\delta$ on "
           "both sides.",
           "$u^\\top \\operatorname{diag}(p)\\, u = \\sum_j p_j u_j^2$. What is $u^\\top p\\, p^\\top u$?",
           "Half of the mean over $n$ of $\\sum_j p_j u_j^2 - (\\sum_j p_j u_j)^2$."),
    cases=_predictions,
    diagnoses=combined(
        _term,
        ("the factor ½", "The second-order term of a Taylor series has a factor ½.", {"half": 1.0}),
        ("the factor ½ twice", "One factor ½ is enough: F itself has none.", {"half": 0.25}),
        ("the sign", "A divergence is not negative: the sign is wrong.", {"half": -0.5}),
        ("p pᵀ left out", "H_L = diag(p) − p pᵀ: the second part, (Σ pⱼuⱼ)², is missing.", {"centre": lambda p, u: 0}),
        ("the plain mean", "The mean of u that is subtracted is the one under p, Σ pⱼuⱼ.",
         {"centre": lambda p, u: np.mean(u, axis=1, keepdims=True)}),
        ("one mean for all examples", "Each example has its own Σ pⱼuⱼ: sum along axis 1, and keep the axis.",
         {"centre": lambda p, u: np.sum(p * u) / len(p)}),
        ("without the square", "u stands on both sides of H_L: its entries are squared.", {"power": np.abs}),
        ("p squared", "In uᵀ diag(p) u each pⱼ stands once.", {"weight": lambda p, c: p**2 * c}),
        ("the root of p", "In uᵀ diag(p) u stands pⱼ itself.", {"weight": lambda p, c: np.sqrt(p) * c}),
        ("p(1 − p)", "p(1 − p) are only the diagonal entries of H_L.", {"weight": lambda p, c: p * (1 - p) * c}),
        ("unweighted", "The squares are weighted by p.", {"weight": lambda p, c: c}),
        ("a sum over the examples", "F is a mean over the examples: divide by N.", {"over": np.sum}),
        ("a mean over the outputs too", "Over the outputs it is a sum, over the examples a mean.", {"over": np.mean}),
        ("divided by the number of outputs", "The mean is over the N examples, not over the m outputs.",
         {"over": lambda c: np.sum(np.mean(c, axis=1))}),
        ("the root", "½ δᵀFδ itself is asked for, not its root.",
         {"half": 0.5, "over": lambda c: 2 * np.sqrt(0.5 * np.mean(np.sum(c, axis=1)))}),
        ("one number an example", "F is a mean over the examples: one number for all of them.",
         {"over": lambda c: np.sum(c, axis=1)}),
    ),
)
