"""Exercises that answer: ``check``, ``hint`` and ``solution``.

In a notebook::

    from hf_lib.exercises import ch06

    ch06.q1.check(my_product)   # correct, not attempted, or what is violated, by name
    ch06.q1.hint()              # the next of three hints
    ch06.q1.solution()          # code, and why
    ch06.q1.answer              # your last correct function, else the course's
    bring("ch06.q1")            # the same, after a look at what was kept and saved in earlier sessions

Each chapter's exercises are listed in ``chNN.py`` and declared there or in a module beside it, as
`FunctionExercise` (write a function, or find the bug in one) and `ValueExercise` (give a number or a
choice), each with its `Diagnosis` of typical wrong answers. A notebook holds an exercise in one code
cell, which is ``exercise.cell``: the line ``# exercise ch06.q1``, the stub, and the call of the check.
"""

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .registry import all_exercises, bring, find, solved, yours

__all__ = ["Diagnosis", "FunctionExercise", "ValueExercise", "all_exercises", "bring", "find", "solved", "yours"]
