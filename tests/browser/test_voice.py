"""Voice in a real browser: a microphone that plays a file, no microphone, the cursor over the sound, small screens."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from core.data import audio
from tests.browser.conftest import CHROMIUM_ARGUMENTS, PATIENCE_MS, Studio, _chromium
from ui.voice import source

RECORD_MS = 3500


@pytest.fixture(scope="module")
def speak(browser: Browser, studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Opens the page in a browser whose microphone plays these samples once: `speak(samples)`."""
    folder, opened = tmp_path_factory.mktemp("microphone"), []

    def open_page(samples: audio.Wave) -> Page:
        path = folder / f"{len(opened)}.wav"
        # 48 kHz and padded with silence: a short file in a loop arrives garbled
        padded = np.concatenate([np.zeros(8000, np.float32), samples, np.zeros(20 * audio.RATE, np.float32)])
        soundfile.write(path, np.repeat(padded, 3), 48_000, subtype="PCM_16")
        running = browser.browser_type.launch(
            executable_path=_chromium(),
            args=[
                *CHROMIUM_ARGUMENTS,
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={path}%noloop",
            ],
        )
        opened.append(running)
        context = running.new_context(
            base_url=studio.address, viewport={"width": 1280, "height": 900}, permissions=["microphone"]
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto("/voice")
        return page

    yield open_page
    for running in opened:
        running.close()


def record(page: Page) -> None:
    """Press Record, speak, press Stop."""
    widget = page.get_by_test_id("stAudioInput")
    widget.get_by_role("button", name="Record").click()
    stop = widget.get_by_role("button", name="Stop recording")
    expect(stop).to_be_visible()
    page.wait_for_timeout(RECORD_MS)  # as long as somebody speaks
    stop.click()


def answer(page: Page, word: str) -> None:
    expect(page.get_by_role("status", name=re.compile(f"^Answer: {word}"))).to_be_visible()


def test_a_spoken_command_is_heard_and_the_light_goes_on(speak) -> None:  # type: ignore[no-untyped-def]
    page = speak(source.sample("on").samples)
    record(page)
    answer(page, "on")
    expect(page.get_by_text("The light is on.")).to_be_visible()
    expect(page.get_by_text("Light: on")).to_be_visible()


def test_silence_is_nothing_heard(speak) -> None:  # type: ignore[no-untyped-def]
    page = speak(np.zeros(32_000, np.float32))
    record(page)
    answer(page, "nothing heard")
    expect(page.get_by_text("I heard nothing.")).to_be_visible()


def test_where_there_is_no_microphone_it_is_said_and_upload_works(page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { get: () => false })")
    page.goto("/voice")
    expect(page.get_by_text("browsers give it only to pages on HTTPS or localhost")).to_be_visible()
    page.get_by_role("radio", name="Upload").click()
    content = (source.SAMPLES / "off.ogg").read_bytes()
    page.locator("input[type=file]").set_input_files({"name": "off.ogg", "mimeType": "audio/ogg", "buffer": content})
    answer(page, "off")


def test_the_cursor_follows_the_player(page: Page) -> None:
    page.goto("/voice")
    page.get_by_role("radio", name="Sample").click()
    chart = page.locator(".glassbox-chart[data-key='voice.journey']")
    expect(chart.locator(".plot-container")).to_be_visible()
    player = page.locator(".st-key-voice-player audio")
    player.evaluate("audio => { audio.currentTime = 1.0 }")
    expect(chart.locator(".glassbox-cursor")).to_be_visible()
    middle = chart.evaluate(
        "chart => [parseFloat(chart.querySelector('.glassbox-cursor').style.left),"
        " chart._fullLayout.xaxis._offset + chart._fullLayout.xaxis.l2p(1.0)]"
    )
    assert middle[0] == pytest.approx(middle[1], abs=3)


def test_the_page_fits_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/voice")
    page.get_by_role("radio", name="Sample").click()
    expect(page.get_by_text("From sound to answer")).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
