"""What a picture needs of a long run: reconstructions, codes and the spectrum of G at some of its points."""

import numpy as np
from scipy.sparse.linalg import eigsh

APART = 1.4                     # the cost grows by this factor between two points
SHOWN, CODED, CURVED = 10, 500, 500     # test pictures reconstructed and encoded, training pictures for G
EIGENVALUES = 20


class Album:
    """Points of a run, saved to NAME_album.npz beside its history.

    The file holds ``cost`` (k,), ``reconstructions`` (k, 10, 784) as bytes, ``codes`` (k, 500, n_code)
    float16, ``eigenvalues`` (k, 20) of G, largest first, ``indices`` of the test pictures, and ``theta``
    (d,) float16, the newest parameters.

    Parameters
    ----------
    path : Path
        Of the history.
    problem : Problem
    X_test : ndarray (N, 784)
    """

    def __init__(self, path, problem, X_test):
        self.path = path.with_name(f"{path.stem}_album.npz")
        self._problem, self._X = problem, X_test[:CODED]
        self._curved = problem.batch(np.arange(min(CURVED, problem.N)))
        self.pages = {"cost": [], "reconstructions": [], "codes": [], "eigenvalues": []}

    def due(self, cost):
        """Whether enough has happened since the last point."""
        return not self.pages["cost"] or cost >= APART * self.pages["cost"][-1]

    def add(self, cost, theta):
        """A page of θ, reached at this cost."""
        net, X = self._problem.net, self._X
        seen = self._problem.loss.output(net(theta, X[:SHOWN]))
        operator = self._curved.linearize(theta).operator("ggn")
        k = min(EIGENVALUES, len(theta) - 1)
        start = np.random.default_rng(0).standard_normal(len(theta)).astype(theta.dtype)
        top = eigsh(operator, k=k, v0=start, tol=1e-3, return_eigenvectors=False)
        page = dict(cost=cost, reconstructions=np.rint(255 * seen).astype(np.uint8),
                    codes=encode(net, theta, X).astype(np.float16), eigenvalues=np.sort(top)[::-1])
        for name, value in page.items():
            self.pages[name].append(value)

    def save(self, theta):
        """Write the pages and the newest θ."""
        part = self.path.with_name(self.path.stem + ".part.npz")
        np.savez_compressed(part, theta=theta.astype(np.float16),
                            **{name: np.array(values) for name, values in self.pages.items()})
        part.replace(self.path)

    def load(self, cost):
        """Take back the pages up to this cost."""
        with np.load(self.path) as file:
            kept = file["cost"] <= cost
            self.pages = {name: list(file[name][kept]) for name in self.pages}


def encode(net, theta, X):
    """The code of each picture, the activation of the middle layer, shape (N, n_code)."""
    a = X
    for W, activation in zip(net.blocks(theta), net.activations[:len(net.sizes) // 2]):
        a = a @ W[:-1] + W[-1]
        activation.apply(a, out=a)
    return a
