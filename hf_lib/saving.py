"""A Hessian-free loop stopped and resumed, bit for bit."""

import json
from pathlib import Path

import numpy as np

from ._checks import float_array


class Resumable:
    """`state`, `save` and `restore` for `HessianFree`: what the next step depends on, and nothing else."""

    def state(self):
        """All that the next step depends on, as a dict of arrays; `restore` takes it back."""
        rng = None if self.rng is None else self.rng.bit_generator.state
        order = self._batches.order
        return {
            "theta": self.theta, "warm": self.warm,
            "damping": np.array(self.damping), "cost": np.array(self.cost), "seconds": np.array(self.seconds),
            "index": np.array(self.index), "rejections": np.array(self.rejections),
            "order": np.array([], int) if order is None else order,
            "position": np.array(self._batches.position),
            "rng": np.array(json.dumps(rng, default=np.ndarray.tolist)), "settings": np.array(repr(self.settings)),
        }

    def save(self, path):
        """Write `state` to an .npz file, by way of a second file so that a crash harms nothing."""
        path = Path(path)
        part = path.with_name(path.name + ".part.npz")
        np.savez(part, **self.state())
        part.replace(path)

    def restore(self, state):
        """Go on where `state` (a dict, or the path of a saved .npz) was taken.

        The loop must have been made with the same problem, settings and kind of generator. Settings
        are compared as text: a `stop` of your own needs a repr that lasts, as a dataclass has.

        Raises
        ------
        ValueError
            If θ's shape or dtype or the settings differ.
        """
        if not isinstance(state, dict):
            with np.load(state) as file:
                state = dict(file)
        if str(state["settings"]) != repr(self.settings):
            raise ValueError(f"state was saved with {state['settings']}, this loop has {self.settings!r}")
        self.theta = float_array("state['theta']", state["theta"], self.theta.shape, self.theta.dtype)
        self.warm = state["warm"]
        self.damping, self.cost, self.seconds = (float(state[name]) for name in ("damping", "cost", "seconds"))
        self.index, self.rejections, self.reason = int(state["index"]), int(state["rejections"]), None
        self._batches.order = state["order"] if state["order"].size else None
        self._batches.position = int(state["position"])
        if self.rng is not None:
            self.rng.bit_generator.state = json.loads(str(state["rng"]))
        return self
