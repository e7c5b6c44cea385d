"""The general diagnoses of a factor or a difference: sign, 2, ½, 1/N, a constant, an argument, a size.

Each holds for every part that differs, in every case in which it differs, or it is not told.
"""

import numpy as np

from .compare import Finding, close
from .trials import differing, in_every_case, subject, where

KNOWN = (
    ("sign", -1.0, "has the opposite sign"),
    ("factor 2", 2.0, "is twice what it should be"),
    ("factor ½", 0.5, "is half of what it should be"),
)


def constant_factor(trials, context):
    """One constant c with out = c · ref in every part that differs, in every case in which it differs."""
    pairs = differing(trials, context)
    factors = [_factor(pair, context) for pair in pairs]
    if None in factors or not _is_evidence(pairs, trials):
        return None
    about, suffix = subject(pairs, trials), where(pairs, trials)

    def always(targets):
        return all(abs(c / target - 1) < max(context.rtol or 0.0, 1e-4) for c, target in zip(factors, targets))

    for name, c, says in KNOWN:
        if always([c] * len(pairs)):
            if name == "sign" and about in ("The result", "The value") and not suffix:
                return Finding(name, "Everything is right but the sign.")
            return Finding(name, f"{about} {says}{suffix}.")
    N = [pair.trial.examples for pair in pairs]
    if all(N):
        if always(N):
            return Finding("missing 1/N", f"{about} is the sum over the examples{suffix}; the mean is wanted.")
        if always([1 / n for n in N]):
            return Finding("1/N twice", f"{about} is divided by N once too often{suffix}.")
    if len(pairs) < 2 or not in_every_case(pairs, trials):
        return None
    if always([factors[0]] * len(pairs)) and abs(factors[0] - 1) > 1e-3:
        return Finding("constant factor", f"{about} is {factors[0]:.4g} times what it should be, in every case.")
    return _factor_by_name(pairs, trials, context, always)


def constant_offset(trials, context):
    """out = ref + c with one constant c in every case, or with an argument of the function for c."""
    pairs = differing(trials, context)
    if len(trials) < 3 or not in_every_case(pairs, trials) or not all(map(_are_real, pairs)):
        return None
    about, offsets = subject(pairs, trials), [pair.a.astype(float) - pair.b for pair in pairs]

    def always(targets):
        return all(close(pair.a.astype(float), pair.b + target, context.rtol) for pair, target in zip(pairs, targets))

    c = float(offsets[0].flat[0]) if offsets[0].size else 0.0
    if abs(c) > 1e-3 * max(np.max(np.abs(pair.b), initial=0.0) for pair in pairs) and always([c] * len(pairs)):
        return Finding("constant offset", f"{about} is too {'large' if c > 0 else 'small'} by {abs(c):.4g} "
                                          "in every case.")
    for number, name in enumerate(context.parameters):
        for sign, says in ((1, "contains `{}` once too often"), (-1, "lacks `{}` once")):
            values = [_addend(pair, number) for pair in pairs]
            if None not in [v if v is None else 0 for v in values] and always([sign * v for v in values]):
                return Finding("constant offset", f"{about} {says.format(name)}: that is what the difference is, "
                                                  "in every case.")
    return None


def _factor(pair, context):
    """c with a = c · b, or None."""
    a, b = pair.a, pair.b
    if not (_are_real(pair) and np.any(b) and np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    scale = np.max(np.abs(b))
    c = float(np.vdot(b / scale, a / scale) / np.vdot(b / scale, b / scale))
    return c if abs(c) >= 1e-6 and np.isfinite(c) and close(a.astype(float), c * b, context.rtol) else None


def _are_real(pair):
    return pair.a.dtype.kind in "iuf" and pair.b.dtype.kind in "iuf"


def _is_evidence(pairs, trials):
    """A single number is always some constant times another one: alone it says nothing while other cases are right."""
    return in_every_case(pairs, trials) or sum(np.count_nonzero(pair.b) for pair in pairs) > 1


def _factor_by_name(pairs, trials, context, always):
    """The factor is a number among the arguments, or a length of one, and differs from case to case."""
    about = subject(pairs, trials)
    for name, values in _numbers_of(pairs, context):
        if len(set(values)) < 2 or 0 in values:
            continue
        if always(values):
            return Finding("one factor off", f"{about} is `{name}` times what it should be, in every case.")
        if always([1 / value for value in values]):
            return Finding("one factor off", f"{about} is what it should be divided by `{name}`, in every case.")
        if name.startswith("len(") and 1 not in values and always([value / (value - 1) for value in values]):
            return Finding("N − 1", f"{about} is divided by `{name} - 1` where `{name}` belongs, in every case.")
    return None


def _numbers_of(pairs, context):
    """(name, its value for each pair): the numbers among the arguments, and the lengths of the arrays' axes."""
    for number, name in enumerate(context.parameters):
        values = [pair.trial.args[number] for pair in pairs]
        if all(isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in values):
            yield name, [float(v) for v in values]
        elif all(isinstance(v, np.ndarray) for v in values) and len({v.ndim for v in values}) == 1:
            for axis in range(values[0].ndim):
                yield (f"{name}.shape[{axis}]" if axis else f"len({name})"), [float(v.shape[axis]) for v in values]


def _addend(pair, number):
    """An argument that can be added to the result: a number, or an array of the same shape."""
    value = pair.trial.args[number]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number, np.ndarray)):
        return None
    fits = np.ndim(value) == 0 or np.shape(value) == pair.b.shape
    return value if fits and np.asarray(value).dtype.kind in "iuf" and np.any(value) else None
