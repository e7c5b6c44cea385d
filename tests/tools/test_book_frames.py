"""The frames of the book's pictures: which are drawn, what their files hold, and what the page is told."""
import io
import itertools
import json
import re
import sys
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from book import record  # noqa: E402
from book.asked import Asked  # noqa: E402
from book.compact import Compact  # noqa: E402
from book.recorder import Recorder  # noqa: E402
from book.rule import BUDGET, combinations, plan, thinned  # noqa: E402
from hf_lib import explore  # noqa: E402
from hf_lib.explore import style  # noqa: E402

# The rule --------------------------------------------------------------------------------------------


def planned(**controls):
    return plan(controls, {name: control.default for name, control in controls.items()})


def test_few_combinations_all_have_a_frame():
    tracks = planned(a=explore.Integer(0, 39), b=explore.Choice(("one", "two", "three")))
    assert not any(track.thinned or track.alone for track in tracks.values())
    assert len(set(combinations(tracks))) == 120


def test_long_sliders_stop_at_fewer_places():
    tracks = planned(a=explore.Slider(0, 1, 0.01, default=0.33), b=explore.Slider(0, 1, 0.01), c=explore.Switch())
    assert not any(track.alone for track in tracks.values())
    assert tracks["a"].thinned and tracks["b"].thinned and not tracks["c"].thinned
    assert 0.33 in tracks["a"].values and tracks["a"].values[::len(tracks["a"].values) - 1] == (0, 1)
    assert BUDGET * 0.8 < len(list(combinations(tracks))) <= BUDGET


def test_too_many_sliders_move_alone():
    tracks = planned(a=explore.Integer(0, 99), b=explore.Integer(0, 49), c=explore.Integer(0, 19))
    assert [track.alone for track in tracks.values()] == [True, True, False]
    start = next(combinations(tracks))
    both = [places for places in combinations(tracks) if places[0] != start[0] and places[1] != start[1]]
    assert not both and len({places[2] for places in combinations(tracks)}) > 6


def test_what_a_question_asks_for_has_its_frames():
    controls = {"a": explore.Integer(0, 99), "b": explore.Integer(0, 49), "c": explore.Integer(0, 49)}
    asked = Asked.read([{"a": 42, "b": 17}, {"c": [13, 48]}], controls)
    assert asked.settings == [{"a": 42, "b": 17}] and asked.places == {"a": [42], "b": [17], "c": [13, 48]}
    tracks = plan(controls, {"a": 0, "b": 0, "c": 0}, asked)
    drawn = [tuple(track.values[place] for track, place in zip(tracks.values(), places))
             for places in combinations(tracks, asked)]
    assert len(set(drawn)) == len(drawn) <= BUDGET and drawn[0] == (0, 0, 0)
    assert {(42, 0, 0), (0, 17, 0), (42, 17, 0), (42, 17, 13), (0, 0, 48), (0, 0, 13)} <= set(drawn)
    assert {(42, 17, c) for c in tracks["c"].values} <= set(drawn) and (42, 0, 13) not in drawn


def test_a_setting_is_reached_whichever_control_goes_first():
    controls = {"a": explore.Integer(0, 99), "b": explore.Integer(0, 49), "c": explore.Integer(0, 49)}
    three = Asked.read([{"a": 42, "b": 17, "c": 13}], controls)
    tracks = plan(controls, {"a": 0, "b": 0, "c": 0}, three)
    drawn = {tuple(track.values[place] for track, place in zip(tracks.values(), places))
             for places in combinations(tracks, three)}
    assert set(itertools.product((0, 42), (0, 17), (0, 13))) <= drawn and len(drawn) <= BUDGET


def test_a_question_cannot_ask_for_a_control_that_is_not_there():
    with pytest.raises(ValueError, match="no control d"):
        Asked.read([{"a": 1, "d": 2}], {"a": explore.Integer(0, 9)})


@settings(max_examples=30)
@given(st.lists(st.integers(2, 200), min_size=1, max_size=6), st.data())
def test_whatever_is_moved_there_is_a_frame(counts, data):
    controls = {f"c{i}": explore.Integer(0, n - 1, default=data.draw(st.integers(0, n - 1)))
                for i, n in enumerate(counts)}
    start = {name: data.draw(st.sampled_from(control.values)) for name, control in controls.items()}
    tracks = plan(controls, start)
    frames = list(combinations(tracks))
    assert len(frames) == len(set(frames)) <= BUDGET
    assert (len(frames) == prod(counts)) == (prod(counts) <= BUDGET)
    assert frames[0] == tuple(track.start for track in tracks.values())
    for name, track in tracks.items():
        wanted = {start[name], controls[name].default, *controls[name].ends}
        assert wanted <= set(track.values) and track.values[track.start] == start[name]
        assert list(track.values) == sorted(track.values)
    known, alone = set(frames), [track.alone for track in tracks.values()]
    for places in frames[::5]:
        for i, track in enumerate(tracks.values()):
            moved = (*places[:i], data.draw(st.integers(0, len(track.values) - 1)), *places[i + 1:])
            returned = tuple(first if alone[j] and j != i else place
                             for j, (place, first) in enumerate(zip(moved, frames[0])))
            assert moved in known or returned in known


def test_places_are_even_where_none_is_asked_for():
    assert thinned(31, 11, [0, 30]) == list(range(0, 31, 3))
    assert thinned(31, 11, [0, 13]) == [0, 3, 6, 9, 13, 15, 18, 21, 24, 27, 30]


# The files -------------------------------------------------------------------------------------------


def opened(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def plain(height=60, width=80, colour=(250, 240, 3)):
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[:, :, :3] = colour
    return pixels


def patterned(seed):
    """Pixels of twelve colours, each of which is an area's."""
    rng = np.random.default_rng(seed)
    pixels = plain()
    pixels[:, :, :3] = rng.integers(0, 256, (12, 3))[rng.integers(0, 12, (60, 80))]
    return pixels


def test_a_change_laid_on_a_whole_frame_is_the_frame():
    first = patterned(0)
    other = first.copy()
    other[20:30, 10:50, :3] = (1, 2, 199)
    other[40, 40, :3] = (100, 110, 120)                       # in no area: rounded
    compact = Compact()
    assert compact.layers(first).change == b""
    layers = compact.layers(other)
    whole, change = opened(layers.whole), opened(layers.change)
    seen = np.where(change[:, :, 3:] == 255, change, whole)
    assert np.array_equal(whole, first)                       # areas keep their colours
    assert np.array_equal(seen[20:30], other[20:30])
    assert np.abs(seen.astype(int) - other).max() <= 8
    assert set(np.unique(change[:, :, 3])) == {0, 255} and (change[:, :, 3] == 0).mean() > 0.8


def test_a_frame_of_its_own_is_whole_and_others_lie_on_the_nearest():
    compact = Compact()
    one, two = compact.layers(patterned(1)), compact.layers(patterned(2))
    assert one.change == two.change == b"" and one.whole != two.whole
    near_two = patterned(2)
    near_two[:5, :5, 0] = 90
    near = compact.layers(near_two)
    assert near.whole == two.whole and 0 < len(near.change) < len(two.whole) / 2
    assert compact.layers(patterned(1)) == one


def test_a_photograph_keeps_all_its_colours():
    pixels = plain()
    pixels[:, :, :3] = np.random.default_rng(0).integers(0, 256, (60, 80, 3))
    assert np.array_equal(opened(Compact().layers(pixels).whole), pixels)


# The page --------------------------------------------------------------------------------------------


@explore.picture(k=explore.Player(4, interval=50), who=explore.Choice(("a < b", "c")), on=explore.Switch(),
                 eps=explore.Log(1e-9, 1, step=1, default=1e-3, label="ε"))
def made_up(k, who, on, eps, lines=1):
    fig = style.figure(2, 1)
    fig.subplots().bar([0, 1], [1, min(k, 2) + len(who) + 5 * on - np.log10(eps)])
    fig.alt, fig.readout = f"Frame {k} of {who}, {on}, {eps:g}.", f"{k} GE"
    return fig


@pytest.fixture
def shown(tmp_path):
    """Record a picture: the page's HTML, what it tells the script, and the folder."""
    def show(picture, **given):
        page, _ = Recorder(tmp_path / "frames", "99").figure(picture, **given)
        told = re.search(r'<script type="application/json">(.*)</script>', page, re.DOTALL)
        return page, json.loads(told.group(1)) if told else None, tmp_path / "frames" / "99-1"
    return show


def test_each_frame_has_its_own_words_and_equal_frames_share_a_file(shown):
    html, told, folder = shown(made_up, eps=1e-2)
    frames = told["frames"]
    tracks = plan(made_up.controls({}), {"k": 0, "who": "a < b", "on": False, "eps": 1e-2})
    assert set(frames) == {",".join(map(str, places)) for places in combinations(tracks)}
    for places in combinations(tracks):
        k, who, on, eps = (track.values[place] for track, place in zip(tracks.values(), places))
        assert frames[",".join(map(str, places))][2:] == [f"Frame {k} of {who}, {on}, {eps:g}.", f"{k} GE"]
    start = next(combinations(tracks))
    two, three = (frames[",".join(map(str, (k, *start[1:])))] for k in (2, 3))
    assert two[:2] == three[:2] and two[2] != three[2]
    assert {path.stem for path in folder.iterdir()} == {str(number) for frame in frames.values()
                                                        for number in frame[:2] if number is not None}
    assert frames[",".join(map(str, start))][:2] == [0, None]
    assert 'src="frames/99-1/0.webp" alt="Frame 0 of a &lt; b, False, 0.01."' in html
    assert 'width="192" height="96"' in html


def test_every_control_is_a_native_input_that_stands_at_its_start(shown):
    html, told, _ = shown(made_up, who="c", on=True, k=3)
    assert '<option value="1" selected>c</option>' in html and "<option value=\"0\">a &lt; b</option>" in html
    assert re.search(r'type="checkbox"[^>]* checked>', html)
    assert re.search(r'type="range" min="0" max="3" step="1" value="3" aria-valuetext="3 GE"', html)
    assert all(f'<label for="99-1-{name}">' in html for name in ("k", "who", "on", "eps"))
    assert ">ε</label>" in html and "10⁻⁹" in told["controls"][3]["words"][0]


def test_the_page_says_what_needs_a_kernel(shown):
    wide = explore.picture(a=explore.Integer(0, 200), b=explore.Integer(0, 200), c=explore.Integer(0, 200))(
        lambda a, b, c: made_up(k=0))
    html, _, _ = shown(wide)
    said = re.search(r'<p class="hf-limits">(.*?)</p>', html).group(1)
    assert said == ("On this page a and b move one at a time: moving one returns the other to its start. "
                    "Some values are left out. In the notebook all move freely; "
                    "questions about two at once may need it.")


def test_a_picture_without_controls_is_still(shown):
    html, told, _ = shown(explore.picture()(lambda: made_up(k=1)))
    assert html.startswith('<figure class="hf-still" id="99-1">') and told is None and "<script" not in html


# A chapter -------------------------------------------------------------------------------------------

GOOD = """
from hf_lib import explore
from hf_lib.explore import style

def drawn(k):
    fig = style.figure(2, 1)
    fig.subplots().plot([0, 1 / (3 - k)])
    fig.alt = f"A line that rises to 1/{3 - k}."
    return fig
"""
BAR = """
with explore.Progress(2, "epochs") as bar:
    bar.to(2)
"""
SHOW = "explore.show(explore.picture(k=explore.Integer(0, {}))(drawn))"


def written(folder, *sources):
    path = folder / "98_made_up.ipynb"
    path.write_bytes(record.to_bytes(new_notebook(cells=[new_code_cell(source, id=f"cell-{i}")
                                                         for i, source in enumerate(sources)])))
    return path


def test_a_chapter_is_recorded_once(tmp_path, monkeypatch):
    path = written(tmp_path, GOOD, BAR, SHOW.format(2), "drawn(2)")
    (first,) = record.record_chapters([path], tmp_path)
    assert [cell.source for cell in first.notebook.cells] == [GOOD, BAR, SHOW.format(2), "drawn(2)"]
    assert [len(cell.outputs) for cell in first.notebook.cells] == [0, 0, 1, 1]
    assert list(first.notebook.cells[2].outputs[0].data) == ["text/html"]
    assert first.pictures[0]["frames"] == 3 == len(list((tmp_path / "frames" / "98-1").iterdir()))
    still = first.notebook.cells[3].outputs[0].data["text/html"]
    assert 'src="frames/98-2/0.webp" alt="A line that rises to 1/1."' in still
    (again,) = record.record_chapters([path], tmp_path)
    assert again.seconds == 0 and again.notebook == first.notebook
    written(tmp_path, GOOD, "1")
    assert record.digest(path) != (tmp_path / "98.stamp").read_text(encoding="utf-8")


def test_a_picture_that_cannot_be_drawn_fails_the_build(tmp_path):
    path = written(tmp_path, GOOD, SHOW.format(3))
    with pytest.raises(record.Unrecordable) as caught:
        record.record_chapters([path], tmp_path)
    assert str(caught.value).endswith("cell 2 (id cell-1), run with stubs: it raises ZeroDivisionError: "
                                      "division by zero.")
    assert not (tmp_path / "98.stamp").exists()
