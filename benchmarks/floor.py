"""The matmul floor: exactly the matrix products that a pass cannot avoid, on arrays of the same shapes."""

import numpy as np


def products(sizes, N, dtype, rng):
    """For each layer the four products that the passes are made of, as functions that write into buffers.

    Returns
    -------
    list of dict
        "forward" a W, "weights" aᵀδ, "adjoint" δ Wᵀ; layer 0 has no adjoint: nobody asks for ∂f/∂x.
    """
    layers = []
    for l, (n, m) in enumerate(zip(sizes[:-1], sizes[1:])):
        a, W, delta = (rng.random(shape, dtype=dtype) for shape in ((N, n), (n, m), (N, m)))
        z, gradient, adjoint = np.empty((N, m), dtype), np.empty((n, m), dtype), np.empty((N, n), dtype)
        layer = {
            "forward": lambda a=a, W=W, z=z: np.matmul(a, W, out=z),
            "weights": lambda a=a, delta=delta, gradient=gradient: np.matmul(a.T, delta, out=gradient),
        }
        if l > 0:
            layer["adjoint"] = lambda delta=delta, W=W, adjoint=adjoint: np.matmul(delta, W.T, out=adjoint)
        layers.append(layer)
    return layers


# What each product needs of a layer, as (at the first layer, at every later one).
# The forward pass at θ is kept, so J, Jᵀ, G and H do not pay for it; the gradient does.
NEEDS = {
    "gradient": (["forward", "weights"], ["forward", "weights", "adjoint"]),
    "J": (["forward"], ["forward", "forward"]),
    "Jᵀ": (["weights"], ["weights", "adjoint"]),
    "G": (["forward", "weights"], ["forward", "forward", "weights", "adjoint"]),
    "H": (["forward", "weights"], ["forward", "forward", "weights", "weights", "adjoint", "adjoint"]),
}


def floor(layers, name):
    """A function that makes the matrix products of `name` and nothing else."""
    first, later = NEEDS[name]
    calls = [layer[kind] for l, layer in enumerate(layers) for kind in (later if l else first)]

    def run():
        for call in calls:
            call()
    return run
