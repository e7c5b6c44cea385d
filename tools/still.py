"""An executed notebook for readers without a kernel or scripts, such as GitHub's page: every picture stands still.

GitHub shows PNG, plain text and simple tables; it runs no script and strips most of HTML. So each picture that
`explore.show` left as HTML becomes a PNG, with its description below as text: GitHub passes no alt text on.
"""
from __future__ import annotations

import base64
import re
import textwrap
from html.parser import HTMLParser

from clean_notebooks import METADATA
from hf_lib.explore.canvas import SHARPNESS
from limits import COLUMNS
from nbformat import NotebookNode
from nbformat.v4 import new_output

PNG = "data:image/png;base64,"
NO_WORDS = re.compile(r"<[\w.]+ object.*>|")  # what Python prints of an object that has only a look


class Pictures(HTMLParser):
    """The pictures within a piece of HTML, as (base64, alt)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "img" and (given.get("src") or "").startswith(PNG):
            self.found.append((given["src"].removeprefix(PNG), given.get("alt") or ""))


def still(notebook: NotebookNode) -> NotebookNode:
    """The notebook with outputs that need no widget, script or style; its cells as they are."""
    cells = []
    for old in notebook.cells:
        cell = NotebookNode(old)
        if cell.cell_type == "code":
            cell.outputs = [new for output in old.outputs for new in still_output(output)]
            cell.metadata = NotebookNode({key: value for key, value in old.metadata.items() if key != "execution"})
        cells.append(cell)
    return NotebookNode(cells=cells, metadata=METADATA, nbformat=4, nbformat_minor=5)


def still_output(output: NotebookNode) -> list[NotebookNode]:
    """What stands in place of one output; nothing for a widget or an empty page."""
    page = "".join(output.get("data", {}).get("text/html", ""))
    if pictures := Pictures(page).found:
        return [part for picture in pictures for part in as_png(*picture)]
    if "data" not in output:
        return [output]
    words = "".join(output.data.get("text/plain", ""))
    kept = {kind: content for kind, content in output.data.items()
            if kind not in ("application/vnd.jupyter.widget-view+json", "text/html")}
    if page and ("<table" in page or NO_WORDS.fullmatch(words)):
        kept["text/html"] = page
    return [NotebookNode(output, data=NotebookNode(kept))] if kept else []


def as_png(picture: str, alt: str) -> list[NotebookNode]:
    """A picture at its size on the page, and its description below."""
    width, height = (int.from_bytes(base64.b64decode(picture[:64])[at:at + 4]) // SHARPNESS for at in (16, 20))
    shown = new_output("display_data", {"image/png": picture, "text/plain": alt},
                       metadata={"image/png": {"width": width, "height": height, "alt": alt}})
    described = new_output("display_data", {"text/plain": textwrap.fill(f"Picture: {alt}", COLUMNS)})
    return [shown, described]
