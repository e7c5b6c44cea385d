"""The book's figures in a browser, from files alone: mouse, keys and touch move them, and words follow."""
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from book.recorder import Recorder  # noqa: E402
from hf_lib import explore  # noqa: E402
from hf_lib.explore import style  # noqa: E402
from hf_lib.figures import ch07_practice  # noqa: E402

pytestmark = pytest.mark.browser

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="player.css"><script defer src="player.js"></script></head>
<body style="margin: 16px" onkeydown="window.taken = (window.taken || 0) + 1">"""

# What a figure shows, and what it has to show for its inputs as they stand.
STATE = """figure => {
    const told = JSON.parse(figure.querySelector("script").textContent);
    const inputs = told.controls.map((_, i) => figure.querySelector(`[data-control="${i}"]`));
    const at = inputs.map(input => input.type === "checkbox" ? Number(input.checked) : Number(input.value));
    const [whole, laid, alt, readout] = told.frames[at] || [];
    const [picture, change] = figure.querySelectorAll("img");
    const number = image => image.hidden ? null : Number(image.src.match(/([0-9]+)\\.webp$/)[1]);
    const said = inputs.map((input, i) => [input, i]).filter(([input]) => input.type === "range").every(
        ([input, i]) => [told.controls[i].words[at[i]], readout].includes(input.nextElementSibling.textContent)
                        && input.getAttribute("aria-valuetext") === input.nextElementSibling.textContent);
    return {at, alt: picture.alt, right: picture.alt === alt && number(picture) === whole && number(change) === laid && said
            && (change.hidden || change.naturalWidth === picture.naturalWidth)};
}"""


@explore.picture(a=explore.Integer(0, 30), b=explore.Integer(0, 30, default=15),
                 k=explore.Player(5, interval=60), who=explore.Choice(("one", "two")), on=explore.Switch())
def made_up(a, b, k, who, on):
    fig = style.figure(3, 1.2)
    fig.subplots().bar([0, 1, 2, 3, 4], [k, a, b, len(who) + 7 * (who == "two"), 9 * on])
    fig.alt, fig.readout = f"k = {k}, a = {a}, b = {b}, {who}, {on}.", f"{k} GE"
    return fig


@explore.picture(a=explore.Integer(0, 99), b=explore.Integer(0, 99))
def asked_for(a, b):
    fig = style.figure(3, 1.2)
    fig.subplots().bar([0, 1], [a, b])
    fig.alt = f"Asked for: a = {a}, b = {b}."
    return fig


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a page of two figures, as the book has them."""
    folder = tmp_path_factory.mktemp("book")
    recorder = Recorder(folder / "frames", "07")
    pages = [recorder.figure(picture)[0] for picture in (made_up, ch07_practice.rounding)]
    recorder.asked = [{"a": 30, "b": 17}]
    pages.append(recorder.figure(asked_for)[0])
    (folder / "page.html").write_text(HEAD + "\n".join(pages), encoding="utf-8")
    for name in ("player.js", "player.css"):
        shutil.copy(ROOT / "tools" / "book" / name, folder)
    return folder


@pytest.fixture(scope="module", params=(390, 1280))
def page(request, browser, folder):
    """The page, opened from disk in a phone's or a laptop's window; it must ask for nothing outside the folder."""
    phone = request.param == 390
    context = browser.new_context(viewport={"width": request.param, "height": 800}, has_touch=phone, is_mobile=phone)
    page = context.new_page()
    asked, wrong = [], []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((folder / "page.html").as_uri())
    yield page
    assert all(url.startswith(folder.as_uri()) for url in asked) and len(asked) > 4
    assert not wrong
    context.close()


def settled(figure):
    """What the figure shows once it is right."""
    for _ in range(200):
        state = figure.evaluate(STATE)
        if state["right"]:
            return state
        figure.page.wait_for_timeout(50)
    raise AssertionError(f"{figure.get_attribute('id')} does not follow its controls: {state}")


def sliders(page):
    """Every figure with each of its sliders."""
    return [(figure, slider) for figure in page.locator("figure.hf-moving").all()
            for slider in figure.locator("input[type=range]").all()]


def test_keys_move_every_slider_and_reach_nothing_else(page):
    for figure, slider in sliders(page):
        slider.focus()
        seen = [settled(figure)]
        for key in ("Home", "ArrowRight", "End"):
            slider.press(key)
            seen.append(settled(figure))
        assert len({state["alt"] for state in seen[1:]}) == 3
    assert page.evaluate("window.taken") is None


def test_a_mouse_drags_every_slider(page):
    for figure, slider in sliders(page):
        slider.scroll_into_view_if_needed()
        slider.press("Home")
        before, box = settled(figure), slider.bounding_box()
        page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2, steps=5)
        page.mouse.up()
        assert settled(figure)["alt"] != before["alt"]


@pytest.mark.parametrize("page", [390], indirect=True)  # a laptop's window has no touch screen
def test_a_finger_moves_every_slider(page):
    for figure, slider in sliders(page):
        slider.scroll_into_view_if_needed()
        slider.press("Home")
        before, box = settled(figure), slider.bounding_box()
        page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
        assert settled(figure)["alt"] != before["alt"]


def test_choices_and_switches(page):
    for figure in page.locator("figure.hf-moving").all():
        for choice in figure.locator("select").all():
            alts = set()
            for value in range(choice.locator("option").count()):
                choice.select_option(str(value))
                alts.add(settled(figure)["alt"])
            assert len(alts) == choice.locator("option").count()
        for switch in figure.locator(".hf-controls [type=checkbox]").all():
            before = settled(figure)
            switch.click()
            assert settled(figure)["alt"] != before["alt"]


def test_a_slider_that_moves_alone_returns_the_others(page):
    figure = page.locator("figure.hf-moving").first
    a, b = (figure.get_by_label(name, exact=True) for name in "ab")
    b.press("Home")
    assert "b = 0" in settled(figure)["alt"]
    a.press("End")
    assert "a = 30, b = 15" in settled(figure)["alt"]
    assert "a, b and k move one at a time" in figure.inner_text()


def test_a_setting_that_a_question_asks_for_is_reached_notch_by_notch(page):
    figure = page.locator("figure.hf-moving").last
    a, b = (figure.get_by_label(name, exact=True) for name in "ab")
    for first, second in ((a, b), (b, a)):
        for slider in (a, b):
            slider.press("Home")
        for slider in (first, second):
            words = figure.evaluate("figure => JSON.parse(figure.querySelector('script').textContent).controls"
                                    ".map(control => control.words)")[0 if slider is a else 1]
            for _ in range(words.index("30" if slider is a else "17")):
                slider.press("ArrowRight")
        assert settled(figure)["alt"] == "Asked for: a = 30, b = 17."


def test_the_player_plays_to_the_end_stops_and_steps(page):
    figure = page.locator("figure.hf-moving").first
    figure.get_by_label("k", exact=True).press("Home")
    figure.get_by_role("button", name="play").click()
    assert figure.get_by_role("button", name="pause").is_visible()
    figure.get_by_role("button", name="play").wait_for()
    assert "k = 4" in settled(figure)["alt"] and "4 GE" in figure.inner_text()
    figure.get_by_role("button", name="one step back").click()
    assert "k = 3" in settled(figure)["alt"]
    figure.locator(".hf-said", has_text="k = 3").wait_for(state="attached")


def test_nothing_is_too_wide_or_too_small_for_a_finger(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for target in page.locator(".hf-row :is(input, select, button):visible").all():
        box = target.bounding_box()
        assert box["width"] >= 24 and box["height"] >= 24
    assert page.locator(".hf-play").first.bounding_box()["height"] >= 44


@pytest.mark.parametrize("page", [390], indirect=True)
def test_a_picture_shows_its_letters_in_full_size_on_a_phone(page):
    for figure in page.locator("figure.hf-moving").all():
        picture, image = figure.locator(".hf-picture"), figure.locator("img").first
        figure.get_by_label("large").check()
        assert image.bounding_box()["width"] > 2 * picture.bounding_box()["width"]
        assert picture.evaluate("box => { box.scrollLeft = 9999; return box.scrollLeft; }") > 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        figure.get_by_label("large").uncheck()
        assert image.bounding_box()["width"] == picture.bounding_box()["width"]


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_a_wide_window_has_no_switch_for_large_pictures(page):
    assert not any(switch.is_visible() for switch in page.locator(".hf-enlarge").all())


def test_without_javascript_the_first_frame_and_a_sentence_show(browser, folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "page.html").as_uri())
    figure = page.locator("figure.hf-moving").first
    assert figure.locator("img").first.is_visible() and not figure.locator(".hf-controls").is_visible()
    assert "need JavaScript" in figure.locator("noscript").inner_text()
    context.close()
