"""The benchmark runs, measures what it says, and the G product is near its floor (a generous ratio)."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hf_lib.network import passes

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import floor  # noqa: E402
import hf_step  # noqa: E402
import physics_products  # noqa: E402
import products  # noqa: E402
import shares  # noqa: E402


def test_the_floor_makes_the_matrix_products_that_the_passes_make():
    layers = floor.products([5, 4, 3], 2, np.float64, np.random.default_rng(0))
    made = []
    for l, layer in enumerate(layers):
        for kind in layer:
            layer[kind] = lambda l=l, kind=kind: made.append((l, kind))
    floor.floor(layers, "G")()
    assert sorted(made) == [(0, "forward"), (0, "weights"), (1, "adjoint"), (1, "forward"), (1, "forward"),
                            (1, "weights")]
    assert "adjoint" not in layers[0]


@pytest.mark.parametrize("form", hf_step.FORMS)
def test_a_step_s_matrix_products_are_timed(form):
    seconds, found, peak = hf_step.step("CURVES-like", form, N=40)
    assert 0 < found[shares.PRODUCTS] < 1 and seconds > 0 and not peak < 50
    assert {"loss", "activations", "element-wise in passes", "vectors in CG", "preconditioner", "other"} < set(found)
    assert sum(found.values()) == pytest.approx(1) and min(found.values()) > -1e-9        # rounding
    assert passes.np is np                                        # NumPy itself is back in its place


@pytest.mark.slow
def test_the_benchmark_runs_and_its_peers_agree(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["products.py", "--quick"])
    products.main()
    printed = capsys.readouterr().out
    assert "| 1 | 784-800-10 | float32 | G |" in printed and "autograd" in printed and "matrix products" in printed


@pytest.mark.slow
def test_the_physics_benchmark_runs_and_its_peers_agree(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["physics_products.py", "--quick"])
    physics_products.main()
    printed = capsys.readouterr().out
    assert "| 2-64-64-48-48-1 | G |" in printed and "autograd" in printed


def test_the_floor_of_a_physics_informed_network_has_the_passes_own_shapes():
    """Value alone at first, all channels in between, no slopes at the end: as many numbers as the passes' buffers."""
    problem, theta, v = physics_products.setting("2-64-64-48-48-1", 9, 4, np.random.default_rng(0))
    made, layers = [], physics_products.matmul_floor(problem, np.random.default_rng(0))
    wanted = [rows.all.size for rows in problem.linearize(theta)._network._Z[1:]]
    for layer in layers:
        made.append(layer["forward"].__defaults__[2].size)
    assert made == wanted


@pytest.mark.slow
@pytest.mark.parametrize("name", products.NETS)
def test_the_G_product_is_near_its_matmul_floor(name):
    """The target is 1.15. By the processor's clock, on which a program that waits for a core loses no time."""
    rng = np.random.default_rng(0)
    problem, theta, v = products.setting(name, np.dtype(np.float32), 1000, rng)
    lin = problem.linearize(theta)
    runs = {("hf_lib", "G"): lambda: lin.ggn(v),
            ("floor", "G"): floor.floor(floor.products(problem.net.sizes, 1000, np.float32, rng), "G")}
    times = products.measure(runs, 10, time.process_time)
    assert times["hf_lib", "G"].min() < 1.6 * times["floor", "G"].min()
