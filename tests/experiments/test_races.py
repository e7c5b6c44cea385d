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
    settings = history.load(ROOT / "data" / "runs" / f"race_{name}.npz")[1]["settings"]
    assert set(settings["best"]) == set(race.METHODS)
    for method, best in settings["best"].items():
        assert tuning.edges(best, [setting for setting, _ in settings["results"][method]]) == {}, method
