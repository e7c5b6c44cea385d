"""Parts that pictures of several chapters share: a number of things, logarithmic axes, grey lines, eigenvalues."""

import numpy as np

from hf_lib.explore import style


def counted(n, thing):
    """A number of things in words.

    >>> counted(1, "step"), counted(2, "step")
    ('1 step', '2 steps')
    """
    return f"{n} {thing}{'' if n == 1 else 's'}"


def widened(low, high, ratio=1.3):
    """Both ends of a range, moved apart by a ratio: room on a logarithmic axis.

    >>> widened(2.0, 8.0, 2)
    (1.0, 16.0)
    """
    return low / ratio, high * ratio


def ticks(low, high, digits=(1, 2, 5)):
    """These digits in every decade between two ends: numbers, and words.

    >>> ticks(0.3, 3)
    ([0.5, 1.0, 2.0], ['0.5', '1', '2'])
    """
    numbers = [float(f"{digit}e{k}") for k in range(-12, 12) for digit in digits]
    inside = [number for number in numbers if low <= number <= high]
    return inside, [style.number(number, 2) for number in inside]


def logarithmic(ax, low, high):
    """A logarithmic y axis with these ends; under two decades it has ticks between them at 1, 2 and 5 as well."""
    ax.set(yscale="log", ylim=(low, high))
    if high < 100 * low:
        digits = (1, 2, 5) if high > 4 * low else (1, 1.5, 2, 3, 4, 5, 7)
        ax.set_yticks(*ticks(np.nextafter(low, high), np.nextafter(high, low), digits))


def others(ax, x, rows):
    """Many grey lines as a single one with gaps: one artist is drawn in the time of one."""
    gap = np.full((len(rows), 1), np.nan)
    ax.plot(np.tile([*x, np.nan], len(rows)), np.hstack([rows, gap]).ravel(), color="#C4C4C4", linewidth=1)


def eigenvalue_axes(ax, size):
    """Rank against eigenvalue, on an axis that is logarithmic on both sides of 0."""
    ax.axhline(0, color="#555555", linewidth=1)
    ax.set_yscale("symlog", linthresh=1e-4)
    ax.set(ylim=(-3, 300), xlim=(0, size + 1), yticks=(-1, -1e-2, -1e-4, 0, 1e-4, 1e-2, 1, 100))
    ax.set_yticklabels(("−1", "−0.01", "−10⁻⁴", "0", "10⁻⁴", "0.01", "1", "100"))
    ax.minorticks_off()


def eigenvalues(ax, h, negative, others):
    """Sorted eigenvalues h against their rank, with the words for those below 0 and for the others; how many are below.

    Below 0 means below −10⁻¹⁰: not by rounding alone.
    """
    rank, below = np.arange(1, h.size + 1), h < -1e-10
    for mask, name, colour, marker in ((below, negative, "negative", "v"), (~below, others, "positive", "o")):
        ax.plot(rank[mask], h[mask], marker, color=style.COLOUR[colour], markersize=4, label=name)
    return int(below.sum())
