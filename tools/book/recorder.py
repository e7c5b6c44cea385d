"""In the kernel of a notebook: `explore.show` draws all frames instead of a widget."""
from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from IPython.display import HTML, display

from book.compact import Compact
from book.markup import Recorded, html
from book.rule import combinations, plan
from hf_lib import explore
from hf_lib.explore.view import young_figures

DPI = 168  # pixels per inch: 1.75 for each that a laptop's window has


@dataclass
class Recorder:
    """Stands in for `explore.show`.

    Attributes
    ----------
    folder : Path
        Gets a folder of frames for each picture.
    chapter : str
        Its number, as "02".
    shown : int
        How many pictures it has recorded.
    """

    folder: Path
    chapter: str
    shown: int = field(default=0, init=False)

    def show(self, picture, **given) -> None:
        """Draw the frames, write their files, and show the figure."""
        began = time.process_time()
        self.shown += 1
        name = f"{self.chapter}-{self.shown}"
        start, held = picture.split(given)
        every = picture.controls(held)
        controls = {key: control for key, control in every.items() if len(control.values) > 1}
        at = {key: control.nearest(start.get(key, control.default)) for key, control in every.items()}
        tracks = plan(controls, at)
        frames = Frames(self.folder / name)
        for places in combinations(tracks):
            moved = {key: track.values[place] for (key, track), place in zip(tracks.items(), places, strict=True)}
            with young_figures():
                frames.draw(places, picture(**held, **(at | moved)))
        recorded = Recorded(name, self.folder.name, frames.stage.size, controls, tracks, frames.drawn, self.shown > 1)
        display(HTML(html(recorded)), metadata={"hf_frames": {
            "frames": len(frames.drawn), "files": len(frames.files), "bytes": frames.bytes,
            "seconds": round(time.process_time() - began, 1)}})


class Frames:
    """The frames of one picture, drawn one after the other in the layout of the first.

    Attributes
    ----------
    drawn : dict
        Places of the controls → (number of the file, alt text, readout).
    files : dict
        A file's content → its number: equal frames share a file.
    bytes : int
        How much the files take.
    """

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.stage, self.compact = folder, None, None
        self.drawn: dict = {}
        self.files: dict[bytes, int] = {}
        self.bytes = 0

    def draw(self, places: tuple[int, ...], fig) -> None:
        """Draw a figure and keep it as the frame of these places."""
        fig.set_dpi(DPI)
        if self.stage is None:
            fig.lead()
        else:
            fig.follow(self.stage)
            fig.keep(self.stage)
        fig.canvas.draw()
        self.stage = fig.stage
        self.drawn[places] = (self._file(np.asarray(fig.canvas.buffer_rgba())), fig.alt, fig.readout)

    def _file(self, pixels: np.ndarray) -> int:
        """The number of the file that shows these pixels; a new one where none does."""
        if self.compact is None:
            self.compact = Compact(pixels)
            content = self.compact.first()
        else:
            content = self.compact.change(pixels)
        if not content:
            return 0
        if content not in self.files:
            self.files[content] = len(self.files)
            (self.folder / f"{self.files[content]}.webp").write_bytes(content)
            self.bytes += len(content)
        return self.files[content]


def start(folder: str, chapter: str) -> None:
    """Let `explore.show` record into `folder`."""
    explore.show = Recorder(Path(folder), chapter).show
