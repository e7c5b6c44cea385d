"""The machine's part in a measurement: which BLAS, and a process that is held to some of the processors."""

import ctypes
import os
from pathlib import Path

import numpy as np

LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def blas():
    """Name and version of NumPy's BLAS and, of an OpenBLAS from PyPI, the kernels it has chosen for this processor.

    They matter: an OpenBLAS that does not know a new processor falls back to old kernels, at half the speed.
    ``OPENBLAS_CORETYPE`` overrides its choice.
    """
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}{_kernels()}"


def _kernels():
    for library in Path(np.__file__).parents[1].glob("numpy.libs/*openblas*"):
        corename = getattr(ctypes.CDLL(str(library)), "scipy_openblas_get_corename64_", None)
        if corename is not None:
            corename.restype = ctypes.c_char_p
            return f", {corename().decode()} kernels"
    return ""


def held_to(threads):
    """The environment of a process with so many threads of BLAS."""
    return {**os.environ, **dict.fromkeys(LIMITS, str(threads))}


def hold(threads):
    """Hold this process to so many processors, where the system can: for libraries that no variable limits."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
