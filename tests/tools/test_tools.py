"""Tests for the tests: each kind of fault in a notebook makes the runner fail, and says where."""
import asyncio
import json
import sys
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import clean_notebooks  # noqa: E402
import execute_notebook  # noqa: E402
import run_notebooks  # noqa: E402
import yardstick  # noqa: E402
from check_maths import why_unsettable  # noqa: E402
from clean_notebooks import cleaned  # noqa: E402
from execute_notebook import Limits, Run  # noqa: E402
from notebook_client import SLICE, CourseClient  # noqa: E402
from notebook_file import read, to_bytes  # noqa: E402
from notebook_text import pieces  # noqa: E402


def code(source, *tags, **more):
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {}, **more)


def text(source):
    return new_markdown_cell(source)


def write(folder, name, *cells):
    """A clean notebook of these cells."""
    path = folder / name
    path.write_bytes(to_bytes(cleaned(new_notebook(cells=list(cells)))))
    return path


def sentences(path):
    return [str(failure) for failure in run_notebooks.check(path)]


def run_plan(plan, jobs=2, limits=run_notebooks.LIMITS):
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(run_notebooks.run_all(plan, jobs, limits))


# The file --------------------------------------------------------------------------------

HEALTHY = [
    text("# A healthy notebook\n\nSee [the step](#Step-1:-$Gv$), [a file](other.ipynb#There), "
         "<https://jupyter.org> and `hf_lib.__name__`.\n\n![a line that rises](line.png)"),
    text("## Step 1: $Gv$\n\n$$\n\\begin{aligned} Gv &= J^\\top H_L J v \\\\ &\\ge 0 \\end{aligned}\n$$\n\n"
         "| price | norm |\n|---|---|\n| \\$5 | $\\lVert v \\rVert_2^2$ |"),
    code("%matplotlib inline\nimport hf_lib as hf\nprint(hf.__name__)"),
]


def test_a_healthy_notebook_passes_every_check(tmp_path):
    write(tmp_path, "other.ipynb", text("# There"))
    (tmp_path / "line.png").write_bytes(b"")
    assert sentences(write(tmp_path, "healthy.ipynb", *HEALTHY)) == []


@pytest.mark.parametrize("cell, reason", [
    (text("[next](02_missing.ipynb)"), "the link 02_missing.ipynb is dead"),
    (text("# A\n[up](#B)"), "has no heading or anchor #B"),
    (text("[x](OTHER.ipynb)"), "the link OTHER.ipynb is dead"),
    (text("[x](other.ipynb#here)"), "has no heading or anchor #here"),
    (text("[x][nowhere]"), "the link reference [nowhere] is not defined"),
    (text("[x](http://jupyter.org)"), "must begin with https"),
    (text("see http://jupyter.org."), "must begin with https"),
    (text("[x](https://jupyter)"), "names no proper host"),
    (text("[x](/etc/hosts)"), "must be a relative path"),
    (text("![](other.ipynb)"), "has no alt text"),
    (text("<img src='other.ipynb'>"), "an <img> has no alt text"),
    (text("![x](attachment:a.png)"), "the attachment a.png is missing"),
    (text("use `hf.no_such_name(x)`"), "hf.no_such_name does not exist: hf_lib has no no_such_name"),
    (code("import hf_lib as hf\nhf.no_such_name(1)"), "hf_lib has no no_such_name"),
    (code("from hf_lib.no_such_module import y"), "hf_lib.no_such_module.y does not exist"),
    (code("from hf_lib import no_such_name"), "hf_lib.no_such_name does not exist"),
    (text("costs $5"), "line 1: a $ has no partner"),
    (text("$\\argmin f$"), "\\argmin is not among the commands"),
    (text("$$\n\\frac{a\n$$"), "cannot be set: a closing brace is missing"),
    (text("a\n\n| $|x|$ |\n|---|"), "line 3: the maths $|x|$ has a | inside a table row"),
    (text("the $n$th"), "touches a letter"),
    (text("a $ x$ b"), "has a space inside its dollars"),
    (text("\\begin{align} a \\end{align}"), "maths stands outside"),
    (code("1\n" * 41), "the code cell has 41 lines; the most is 40"),
])
def test_a_fault_gives_one_sentence_with_file_cell_and_reason(tmp_path, cell, reason):
    write(tmp_path, "other.ipynb", text("# There"))
    path = write(tmp_path, "faulty.ipynb", text("# Title"), cell)
    (sentence,) = sentences(path)
    assert sentence.startswith(f"{path.resolve().as_posix()}, cell 2 (id {read(path).cells[1].id}): ")
    assert reason in sentence


def test_links_code_and_dollars_inside_code_and_maths_are_left_alone(tmp_path):
    cell = text("`[x](no.ipynb)` and ``a $ b`` and $x[i](t)$\n\n```\n[y](no.ipynb) $\n```\n")
    assert sentences(write(tmp_path, "code.ipynb", cell)) == []


def unstripped(notebook):
    notebook.cells[0].outputs = [new_output("stream", text="3")]


def counted(notebook):
    notebook.cells[0].execution_count = 3


def with_widget_state(notebook):
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {}}}


def without_id(notebook):
    del notebook.cells[0]["id"]


def with_one_id_twice(notebook):
    notebook.cells[1].id = notebook.cells[0].id


def with_a_version(notebook):
    notebook.metadata.language_info["version"] = "3.11.0"


@pytest.mark.parametrize("spoil, reason", [
    (unstripped, "cell 1 (id {id}): an output is saved"),
    (counted, "cell 1 (id {id}): an execution count is saved"),
    (with_widget_state, "spoilt.ipynb: widget state is saved"),
    (without_id, "cell 1 (id missing): the cell has no valid id"),
    (with_one_id_twice, "cell 2 (id {id}): another cell has the same id"),
    (with_a_version, "spoilt.ipynb: its metadata or layout is not the clean form"),
])
def test_an_unstripped_or_unstable_file_fails_until_it_is_cleaned(tmp_path, spoil, reason):
    path = write(tmp_path, "spoilt.ipynb", code("1"), code("2"))
    notebook = read(path)
    identifier = notebook.cells[0].id
    spoil(notebook)
    path.write_bytes(to_bytes(notebook))
    assert any(reason.format(id=identifier) in sentence for sentence in sentences(path))
    assert clean_notebooks.main(["--check", str(path)]) == 1
    assert clean_notebooks.main([str(path)]) == 0
    assert sentences(path) == []


def test_other_indentation_is_unstable_and_a_broken_file_is_named(tmp_path):
    path = write(tmp_path, "layout.ipynb", code("1"))
    path.write_text(json.dumps(read(path), indent=4), encoding="utf-8")
    assert "the next save would change it" in " ".join(sentences(path))
    path.write_text("{", encoding="utf-8")
    assert "cannot be read as UTF-8 JSON" in " ".join(sentences(path))
    assert clean_notebooks.main([str(path)]) == 1


sources = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=40)


identifiers = st.sampled_from([None, "a", "b", "not valid!"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), sources, identifiers), max_size=5))
def test_cleaning_is_stable_and_keeps_every_source(cells):
    notebook = new_notebook()
    for is_code, source, identifier in cells:
        cell = (new_code_cell if is_code else new_markdown_cell)(source)
        cell.update({"id": identifier} if identifier else {})
        if identifier is None:
            del cell["id"]
        notebook.cells.append(cell)
    once = cleaned(notebook)
    assert [cell.source for cell in once.cells] == [source for _, source, _ in cells]
    assert len({cell.id for cell in once.cells}) == len(cells)
    written = to_bytes(once)
    assert to_bytes(cleaned(once)) == written == to_bytes(cleaned(notebook))
    assert to_bytes(nbformat.reads(written.decode(), as_version=4)) == written


def test_cleaning_keeps_tags_and_slides_and_attachments():
    kept = {"tags": ["long"], "slideshow": {"slide_type": "slide"}}
    cell = new_markdown_cell("x", metadata={**kept, "collapsed": True})
    cell.attachments = {"a.png": {"image/png": ""}}
    (clean,) = cleaned(new_notebook(cells=[cell])).cells
    assert clean.metadata == kept and "a.png" in clean.attachments


@given(st.text("ab$`\\\n{}|", max_size=30))
def test_cutting_markdown_into_pieces_loses_nothing(source):
    cut = list(pieces(source))
    assert all(source[piece.start:piece.start + len(piece.text)] == piece.text for piece in cut)
    between = "".join(piece.text for piece in cut)
    assert between.replace("\\$", "") == source.replace("\\$", "")


@pytest.mark.parametrize("tex", [
    r"\nabla f(\theta)^\top J^\top H_{L\circ\varphi} J", r"\frac12 x^\top A x", r"f'^2 + f''_x",
    r"\left\lVert x \right\rVert_2^2", r"\left. f \right|_{x}", r"\bigl(\tfrac{\sqrt\kappa-1}{2}\bigr)^k",
    r"\operatorname*{arg\,min}_\theta f", r"\mathcal R\{f\}", r"\{x \mid x > 0\}", r"\sqrt[3]{x}",
    r"\begin{cases} 1 & x > 0 \\ 0 & \text{else, or 5\%} \end{cases}", r"\sum_{\substack{a \\ b}} x",
    r"\begin{array}{cc} a & b \end{array}", r"\underbrace{a + b}_{\text{curvature}}", r"10^{-6}",
])
def test_good_maths_passes(tex):
    assert why_unsettable(tex) is None


@pytest.mark.parametrize("tex, reason", [
    (r"\frac{a}", "lacks what should follow"), (r"a}", "no { before"), (r"\left( a", "\\right"),
    (r"\right)", "\\left before"), (r"\left x \right)", "lacks a delimiter"), (r"x^a^b", "two superscripts"),
    (r"x_a_b", "two subscripts"), (r"a & b", "& stands outside"), (r"a \\ b", "\\\\ stands outside"),
    (r"\begin{aligned} a", "\\end"), (r"\begin{align} a \end{align}", "environment align"),
    (r"\begin{aligned} a \end{cases}", "is closed by"), ("50%", "bare %"), (r"\bm x", "\\bm"),
    (r"x^", "lacks"), ("", "empty"), (r"\text{a", "not closed"), (r"\tag{1}", "\\tag"),
    (r"\text a", "lacks its"),
])
def test_bad_maths_fails_with_a_reason(tex, reason):
    assert reason in why_unsettable(tex)


# The run ---------------------------------------------------------------------------------

INTERACT = """from ipywidgets import interact
@interact(lam=(0.0, 4.0))
def draw(lam={start}):
    print(1 / lam)
"""
LATE = """import asyncio, ipywidgets
line = ipywidgets.HTML("fine")
display(line)
async def later():
    await asyncio.sleep(0.1)
    line.value = '<p role="alert">no picture: λ is negative</p>'
task = asyncio.ensure_future(later())
"""
OBSERVED = """import ipywidgets
box = ipywidgets.Checkbox(description="damping")
def switched(change):
    raise ValueError("no such damping")
box.observe(switched, "value")
box
"""
FAULTS = {  # name -> (cells, the number of the faulty cell, reason)
    "raises": ([code("1"), code("1 / 0")], 2, "it raises ZeroDivisionError: division by zero"),
    "warns": ([code("import warnings\nwarnings.warn('old')")], 1, "the cell's output holds stderr: "),
    "widget_raises": ([code(INTERACT.format(start="0.0"))], 1, "a widget's output shows ZeroDivisionError"),
    "widget_raises_when_moved": ([code(INTERACT.format(start="2.0")), code("2")], 1,
                                 "moving “lam” to 0.0: a widget's output shows ZeroDivisionError"),
    "switch_raises": ([code(OBSERVED)], 1, "moving “damping” to True: the cell's output shows ValueError"),
    "error_line_comes_late": ([code(LATE), code("2")], 1, "shows an error line: no picture: λ is negative"),
    "writes_bad_maths": ([code("from IPython.display import Markdown\nMarkdown('$\\\\frac{a}$')")], 1,
                         "the cell's Markdown output, line 1: the maths $\\frac{a}$ cannot be set"),
    "kernel_dies": ([code("import os\nos._exit(1)"), code("2")], 1, "the kernel died in this cell"),
}


@pytest.fixture(scope="module")
def faulty_runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faulty")
    paths = [write(folder, f"{name}.ipynb", *cells) for name, (cells, _, _) in FAULTS.items()]
    paths += [write(folder, "sound.ipynb", code(INTERACT.format(start=2.0).replace("1 / lam", "lam")))]
    return {run.path.stem: run for run in run_plan([(path, read(path), "") for path in paths])}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_run_gives_a_sentence_with_file_cell_and_reason(faulty_runs, name):
    run, (_, number, reason) = faulty_runs[name], FAULTS[name]
    cell = run.notebook.cells[number - 1]
    (sentence,) = map(str, run.failures)
    assert sentence.startswith(f"{run.path.resolve().as_posix()}, cell {number} (id {cell.id}): ")
    assert reason in sentence


@pytest.mark.slow
def test_a_figure_without_fault_passes(faulty_runs):
    run = faulty_runs["sound"]
    assert run.failures == [] and run.too_slow(run_notebooks.LIMITS) == [] and run.total > 0


@pytest.mark.slow
def test_a_cell_is_timed_and_one_that_hangs_is_stopped(tmp_path, monkeypatch):
    slow = write(tmp_path, "slow.ipynb", code("import time"), code("time.sleep(1)"))
    hangs = write(tmp_path, "hangs.ipynb", code("while True: pass"), code("'not reached'"))
    monkeypatch.setattr(execute_notebook, "slowness", lambda clock=None: 1.0)
    run = execute_notebook.execute_now(slow, read(slow))
    assert run.seconds[1] > 0.9 and run.stopped == set()
    limits = Limits(cell=0.1, patience=5)
    run = execute_notebook.execute_now(hangs, read(hangs), limits=limits)
    identifier = run.notebook.cells[0].id
    assert list(run.seconds) == [0] and run.stopped == {0}
    assert f"hangs.ipynb, cell 1 (id {identifier}): the cell took 0.5 s and was stopped" in str(run.too_slow(limits)[0])


def timed(seconds, slowness):
    notebook = cleaned(new_notebook(cells=[code("1"), code("2", "long"), code("3")]))
    return Run(Path("x.ipynb"), "", notebook, seconds, slowness)


@pytest.mark.parametrize("seconds, slowness, slow", [
    ({0: 4.0, 1: 40.0, 2: 7.4}, 1.0, []), ({0: 7.6, 1: 44.0}, 1.0, [1]), ({0: 7.6, 1: 50.0}, 1.2, []),
    ({0: 1.0, 1: 46.0}, 1.0, [2]), ({0: 21.0, 1: 80.0}, 2.0, [1]), ({0: 80.0, 1: 400.0}, 11.0, []),
    ({0: 7.0, 1: 44.0, 2: 7.0, 3: 7.0, 4: 40.0}, 1.0, [None]),
])
def test_limits_grow_with_the_machines_slowness(seconds, slowness, slow):
    run = timed(seconds, slowness)
    run.notebook.cells += cleaned(new_notebook(cells=[code("4"), code("5", "long")])).cells
    assert [failure.cell for failure in run.too_slow(Limits())] == slow
    assert all(("times slower" in str(failure)) == (slowness > 1) for failure in run.too_slow(Limits()))


def test_the_yardstick_is_the_machines():
    assert yardstick.slowness() >= 1 and 0 < yardstick.seconds() < np.inf
    first = yardstick.seconds(iter(range(100)).__next__)
    assert first == 1 and yardstick.slowness(iter(range(100)).__next__) == 1 / yardstick.REFERENCE


@pytest.mark.slow
def test_the_command_fails_on_a_fault_and_passes_without(tmp_path, capsys):
    (tmp_path / "line.png").write_bytes(b"")
    write(tmp_path, "other.ipynb", text("# There"))
    good, bad = write(tmp_path, "good.ipynb", *HEALTHY), write(tmp_path, "bad.ipynb", code("hf = 1\nhf.x"))
    assert run_notebooks.main([str(good), "--times"]) == 0
    table = capsys.readouterr().out
    assert "1 notebook, no faults." in table and f"cell   3 ({read(good).cells[2].id})" in table
    assert run_notebooks.main([str(bad), "--jobs", "1"]) == 1
    assert f"cell 1 (id {read(bad).cells[0].id}): it raises AttributeError" in capsys.readouterr().out


def test_the_line_that_a_picture_shows_when_it_cannot_be_drawn_is_seen(monkeypatch):
    from front_end import widget_faults
    from hf_lib import explore
    monkeypatch.delenv("HF_LIB_STRICT", raising=False)

    @explore.picture(k=explore.Integer(0, 3))
    def broken(k):
        raise ValueError("no such step")

    image = explore.View(broken).image
    client = SimpleNamespace(widget_state={"7": image.get_state()})
    ((comm_id, reason),) = widget_faults(client)
    assert comm_id == "7" and "a widget shows an error line" in reason and "no such step" in reason


def test_the_better_of_two_runs_counts_but_no_fault_is_forgotten(tmp_path):
    notebook = cleaned(new_notebook(cells=[code("1"), code("2", "long")]))
    run = Run(tmp_path / "x.ipynb", "", notebook, {0: 8.0, 1: 29.0})
    again = Run(tmp_path / "x.ipynb", "", notebook, {0: 4.0})
    again.add(1, "it raises ValueError: seldom")
    assert len(run.too_slow(Limits())) == 1
    run.keep_better(again)
    assert run.seconds == {0: 4.0, 1: 29.0} and run.too_slow(Limits()) == []
    assert [str(failure) for failure in run.failures] == [str(again.failures[0])]
    assert len(run.too_slow(Limits(notebook=21.0))) == 1


STUB = "# exercise ch91.q1\ndef half(x):\n    ...\n"


def test_solutions_take_the_place_of_stubs_and_of_nothing_else():
    notebook = cleaned(new_notebook(cells=[code(STUB), code("x = 1  # exercise ch91.q1")]))
    assert run_notebooks.with_solutions(Path("x.ipynb"), notebook, lambda source: source + "solved") == []
    assert [cell.source.endswith("solved") for cell in notebook.cells] == [True, False]

    def unknown(source):
        raise KeyError("ch91.q1")

    (failure,) = run_notebooks.with_solutions(Path("x.ipynb"), notebook, unknown)
    assert "cell 1" in str(failure) and "there is no solution" in str(failure)


@pytest.mark.parametrize("mode, verdict, faults", [
    ("stubs", "… ch91.q1: not attempted. Write it.", 0), ("stubs", "✓ ch91.q1: correct. Good.", 1),
    ("solutions", "✓ ch91.q1: correct. Good.", 0), ("solutions", "✗ ch91.q1: incorrect: sign. No.", 1),
    ("solutions", "✗ ch92.q1: incorrect: sign. An exercise of another chapter.", 0),
])
def test_a_check_must_call_the_stub_not_attempted_and_the_solution_correct(mode, verdict, faults):
    from execute_notebook import verdict_faults
    shown = new_output("execute_result", {"text/plain": verdict})
    notebook = new_notebook(cells=[code(STUB), code("ch91.q1.check(half)", outputs=[shown])])
    run = Run(Path("x.ipynb"), mode, notebook)
    assert len(list(verdict_faults(notebook.cells[1], run))) == faults


def test_a_reply_that_the_first_poll_misses_is_not_waited_for_to_the_end():
    asked = []

    async def get_msg(timeout):
        asked.append(timeout)
        if len(asked) < 3:
            raise Empty
        return "reply"

    channel = SimpleNamespace(get_msg=get_msg)
    CourseClient._in_slices(None, channel)
    assert asyncio.run(channel.get_msg(timeout=60)) == "reply"
    assert asked == [SLICE] * 3
