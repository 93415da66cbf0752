"""The live chart in a real browser: new data four times a second, while zoom, node and theme stay the reader's."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import StartStudio

ROOT = Path(__file__).parents[2]

HOME = """
from streamlit import App
from ui.widgets.live_chart import plotly_route

app = App("page.py", routes=[plotly_route()])
"""

PAGE = """
import streamlit as st

from core.contract import Metric, Stepped
from core.plots.curves import curves_figure, curves_info, curves_sentence
from ui.widgets.live_chart import live_chart
from ui.frame.style import apply_style, is_dark

LOSS = Metric("loss", "Loss", "nats")
apply_style()
ticks = st.session_state.setdefault("ticks", [0])


@st.fragment(run_every=0.25)
def view():
    ticks[0] += 1
    events = [Stepped(step, step / 40, {"loss": 2 / (1 + step / 40)}) for step in range(40 + 5 * ticks[0])]
    info = curves_info(events, select=None)
    live_chart(curves_figure(info, LOSS, dark=is_dark(), epochs=20), key="loss", alt=curves_sentence(info, LOSS))


view()
"""

STATE = """() => {
  const node = document.querySelector(".glassbox-chart");
  return {
    marked: node.marked === true,
    points: node.data[0].x.length,
    range: node.layout.xaxis.range.map(Number),
    label: node.getAttribute("aria-label"),
    text: getComputedStyle(node.querySelector(".xtick text")).fill,
    width: node.querySelector(".main-svg").getBoundingClientRect().width,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
  };
}"""


COUNT_DRAWINGS = """() => {
  const node = document.querySelector(".glassbox-chart");
  window.drawings = 0;
  node.on("plotly_afterplot", () => { window.drawings += 1; });
  return node.data[0].x.length;
}"""


@pytest.fixture(scope="module")
def address(start_studio: StartStudio, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("app")
    (folder / "Home.py").write_text(HOME)
    (folder / "page.py").write_text(PAGE)
    return start_studio(folder / "home", script=folder / "Home.py").address


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page with its chart drawn; fails if the console shows an error."""
    context = browser.new_context(color_scheme="light", viewport={"width": 1000, "height": 700})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    page.wait_for_selector(".glassbox-chart .main-svg", timeout=60_000)
    page.evaluate("document.querySelector('.glassbox-chart').marked = true")
    yield page
    context.close()
    assert problems == []


def wait_for_updates(page: Any, count: int) -> dict[str, Any]:
    """State of the chart after `count` updates, each of which adds five points."""
    points = page.evaluate(STATE)["points"] + 5 * count
    page.wait_for_function(
        f"() => document.querySelector('.glassbox-chart').data[0].x.length >= {points}", timeout=30_000
    )
    return page.evaluate(STATE)


def test_zoom_and_node_survive_new_data_and_a_double_click_shows_the_whole(page: Any) -> None:
    box = page.locator(".glassbox-chart .nsewdrag").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.1 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], middle, steps=4)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.glassbox-chart').layout.xaxis.range[0] > 1")
    zoomed = page.evaluate(STATE)
    assert zoomed["range"] == pytest.approx([2, 10], abs=0.2)

    later = wait_for_updates(page, 6)
    assert later["marked"]
    assert later["range"] == zoomed["range"]
    assert later["label"] != zoomed["label"]

    page.mouse.dblclick(box["x"] + 0.3 * box["width"], middle)
    page.wait_for_function("() => Number(document.querySelector('.glassbox-chart').layout.xaxis.range[1]) === 20")


def test_new_data_is_drawn_once_and_what_stands_is_not_drawn_again(page: Any) -> None:
    wait_for_updates(page, 1)  # after what the browser's first layout makes it draw
    before = page.evaluate(COUNT_DRAWINGS)
    after = wait_for_updates(page, 8)["points"]
    assert 1 <= page.evaluate("window.drawings") <= (after - before) / 5


def test_colours_follow_a_live_switch_of_the_theme(page: Any) -> None:
    assert page.evaluate(STATE)["text"] == "rgb(90, 99, 108)"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => ({STATE})().text === 'rgb(155, 164, 174)'", timeout=10_000)
    assert wait_for_updates(page, 3)["text"] == "rgb(155, 164, 174)"
    assert page.evaluate(STATE)["marked"]


def test_the_width_follows_the_container_down_to_a_phone(page: Any) -> None:
    wide = page.evaluate(STATE)["width"]
    page.set_viewport_size({"width": 360, "height": 700})
    page.wait_for_function(f"() => ({STATE})().width < 360", timeout=10_000)
    narrow = page.evaluate(STATE)
    assert narrow["width"] < wide
    assert narrow["overflow"] <= 0
    assert narrow["marked"]


def test_it_is_announced_as_a_picture_with_its_numbers(page: Any) -> None:
    chart = page.get_by_role("img", name="Loss: training")
    assert "nats after epoch" in chart.get_attribute("aria-label")


def test_the_script_is_the_installed_one_compressed_and_kept_by_the_browser(page: Any, address: str) -> None:
    source = page.locator("script[src*='/_glassbox/']").get_attribute("src")
    request = urllib.request.Request(address + source, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert "immutable" in response.headers["Cache-Control"]
        assert len(response.read()) < 2_000_000
    with urllib.request.urlopen(address + source, timeout=20) as response:
        assert response.headers["Content-Encoding"] is None
        assert b"plotly.js v" in response.read(200)
