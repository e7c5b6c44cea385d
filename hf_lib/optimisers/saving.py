"""An optimiser stopped and resumed, bit for bit: by the caller, or by Ctrl+C in the middle of a step."""

import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from hf_lib._checks import float_array


class Resumable:
    """`state`, `save` and `restore`: what the next step depends on, and nothing else.

    A class names in `_saved` the attributes that its steps change (arrays, numbers, or None), and says
    in `_described` with what it was made. Its steps make new arrays and leave the old ones as they are:
    so a step that is interrupted, or raises, can be taken back whole.
    """

    _saved = ("theta", "cost", "seconds", "index")

    def __next__(self):
        batches = self._batches
        mine, of_batches = vars(self).copy(), vars(batches).copy()
        of_rng = None if batches.rng is None else batches.rng.bit_generator.state
        try:
            return super().__next__()
        except StopIteration:
            raise
        except BaseException:                            # KeyboardInterrupt is no Exception
            vars(self).update(mine)
            vars(batches).update(of_batches)
            if of_rng is not None:
                batches.rng.bit_generator.state = of_rng
            raise

    def _described(self):
        return type(self).__name__

    def state(self):
        """All that the next step depends on, as a dict of arrays of its own; `restore` takes it back."""
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
        """Go on where `state` (a dict, or the path of a saved .npz) was taken; the state itself is copied.

        The loop must have been made with the same problem, settings and kind of generator. Settings
        are compared as text: a function counts by its name, so two rules of one name pass for the same; a
        `stop` of your own needs a repr that lasts, as a dataclass has. A state that is refused changes nothing.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged or is no saved state, or θ's shape, the settings, the number of examples or the
            generator differ.
        TypeError
            If θ's dtype differs.
        """
        where = "state" if isinstance(state, dict) else str(state)
        state = state if isinstance(state, dict) else _read(state)
        if str(state.get("settings", self._described())) != self._described():
            raise ValueError(f"{where} was saved with {state['settings']}, this loop has {self._described()}")
        missing = [name for name in (*self._saved, "order", "position", "rng", "settings") if name not in state]
        if missing:
            raise ValueError(f"{where} has no {', '.join(missing)}: it is not the state of this kind of loop as this "
                             "version saves it; start the loop anew, or restore a state that its own save wrote")
        float_array("state['theta']", state["theta"], self.theta.shape, self.theta.dtype, finite=True)
        new = {name: _value(state[name]) for name in self._saved}
        order, rng = _value(state["order"]), json.loads(str(state["rng"]))
        if order is not None and order.size != self.problem.N:
            raise ValueError(f"{where} has an order of {order.size} examples, this loop's problem has {self.problem.N}")
        if (rng is None) != (self._batches.rng is None):
            raise ValueError(f"{where} was saved {'without' if rng is None else 'with'} a generator, expected one "
                             "where this loop has one, and none where it has none")
        if rng is not None:
            self._batches.rng.bit_generator.state = rng          # of another kind: ValueError
        vars(self).update(new, reason=None)
        self._batches.order, self._batches.position = order, int(state["position"])
        return self


def _read(path):
    """The arrays of an .npz file; one sentence where it is none."""
    try:
        with open(path, "rb") as opened, np.load(opened) as file:
            return dict(file)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is no saved state, or a damaged one ({error or type(error).__name__}): restore an "
                         "earlier file, or start the loop anew and save it again") from error


def _array(value):
    return np.array([], int) if value is None else np.array(value)


def _value(array):
    """Back from `_array`: a number, None, or a copy of the array."""
    array = np.array(array)
    if array.ndim == 0:
        return array.item()
    return None if array.size == 0 else array
