"""Sequences whose end depends on their beginning: the tasks of the long-range benchmarks. First used in notebook 16.

Each generator follows a table of its own text, after the tasks of Hochreiter & Schmidhuber (1997) as Martens &
Sutskever (2011) set them. Of a task with `n` sequences the lengths are drawn: T, T + 1, …, 1.1·T steps. A shorter
sequence is filled up with zeros at its end, where the mask is 0.
"""

from dataclasses import dataclass

import numpy as np

from hf_lib._checks import FLOATS, choice, count, float_array, generator

ADDITION_ERROR = 0.04    # |z − y|, not its square


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences with their targets, and which steps count.

    Attributes
    ----------
    X : ndarray (N, T, n_in)
    Y : ndarray (N, T, n_out)
        Zeros where the mask is 0.
    mask : ndarray (N, T)
        1 at the steps that count, 0 elsewhere.
    kind : {"value", "bit", "class"}
        What a target is: a number (squared error), a bit (sigmoid cross-entropy) or a one-hot row (softmax).
    """

    X: np.ndarray
    Y: np.ndarray
    mask: np.ndarray
    kind: str

    def solved(self, z):
        """Which sequences a network has right at every step that counts, bool (N,), from its outputs z (N, T, n_out).

        A number is right within 0.04 of its target (its *square* would be 0.2, as some have it); a bit where z is on
        its side of 0; a class where its z is the largest, and the only largest.

        Raises
        ------
        TypeError, ValueError
            If z is no array of Y's shape and dtype.
        """
        float_array("z", z, self.Y.shape, self.Y.dtype)
        if self.kind == "value":
            right = np.all(np.abs(z - self.Y) <= ADDITION_ERROR, axis=2)
        elif self.kind == "bit":
            right = np.all((z > 0) == (self.Y > 0.5), axis=2)
        else:
            others = np.where(self.Y > 0.5, -np.inf, z).max(axis=2)
            right = np.where(self.Y > 0.5, z, -np.inf).max(axis=2) > others
        return np.all(right | (self.mask == 0), axis=1)


def memory5(T, dtype=np.float64):
    """Keep five bits for T steps: all 32 sequences of T + 10 steps.

    ===============  =======================  ========================
    steps            input, one of four       target, one of three
    ===============  =======================  ========================
    the first 5      0 or 1: symbol a or b    2, nothing to say
    the next T − 1   2, nothing               2
    the next one     3, now say it            2
    the last 5       2                        the five symbols again
    ===============  =======================  ========================

    All steps count.

    Parameters
    ----------
    T : int
        At least 1: so many steps lie between the last symbol and the first answer.
    dtype : float64 or float32

    Examples
    --------
    >>> data = memory5(100)
    >>> data.X.shape, data.Y.shape
    ((32, 110, 4), (32, 110, 3))
    """
    T, dtype = count("T", T), choice("dtype", np.dtype(dtype), FLOATS)
    bits = np.arange(32)[:, None] >> np.arange(4, -1, -1) & 1        # (32, 5)
    symbols = np.full((32, T + 10), 2)
    symbols[:, :5], symbols[:, T + 4] = bits, 3
    answers = np.full((32, T + 10), 2)
    answers[:, -5:] = bits
    return Sequences(np.eye(4, dtype=dtype)[symbols], np.eye(3, dtype=dtype)[answers],
                     np.ones((32, T + 10), dtype), "class")


def addition(T, n, rng, dtype=np.float64):
    """Add the two marked numbers: the target is A + B, after the last step.

    ==============  ====================================================================
    input 1         a number, uniform in [0, 1), at every step
    input 2         1 at two marked steps, −1 at the first and the third last, else 0
    A is marked     in [T/100, T/10), but not at the first step
    B is marked     in [T/10, T/2)
    ==============  ====================================================================

    Parameters
    ----------
    T : int
        The least length, at least 20.
    n : int
        Sequences.
    rng : numpy.random.Generator
    dtype : float64 or float32

    Raises
    ------
    TypeError, ValueError
        If an argument is none of the above.
    """
    lengths, first, second, dtype = _drawn(T, n, rng, dtype, (0.01, 0.1), (0.1, 0.5))
    X, rows = np.zeros((n, lengths.max(), 2)), np.arange(n)
    X[..., 0] = rng.random(X.shape[:2])
    answers = X[rows, first, 0] + X[rows, second, 0]
    return _marked(X, lengths, first, second, answers[:, None], "value", dtype)


def xor(T, n, rng, dtype=np.float64):
    """The exclusive or of the two marked bits, after the last step.

    As `addition`, but input 1 is a bit, 0 or 1; A is marked in [T/50, T/5), B in [3T/10, T/2). Of one of the two alone
    the target is independent: no first half of the task helps with the second.

    Parameters
    ----------
    T, n, rng, dtype
        As in `addition`.
    """
    lengths, first, second, dtype = _drawn(T, n, rng, dtype, (0.02, 0.2), (0.3, 0.5))
    X, rows = np.zeros((n, lengths.max(), 2)), np.arange(n)
    X[..., 0] = rng.integers(0, 2, X.shape[:2])
    answers = X[rows, first, 0] != X[rows, second, 0]
    return _marked(X, lengths, first, second, answers[:, None], "bit", dtype)


def temporal_order(T, n, rng, dtype=np.float64):
    """In which order did X and Y come? Four classes: XX, XY, YX, YY, after the last step.

    Input: one of eight symbols, one-hot: 0 at the first step, 1 at the last, 2 or 3 (X or Y) at two steps, the first in
    [T/100, T/10), but not at the first step, the second in [4T/10, T/2), and at all others one of the distractors
    4 to 7.

    Parameters
    ----------
    T, n, rng, dtype
        As in `addition`.
    """
    lengths, first, second, dtype = _drawn(T, n, rng, dtype, (0.01, 0.1), (0.4, 0.5))
    rows = np.arange(n)
    symbols = rng.integers(4, 8, (n, lengths.max()))
    pair = rng.integers(0, 2, (n, 2))
    symbols[:, 0], symbols[rows, lengths - 1] = 0, 1
    symbols[rows, first], symbols[rows, second] = 2 + pair.T
    X = np.eye(8)[symbols]
    X[np.arange(X.shape[1]) >= lengths[:, None]] = 0
    return _at_the_end(X, lengths, np.eye(4)[2 * pair[:, 0] + pair[:, 1]], "class", dtype)


def _drawn(T, n, rng, dtype, *places):
    """Lengths (n,), a step out of each of two ranges given in parts of T (end left out), and the dtype."""
    T, n = count("T", T, low=20), count("n", n)
    generator("rng", rng)
    lengths = rng.integers(T, int(1.1 * T) + 1, n)
    steps = [rng.integers(max(1, round(low * T)), round(high * T), n) for low, high in places]
    return lengths, *steps, choice("dtype", np.dtype(dtype), FLOATS)


def _marked(X, lengths, first, second, answers, kind, dtype):
    rows = np.arange(len(X))
    X[rows, 0, 1] = X[rows, lengths - 3, 1] = -1
    X[rows, first, 1] = X[rows, second, 1] = 1
    X[np.arange(X.shape[1]) >= lengths[:, None]] = 0
    return _at_the_end(X, lengths, answers, kind, dtype)


def _at_the_end(X, lengths, answers, kind, dtype):
    """The answers as targets of the last step of each sequence, which alone counts."""
    rows, (n, steps) = np.arange(len(X)), X.shape[:2]
    Y, mask = np.zeros((n, steps, answers.shape[1])), np.zeros((n, steps))
    Y[rows, lengths - 1], mask[rows, lengths - 1] = answers, 1
    return Sequences(X.astype(dtype), Y.astype(dtype), mask.astype(dtype), kind)
