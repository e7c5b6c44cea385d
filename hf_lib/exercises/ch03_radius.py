"""Exercise of notebook 03 on the best step inside a radius."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q6"]


def positive_definite(rng, d):
    M = rng.normal(size=(d, d))
    return M @ M.T + np.eye(d)


def indefinite(rng, d):
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    h = rng.uniform(0.5, 3.0, d) * np.where(np.arange(d) % 2, 1.0, -1.0)
    return (Q * h) @ Q.T


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


def _newton_if_short(H, g, radius):
    p = -np.linalg.solve(H, g)
    if np.linalg.norm(p) <= radius:
        return p
    low = max(0.0, -np.linalg.eigvalsh(H)[0])
    return _on_the_edge(H, g, radius, low, low + np.linalg.norm(g) / radius)


def _cauchy(H, g, radius):
    longest = radius / np.linalg.norm(g)
    return -g * (min(g @ g / (g @ H @ g), longest) if g @ H @ g > 0 else longest)


def _stretched(H, g, radius):
    p = -np.linalg.solve(H, g)
    return p * (radius / np.linalg.norm(p))


def _modulus_cut(H, g, radius):
    h, Q = np.linalg.eigh(H)
    p = -Q @ ((Q.T @ g) / np.abs(h))
    return p * min(1.0, radius / np.linalg.norm(p))


def _uphill(H, g, radius):
    return -(_right_step(H, g, radius))


def _right_step(H, g, radius):
    if np.linalg.eigvalsh(H)[0] > 0 and np.linalg.norm(np.linalg.solve(H, g)) <= radius:
        return -np.linalg.solve(H, g)
    return _always_on_the_edge(H, g, radius)


def _trust_cases(rng):
    """Indefinite H, one with a short Newton step; large and small g; then Newton's step fits, or is cut."""
    for d, radius, scale in ((2, 0.5, 1.0), (3, 0.2, 100.0), (4, 2.0, 0.01)):
        yield indefinite(rng, d), scale * rng.normal(size=d), radius
    Q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    yield (Q * [-0.6, 1.0, 2.0]) @ Q.T, Q @ [0.5, 1.0, -1.0], 3.0
    yield (Q * [0.1, 0.2, 0.4]) @ Q.T, Q @ [0.5, 1.0, -1.0], 3.0
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
           "In the eigendirections $\\lVert p(\\lambda) \\rVert$ costs no solve."),
    cases=_trust_cases,
    rtol=1e-3,
    diagnoses=(
        Diagnosis("Newton's step cut short", _shortened,
                  say="This keeps the direction of Newton's step. The best step turns towards −g as it shortens."),
        Diagnosis("Newton's direction, always on the edge", _stretched,
                  say="This is Newton's direction with the length of the radius. The best step turns towards −g as it "
                      "shortens, and ends inside where Newton's step is short and H positive definite."),
        Diagnosis("|H|, cut short", _modulus_cut,
                  say="This is the step with |h| in place of h, cut to the radius: downhill, but not the lowest q."),
        Diagnosis("−g, cut short", lambda H, g, radius: -g * min(1.0, radius / np.linalg.norm(g)),
                  say="That is −g, cut to the radius: H is not used at all."),
        Diagnosis("steepest descent", lambda H, g, radius: -g * (radius / np.linalg.norm(g)),
                  say="That is the best step for a model without curvature."),
        Diagnosis("always on the edge", _always_on_the_edge,
                  say="Where H is positive definite and Newton's step is short enough, it is already the minimum."),
        Diagnosis("Newton", lambda H, g, radius: -np.linalg.solve(H, g),
                  say="Newton's step ignores the radius, and where H is indefinite it is no minimum."),
        Diagnosis("the saddle of q", _newton_if_short,
                  say="Where H is indefinite you still take Newton's step if it is short enough. There it leads to a "
                      "saddle of q; the minimum lies on the edge."),
        Diagnosis("λ = the radius", lambda H, g, radius: -np.linalg.solve(H + radius * np.eye(len(g)), g),
                  say="You take the radius for λ. λ has to be found, so that the step is as long as the radius."),
        Diagnosis("λ = 1", lambda H, g, radius: -np.linalg.solve(H + np.eye(len(g)), g),
                  say="You damp with λ = 1 in every case. Find the λ whose step is as long as the radius."),
        Diagnosis("along −g alone", _cauchy,
                  say="This is the best step along −g (the Cauchy point). Other directions have lower q."),
        Diagnosis("sign", _uphill),
        Diagnosis("λ may be too small", _fixed_interval,
                  say="Your interval misses λ in some case. It must start at max(0, −h_min), for below H + λI is "
                      "indefinite, and end where p(λ) is surely short enough."),
    ),
)
