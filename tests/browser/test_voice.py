"""Voice in a real browser: a microphone that plays a file, no microphone, training, teaching, small screens."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from core import kept
from core.data.sound import audio, speech
from core.data.sound.speech_synthesis import SPLITS, Utterance, counts, path_of, placed, plan
from core.data.sound.speech_synthesis import speak as synthesise
from tests.browser.conftest import CHROMIUM_ARGUMENTS, PATIENCE_MS, StartStudio, Studio, _chromium
from tests.support.spoken import spoken, wav
from ui.demos.voice import source

RECORD_MS = 3500
TRAINING_MS = 120_000  # a whole run: start, data, a few steps


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


@pytest.fixture(scope="module")
def synthetic_speech(studio: Studio) -> None:
    """Synthetic speech on the server, each word by one voice in each split: making all of it takes a minute."""
    wanted = speech.synthetic_plan()
    said = synthesise([one for word, _ in wanted for split in SPLITS for one in plan(word, split, 1)])
    rng = np.random.RandomState(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_HOME", str(studio.home))
        for word, count in wanted:
            each = [[placed(next(said), rng)] * count for count in counts(count).values()]
            clips = np.stack([clip for clips in each for clip in clips])
            kept.write_sealed(path_of(word, count), [kept.array_bytes(clips)])


def record(page: Page) -> None:
    """Press Record, speak, press Stop."""
    widget = page.get_by_test_id("stAudioInput")
    widget.get_by_role("button", name="Record").click()
    stop = widget.get_by_role("button", name="Stop recording")
    expect(stop).to_be_visible()
    page.wait_for_timeout(RECORD_MS)  # as long as somebody speaks
    stop.click()


def say_stop() -> audio.Wave:
    """What eSpeak NG says, at the level of a person."""
    (said,) = synthesise([Utterance("stop", "en-us-nyc+m2", 160, 50)])
    return said / np.abs(said).max() * 0.4


def answer(page: Page, word: str) -> None:
    expect(page.get_by_role("status", name=re.compile(f"^Answer: {word}"))).to_be_visible()


def test_a_spoken_command_is_heard_and_the_light_goes_on(speak) -> None:  # type: ignore[no-untyped-def]
    page = speak(source.sample("on").samples)
    record(page)
    answer(page, "on")
    expect(page.get_by_text("The light is on.")).to_be_visible()
    expect(page.get_by_text("Light: on")).to_be_visible()


def test_a_synthetic_stop_is_heard(speak) -> None:  # type: ignore[no-untyped-def]
    page = speak(say_stop())
    record(page)
    answer(page, "stop")
    expect(page.get_by_text("The player stands still already.")).to_be_visible()


def test_silence_is_nothing_heard(speak) -> None:  # type: ignore[no-untyped-def]
    page = speak(np.zeros(32_000, np.float32))
    record(page)
    answer(page, "nothing heard")
    expect(page.get_by_text("I heard nothing.")).to_be_visible()


@pytest.mark.usefixtures("synthetic_speech")
def test_from_sliders_to_a_moving_curve_and_a_recording_that_is_scored_again(page: Page) -> None:
    page.goto("/voice?view=train")
    page.get_by_role("slider", name="Hidden size").focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("hidden_size=48"))
    page.get_by_role("slider", name="Epochs").focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("epochs=100"))
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("radio", name="Sample").click()
    curve = page.get_by_role("img", name=re.compile("[Ll]oss"))
    expect(curve).to_be_visible(timeout=TRAINING_MS)
    before = curve.get_attribute("aria-label")
    assert before is not None
    expect(curve).not_to_have_attribute("aria-label", before)
    expect(page.get_by_role("img", name=re.compile("%.*unknown|unknown.*%")).first).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


@pytest.mark.usefixtures("synthetic_speech")
def test_five_recordings_teach_a_word_that_is_then_recognised(page: Page) -> None:
    *learned, new = [{"name": "banana.wav", "mimeType": "audio/wav", "buffer": wav(one)} for one in spoken("banana", 6)]
    page.goto("/voice?view=train&data=own_words")
    box = page.get_by_role("textbox", name="Word")
    box.fill("banana")
    box.press("Enter")
    page.locator("input[type=file]").set_input_files(learned)
    expect(page.get_by_text("5 recordings of “banana”")).to_be_visible()
    page.get_by_role("button", name="Teach “banana”").click()
    expect(page.get_by_text("this one answers “banana”").first).to_be_visible(timeout=TRAINING_MS)
    page.get_by_role("button", name="Use it in Try").click()
    page.get_by_role("radio", name="Upload").click()
    page.locator("input[type=file]").set_input_files(new)
    answer(page, "banana")


def test_a_recording_is_played_by_its_own_browser_alone_and_deleted_ones_come_back(page: Page, studio: Studio) -> None:
    def choose_word(page: Page) -> None:
        page.goto("/voice?view=train&data=own_words")
        box = page.get_by_role("textbox", name="Word")
        box.fill("kiwi")
        box.press("Enter")

    served: list[str] = []
    page.on("request", lambda request: served.append(request.url) if ".wav" in request.url else None)
    choose_word(page)
    sound = {"name": "kiwi.wav", "mimeType": "audio/wav", "buffer": wav(spoken("kiwi", 1)[0])}
    page.locator("input[type=file]").set_input_files([sound])
    expect(page.get_by_text("1 recording of “kiwi”")).to_be_visible()
    player = page.get_by_test_id("stAudio")
    expect(player).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stAudio]').duration === 1"
    )  # the whole second has arrived
    assert (player.get_attribute("src") or "").startswith("data:audio/wav;base64,")
    assert served == []

    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(base_url=studio.address).new_page()
    choose_word(other)
    expect(other.get_by_text("Recorded in another browser, which alone can play it.")).to_be_visible()
    assert other.get_by_test_id("stAudio").count() == 0
    other.get_by_role("button", name="Delete this word").click()
    expect(other.get_by_text("0 recordings of “kiwi”")).to_be_visible()
    other.context.close()

    choose_word(page)
    page.get_by_role("button", name="Bring back 1 deleted recording").click()
    expect(page.get_by_text("1 recording of “kiwi”")).to_be_visible()
    expect(player).to_be_visible()


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
    page.wait_for_function(  # the chart may still be finding its width
        """() => {
            const chart = document.querySelector(".glassbox-chart[data-key='voice.journey']")
            document.querySelector(".st-key-voice-player audio").currentTime = 1.0
            const axis = chart._fullLayout.xaxis
            const left = parseFloat(chart.querySelector(".glassbox-cursor").style.left)
            return Math.abs(left - axis._offset - axis.l2p(1.0)) <= 3
        }""",
        polling=500,
    )


def test_the_page_fits_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/voice")
    page.get_by_role("radio", name="Sample").click()
    expect(page.get_by_text("From sound to answer")).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_a_word_that_has_recordings_enough_is_chosen_in_the_form_without_another_click(
    page: Page, start_studio: StartStudio, tmp_path: Path
) -> None:
    studio = start_studio(tmp_path / "home")  # where there is no other word
    page.goto(f"{studio.address}/voice?view=train&data=own_words&words=yes,no")
    missing = page.get_by_text("First teach it a word of your own")
    expect(missing).to_be_visible()
    page.get_by_label("Word", exact=True).fill("zanzibar")
    page.get_by_label("Word", exact=True).press("Enter")
    expect(page.get_by_text("0 recordings of “zanzibar”")).to_be_visible()
    files = [
        {"name": f"{number}.wav", "mimeType": "audio/wav", "buffer": wav(sound)}
        for number, sound in enumerate(spoken("zanzibar"))
    ]
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(files)
    expect(page.get_by_text("5 recordings of “zanzibar”")).to_be_visible()
    expect(missing).to_have_count(0)
