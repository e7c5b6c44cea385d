"""The course's data: sine, MNIST, CURVES-like pictures, four regions, toy surfaces, and the histories of long runs.

>>> import numpy as np
>>> data = sine("slides", np.random.default_rng(0))
>>> data.X.shape, data.Y.shape
((2000, 1), (2000, 1))
"""

from . import sequences, surfaces
from .curves import curves
from .four_regions import Regions, four_regions
from .mnist import Digits, mnist, one_hot
from .runs import run, runs
from .sine import Regression, sine

__all__ = ["Digits", "Regions", "Regression", "curves", "four_regions", "mnist", "one_hot", "run", "runs", "sequences",
           "sine", "surfaces"]
