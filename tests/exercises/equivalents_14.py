"""Mutants of chapter 14 that compute the same as the reference, each with the reason."""

from equivalents_07_13 import SYMMETRIC

EQUIVALENT = {
    "ch14.q1": {"return 0.5 * np.mean(np.sum(p * (mean - Jd) ** 2, axis=1))": "a square has no sign"},
    "ch14.q2": {
        **dict.fromkeys(("r = -(p - draw(p))", "g = -np.einsum('nj,njd->nd', r, J)", "r = draw(p) - p"),
                        "g gᵀ has no sign"),
        **dict.fromkeys((f"Y ← {other}" for other in ("ones", "zeros", "typed in", "J", "p", "draw", "v")),
                        "the right function does not look at Y"),
    },
    "ch14.q3": dict.fromkeys((
        "F_new = A.T @ np.swapaxes(F, 0, 1) @ A",
        "H_new = A.T @ np.swapaxes(H, 0, 1) @ A + np.einsum('i,ijk->jk', g, B)",
        "H_new = A.T @ H @ A + np.einsum('i,ikj->jk', g, B)"), SYMMETRIC),
    "ch14.q4": {"step = np.linalg.solve(A.T @ np.swapaxes(F, 0, 1) @ A + lam * np.eye(len(g)), -A.T @ g)": SYMMETRIC},
}
