"""The races between tuned methods: no choice of the stored ones lies at an edge of its grid."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))
import history  # noqa: E402
import race  # noqa: E402
import tuning  # noqa: E402


@pytest.mark.parametrize("name", race.LISTED)
def test_no_choice_lies_at_an_edge_of_its_grid(name):
    """But for L-BFGS's memory, at a natural end: the next smaller one does as well, but for the spread."""
    settings = history.load(ROOT / "data" / "runs" / f"race_{name}.npz")[1]["settings"]
    assert set(settings["best"]) == set(race.METHODS)
    for method, best in settings["best"].items():
        edges = tuning.edges(best, [setting for setting, _ in settings["results"][method]])
        if method == "L-BFGS" and edges == {"memory": "highest"}:
            *_, (_, less), (_, most) = settings["results"][method]
            assert race.mean(less) < 1.5 * race.mean(most) < 1.5 * race.mean(less) and max(less) > 2 * min(less)
        else:
            assert edges == {}, method
