"""The notebooks for elsewhere: still pictures on the branch `read`, and the first cell for Colab and a browser."""
import base64
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import make_lite  # noqa: E402
import make_read  # noqa: E402
from elsewhere import colab_source, prepared  # noqa: E402
from execute_notebook import Run  # noqa: E402
from still import still, still_output  # noqa: E402

from hf_lib.explore.view import View  # noqa: E402
from hf_lib.figures import ch02  # noqa: E402

ADDRESS = "https://github.com/somebody/hessian-free"


def output(kind="display_data", **data):
    names = {"html": "text/html", "plain": "text/plain", "widget": "application/vnd.jupyter.widget-view+json"}
    return new_output(kind, {names[name]: content for name, content in data.items()})


@pytest.fixture(scope="module")
def view():
    view = View(ch02.ravine)
    yield view
    view.close()


def test_a_moving_picture_becomes_a_png_with_its_description(view):
    shown, described = still_output(output(html=view.static(), plain="<IPython.core.display.HTML object>"))
    fig = ch02.ravine()
    assert base64.b64decode(shown.data["image/png"]).startswith(b"\x89PNG")
    assert set(shown.data) == {"image/png", "text/plain"}
    width, height = fig.get_size_inches() * 96
    alt = fig.alt
    assert shown.metadata["image/png"] == {"width": round(width), "height": round(height), "alt": alt}
    assert " ".join(described.data["text/plain"].split()) == " ".join(f"Picture: {alt}".split())
    assert max(map(len, described.data["text/plain"].splitlines())) <= 88


@pytest.mark.parametrize("given, kept", [
    (output(widget={"model_id": "1"}, html=""), None),                   # a widget
    (output(html=""), None),                                             # a progress bar whose work is done
    (output(html="<div role='status'>…</div>", plain="… q1"), {"text/plain"}),
    (output(html="<table><tr><td>✓</td></tr></table>", plain="✓"), {"text/html", "text/plain"}),
    (output(html="<p>only here</p>", plain="<IPython.core.display.HTML object>"), {"text/html", "text/plain"}),
    (output(plain="13"), {"text/plain"}),
])
def test_what_stays_of_other_outputs(given, kept):
    assert [set(new.data) for new in still_output(given)] == ([] if kept is None else [kept])


def test_printed_words_stay():
    printed = new_output("stream", name="stdout", text="loss 0.1\n")
    assert still_output(printed) == [printed]


def test_a_chapter_of_the_branch_is_a_notebook_without_widgets(view):
    cells = [new_markdown_cell("# 02 · A title", id="a"),
             new_code_cell("explore.show(p)", id="b", execution_count=1, metadata={"execution": {"iopub": "now"}},
                           outputs=[output(widget={"model_id": "1"}, html=""), output(html=view.static())])]
    executed = new_notebook(cells=cells, metadata={"widgets": {"state": {}}})
    run = SimpleNamespace(notebook=executed, path=Path("02_title.ipynb"))
    text = make_read.readable(run, ADDRESS).decode("utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == ["a", "elsewhere-words", "elsewhere-code", "b"]
    assert "widget" not in text and "<img" not in text and '"execution"' not in text
    assert "colab.research.google.com/github/somebody/hessian-free/blob/read/02_title.ipynb" in text


def test_stilling_leaves_the_executed_notebook_alone(view):
    executed = new_notebook(cells=[new_code_cell("p", outputs=[output(html=view.static())])])
    still(executed)
    assert "text/html" in executed.cells[0].outputs[0].data


def run_as(monkeypatch, *faults):
    """Let no kernel run: each notebook comes back as it is, with these faults of its first cell."""
    async def run_all(plan, jobs, limits):
        runs = [Run(path, mode, notebook) for path, notebook, mode in plan]
        for run in runs:
            for fault in faults:
                run.add(0, fault)
        return runs

    monkeypatch.setattr(make_read, "run_all", run_all)


def test_the_branch_has_each_notebook_and_a_page_that_lists_them(tmp_path, monkeypatch):
    run_as(monkeypatch)
    assert make_read.main([str(tmp_path / "read"), ADDRESS, "07", "15"]) == 0
    names = sorted(path.name for path in (tmp_path / "read").glob("*.ipynb"))
    assert [name[:2] for name in names] == ["07", "15"]
    front = (tmp_path / "read" / "README.md").read_text(encoding="utf-8")
    assert all(f"({name})" in front for name in names)


def test_nothing_is_written_where_a_cell_fails(tmp_path, monkeypatch, capsys):
    run_as(monkeypatch, "it raises ZeroDivisionError")
    assert make_read.main([str(tmp_path / "read"), ADDRESS, "07"]) == 1
    assert "07_conjugate_gradients.ipynb" in capsys.readouterr().out and not (tmp_path / "read").exists()


def test_colab_s_cell_is_code_and_does_nothing_elsewhere():
    code = TransformerManager().transform_cell(colab_source(ADDRESS))
    for call in ("git clone -q --depth 1 " + ADDRESS, "pip", "cd"):
        assert call in code
    before = list(sys.path)
    exec(compile(code, "cell", "exec"), {})
    assert sys.path == before


def test_the_new_cell_stands_before_the_first_code():
    cells = [new_markdown_cell("# Title", id="a"), new_code_cell("import numpy", id="b"), new_markdown_cell("", id="c")]
    notebook = prepared(new_notebook(cells=cells), "browser", "%pip install numpy")
    assert [cell.id for cell in notebook.cells] == ["a", "browser-code", "b", "c"]


def test_in_the_browser_s_folder_the_library_is_found_with_its_data(tmp_path):
    make_lite.write_contents(tmp_path / "lite")
    first = nbformat.read(tmp_path / "lite" / "07_conjugate_gradients.ipynb", 4)
    code = next(cell.source for cell in first.cells if cell.cell_type == "code")
    assert code.splitlines()[-1] == "%pip install -q numpy scipy matplotlib ipywidgets autograd"
    told = subprocess.run([sys.executable, "-c", "from hf_lib import datasets; print(len(datasets.runs()), "
                           "datasets.mnist.__globals__['MNIST_FILE'].is_file(), datasets.__file__)"],
                          cwd=tmp_path / "lite", capture_output=True, text=True,
                          env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
    runs, found, where = told.stdout.split(maxsplit=2)
    assert int(runs) > 100 and found == "True" and str(tmp_path) in where
