"""Three texts of a notebook made into one: nothing of the reader's is lost, nothing of the course's is held back."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_notebooks import asks, autosaved, cell, chapter, notebook, of, sources, text, with_cells, written_by

from hf_lib.classroom.merge import merged
from hf_lib.judge.notebook_file import from_bytes, to_text
from hf_lib.judge.saved import marked

ANSWER = "# exercise ch07.q2\ndef cg_step(A, x, r, p):\n    return x, r, p\n\n\nex.q2.check(cg_step)"


def read(notebook):
    return from_bytes(to_text(notebook).encode())


def merge(base, mine, new):
    return merged(read(base), read(mine), read(new))


def test_what_jupyter_adds_is_no_change():
    result = merge(chapter(), autosaved(chapter()), chapter())
    assert not result.touched and sources(result.notebook) == sources(chapter())
    assert of(result.notebook, "look")["outputs"]


def test_new_text_and_the_reader_s_answer():
    mine = autosaved(written_by(chapter(), "ex2", ANSWER))
    new = written_by(written_by(chapter(), "one", "The first section, better."), "title", "# 07 · New: how?")
    result = merge(chapter(), mine, new)
    assert result.touched and result.answers == ("ch07.q2",) and not result.own and not result.twice
    assert sources(result.notebook) == sources(written_by(new, "ex2", ANSWER))
    assert of(result.notebook, "ex2")["outputs"]            # the course's code is the same as before


def test_outputs_of_another_code_go():
    new = written_by(chapter(), "setup", "import numpy as np\nprint(1)")
    result = merge(chapter(), autosaved(written_by(chapter(), "ex2", ANSWER)), new)
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in result.notebook["cells"]
               if c["cell_type"] == "code")


def test_a_changed_stub_stands_below_the_reader_s_answer():
    new = written_by(chapter(), "ex2", asks(2, "def cg_step(A, x, r, p, eps):\n    return ...")["source"])
    result = merge(chapter(), written_by(chapter(), "ex2", ANSWER), new)
    k = sources(result.notebook).index(ANSWER)
    note = result.notebook["cells"][k + 1]
    assert note["cell_type"] == "markdown" and of(new, "ex2")["source"] in note["source"]


def test_the_note_follows_the_stub():
    stubs = [f"def cg_step(A, x, r, p{more}):\n    return ..." for more in ("", ", eps", ", tol")]
    texts = [written_by(chapter(), "ex2", asks(2, stub)["source"]) for stub in stubs]
    mine = written_by(chapter(), "ex2", ANSWER)
    for base, new in zip(texts, texts[1:]):
        mine = merge(base, mine, new).notebook
    assert sum("has changed" in source for source in sources(mine)) == 1
    assert ", tol" in next(source for source in sources(mine) if "has changed" in source)
    back = merge(texts[-1], written_by(mine, "ex2", of(texts[0], "ex2")["source"]), texts[0]).notebook
    assert not any("has changed" in source for source in sources(back))


def test_an_exercise_is_known_by_its_name_wherever_it_stands():
    new = notebook(*(chapter()["cells"][:4]), text("ask2", "**Exercise 1.**"), asks(2, name="other"),
                   text("ask1", "**Exercise 2.**"), asks(1), text("end", "Summary."))
    mine = written_by(written_by(chapter(), "ex2", ANSWER), "ex1",
                      "# exercise ch07.q1\nsteps = 3\n\n\nex.q1.check(steps)")
    result = merge(chapter(), mine, new)
    names = [marked(source) for source in sources(result.notebook) if marked(source)]
    assert names == ["ch07.q2", "ch07.q1"] and result.answers == ("ch07.q2", "ch07.q1")
    assert ANSWER in sources(result.notebook) and "steps = 3" in of(result.notebook, "ex1")["source"]


def test_an_answer_whose_mark_was_deleted_is_known_by_its_id():
    mine = written_by(chapter(), "ex2", ANSWER.partition("\n")[2])
    result = merge(chapter(), mine, written_by(chapter(), "one", "New."))
    assert result.answers == ("ch07.q2",) and ANSWER.partition("\n")[2] in sources(result.notebook)
    assert asks(2)["source"] not in sources(result.notebook)


def test_the_answer_of_an_exercise_that_is_gone_stays_as_an_own_cell():
    new = {**chapter(), "cells": [c for c in chapter()["cells"] if c["id"] not in ("ask2", "ex2")]}
    result = merge(chapter(), written_by(chapter(), "ex2", ANSWER), new)
    k = sources(result.notebook).index(ANSWER)
    assert "No longer in the course" in sources(result.notebook)[k - 1] and result.own == 1
    assert asks(2)["source"] not in sources(merge(chapter(), chapter(), new).notebook)


def test_own_cells_stay_behind_the_cell_they_followed():
    own = [cell("mine1", "helper = 1"), text("mine2", "My note."), cell("mine3", "helper + 1")]
    mine = with_cells(chapter(), "one", *own)
    mine = {**mine, "cells": [cell("top", "# first of all"), *mine["cells"]]}
    new = with_cells(written_by(chapter(), "one", "New."), "title", text("more", "More."))
    found = sources(merge(chapter(), mine, new).notebook)
    assert found[0] == "# first of all" and found[found.index("New.") + 1:][:3] == [c["source"] for c in own]


def test_a_cell_that_both_have_changed_stands_twice_with_a_note():
    mine, new = written_by(chapter(), "look", "np.arange(30)"), written_by(chapter(), "look", "np.arange(4)")
    result = merge(chapter(), mine, new)
    k = sources(result.notebook).index("np.arange(4)")
    assert "yours" in sources(result.notebook)[k + 1] and sources(result.notebook)[k + 2] == "np.arange(30)"
    assert result.twice == 1


def test_a_cell_that_the_reader_alone_has_changed_or_deleted_stays_so():
    mine = written_by(chapter(), "look", "np.arange(30)")
    mine = {**mine, "cells": [c for c in mine["cells"] if c["id"] != "one"]}
    found = sources(merge(chapter(), mine, written_by(chapter(), "end", "New.")).notebook)
    assert "np.arange(30)" in found and "np.arange(3)" not in found and "The first section." not in found
    changed = sources(merge(chapter(), mine, written_by(chapter(), "one", "Rewritten.")).notebook)
    assert "Rewritten." in changed                          # what the course has rewritten is worth a second look


def test_a_copy_of_an_exercise_is_the_reader_s_own_cell():
    mine = with_cells(chapter(), "ask2", {**asks(2), "id": "copy", "source": ANSWER})
    found = sources(merge(chapter(), mine, written_by(chapter(), "one", "New.")).notebook)
    assert found.count(ANSWER) == 1 and found.count(asks(2)["source"]) == 1


def test_cells_without_ids_are_known_by_their_text():
    mine = with_cells(written_by(chapter(), "ex2", ANSWER), "look", cell("mine", "own = 1"))
    for some in mine["cells"]:
        del some["id"]
    found = sources(merge(chapter(), mine, written_by(chapter(), "one", "New.")).notebook)
    assert found == sources(with_cells(written_by(written_by(chapter(), "ex2", ANSWER), "one", "New."), "look",
                                       cell("mine", "own = 1")))


def test_without_the_base_nothing_is_lost():
    mine = written_by(written_by(chapter(), "ex2", ANSWER), "look", "np.arange(9)")
    mine = with_cells(mine, "one", text("o", "Own."))
    found = sources(merge(notebook(), mine, written_by(chapter(), "one", "New.")).notebook)
    assert {ANSWER, "np.arange(9)", "Own.", "New.", "np.arange(3)", "The first section."} <= set(found)


# ---- on random edits -------------------------------------------------------------------------------

KINDS = st.sampled_from(["code", "markdown"])


@st.composite
def edits(draw, of, who):
    """A notebook edited: cells changed, deleted, put in; the course may also put them into another order."""
    cells = []
    for k, old in enumerate(of["cells"]):
        what = draw(st.sampled_from(["keep", "keep", "keep", "change", "delete"]))
        if what == "change":
            mark, _, rest = old["source"].partition("\n")
            old = {**old, "source": f"{mark}\n{who} changed {k}" if marked(old["source"]) else f"{who} changed {k}"}
        if what != "delete":
            cells.append(old)
        if draw(st.integers(0, 4)) == 0:
            cells.append(cell(f"{who}{k}", f"{who} wrote {k}", draw(KINDS)))
    return {**of, "cells": draw(st.permutations(cells)) if who == "course" and draw(st.booleans()) else cells}


@given(st.data())
def test_on_random_edits(data):
    base = chapter()
    mine, new = data.draw(edits(base, "reader")), data.draw(edits(base, "course"))
    before = copy.deepcopy((base, mine, new))
    result = merge(base, mine, new).notebook
    assert (base, mine, new) == before
    ids = [c["id"] for c in result["cells"]]
    assert len(set(ids)) == len(ids)
    found = sources(result)
    theirs = [source for source in sources(mine) if "reader" in source]
    assert all(found.count(source) == 1 for source in theirs)           # nothing lost, nothing twice
    shown = "\n".join(found)
    assert all(source in shown for source in sources(new) if "course" in source)
    assert merge(new, result, new).notebook == result                   # a second time changes nothing
    assert sources(merge(base, result, new).notebook) == found          # nor does one after a crash before the end


@pytest.mark.parametrize("damage", [
    lambda c: c.update(metadata=[]), lambda c: c.update(outputs=3), lambda c: c.update(id=7),
    lambda c: c.pop("metadata"),
    lambda c: c.update(execution_count="5"), lambda c: c.update(outputs=[3, None]), lambda c: c.update(id="x" * 500),
    lambda c: c.update(id=""), lambda c: c.update(id="a b"), lambda c: c.update(attachments=3),
])
def test_types_that_jupyter_never_writes(damage):
    mine = copy.deepcopy(written_by(chapter(), "ex2", ANSWER))
    damage(mine["cells"][7])
    assert ANSWER in sources(merge(chapter(), mine, written_by(chapter(), "one", "New.")).notebook)
