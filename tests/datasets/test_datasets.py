"""The data: shapes, dtypes, ranges, the same numbers from the same seed, and what is said when something is wrong."""
import importlib
import shutil
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_lib import datasets
from hf_lib.datasets import surfaces
from hf_lib.optimisers.first_order import GradientDescent
from hf_lib.optimisers.newton import Newton

mnist_module = importlib.import_module("hf_lib.datasets.mnist")     # the package hands on its function of that name

SURFACES = [surfaces.ravine(1), surfaces.ravine(50), surfaces.rosenbrock(), surfaces.saddle(), surfaces.beale()]
NAMES = [surface.name for surface in SURFACES]


def rng(seed=0):
    return np.random.default_rng(seed)


# ---- sine

@pytest.mark.parametrize("form, n, amplitude, spread", [("slides", 2000, np.sin, 1.0),
                                                        ("code", 10000, lambda x: np.sin(10 * x), 3 ** -0.5)])
def test_sine_has_the_form_of_the_source(form, n, amplitude, spread):
    data = datasets.sine(form, rng())
    assert data.X.shape == data.Y.shape == (n, 1)
    assert data.X.dtype == data.Y.dtype == np.float64
    # Standard errors of a standard deviation: at most spread/√(2n) and 0.1/√(2n); five of them.
    assert abs(data.X.std() - spread) < 5 * spread / np.sqrt(2 * n)
    assert abs((data.Y - amplitude(data.X)).std() - 0.1) < 5 * 0.1 / np.sqrt(2 * n)
    assert form == "slides" or np.abs(data.X).max() <= 1


def test_sine_without_noise_is_the_function_and_has_the_same_inputs():
    noisy, clean = datasets.sine("code", rng(), n=50), datasets.sine("code", rng(), n=50, noise=0)
    np.testing.assert_array_equal(clean.Y, np.sin(10 * clean.X))
    np.testing.assert_array_equal(clean.X, noisy.X)


def test_sine_in_float32_is_the_float64_one_rounded():
    double, single = datasets.sine("slides", rng(), n=9), datasets.sine("slides", rng(), n=9, dtype=np.float32)
    assert single.X.dtype == single.Y.dtype == np.float32
    np.testing.assert_array_equal(single.Y, double.Y.astype(np.float32))


@pytest.mark.parametrize("arguments, error, text", [
    (dict(form="cosine"), ValueError, "'slides', 'code'"),
    (dict(n=0), ValueError, "n is 0"),
    (dict(n=2.5), TypeError, "n must be a whole number"),
    (dict(noise=-1), ValueError, "noise is -1"),
    (dict(noise=np.nan), ValueError, "noise is nan"),
    (dict(noise=np.inf), ValueError, "noise is inf"),
    (dict(dtype=np.int64), ValueError, "dtype"),
    (dict(rng=7), TypeError, "numpy.random.Generator"),
])
def test_sine_names_the_wrong_argument(arguments, error, text):
    with pytest.raises(error, match=text):
        datasets.sine(**{"form": "slides", "rng": rng(), **arguments})


# ---- one-hot rows

@given(st.lists(st.integers(0, 6), max_size=20), st.sampled_from([np.float32, np.float64]))
def test_one_hot_rows_sum_to_one_and_point_at_the_label(labels, dtype):
    labels = np.array(labels, np.uint8)
    rows = datasets.one_hot(labels, 7, dtype)
    assert rows.shape == (len(labels), 7) and rows.dtype == dtype
    np.testing.assert_array_equal(rows.sum(axis=1), 1)
    np.testing.assert_array_equal(rows.argmax(axis=1), labels)


@pytest.mark.parametrize("labels, n_classes, error, text", [
    (np.array([0, 3, 1]), 3, ValueError, r"labels\[1\] is 3, expected 0 to 2"),
    (np.array([0, -1]), 3, ValueError, r"labels\[1\] is -1"),
    (np.array([0.0, 1.0]), 3, TypeError, "float64"),
    (np.array([True, False]), 3, TypeError, "bool"),
    ([0, 1], 3, TypeError, "list"),
    (np.array([[0], [1]]), 3, ValueError, r"\(2, 1\), expected \(N,\)"),
    (np.array([0]), 0, ValueError, "n_classes is 0"),
])
def test_one_hot_refuses(labels, n_classes, error, text):
    with pytest.raises(error, match=text):
        datasets.one_hot(labels, n_classes)


def test_one_hot_refuses_other_dtypes():
    with pytest.raises(ValueError, match="dtype"):
        datasets.one_hot(np.array([0]), 2, np.int64)


# ---- MNIST

def test_mnist_is_all_of_mnist():
    data = datasets.mnist()
    for X, y, Y, n in ((data.X_train, data.y_train, data.Y_train, 60000),
                       (data.X_test, data.y_test, data.Y_test, 10000)):
        assert X.shape == (n, 784) and X.dtype == np.float32
        assert X.min() == 0 and X.max() == 1
        assert y.shape == (n,) and y.dtype == np.int64
        assert Y.shape == (n, 10) and Y.dtype == np.float32
        np.testing.assert_array_equal(Y.argmax(axis=1), y)
    assert np.bincount(data.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.X_train.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)     # known to four places
    assert data.X_train.std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)


def test_mnist_is_read_once_and_cannot_be_spoilt():
    data = datasets.mnist()
    assert datasets.mnist() is data
    for name, array in vars(data).items():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
        assert not array.flags.writeable, name


@pytest.mark.parametrize("side", [14, 7])
def test_small_mnist_is_the_mean_of_blocks(side):
    full, small = datasets.mnist(), datasets.mnist(side=side)
    assert small.X_train.shape == (60000, side ** 2) and small.X_train.dtype == np.float32
    k = 28 // side
    blocks = full.X_test[:200].reshape(200, side, k, side, k).mean(axis=(2, 4), dtype=np.float64)
    np.testing.assert_allclose(small.X_test[:200], blocks.reshape(200, -1), atol=2e-7)   # float32, values ≤ 1
    np.testing.assert_array_equal(small.y_test, full.y_test)


def test_mnist_refuses_other_sides():
    with pytest.raises(ValueError, match="side is 10, expected one of 28, 14, 7"):
        datasets.mnist(side=10)


def test_missing_mnist_is_explained(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist_module, "MNIST_FILE", tmp_path / "mnist.npz")
    with pytest.raises(FileNotFoundError, match="mnist.npz is missing. Restore it with `git checkout"):
        datasets.mnist()


@pytest.mark.parametrize("damage", ["one bit", "cut short", "empty"])
def test_damaged_mnist_is_explained(damage, tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    shutil.copy(mnist_module.MNIST_FILE, path)
    content = bytearray(path.read_bytes())
    if damage == "one bit":
        content[len(content) // 2] ^= 1
    path.write_bytes(content if damage == "one bit" else content[:1000] if damage == "cut short" else b"")
    monkeypatch.setattr(mnist_module, "MNIST_FILE", path)
    with pytest.raises(ValueError, match="is damaged: its SHA-256 is .* Restore it with `git checkout"):
        datasets.mnist()


def test_readme_gives_the_checksum_of_the_file():
    readme = (mnist_module.MNIST_FILE.parent / "README.md").read_text(encoding="utf-8")
    assert mnist_module.MNIST_SHA256 in readme


# ---- CURVES-like pictures

def test_curves_have_shape_dtype_and_range():
    X = datasets.curves(300, rng())
    assert X.shape == (300, 784) and X.dtype == np.float32
    assert X.min() == 0 and X.max() == 1
    assert (X.max(axis=1) > 0.5 + 0.85 - np.sqrt(0.5) - 0.06).all()           # no blank one; see the points' test
    assert 0.02 < X.mean() < 0.1                             # a line on a dark ground


def test_curves_depend_on_the_seed_alone():
    many, few = datasets.curves(130, rng(3)), datasets.curves(5, rng(3))      # 130 is more than one chunk
    np.testing.assert_array_equal(many[:5], few)
    assert not np.array_equal(few, datasets.curves(5, rng(4)))
    assert len(np.unique(many, axis=0)) == 130


def test_curves_pass_through_their_three_points():
    X = datasets.curves(200, rng(5)).reshape(200, 28, 28)
    points = rng(5).uniform(4, 24, (200, 3, 2))
    column, row = np.floor(points).astype(int).transpose(2, 0, 1)             # of the pixel that holds each point
    ink = X[np.arange(200)[:, None], row, column]
    # The point is at most √½ from its pixel's centre; the first and last lie on a piece's end, so the ink there is
    # at least ½ + 0.85 − √½. The middle one may lie 0.05 beside a piece.
    assert ink.min() > 0.5 + 0.85 - np.sqrt(0.5) - 0.06


def test_curves_follow_the_recipe():
    """Against the same recipe in float64, with Lagrange's form and 2,000 points instead of 24 pieces."""
    X = datasets.curves(8, rng(2)).reshape(8, 28, 28)
    t = np.linspace(0, 1, 2000)[:, None]
    centres = np.stack(np.meshgrid(np.arange(28) + 0.5, np.arange(28) + 0.5), axis=-1)[:, :, None]
    for image, (p0, p1, p2) in zip(X, rng(2).uniform(4, 24, (8, 3, 2))):
        a, b = np.linalg.norm(p1 - p0), np.linalg.norm(p2 - p1)
        t1 = a / (a + b)
        path = (p0 * (t - t1) * (t - 1) / t1
                + p1 * t * (t - 1) / (t1 * (t1 - 1))
                + p2 * t * (t - t1) / (1 - t1))
        distance = np.linalg.norm(centres - path, axis=-1).min(axis=-1)
        # The pieces run at most 0.05 beside the parabola. The dense points lie at most 0.09 apart, which adds less
        # than 0.01 to a distance of 0.35, and nearer pixels are white in either.
        np.testing.assert_allclose(image, np.clip(0.5 + 0.85 - distance, 0, 1), atol=0.06)


def test_a_small_move_of_the_points_changes_the_picture_little():
    class Moved(np.random.Generator):
        def uniform(self, *arguments):
            return super().uniform(*arguments) + 1e-2

    before, after = datasets.curves(50, rng(1)), datasets.curves(50, Moved(np.random.PCG64(1)))
    # All three points move by (0.01, 0.01), and so does the curve: a pixel changes by at most 0.01·√2.
    assert 0 < np.abs(after - before).max() < 1e-2 * np.sqrt(2) + 1e-4


def test_coinciding_points_give_a_dot():
    class Same(np.random.Generator):
        def uniform(self, low, high, shape):
            return np.full(shape, 14.0)

    X = datasets.curves(1, Same(np.random.PCG64(0))).reshape(28, 28)
    assert np.isfinite(X).all()
    assert sorted(zip(*np.nonzero(X))) == [(i, j) for i in (13, 14) for j in (13, 14)]


@pytest.mark.parametrize("n, error", [(0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError)])
def test_curves_refuse_a_wrong_number(n, error):
    with pytest.raises(error, match="n "):
        datasets.curves(n, rng())


def test_curves_refuse_a_seed():
    with pytest.raises(TypeError, match="numpy.random.Generator"):
        datasets.curves(2, 0)


@pytest.mark.slow
def test_curves_are_drawn_many_at_a_time():
    """A curve of a thousand costs less than half of one alone, by the processor's clock: no loop goes over them."""
    def seconds(n, times):
        start = time.process_time()
        for _ in range(times):
            datasets.curves(n, rng())
        return time.process_time() - start

    seconds(1, 1)
    assert seconds(1000, 1) < seconds(1, 1000) / 2


# ---- toy surfaces

def inside(surface):
    (x0, x1), (y0, y1) = surface.limits
    return st.tuples(st.floats(x0, x1), st.floats(y0, y1)).map(np.array)


@pytest.mark.parametrize("surface", SURFACES, ids=NAMES)
@settings(max_examples=30)
@given(data=st.data())
def test_derivatives_agree_with_central_differences(surface, data):
    theta, h = data.draw(inside(surface)), 1e-5
    steps = h * np.eye(2)
    g = [(surface.value(theta + e) - surface.value(theta - e)) / (2 * h) for e in steps]
    H = [(surface.gradient(theta + e) - surface.gradient(theta - e)) / (2 * h) for e in steps]
    # Truncation: h²/6 · 1.3e4, the largest third or fourth derivative here, is 2e-7.
    # Rounding: 2e-16 · 4e3, the largest value or slope, / h is 1e-7.
    np.testing.assert_allclose(surface.gradient(theta), g, rtol=1e-6, atol=2e-6)
    np.testing.assert_allclose(surface.hessian(theta), H, rtol=1e-6, atol=2e-6)
    assert isinstance(surface.value(theta), float)


@pytest.mark.parametrize("surface", SURFACES, ids=NAMES)
def test_minima_are_minima_and_lie_in_the_plot(surface):
    for theta in surface.minima:
        assert np.abs(surface.gradient(theta)).max() < 1e-12
        assert np.linalg.eigvalsh(surface.hessian(theta)).min() > 0
    for theta in (*surface.minima, surface.start):
        assert all(low < t < high for t, (low, high) in zip(theta, surface.limits))
    with pytest.raises(ValueError, match="read-only"):
        surface.start[0] = 0


@pytest.mark.parametrize("surface", SURFACES, ids=NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_grid_gives_what_its_points_give(surface, dtype):
    grid = rng().uniform(-1, 1, (3, 4, 2)).astype(dtype)
    values, g, H = surface.value(grid), surface.gradient(grid), surface.hessian(grid)
    assert values.shape == (3, 4) and g.shape == (3, 4, 2) and H.shape == (3, 4, 2, 2)
    assert values.dtype == g.dtype == H.dtype == dtype
    eps = 100 * np.finfo(dtype).eps                          # scalars and arrays may round powers differently
    np.testing.assert_allclose(values[1, 2], surface.value(grid[1, 2]), rtol=eps)
    np.testing.assert_allclose(g[1, 2], surface.gradient(grid[1, 2]), rtol=eps)
    np.testing.assert_allclose(H[1, 2], surface.hessian(grid[1, 2]), rtol=eps)


def test_the_ravine_has_the_condition_number_that_it_was_asked_for():
    assert np.linalg.cond(surfaces.ravine(30).hessian(np.zeros(2))) == pytest.approx(30)


def test_newton_runs_to_the_saddle_from_the_start():
    surface = surfaces.saddle()
    theta = surface.start
    for _ in range(8):
        theta = theta - np.linalg.solve(surface.hessian(theta), surface.gradient(theta))
    np.testing.assert_allclose(theta, 0, atol=1e-12)
    assert np.linalg.eigvalsh(surface.hessian(theta)).tolist() == [-1, 1]


@pytest.mark.parametrize("method", [lambda s: GradientDescent(s, s.start, 1e-3, max_steps=5),
                                    lambda s: Newton(s, s.start, damping=1e-3, line_search=True, max_steps=5)])
@pytest.mark.parametrize("surface", SURFACES[1:3], ids=NAMES[1:3])
def test_surfaces_are_objectives_for_the_optimisers(surface, method):
    losses = [step.loss for step in method(surface)]
    assert len(losses) > 1 and losses[-1] < losses[0] < surface.value(surface.start)


@pytest.mark.parametrize("kappa, error", [(0.5, ValueError), (np.nan, ValueError), (np.inf, ValueError),
                                          ("2", TypeError)])
def test_the_ravine_refuses(kappa, error):
    with pytest.raises(error, match="kappa"):
        surfaces.ravine(kappa)


@pytest.mark.parametrize("theta, error", [([1.0, 2.0], TypeError), (np.array([1, 2]), TypeError),
                                          (np.zeros(3), ValueError), (np.array(1.0), ValueError)])
@pytest.mark.parametrize("method", ["value", "gradient", "hessian"])
def test_surfaces_refuse_other_points(method, theta, error):
    with pytest.raises(error, match="theta"):
        getattr(surfaces.beale(), method)(theta)


# ---- four regions

def test_four_regions_has_the_areas_of_its_rings():
    data = datasets.four_regions(100_000, rng())
    assert data.X.shape == (100_000, 2) and data.y.dtype == np.int64 and np.abs(data.X).max() <= 1
    disc, ring, nut = (np.pi * r * r / 4 for r in (5 / 6, 1 / 2, 1 / 6))         # shares of the square
    half, inner = (disc - ring) / 2, (ring - nut) / 2
    shares = np.array([(1 - disc) / 2, half + inner + nut, half + inner, (1 - disc) / 2])
    np.testing.assert_allclose(shares, [0.227, 0.284, 0.262, 0.227], atol=6e-4)
    # the standard error of a share is at most 0.5/√n; five of them
    np.testing.assert_allclose(np.bincount(data.y) / 100_000, shares, atol=5 * 0.5 / np.sqrt(100_000))
    np.testing.assert_array_equal(data.Y.argmax(axis=1), data.y)
    assert (data.Y.sum(axis=1) == 1).all()


@pytest.mark.parametrize("point, label", [
    ((0.9, 0.9), 3), ((-0.9, 0.9), 3), ((0.9, -0.9), 0), ((-0.1, -0.99), 0), ((0.9, 0.0), 0),
    ((0.7, 0.1), 1), ((0.1, -0.7), 1), ((-0.7, 0.1), 2), ((0.0, 0.7), 2),
    ((0.3, 0.0), 2), ((-0.3, 0.0), 1), ((0.0, 0.3), 1), ((0.1, 0.1), 1), ((-0.1, 0.1), 1),
    ((0.0, 5 / 6 - 1e-9), 2), ((0.0, 5 / 6 + 1e-9), 3), ((0.5 - 1e-9, 0.0), 2), ((0.5 + 1e-9, 0.0), 1)])
def test_four_regions_point_by_point(point, label):
    region = importlib.import_module("hf_lib.datasets.four_regions").region
    assert region(np.array(point)) == label and region(np.array([[point]])).shape == (1, 1)


def test_four_regions_in_float32_is_the_float64_one_rounded():
    double, single = datasets.four_regions(50, rng()), datasets.four_regions(50, rng(), np.float32)
    assert single.X.dtype == single.Y.dtype == np.float32 and double.X.dtype == np.float64
    np.testing.assert_array_equal(single.X, double.X.astype(np.float32))
    np.testing.assert_array_equal(single.y, double.y)


@pytest.mark.parametrize("arguments, error, text", [
    (dict(n=0), ValueError, "n is 0"), (dict(rng=7), TypeError, "numpy.random.Generator"),
    (dict(dtype=np.int64), ValueError, "dtype")])
def test_four_regions_names_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        datasets.four_regions(**(dict(n=5, rng=rng()) | arguments))
