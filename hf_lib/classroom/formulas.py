"""TeX formulas as SVG paths, by matplotlib's mathtext: a page shows them without a network, a script or a font.

(Nothing else that the course installs can set formulas offline: nbconvert leaves them to MathJax on the web, and
MathML would need a converter of our own. mathtext knows a part of TeX; what the exercises use beside it is put in
other words here.)
"""

import html
import re

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath, text_to_path

SIZE = 10.0                                                 # points; 1 em
FONT = FontProperties(size=SIZE, math_fontfamily="dejavuserif")
LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}
CASES = re.compile(r"(.*)\\begin\{cases\}(.*)\\end\{cases\}(.*)", re.DOTALL)
OTHER_WORDS = (                                             # what mathtext does not know, and what it does
    (r"\\[tdc]frac(?![a-zA-Z])", r"\\frac"),
    (r"\\frac\s*([0-9a-zA-Z])\s*([0-9a-zA-Z])", r"\\frac{\1}{\2}"),
    (r"\\[lr]Vert(?![a-zA-Z])", r"\\Vert"),
    (r"\\[lr]vert(?![a-zA-Z])", r"\\vert"),
    (r"\\(le|ge|ne)(?![a-zA-Z])", r"\\\1q"),
    (r"\\(mathcal|mathbb|bar|hat|tilde)\s+([a-zA-Z])", r"\\\1{\2}"),
    (r"\\(?:big|Big|bigg|Bigg)[lrm]?(?![a-zA-Z])", ""),
)


def svg(tex):
    """A formula as an SVG image in a line of text; its text for those who hear the page is the TeX.

    Raises
    ------
    ValueError
        Where mathtext cannot read it.

    Examples
    --------
    >>> svg(r"\\tfrac12 x^2")[:41]
    '<svg role="img" aria-label="\\\\tfrac12 x^2"'
    """
    words = f"${_in_other_words(tex)}$"
    width, height, depth, _, _ = text_to_path.mathtext_parser.parse(words, 72, FONT)
    outline = TextPath((0, 0), words, size=SIZE, prop=FONT)
    name = html.escape(" ".join(tex.split()))
    height = height + 1                                     # an accent may stand out by less than a point
    size = f"width:{width / SIZE:.3f}em;height:{(height + depth) / SIZE:.3f}em;vertical-align:{-depth / SIZE:.3f}em"
    return (f'<svg role="img" aria-label="{name}" style="{size}" '
            f'viewBox="0 {-height:.2f} {width:.2f} {height + depth:.2f}"><path d="{_steps(outline)}"/></svg>')


def displayed(tex):
    """A formula on lines of its own; the rows of cases stand below one another.

    Raises ValueError as `svg` does.
    """
    cases = CASES.fullmatch(tex.strip())
    if cases is None:
        return f'<div class="formula">{svg(tex)}</div>'
    before, rows, after = cases.groups()
    cells = [[svg(part) for part in row.split("&")] for row in re.split(r"\\\\", rows) if row.strip()]
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells)
    ends = svg(after) if after.strip(" .,") else ""
    return f'<div class="formula">{svg(before)}<table class="cases">{table}</table>{ends}</div>'


def _in_other_words(tex):
    tex = " ".join(tex.split())
    for pattern, words in OTHER_WORDS:
        tex = re.sub(pattern, words, tex)
    return tex


def _steps(outline):
    """The outline as the `d` of an SVG path, whose second axis points down."""
    steps = []
    for points, code in outline.iter_segments(simplify=False):
        pairs = " ".join(f"{x:.2f} {-y:.2f}" for x, y in points.reshape(-1, 2)) if code != Path.CLOSEPOLY else ""
        steps.append(LETTERS[code] + pairs)
    return "".join(steps)
