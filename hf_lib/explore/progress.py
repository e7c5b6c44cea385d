"""A progress bar for the cells that take long."""

import html

from IPython import get_ipython
from IPython.display import display

BAR = '<label>{label} <progress value="{value:.6g}" max="{total:.6g}" style="width:min(60%, 300px)"></progress></label>'


class Progress:
    """A bar from 0 to `total` that goes away when its work is done.

    It is no widget, so that nothing is missing where a saved notebook is read; and where no notebook runs, as in
    a script, nothing is shown.

    >>> with Progress(3, "epochs") as bar:
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
        self.total, self.label, self.value = total, label, 0
        self._place = None

    def __enter__(self):
        if getattr(get_ipython(), "kernel", None) is not None:
            self._place = display(self._picture(), raw=True, display_id=True)
        return self

    def __exit__(self, *error):
        self._show({"text/html": ""})

    def to(self, value):
        """Move the bar; a hundredth of its length at least, so that fast loops do not flood the page."""
        value = min(value, self.total)
        if value - self.value >= self.total / 100 or value == self.total:
            self.value = value
            self._show(self._picture())

    def _show(self, output):
        if self._place is not None:
            self._place.update(output, raw=True)

    def _picture(self):
        return {"text/html": BAR.format(label=html.escape(self.label), value=self.value, total=self.total)}
