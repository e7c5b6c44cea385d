"""A recorded picture as HTML: an image, native inputs, and what `player.js` has to know."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape

from book.rule import Track
from hf_lib.explore import Choice, Log, Player, Slider, Switch
from hf_lib.explore.canvas import CSS_DPI
from hf_lib.explore.style import number


@dataclass(frozen=True)
class Recorded:
    """A picture with its frames.

    Attributes
    ----------
    name : str
        As "02-3": the third picture of chapter 02. Also the folder of the frames' files.
    address : str
        Of the folder in which such folders are, as a page sees it.
    size : (float, float)
        Width and height in inches.
    controls, tracks : dict
        Name → `Control`, name → `Track`.
    frames : dict
        Places of the controls → (number of the file, alt text, readout).
    lazy : bool
        Whether the image may wait until the reader comes near.
    """

    name: str
    address: str
    size: tuple[float, float]
    controls: dict
    tracks: dict[str, Track]
    frames: dict[tuple[int, ...], tuple[int, str, str]] = field(repr=False)
    lazy: bool = True

    def label(self, name: str) -> str:
        """The control's name as the reader sees it."""
        return self.controls[name].label or name.replace("_", " ")


def html(picture: Recorded) -> str:
    """The whole figure."""
    start = tuple(track.start for track in picture.tracks.values())
    number_of_file, alt, _ = picture.frames[start]
    width, height = (round(CSS_DPI * inches) for inches in picture.size)
    lazy = ' loading="lazy"' if picture.lazy else ""
    size = f'width="{width}" height="{height}"'
    image = (f'<img src="{picture.address}/{picture.name}/{number_of_file}.webp" alt="{escape(alt)}" '
             f'{size} decoding="async"{lazy}>')
    if not picture.controls:
        return f'<figure class="hf-still" id="{picture.name}"><div class="hf-picture">{image}</div></figure>'
    rows = "".join(row(picture, name, index) for index, name in enumerate(picture.controls))
    note = limits(picture)
    return (f'<figure class="hf-moving" id="{picture.name}">'
            f'<div class="hf-picture">{image}<img class="hf-change" alt="" {size} hidden></div>'
            f'<div class="hf-controls" data-prevent-swipe>{rows}</div>'
            + (f'<p class="hf-limits">{escape(note)}</p>' if note else "")
            + '<p class="hf-said" aria-live="polite"></p>'
            '<noscript><p>The controls need JavaScript, which is switched off: this is the first frame.</p></noscript>'
            f'<script type="application/json">{data(picture)}</script></figure>')


def row(picture: Recorded, name: str, index: int) -> str:
    """A control with its name and its readout."""
    control, track = picture.controls[name], picture.tracks[name]
    key = f"{picture.name}-{name}"
    label = f'<label for="{key}">{escape(picture.label(name))}</label>'
    same = f'id="{key}" data-control="{index}" autocomplete="off"'
    if isinstance(control, Switch):
        checked = " checked" if track.start else ""
        return f'<div class="hf-row hf-switch"><input type="checkbox" {same}{checked}>{label}</div>'
    spoken = [words(control, value) for value in track.values]
    if isinstance(control, Choice):
        options = "".join(f'<option value="{i}"{" selected" if i == track.start else ""}>{escape(text)}</option>'
                          for i, text in enumerate(spoken))
        return f'<div class="hf-row">{label}<select {same}>{options}</select></div>'
    now = escape(readout(picture) or spoken[track.start] if isinstance(control, Player) else spoken[track.start])
    width = max(len(text) for text in [*spoken, readout(picture)])
    slider = (f'{label}<input type="range" min="0" max="{len(track.values) - 1}" step="1" value="{track.start}" '
              f'aria-valuetext="{now}" {same}>'
              f'<output for="{key}" aria-live="off" style="min-width:{width}ch">{now}</output>')
    if not isinstance(control, Player):
        return f'<div class="hf-row hf-slider">{slider}</div>'
    buttons = "".join(f'<button type="button" class="hf-{kind}" aria-label="{text}">{BUTTONS[kind]}</button>'
                      for kind, text in (("play", "play"), ("back", "one step back"), ("forth", "one step forward")))
    return (f'<div class="hf-row hf-player" data-interval="{control.interval}">{buttons}{slider}</div>')


BUTTONS = {"play": "▶", "back": "◂", "forth": "▸"}


def readout(picture: Recorded) -> str:
    """What the player's frame at the start is called."""
    return picture.frames[tuple(track.start for track in picture.tracks.values())][2]


def words(control, value) -> str:
    """A control's value as the reader sees it."""
    if isinstance(control, Log):
        return number(value)
    if isinstance(control, Slider):
        return f"{value:.{control.decimals}f}".replace("-", "−")
    return str(value)


def limits(picture: Recorded) -> str:
    """What the reader cannot do without a kernel; empty where nothing is missing."""
    alone = [picture.label(name) for name, track in picture.tracks.items() if track.alone]
    thinned = [picture.label(name) for name, track in picture.tracks.items() if track.thinned]
    said = []
    if alone:
        said.append(f"On this page {listed(alone)} move one at a time: moving one returns the others to their start.")
    if thinned:
        verb = "stops" if len(thinned) == 1 else "stop"
        here = "" if alone else "On this page "
        said.append(f"{here}{listed(thinned)} {verb} at some values only.")
    return " ".join([*said, "In the notebook all move freely."]) if said else ""


def listed(names: list[str]) -> str:
    """The names as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def data(picture: Recorded) -> str:
    """What the script has to know, as JSON."""
    controls = [{"words": [words(picture.controls[name], value) for value in track.values],
                 "start": track.start, "alone": track.alone}
                for name, track in picture.tracks.items()]
    frames = {",".join(map(str, places)): [file, alt, said] for places, (file, alt, said) in picture.frames.items()}
    text = json.dumps({"controls": controls, "frames": frames}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/")
