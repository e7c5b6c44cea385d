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
        Places of the controls → (number of the whole frame's file, number of that of the change or None,
        alt text, readout).
    asked : bool
        Whether settings that questions ask for have frames too.
    lazy : bool
        Whether the image may wait until the reader comes near.
    """

    name: str
    address: str
    size: tuple[float, float]
    controls: dict
    tracks: dict[str, Track]
    frames: dict[tuple[int, ...], tuple[int, int | None, str, str]] = field(repr=False)
    asked: bool = False
    lazy: bool = True

    def label(self, name: str) -> str:
        """The control's name as the reader sees it."""
        return self.controls[name].label or name.replace("_", " ")


def html(picture: Recorded) -> str:
    """The whole figure."""
    file, _, alt, _ = picture.frames[start_of(picture)]
    width, height = (round(CSS_DPI * inches) for inches in picture.size)
    lazy = ' loading="lazy"' if picture.lazy else ""
    size = f'width="{width}" height="{height}"'
    image = (f'<img src="{picture.address}/{picture.name}/{file}.webp" alt="{escape(alt)}" '
             f'{size} decoding="sync"{lazy}>')
    if not picture.controls:
        return (f'<figure class="hf-still" id="{picture.name}"><div class="hf-picture">{image}</div>'
                f'{enlarge(picture)}</figure>')
    players_first = sorted(picture.controls, key=lambda name: not isinstance(picture.controls[name], Player))
    rows = "".join(row(picture, name) for name in players_first)
    note = limits(picture)
    return (f'<figure class="hf-moving" id="{picture.name}">'
            f'<div class="hf-picture">{image}<img class="hf-change" alt="" {size} decoding="sync" hidden></div>'
            f'{enlarge(picture)}<div class="hf-controls" data-prevent-swipe>{rows}</div>'
            + (f'<p class="hf-limits">{escape(note)}</p>' if note else "")
            + '<p class="hf-said" aria-live="polite"></p>'
            '<noscript><p>The controls need JavaScript, which is switched off: this is the first frame.</p></noscript>'
            f'<script type="application/json">{data(picture)}</script></figure>')


def enlarge(picture: Recorded) -> str:
    """A switch for narrow windows, which `player.css` alone obeys: letters of full size, and a picture to scroll."""
    key = f"{picture.name}-enlarge"
    return (f'<div class="hf-row hf-switch hf-enlarge"><input type="checkbox" id="{key}" autocomplete="off">'
            f'<label for="{key}">large (scroll it sideways)</label></div>')


def row(picture: Recorded, name: str) -> str:
    """A control with its name and its readout."""
    control, track = picture.controls[name], picture.tracks[name]
    key = f"{picture.name}-{name}"
    label = f'<label for="{key}">{escape(picture.label(name))}</label>'
    same = f'id="{key}" data-control="{list(picture.controls).index(name)}" autocomplete="off"'
    if isinstance(control, Switch):
        checked = " checked" if track.start else ""
        return f'<div class="hf-row hf-switch"><input type="checkbox" {same}{checked}>{label}</div>'
    spoken = [words(control, value) for value in track.values]
    if isinstance(control, Choice):
        options = "".join(f'<option value="{i}"{" selected" if i == track.start else ""}>{escape(text)}</option>'
                          for i, text in enumerate(spoken))
        return f'<div class="hf-row">{label}<select {same}>{options}</select></div>'
    if isinstance(control, Player):
        return player(picture, name, same, label, spoken)
    return f'<div class="hf-row">{slider(track, same, label, spoken[track.start], max(map(len, spoken)))}</div>'


def slider(track: Track, same: str, label: str, now: str, width: int) -> str:
    """A range with its label before it and its readout, of at most `width` letters, behind it."""
    return (f'{label}<input type="range" min="0" max="{len(track.values) - 1}" step="1" value="{track.start}" '
            f'aria-valuetext="{escape(now)}" {same}>'
            f'<output aria-live="off" style="min-width:{width}ch">{escape(now)}</output>')


def player(picture: Recorded, name: str, same: str, label: str, spoken: list[str]) -> str:
    """Buttons to play and to step, and a slider, which says what the frame is called."""
    called = {said for *_, said in picture.frames.values()} - {""}
    track = picture.tracks[name]
    now = picture.frames[start_of(picture)][-1] or spoken[track.start]
    buttons = "".join(f'<button type="button" class="hf-{kind}" aria-label="{does}">{sign}</button>'
                      for kind, does, sign in BUTTONS)
    return (f'<div class="hf-row hf-player" data-interval="{picture.controls[name].interval}">{buttons}'
            f'<span class="hf-row">{slider(track, same, label, now, max(map(len, called or spoken)))}</span></div>')


BUTTONS = (("play", "play", "▶\ufe0e"), ("back", "one step back", "◂"), ("forth", "one step forward", "▸"))


def start_of(picture: Recorded) -> tuple[int, ...]:
    """The places at which the controls stand first."""
    return tuple(track.start for track in picture.tracks.values())


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
    if alone:
        back = "the other to its start" if len(alone) == 2 else "the others to their start"
        return (f"On this page {listed(alone)} move one at a time: moving one returns {back}. "
                + ("Some values are left out. " if thinned else "")
                + ("Where a question sets two at once, both stay. In the notebook all move freely." if picture.asked
                   else "In the notebook all move freely; questions about two at once may need it."))
    if thinned:
        stop, move = ("stops", "it moves") if len(thinned) == 1 else ("stop", "they move")
        return f"On this page {listed(thinned)} {stop} at some values only. In the notebook {move} freely."
    return ""


def listed(names: list[str]) -> str:
    """The names as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def data(picture: Recorded) -> str:
    """What the script has to know, as JSON."""
    controls = [{"words": [words(picture.controls[name], value) for value in track.values],
                 "start": track.start, "alone": track.alone}
                for name, track in picture.tracks.items()]
    frames = {",".join(map(str, places)): frame for places, frame in picture.frames.items()}
    text = json.dumps({"controls": controls, "frames": frames}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/")
