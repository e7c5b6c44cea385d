"""Signs and Greek letters where the stream has them, and something else where it has not."""

import sys

PLAIN = {"✓": "ok", "✗": "!!", "…": "..."}


def printable(text):
    """The text as `sys.stdout` can write it: a file on Windows is often in cp1252, which has no ✓.

    Examples
    --------
    >>> printable("✓ done")
    '✓ done'
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"    # a notebook's stream may name none
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for sign, words in PLAIN.items():
            text = text.replace(sign, words)
        return text.encode(encoding, "replace").decode(encoding)
    return text
