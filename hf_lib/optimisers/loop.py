"""An optimiser as an iterator of records: what `HessianFree` and the baselines share."""

import time
from dataclasses import dataclass, replace

import numpy as np

from hf_lib._checks import count, float_array, generator

# One gradient on all training data is the unit of cost. A layer's matrix product is made once in
# a forward pass and twice in its reverse, hence thirds.
VALUE, GRADIENT, REVERSE, GGN, HESSIAN = 1 / 3, 1.0, 2 / 3, 4 / 3, 2.0


@dataclass(frozen=True)
class Step:
    """One record of an optimiser.

    Attributes
    ----------
    index : int
        Steps made so far.
    theta : ndarray (d,)
        θ after this step.
    loss : float
        f(θ) there; on a mini-batch where the method uses mini-batches.
    step_size : float
        η or α of this step.
    seconds : float
        Time spent inside the optimiser since its start; the caller's own time is left out.
    cost : float
        Work since the start in gradient-equivalents: one gradient on all training data is 1.
    """

    index: int
    theta: np.ndarray
    loss: float
    step_size: float
    seconds: float
    cost: float


class Optimiser:
    """Iterate over it to get one record a step: ``for step in optimiser: …``.

    Attributes
    ----------
    theta : ndarray (d,)
        The last good θ.
    reason : str or None
        Why the loop ended; None while it goes on.
    """

    def __init__(self, problem, theta, max_steps):
        self.problem = problem
        self.theta = float_array("theta", theta, (None,), finite=True).copy()
        self.max_steps = None if max_steps is None else count("max_steps", max_steps, low=0)
        self.index, self.cost, self.seconds, self.reason = 0, 0.0, 0.0, None

    def __iter__(self):
        return self

    def __next__(self):
        if self.reason is None and self.index == self.max_steps:
            self.reason = "step limit"
        if self.reason is not None:
            raise StopIteration
        start = time.perf_counter()
        with np.errstate(all="ignore"):                        # overflow is looked for, not warned of
            record = self._step()
        self.seconds += time.perf_counter() - start
        if record is None:                                     # nothing was done; `reason` says why
            raise StopIteration
        return replace(record, seconds=self.seconds)

    def _step(self):
        """Make one step; return its record, or set `reason` and return None."""
        raise NotImplementedError


class Batches:
    """Random mini-batches of a problem's examples, without repeats inside an epoch.

    Parameters
    ----------
    problem : Problem
    size : int or None
        Examples a batch; None for all data.
    rng : numpy.random.Generator or None
        Needed where `size` is given.
    name : str
        How to call `size` in messages.
    """

    def __init__(self, problem, size, rng, name):
        self.problem, self.size, self.rng = problem, size, rng
        self.order, self.position = None, 0
        if size is not None:
            count(name, size, low=1, high=problem.N)
            generator("rng", rng)
        self.share = 1.0 if size is None else size / problem.N    # of all data, for the cost

    def draw(self):
        """The next batch, as a problem of its own."""
        if self.size is None:
            return self.problem
        if self.order is None or self.position + self.size > self.problem.N:
            self.order = self.rng.permutation(self.problem.N)
            self.position = 0
        rows = self.order[self.position:self.position + self.size]
        self.position += self.size
        return self.problem.batch(rows)


def value_and_gradient(problem, theta):
    """f(θ), a float, and ∇f(θ), of θ's dtype: in one go where the problem offers it."""
    if hasattr(problem, "value_and_gradient"):
        value, gradient = problem.value_and_gradient(theta)
    else:
        value, gradient = problem.value(theta), problem.gradient(theta)
    return float(value), float_array("gradient(theta)", gradient, theta.shape, theta.dtype)
