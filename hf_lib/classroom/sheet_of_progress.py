"""What a reader has solved, as a page to print."""

import html
from datetime import datetime

from hf_lib.judge import files
from hf_lib.judge.remembered import spoken_day

FILE = "progress.html"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 11pt/1.4 serif; color: #000; background: #fff; max-width: 48em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; width: 100%; margin: 0 0 1.5em; }}
caption {{ font-weight: bold; text-align: left; padding: 0.3em 0; }}
th, td {{ border-bottom: 1px solid #777; text-align: left; padding: 0.15em 0.6em 0.15em 0; vertical-align: top; }}
td:last-child, th:last-child {{ width: 11em; text-align: right; }}
table, tr {{ break-inside: avoid; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{total}. Written on {today}; an answer counts when its check found it correct, on the day given.</p>
{tables}
</body>
</html>
"""


def written(progress, folder, name=""):
    """Write the page into a folder; return its path.

    Parameters
    ----------
    progress : Progress
    folder : Path
    name : str
        Whose it is; may be empty.
    """
    title = html.escape("Hessian-free optimisation: exercises" + (f" of {name}" if name else ""))
    page = PAGE.format(title=title, total=progress.total, today=spoken_day(datetime.now()),
                       tables="\n".join(map(_table, progress.lines)))
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(folder / FILE, page)
    return folder / FILE


def _table(line):
    rows = "".join(f"<tr><td>{exercise.name}</td><td>{html.escape(exercise.title)}</td><td>{exercise.kind}</td>"
                   f"<td>{'✓ ' + kept.day if kept else '–'}</td></tr>\n" for exercise, kept in line.solved.items())
    head = "".join(f'<th scope="col">{word}</th>' for word in ("no.", "exercise", "kind", "solved"))
    caption = html.escape(f"{line.number} {line.title}: {line.count} of {len(line.solved)}")
    return f"<table><caption>{caption}</caption>\n<tr>{head}</tr>\n{rows}</table>"
