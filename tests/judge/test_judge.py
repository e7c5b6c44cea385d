"""How an answer is judged, shown and handed on: on a few exercises of the tests' own."""

import dataclasses
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from exercise_checks import EVERY_EXERCISE, raises
from hypothesis import given
from hypothesis import strategies as st
from own_exercises import BUG, FUNCTION, OWN, VALUE, gauss_newton_cases, written_in_a_notebook

from hf_lib.exercises import FunctionExercise, find, solved, yours
from hf_lib.judge import exercise as judged
from hf_lib.judge.calls import call
from hf_lib.judge.compare import agree, close
from hf_lib.judge.factors import constant_factor
from hf_lib.judge.trials import Context, Trial


@pytest.fixture
def product():
    return FunctionExercise(**FUNCTION)


@pytest.fixture
def chapter(monkeypatch, product):
    """A chapter 99 that holds the exercise, as the package's modules do."""
    module = ModuleType("hf_lib.exercises.ch99")
    module.q1, module.hf = product, np
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


@pytest.mark.parametrize("law", EVERY_EXERCISE, ids=lambda law: law.__name__)
@pytest.mark.parametrize("exercise", OWN, ids=lambda exercise: exercise.name)
def test_every_sort_of_exercise(exercise, law, monkeypatch):
    chapter = ModuleType("hf_lib.exercises.ch99")  # no module of the package declares these
    vars(chapter).update({own.name.split(".")[1]: own for own in OWN})
    monkeypatch.setitem(sys.modules, chapter.__name__, chapter)
    law(exercise)


# ---- not attempted, and the library's own ----------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        '    """G v for G = (1/N) Jᵀ diag(h) J."""\n    # a thought\n\n    return ...',
        "    Jv = J @ v\n    return ...",
        "    raise NotImplementedError",
        "    return (..., ...)",
    ],
)
def test_a_stub_with_a_thought_is_not_attempted(product, body):
    assert product.check(written_in_a_notebook(f"def product(J, h, v):\n{body}")).status == "not attempted"


def test_an_answer_with_a_gap_is_not_finished(product):
    begun = product.check(written_in_a_notebook("def product(J, h, v):\n    return v, ..., ..."))
    assert begun.diagnosis == "not finished" and "2, 3 of 3" in repr(begun)
    assert VALUE.check((2.0, ...)).diagnosis == "not finished"


def test_a_working_stub_that_was_not_touched_is_not_attempted():
    assert BUG.check(written_in_a_notebook("\n" + BUG.stub, "momentum")).status == "not attempted"
    renamed = BUG.stub.replace("0.9 * theta", "theta * 0.9")
    assert BUG.check(written_in_a_notebook(renamed, "momentum")).diagnosis == "the bug is still there"


def test_the_library_cannot_answer_for_the_reader(product):
    import hf_lib as hf

    solution = product.answer.value
    for loan in (hf.cg, hf.MLP, hf.SquaredError().value, product.reference, product.answer):
        assert product.check(loan).diagnosis == "the library's own"
    assert product.check(lambda *a: solution(*a)).diagnosis == "handed on"
    product.own_work = (np.kron,)
    by_kron = product.check(lambda J, h, v: np.kron(J @ v, 1.0))
    assert by_kron.diagnosis == "handed on" and by_kron.message.startswith("`numpy.kron` was called")
    assert product.check(written_in_a_notebook(product.code)).status == "correct"


def test_a_watched_function_is_seen_under_any_name():
    def helper(x):
        return x

    alias = {"other": helper}["other"]
    assert tuple(call(lambda x: alias(x), (1,), watched=(helper, sorted)).calls)[0].endswith("helper")
    assert tuple(call(lambda x: sorted([x])[0], (1,), watched=(helper, sorted)).calls) == ("sorted",)
    assert tuple(call(lambda x: x, (1,), watched=(helper, sorted)).calls) == ()
    assert sys.getprofile() is None


def test_an_error_is_one_line_and_tells_where(product):
    verdict = product.check(raises)
    place = 'raise RuntimeError("first line\\nsecond line")'
    case = "case 1 of 4: `product(J=<array 3×4>, h=[1.756, 1.12, 0.7355], v=[-1.412, -0.3981, -1.45, -0.0732])`"
    assert verdict.details == (f"RuntimeError: first line (at `{place}`)", case)
    assert "second" not in repr(verdict).split("(at")[0]


def test_a_reader_s_interrupt_goes_through(product):
    def stopped(J, h, v):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        product.check(stopped)


# ---- comparing -------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.float32, np.float64]))
def test_the_tolerance_forgives_roundings_and_nothing_else(seed, dtype):
    rng = np.random.default_rng(seed)
    A, v = rng.normal(size=(30, 20)).astype(dtype), rng.normal(size=20).astype(dtype)
    exact = (A.astype(np.longdouble) @ v.astype(np.longdouble)).astype(np.float64)
    assert close(A @ v, exact.astype(dtype))
    assert not close((A @ v) * dtype(1.001), exact.astype(dtype))


def test_single_precision_stays_single(product):
    cases = [tuple(a.astype(np.float32) for a in args) for args in gauss_newton_cases(np.random.default_rng(0))]
    single = FunctionExercise(**FUNCTION | {"cases": lambda rng: cases})
    assert single.check(written_in_a_notebook(single.code)).status == "correct"
    promoted = written_in_a_notebook(single.code.replace("/ len(J)", "/ np.float64(len(J))"))
    assert single.check(promoted).diagnosis == "wrong dtype"


def test_a_factor_in_some_cases_is_no_factor_in_every_case():
    wrong = [Trial((), 1.5, 1.0), Trial((), 3.0, 2.0)]
    assert constant_factor(wrong, Context()).name == "constant factor"
    assert constant_factor([*wrong, Trial((), 4.0, 4.0)], Context()) is None


def test_transposed_is_told_apart():
    arguments = dict(
        name="ch99.q5", title="t", kind="core", why="w", hints=("a", "b", "c"), diagnoses=(),
        cases=lambda rng: [(rng.normal(size=(n, n)), rng.normal(size=n)) for n in (2, 3, 4)],
    )  # fmt: skip
    vector = FunctionExercise(
        stub="def f(A, v): ...", code="def f(A, v): return A @ v", linear_in="v", **arguments
    )
    assert vector.check(lambda A, v: v @ A).diagnosis == "transposed"
    diagonal = lambda A, v: np.diag(A) * v if len(v) == 2 else A @ v  # wrong in the first case only
    assert vector.check(diagonal).diagnosis == "wrong values"
    matrix = FunctionExercise(stub="def f(A, v): ...", code="def f(A, v): return A * v", **arguments)
    assert matrix.check(lambda A, v: (A * v).T).status == "incorrect"
    outer = FunctionExercise(stub="def f(A, v): ...", code="def f(A, v): return np.outer(v, A[0, 1:])", **arguments)
    assert outer.check(lambda A, v: np.outer(A[0, 1:], v)).diagnosis == "transposed"


def test_a_probe_compares_what_a_returned_function_does():
    exercise = FunctionExercise(
        name="ch99.q6", title="t", kind="core", why="w", hints=("a", "b", "c"), diagnoses=(),
        stub="def make(A):\n    return ...", code="def make(A):\n    return lambda v: A @ v",
        cases=lambda rng: [(rng.normal(size=(2, 2)), rng.normal(size=2)) for _ in range(3)],
        probe=lambda make, A, v: make(A)(v),
    )  # fmt: skip
    assert exercise.check(exercise.compile(exercise.stub)).status == "not attempted"
    assert exercise.check(lambda A: A.dot).status == "correct"
    assert exercise.check(lambda A: A.T.dot).diagnosis == "one slip (matrix)"
    no_function = exercise.check(lambda A: A)
    assert no_function.diagnosis == "wrong type" and "not callable" in no_function.details[0]


def test_texts_agree_without_case_and_blanks():
    assert agree(" Largest", "largest") and not agree("largest", "smallest") and not agree(1, "1")


# ---- what is shown ---------------------------------------------------------------------------------


def test_a_verdict_is_shown_and_cannot_be_changed(product):
    verdict = product.check(lambda J, h, v: h[:2] < 0)
    assert repr(verdict).startswith("✗ ch99.q1: incorrect: ")
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.status = "correct"
    marked = product.check(lambda J, h, v: (_ for _ in ()).throw(ValueError("<script>")))._repr_html_()
    assert "&lt;script&gt;" in marked and "<script>" not in marked and "✗" in marked


def test_badges_contrast_in_any_theme():
    from hf_lib.judge.answers import BADGES

    def luminance(colour):
        channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear))

    for _, ground in BADGES.values():
        assert 1.05 / (luminance(ground) + 0.05) > 4.5  # white text on the badge, WCAG AA


def test_a_hint_below_a_check_in_one_cell_shows_both(product, monkeypatch):
    """A cell shows its last value only: the verdict would be lost."""
    shown, shell = [], SimpleNamespace(execution_count=7)
    monkeypatch.setattr(judged, "display", shown.append)
    monkeypatch.setattr(judged, "get_ipython", lambda: shell)
    verdict = product.check(product.compile(product.stub))
    product.hint()
    assert shown == [verdict]
    product.hint()                                   # once is enough
    product.check(product.reference)
    shell.execution_count += 1                       # another cell, or the same once more
    product.hint()
    assert shown == [verdict]
    good = product.check(product.reference)
    product.solution()
    assert shown == [verdict, good]
    monkeypatch.setattr(judged, "get_ipython", lambda: None)
    product.check(product.reference)
    product.hint()
    assert shown == [verdict, good]                  # a script prints what it wants to


def test_hints_come_one_after_the_other(product):
    assert [product.hint().title[:11] for _ in range(4)] == ["Hint 1 of 3", "Hint 2 of 3"] + ["Hint 3 of 3"] * 2
    with pytest.raises(ValueError, match="number: expected 1, 2 or 3, came 4"):
        product.hint(4)


def test_a_correct_answer_is_handed_on(chapter):
    assert not yours("ch99.q1").yours and "the course's `product`" in repr(yours("ch99.q1"))
    mine = written_in_a_notebook(chapter.q1.code)
    chapter.q1.check(mine)
    chapter.q1.check(lambda J, h, v: v)  # a later wrong one does not displace it
    piece = yours("ch99.q1")
    assert piece.yours and piece.value is mine and "your own" in repr(piece)
    assert piece(np.eye(2), np.ones(2), np.ones(2)).tolist() == [0.5, 0.5]


# ---- cells and declarations ------------------------------------------------------------------------


def test_a_cell_is_solved_by_its_stub_s_text(chapter):
    cell = chapter.q1.cell
    assert cell.startswith("# exercise ch99.q1\ndef product") and cell.endswith("ch99.q1.check(product)")
    answer = solved(cell)
    assert chapter.q1.stub not in answer and chapter.q1.code in answer and answer.endswith("ch99.q1.check(product)")
    assert solved("x = 1\n# exercise ch99.q1\n") == "x = 1\n# exercise ch99.q1\n"
    with pytest.raises(ValueError, match="does not hold the stub"):
        solved(cell.replace("...", "0"))
    with pytest.raises(ValueError, match="no exercise 'ch99.q7'"):
        solved("# exercise ch99.q7\n...")
    with pytest.raises(ValueError, match="no exercise 'ch98.q1'"):
        find("ch98.q1")


def test_code_may_tell_only_what_changes():
    bug = dataclasses.asdict(BUG) | {"diagnoses": BUG.diagnoses, "cases": BUG.cases}
    told = FunctionExercise(**bug | {"code": {"0.9 * theta": "0.9 * velocity"}})
    assert told.code == BUG.code and told.check(told.compile(BUG.code)).status == "correct"


@pytest.mark.parametrize(
    "change, complaint",
    [
        ({"code": {"v": "w"}}, "code of ch99.q1: expected 'v' once in the stub, it stands there 2 times"),
        ({"code": {"w": "h"}}, "code of ch99.q1: expected 'w' once in the stub, it stands there 0 times"),
        ({"name": "q1"}, "name: expected 'chNN.qK'"),
        ({"kind": "hard"}, "kind of ch99.q1: expected one of"),
        ({"hints": ("one",)}, "hints of ch99.q1: expected a tuple of three"),
        ({"stub": "1 + 1"}, "stub of ch99.q1: expected a function or an assignment"),
        ({"stub": "x = ...", "code": "x = 1"}, "stub of ch99.q1: expected it to end in a function"),
    ],
)
def test_a_faulty_declaration_is_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        FunctionExercise(**FUNCTION | change)


@pytest.mark.parametrize("value, closed", [("1", True), ("0", False), ("", False)])
def test_a_hub_can_close_the_solutions_and_the_hints_stay(monkeypatch, value, closed):
    monkeypatch.setenv("HF_NO_SOLUTIONS", value)
    exercise = OWN[0]
    text = exercise.solution().markdown
    assert (exercise.code in text) != closed
    assert ("HF_NO_SOLUTIONS" in text) == closed
    assert exercise.hint(1).markdown == exercise.hints[0]


def test_a_value_may_have_other_right_forms():
    exercise = dataclasses.replace(VALUE, also=(4.0, "a quarter"))
    assert [exercise.check(answer).status for answer in (0.25, 4, "A quarter", 2.0)] == [*3 * ["correct"], "incorrect"]
