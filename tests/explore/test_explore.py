"""Controls, pictures and views: without a browser, since every handler can be called."""

import gc
import html.parser
import re
import threading
import time
import weakref

import numpy as np
import pytest
from figure_checks import check_corners
from hypothesis import given
from hypothesis import strategies as st

from hf_lib import explore
from hf_lib.explore import page, style


def recorded_run():
    return {"run": [3.0, 1.0, 0.5, 0.2]}


@explore.picture(recorded_run, k=lambda run: explore.Player(len(run)),
                 scale=explore.Log(0.1, 100, default=1, label="λ"),
                 method=explore.Choice(["Adam", "Newton"]),
                 grid=explore.Switch(True))
def walk(run, k, scale, method, grid):
    fig = style.figure(5, 3)
    ax = fig.subplots()
    ax.plot(range(k + 1), [scale * f for f in run[:k + 1]], **style.method(method))
    ax.set(xlim=(-0.2, 3.2), ylim=(0, 310))
    ax.grid(grid)
    style.label(ax, "iteration k", "f")
    fig.alt = f'At "λ" = {scale:g} & k = {k} {method} has f < {scale * run[k]:.3g}, grid {grid}.'
    return fig


@explore.picture(x=explore.Slider(-1, 1, 0.5, default=1))
def fragile(x):
    """Fails at x = 0."""
    fig = style.figure(4, 3)
    fig.subplots().plot([0, 1], [0, {0: None}.get(x, x) + 1])
    fig.alt = f"A line up to {x + 1:g} on an axis."
    return fig


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen[tag] = dict(attributes)


# ---- controls

def test_values_defaults_and_ends():
    assert explore.Slider(0, 0.3, 0.1).values == [0, 0.1, 0.2, 0.3]
    assert explore.Log(1, 100, step=1).values == [1, 10, 100]
    assert explore.Integer(2, 4, default=3).ends == [2, 4]
    assert explore.Choice(["a", "b", "c"]).ends == ["a", "b", "c"]
    assert explore.Switch().default is False and explore.Switch(True).default is True
    assert explore.Player(1).ends == [0]


@given(low=st.floats(-5, 5), width=st.floats(0.1, 10), part=st.floats(0, 1))
def test_nearest_is_a_value_within_half_a_step(low, width, part):
    slider = explore.Slider(low, low + width)
    value = low + part * width
    assert slider.nearest(value) in slider.values
    assert abs(slider.nearest(value) - value) <= slider.step * 0.5001 + 1e-9


@pytest.mark.parametrize("wrong", [
    lambda: explore.Slider(1, 0), lambda: explore.Slider(0, 1, 0.3), lambda: explore.Slider(0, 1, default=2),
    lambda: explore.Log(0, 1), lambda: explore.Choice(["a"], default="b"), lambda: explore.Player(0),
    lambda: explore.Integer(3, 2),
])
def test_impossible_controls_are_refused(wrong):
    with pytest.raises(ValueError):
        wrong()


# ---- pictures

def test_a_picture_is_its_draw_function_with_defaults():
    assert walk(**recorded_run()).alt == 'At "λ" = 1 & k = 0 Adam has f < 3, grid True.'
    assert walk(**recorded_run(), k=2, scale=10).alt.startswith('At "λ" = 10 & k = 2')
    assert fragile.__doc__ == "Fails at x = 0." and fragile.__name__ == "fragile"


def test_pictures_of_a_module_are_found():
    import test_explore
    assert list(explore.pictures(test_explore)) == ["walk", "fragile"]


def test_faults_of_a_picture_are_named():
    with pytest.raises(TypeError, match="'y' is no argument"):
        explore.picture(y=explore.Switch())(lambda x: None)
    with pytest.raises(ValueError, match="needs run"):
        explore.picture(k=explore.Switch())(lambda run, k: None)
    with pytest.raises(TypeError, match="returned NoneType"):
        explore.picture(x=explore.Switch())(lambda x: None)()
    with pytest.raises(ValueError, match="no alt text"):
        explore.picture(x=explore.Switch())(lambda x: style.figure())()


# ---- views

def test_moving_a_control_redraws_picture_and_alt():
    view = explore.View(walk, **recorded_run(), scale=10)
    first = Tags(view.image.value).seen["img"]
    assert first["data-frame"] == "1" and 'At "λ" = 10 & k = 0' in first["alt"]
    view.movers["k"].value = 3
    second = Tags(view.image.value).seen["img"]
    assert second["data-frame"] == "2" and "k = 3" in second["alt"] and second["src"] != first["src"]


def test_a_player_reads_out_what_its_frame_is():
    @explore.picture(k=explore.Player(3), e=explore.Slider(0, 1))
    def film(k, e):
        fig = style.figure(4, 3)
        fig.subplots()
        fig.alt, fig.readout = f"Frame {k}, {e}.", f"{100 * k} GE"
        return fig

    view, plain = explore.View(film), explore.View(walk, **recorded_run())
    slider = view.movers["k"]
    slider.value = 2
    assert (slider.words.value, slider.readout, slider.words.layout.display) == ("200 GE", False, None)
    assert view.movers["e"].readout and plain.movers["k"].readout
    assert plain.movers["k"].words.layout.display == "none"


def test_a_control_with_a_single_value_is_none():
    """A drop-down with one option moves nothing, whatever is done with it."""
    @explore.picture(which=explore.Choice(["only"]), one=explore.Player(1), k=explore.Integer(0, 2))
    def picture(which, one, k):
        fig = style.figure(4, 3)
        fig.subplots()
        fig.alt = f"{which}, {one}, {k}."
        return fig

    view = explore.View(picture, which="only", k=1)
    assert list(view.movers) == list(view.controls) == ["k"] and len(view.panel.children) == 1
    assert "only, 0, 1." in view.image.value and "which" not in view.static()
    with pytest.raises(ValueError, match="'other' is not one of"):
        explore.View(picture, which="other")


def sizes(text, window):
    """What CSS makes of the three bounds in `min(a, max(b, c), max(d, e))`, for a window of so many pixels."""
    width, height = window
    def pixels(size):
        return re.sub(r"([\d.]+)(px|vw|vh)", lambda m: str(float(m[1]) * {"px": 1, "vw": width / 100,
                                                                         "vh": height / 100}[m[2]]), size)
    return eval(pixels(text))


@pytest.mark.parametrize("window, below, expected", [
    ((1366, 657), 0, 864), ((1366, 657), 128, 864), ((1000, 657), 0, 864), ((1920, 969), 96, 864 * 1920 / 1366),
    ((3840, 2160), 64, 1.75 * 864), ((1366, 400), 64, 0.6 * 864), ((1366, 0), 64, 0.6 * 864),
    ((1366, 560), 64, (560 - 140 - 64) * 2.25),
])
def test_a_picture_fits_the_window_and_grows_with_it(window, below, expected):
    assert sizes(page.widest(9, 4, below), window) == pytest.approx(expected, rel=1e-3)


def test_two_threads_draw_one_after_the_other():
    """Style is a setting of the process: a second drawing within the first would end it."""
    drawing, most = [], []

    @explore.picture(e=explore.Switch())
    def slow(e):
        drawing.append(e)
        most.append(len(drawing))
        time.sleep(0.05)
        fig = style.figure(4, 3)
        fig.alt = f"Switch {e}."
        drawing.pop()
        return fig

    views = [explore.View(slow) for _ in range(3)]
    threads = [threading.Thread(target=view.draw) for view in views]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 6 and max(most) == 1


def test_player_buttons_step_and_stop_at_the_ends():
    view = explore.View(walk, **recorded_run())
    play, back, forward, slider, _ = view.panel.children[0].children
    for _ in range(5):
        forward.click()
    assert slider.value == 3 and view.frame == 4  # 0 → 3, then no further
    back.click()
    assert slider.value == 2 and (play.min, play.max) == (0, 3)


def test_an_error_takes_the_pictures_place_in_one_line_and_goes_away(monkeypatch):
    monkeypatch.delenv("HF_LIB_STRICT", raising=False)
    view = explore.View(fragile)
    view.movers["x"].value = 0
    alert = Tags(view.image.value).seen
    assert "img" not in alert and alert["p"]["role"] == "alert" and alert["p"]["data-frame"] == "2"
    assert "fragile(x=0.0) failed: TypeError" in view.image.value
    view.movers["x"].value = 0.5
    assert "img" in Tags(view.image.value).seen


def test_an_error_is_raised_when_strict(monkeypatch):
    monkeypatch.setenv("HF_LIB_STRICT", "1")
    with pytest.raises(TypeError):
        explore.View(fragile).movers["x"].value = 0


def test_the_pages_copy_says_what_could_be_moved():
    copy = explore.View(walk, **recorded_run()).static()
    assert Tags(copy).seen["img"]["alt"] == walk(**recorded_run()).alt
    assert "Run this cell to move" in copy
    for words in ("λ (0.1 to 100)", "method (Adam, Newton)", "grid (on or off)", "k (0 to 3"):
        assert words in copy


def test_show_displays_widgets_and_the_copy_that_they_hide(monkeypatch):
    shown = []
    monkeypatch.setattr(explore.view, "display", lambda what, **_: shown.append(what))
    explore.show(walk, **recorded_run())
    widget, copy = shown
    model = widget["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert widget["text/html"] == "" and Tags(copy.data).seen["figure"]["id"] == f"hf-{model}"


def test_a_picture_without_controls_is_shown_as_html_alone(monkeypatch):
    @explore.picture()
    def still():
        fig = style.figure(4, 3)
        fig.subplots().plot([0, 1])
        fig.alt = "A line from 0 to 1."
        return fig

    shown = []
    monkeypatch.setattr(explore.view, "display", lambda what, **_: shown.append(what))
    explore.show(still)
    assert len(shown) == 1 and Tags(shown[0].data).seen["img"]["alt"] == "A line from 0 to 1."


def test_axes_stay_where_they_are():
    view = explore.View(walk, **recorded_run())
    place = view.stage.places[0].bounds
    view.movers["scale"].value = 100
    assert view.stage.places[0].bounds == place


def test_a_figure_that_has_been_drawn_is_gone():
    """Otherwise every twentieth picture waits for a collection of all objects."""
    figures = []

    @explore.picture(e=explore.Switch())
    def seen(e):
        fig = style.figure(4, 3)
        fig.subplots().plot([0, 1], [0, e])
        fig.alt = f"Switch {e}."
        figures.append(weakref.ref(fig))
        return fig

    view = explore.View(seen)
    view.movers["e"].value = True
    assert [fig() for fig in figures] == [None, None] and gc.isenabled()


def test_image_is_twice_as_sharp_as_it_is_shown():
    png = walk(**recorded_run()).png()
    assert np.frombuffer(png[16:24], ">u4").tolist() == [5 * 192, 3 * 192]


# ---- the checks that every chapter's pictures go through

def test_figure_checks_pass_a_good_picture():
    check_corners(walk)


def faulty(change):
    """A picture that is good but for what `change(fig, ax, x)` does to it."""
    @explore.picture(x=explore.Switch())
    def picture(x):
        fig = style.figure(4, 3)
        ax = fig.subplots()
        ax.plot([0, 1], [0, 1 + x])
        ax.set_ylim(0, 2)
        style.label(ax, "θ₁", "θ₂")
        fig.alt = f"A line that ends at the height {1 + x}."
        change(fig, ax, x)
        return fig
    return picture


@pytest.mark.parametrize(["change", "message"], [
    (lambda fig, ax, x: None, None),
    (lambda fig, ax, x: ax.lines[0].set_data([0, 1], [0, 1]), "x moves nothing"),
    (lambda fig, ax, x: setattr(fig, "alt", "A line from left to right."), "the same for every setting"),
    (lambda fig, ax, x: ax.set_ylabel(""), "no name on its y axis"),
    (lambda fig, ax, x: ax.lines[0].set_data([0, 1], [np.nan, np.nan]), "is empty"),
    (lambda fig, ax, x: ax.text(0.5, 1, "ab") and ax.text(0.5, 1, "cd"), "lie on each other"),
    (lambda fig, ax, x: fig.text(0.95, 0.5, "too far right"), "leaves the figure"),
    (lambda fig, ax, x: ax.text(0.5, 1, "tiny", fontsize=6), "6 points"),
    (lambda fig, ax, x: ax.set_title("\N{SNOWMAN WITHOUT SNOW}\U0001FAE0"), "Glyph"),
])
def test_figure_checks_find_a_fault(change, message):
    if message is None:
        check_corners(faulty(change))
    else:
        with pytest.raises((AssertionError, UserWarning), match=message):
            check_corners(faulty(change))
