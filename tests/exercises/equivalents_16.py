"""Mutants of chapter 16 that compute the same as the reference, each with the reason."""

EQUIVALENT = {
    "ch16.q1": {"J = np.eye(np.shape(W_hh)[1])": "the matrix is square"},
    "ch16.q3": dict.fromkeys(("G_hh = sum((h.T @ delta for h, delta in zip(H, D)))",
                              "G_hh = sum((h.T @ delta for h, delta in zip(H[:], D)))"),
                             "zip ends with the shorter of the two"),
    "ch16.q6": {"within = lambda e: 1 - (e - 1) ** 2": "a square has no sign"},
}
