"""Does every link of a notebook lead somewhere? Files, headings and the form of addresses.

Nothing is fetched: an outside address must be https and well formed, a link inside the
course must name a file that exists, spelt with the same capitals, and a heading that the
file has. Headings get their anchors as JupyterLab and nbconvert make them: the heading's
text with each space as a hyphen.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nbformat import NotebookNode

from notebook_file import ROOT, Failure, at, read, shown
from notebook_text import headings, masked

TARGET = r"<?(?P<target>[^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*"
INLINE = re.compile(rf"(?P<image>!?)\[(?P<label>(?:[^\[\]]|!?\[[^\[\]]*\](?:\([^()]*\))?)*)\]\({TARGET}\)")
DEFINED = re.compile(r"^ {0,3}\[(?P<name>[^\]]+)\]:[ \t]*<?(?P<target>[^\s>]+)>?", re.MULTILINE)
REFERENCE = re.compile(r"\[(?P<label>[^\[\]]+)\]\[(?P<name>[^\[\]]*)\]")
HTML = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)\s*=\s*[\"'](?P<target>[^\"']*)[\"']", re.IGNORECASE)
IMAGE_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
AUTOMATIC = re.compile(r"<(?P<target>[a-z][a-z0-9+.-]*://[^>\s]*)>|(?<![\"'(<=\]:])(?P<bare>\bhttps?://[^\s<>)\]]+)")
EXPLICIT_ANCHOR = re.compile(r"<[a-z]\w*\b[^>]*\b(?:id|name)\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)


def targets(source: str) -> Iterator[str]:
    """Every link target and image source of a Markdown text."""
    plain = masked(source)
    for pattern in (INLINE, DEFINED, HTML, AUTOMATIC):
        for match in pattern.finditer(plain):
            group = "target" if match.group("target") is not None else "bare"
            # Take the text itself: a target may hold what the mask has hidden.
            yield source[match.start(group):match.end(group)].rstrip(".,;" if group == "bare" else "")
    for match in INLINE.finditer(plain):  # an image inside a link's label
        if "](" in match.group("label"):
            yield from targets(source[match.start("label"):match.end("label")])


def undefined_references(source: str) -> Iterator[str]:
    """Names in `[text][name]` that no `[name]: address` line of the cell defines."""
    plain = masked(source)
    defined = {match.group("name").lower() for match in DEFINED.finditer(plain)}
    for match in REFERENCE.finditer(plain):
        name = (match.group("name") or match.group("label")).lower()
        if name not in defined and "x" * len(name) != name:
            yield name


def anchors(path: Path, notebook: NotebookNode | None = None) -> set[str]:
    """The anchors of a notebook or Markdown file."""
    if path.suffix == ".ipynb":
        notebook = notebook or read(path)
        sources = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    else:
        sources = [path.read_text(encoding="utf-8")]
    found: set[str] = set()
    for source in sources:
        found.update(EXPLICIT_ANCHOR.findall(masked(source)))
        for heading in headings(source):
            found.add(heading.replace(" ", "-"))
            if path.suffix == ".md":  # as GitHub makes them
                found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


def exists_as_spelt(path: Path) -> bool:
    """Whether the path exists with exactly these capitals, on any file system."""
    path = path.resolve()
    return path.exists() and (path == path.parent or path.name in
                              {entry.name for entry in path.parent.iterdir()})


def address_fault(target: str) -> str | None:
    """What is wrong with an outside address, or None."""
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"the address {target} is not well formed"
    if parts.scheme != "https":
        return f"the address {target} must begin with https"
    return None if HOST.fullmatch(host) else f"the address {target} names no proper host"


def link_fault(target: str, path: Path, cell: NotebookNode, notebook: NotebookNode) -> str | None:
    """What is wrong with one link of the notebook at `path`, or None."""
    if not target:
        return "a link leads nowhere: its target is empty"
    if target.startswith("mailto:"):
        return None
    if target.startswith("attachment:"):
        name = unquote(target.removeprefix("attachment:"))
        return None if name in cell.get("attachments", {}) else f"the attachment {name} is missing"
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", target) or target.startswith("//"):
        return address_fault(target)
    name, _, fragment = target.partition("#")
    name, fragment = unquote(name), unquote(fragment)
    goal = (path.parent / name).resolve() if name else path.resolve()
    if name:
        if name.startswith("/") or "\\" in name:
            return f"the link {target} must be a relative path with forward slashes"
        if not exists_as_spelt(goal):
            return f"the link {target} is dead: there is no file {shown(goal)}"
        if path.resolve().is_relative_to(ROOT) and not goal.is_relative_to(ROOT):
            return f"the link {target} leads out of the course's folder"
    if "#" in target and goal.suffix in (".ipynb", ".md"):
        if fragment not in anchors(goal, None if name else notebook):
            return f"the link {target} is dead: {shown(goal)} has no heading or anchor #{fragment}"
    return None


def missing_alt(source: str) -> Iterator[str]:
    """Images of a Markdown text that no words describe."""
    plain = masked(source)
    for match in INLINE.finditer(plain):
        if match.group("image") and not match.group("label").strip():
            yield f"the image {match.group('target')} has no alt text"
    for match in IMAGE_TAG.finditer(plain):
        if not re.search(r"\balt\s*=\s*[\"'][^\"']*\S[^\"']*[\"']", match.group(), re.IGNORECASE):
            yield "an <img> has no alt text"


def check_links(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Every dead link, bad address and undescribed image in the Markdown cells."""
    path = Path(path)
    found = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        reasons = [link_fault(target, path, cell, notebook) for target in targets(cell.source)]
        reasons += [f"the link reference [{name}] is not defined in this cell"
                    for name in undefined_references(cell.source)]
        reasons += missing_alt(cell.source)
        found += [at(path, index, cell, reason + ".") for reason in dict.fromkeys(reasons) if reason]
    return found
