"""What an exercise says: the verdict of a check, hints and solutions, and the piece handed on."""

import html
import re
import textwrap
from dataclasses import dataclass

from .printable import printable

# Each badge is white on a dark ground (contrast above 5), so it reads in a light and in a dark theme;
# the text beside it keeps the theme's own colour, and the symbol and the word say the same as the colour.
BADGES = {
    "correct": ("✓", "#1b6e33"),
    "not attempted": ("…", "#4f5b66"),
    "incorrect": ("✗", "#a4262c"),
}
COLUMNS = 88                     # of a printed line


@dataclass(frozen=True, repr=False)
class Verdict:
    """The outcome of one check.

    Attributes
    ----------
    exercise : str
        Name of the exercise, ``"ch06.q1"``.
    status : {"correct", "not attempted", "incorrect"}
    diagnosis : str
        What is violated, by name ("sign", "wrong shape", …); empty unless the status is "incorrect".
    message : str
        One sentence for the reader.
    details : tuple of str
        What came, what was expected, in which case.
    """

    exercise: str
    status: str
    diagnosis: str
    message: str
    details: tuple[str, ...] = ()

    def __repr__(self):
        symbol, _ = BADGES[self.status]
        lines = [f"{symbol} {self.exercise}: {self._heading()}. {self.message}"]
        return printable("\n".join(lines + [f"    {line}" for line in self.details]))

    def _repr_html_(self):
        symbol, ground = BADGES[self.status]
        badge = (
            f'<span style="background:{ground};color:#fff;border-radius:4px;padding:2px 8px;'
            f'font-weight:600;white-space:nowrap">{symbol} {html.escape(self._heading())}</span>'
        )
        details = "".join(f'<div style="margin-top:4px">{_inline(line)}</div>' for line in self.details)
        return (
            f'<div role="status" style="border-left:4px solid {ground};padding:6px 12px;margin:4px 0;'
            f'line-height:1.6">{badge} {_inline(self.message)}{details}</div>'
        )

    def _heading(self):
        return f"{self.status}: {self.diagnosis}" if self.diagnosis else self.status


@dataclass(frozen=True, repr=False)
class Text:
    """A hint or a solution: Markdown where a notebook shows it, plain text elsewhere."""

    title: str
    markdown: str

    def __repr__(self):
        return printable(f"{self.title}\n{self.markdown}")

    def _repr_markdown_(self):
        return f"**{self.title}**\n\n{self.markdown}"


@dataclass(frozen=True, repr=False)
class Answer:
    """A finished piece, handed on to a later chapter: the reader's own, or else the course's.

    Call it as you would call the function; ``value`` is the bare function (or number), and ``yours``
    says whether it is the reader's last correct answer. ``because`` says where the reader's comes from, or why
    it is the course's, where that is more than this session knows.
    """

    exercise: str
    value: object
    yours: bool
    because: str = ""

    def __call__(self, *args, **kwargs):
        return self.value(*args, **kwargs)

    def __repr__(self):
        what = f"`{getattr(self.value, '__name__', self.value)}`"
        if self.yours:
            text = f"{self.exercise}: your own {what}, {self.because or 'checked in this session'}"
        else:
            because = self.because or "no answer of yours was checked as correct in this session"
            text = f"{self.exercise}: the course's {what} ({because})"
        lines = textwrap.wrap(text, COLUMNS - 4, break_long_words=False, break_on_hyphens=False)
        return printable("\n    ".join(lines))


def _inline(text):
    """Escape for HTML, and set `code` between back-ticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
