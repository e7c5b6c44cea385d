"""Rules for conjugate gradients: when to stop, and which iterates to keep. Derived in notebook 07 §8, 10 §3."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from hf_lib._checks import count, number


@dataclass(frozen=True)
class RelativeProgress:
    """Stop when the last k steps brought little: φ_i < 0 and (φ_i − φ_{i−k}) / φ_i < k·ε.

    k = max(k_min, ⌈k_share·i⌉). Derived in notebook 07 §8. Martens 2010, §4.4.

    Examples
    --------
    >>> stop = RelativeProgress(eps=5e-4, k_min=2)
    >>> stop([0.0, -1.0, -1.5]), stop([0.0, -1.0, -1.0, -1.0])
    (None, 'relative progress')
    """

    eps: float = 5e-4
    k_min: int = 10
    k_share: float = 0.1

    def __post_init__(self):
        object.__setattr__(self, "eps", number("eps", self.eps, low=0))
        object.__setattr__(self, "k_min", count("k_min", self.k_min))
        object.__setattr__(self, "k_share", number("k_share", self.k_share, low=0))

    def __call__(self, phi):
        i = len(phi) - 1
        k = max(self.k_min, ceil(self.k_share * i))
        if i > k and phi[i] < 0 and (phi[i] - phi[i - k]) / phi[i] < k * self.eps:
            return "relative progress"
        return None


@dataclass(frozen=True)
class GeometricKeep:
    """Keep the iterates number ⌈ratio^j⌉, j = 0, 1, …: few, and dense at the start. Martens 2010, §4.6.

    Examples
    --------
    >>> keep = GeometricKeep(1.3)
    >>> [k for k in range(20) if keep(k)]
    [1, 2, 3, 4, 5, 7, 9, 11, 14, 18]
    """

    ratio: float = 1.3

    def __post_init__(self):
        object.__setattr__(self, "ratio", number("ratio", self.ratio, low=1, open_low=True))

    def __call__(self, k):
        if k < 1:
            return False
        j = int(np.log(k) / np.log(self.ratio))
        return any(ceil(self.ratio ** i) == k for i in range(max(j - 1, 0), j + 2))
