"""Exercises of notebook 04: G by hand, Gauss–Newton's rate, a cut elsewhere; the product G v is in `ch04_products`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .ch04_products import q2, q4

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = ValueExercise(
    name="ch04.q1",
    title="One parameter, by hand",
    kind="warm-up",
    stub="""
        G_0 = ...                # z = e^{3θ}, f = ½ (z − 5)², at θ = 0
        S_0 = ...
        newton_step = ...        # −f′ / (G + S)
        gauss_newton_step = ...  # −f′ / G
        answer = (G_0, S_0, newton_step, gauss_newton_step)
        """,
    code="""
        dz, ddz = 3, 9                    # 3 e^{3θ} and 9 e^{3θ}; z = 1
        G_0 = dz**2                        # H_L = 1
        S_0 = (1 - 5) * ddz
        df = (1 - 5) * dz
        newton_step = -df / (G_0 + S_0)
        gauss_newton_step = -df / G_0
        answer = (G_0, S_0, newton_step, gauss_newton_step)
        """,
    why="$f' = r z' = -12$, so $f$ falls to the right. Gauss–Newton goes there, by $12/9$. The full second "
        "derivative is $9 - 36 = -27$, and Newton goes to the left, uphill.",
    hints=("At $\\theta = 0$: what are $z$, $z'$, $z''$ and $r = z - y$?",
           "$G = z' \\cdot 1 \\cdot z'$ and $S = r z''$; the slope is $f' = r z'$.",
           "Each derivative of $e^{3\\theta}$ brings down a factor 3; $r$ is negative."),
    diagnoses=(
        Diagnosis("sign of the residual", (9, 36, -12 / 45, -12 / 9),
                  say="The residual is z − y = 1 − 5, which is negative."),
        Diagnosis("sign of the residual in S", (9, 36, 12 / 45, 12 / 9),
                  say="S is r z″, and r = 1 − 5 is negative."),
        Diagnosis("the inner derivative", (1, -4, 4 / -3, 4),
                  say="z = e^{3θ}: each derivative brings down a factor 3."),
        Diagnosis("the inner derivative once in z″", (9, -12, -4, 4 / 3),
                  say="Differentiating e^{3θ} twice brings down the factor 3 twice: z″ = 9 at θ = 0."),
        Diagnosis("uphill", (9, -36, 12 / 27, -12 / 9),
                  say="The steps are −f′ divided by the curvature; check the sign of f′ = r z′."),
        Diagnosis("H in place of S", (9, -27, -12 / 27, 12 / 9),
                  say="The second number is H = G + S. S alone is r z″."),
        Diagnosis("H in place of S, and added again", (9, -27, -12 / 18, 12 / 9),
                  say="The second number is H = G + S, and you add G to it once more. S alone is r z″."),
        Diagnosis("the residual in G", (144, -36, 12 / 108, 12 / 144),
                  say="G = z′ H_L z′ with H_L = 1: the residual does not occur in it. (r z′)² is the slope, squared."),
        Diagnosis("z′ once in G", (3, -36, 12 / -33, 4), say="z′ stands in G twice: G = z′ · 1 · z′."),
        Diagnosis("S without the residual", (9, 9, -12 / -18, 12 / 9),
                  say="S = r z″ has the residual r = z − y in it."),
        Diagnosis("|S| in Newton's step", (9, -36, 12 / 45, 12 / 9),
                  say="The first two are right. Newton divides by G + S = 9 − 36, not by 9 + 36."),
        Diagnosis("upside down", (9, -36, -27 / 12, 9 / 12),
                  say="The steps are −f′ divided by a curvature, not the reverse."),
        Diagnosis("z′ once in G, and once in z″", (3, -12, 12 / -9, 4),
                  say="z′ stands in G twice, and z″ brings down the factor 3 twice: both are 9."),
        Diagnosis("the target for the residual", (9, -45, 12 / -36, 12 / 9),
                  say="The residual is z − y = 1 − 5, not −y."),
        Diagnosis("Newton's step alone uphill", (9, -36, 12 / 27, 12 / 9),
                  say="−f′ = 12 is divided by G + S = −27: Newton's step is negative, and goes uphill."),
        Diagnosis("the parts exchanged", (-36, 9, -12 / 27, -12 / 36),
                  say="G is the part with z′ twice; S is the one with z″."),
    ),
)


def _mu(measure, matrix=lambda G, S: np.linalg.solve(G, S)):
    """A wrong `gauss_newton_factor`: another measure of another matrix."""
    def answer(J, r, bends):
        return float(measure(matrix(J.T @ J, np.einsum("n,nab->ab", r, bends))))
    return answer


def _radius(M):
    return np.max(np.abs(np.linalg.eigvals(M)))


def _rate_cases(rng):
    for n, d, size in ((6, 2, 0.5), (7, 3, 1.0), (5, 1, -2.0), (8, 4, 0.3)):
        bends = rng.normal(size=(n, d, d))
        J, r, bends = rng.normal(size=(n, d)), size * (rng.normal(size=n) + 0.5), bends + bends.transpose(0, 2, 1)
        yield J, r, bends
    yield J, -r, bends                                   # every µ with the other sign: the largest |µ| is once below 0


q3 = FunctionExercise(
    name="ch04.q3",
    title="How fast is Gauss–Newton?",
    kind="core",
    stub='''
        def gauss_newton_factor(J, r, bends):
            """max |µ| with S w = µ G w, for f = ½ Σ_n r_n²; bends[n] = ∇²r_n: (n, d, d)."""
            return ...
        ''',
    code='''
        def gauss_newton_factor(J, r, bends):
            """max |µ| with S w = µ G w, for f = ½ Σ_n r_n²; bends[n] = ∇²r_n: (n, d, d)."""
            G = J.T @ J
            S = np.einsum("n,nab->ab", r, bends)       # Σ_n r_n ∇²r_n
            return np.max(np.abs(np.linalg.eigvals(np.linalg.solve(G, S))))
        ''',
    why="$S w = \\mu G w$ says that $\\mu$ is an eigenvalue of $G^{-1} S$. In the long run the largest $|\\mu|$ is the "
        "factor on the error. It is at most $\\kappa = \\lVert G^{-1} S \\rVert$: no eigenvalue exceeds the norm.",
    hints=("Which two matrices do you need, and what is $\\mu$ an eigenvalue of?",
           "`G = J.T @ J` and `S = np.einsum(\"n,nab->ab\", r, bends)`; multiply $S w = \\mu G w$ by $G^{-1}$.",
           "`np.linalg.eigvals` of which matrix? Take the largest modulus."),
    cases=_rate_cases,
    rtol=1e-8,
    diagnoses=(
        Diagnosis("the norm", _mu(lambda M: np.linalg.norm(M, 2)),
                  say="This is κ, the norm: a bound. Asked for is the largest |eigenvalue|, the factor itself."),
        Diagnosis("Frobenius' norm", _mu(np.linalg.norm),
                  say="This is the Frobenius norm of G⁻¹S. Asked for is its largest |eigenvalue|."),
        Diagnosis("two sizes compared",
                  lambda J, r, bends: _radius(np.einsum("n,nab->ab", r, bends)) / _radius(J.T @ J),
                  say="You divide the largest |eigenvalue| of S by that of G. The two belong to other directions: "
                      "take the eigenvalues of G⁻¹S."),
        Diagnosis("the determinant", _mu(lambda M: abs(np.linalg.det(M))),
                  say="This is |det G⁻¹S|, the product of all |µ|; the largest one is asked for."),
        Diagnosis("the smallest", _mu(lambda M: np.min(np.abs(np.linalg.eigvals(M)))),
                  say="This is the smallest |µ|; in the long run the largest decides."),
        Diagnosis("G times S", _mu(_radius, lambda G, S: G @ S),
                  say="S w = µ G w is solved by G⁻¹S, not by G S."),
        Diagnosis("S⁻¹G", _mu(_radius, lambda G, S: np.linalg.solve(S, G)),
                  say="These are 1/µ: you solved G w = µ S w."),
        Diagnosis("the sign kept", _mu(lambda M: np.max(np.linalg.eigvals(M).real)),
                  say="A negative µ counts as well: take the absolute value before the maximum."),
        Diagnosis("H in place of S", _mu(_radius, lambda G, S: np.linalg.solve(G, G + S)),
                  say="That is G⁻¹H = I + G⁻¹S. The error is multiplied by −G⁻¹S."),
        Diagnosis("divided by H", _mu(_radius, lambda G, S: np.linalg.solve(G + S, S)),
                  say="Gauss–Newton solves with G; only Newton knows H."),
        Diagnosis("not divided", _mu(_radius, lambda G, S: S), say="That is the size of S alone; compare it with G."),
        Diagnosis("the residuals left out",
                  lambda J, r, bends: float(_radius(np.linalg.solve(J.T @ J, bends.sum(axis=0)))),
                  say="Each ∇²r_n must be multiplied by its residual r_n: that is why a good fit is fast."),
        Diagnosis("sizes of the residuals",
                  lambda J, r, bends: _radius(np.linalg.solve(J.T @ J, np.tensordot(np.abs(r), bends, 1))),
                  say="S has r_n with its sign: residuals of both signs cancel in part."),
        Diagnosis("residuals squared",
                  lambda J, r, bends: _radius(np.linalg.solve(J.T @ J, np.tensordot(r**2, bends, 1))),
                  say="In S each ∇²r_n is multiplied by r_n, not by its square."),
        Diagnosis("the first residual alone", lambda J, r, bends: _radius(np.linalg.solve(J.T @ J, r[0] * bends[0])),
                  say="S is a sum over all residuals; yours has the first alone."),
    ),
)


def _sigmoid_parts(z):
    s = 1 / (1 + np.exp(-z))
    return s, s * (1 - s)


def _psd(weight, divide=True):
    """A wrong `psd_product`: (1/N) Jᵀ (weight ∘ Jv) with another weight(s, σ′, y)."""
    def answer(J, z, Y, v):
        s, slope = _sigmoid_parts(z)
        return np.einsum("nja,nj->a", J, weight(s, slope, Y) * (J @ v)) / (len(J) if divide else 1)
    return answer


def _psd_cases(rng):
    for N, m, d in ((4, 2, 5), (6, 1, 3), (3, 3, 4)):
        Y = rng.integers(0, 2, (N, m)).astype(float)
        yield rng.normal(size=(N, m, d)), 2 * rng.normal(size=(N, m)), Y, rng.normal(size=d)


q5 = FunctionExercise(
    name="ch04.q5",
    title="Cut elsewhere",
    kind="stretch",
    stub='''
        def psd_product(J, z, Y, v):
            """G v for the loss ½‖σ(z) − y‖², cut after σ: never negative. J: (N, n_out, d)."""
            return ...
        ''',
    code='''
        def psd_product(J, z, Y, v):
            """G v for the loss ½‖σ(z) − y‖², cut after σ: never negative. J: (N, n_out, d)."""
            p = 1 / (1 + np.exp(-z))
            slope = p * (1 - p)                 # J_φ is diagonal
            u = slope * (J @ v)                 # J of ŷ = σ(z), times v
            w = u                               # H_L = I: the loss is ½‖ŷ − y‖² now
            return np.einsum("nja,nj->a", J, slope * w) / len(J)
        ''',
    why="The inner function is now $\\hat y = \\varphi(R_x(\\theta))$ with the Jacobian $J_\\varphi J$, the outer one "
        "$\\frac12 \\lVert \\hat y - y \\rVert^2$ with $H_L = I$. So "
        "$G v = \\frac1N \\sum_n J_n^\\top J_\\varphi^\\top J_\\varphi J_n v$, and $v^\\top G v$ is a mean of "
        "squares. The targets do not occur; the bend of $\\sigma$ is in $S$ now.",
    hints=("Call $\\hat y = \\sigma(z)$ the output. What is the loss as a function of $\\hat y$, and what its Hessian?",
           "The Jacobian of $\\hat y$ is $J_\\varphi J$ with $J_\\varphi = \\operatorname{diag}(\\sigma')$, where "
           "$\\sigma' = p(1 - p)$.",
           "$G v = \\frac1N \\sum_n J_n^\\top J_\\varphi^\\top J_\\varphi J_n v$, read from the right."),
    cases=_psd_cases,
    linear_in="v",
    mean_over="J",
    diagnoses=(
        Diagnosis("cut before σ", _psd(lambda s, slope, Y: slope ** 2 + (s - Y) * slope * (1 - 2 * s)),
                  say="That is H_L in z, which can be negative: the cut is still before σ."),
        Diagnosis("the slope once", _psd(lambda s, slope, Y: slope),
                  say="σ′ enters twice, once in Jv and once on the way back. Once belongs to the cross-entropy."),
        Diagnosis("no slope", _psd(lambda s, slope, Y: 1 + 0 * slope),
                  say="Where is φ? Its slope belongs to the Jacobian of ŷ."),
        Diagnosis("σ for σ′", _psd(lambda s, slope, Y: s ** 2),
                  say="The Jacobian of ŷ needs σ′ = p(1 − p), not σ itself."),
        Diagnosis("divided by the outputs too", _psd(lambda s, slope, Y: slope ** 2 / s.shape[1]),
                  say="You divided by examples times outputs; the mean is over the N examples alone."),
        Diagnosis("the slope of tanh", _psd(lambda s, slope, Y: (1 - s * s) ** 2),
                  say="1 − p² is the slope of tanh; that of σ is p(1 − p)."),
        Diagnosis("the slope of a slope", _psd(lambda s, slope, Y: slope * (1 - 2 * s)),
                  say="That is σ″. J_φ holds σ′, and it enters twice."),
        Diagnosis("missing 1/N", _psd(lambda s, slope, Y: slope ** 2, divide=False)),
        Diagnosis("residuals squared", _psd(lambda s, slope, Y: (slope * (s - Y)) ** 2),
                  say="That is made of gradients, as the empirical Fisher matrix is. The curvature of ½‖ŷ − y‖² in ŷ "
                      "is 1, whatever the residual."),
        Diagnosis("H_L made positive", _psd(lambda s, slope, Y: np.abs(slope**2 + (s - Y) * slope * (1 - 2 * s))),
                  say="That is |H_L| in z, still cut before σ. Cut after it: the residual drops out."),
        Diagnosis("H_L made positive",
                  _psd(lambda s, slope, Y: np.maximum(slope**2 + (s - Y) * slope * (1 - 2 * s), 0)),
                  say="That is H_L in z with its negative part cut off. Cut after σ: the residual drops out."),
        Diagnosis("slopes to the fourth", _psd(lambda s, slope, Y: slope**4),
                  say="σ′ enters twice: once in Jv, once on the way back."),
        Diagnosis("slopes added", _psd(lambda s, slope, Y: 2 * slope),
                  say="The two slopes are multiplied, one on each side of I."),
    ),
)
