"""Move every control of one interactive figure, as a reader does, and say what goes wrong."""
from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import yardstick  # noqa: E402

PRESSES = 3  # of an arrow key, on each slider
LIMIT = 3 * 150  # ms from key press to new picture: three times what the course promises
QUIET_ENOUGH = 1.3  # programs a core: where there are more, latencies are told and not judged
TRIES = 3  # at keeping the promise
PATIENCE = 120_000  # ms after which no new picture is expected
QUIET = 250  # ms without a new picture, at least, after which the last one stays
JUMP = 1.5  # CSS pixels that a figure may move by rounding


@dataclass
class Moves:
    """What a figure did.

    Attributes
    ----------
    faults : list of str
        A sentence for each thing that was wrong.
    latencies : list of float
        Milliseconds from key press to painted picture.
    lags : list of float
        Milliseconds from the end of a mouse's drag to the last picture.
    busy : float
        How many programs shared a core at the busiest moment: so much slower each of them was.
    """

    name: str
    faults: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    busy: float = 1.0

    def row(self) -> list:
        """The line in the table: name, key presses, median and slowest latency, slowest lag, how busy."""
        middle = median(self.latencies) if self.latencies else 0
        slowest, lag = (max(times, default=0) for times in (self.latencies, self.lags))
        return [self.name, len(self.latencies), middle, slowest, lag, self.busy]


def sharing() -> float:
    """How many programs share this one's core: its time on the clock over its time at work, at least 1."""
    clock, work = time.perf_counter(), time.process_time()
    while time.process_time() - work < 0.05:
        pass
    return max(1.0, (time.perf_counter() - clock) / (time.process_time() - work))


@lru_cache
def slowness() -> float:
    """How much longer this machine works on a fixed piece of work than one that keeps the promise, at least 1."""
    return yardstick.slowness(time.process_time)


def move_all(view, name: str) -> Moves:
    """Move every control of the figure at `view`, a locator of its `.hf-explore` box.

    A figure that seems slow may have met another program: it is moved again, and its best time counts.
    Where the machine is too busy to tell, no time does.
    """
    moves = move_once(view, name)
    for _ in range(TRIES - 1):
        if not too_slow(moves):
            return moves
        again = move_once(view, name)
        again.faults = list(dict.fromkeys(moves.faults + again.faults))
        moves = again
    if too_slow(moves):
        moves.faults.append(f"{name}: a new picture takes {median(moves.latencies):.0f} ms after a key press "
                            f"(median), more than {LIMIT * slowness():.0f} ms")
    return moves


def too_slow(moves: Moves) -> bool:
    """Whether the figure's median latency breaks the promise, as far as this machine can tell."""
    quiet = max(moves.busy, sharing()) < QUIET_ENOUGH
    return quiet and bool(moves.latencies) and median(moves.latencies) > LIMIT * slowness()


def move_once(view, name: str) -> Moves:
    """Move every control once."""
    moves = Moves(name)
    view.scroll_into_view_if_needed()
    view.evaluate("view => hf.watch(view)")
    for row in view.locator(":scope > .hf-controls > :visible").all():
        moves.busy = max(moves.busy, sharing())
        for mark, moved in MOVERS.items():
            if row.locator(mark).count() or row.evaluate("(row, mark) => row.matches(mark)", mark):
                label = "".join(row.locator("label.widget-label, .widget-label-basic").all_text_contents())
                moved(Control(view, row, label.strip(" \u200b"), moves))  # a switch has an empty one too
                break
        else:
            moves.faults.append(f"{name}: there is no test that moves {row.get_attribute('class')}")
    return moves


class Control:
    """A row of a figure and what is expected whenever it is moved."""

    def __init__(self, view, row, label, moves):
        self.view, self.row, self.moves = view, row, moves
        self.name = f"{moves.name}, {label}"
        self.page = view.page

    def fault(self, words: str) -> None:
        self.moves.faults.append(f"{self.name}: {words}")

    @contextmanager
    def changes(self, how: str):
        """Inside, the control is moved in some way: the picture and its words must follow."""
        for part in [self.row, *self.row.locator("button:visible").all()]:
            part.scroll_into_view_if_needed()        # else a click would scroll there, and the figure seem to jump
        seen = [self.view.evaluate("view => hf.hold(view)")]
        yield seen
        pictures = {look["picture"] for look in seen}
        if len(seen) > 1 and len(pictures) == 1:
            self.fault(f"the picture is the same after {how}")
        elif len(seen) > 1 and len({look["alt"] for look in seen}) == 1:
            self.fault(f"the alt text does not follow {how}")

    def next_picture(self, seen: list, how: str) -> bool:
        """Wait for a picture newer than the last seen, and look at it."""
        look = self.view.evaluate("(view, [frame, ms]) => hf.after(view, frame, ms)", [seen[-1]["frame"], PATIENCE])
        return self._judge(look, seen, how)

    def last_picture(self, seen: list, how: str) -> bool:
        """Wait for a picture and then until no newer one comes, and look at that."""
        quiet = max([QUIET, *(2 * latency for latency in self.moves.latencies)])
        look = self.view.evaluate("(view, [frame, ms, quiet]) => hf.last(view, frame, ms, quiet)",
                                  [seen[-1]["frame"], PATIENCE, quiet])
        return self._judge(look, seen, how)

    def _judge(self, look, seen, how) -> bool:
        if look is None:
            self.fault(f"no new picture after {how}")
            return False
        seen.append(look)
        if look["error"]:
            self.fault(f"{how} shows an error: {look['error']}")
        elif not look["alt"].strip():
            self.fault(f"the picture has no alt text after {how}")
        if look["jump"] > JUMP:
            self.fault(f"the figure jumps by {look['jump']:.0f} pixels after {how}")
        return not look["error"]

    def press(self, target, key: str, seen: list) -> bool:
        """Press a key on a focused control; keep the time until the new picture is painted."""
        target.press(key)
        good = self.next_picture(seen, f"the key {key}")
        if good:
            self.moves.latencies.append(seen[-1]["time"] - seen[-1]["pressed"])
            if not target.evaluate("control => hf.has_keyboard(control)"):
                self.fault(f"the control has lost the keyboard after the key {key}")
        return good


def position(handle) -> tuple[float, float, float]:
    """Where a slider stands, and its ends."""
    return tuple(float(handle.get_attribute(f"aria-value{end}")) for end in ("now", "min", "max"))


def move_slider(control: Control) -> None:
    handle = control.row.locator(".noUi-handle")
    handle.focus()
    with control.changes("the arrow keys") as seen:
        for _ in range(PRESSES):
            now, _, high = position(handle)
            if not control.press(handle, "ArrowRight" if now < high else "ArrowLeft", seen):
                return
    now, low, high = position(handle)
    track, knob = control.row.locator(".noUi-base").bounding_box(), handle.bounding_box()
    start = knob["x"] + knob["width"] / 2
    end = track["x"] + track["width"] * (0.9 if now < (low + high) / 2 else 0.1)
    height = knob["y"] + knob["height"] / 2
    with control.changes("a drag") as seen:
        control.page.mouse.move(start, height)
        control.page.mouse.down()
        control.page.mouse.move(end, height, steps=8)
        control.page.mouse.up()
        released = control.page.evaluate("performance.now()")
        if control.last_picture(seen, "a drag"):
            control.moves.lags.append(max(0, seen[-1]["time"] - released))


def move_player(control: Control) -> None:
    def button(name):
        return control.row.get_by_role("button", name=name)

    handle = control.row.locator(".noUi-handle")
    move_slider(control)
    now, low, high = position(handle)
    steps = ["one step forward", "one step back"]
    for name in steps if now < high else reversed(steps):
        with control.changes(f"the button '{name}'") as seen:
            button(name).click()
            control.next_picture(seen, f"the button '{name}'")
    with control.changes("the button 'back to the start'") as seen:
        if position(handle)[0] > low:
            button("back to the start").click()
            control.next_picture(seen, "the button 'back to the start'")
    with control.changes("the button 'play'") as seen:
        button("play or pause").click()
        for _ in range(min(2, int(high - low))):
            control.next_picture(seen, "the button 'play'")
        if button("play or pause").locator(".fa-pause").count():  # else the film is already over
            button("play or pause").click()
            before = position(handle)[0]
            control.page.wait_for_timeout(2 * QUIET)
            if position(handle)[0] > before:
                control.fault("the film runs on after the button 'pause'")


def move_choice(control: Control) -> None:
    select = control.row.locator("select")
    select.focus()
    options = select.locator("option").count()
    with control.changes("the arrow keys") as seen:
        at = select.evaluate("select => select.selectedIndex")
        control.press(select, "ArrowDown" if at < options - 1 else "ArrowUp", seen)
    with control.changes("another choice") as seen:
        at = select.evaluate("select => select.selectedIndex")
        select.select_option(index=(at + 1) % options)
        control.next_picture(seen, "another choice")


def move_switch(control: Control) -> None:
    box = control.row.locator("input[type=checkbox]")
    box.focus()
    with control.changes("the space bar") as seen:
        control.press(box, "Space", seen)
    with control.changes("a click") as seen:
        box.click()
        control.next_picture(seen, "a click")


MOVERS = {".widget-play": move_player, ".widget-slider": move_slider,
          ".widget-dropdown": move_choice, ".widget-checkbox": move_switch}
