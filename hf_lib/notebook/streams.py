"""What a script prints can be written, whatever the stream. Used by experiments/, benchmarks/ and tools/."""

import sys


def utf8_streams():
    """Let this process write UTF-8 to its standard streams: a file on Windows would be in cp1252, without λ."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):               # a notebook's stream, or none at all, has no encoding to set
            stream.reconfigure(encoding="utf-8", errors="replace")
