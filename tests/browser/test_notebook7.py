"""Notebook 7: the figures are there too, and the keys belong to the control that has the keyboard."""
from importlib.util import find_spec

import lab_page
import pytest
from conftest import missing
from test_browser import SOUND, written

pytestmark = pytest.mark.browser

PATIENCE = 120_000  # ms after which nothing more is expected
READY = """new Promise(ready => setInterval(async () => {
  const notebook = window.jupyterapp?.shell.currentWidget;
  if (!notebook) return;
  await notebook.context.ready;
  await notebook.sessionContext.ready;
  ready(true);
}, 500))"""


@pytest.fixture
def page(browser, lab):
    if not find_spec("notebook"):
        missing("the package notebook")
    page = browser.new_page()
    page.add_init_script(path=lab_page.SCRIPT)
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


def test_arrow_keys_move_a_slider_and_not_the_cell(page, lab, tmp_path):
    """Its own handler sees a key before the figure does, and would move to the next cell."""
    page.goto(f"{lab.url}notebooks/{lab.add(written(tmp_path, 'seven', SOUND))}?token={lab.token}")
    assert page.evaluate(READY) and page.evaluate("ms => hf.run(ms)", PATIENCE)
    view = page.locator(".hf-explore")
    keys = (("[role=slider][aria-label=a]", "ArrowRight"), ("select", "ArrowDown"), ("[aria-label=c]", "ArrowUp"))
    for frame, (which, key) in enumerate(keys, start=2):
        control = view.locator(which)
        control.focus()
        control.press(key)
        view.locator(f"[data-frame='{frame}']").wait_for()
        assert control.evaluate("control => control === document.activeElement"), f"{which} has lost the keyboard"
