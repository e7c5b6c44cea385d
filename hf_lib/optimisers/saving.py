"""An optimiser stopped and resumed, bit for bit."""

import json
from pathlib import Path

import numpy as np

from hf_lib._checks import float_array


class Resumable:
    """`state`, `save` and `restore`: what the next step depends on, and nothing else.

    A class names in `_saved` the attributes that its steps change (arrays, numbers, or None), and says
    in `_described` with what it was made.
    """

    _saved = ("theta", "cost", "seconds", "index")

    def _described(self):
        return type(self).__name__

    def state(self):
        """All that the next step depends on, as a dict of arrays; `restore` takes it back."""
        rng = None if self._batches.rng is None else self._batches.rng.bit_generator.state
        state = {name: _array(getattr(self, name)) for name in self._saved}
        return {
            **state, "order": _array(self._batches.order), "position": _array(self._batches.position),
            "rng": np.array(json.dumps(rng, default=np.ndarray.tolist)), "settings": np.array(self._described()),
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
        if str(state["settings"]) != self._described():
            raise ValueError(f"state was saved with {state['settings']}, this loop has {self._described()}")
        theta = float_array("state['theta']", state["theta"], self.theta.shape, self.theta.dtype)
        for name in self._saved:
            setattr(self, name, _value(state[name]))
        self.theta, self.reason = theta, None
        self._batches.order, self._batches.position = _value(state["order"]), int(state["position"])
        if self._batches.rng is not None:
            self._batches.rng.bit_generator.state = json.loads(str(state["rng"]))
        return self


def _array(value):
    return np.array([], int) if value is None else np.array(value)


def _value(array):
    """Back from `_array`: a number, None, or the array itself."""
    if array.ndim == 0:
        return array.item()
    return None if array.size == 0 else array
