"""Exercises of notebook 03 on steps where H is indefinite: downhill, damped, inside a radius."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q4", "q5", "q6"]


def positive_definite(rng, d):
    M = rng.normal(size=(d, d))
    return M @ M.T + np.eye(d)


def indefinite(rng, d):
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    h = rng.uniform(0.5, 3.0, d) * np.where(np.arange(d) % 2, 1.0, -1.0)
    return (Q * h) @ Q.T


def _by_eigenvalues(change):
    """A wrong `descent_step`: each eigen-component divided by change(h, floor)."""
    def step(H, g, floor):
        h, Q = np.linalg.eigh(H)
        return -Q @ ((Q.T @ g) / change(h, floor))
    return step


def _entries(H, g, floor):
    return -g / np.maximum(np.abs(np.diag(H)), floor)


def _sign_kept(h, floor):
    return np.where(h < 0, -1.0, 1.0) * np.maximum(np.abs(h), floor)


def _untransposed(H, g, floor):
    h, Q = np.linalg.eigh(H)
    return -Q.T @ ((Q @ g) / np.maximum(np.abs(h), floor))


def _flat_cases(rng):
    for d in (2, 3, 5):
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        h = np.r_[-1.5, 0.02, rng.uniform(-2, 3, d - 2)]
        yield (Q * h) @ Q.T, rng.normal(size=d), 0.1


q4 = FunctionExercise(
    name="ch03.q4",
    title="A step that always goes downhill",
    kind="core",
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
           "`m = np.maximum(np.abs(h), floor)` and `-Q @ ((Q.T @ g) / m)`."),
    cases=lambda rng: list(_flat_cases(rng)),
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
        Diagnosis("Newton", lambda H, g, floor: -np.linalg.solve(H, g),
                  say="This is Newton's step: it goes uphill in the directions of negative curvature."),
        Diagnosis("Q and Qᵀ exchanged", _untransposed,
                  say="The eigenvectors are the columns of Q: the components of g are Qᵀ g."),
        Diagnosis("the diagonal", _entries, say="The diagonal of H does not hold the eigenvalues."),
    ),
)


def _passes_the_floor(lam, better):
    if better:
        return lam / 4 if lam > 1e-3 else lam
    return 4 * lam


def _stops_above_the_floor(lam, better):
    if better:
        return lam / 4 if lam / 4 >= 1e-3 else lam
    return 4 * lam


def _sticks_at_the_floor(lam, better):
    if better:
        return max(lam / 4, 1e-3)
    return 4 * lam if lam > 1e-3 else lam


q5 = FunctionExercise(
    name="ch03.q5",
    title="Damping that gets stuck",
    kind="find the bug",
    stub='''
        def next_damping(lam, better):
            """The next λ: a quarter after a better step, never below the floor; else 4 λ."""
            floor = 1e-3
            if better and lam > floor:
                return lam / 4
            elif not better and lam > floor:
                return lam * 4
            return lam
        ''',
    code='''
        def next_damping(lam, better):
            """The next λ: a quarter after a better step, never below the floor; else 4 λ."""
            floor = 1e-3
            if better:
                return max(lam / 4, floor)
            return 4 * lam
        ''',
    why="Both branches asked for λ above the floor. The first can carry λ *below* it (0.002 becomes 0.0005), and from "
        "then on neither branch applies: λ stays there for ever, however bad the steps are. The floor has to hold "
        "for what is returned, and it has no business in the branch that grows. This bug was found in a published "
        "implementation of Hessian-free optimisation.",
    hints=("Start at λ = 0.002, say *better* once and then *worse* ten times. What is λ?",
           "Which branch should the floor limit, and should it limit what comes in or what goes out?",
           "Return `max(lam / 4, floor)` when better, and `4 * lam` always when worse."),
    cases=lambda rng: [(1.0, True), (1.0, False), (2e-3, True), (5e-4, False), (1e-3, True), (1e-3, False)],
    diagnoses=(
        Diagnosis("the floor is passed", _passes_the_floor,
                  say="λ grows again now. But 0.002 still becomes 0.0005: the floor must hold for what is returned."),
        Diagnosis("short of the floor", _stops_above_the_floor,
                  say="From 0.002 a better step should lead to the floor, 0.001. Yours stays at 0.002."),
        Diagnosis("still stuck", _sticks_at_the_floor,
                  say="A bad step at the floor, or below it, must raise λ."),
        Diagnosis("no floor", lambda lam, better: lam / 4 if better else 4 * lam,
                  say="λ must not fall below 0.001, or many good steps will bring it to nothing."),
        Diagnosis("the wrong way round", lambda lam, better: 4 * lam if better else max(lam / 4, 1e-3),
                  say="A good step earns trust: λ falls. After a bad one it rises."),
    ),
)


def _shortened(H, g, radius):
    p = -np.linalg.solve(H, g)
    return p * min(1.0, radius / np.linalg.norm(p))


def _on_the_edge(H, g, radius, low, high):
    """The step from 100 halvings of a given interval of λ."""
    h, Q = np.linalg.eigh(H)
    c = Q.T @ g
    for _ in range(100):
        lam = (low + high) / 2
        low, high = (lam, high) if np.linalg.norm(c / (h + lam)) > radius else (low, lam)
    return -Q @ (c / (h + high))


def _always_on_the_edge(H, g, radius):
    low = -np.linalg.eigvalsh(H)[0]
    return _on_the_edge(H, g, radius, low, low + np.linalg.norm(g) / radius)


def _fixed_interval(H, g, radius):
    if np.linalg.eigvalsh(H)[0] > 0 and np.linalg.norm(np.linalg.solve(H, g)) <= radius:
        return -np.linalg.solve(H, g)
    return _on_the_edge(H, g, radius, 0.0, 2.0)


def _trust_cases(rng):
    for d, radius in ((2, 0.5), (3, 0.2), (4, 2.0)):
        yield indefinite(rng, d), rng.normal(size=d), radius
    H, g = positive_definite(rng, 3), rng.normal(size=3)
    p = np.linalg.norm(np.linalg.solve(H, g))
    yield H, g, 3 * p
    yield H, g, 0.3 * p


q6 = FunctionExercise(
    name="ch03.q6",
    title="The best step inside a radius",
    kind="stretch",
    stub='''
        def step_within(H, g, radius):
            """The δ with the lowest q(δ) among ‖δ‖ ≤ radius; H symmetric, maybe indefinite."""
            return ...
        ''',
    code='''
        def step_within(H, g, radius):
            """The δ with the lowest q(δ) among ‖δ‖ ≤ radius; H symmetric, maybe indefinite."""
            h, Q = np.linalg.eigh(H)
            c = Q.T @ g                               # components of the gradient
            length = lambda lam: np.linalg.norm(c / (h + lam))
            if h[0] > 0 and length(0.0) <= radius:
                return -Q @ (c / h)                   # Newton's step fits
            low = max(0.0, -h[0])                     # too long just above it
            high = low + np.linalg.norm(g) / radius   # here each |h + λ| ≥ ‖g‖/radius: short enough
            for _ in range(100):
                lam = (low + high) / 2
                if length(lam) > radius:
                    low = lam
                else:
                    high = lam
            return -Q @ (c / (h + high))
        ''',
    why="Step 6.4 says that $p(\\lambda)$ is the best step of its own length, for every $\\lambda \\ge 0$ with "
        "$H + \\lambda I$ positive definite, and step 6.5 that its length falls as $\\lambda$ grows. So halve the "
        "interval until the length is right. (The hard case is left out, in which $g$ has no component along the "
        "lowest eigenvector: there even $\\lambda \\to -h_{\\min}$ may be too short.)",
    hints=("If H is positive definite and Newton's step is short enough, it is the answer. Else find λ with "
           "$\\lVert p(\\lambda) \\rVert$ = radius.",
           "The length falls as λ grows above $\\max(0, -h_{\\min})$. Halve an interval that starts there.",
           "An upper end that is surely short enough: $\\max(0, -h_{\\min}) + \\lVert g \\rVert / \\text{radius}$. "
           "100 halvings, each with `np.linalg.norm(c / (h + lam))`, `c = Q.T @ g`."),
    cases=lambda rng: list(_trust_cases(rng)),
    rtol=1e-6,
    diagnoses=(
        Diagnosis("Newton's step cut short", _shortened,
                  say="This keeps the direction of Newton's step. The best step turns towards −g as it shortens."),
        Diagnosis("steepest descent", lambda H, g, radius: -g * (radius / np.linalg.norm(g)),
                  say="That is the best step for a model without curvature."),
        Diagnosis("always on the edge", _always_on_the_edge,
                  say="Where H is positive definite and Newton's step is short enough, it is already the minimum."),
        Diagnosis("Newton", lambda H, g, radius: -np.linalg.solve(H, g),
                  say="Newton's step ignores the radius, and where H is indefinite it is no minimum."),
        Diagnosis("λ may be too small", _fixed_interval,
                  say="Your interval misses λ in some case. It must start at max(0, −h_min), for below H + λI is "
                      "indefinite, and end where p(λ) is surely short enough."),
    ),
)
