"""In the kernel of a notebook: a picture's frames are drawn, and the page gets them instead of a widget."""
from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from IPython.display import display

from book.asked import Asked
from book.compact import Compact
from book.markup import Recorded, html
from book.rule import combinations, plan
from hf_lib import explore
from hf_lib.explore.canvas import Figure
from hf_lib.explore.view import young_figures

WIDTH = 1200  # pixels of a frame: a page's column has about 740 CSS pixels


@dataclass
class Recorder:
    """Stands in for whatever shows a picture in a notebook.

    Attributes
    ----------
    folder : Path
        Gets a folder of frames for each picture.
    chapter : str
        Its number, as "02".
    shown : int
        How many pictures it has recorded.
    asked : list of dict
        What the questions for the next picture ask for: the metadata of its cell.
    """

    folder: Path
    chapter: str
    shown: int = field(default=0, init=False)
    asked: list[dict] = field(default_factory=list, init=False)

    def show(self, picture, **given) -> None:
        """Show a picture: in place of `explore.show`."""
        began = time.process_time()
        page, counted = self.figure(picture, **given)
        seconds = round(time.process_time() - began, 1)
        display({"text/html": page}, raw=True, metadata={"hf_frames": counted | {"seconds": seconds}})

    def figure(self, picture, **given) -> tuple[str, dict[str, int]]:
        """Draw the frames of a picture; return its HTML, and how many frames, files and bytes there are."""
        name = self._next_name()
        start, held = picture.split(given)
        every = picture.controls(held)
        at = {key: control.nearest(start.get(key, control.default)) for key, control in every.items()}
        controls = {key: control for key, control in every.items() if len(control.values) > 1}
        asked, self.asked = Asked.read(self.asked, controls), []
        tracks = plan(controls, at, asked)
        frames = Frames(self.folder / name)
        for places in combinations(tracks, asked):
            moved = {key: track.values[place] for (key, track), place in zip(tracks.items(), places, strict=True)}
            with young_figures():
                frames.draw(places, picture(**held, **(at | moved)))
        return html(self._recorded(name, frames, controls, tracks, bool(asked.settings))), frames.counted()

    def still(self, fig) -> str:
        """The HTML of a figure that nothing moves: in place of its own."""
        name = self._next_name()
        frames = Frames(self.folder / name)
        frames.draw((), fig)
        return html(self._recorded(name, frames, {}, {}))

    def _next_name(self) -> str:
        self.shown += 1
        return f"{self.chapter}-{self.shown}"

    def _recorded(self, name, frames, controls, tracks, asked=False) -> Recorded:
        return Recorded(name, self.folder.name, frames.stage.size, controls, tracks, frames.drawn, asked, self.shown > 1)


class Frames:
    """The frames of one picture, drawn one after the other in the layout of the first.

    Attributes
    ----------
    drawn : dict
        Places of the controls → (number of the whole frame's file, number of that of the change or None,
        alt text, readout).
    files : dict
        A file's content → its number: equal frames share a file.
    stage : Stage or None
        What the last frame leaves to the next.
    """

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.folder, self.stage, self.compact = folder, None, Compact()
        self.drawn: dict = {}
        self.files: dict[bytes, int] = {}

    def draw(self, places: tuple[int, ...], fig: Figure) -> None:
        """Draw a figure and keep it as the frame of these places."""
        fig.set_dpi(round(WIDTH / fig.get_figwidth()))
        if self.stage is None:
            fig.lead()
        else:
            fig.follow(self.stage)
            fig.keep(self.stage)
        fig.canvas.draw()
        self.stage = fig.stage
        layers = self.compact.layers(np.asarray(fig.canvas.buffer_rgba()))
        change = self._file(layers.change) if layers.change else None
        self.drawn[places] = (self._file(layers.whole), change, fig.alt, fig.readout)

    def _file(self, content: bytes) -> int:
        """The number of the file with this content; it is written where it is new."""
        if content not in self.files:
            self.files[content] = len(self.files)
            (self.folder / f"{self.files[content]}.webp").write_bytes(content)
        return self.files[content]

    def counted(self) -> dict[str, int]:
        """How many frames and files there are, and the files' bytes."""
        return {"frames": len(self.drawn), "files": len(self.files), "bytes": sum(map(len, self.files))}


def start(folder: str, chapter: str) -> None:
    """Let all pictures of the course record into `folder`."""
    recorder = Recorder(Path(folder), chapter)
    explore.show = recorder.show
    Figure._repr_html_ = lambda fig: recorder.still(fig)
