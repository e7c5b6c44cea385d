"""A few made-up digits in place of MNIST, a small network, and a folder of their own for the histories."""

from types import SimpleNamespace

import history
import mnist
import numpy as np

import hf_lib as hf


def put_in_place_of_mnist(monkeypatch, folder):
    """`experiments/mnist.py` runs on these digits and stores below `folder`; return that folder."""
    rng = np.random.default_rng(0)
    X, y = rng.random((80, 784), dtype=np.float32), rng.integers(0, 10, 80)
    data = SimpleNamespace(X_train=X, Y_train=hf.datasets.one_hot(y, 10), y_train=y, X_test=X, y_test=y)
    monkeypatch.setattr(hf.datasets, "mnist", lambda: data)
    monkeypatch.setattr(mnist, "SIZES", [784, 4, 10])
    monkeypatch.setattr(history, "RUNS", folder)
    return folder
