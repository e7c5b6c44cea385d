"""The browser and the server that the tests of a file share.

Playwright keeps an event loop running in this process: no longer than the file, for other tests run loops of their own.
"""
import os
import sys
from pathlib import Path

import pytest
from lab_server import Lab

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from browser import launch  # noqa: E402


def missing(what):
    """Skip, and say why; where a browser is required, fail instead."""
    reason = f"{what} is missing, which the tests in a browser need"
    if os.environ.get("HF_REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser():
    """Chromium: the machine's own, or the one that `playwright install chromium` has fetched."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the package playwright")
    with sync_playwright() as play:
        try:
            chromium = launch(play)
        except FileNotFoundError:
            missing("Chromium")
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def page(browser, lab):
    """A window of JupyterLab."""
    from lab_page import LabPage
    return LabPage(browser, lab)
