"""The pages as PDF files, printed by Chromium: each picture as it stands at the start, code and answers open.

Hints and solutions stay away: on paper they could not be folded.
"""
from __future__ import annotations

from pathlib import Path

from browser import launch

# Pictures wait until a reader comes near; on paper all are there.
READY = """async () => {
  const pictures = [...document.images];
  pictures.forEach(picture => { picture.loading = 'eager'; });
  await Promise.allSettled(pictures.map(picture => picture.decode()));
  await window.hfReady;
}"""
FOOT = """<div style="font-size:8px;width:100%;text-align:center">
<span class="title"></span> · <span class="pageNumber"></span></div>"""


def print_pages(book: Path, stems: list[str]) -> list[Path]:
    """Print pages of the book into its folder `pdf`; return the files.

    Raises
    ------
    FileNotFoundError
        Where there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    (book / "pdf").mkdir(exist_ok=True)
    written = []
    with sync_playwright() as play:
        chromium = launch(play)
        for stem in stems:
            page = chromium.new_page(color_scheme="light")
            page.goto((book / f"{stem}.html").as_uri())
            page.emulate_media(media="print")
            page.evaluate(READY)
            written.append(book / "pdf" / f"{stem}.pdf")
            page.pdf(path=written[-1], format="A4", display_header_footer=True, header_template="<span></span>",
                     footer_template=FOOT, margin={"top": "18mm", "bottom": "20mm", "left": "16mm", "right": "16mm"},
                     outline=True, tagged=True)
            page.close()
        chromium.close()
    return written
