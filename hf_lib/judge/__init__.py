"""How an answer to an exercise is judged. It knows no exercise: those are declared in hf_lib/exercises/."""
