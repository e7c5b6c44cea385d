"""What a cell has shown, as part of a page's Markdown."""
from __future__ import annotations

import base64
import html
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nbformat import NotebookNode
from PIL import Image

from book.compact import Compact

INLINE_PICTURE = re.compile(r'src="data:image/png;base64,(?P<data>[^"]+)"')


def raw(page_html: str) -> str:
    """HTML as it stands, for Markdown: a fence that no line of it can end."""
    longest = max(map(len, re.findall(r"`{3,}", page_html)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{{raw}} html\n{page_html}\n{fence}"


@dataclass
class Outputs:
    """Turns outputs into Markdown, and the pictures in them into files of one chapter.

    Parameters
    ----------
    folder : Path
        Where the pictures go; its name is also the way to them from a page.
    chapter : str
        How their names begin: ``"07"``.
    """

    folder: Path
    chapter: str
    pictures: int = 0

    def markdown(self, output: NotebookNode) -> str:
        """One output of a cell.

        Raises
        ------
        ValueError
            Where it is of a kind that no page can show.
        """
        if output.output_type == "stream":
            return self._printed(output.text)
        data = output.get("data", {})
        if "text/html" in data:
            return raw(self._as_files(data["text/html"]))
        if "text/markdown" in data:
            return data["text/markdown"]
        if set(data) == {"text/plain"}:
            return self._printed(data["text/plain"])
        raise ValueError(f"an output of the kind {', '.join(data) or output.output_type} cannot be shown on a page")

    def _printed(self, text: str) -> str:
        return raw(f'<pre class="hf-printed">{html.escape(text.rstrip())}</pre>')

    def _as_files(self, page_html: str) -> str:
        """Pictures that stand in the HTML itself become files, which a page loads when they come into view."""
        return INLINE_PICTURE.sub(self._as_file, page_html)

    def _as_file(self, match: re.Match) -> str:
        picture = Image.open(io.BytesIO(base64.b64decode(match["data"])))
        name = f"{self.chapter}-still-{self.pictures}.webp"
        self.pictures += 1
        (self.folder / name).write_bytes(Compact(np.asarray(picture.convert("RGBA"))).first())
        return f'src="{self.folder.name}/{name}" width="{picture.width}" height="{picture.height}" loading="lazy"'
