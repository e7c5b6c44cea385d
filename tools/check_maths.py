r"""Would KaTeX and MathJax set this maths? A small parser of the TeX that both share.

It reads a formula token by token and reports unbalanced braces, `\left` without
`\right`, environments that do not close, commands that one of the two does not know,
missing arguments, double scripts, and stray `&`, `#`, `%` and `\\`.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from notebook_file import Failure, at
from notebook_text import line_of, pieces
from tex_words import ARGUMENTS, DELIMITER, ENVIRONMENTS, KNOWN, TEXT_COMMANDS

TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\\|\s+|.", re.DOTALL)


class Unsettable(ValueError):
    """The formula cannot be set; the message says why."""


class Formula:
    """One formula, read by recursive descent; `check()` raises `Unsettable`."""

    def __init__(self, tex: str, display: bool = False) -> None:
        self.tokens = [token for token in TOKEN.findall(tex) if not token.isspace()]
        self.position = 0
        self.display = display

    def peek(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1]

    def check(self) -> None:
        if not self.tokens:
            raise Unsettable("the formula is empty")
        self.row(end=None, environment=None)

    def row(self, end: str | None, environment: str | None) -> None:
        """Read until the token `end`, inside `environment` where there is one."""
        scripts: set[str] = set()
        while (token := self.peek()) != end:
            if token is None:
                raise Unsettable(f"{describe(end)} is missing at its end")
            if token in ("^", "_"):
                self.take()
                if token in scripts:
                    raise Unsettable(f"two {'super' if token == '^' else 'sub'}scripts stand on one "
                                     "symbol; put braces round what belongs together")
                scripts.add(token)
                self.argument(token)
                continue
            if token != "'":
                scripts = set()
            self.atom(environment)

    def atom(self, environment: str | None) -> None:
        """Read one token and what belongs to it."""
        token = self.take()
        if token == "{":
            self.row("}", environment=None)
            self.take()
        elif token == "}":
            raise Unsettable("a } has no { before it")
        elif token in ("&", "\\\\"):
            if environment is None:
                raise Unsettable(f"{token} stands outside aligned, cases or a matrix")
        elif token in ("#", "%", "\\", "$"):
            raise Unsettable(f"a bare {token} stands in it; write \\{token} for the sign itself")
        elif token.startswith("\\"):
            self.command(token[1:])

    def command(self, name: str) -> None:
        r"""Read the rest of a command whose name, without the backslash, was just taken."""
        if name == "operatorname" and self.peek() == "*":
            self.take()
        if name not in KNOWN:
            raise Unsettable(f"\\{name} is not among the commands that KaTeX and MathJax share")
        if name in ("right", "end"):
            raise Unsettable(f"\\{name} has no \\{'left' if name == 'right' else 'begin'} before it")
        if name == "left":
            self.delimiter("left")
            self.row("\\right", environment=None)
            self.take()
            self.delimiter("right")
        elif name == "middle" or re.fullmatch(r"[bB]igg?[lrm]?", name):
            self.delimiter(name)
        elif name == "begin":
            self.environment()
        elif name == "tag" and not self.display:
            raise Unsettable("\\tag works in $$…$$ only")
        elif name in TEXT_COMMANDS:
            self.group_text(name)
        else:
            if name in ("sqrt", "xrightarrow", "xleftarrow") and self.peek() == "[":
                self.take()
                self.row("]", environment=None)
                self.take()
            for _ in range(ARGUMENTS.get(name, 0)):
                self.argument(f"\\{name}", environment="substack" if name == "substack" else None)

    def argument(self, owner: str, environment: str | None = None) -> None:
        """Read one argument: a group or a single token."""
        token = self.peek()
        if token is None or token in ("}", "&", "\\\\", "^", "_", "\\right", "\\end"):
            raise Unsettable(f"{owner} lacks what should follow it")
        if token == "{":
            self.take()
            self.row("}", environment)
            self.take()
        else:
            self.atom(environment=None)

    def group_text(self, name: str) -> None:
        r"""Read the {…} after `\text` and its like, where only braces count."""
        if self.peek() != "{":
            raise Unsettable(f"\\{name} lacks its {{…}}")
        depth = 0
        while self.peek() is not None:
            token = self.take()
            if token == "%":
                raise Unsettable("a bare % starts a comment; write \\% for the sign itself")
            depth += {"{": 1, "}": -1}.get(token, 0)
            if depth == 0:
                return
        raise Unsettable(f"the brace after \\{name} is not closed")

    def delimiter(self, owner: str) -> None:
        token = self.peek()
        if token is None or token.removeprefix("\\") not in DELIMITER:
            raise Unsettable(f"\\{owner} lacks a delimiter such as ( or \\lVert after it")
        self.take()

    def environment(self) -> None:
        name = self.name_in_braces("begin")
        if name not in ENVIRONMENTS:
            raise Unsettable(f"the environment {name} is not one that KaTeX and MathJax both set "
                             "inside dollars; aligned, cases and pmatrix are")
        if name in ("array", "alignedat"):
            self.argument(f"\\begin{{{name}}}")
        self.row("\\end", environment=name)
        self.take()
        closing = self.name_in_braces("end")
        if closing != name:
            raise Unsettable(f"\\begin{{{name}}} is closed by \\end{{{closing}}}")

    def name_in_braces(self, owner: str) -> str:
        if self.peek() != "{" or "}" not in self.tokens[self.position:]:
            raise Unsettable(f"\\{owner} lacks its {{name}}")
        close = self.tokens.index("}", self.position)
        name = "".join(self.tokens[self.position + 1:close])
        self.position = close + 1
        return name


def describe(end: str | None) -> str:
    return {"}": "a closing brace", "]": "a closing bracket", "\\right": "the \\right to a \\left",
            "\\end": "the \\end to a \\begin"}.get(end or "", "something")


def why_unsettable(tex: str, display: bool = False) -> str | None:
    """The reason why a formula cannot be set, or None."""
    try:
        Formula(tex, display).check()
    except Unsettable as error:
        return str(error)
    return None


def faults(source: str) -> Iterator[str]:
    """What is wrong with the maths of one Markdown source, a sentence part for each fault."""
    lines = source.split("\n")
    for piece in pieces(source):
        line = line_of(source, piece.start)
        end = piece.start + len(piece.text)
        if piece.kind == "text":
            plain = re.sub(r"\\\$", "xx", piece.text)
            if "$" in plain:
                line += plain.count("\n", 0, plain.index("$"))
                yield f"line {line}: a $ has no partner; write \\$ for the sign itself"
            if re.search(r"\\begin\{|\\\\[(\[]", plain):
                yield f"line {line}: maths stands outside $…$ and $$…$$"
        elif piece.kind in ("maths", "display"):
            what = f"line {line}: the maths {shortened(piece.text)}"
            if reason := why_unsettable(piece.inner, piece.kind == "display"):
                yield f"{what} cannot be set: {reason}"
            if piece.kind == "maths" and piece.inner != piece.inner.strip():
                yield f"{what} has a space inside its dollars, so some front ends print it raw"
            if re.search(r"\w", source[max(piece.start - 1, 0):piece.start] + source[end:end + 1]):
                yield f"{what} touches a letter or digit outside, so some front ends print it raw"
            if re.search(r"\n[ \t]*\n", piece.text):
                yield f"{what} has an empty line inside, which ends it in some front ends"
            if lines[line - 1].lstrip().startswith("|") and "|" in piece.inner:
                yield f"{what} has a | inside a table row; write \\lvert, \\lVert or \\mid"


def shortened(text: str, width: int = 50) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[:width - 1] + "…"


def check_maths(path: Path, notebook: NotebookNode) -> list[Failure]:
    """Every fault in the maths of the notebook's Markdown cells."""
    return [at(path, index, cell, fault + ".")
            for index, cell in enumerate(notebook.cells) if cell.cell_type == "markdown"
            for fault in faults(cell.source)]
