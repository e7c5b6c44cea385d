"""Tell prose, code and maths in a Markdown cell apart, as notebook front ends do."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# The order matters: a dollar inside code is no maths, a bracket inside maths is no link.
PIECE = re.compile(
    r"(?P<fence>^(?P<bars>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=bars)[ \t]*$|\Z))"
    r"|(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\\$)"
    r"|(?P<display>\$\$(?:\\.|[^$\\]|\$(?!\$))*\$\$)"
    r"|(?P<maths>\$(?:\\.|(?!\n[ \t]*\n)[^$\\])+\$)",
    re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A stretch of a Markdown cell; `kind` is text, fence, code, maths or display."""

    kind: str
    text: str  # with its delimiters
    start: int

    @property
    def inner(self) -> str:
        """What stands between the delimiters of code or maths."""
        mark = re.match(r"`+|\$+", self.text)
        width = len(mark.group()) if mark else 0
        return self.text[width:len(self.text) - width]


def pieces(source: str) -> Iterator[Piece]:
    """Cut a Markdown source into its pieces, in order, losing nothing."""
    end = 0
    for match in PIECE.finditer(source):
        kind = match.lastgroup
        if kind == "escaped":
            continue
        if match.start() > end:
            yield Piece("text", source[end:match.start()], end)
        yield Piece(kind, match.group(), match.start())
        end = match.end()
    if end < len(source):
        yield Piece("text", source[end:], end)


def masked(source: str) -> str:
    """The source with code and maths replaced by as many `x`: only the prose's marks remain."""
    return "".join(piece.text if piece.kind == "text" else re.sub(r"[^\n]", "x", piece.text)
                   for piece in pieces(source))


def line_of(source: str, position: int) -> int:
    """The line, from 1, on which a position lies."""
    return source.count("\n", 0, position) + 1


def headings(source: str) -> list[str]:
    """The texts of a Markdown cell's headings (`## like this`), as a reader sees them."""
    plain = masked(source)
    found = []
    for match in re.finditer(r"^ {0,3}#{1,6}[ \t]+(?P<text>.*?)[ \t]*#*[ \t]*$", plain, re.MULTILINE):
        text = source[match.start("text"):match.end("text")]
        text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
        text = re.sub(r"\*+(\S(?:.*?\S)?)\*+|`([^`]*)`", lambda m: m.group(1) or m.group(2), text)
        found.append(text)
    return found
