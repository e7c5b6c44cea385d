"""Exercise of notebook 03 on a step that goes downhill where H is indefinite."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q4"]


def _by_eigenvalues(change):
    """A wrong `descent_step`: each eigen-component divided by change(h, floor)."""
    def step(H, g, floor):
        h, Q = np.linalg.eigh(H)
        return -Q @ ((Q.T @ g) / change(h, floor))
    return step


def _entries(H, g, floor):
    return -g / np.maximum(np.abs(np.diag(H)), floor)


def _in_eigendirections(H, g, floor):
    h, Q = np.linalg.eigh(H)
    return -(Q.T @ g) / np.maximum(np.abs(h), floor)


def _sign_kept(h, floor):
    return np.where(h < 0, -1.0, 1.0) * np.maximum(np.abs(h), floor)


def _untransposed(H, g, floor):
    h, Q = np.linalg.eigh(H)
    return -Q.T @ ((Q @ g) / np.maximum(np.abs(h), floor))


def _flat_cases(rng):
    """Large and small curvatures of either sign, another floor each time."""
    for d, floor in ((4, 0.1), (5, 0.3), (6, 0.05)):
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        small = 0.005 if d == 4 else 0.2                                # below any floor that a reader types in, too
        h = np.r_[-1.5, small * floor, -0.4 * floor, 2.0, rng.uniform(-2, 3, d - 4)]
        yield (Q * h) @ Q.T, rng.normal(size=d), floor
    yield np.diag([3.0, 0.5]), rng.normal(size=2), 1e-3


q4 = FunctionExercise(
    name="ch03.q4",
    title="A step that always goes downhill",
    kind="warm-up",
    stub='''
        def descent_step(H, g, floor):
            """−Q diag(1/m) Qᵀ g with H = Q diag(h) Qᵀ and m_i = max(|h_i|, floor)."""
            return ...
        ''',
    code='''
        def descent_step(H, g, floor):
            """−Q diag(1/m) Qᵀ g with H = Q diag(h) Qᵀ and m_i = max(|h_i|, floor)."""
            h, Q = np.linalg.eigh(H)
            m = np.maximum(np.abs(h), floor)
            return -Q @ ((Q.T @ g) / m)
        ''',
    why="In the eigendirections $g^\\top p = -\\sum_i \\tilde g_i^2 / m_i$ with $\\tilde g = Q^\\top g$, and every "
        "$m_i$ is positive: downhill. Where $h_i$ is large and positive, this is Newton's step.",
    hints=("`h, Q = np.linalg.eigh(H)`: the columns of Q are the eigenvectors.",
           "The components of the gradient are `Q.T @ g`; divide each by its $m_i$, then turn back with `Q`.",
           "`np.maximum` compares entry by entry. Mind the order: modulus first, then the floor."),
    cases=_flat_cases,
    linear_in="g",
    rtol=1e-8,
    diagnoses=(
        Diagnosis("sign", _by_eigenvalues(lambda h, floor: -np.maximum(np.abs(h), floor))),
        Diagnosis("no modulus", _by_eigenvalues(lambda h, floor: np.maximum(h, floor)),
                  say="max(h, floor) turns every negative curvature into the floor, and its step becomes enormous."),
        Diagnosis("sign of h kept", _by_eigenvalues(_sign_kept),
                  say="Every h keeps its sign here, so negative curvature still sends you uphill. Divide by m itself."),
        Diagnosis("no floor", _by_eigenvalues(lambda h, floor: np.abs(h)),
                  say="Where |h| is below the floor, divide by the floor."),
        Diagnosis("the floor added", _by_eigenvalues(lambda h, floor: np.abs(h) + floor),
                  say="You add the floor to every |h|. The larger of the two is asked for."),
        Diagnosis("small negative h keep their sign",
                  _by_eigenvalues(lambda h, floor: np.where(np.abs(h) < floor, np.sign(h) * floor, np.abs(h))),
                  say="Where |h| is below the floor your divisor keeps the sign of h: m is positive always."),
        Diagnosis("the floor for negative h alone", _by_eigenvalues(lambda h, floor: np.where(h < 0, floor, h)),
                  say="Negative curvatures count with their modulus, and small positive ones need the floor as well."),
        Diagnosis("the smaller of the two", _by_eigenvalues(lambda h, floor: np.minimum(np.abs(h), floor)),
                  say="You took the smaller of |h| and the floor; the floor is what m may not fall below."),
        Diagnosis("−h below the floor", _by_eigenvalues(lambda h, floor: np.where(h < floor, -h, h)),
                  say="Your divisor is −h wherever h is below the floor: negative for small positive h, and tiny."),
        Diagnosis("the floor smoothed", _by_eigenvalues(lambda h, floor: np.sqrt(h * h + floor * floor)),
                  say="√(h² + floor²) is close to max(|h|, floor), and not the same."),
        Diagnosis("the entries of H", lambda H, g, floor: -np.linalg.solve(np.maximum(np.abs(H), floor), g),
                  say="You change the entries of H; m is made of its eigenvalues."),
        Diagnosis("directions left out", _by_eigenvalues(lambda h, floor: np.where(h > floor, h, np.inf)),
                  say="You do not move where h is negative or small. Divide by m there, too."),
        Diagnosis("damped", lambda H, g, floor: -np.linalg.solve(H + floor * np.eye(len(g)), g),
                  say="You add the floor to every eigenvalue: a negative one may still be negative."),
        Diagnosis("shifted to the floor", _by_eigenvalues(lambda h, floor: h + max(0.0, -h.min()) + floor),
                  say="You shift all eigenvalues by the same λ. Here each is changed on its own: max(|h|, floor)."),
        Diagnosis("not turned back", _in_eigendirections,
                  say="These are the components in the eigendirections; turn them back with Q."),
        Diagnosis("not turned at all", lambda H, g, floor: -g / np.maximum(np.abs(np.linalg.eigvalsh(H)), floor),
                  say="Entry i of g does not belong to eigenvalue i: turn g into the eigendirections first, Qᵀ g."),
        Diagnosis("Newton", lambda H, g, floor: -np.linalg.solve(H, g),
                  say="This is Newton's step: it goes uphill in the directions of negative curvature."),
        Diagnosis("Q and Qᵀ exchanged", _untransposed,
                  say="The eigenvectors are the columns of Q: the components of g are Qᵀ g."),
        Diagnosis("the diagonal", _entries, say="The diagonal of H does not hold the eigenvalues."),
    ),
)
