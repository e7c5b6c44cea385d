"""A notebook open in JupyterLab in a browser: run it, look for faults, move its figures, photograph it."""
from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from execute_notebook import EXERCISE, EXPECTED
from figure_moves import Moves, move_all
from playwright.sync_api import TimeoutError

WIDTH, HEIGHT = 1000, 900  # CSS pixels of the window
# On a screen of 1366×768 the browser's own bars leave so much; at 800 long lines of code may scroll.
WINDOWS = {800: ("figure",), 1280: ("code", "figure"), 1366: ("code", "figure")}
LOW = 657
HIGHEST = 520  # CSS pixels of a figure with its controls
TALLEST = 8000  # CSS pixels of one photograph; a longer chapter needs several
# None of these judges a time: they end a test in which something never comes, and are long for the slowest machine.
PATIENCE = 300_000  # ms that JupyterLab may take to answer
WIDGETS = 60_000  # ms that widgets may take to appear
RUN = 1_800_000  # ms that all cells of a notebook may take
LOOKS = 60  # twice a second, until nothing is left to find
SCRIPT = Path(__file__).with_name("page.js")


class LabPage:
    """JupyterLab in a browser window, with one notebook open at a time."""

    def __init__(self, browser, lab):
        self.lab, self.path, self._found = lab, None, []
        self.page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        self.page.add_init_script(path=SCRIPT)
        self.page.route("**/*", self._gate)
        self.page.on("websocket", lambda socket: self._is_here(socket.url))
        self.page.on("pageerror", lambda error: self._found.append(f"the page raised {error}"))
        self.page.goto(f"{lab.url}doc?token={lab.token}")
        self.page.wait_for_function("window.jupyterapp?.restored.then(() => true)", timeout=PATIENCE)

    def _is_here(self, url: str) -> bool:
        """Whether an address lies on this machine; one that does not is a fault."""
        parts = urlsplit(url)
        here = parts.scheme in ("data", "blob", "about") or parts.hostname == "127.0.0.1"
        if not here:
            self._found.append(f"the page asks another machine for {url}")
        return here

    def _gate(self, route) -> None:
        route.continue_() if self._is_here(route.request.url) else route.abort()

    def open(self, path: Path) -> None:
        """Open a copy of a notebook in place of the one before, and end that one's kernel."""
        self.lab.end_kernels()
        self.path, self._found = path, []
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        self.page.set_default_timeout(PATIENCE)
        opened = self.page.evaluate("([path, ms]) => hf.open(path, ms)", [self.lab.add(path), PATIENCE])
        assert opened, f"JupyterLab did not open {path.name} within {PATIENCE / 1000:.0f} s"
        self.theme("Light")

    def run(self) -> None:
        """Run all cells, and wait until their figures stand in the page."""
        if not self.page.evaluate("ms => hf.run(ms)", RUN):
            self._found.append(f"not all cells ran, or not within {RUN / 60_000:.0f} minutes")
        shown = sum(len(re.findall(r"^explore\.show\(", cell.source, re.MULTILINE)) for cell in self._cells())
        with suppress(TimeoutError):  # then `faults` says what is not there
            self.page.wait_for_function("shown => hf.standing(shown)", arg=shown, timeout=WIDGETS)

    def misfits(self) -> list[str]:
        """What scrolls sideways or is too high in a laptop's windows, the file browser open."""
        found = []
        self.page.evaluate("hf.files(true)")
        for width, judged in WINDOWS.items():
            self.page.set_viewport_size({"width": width, "height": LOW})
            self.page.wait_for_timeout(300)            # the notebook is laid out again
            found += [f"{words} (window {width} pixels wide)"
                      for what, words in self.page.evaluate("most => hf.misfits(most)", HIGHEST)
                      if what in judged]
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        self.page.evaluate("hf.files(false)")
        return found

    def verdicts(self) -> list[str]:
        """The checks that call a stub anything but *not attempted*."""
        found = []
        for cell, shown in zip(self._cells(), self.page.locator(".jp-Notebook .jp-Cell").all(), strict=True):
            if exercise := EXERCISE.match(cell.source):
                said = shown.locator("[role=status]").all_text_contents() or ["nothing"]
                found += [f"the check of {exercise[1]} says of the stub: {verdict}" for verdict in said
                          if EXPECTED["stubs"] not in verdict]
        return found

    def open_again(self) -> None:
        """Save the notebook, end its kernel, and open the file as on the next day."""
        self.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        self.lab.end_kernels()
        assert self.page.evaluate("([path, ms]) => hf.open(path, ms)", [self.path.name, PATIENCE])

    def _cells(self) -> list:
        return nbformat.read(self.path, as_version=4).cells

    def faults(self) -> list[str]:
        """Whatever ought not to be in the page, and requests to other machines.

        A control gets its name when its picture has loaded, a moment after the widgets stand: only
        what is still there after many looks counts.
        """
        for _ in range(LOOKS):
            found = self.page.evaluate("hf.faults()")
            if not found:
                break
            for view in self.page.locator(".jp-Notebook .hf-explore").all():
                view.scroll_into_view_if_needed()      # what was never near the window may not be drawn yet
            self.page.wait_for_timeout(500)
        return found + self._found

    def move_figures(self) -> list[Moves]:
        """Move all controls of all interactive figures."""
        cells, moved = self._cells(), []
        for view in self.page.locator(".jp-Notebook .hf-explore").all():
            number = view.evaluate("view => [...document.querySelectorAll('.jp-Notebook .jp-Cell')]"
                                   ".indexOf(view.closest('.jp-Cell'))")
            call = re.search(r"explore\.show\(([\w.]+)", cells[number].source)
            moved.append(move_all(view, f"{self.path.stem}, cell {number + 1}, {call[1] if call else 'figure'}"))
        return moved

    def theme(self, name: str) -> None:
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})",
                           f"JupyterLab {name}")
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=f"JupyterLab {name}")

    def photograph(self, folder: Path) -> None:
        """Save the whole notebook, from top to bottom, in both themes."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        scroller = self.page.locator(".jp-WindowedPanel-outer").first
        frame = HEIGHT - scroller.evaluate("node => node.clientHeight")
        length = scroller.evaluate("node => node.scrollHeight")
        self.page.set_viewport_size({"width": WIDTH, "height": min(length + frame, TALLEST)})
        shown = scroller.evaluate("node => node.clientHeight")
        for theme in ("Light", "Dark"):
            self.theme(theme)
            for number, top in enumerate(range(0, length, shown), start=1):
                scroller.evaluate("(node, top) => node.scrollTo(0, top)", top)
                self.page.screenshot(path=folder / f"{theme.lower()}-{number}.png", animations="disabled")
