"""What is still a stub's ``...``."""

from .compare import Finding

NOT_ATTEMPTED = Finding("not attempted", "Write your answer in place of the stub, and run the cell again.")


def unanswered(value):
    """The `Finding` on a value that is a stub's ``...``, or a tuple that still holds one; else None."""
    items = value if isinstance(value, (tuple, list)) else (value,)
    open_parts = [number for number, item in enumerate(items, start=1) if item is ...]
    if not open_parts:
        return None
    if len(open_parts) == len(items):
        return NOT_ATTEMPTED
    seen = (f"still `...`: number {', '.join(map(str, open_parts))} of {len(items)}",)
    return Finding("not finished", "A part of the answer is still missing.", seen)
