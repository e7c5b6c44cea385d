"""Exercises of notebook 14: gradient, Fisher matrix and Hessian in other coordinates, and the damped step there."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .slips import combined

__all__ = ["q3", "q4"]


def _symmetric(rng, *shape):
    M = rng.normal(size=(*shape, shape[-1]))
    return M + np.swapaxes(M, -1, -2)


def _changes(rng):
    for d in (3, 2, 4):
        yield rng.normal(size=d), _symmetric(rng, d), _symmetric(rng, d), rng.normal(size=(d, d)), _symmetric(rng, d, d)


def _changed(first=lambda g, A: A.T @ g, fisher=lambda F, A: A.T @ F @ A, hessian=lambda H, A: A.T @ H @ A,
             bend=lambda g, A, B: np.einsum("i,ijk->jk", g, B)):
    """An `in_new_coordinates`, right or wrong in some of its parts."""
    return lambda g, F, H, A, B: (first(g, A), fisher(F, A), hessian(H, A) + bend(g, A, B))


def _changed_with_bend_in_F(g, F, H, A, B):
    bend = np.einsum("i,ijk->jk", g, B)
    return A.T @ g, A.T @ F @ A + bend, A.T @ H @ A + bend


q3 = FunctionExercise(
    name="ch14.q3",
    title="Gradient, F and H in other coordinates",
    kind="core",
    stub='''
        def in_new_coordinates(g, F, H, A, B):
            """∇f, F and H with respect to η, where θ = ψ(η).

            g (d,), F and H (d, d) with respect to θ; A (d, d) holds ∂θ_i/∂η_j;
            B (d, d, d): B[i] is the matrix of second derivatives of θ_i.
            """
            g_new = ...
            F_new = ...
            H_new = ...
            return g_new, F_new, H_new
        ''',
    code='''
        def in_new_coordinates(g, F, H, A, B):
            """∇f, F and H with respect to η, where θ = ψ(η).

            g (d,), F and H (d, d) with respect to θ; A (d, d) holds ∂θ_i/∂η_j;
            B (d, d, d): B[i] is the matrix of second derivatives of θ_i.
            """
            g_new = A.T @ g
            F_new = A.T @ F @ A
            H_new = A.T @ H @ A + np.einsum("i,ijk->jk", g, B)
            return g_new, F_new, H_new
        ''',
    why="$\\partial f / \\partial \\eta_j = \\sum_i A_{ij} g_i$. Every per-example gradient changes in the same way, "
        "so $F$, a mean of $g g^\\top$, becomes $A^\\top F A$. For $H$ differentiate $A^\\top g$ once more, by the "
        "product rule: $g$ changes along $A$, which gives $A^\\top H A$, and $A$ itself changes, which gives "
        "$\\sum_i g_i \\nabla^2 \\theta_i$. This second term vanishes where ψ is linear, and where $g = 0$.",
    hints=("Begin with the chain rule for one entry, $\\partial f / \\partial \\eta_j$. Which index of A is summed?",
           "F is a mean of products $g g^\\top$. And H is the derivative of $A^\\top g$: *two* factors depend on η.",
           "For F both factors $g$ become $A^\\top g$. H has that term too, and the sum of the `B[i]`, each times an "
           "entry of g."),
    cases=_changes,
    diagnoses=combined(
        _changed,
        ("A for its transpose", "∂f/∂η_j = Σ_i A_ij g_i: the sum is over A's first index, so it is Aᵀ g.",
         {"first": lambda g, A: A @ g}),
        ("the inverse", "The chain rule multiplies ∂f/∂θ by ∂θ/∂η = A. No inverse is taken.",
         {"first": lambda g, A: np.linalg.solve(A, g)}),
        ("A F Aᵀ", "Each g in F becomes Aᵀ g, and each gᵀ becomes gᵀA: AᵀFA.", {"fisher": lambda F, A: A @ F @ A.T}),
        ("A H Aᵀ", "H's first term is Aᵀ H A, with A as in F.", {"hessian": lambda H, A: A @ H @ A.T}),
        ("the bend left out", "H has a second term wherever ψ is not linear: A itself depends on η.",
         {"bend": lambda g, A, B: 0}),
        ("the bend without g", "In H's second term each B[i] has the factor g_i.",
         {"bend": lambda g, A, B: B.sum(axis=0)}),
        ("the bend's sign", "The second term is added: it comes from the product rule.",
         {"bend": lambda g, A, B: -np.einsum("i,ijk->jk", g, B)}),
        ("half the bend", "The second term has no factor ½: H is a derivative, not a term of a Taylor series.",
         {"bend": lambda g, A, B: 0.5 * np.einsum("i,ijk->jk", g, B)}),
        ("F as it was", "F changes with the coordinates: every g in it becomes Aᵀ g.",
         {"fisher": lambda F, A: F}),
        ("one A in F", "F has g twice, so A comes twice: Aᵀ F A.", {"fisher": lambda F, A: A.T @ F}),
        ("the bend alone", "g itself changes with η too: that is the term Aᵀ H A.", {"hessian": lambda H, A: 0}),
    ) + (
        Diagnosis("a bend in F too", _changed_with_bend_in_F,
                  say="F is made of first derivatives alone: it has no term with second derivatives of ψ."),
        Diagnosis("the new gradient in the bend",
                  _changed(bend=lambda g, A, B: np.einsum("i,ijk->jk", A.T @ g, B)),
                  say="B[i] belongs to θ_i, so its factor is g_i, the derivative with respect to θ_i."),
    ),
)


def _damped(rng):
    for d, lam in ((2, 0.5), (3, 2.0), (4, 0.1)):
        M = rng.normal(size=(d, d + 2))
        yield rng.normal(size=d), M @ M.T / d, rng.normal(size=(d, d)) + 1.5 * np.eye(d), lam


def _natural(right=lambda g, A: -A.T @ g, matrix=lambda F, A, lam: A.T @ F @ A + lam * np.eye(len(A)),
             back=lambda A, e: A @ e, metric=lambda A: np.linalg.inv(A @ A.T)):
    """A `step_of_other_coordinates`, right or wrong in some of its parts."""
    return lambda g, F, A, lam: (back(A, np.linalg.solve(matrix(F, A, lam), right(g, A))), metric(A))


q4 = FunctionExercise(
    name="ch14.q4",
    title="Somebody else's damping",
    kind="stretch",
    stub='''
        def step_of_other_coordinates(g, F, A, lam):
            """The damped natural step in η, seen in θ = A η; and the M of its damping.

            g (d,), F (d, d) with respect to θ; A (d, d) invertible; lam > 0.
            The step in η is that of AᵀFA + λI. Return δ (d,), the change of θ that it
            makes, and M (d, d) with (F + λM) δ = −g whatever g, F and λ are.
            """
            delta = ...
            M = ...
            return delta, M
        ''',
    code='''
        def step_of_other_coordinates(g, F, A, lam):
            """The damped natural step in η, seen in θ = A η; and the M of its damping.

            g (d,), F (d, d) with respect to θ; A (d, d) invertible; lam > 0.
            The step in η is that of AᵀFA + λI. Return δ (d,), the change of θ that it
            makes, and M (d, d) with (F + λM) δ = −g whatever g, F and λ are.
            """
            step = np.linalg.solve(A.T @ F @ A + lam * np.eye(len(g)), -A.T @ g)
            delta = A @ step
            M = np.linalg.inv(A @ A.T)
            return delta, M
        ''',
    why="Put $A^\\top F A + \\lambda I = A^\\top (F + \\lambda M) A$: that asks for $A^\\top M A = I$, so "
        "$M = A^{-\\top} A^{-1} = (A A^\\top)^{-1}$. Then $A^\\top (F + \\lambda M) A\\,\\delta_\\eta = -A^\\top g$, "
        "and the outer $A^\\top$ drops out. So λI in other coordinates is *another* damping in yours, and it measures "
        "the step by $\\lVert \\delta_\\eta \\rVert^2 = \\delta^\\top M \\delta$. With λ = 0 no trace of $A$ is left.",
    hints=("First solve for the step in η. θ = A η: by how much does θ move?",
           "Write $A^\\top F A + \\lambda I$ as $A^\\top (F + \\lambda M) A$. What must $A^\\top M A$ be?",
           "$A^\\top M A = I$: multiply by the inverses of $A^\\top$ and $A$, from the left and the right."),
    cases=_damped,
    rtol=1e-8,
    diagnoses=combined(
        _natural,
        ("the step in η", "This is the step in η. θ moves by A times it.", {"back": lambda A, e: e}),
        ("back by the inverse", "θ = A η: the step in θ is A times that in η, not A⁻¹.",
         {"back": lambda A, e: np.linalg.solve(A, e)}),
        ("back by the transpose", "θ = A η: the step in θ is A times that in η, not Aᵀ.",
         {"back": lambda A, e: A.T @ e}),
        ("uphill", "The step goes against the gradient.", {"right": lambda g, A: A.T @ g}),
        ("the gradient in θ", "In η the gradient is Aᵀ g.", {"right": lambda g, A: -g}),
        ("A for its transpose in the gradient", "In η the gradient is Aᵀ g.", {"right": lambda g, A: -A @ g}),
        ("A F Aᵀ", "In η the Fisher matrix is AᵀFA.", {"matrix": lambda F, A, lam: A @ F @ A.T + lam * np.eye(len(A))}),
        ("λ left out", "The step in η is damped: AᵀFA + λI.", {"matrix": lambda F, A, lam: A.T @ F @ A}),
        ("λ scaled along", "The damping in η is λI, not λAᵀA: that one would be λI in θ.",
         {"matrix": lambda F, A, lam: A.T @ (F + lam * np.eye(len(A))) @ A}),
        ("M is not I", "λI in η is another damping in θ: AᵀMA = I.", {"metric": lambda A: np.eye(len(A))}),
        ("M the wrong way round", "AᵀMA = I gives M = A⁻ᵀA⁻¹: A and Aᵀ are exchanged.",
         {"metric": lambda A: np.linalg.inv(A.T @ A)}),
        ("M not inverted", "AᵀMA = I gives the *inverse* of A Aᵀ.", {"metric": lambda A: A @ A.T}),
        ("AᵀA for M", "AᵀMA = I: M has the inverses of Aᵀ and A.", {"metric": lambda A: A.T @ A}),
        ("one inverse", "AᵀMA = I has A twice, so M has its inverse twice.", {"metric": np.linalg.inv}),
    ) + (Diagnosis("the two exchanged", lambda *a: _natural()(*a)[::-1], say="The order is δ, then M."),),
)
