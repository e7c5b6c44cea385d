"""What an answer must leave alone: its arguments, what it has returned before, and the world between two calls."""

import numpy as np

DEEPEST = 5


def contents(thing, depth=DEEPEST):
    """All that can change in place, as something that can be compared: lists, dicts, arrays, objects' attributes.

    Attributes whose name begins with an underscore are an object's own business (buffers, things kept).
    """
    if isinstance(thing, np.ndarray):
        return thing.shape, str(thing.dtype), thing.tobytes()
    if isinstance(thing, (bool, int, float, complex, str, bytes, np.generic, type(None))) or depth == 0:
        return repr(thing) if depth else type(thing).__name__
    if isinstance(thing, (list, tuple)):
        return [contents(item, depth - 1) for item in thing]
    if isinstance(thing, dict):
        return {repr(key): contents(value, depth - 1) for key, value in thing.items()}
    if isinstance(thing, (set, frozenset)):
        return sorted(map(repr, thing))
    if callable(thing) or not hasattr(thing, "__dict__"):
        return type(thing).__name__
    return {name: contents(value, depth - 1) for name, value in vars(thing).items() if not name.startswith("_")}


def what_changed(before, after, name):
    """The name of the first thing that differs, as ``lin.z``; empty where nothing does.

    What an object has computed and kept meanwhile (a cached property) is no change.
    """
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return "" if before == after else name
    for key, value in before.items():
        inner = f"{name}[{key}]" if key[:1] in "'\"" or not key.isidentifier() else f"{name}.{key}"
        if key not in after:
            return inner
        if changed := what_changed(value, after[key], inner):
            return changed
    return ""


def arrays_in(thing, depth=DEEPEST):
    """All arrays in nested lists and tuples, and in the public attributes of objects."""
    if isinstance(thing, np.ndarray):
        return [thing]
    if isinstance(thing, (list, tuple)) and depth:
        return [array for item in thing for array in arrays_in(item, depth - 1)]
    if depth and hasattr(thing, "__dict__") and not callable(thing):
        inside = [value for name, value in vars(thing).items() if not name.startswith("_")]
        return arrays_in(inside, depth - 1)
    return []


def shares_memory(out, thing):
    """Whether an array in ``out`` lies in the memory of one in ``thing``."""
    return any(a.size and np.may_share_memory(a, b) for a in arrays_in(out) for b in arrays_in(thing))


def copied(value, depth=DEEPEST):
    """A copy that the next call cannot write into; a huge array is judged by its shape alone."""
    if type(value) in (list, tuple) and depth:
        return type(value)(copied(item, depth - 1) for item in value)
    return value.copy() if isinstance(value, np.ndarray) and value.size < 10**7 else value


def moved(value):
    """Another value of the same sort: floats are scaled, the rest stays as it is.

    By 3/4, because that keeps a probability one and a positive definite matrix positive definite.
    """
    if isinstance(value, (float, np.floating)) or isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return value * type(value)(0.75) if isinstance(value, np.floating) else value * 0.75
    if isinstance(value, list):
        return [moved(item) for item in value]
    return value
