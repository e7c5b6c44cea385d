"""Does a question leave time to think? Answers are folded in `<details>`, never open below the question."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from notebook_file import Failure, at
from notebook_text import masked

FOLDED = re.compile(r"<details\b.*?</details>", re.DOTALL | re.IGNORECASE)
# All of a paragraph in italics; or one that begins with a bracket in italics, or with the word itself.
OPEN = re.compile(r"(?:[-*+] |\d+[.)] )?(?:[*_](?![*_\s])[^*]+[*_][.)]?\Z|[*_]\(|(?:\*\*?|__?)Answers?(?: \d+)?[.:*_])")
FEWEST = 4  # words of an answer: a title or a remark in italics may be shorter


def open_answers(source: str) -> Iterator[str]:
    """The paragraphs of a Markdown cell that look like an answer which stands open."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    for paragraph in re.split(r"\n[ \t]*\n", FOLDED.sub(blank, masked(source))):
        text = paragraph.strip()
        if OPEN.match(text) and len(text.split()) >= FEWEST:
            start = masked(source).index(text)
            yield source[start:start + len(text)]


def check_answers(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Answers in italics, or so called, outside `<details>`."""
    return [at(path, index, cell, f"an answer stands open, fold it in <details>: {' '.join(answer.split())[:60]} …")
            for index, cell in enumerate(notebook.cells) if cell.cell_type == "markdown"
            for answer in open_answers(cell.source)]
