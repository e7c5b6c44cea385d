"""What students write: no right answer is rejected, no wrong one accepted, and few get no name for what is wrong."""

from collections import Counter

import pytest
from students import all_written

WRITTEN = all_written()
VAGUE = {"wrong values", "not close enough"}


@pytest.mark.parametrize("written", [w for w in WRITTEN if w.right], ids=str)
def test_a_right_answer_is_accepted_in_any_style(written):
    assert written.verdict().status == "correct", written.verdict()


@pytest.mark.parametrize("chapter", sorted({w.exercise[:4] for w in WRITTEN}))
def test_no_wrong_answer_is_accepted_and_few_are_told_only_that_they_are_wrong(chapter):
    wrong = [w for w in WRITTEN if w.exercise.startswith(chapter) and not w.right]
    verdicts = {str(w): w.verdict() for w in wrong}
    assert len(verdicts) == len(wrong) >= 20
    accepted = [written for written, verdict in verdicts.items() if verdict.status == "correct"]
    assert not accepted
    vague = [written for written, verdict in verdicts.items() if verdict.diagnosis in VAGUE]
    assert len(vague) <= 0.15 * len(wrong), vague


def test_every_exercise_of_these_chapters_has_answers_of_both_sorts():
    count = Counter((w.exercise, w.right) for w in WRITTEN)
    assert all(count[exercise, True] >= 1 and count[exercise, False] >= 7 for exercise, _ in count)
