"""Mutants of chapters 07 to 13 that compute the same as the reference, each with the reason.

KNOWN_SURVIVORS names the exercises that still accept a wrong mutant (or whose equivalent ones are not listed
yet), KNOWN_ALIKE those with two declared mistakes that cannot be told apart: both lists shall become empty.
"""

EQUIVALENT = {
    # "chNN.qK": {"label of the mutant": "why it is no mistake"},
}

KNOWN_SURVIVORS = {
    "ch07.q2", "ch07.q3", "ch07.q4", "ch07.q6", "ch08.q1", "ch08.q2", "ch08.q3", "ch08.q4",
    "ch08.q5", "ch09.q3", "ch09.q4", "ch09.q5", "ch10.q1", "ch11.q1", "ch11.q3", "ch11.q4",
    "ch12.q1", "ch12.q3", "ch12.q4", "ch12.q5", "ch13.q2",
}  # fmt: skip

KNOWN_ALIKE = {
    "ch13.q2",
}  # fmt: skip
