"""What Hessian-free is compared with, as the same kind of iterator. Derived in notebooks 02 and 09.

Every record's loss is f at the record's own θ, on the batch that the next step will use, so
it costs nothing extra. (With mini-batches it is thus an estimate on fresh examples.)
"""

import numpy as np

from hf_lib._checks import count, number

from .loop import GRADIENT, Batches, Optimiser, Step, value_and_gradient
from .saving import Resumable
from .schedule import at, described, number_or_schedule

IDLE = 100           # steps on all data that leave θ as it is, one after the other: then nothing comes any more


class FirstOrder(Resumable, Optimiser):
    """The loop of all first-order methods; a method says how θ moves in `_move`.

    Parameters
    ----------
    problem : Problem
        Or any object with `value` and `gradient`; with a batch size also `batch` and `N`.
    theta : ndarray (d,)
        Where to start; copied.
    learning_rate : float or callable
        η, or ``learning_rate(k)`` ≥ 0 for step k = 0, 1, ….
    batch : int, optional
        Examples a step; all without it.
    rng : numpy.random.Generator, optional
        Needed with `batch`.
    max_steps : int, optional
    every : int
        Steps between two records.
    clip : float, optional
        A gradient longer than this is shortened to this length: against gradients that explode. Derived in 16.
        Pascanu, Mikolov & Bengio 2013.

    Notes
    -----
    Cost: 1 a step on all data, batch / N on a mini-batch, and as much once at the start. A loss or
    gradient that is not finite ends the loop; `theta` is then the last good one. So do 100 steps on all
    data in which θ does not change: the gradient is zero, or the steps are below the rounding of θ.
    """

    _saved = (*Resumable._saved, "_gradient", "_idle")
    _settings = ("learning_rate", "every")               # what `restore` compares, with the batch size

    def __init__(self, problem, theta, learning_rate, batch=None, rng=None, max_steps=None, every=1,
                 clip=None):
        super().__init__(problem, theta, max_steps)
        self.learning_rate = number_or_schedule("learning_rate", learning_rate, low=0, open_low=True)
        self.every = count("every", every)
        self.clip = None if clip is None else number("clip", clip, low=0, open_low=True)
        self._batches = Batches(problem, batch, rng, "batch")
        self._gradient, self._idle = None, 0

    def _described(self):
        of = {name: getattr(self, name) for name in self._settings} | {"batch": self._batches.size}
        of |= {} if self.clip is None else {"clip": self.clip}
        return f"{type(self).__name__}({described(of)})"

    def _step(self):
        if self._gradient is None:
            self._evaluate(self.theta, 0)
        while self.reason is None:
            eta = at("learning_rate", self.learning_rate, self.index)
            theta = self._move(self.theta, self._gradient, eta)
            loss = self._evaluate(theta, self.index + 1)
            if self.reason is None:
                moved = self._batches.size is not None or (theta != self.theta).any()
                self._idle = 0 if moved else self._idle + 1
                self.theta = theta
                self.index += 1
                if self._idle == IDLE:
                    self.reason = f"θ has not changed in {IDLE} steps"
                if self.index % self.every == 0 or self.index == self.max_steps:
                    return self._record(loss, eta)
        return None

    def _record(self, loss, eta):
        return Step(self.index, self.theta, loss, eta, 0.0, self.cost)

    def _evaluate(self, theta, k):
        loss, self._gradient = value_and_gradient(self._batches.draw(), theta)
        self.cost += GRADIENT * self._batches.share
        if not np.isfinite(loss) or not np.isfinite(self._gradient).all():
            self.reason = f"loss or gradient is not finite after step {k}"
        elif self.clip is not None and (norm := float(np.linalg.norm(self._gradient))) > self.clip:
            self._gradient = self._gradient * (self.clip / norm)
        return loss

    def _move(self, theta, g, eta):
        """The next θ; what a method keeps besides it is made anew too, never changed in place."""
        raise NotImplementedError


class GradientDescent(FirstOrder):
    """θ ← θ − η ∇f(θ) on all data. Derived in 02 §1."""

    def __init__(self, problem, theta, learning_rate, max_steps=None, every=1):
        super().__init__(problem, theta, learning_rate, max_steps=max_steps, every=every)

    def _move(self, theta, g, eta):
        return theta - eta * g


class SGD(FirstOrder):
    """θ ← θ − η ∇f_M(θ) on a fresh mini-batch M. Derived in 09 §6."""

    def _move(self, theta, g, eta):
        return theta - eta * g


class Momentum(FirstOrder):
    """v ← µ v − η ∇f(θ), θ ← θ + v: Polyak's heavy ball. Derived in 02 §5.

    Takes `momentum`, µ in [0, 1) or ``momentum(k)`` for step k = 0, 1, …, besides what `FirstOrder` takes.
    """

    _saved = (*FirstOrder._saved, "velocity")
    _settings = (*FirstOrder._settings, "momentum")

    def __init__(self, problem, theta, learning_rate, momentum=0.9, **others):
        super().__init__(problem, theta, learning_rate, **others)
        self.momentum = number_or_schedule("momentum", momentum, low=0, high=np.nextafter(1, 0))
        self.velocity = np.zeros_like(self.theta)

    def _move(self, theta, g, eta):
        self.velocity = at("momentum", self.momentum, self.index) * self.velocity - eta * g
        return theta + self.velocity


class NAG(Momentum):
    """Nesterov's accelerated gradient, seen from its look-ahead point. Derived in 02 §6.

    v ← µ v − η ∇f(θ), θ ← θ + µ v − η ∇f(θ): θ is the point where the gradient is taken.
    Sutskever et al. 2013, §2, with their θ + µ v called θ here.
    """

    def _move(self, theta, g, eta):
        self.velocity = at("momentum", self.momentum, self.index) * self.velocity - eta * g
        return theta + at("momentum", self.momentum, self.index + 1) * self.velocity - eta * g   # the next look-ahead


class Adam(FirstOrder):
    """m ← β₁m + (1−β₁)g, s ← β₂s + (1−β₂)g², θ ← θ − η m̂ / (√ŝ + ε). Derived in 09 §6.

    m̂ = m / (1 − β₁ᵏ) and ŝ = s / (1 − β₂ᵏ) undo the start at zero. Kingma & Ba 2015.
    """

    _saved = (*FirstOrder._saved, "mean", "square")
    _settings = (*FirstOrder._settings, "beta1", "beta2", "eps")

    def __init__(self, problem, theta, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, **others):
        super().__init__(problem, theta, learning_rate, **others)
        self.beta1 = number("beta1", beta1, low=0, high=np.nextafter(1, 0))
        self.beta2 = number("beta2", beta2, low=0, high=np.nextafter(1, 0))
        self.eps = number("eps", eps, low=0, open_low=True)
        self.mean = np.zeros_like(self.theta)
        self.square = np.zeros_like(self.theta)

    def _move(self, theta, g, eta):
        k = self.index + 1
        self.mean = self.mean + (1 - self.beta1) * (g - self.mean)
        self.square = self.square + (1 - self.beta2) * (g * g - self.square)
        mean = self.mean / (1 - self.beta1 ** k)
        square = self.square / (1 - self.beta2 ** k)
        return theta - eta * mean / (np.sqrt(square) + self.eps)
