"""A reader's own copies of the notebooks, what was solved, and a class's work: all that `course.py` passes on."""
