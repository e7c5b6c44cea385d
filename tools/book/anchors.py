"""The names of headings in links, as JupyterLab makes them."""


def anchor(heading: str) -> str:
    """A heading's anchor: its text, with hyphens for spaces.

    >>> anchor("2 · Steps")
    '2-·-Steps'
    """
    return heading.replace(" ", "-")
