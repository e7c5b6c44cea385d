"""Mutants of chapters 00 to 06 that compute the same as the reference, each with the reason.

KNOWN_SURVIVORS names the exercises that still accept a wrong mutant (or whose equivalent ones are not listed
yet), KNOWN_ALIKE those with two declared mistakes that cannot be told apart: both lists shall become empty.
"""

SQUARED = "the sign is squared away"
SYMMETRIC = "the matrix is symmetric"
CANCELS = "a factor common to a row of e cancels in p"
ANY = "any such number does"

EQUIVALENT = {
    "ch00.q1": {"cost = 1 + 15 * 4 / 3 + 3": "9/3 is 3"},
    "ch00.q3": {"return 0.5 * np.sum((Y - Z) ** 2) / len(Z)": SQUARED},
    "ch01.q1": {
        "for n, m in zip(sizes, sizes[1:]):": "zip ends with the shorter list",
        "for n, m in zip(sizes[:], sizes[1:]):": "zip ends with the shorter list",
    },
    "ch01.q3": {"residual = -(z - y[:, None])": SQUARED, "residual = y[:, None] - z": SQUARED},
    "ch01.q4": {"return (loss, residual, rate)": "the curvature is the rate"},
    "ch02.q2": {
        "rate = -1.0": "a modulus is larger",
        "rate = -0.0": "a modulus is larger",
        "A = -np.array([[1 - eta * h_i, mu], [-eta * h_i, mu]])": "|−z| = |z|",
        "A = [[1 - eta * h_i, mu], [-eta * h_i, mu]]": "eigvals takes lists",
    },
    "ch03.q1": {"return p @ (-0.5 * g)": "the inner product is symmetric"},
    "ch03.q2": {
        "p, r = (np.zeros_like(eta), g)": "0 is stretched to a vector by the first step; ξ < 1, so there is one",
        "p, r = (np.zeros_like(xi), g)": "0 is stretched to a vector by the first step; ξ < 1, so there is one",
        "r = p @ H + g": SYMMETRIC,
        "r = np.swapaxes(H, 0, 1) @ p + g": SYMMETRIC,
    },
    "ch03.q6": {
        "without: if h[0] > 0 and length(0.0) <= radius: | return -Q @ (c / h)": "the halving then ends at λ = 0",
        "if h[0] > 1 and length(0.0) <= radius:": "the halving then ends at λ = 0",
        "if h[0] >= 0 and length(0.0) <= radius:": "h = 0 makes Newton's step infinitely long",
        "if h[0] > 0 and length(0.0) < radius:": "the halving then ends at λ = 0",
        "if h[0] > 0 and length(-0.0) <= radius:": "−0 is 0",
        "low = max(-1.0, -h[0])": "the length falls from −h_min on, so λ is found all the same",
        "low = max(-0.0, -h[0])": "−0 is 0",
        "high = 2 * (low + np.linalg.norm(g) / radius)": "a longer interval",
        "high = low + np.linalg.norm(c) / radius": "‖c‖ = ‖g‖",
        "for _ in range(100 + 1):": ANY,
        "for _ in range(100 - 1):": ANY,
        "for _ in range(101):": ANY,
        "for _ in range(99):": ANY,
        "for _ in range(200):": ANY,
        "if length(lam) >= radius:": "equality has no room between two halvings",
        "return -Q @ (c / (h + lam))": "after 100 halvings the three are one number",
        "return -Q @ (c / (h + low))": "after 100 halvings the three are one number",
    },
    "ch04.q2": {"u = np.einsum('nkj,nk->nj', H_L, Jv)": SYMMETRIC},
    "ch04.q3": {
        "G = -(J.T @ J)": "|−µ| = |µ|",
        "S = -np.einsum('n,nab->ab', r, bends)": "|−µ| = |µ|",
        "S = np.einsum('n,nba->ab', r, bends)": SYMMETRIC,
    },
    "ch04.q4": {
        "e = -np.exp(z - z.max(axis=1, keepdims=True))": CANCELS,
        "e = 2 * np.exp(z - z.max(axis=1, keepdims=True))": CANCELS,
        "e = np.exp(z)": CANCELS,
        "e = np.exp(z + z.max(axis=1, keepdims=True))": CANCELS,
        "e = np.exp(z - z.max(keepdims=True))": CANCELS,
        "e = np.exp(z - z.min(axis=1, keepdims=True))": CANCELS,
        "e = np.exp(z - u.max(axis=1, keepdims=True))": CANCELS,
        "p = 1 / (1 + np.exp(z))": "this is 1 − p, and p(1 − p) stays",
    },
    "ch04.q5": {
        **{f"Y ← {other}": "the targets do not occur" for other in ("ones", "zeros", "typed in", "J", "z", "v")},
        "slope = -(p * (1 - p))": "the slope enters twice",
        "slope = p * (p - 1)": "the slope enters twice",
        "p = 1 / (1 + np.exp(z))": "this is 1 − p, and p(1 − p) stays",
        "return np.einsum('nja,nj->a', J, slope * u) / len(J)": "w is u: H_L = I",
    },
    "ch05.q4": {"checkpoints = L / k": "k divides L"},
    "ch05.q5": {"t = 2e-20": ANY, "t = -1e-20": ANY},
}

KNOWN_SURVIVORS = set()

KNOWN_ALIKE = set()
