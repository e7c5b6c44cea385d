"""What a cell has shown, as part of a page's Markdown."""
from __future__ import annotations

import html
import re

from nbformat import NotebookNode


def raw(page_html: str) -> str:
    """HTML as it stands, for Markdown: in a fence that no line of it can end."""
    longest = max(map(len, re.findall(r"`{3,}", page_html)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{{raw}} html\n{page_html}\n{fence}"


def shown(output: NotebookNode) -> str:
    """One output of a cell.

    Raises
    ------
    ValueError
        Where it is of a kind that no page can show.
    """
    if output.output_type == "stream":
        return printed(output.text)
    data = output.get("data", {})
    if "text/html" in data:
        return raw(data["text/html"])
    if "text/markdown" in data:
        return data["text/markdown"]
    if set(data) == {"text/plain"}:
        return printed(data["text/plain"])
    raise ValueError(f"an output of the kind {', '.join(data) or output.output_type} cannot be shown on a page")


def printed(text: str) -> str:
    """Text as a terminal would show it."""
    return raw(f'<pre class="hf-printed">{html.escape(text.rstrip())}</pre>')
