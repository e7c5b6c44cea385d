"""Chromium, without a window and without a word to the network: for tests, PDF files and checks of the book."""
from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIETLY = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync")


def launch(play):
    """Start Chromium: the machine's own, or the one that `playwright install chromium` has fetched.

    Parameters
    ----------
    play : playwright.sync_api.Playwright

    Raises
    ------
    FileNotFoundError
        Where there is neither.
    """
    program = next(filter(None, map(shutil.which, NAMES)), play.chromium.executable_path)
    if not os.path.exists(program):
        raise FileNotFoundError("Chromium is missing: install it, or run `playwright install chromium`")
    return play.chromium.launch(executable_path=program, args=QUIETLY)
