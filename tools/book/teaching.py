"""The lecturer's kit as pages of the book: its files as they stand, and a list of them for the side column."""
from __future__ import annotations

import re
from pathlib import Path

from book.page import prose
from notebook_file import ROOT

TEACHING = ROOT / "teaching"
KIT = "teaching/README"  # the page that leads to the others
FOLDER_LINK = re.compile(r"(?<!!)\[(?P<label>[^\]]+)\]\([\w/-]+\)")


def teaching_pages(folder: Path = TEACHING) -> dict[str, str]:
    """Name of the page, as "teaching/routes" → its Markdown; none where there is no kit."""
    files = sorted(folder.rglob("*.md"), key=lambda file: (file.parent != folder, file.stem))
    names = [file.relative_to(folder).with_suffix("").as_posix() for file in files]
    pages = {f"teaching/{name}": FOLDER_LINK.sub(r"\g<label>", prose(file.read_text(encoding="utf-8")))
             for name, file in zip(names, files, strict=True)}
    for name in pages:
        if name.startswith("teaching/chapters/"):  # else a search would show two pages of one title
            pages[name] = re.sub(r"^# (\d\d) · ", r"# For teachers: \1 · ", pages[name])
    if pages:
        others = "\n".join(name for name in names if f"teaching/{name}" != KIT)
        pages[KIT] += f"\n```{{toctree}}\n:hidden:\n\n{others}\n```\n"
    return pages
