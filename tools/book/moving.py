"""Move a picture of the book in Chromium as a reader would: by keys, mouse and finger."""
from __future__ import annotations

import time

PATIENCE = 2.0  # seconds that a picture has to follow a control
TO_THE_MIDDLE = "control => control.scrollIntoView({block: 'center'})"
ELSEWHERE = """control => control.type === 'checkbox' ? 0.5
  : Number(control.value) > control.max / 2 ? 0.1 : 0.9"""  # where to press, as a share of the control's width
STATE = """figure => {  // the image of the start, and the one that is laid over it
  const [picture, change] = figure.querySelectorAll('.hf-picture img');
  return [picture.src + (change.hidden ? '' : change.src), picture.alt];
}"""


def picture_faults(page, figure, window: str) -> list[str]:
    """Move every control of a picture by keyboard and by mouse or finger; image and description follow each."""
    faults, controls = [], figure.query_selector_all("[data-control]")
    for how in ("keyboard", "finger" if window == "phone" else "mouse"):
        still = [_unchanged(page, figure, control, how) for control in controls]
        if any(still):  # one may have nothing to change where another stands, as the form of a curve of height 0
            again = [_unchanged(page, figure, control, how) for control in controls]
            faults += [both for both in map(min, still, again) if both]
    return faults


def _unchanged(page, figure, control, how: str) -> str:
    """Move a control; a sentence that names what has not followed, empty where all has."""
    before = figure.evaluate(STATE)
    MOVERS[how](page, control)
    image, alt = map(str.__eq__, before, _settled(page, figure, before))
    still = " and ".join(["the image"] * image + ["the description"] * alt)
    return still and f"{still} of {figure.get_attribute('id')} did not follow {control.get_attribute('id')} by {how}"


def _settled(page, figure, before: list[str]) -> list[str]:
    """What a picture shows once image and description have changed, or after some patience."""
    end = time.monotonic() + PATIENCE
    while (state := figure.evaluate(STATE)) and any(map(str.__eq__, state, before)) and time.monotonic() < end:
        page.wait_for_timeout(20)
    return state


def _by_keyboard(page, control) -> None:
    control.focus()
    kind = control.get_attribute("type")
    if kind == "checkbox":
        page.keyboard.press("Space")
        return
    place = control.input_value()
    page.keyboard.press("ArrowRight" if kind == "range" else "ArrowDown")
    if control.input_value() == place:  # it stood at its end
        page.keyboard.press("ArrowLeft" if kind == "range" else "ArrowUp")


def _by_pointer(press):
    def move(page, control) -> None:
        if control.evaluate("control => control.tagName") == "SELECT":  # its list is the system's own
            _by_keyboard(page, control)
            return
        control.evaluate(TO_THE_MIDDLE)  # clear of what stays at the top
        box = control.bounding_box()
        press(page, box["x"] + control.evaluate(ELSEWHERE) * box["width"], box["y"] + box["height"] / 2)
    return move


MOVERS = {"keyboard": _by_keyboard, "mouse": _by_pointer(lambda page, x, y: page.mouse.click(x, y)),
          "finger": _by_pointer(lambda page, x, y: page.touchscreen.tap(x, y))}
