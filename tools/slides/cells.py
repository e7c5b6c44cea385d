"""A cell of a recorded notebook as parts of a slide.

A part is the HTML of a `<div class="cell">`, whose children are what may go on different slides if one does not hold
them all, or of an `<aside class="notes">`, which only the speaker sees. An answer is both: the class sees it at a
click, the speaker before.
"""
from __future__ import annotations

import ast
import re
from html import escape

from book.outputs import shown
from book.page import LINK, prose
from hf_lib.exercises import find
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

FOLDED = re.compile(r"<details><summary>(?P<summary>.*?)</summary>(?P<inside>.*?)</details>\s*", re.DOTALL)
FOR_THE_SPEAKER = re.compile(r"<p><(?P<mark>em|strong)>For the (?:class|teacher)\b.*?</p>"
                             r"|<table>\s*<thead>(?:(?!</thead>).)*<th>in class</th>.*?</table>"
                             r"(?:\s*<p>(?:In all|Without)\b(?:(?!</p>).)*</p>)?", re.DOTALL)
PRINTED = re.compile(r'(?P<begin><pre class="hf-printed">)(?P<inside>.*?)</pre>', re.DOTALL)
ASKED = "**Before you "  # how a question begins that the next cell answers
CODE_LINES, PRINTED_LINES = 24, 12  # that stay together at most
FORMATTER = HtmlFormatter(nowrap=True)


def text(source: str) -> list[str]:
    """The parts of a Markdown cell."""
    parts, end = [], 0
    page_html = MARKDOWN.render(linked(source))
    for folded in FOLDED.finditer(page_html):
        answer = f'<p class="summary">{folded["summary"]}</p>{folded["inside"]}'
        parts += [*_shown(page_html[end:folded.start()]), notes(answer), part("answer fragment", answer)]
        end = folded.end()
    return parts + _shown(page_html[end:])


def _shown(page_html: str) -> list[str]:
    """What the class sees, and apart from it what is only for the speaker."""
    spoken = [notes(found[0]) for found in FOR_THE_SPEAKER.finditer(page_html)]
    rest = FOR_THE_SPEAKER.sub("", page_html)
    return ([part("text", rest)] if rest.strip() else []) + spoken


def remark(source: str) -> list[str]:
    """The part of a Markdown cell that is a note: answers in it are open."""
    page_html = MARKDOWN.render(linked(source))
    return [notes(FOLDED.sub(r'<p class="summary">\g<summary></p>\g<inside>', page_html))]


def code(cell: NotebookNode) -> list[str]:
    """The part of a code cell: its code, unless that only asks for a picture, and what it shows."""
    outputs = "".join(MARKDOWN.render(shown(output)) for output in cell.outputs)
    written = "" if _only_shows(cell.source, outputs) else "".join(chunks(cell.source))
    return [part("code", written + _printed_in_pieces(outputs))]


def stub(name: str) -> list[str]:
    """The part of an exercise's cell: what it begins with."""
    return [part("code", "".join(chunks(find(name).stub)))]


def _only_shows(source: str, outputs: str) -> bool:
    """Whether a cell is one call that puts a picture on the page."""
    if '<figure class="hf-' not in outputs:
        return False
    body = ast.parse(source).body
    return len(body) == 1 and isinstance(body[0], ast.Expr)


def chunks(source: str) -> list[str]:
    """Code in colours, its paragraphs apart: a slide may end between two of them."""
    coloured = highlight(source, PythonLexer(stripnl=False), FORMATTER).rstrip("\n")
    return [f'<pre class="highlight">{piece}</pre>'
            for paragraph in re.split(r"\n\n+", coloured) for piece in pieces(paragraph, CODE_LINES)]


def pieces(lines: str, most: int) -> list[str]:
    """Lines in pieces of at most so many.

    >>> pieces("a\\nb\\nc", 2)
    ['a\\nb', 'c']
    """
    each = lines.split("\n")
    return ["\n".join(each[first:first + most]) for first in range(0, len(each), most)]


def _printed_in_pieces(outputs: str) -> str:
    """Long output as several boxes."""
    return PRINTED.sub(lambda box: "".join(f"{box['begin']}{piece}</pre>" for piece in
                                           pieces(box["inside"], PRINTED_LINES)), outputs)


def part(kind: str, inside: str) -> str:
    return f'<div class="cell {kind}">{inside}</div>'


def notes(inside: str) -> str:
    return f'<aside class="notes">{inside}</aside>'


def linked(source: str) -> str:
    """Links to notebooks lead to their decks; to other files there are none."""
    source = LINK.sub(lambda link: f"]({link['stem'][:2]}.html{link['heading'] or ''})", source)
    return prose(source)


# Markdown ----------------------------------------------------------------------------------------

def _markdown() -> MarkdownIt:
    """What reads Markdown as the book does."""
    markdown = MarkdownIt("commonmark").enable("table")
    markdown.use(dollarmath_plugin, allow_labels=False, double_inline=True)
    markdown.add_render_rule("math_inline", _maths(r'<span class="math">\(', r"\)</span>"))
    markdown.add_render_rule("math_inline_double", _maths(r'<span class="math">\[', r"\]</span>"))
    markdown.add_render_rule("math_block", _maths(r'<div class="math">\[', r"\]</div>" + "\n"))
    markdown.add_render_rule("fence", _fence)
    return markdown


def _maths(begin: str, end: str):
    def rule(self, tokens, index, options, env) -> str:
        return begin + escape(tokens[index].content.strip(), quote=False) + end
    return rule


def _fence(self, tokens, index, options, env) -> str:
    """Raw HTML as it stands, everything else as code."""
    token = tokens[index]
    return token.content if token.info.strip() == "{raw} html" else "".join(chunks(token.content.rstrip("\n")))


MARKDOWN = _markdown()
