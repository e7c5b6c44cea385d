"""Where the course's notebooks lie, and the reader's copies of them."""

import os
from dataclasses import dataclass
from pathlib import Path

from hf_lib.judge.remembered import ASIDE, ORIGIN, VARIABLE

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """The folders of one reader.

    Attributes
    ----------
    notebooks : Path
        The course's own, which only an update of the course changes.
    mine : Path
        The reader's copies, at the same depth as ``notebooks``, so that every link in them leads to the same place.
    """

    notebooks: Path
    mine: Path

    @property
    def origin(self):
        """The texts from which the copies were made."""
        return self.mine / ORIGIN

    @property
    def kept(self):
        """What was set aside."""
        return self.mine / ASIDE


def places(root=ROOT):
    """The folders of the reader of the course in ``root``; `HF_MY_COURSE` may name another one for the copies."""
    return Places(Path(root) / "notebooks", Path(os.environ.get(VARIABLE) or Path(root) / "my_course").absolute())
