"""The arrays that the passes write into: used again, for fresh memory costs more time than the arithmetic in it.

An array of some megabytes that is new at each call is handed out by the operating system page by page, zeroed. So
a problem keeps the arrays of one forward and reverse pass, and those of a linearisation that is no longer alive.
"""

import weakref

import numpy as np

CHUNK = 1024     # examples at a time: bounds a pass's memory, and its arrays stay in the cache (4096: 15 % slower)


def chunks(N):
    """The rows 0, …, N − 1 as slices of `CHUNK` rows; the last has the rest.

    Every forward pass goes through the examples in these steps. BLAS may add in another order where the number of
    rows is another: so equal steps make z, and with it f, the same in every bit, whoever computes it.
    """
    return [slice(start, min(start + CHUNK, N)) for start in range(0, N, CHUNK)]


class Buffers:
    """Arrays of N rows for every layer, by name. They are this object's own for as long as it is alive.

    Parameters
    ----------
    sizes : sequence of int
        n_0, …, n_L, units per layer.
    N : int
        Rows.
    dtype : float32 or float64
    shelf : list
        Where the arrays of an earlier `Buffers` may lie; these are put there when nobody holds the object any more.
        One set at most is kept.
    """

    def __init__(self, sizes, N, dtype, shelf):
        self.sizes, self.N, self.dtype = sizes, N, np.dtype(dtype)
        try:
            self._arrays = shelf.pop()
        except IndexError:
            self._arrays = {}
        weakref.finalize(self, _put_back, self._arrays, shelf).atexit = False

    def with_ones(self, name):
        """[(N, n_0 + 1), …, (N, n_{L−1} + 1)]: the last column is 1, and nobody may change it."""
        return [self._array(name, l, n + 1, ones=True) for l, n in enumerate(self.sizes[:-1])]

    def hidden(self, name):
        """[None, (N, n_1), …, (N, n_{L−1})]."""
        return [None] + [self._array(name, l, n) for l, n in enumerate(self.sizes[1:-1], start=1)]

    def layers(self, name):
        """[None, (N, n_1), …, (N, n_L)]."""
        return [*self.hidden(name), self._array(name, len(self.sizes) - 1, self.sizes[-1])]

    def _array(self, name, l, n, ones=False):
        key = (name, l, n, self.dtype)
        if key not in self._arrays or len(self._arrays[key]) < self.N:
            array = np.empty((self.N, n), self.dtype)
            if ones:
                array[:, -1] = 1
            self._arrays[key] = array
        return self._arrays[key][:self.N]


def _put_back(arrays, shelf):
    if not shelf:
        shelf.append(arrays)
