"""Hold a hand-made result against its reference, in one line. Used in every chapter."""

from dataclasses import dataclass

import numpy as np

from hf_lib.judge.printable import printable


@dataclass(frozen=True, repr=False)
class Comparison:
    """What `compare` found: the largest difference, relative to the largest entry of the reference."""

    name: str
    difference: float

    def __repr__(self):
        words = "exact" if self.difference == 0 else f"agrees to {self.difference:.0e}"
        return printable(f"✓ {self.name}: {words}")


def compare(name, mine, reference, rtol=None):
    """max|mine − reference| / max|reference|, shown as one line; an error where it is too large.

    Parameters
    ----------
    name : str
        What is compared.
    mine, reference : number or ndarray of the same shape
    rtol : float, optional
        The largest relative difference allowed; else ε^(2/3) of the coarser dtype (4e-11 in
        float64, 2e-5 in float32), room for rounding and for nothing else.

    Raises
    ------
    ValueError
        If the shapes differ.
    AssertionError
        If the difference is above `rtol`, or no number.

    Examples
    --------
    >>> compare("one third", 0.1 + 0.2, 0.3)
    ✓ one third: agrees to 2e-16
    """
    a, b = np.asarray(mine), np.asarray(reference)
    if a.shape != b.shape:
        raise ValueError(f"{name}: mine has shape {a.shape}, the reference {b.shape}")
    if rtol is None:
        rtol = max(np.finfo(np.result_type(x, np.float32)).eps if x.dtype.kind in "fc" else 0.0
                   for x in (a, b)) ** (2 / 3)
    scale = np.max(np.abs(b), initial=0.0) or 1.0
    difference = float(np.max(np.abs(a - b), initial=0.0) / scale)
    assert difference <= rtol, f"{name}: differs by {difference:.1e}, expected at most {rtol:.0e}"
    return Comparison(name, difference)
