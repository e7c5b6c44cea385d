"""A progress bar for the cells that take long."""

import ipywidgets as widgets
from IPython.display import display

from .shown import close


class Progress:
    """A bar from 0 to `total` that goes away when its work is done.

    >>> with Progress(3, "epochs") as bar:      # doctest: +SKIP
    ...     for epoch in range(3):
    ...         bar.to(epoch + 1)

    Parameters
    ----------
    total : float
        The value at which the work is done.
    label : str
        What is counted.
    """

    def __init__(self, total, label):
        self.bar = widgets.FloatProgress(0, min=0, max=total, description=label,
                                         style={"description_width": "initial"}, layout={"width": "min(100%, 420px)"})

    def __enter__(self):
        display(self.bar)
        return self

    def __exit__(self, *error):
        close(self.bar)

    def to(self, value):
        """Move the bar; a hundredth of its length at least, so that fast loops do not flood the page."""
        value = min(value, self.bar.max)
        if value - self.bar.value >= self.bar.max / 100 or value == self.bar.max:
            self.bar.value = value
