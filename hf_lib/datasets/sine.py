"""The source project's regression problem: noisy samples of a sine. First used in notebook 01."""

from dataclasses import dataclass

import numpy as np

from hf_lib._checks import FLOATS, choice, count, generator, number


@dataclass(frozen=True, eq=False)
class Regression:
    """Inputs X and targets Y, each (n, 1), one example a row."""

    X: np.ndarray
    Y: np.ndarray


def sine(form, rng, n=None, noise=0.1, dtype=np.float64):
    """Noisy samples of a sine, β ~ N(0, 1): the regression problem of the source project.

    ========  ==============  ============================  ========
    form      x               y                             n
    ========  ==============  ============================  ========
    slides    N(0, 1)         sin x + noise·β               2,000
    code      U(−1, 1)        sin 10x + noise·β             10,000
    ========  ==============  ============================  ========

    Parameters
    ----------
    form : {"slides", "code"}
        As the project's slides or its published code has it (Brunn, Kury & Schächter 2022).
    rng : numpy.random.Generator
    n : int, optional
        Examples, instead of the form's own number.
    noise : float
        Standard deviation of the noise, at least 0.
    dtype : float64 or float32
        Drawn in float64, then rounded.

    Returns
    -------
    Regression
        X and Y, each (n, 1).

    Raises
    ------
    TypeError, ValueError
        If an argument is none of the above.
    """
    choice("form", form, ("slides", "code"))
    generator("rng", rng)
    n = count("n", n) if n is not None else {"slides": 2000, "code": 10000}[form]
    noise = number("noise", noise, low=0, high=np.finfo(np.float64).max)
    dtype = choice("dtype", np.dtype(dtype), FLOATS)
    if form == "slides":
        X = rng.standard_normal((n, 1))
        clean = np.sin(X)
    else:
        X = rng.uniform(-1, 1, (n, 1))
        clean = np.sin(10 * X)
    Y = clean + noise * rng.standard_normal((n, 1))
    return Regression(X.astype(dtype, copy=False), Y.astype(dtype, copy=False))
