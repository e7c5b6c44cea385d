"""Mutants of chapters 00 to 06 that compute the same as the reference, each with the reason.

KNOWN_SURVIVORS names the exercises that still accept a wrong mutant (or whose equivalent ones are not listed
yet), KNOWN_ALIKE those with two declared mistakes that cannot be told apart: both lists shall become empty.
"""

EQUIVALENT = {
    # "chNN.qK": {"label of the mutant": "why it is no mistake"},
}

KNOWN_SURVIVORS = {
    "ch00.q1", "ch00.q3", "ch01.q1", "ch01.q3", "ch01.q4", "ch02.q2", "ch02.q3", "ch03.q1",
    "ch03.q2", "ch03.q4", "ch03.q6", "ch04.q1", "ch04.q2", "ch04.q3", "ch04.q4", "ch04.q5",
    "ch05.q4", "ch05.q5", "ch06.q1",
}  # fmt: skip

KNOWN_ALIKE = set()
