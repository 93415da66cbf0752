"""What somebody does while the answer to the last click is still on its way must count, and undo nothing."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.runs.store import open_store
from tests.browser.conftest import Studio
from tests.support.spoken import spoken, wav
from tests.support.waiting import wait_until

LATE_MS = 1500  # what the server says arrives this late
QUIET_MS = 400  # when nothing has come for so long, the server has answered
SLOW = """
const plain = WebSocket.prototype.addEventListener;
const late = (socket, listener) => (event) => {
    window.heard = performance.now();
    setTimeout(() => listener.call(socket, event), window.lateMs ?? 0);
};
WebSocket.prototype.addEventListener = function (type, listener, ...more) {
    return plain.call(this, type, type === "message" ? late(this, listener) : listener, ...more);
};
Object.defineProperty(WebSocket.prototype, "onmessage", {
    set(listener) { plain.call(this, "message", late(this, listener)); },
});
"""


@pytest.fixture
def slow(page: Page) -> Callable[[], None]:
    """Call it to make the network slow for the rest of the test."""
    page.add_init_script(SLOW)
    return lambda: page.evaluate(f"window.lateMs = {LATE_MS}")


def answered(page: Page, act: Callable[[], object]) -> None:
    """Do something and wait until the server has answered it; the page is not told yet."""
    since = page.evaluate("performance.now()")
    act()
    page.wait_for_function(f"() => heard > {since} && performance.now() - heard > {QUIET_MS}")


def press(page: Page, key: str, times: int) -> None:
    for _ in range(times):
        answered(page, lambda: page.keyboard.press(key))


def num_runs(studio: Studio, task: str) -> int:
    return len(open_store(studio.home / "glassbox.sqlite").book.find(task=task))


def test_sliders_moved_one_after_the_other_keep_what_they_say(page: Page, slow: Callable[[], None]) -> None:
    page.goto("/digits?view=train")
    page.get_by_role("slider", name="Depth").focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("depth=2"))
    slow()
    page.get_by_role("slider", name="Epochs").focus()
    press(page, "ArrowRight", 3)
    expect(page).to_have_url(re.compile("depth=2.*epochs=8"))
    page.wait_for_timeout(2 * LATE_MS)
    expect(page).to_have_url(re.compile("depth=2.*epochs=8"))
    expect(page.get_by_text("Your own settings.")).to_be_visible()


def test_views_clicked_one_after_the_other_end_at_the_last(page: Page, slow: Callable[[], None]) -> None:
    page.goto("/digits?view=try")
    expect(page.get_by_text("Draw one digit, large.")).to_be_visible()
    slow()
    answered(page, page.get_by_role("radio", name="Train").click)
    page.get_by_role("radio", name="Look inside").click()
    page.wait_for_timeout(2 * LATE_MS)
    expect(page).to_have_url(re.compile("view=inside"))
    expect(page.get_by_role("radio", name="Look inside")).to_be_checked()


@pytest.mark.parametrize(
    ("path", "button", "task"),
    [
        ("/digits?view=train&epochs=1&share=10", "Start", "digits"),
        ("/foundations?place=overfitting&seed=7", "Train", "overfitting"),
    ],
)
def test_a_double_click_starts_one_run(
    page: Page, slow: Callable[[], None], studio: Studio, path: str, button: str, task: str
) -> None:
    page.goto(path)
    start = page.get_by_role("button", name=button, exact=True)
    expect(start).to_be_visible()
    before = num_runs(studio, task)
    slow()
    answered(page, start.click)
    start.click()
    page.wait_for_timeout(2 * LATE_MS)
    assert num_runs(studio, task) == before + 1


def test_what_is_typed_after_an_example_stays(page: Page, slow: Callable[[], None]) -> None:
    page.goto("/sentiment?view=try&model=release")
    box = page.get_by_role("textbox", name="Your text")
    page.get_by_role("button", name="Contrast").click()
    expect(box).to_have_value(re.compile("^Beautiful"))
    slow()
    box.press("End")
    for word in (" One.", " Two.", " Three."):
        answered(page, lambda: box.press_sequentially(word))  # noqa: B023  # called at once
    page.wait_for_timeout(2 * LATE_MS)
    expect(box).to_have_value(re.compile("One. Two. Three.$"))


def test_sliders_of_a_place_keep_what_they_say(page: Page, slow: Callable[[], None]) -> None:
    page.goto("/foundations?place=neuron&inputs=3")
    number, first = page.get_by_role("slider").nth(0), page.get_by_role("slider").nth(1)
    expect(first).to_be_visible()
    slow()
    number.focus()
    press(page, "ArrowRight", 1)
    first.focus()
    press(page, "ArrowRight", 3)
    page.wait_for_timeout(2 * LATE_MS)
    expect(page).to_have_url(re.compile(r"inputs=4&x1=1\.3"))


def test_a_recording_is_kept_once(page: Page, slow: Callable[[], None], studio: Studio) -> None:
    page.goto("/voice?view=train&data=own_words")
    box = page.get_by_role("textbox", name="Word")
    box.fill("katze")
    box.press("Enter")
    expect(page.get_by_text("0 recordings of “katze”")).to_be_visible()
    slow()
    sound = {"name": "katze.wav", "mimeType": "audio/wav", "buffer": wav(spoken("katze", 1)[0])}
    page.locator("input[type=file]").set_input_files([sound])
    wait_until(lambda: list(studio.home.rglob(f"{b'katze'.hex()}/*.npy")))
    page.wait_for_function(f"() => performance.now() - heard > {QUIET_MS}")
    page.get_by_role("slider").first.press("ArrowRight")
    expect(page.get_by_text("1 recording of “katze”")).to_be_visible()
    page.wait_for_timeout(2 * LATE_MS)
    expect(page.get_by_text("1 recording of “katze”")).to_be_visible()
