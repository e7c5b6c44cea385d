"""Is this machine ready for the course? Used in notebook 00 §1."""

import html
import importlib.util
import os
import platform
import re
import sys
import time
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from hf_lib import datasets
from hf_lib.judge.printable import printable
from hf_lib.network.curvature import Linearization
from hf_lib.network.losses import SoftmaxCrossEntropy
from hf_lib.network.mlp import MLP

# what pyproject.toml asks for; tests/notebook/test_setup_check.py holds the two together
FLOORS = {"jupyterlab": "4.2", "numpy": "2.2", "scipy": "1.15", "matplotlib": "3.10.8",
          "ipywidgets": "8.1", "autograd": "1.8"}
SLOW = 5.0     # GFlop/s: an old laptop on one core makes more


BROWSERS = ("emscripten", "wasi")     # Python within a web page


@dataclass(frozen=True)
class Finding:
    """One line of the check: what was looked at, what was found, and what to do where it is off.

    A finding that is fine may have a remedy too: a note, for those whom it concerns.
    """

    what: str
    found: str
    fine: bool
    remedy: str = ""

    @property
    def mark(self):
        if not self.fine:
            return "✗"
        return "–" if self.remedy else "✓"


@dataclass(frozen=True, repr=False)
class SetupReport:
    """All findings; a notebook shows them as a table."""

    findings: tuple

    @property
    def fine(self):
        """Whether nothing is off."""
        return all(f.fine for f in self.findings)

    def __repr__(self):
        return printable("\n".join(f"{f.mark} {f.what}: {f.found}{_colon(f.remedy)}" for f in self.findings))

    def _repr_html_(self):
        cells = "".join(f"<tr><td>{f.mark}</td><td style='text-align:left'>{html.escape(f.what)}</td>"
                        f"<td style='text-align:left'>{html.escape(f.found + _colon(f.remedy))}</td></tr>"
                        for f in self.findings)
        head = "<tr><th>ok</th><th style='text-align:left'>looked at</th><th style='text-align:left'>found</th></tr>"
        return f"<table>{head}{cells}</table>"


def check_setup():
    """Look at versions, threads, speed, data and one product; say what to do where something is off.

    Takes about a second, and changes nothing.

    Returns
    -------
    SetupReport
    """
    return SetupReport((_python(), *_packages(), _threads(), _speed(), _data(), _product()))


def _python():
    fine = sys.version_info >= (3, 11)
    return Finding("Python", platform.python_version(), fine,
                   "" if fine else "the course needs 3.11 or newer: install it, delete the folder .venv, start again")


def _hosted():
    """Whether the notebook's pages come from elsewhere, so that no JupyterLab is wanted beside this Python."""
    return sys.platform in BROWSERS or _importable("google.colab")


def _importable(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:                          # nor is there the package that it would be in
        return False


def _packages():
    for name, floor in FLOORS.items():
        version = _version(name)
        if name == "jupyterlab" and version is None:
            yield from _other_front_end()
        elif version is None:
            yield Finding(name, "missing", False, _get(name, floor))
        else:
            fine = _numbers(version) >= _numbers(floor)
            yield Finding(name, version, fine, "" if fine else _get(name, floor))


def _other_front_end():
    """What is said where JupyterLab is missing: other programs open notebooks too, so it is no fault."""
    if _hosted():
        return
    notebook = _version("notebook")
    if notebook is not None and _numbers(notebook) >= (7,):
        yield Finding("jupyterlab", f"missing, but there is Notebook {notebook}", True)
        return
    remedy = _get("jupyterlab", FLOORS["jupyterlab"])
    yield Finding("jupyterlab", "missing", True, f"to open the notebooks in it, {remedy}")


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _get(name, floor):
    how = f'run %pip install "{name}>={floor}" and restart the kernel' if _hosted() else \
        "run python3 course.py lab, which installs it"
    return f"the course needs {floor}: {how}"


def _threads():
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    limits = [f"{name}={os.environ[name]}" for name in names if os.environ.get(name)]
    cores = os.cpu_count() or 1
    free = "as many as cores (on a shared machine OPENBLAS_NUM_THREADS=1, set before Jupyter starts, is often faster)"
    found = f"{cores} core{'s' if cores > 1 else ''}, threads for matrix products: {', '.join(limits) or free}"
    if os.environ.get("OPENBLAS_CORETYPE"):
        return Finding("threads", found, False, f"OPENBLAS_CORETYPE={os.environ['OPENBLAS_CORETYPE']} is set and "
                       "may halve NumPy's speed: unset it before you start JupyterLab")
    return Finding("threads", found, True)


def _speed(n=600):
    a = np.ones((n, n), np.float32)
    a @ a
    start = time.perf_counter()
    for _ in range(5):
        a @ a
    speed = 5 * 2 * n ** 3 / (time.perf_counter() - start) / 1e9
    if sys.platform in BROWSERS:
        return Finding("matrix products", f"{speed:.1f} GFlop/s in float32, as a browser makes them", True)
    return Finding("matrix products", f"{speed:.0f} GFlop/s in float32", speed > SLOW,
                   "" if speed > SLOW else "slow: close other programs; the times in the text will not fit")


def _data():
    try:
        data = datasets.mnist()
    except (OSError, ValueError) as error:
        return Finding("MNIST", "not usable", False, str(error))
    return Finding("MNIST", f"{len(data.X_train):,} training and {len(data.X_test):,} test images", True)


def _product():
    rng = np.random.default_rng(0)
    net = MLP([3, 5, 4], "tanh")
    theta, v = net.init(rng), rng.standard_normal(net.size)
    X, Y = rng.standard_normal((8, 3)), np.eye(4)[rng.integers(0, 4, 8)]
    gradient = lambda t: Linearization(net, SoftmaxCrossEntropy(), X, Y, t).gradient()
    eps = 1e-5
    differences = (gradient(theta + eps * v) - gradient(theta - eps * v)) / (2 * eps)
    H_v = Linearization(net, SoftmaxCrossEntropy(), X, Y, theta).hessian(v)
    error = float(np.abs(H_v - differences).max() / np.abs(H_v).max())
    return Finding("H v against finite differences", f"largest relative difference {error:.0e}", error < 1e-7,
                   "" if error < 1e-7 else "hf_lib or NumPy is damaged: delete .venv, run python3 course.py lab")


def _numbers(version):
    """"3.10.8rc1" → (3, 10, 8), to be compared."""
    return tuple(int(re.match(r"\d+", part)[0]) for part in version.split(".")[:3] if part[0].isdigit())


def _colon(remedy):
    return f": {remedy}" if remedy else ""
