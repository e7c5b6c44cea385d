"""A chapter's exercises as a page to print: one file, which needs no network and no script."""

import html
import re

from .formulas import displayed, svg

FORMULA = re.compile(r"(`[^`]*`)|\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


def as_page(title, exercises):
    """The page, HTML: for each `Posed` its text and the code to begin with."""
    parts = [f"<section>{as_html(posed.text)}<pre><code>{html.escape(posed.exercise.stub)}</code></pre></section>"
             for posed in exercises]
    return PAGE.format(title=html.escape(title), body="\n".join(parts))


def as_html(markdown):
    """Markdown with TeX formulas as HTML with the formulas as pictures.

    >>> as_html("Is `a$b` **old**?")
    '<p>Is <code>a$b</code> <strong>old</strong>?</p>\\n'
    """
    import mistune  # it comes with JupyterLab

    formulas = []

    def aside(match):
        code, display, inline = match.groups()
        if code:
            return code
        formulas.append(displayed(display) if display else svg(inline))
        return f"\n\nformula{len(formulas) - 1}set\n\n" if display else f"formula{len(formulas) - 1}set"

    page = mistune.create_markdown(escape=True)(FORMULA.sub(aside, markdown))
    return re.sub(r"formula(\d+)set", lambda match: formulas[int(match[1])], page)


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Exercises: {title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.55 Georgia, serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #1a1a1a }}
svg {{ fill: currentColor; overflow: visible }}
.formula {{ margin: 0.6em 0; text-align: center; overflow-x: auto }}
.cases {{ display: inline-table; vertical-align: middle; border-left: 1px solid; text-align: left }}
.cases td {{ padding: 0.15em 0.5em }}
pre {{ background: #f2f2f2; padding: 0.7em; white-space: pre-wrap; font-size: 0.8em; print-color-adjust: exact }}
section {{ margin: 1.8em 0; break-inside: avoid }}
</style></head>
<body>
<h1>Exercises: {title}</h1>
<p>Name: ______________________________</p>
<p>Steps, sections and tables that a text names are those of the chapter.</p>
{body}
</body></html>
"""
