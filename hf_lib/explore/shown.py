"""What a cell has shown is closed when the cell runs again: a kernel keeps every widget until then, with its data."""

import ipywidgets as widgets
from IPython import get_ipython

_SHOWN = {}  # a cell's id → (the run's id, the views that this run has shown)


def close(root):
    """Close a widget with all that belongs to it: children, layout, style, and the `link` between two of them."""
    family, waiting = {}, [root]
    while waiting:
        member = waiting.pop()
        if isinstance(member, widgets.Widget) and member.model_id and member.model_id not in family:
            family[member.model_id] = member
            waiting += [part for name in member.keys for part in _parts(getattr(member, name))]
            waiting.append(getattr(member, "link", None))
    for member in family.values():
        member.close()


def _parts(value):
    return value if isinstance(value, (tuple, list)) else [value]


def close_former():
    """Close what the running cell has shown the last time it ran."""
    cell, run = _running()
    if cell in _SHOWN and _SHOWN[cell][0] != run:
        for view in _SHOWN.pop(cell)[1]:
            view.close()


def remember(view):
    """Keep a view with the cell that shows it; where that is not known, it stays open."""
    cell, run = _running()
    if cell is not None:
        _SHOWN.setdefault(cell, (run, []))[1].append(view)


def _running():
    """The ids of the cell that runs and of this run; (None, None) where no notebook tells."""
    parent = getattr(get_ipython(), "parent_header", None) or {}
    return parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
