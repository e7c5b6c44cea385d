"""A setting that is a number, or a function of the steps made so far: checked, read, put into words."""

from hf_lib._checks import number


def number_or_schedule(name, value, low, high=float("inf"), open_low=False):
    """A number as a float, in [low, high] or (low, high]; a callable as it is, for `at` checks what it returns."""
    return value if callable(value) else number(name, value, low, high, open_low)


def at(name, value, k):
    """The setting after k steps, a Python float ≥ 0: NumPy's numbers would promote float32."""
    return number(f"{name}({k})", value(k), low=0) if callable(value) else value


def described(settings):
    """``name=value, …`` for a dict of settings: what a saved state is compared by. A function counts by its name."""
    return ", ".join(f"{name}={getattr(value, '__qualname__', repr(value))}" for name, value in settings.items())
