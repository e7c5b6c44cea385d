"""MNIST's digits, read from data/mnist.npz and checked against its SHA-256. First used in notebook 01."""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from hf_lib._checks import FLOATS, choice, count

MNIST_FILE = Path(__file__).resolve().parents[2] / "data" / "mnist.npz"
MNIST_SHA256 = "e183595579f3fdb5af0a6aa55938e81620b1f28a8118b2eda52dce03bbf6087b"


@dataclass(frozen=True, eq=False)
class Digits:
    """MNIST. All arrays are read-only, because every caller gets the same ones.

    Attributes
    ----------
    X_train, X_test : ndarray (60000, side²) and (10000, side²), float32
        Grey values in [0, 1], row by row; 0 is the background.
    y_train, y_test : ndarray (60000,) and (10000,), int64
        The digits 0 to 9.
    Y_train, Y_test : ndarray (60000, 10) and (10000, 10), float32
        The same, one-hot.
    """

    X_train: np.ndarray
    y_train: np.ndarray
    Y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    Y_test: np.ndarray


def one_hot(labels, n_classes, dtype=np.float32):
    """Rows with a 1 at the label and 0 elsewhere: (N,) whole numbers to (N, n_classes) floats.

    Raises
    ------
    TypeError
        If `labels` is no array of whole numbers.
    ValueError
        If it is not one-dimensional, a label lies outside 0 … n_classes − 1, or `dtype` is
        neither float32 nor float64.

    Examples
    --------
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    n_classes = count("n_classes", n_classes)
    dtype = choice("dtype", np.dtype(dtype), FLOATS)
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        raise TypeError("labels must be a numpy array of whole numbers, "
                        f"got {getattr(labels, 'dtype', type(labels).__name__)}")
    if labels.ndim != 1:
        raise ValueError(f"labels has shape {labels.shape}, expected (N,)")
    outside = (labels < 0) | (labels >= n_classes)
    if outside.any():
        i = int(np.argmax(outside))
        raise ValueError(f"labels[{i}] is {labels[i]}, expected 0 to {n_classes - 1}")
    rows = np.zeros((len(labels), n_classes), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def mnist(side=28):
    """MNIST's 60,000 training and 10,000 test digits (LeCun, Cortes & Burges), as `Digits`.

    The first call for a size reads the file and checks its SHA-256; later ones return the same
    read-only arrays. They take 220 MB at side 28, a quarter of that at 14.

    Parameters
    ----------
    side : {28, 14, 7}
        28 gives the pixels / 255; 14 and 7 the means of 2×2 and 4×4 of them.

    Raises
    ------
    FileNotFoundError
        If data/mnist.npz is missing; the message says how to restore it.
    ValueError
        If the file is damaged, or `side` is none of the three.
    """
    return _mnist(choice("side", side, (28, 14, 7)), MNIST_FILE)


@lru_cache
def _mnist(side, path):
    with np.load(io.BytesIO(_verified(path))) as file:
        y_train, y_test = (file[f"{part}_labels"].astype(np.int64) for part in ("train", "test"))
        digits = Digits(
            _grey(file["train_images"], side), y_train, one_hot(y_train, 10),
            _grey(file["test_images"], side), y_test, one_hot(y_test, 10))
    for array in vars(digits).values():
        array.setflags(write=False)
    return digits


def _verified(path):
    """The bytes of the file, if they are the ones that the course was made with."""
    remedy = ("Restore it with `git checkout -- data/mnist.npz` in the course's folder, "
              "or copy it there from a fresh download of the course.")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing. {remedy}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != MNIST_SHA256:
        raise ValueError(f"{path} is damaged: its SHA-256 is {found}, expected {MNIST_SHA256}. {remedy}")
    return content


def _grey(pixels, side):
    """(N, 784) uint8 to (N, side²) float32 in [0, 1]: the mean over k×k blocks, divided by 255."""
    k = 28 // side
    squares = pixels.reshape(-1, 28, 28)
    total = np.zeros((len(pixels), side, side), np.uint16)       # at most 16 · 255
    for i in range(k):
        for j in range(k):
            total += squares[:, i::k, j::k]
    return (total / np.float32(255 * k * k)).reshape(-1, side * side)
