"""The Voice page without a browser: samples, uploads, what is wrong with them, the assistant, the form."""

import io

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from tests.support.voice_page import page, said
from ui.demos.voice import source


def sample(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="voice.input").set_value("sample").run()
    app.selectbox(key="voice.sample").set_value(name).run()
    assert not app.exception
    return app


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.segmented_control(key="voice.input").set_value("upload").run()
    app.file_uploader(key="voice.file").upload(name, content, "audio/wav").run()
    assert not app.exception
    return app


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def test_the_page_invites_to_record_and_predicts_nothing_from_nothing() -> None:
    assert "Give a recording, and the answer stands here." in said(page())


@pytest.mark.parametrize("name", [name for name in source.SAMPLE_NAMES if "," not in name])
def test_every_sample_is_a_recording_of_two_seconds(name: str) -> None:
    assert source.sample(name).seconds == pytest.approx(2.0)


def test_a_sample_goes_through_all_four_stages_and_the_light_goes_on() -> None:
    app = sample(page(), "on")
    text = said(app)
    for stage in ("1 · Listen", "2 · Interpret", "3 · Predict", "4 · Respond"):
        assert stage in text
    assert "Light: on" in text
    assert "The light is on." in text


def test_the_assistant_remembers_and_obeys_each_recording_once() -> None:
    app = sample(page(), "on")
    app.slider(key="voice.gain").set_value(3).run()
    assert "The light is on." in said(app)  # the same recording, changed: not “already”
    app.button(key="voice.again").click().run()
    assert "The light is on already." in said(app)
    sample(app, "off")
    assert "Light: off" in said(app)


def test_several_commands_are_obeyed_one_after_the_other() -> None:
    app = sample(page(), "on, right, go")
    assert "The light is on. The cursor moved right. The player plays." in said(app)


def test_noise_alone_is_nothing_heard() -> None:
    assert "I heard nothing." in said(sample(page(), "silence"))


def test_a_threshold_turns_an_answer_into_unknown() -> None:
    app = sample(page(), "on")
    slider = next(one for one in app.slider if one.label == "Threshold (%)")
    slider.set_value(99).run()
    assert "I did not understand that." in said(app)


TONE = (0.3 * np.sin(np.arange(16_000) * 0.2)).astype(np.float32)
NOT_A_NUMBER = np.where(np.arange(16_000) == 5, np.nan, TONE)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "picture.wav",
            b"\x89PNG" + bytes(100),
            "is not a WAV, FLAC, MP3, OGG, M4A/MP4, WebM, AAC, AMR, CAF, AIFF, AU or WMA sound",
        ),
        ("cut.wav", wav(TONE)[:30], "is damaged or incomplete"),
        ("short.wav", wav(TONE[:800]), "is too short: 50 ms"),
        ("long.wav", wav(np.zeros(8000 * 31), 8000), "is too long: 31.0 s"),
        ("slow.wav", wav(TONE, 4000), "4,000 samples a second"),
        ("nan.wav", wav(NOT_A_NUMBER), "samples that are not numbers"),
        ("many.wav", wav(np.stack([TONE] * 9, axis=1)), "has 9 channels"),
        ("film.wav", wav(np.stack([TONE] * 6, axis=1)), "1.0 s, 16 kHz, 6 channels."),
        ("zeros.wav", wav(np.zeros(16_000)), "Nothing was heard: this is silence."),
        ("quiet.wav", wav(TONE * 0.005), "This is very quiet"),
        ("clipped.wav", wav(np.clip(TONE * 10, -1, 1)), "are cut off (clipping)"),
    ],
)
def test_each_thing_that_is_wrong_with_a_recording_is_said(name: str, content: bytes, expected: str) -> None:
    assert expected in said(upload(page(), name, content)).replace("\\", "")


def test_stereo_at_44_khz_is_listened_to() -> None:
    seconds = np.stack([np.repeat(TONE, 3)[:44_100]] * 2, axis=1)
    assert "1.0 s, 44.1 kHz, stereo." in said(upload(page(), "stereo.wav", wav(seconds, 44_100)))


def test_synthetic_speech_is_offered_to_be_made_before_a_training() -> None:
    app = page(view="train")
    assert app.button(key="download.start").label == "Make it now"
    assert app.button(key="voice.start").disabled
