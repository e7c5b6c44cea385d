"""Diagnoses of answers in which several things went wrong at once: every combination, with a sentence for each slip."""

from itertools import combinations, product

from hf_lib.judge.exercise import Diagnosis

__all__ = ["combined", "in_parts"]


def in_parts(right, *slips, known=()):
    """Diagnoses of a tuple of values that is wrong in one part or in several.

    Parameters
    ----------
    right : tuple
        The right values.
    slips : dict
        One a part: ``{wrong value: (name, sentence)}``.
    known : tuple of `Diagnosis`
        Diagnoses of whole tuples; they come first, and their tuples are left out of the combinations.

    Returns
    -------
    tuple of `Diagnosis`

    Examples
    --------
    >>> found = in_parts((4, 2), {3: ("one too few", "(a): one is missing.")}, {1: ("u alone", "(b): u is not all.")})
    >>> [(one.wrong, one.name) for one in found]
    [((4, 1), 'u alone'), ((3, 2), 'one too few'), ((3, 1), 'one too few, u alone')]
    """
    taken = [right, *(one.wrong for one in known)]
    found = list(known)
    for values in product(*([value, *of] for value, of in zip(right, slips, strict=True))):
        if values not in taken:
            said = [of[value] for value, of in zip(values, slips) if value in of]
            found.append(Diagnosis(_once([name for name, _ in said], ", "), values, _once([say for _, say in said], " "
                "")))
    return tuple(found)


def combined(make, *slips, most=2, without=()):
    """Diagnoses of functions in which up to ``most`` slips were made.

    Parameters
    ----------
    make : callable
        ``make(**parts)`` is the function with some of its parts replaced.
    slips : tuple
        ``(name, sentence, parts)`` each, with the parts as a dict. Two slips in the same part exclude each other.
    most : int
    without : tuple of set of str
        Names of slips that are left out together: one of them hides the other.

    Returns
    -------
    tuple of `Diagnosis`
        Those with one slip first.
    """
    found = []
    for count in range(1, most + 1):
        for chosen in combinations(slips, count):
            names, says, parts = zip(*chosen)
            merged = {key: part for of in parts for key, part in of.items()}
            hidden = any(pair <= set(names) for pair in without)
            if len(merged) == sum(map(len, parts)) and not hidden:
                found.append(Diagnosis(_once(names, ", "), make(**merged), _once(says, " ")))
    return tuple(found)


def _once(texts, between):
    """The texts joined, none of them twice."""
    return between.join(dict.fromkeys(texts))
