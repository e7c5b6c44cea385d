"""The boxes "The same in JAX and PyTorch": where these are installed, the code gives what the library gives."""

import re

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, sources_of

import hf_lib as hf

SIZES, N = [1, 20, 20, 1], 30
FRAMEWORKS = {"JAX": "jax", "PyTorch": "torch"}
CHAPTERS = {"05": "05_automatic_differentiation.ipynb", "06": "06_the_r_operator.ipynb"}


def box(chapter, framework):
    """The source in the box of that chapter: the one fenced block that names the framework in its first line."""
    blocks = [block for text in sources_of(NOTEBOOKS / CHAPTERS[chapter], "markdown")
              for block in re.findall(r"```python\n(.*?)```", text, re.S)]
    (source,) = [block for block in blocks if block.startswith(f"# the same in {framework}\n")]
    return source


def given():
    """The names that the text says the box may use, float64."""
    rng = np.random.default_rng(0)
    net = hf.MLP(SIZES, activation="tanh")
    X, Y = rng.standard_normal((N, 1)), rng.standard_normal((N, 1))
    return {"sizes": SIZES, "X": X, "Y": Y, "theta": net.init(rng, scale=1.5), "v": rng.standard_normal(net.size),
            "u": rng.standard_normal((N, 1))}


def installed(framework):
    reason = f"{framework} is not installed; the course does not need it"
    return pytest.importorskip(FRAMEWORKS[framework], reason=reason)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_box_is_python_of_at_most_88_columns(chapter, framework):
    source = box(chapter, framework)
    compile(source, f"{chapter}, {framework}", "exec")
    assert max(map(len, source.splitlines())) <= 88


@pytest.mark.filterwarnings("ignore::DeprecationWarning")     # a framework's own affair
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_products_of_the_boxes_are_the_library_s(framework):
    """05 and then 06, in one namespace: 06 goes on where 05 ended, as its text says."""
    installed(framework)
    names = given()
    X, Y, theta, v, u = (names[name] for name in ("X", "Y", "theta", "v", "u"))
    lin = hf.Problem(hf.MLP(SIZES, activation="tanh"), hf.SquaredError(), X, Y).linearize(theta)
    for chapter in CHAPTERS:
        exec(compile(box(chapter, framework), f"box of {chapter}, {framework}", "exec"), names)
    expected = {"z": lin.z, "Jv": lin.jvp(v), "JTu": lin.vjp(u), "Hv": lin.hessian(v), "Gv": lin.ggn(v)}
    for name, value in expected.items():
        # float64 throughout: sums of a few dozen terms, three layers deep
        np.testing.assert_allclose(np.asarray(names[name]), value, rtol=1e-10, atol=1e-12 * np.abs(value).max(),
                                   err_msg=name)
