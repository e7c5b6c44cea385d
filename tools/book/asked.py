"""What the questions for a picture ask for, which has to be among its frames.

It stands in the metadata of the cell that shows the picture, as
"asked": [{"width": 1, "outliers": 0}, {"kappa": [3, 300]}]. A list names places at which a control has to stop; the
other values of a row make a setting of several controls, and each control moves around it.
"""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """What the questions for a picture ask for.

    Attributes
    ----------
    settings : list of dict
        Each name → value, for some of the controls.
    places : dict
        Name → values at which the control has to stop; those of `settings` are among them.
    """

    settings: list[dict] = field(default_factory=list)
    places: dict[str, list] = field(default_factory=dict)

    @classmethod
    def read(cls, written: list[dict], controls: dict) -> Asked:
        """Understand a cell's metadata; each value becomes the nearest that the control has.

        Raises
        ------
        ValueError
            Where the picture has no such control.
        """
        settings, places = [], {name: [] for name in controls}
        for row in written:
            if unknown := set(row) - set(controls):
                raise ValueError(f"asked: the picture has no control {', '.join(sorted(unknown))}")
            near = {name: [controls[name].nearest(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
                    for name, wanted in row.items()}
            for name, values in near.items():
                places[name] += values
            if setting := {name: near[name][0] for name, wanted in row.items() if not isinstance(wanted, list)}:
                settings.append(setting)
        return cls(settings, places)
