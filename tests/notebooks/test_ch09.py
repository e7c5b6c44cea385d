"""Notebook 09: its loop is the library's, its confirmations can fail, its words about the race are true."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import hf_lib as hf
from hf_lib.exercises import bring, find
from hf_lib.exercises import ch09 as ex
from hf_lib.figures import ch09

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import history  # noqa: E402
import race  # noqa: E402

NOTEBOOK = ROOT / "notebooks" / "09_the_hf_loop.ipynb"
CELLS = ["".join(c["source"]) for c in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
WORDS = ("def solve(", "def ratio(", "def loop(", "def hf_step(", "def hessian_free(", "damped_product = ex.q1.answer",
         "cg_step = bring", "data = hf.datasets.sine", "import numpy as np", "def watch(")


def run(sources, namespace=None):
    names = {"print": lambda *words, **how: None} if namespace is None else namespace
    for source in sources:
        exec(compile(source, NOTEBOOK.name, "exec"), names)
        names["explore"] = SimpleNamespace(show=lambda picture, **values: None)
    return names


def derivation():
    """The cells that define the loop and confirm its parts, without the long runs."""
    return [source for source in CELLS if any(word in source for word in WORDS)]


@pytest.fixture(scope="module")
def mine():
    return SimpleNamespace(**run(derivation()))


# ---- the confirmations can fail --------------------------------------------------------------------

ALTERED = {
    "1.1 damping": ("mine = damped_product(lin, 0.3, v)", "mine = damped_product(lin, 0.2, v)"),
    "1.2 residual at the start": ("r = b_hat - A_hat(y)  ", "r = b_hat  "),
    "1.2 sign of the residual": ("r = b_hat - A_hat(y)  ", "r = A_hat(y) - b_hat  "),
    "1.2 C": ("C = np.sqrt(M)", "C = M"),
    "1.2 b in other units": ("y, b_hat = C * x, b / C", "y, b_hat = C * x, b"),
    "1.2 back to x": ("iterates.append(y / C)", "iterates.append(y)"),
    "1.3 φ": ("phi.append(-0.5 * float(y @ (b_hat + r)))", "phi.append(-0.5 * float(y @ (b_hat - r)))"),
    "1.3 factor ½": ("phi.append(-0.5 * float", "phi.append(-float"),
    "1.4 sign of the damping": ("(-phi + 0.5 * lam * float(p @ p))", "(-phi - 0.5 * lam * float(p @ p))"),
    "1.4 factor ½": ("(-phi + 0.5 * lam * float(p @ p))", "(-phi + lam * float(p @ p))"),
}


@pytest.mark.parametrize("step", ALTERED)
def test_a_wrong_formula_is_caught(step):
    right, wrong = ALTERED[step]
    sources = derivation()[:6]
    assert sum(right in source for source in CELLS) == 1 and any(right in source for source in sources)
    with pytest.raises((AssertionError, ValueError)):        # ValueError: another number of iterations
        run([source.replace(right, wrong) for source in sources])


# ---- the loop is the library's ---------------------------------------------------------------------


def networks():
    rng = np.random.default_rng(3)
    X = rng.uniform(-1, 1, (80, 2))
    yield hf.MLP([2, 6, 1]), hf.SquaredError(), X, np.sin(4 * X[:, :1])
    labels = hf.datasets.one_hot((X[:, 0] * X[:, 1] > 0).astype(np.int64), 2, np.float64)
    yield hf.MLP([2, 5, 2], activation="relu"), hf.SoftmaxCrossEntropy(), X, labels


@pytest.mark.parametrize("case", list(networks()), ids=["regression", "classification"])
@pytest.mark.parametrize("lam", [0.1, 1.0])
def test_my_loop_is_the_library_s(mine, case, lam):
    net, loss, X, Y = case
    problem = hf.Problem(net, loss, X, Y)
    theta = net.init(np.random.default_rng(0))
    ours = mine.hessian_free(problem, theta, lam, 3, max_cg=12)
    library = list(hf.HessianFree(problem, theta, damping=lam, backtracking=False, max_cg=12, max_steps=3))
    assert len(ours) == len(library) == 3
    for step, theirs in zip(ours, library):
        assert step.lam == pytest.approx(theirs.damping) and step.alpha == theirs.step_size
        assert step.rho == pytest.approx(theirs.rho, rel=1e-5)
        np.testing.assert_allclose(step.phi, theirs.cg.phi, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(step.theta, theirs.theta, rtol=1e-5, atol=1e-6)


def test_a_refused_step_raises_the_damping_as_in_the_library(mine):
    problem = hf.Problem(hf.MLP([1, 1]), hf.SquaredError(), np.ones((1, 1)), np.ones((1, 1)))
    theta = np.array([0.0, 0.0])
    bad = -5 * np.ones(2)                                    # a warm start that leads uphill, and no CG step
    step = mine.hf_step(problem, theta, 1.0, bad, max_cg=0)
    assert step.alpha == 0 and step.lam_next == 1.5
    np.testing.assert_array_equal(step.theta, theta)


def test_the_product_of_the_exercise_is_the_library_s():
    for lin, lam, v in ex.q1.fresh_cases():
        np.testing.assert_allclose(ex.q1.reference(lin, lam, v), lin.ggn(v) + lam * v, rtol=1e-12)


def test_the_bug_of_exercise_3_ends_at_the_start_plus_the_solution():
    broken = ex.q3.compile(ex.q3.stub)
    A = np.diag([1.0, 2.0, 5.0])
    b, x0 = np.array([1.0, -1.0, 2.0]), np.array([3.0, 0.5, -2.0])
    np.testing.assert_allclose(broken(lambda v: A @ v, b, x0, 3), x0 + np.linalg.solve(A, b), rtol=1e-9)
    np.testing.assert_allclose(ex.q3.reference(lambda v: A @ v, b, x0, 3), np.linalg.solve(A, b), rtol=1e-9)


# ---- answers from saved notebooks ------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    """Write one cell as notebook 08; the exercise forgets what it learns."""
    exercise = find("ch08.q3")
    before = exercise._correct

    def write(source):
        exercise._correct = ()
        cell = {"cell_type": "code", "source": source.splitlines(keepends=True)}
        (tmp_path / "08_damping.ipynb").write_text(json.dumps({"cells": [cell]}), "utf-8")
        return bring("ch08.q3", tmp_path)
    yield exercise, write
    exercise._correct = before


def test_a_correct_answer_is_brought_and_called_mine(saved):
    exercise, write = saved
    mine = write(exercise.cell.replace(exercise.stub, exercise.code).replace("if not", "again = 1\n    if not", 1))
    assert mine.yours and mine(3.0, 0.1) == 4.5 and "your own" in repr(mine)


@pytest.mark.parametrize("spoil", [
    lambda e: e.cell,                                                             # the stub
    lambda e: e.cell.replace(e.stub, e.code.replace("3 / 2", "2")),               # wrong
    lambda e: e.cell.replace(e.stub, "def next_damping(lam, rho:"),               # does not compile
    lambda e: e.cell.replace(e.stub, "raise RuntimeError"),
    lambda e: "x = 1",
])
def test_anything_else_gives_the_course_s(saved, spoil):
    exercise, write = saved
    answer = write(spoil(exercise))
    assert not answer.yours and answer(3.0, 0.1) == 4.5


# ---- the race --------------------------------------------------------------------------------------


def stored(name):
    return history.load(ROOT / "data" / "runs" / f"race_{name}.npz")


@pytest.mark.parametrize("name", ["sine", "digits"])
def test_every_method_was_tuned_over_its_whole_grid_and_the_best_was_taken(name):
    columns, origin = stored(name)
    settings = origin["settings"]
    assert settings["methods"] == list(race.METHODS)
    for number, method in enumerate(race.METHODS):
        wanted = json.loads(json.dumps(race.combinations(name, method)))
        results = settings["results"][method]
        assert [setting for setting, _ in results] == wanted
        ends = [[np.inf if end is None else end for end in found] for _, found in results]
        finals = [i for i, found in enumerate(ends) if len(found) == len(race.SEEDS)]
        assert len(finals) == race.FINALISTS or len(finals) == len(ends)
        assert max(ends[i][0] for i in finals) <= min((e[0] for e in ends if len(e) == 1), default=np.inf)
        chosen = min(finals, key=lambda i: race.mean(ends[i]))
        assert settings["best"][method] == wanted[chosen]
        runs = ch09.seeds_of(columns, number)
        assert [run_of["loss"][-1] for run_of in runs] == pytest.approx(ends[chosen])
        for run_of in runs:
            assert np.all(np.diff(run_of["cost"]) > 0) and np.all(np.diff(run_of["seconds"]) >= 0)


def ends(name, method, field="loss"):
    columns, origin = stored(name)
    number = origin["settings"]["methods"].index(method)
    return np.array([run_of[field][-1] for run_of in ch09.seeds_of(columns, number)])


def first(name, method, field, level, axis):
    columns, origin = stored(name)
    firsts = []
    for run_of in ch09.seeds_of(columns, origin["settings"]["methods"].index(method)):
        below = np.flatnonzero(run_of[field] <= level)
        firsts.append(run_of[axis][below[0]] if below.size else np.inf)
    return np.array(firsts)


def test_on_digits_hessian_free_loses_in_work_whatever_is_asked():
    for method in ("SGD", "momentum", "NAG", "Adam", "L-BFGS"):
        assert np.all(ends("digits", method).max() < 0.1 * ends("digits", "Hessian-free").min())
        assert first("digits", method, "test_error", 0.1, "cost").max() < first(
            "digits", "Hessian-free", "test_error", 0.1, "cost").min()
    for method in ("L-BFGS", "momentum"):                          # far below SGD, and they misread more
        assert ends("digits", method).max() < 0.1 * ends("digits", "SGD").min()
        assert ends("digits", method, "test_error").min() > ends("digits", "SGD", "test_error").max()
    assert ends("digits", "L-BFGS", "test_error").min() > ends("digits", "Hessian-free", "test_error").max()
    for field, level in (("loss", 0.1), ("test_error", 0.1)):       # L-BFGS, on all data too, with half of the work
        cost = {m: np.median(first("digits", m, field, level, "cost")) for m in ("L-BFGS", "Hessian-free")}
        assert cost["L-BFGS"] < 0.5 * cost["Hessian-free"]
    _, origin = stored("digits")
    results = origin["settings"]["results"]["Hessian-free"]
    alike = [found[0] for setting, found in results if setting["damping"] <= 1e-6 and (
        setting["max_cg"], setting["preconditioner"]) == (3, 0.75)]
    assert len(alike) == 4 and max(alike) < 1.05 * min(alike)
    assert first("digits", "Hessian-free", "test_error", 0.1, "index").max() < 6


def test_on_the_sine_hessian_free_is_reliable_first_in_steps_and_the_most_expensive_of_the_reliable():
    for method, failed in (("Hessian-free", 0), ("NAG", 0), ("Adam", 0), ("L-BFGS", 0), ("SGD", 2), ("momentum", 1)):
        assert np.sum(ends("sine", method) > 0.1) == failed
        assert np.sum(ends("sine", method) < 1e-3) == 3 - failed
    index, cost, seconds = ({m: np.median(first("sine", m, "loss", 1e-3, axis)) for m in race.METHODS}
                            for axis in ("index", "cost", "seconds"))
    assert min(index, key=index.get) == "Hessian-free"
    assert index["Adam"] / index["Hessian-free"] == pytest.approx(18, rel=0.05)
    for method, share in (("Adam", 1 / 18), ("L-BFGS", 1 / 4), ("NAG", 0.3)):
        assert cost[method] / cost["Hessian-free"] == pytest.approx(share, rel=0.05)
        assert ends("sine", method).max() < ends("sine", "Hessian-free").min()
    assert max(seconds["Adam"], seconds["L-BFGS"]) < seconds["Hessian-free"] < seconds["NAG"]
    columns, _ = stored("sine")
    soon = [np.median([run_of["loss"][run_of["seconds"] <= 0.16][-1] for run_of in ch09.seeds_of(columns, number)])
            for number in range(len(race.METHODS))]
    assert ends("sine", "Hessian-free").max() < 1.2 * min(soon[1:]) and soon[0] == min(soon)
    plateau = first("sine", "Adam", "loss", 0.2, "cost")
    assert 9 < plateau.min() and plateau.max() < 40 and first("sine", "L-BFGS", "loss", 0.2, "cost").min() > 80


def test_of_nag_s_finalists_one_alone_is_good_with_every_seed():
    _, origin = stored("sine")
    finalists = [(setting["momentum"], [np.inf if end is None else end for end in found])
                 for setting, found in origin["settings"]["results"]["NAG"] if len(found) == len(race.SEEDS)]
    lucky = [found[0] for _, found in finalists]
    assert max(lucky) < 2 * min(lucky)
    assert [mu for mu, found in finalists if 0.1 < max(found) < np.inf] == [0.99, 0.99]
    assert sum(max(found) == np.inf for _, found in finalists) == 1
    assert sum(max(found) < 1e-3 for _, found in finalists) == 1
