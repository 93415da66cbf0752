"""Own words on the Voice page without a browser: recorded, refused, reviewed, deleted, and taught by a real worker."""

import subprocess
import sys

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.sound import audio, own_words, speech
from tests.support.session_records import form_of
from tests.support.spoken import spoken, wav
from tests.support.voice_page import page, said

MAJA, WILLI = "0" * 32, "1" * 32  # owners


def choose(app: AppTest, word: str) -> AppTest:
    app.text_input(key="voice.teach.word").set_value(word).run()
    assert not app.exception
    return app


def upload(app: AppTest, *sounds: audio.Wave) -> AppTest:
    files = [(f"{index}.wav", wav(sound), "audio/wav") for index, sound in enumerate(sounds)]
    uploader = next(one for one in app.file_uploader if str(one.key).startswith("voice.teach.files"))
    uploader.set_value(files).run()
    assert not app.exception
    return app


def test_recordings_are_kept_reviewed_and_deleted() -> None:
    app = choose(page(view="train"), "maja")
    assert "0 recordings of “maja”**, 5 more needed" in said(app)
    upload(app, *spoken("maja", 2))
    assert "2 recordings of “maja”**, 3 more needed" in said(app)
    first = own_words.examples("maja")[0]
    app.button(key=f"voice.teach.delete.{first.id}").click().run()
    assert "1 recording of “maja”**, 4 more needed" in said(app)
    app.button(key="voice.teach.delete").click().run()
    assert own_words.words() == {}


def test_what_was_deleted_is_brought_back_on_the_page() -> None:
    for sound in spoken("maja", 3):
        own_words.add("maja", sound, owner=MAJA)
    app = choose(page(view="train"), "maja")
    app.button(key=f"voice.teach.delete.{own_words.examples('maja')[0].id}").click().run()
    app.button(key="voice.teach.delete").click().run()
    assert own_words.words() == {}
    assert "0 recordings of “maja”" in said(app)
    undo = app.button(key="voice.teach.undo")
    assert undo.label == "Bring back 2 deleted recordings"
    undo.click().run()
    app.button(key="voice.teach.undo").click().run()
    assert "3 recordings of “maja”" in said(app)
    assert not [one for one in app.button if one.key == "voice.teach.undo"]


def test_only_the_browser_that_recorded_a_word_can_play_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for sound, owner in zip(spoken("maja", 3), (MAJA, WILLI, MAJA), strict=True):
        own_words.add("maja", sound, owner=owner)
    for owner, count in ((MAJA, 2), (WILLI, 1), ("2" * 32, 0), ("", 0)):
        monkeypatch.setattr("ui.demos.voice.own_words.hearer", lambda owner=owner: owner)
        app = choose(page(view="train"), "maja")
        players = [one.proto.url for one in app.get("audio")]
        assert len(players) == count
        assert all(url.startswith("data:audio/wav;base64,") for url in players)  # no address that serves others
        assert said(app).count("Recorded in another browser") == 3 - count


def test_a_recording_that_has_changed_on_the_disk_is_said_and_can_be_deleted() -> None:
    kept = [own_words.add("maja", sound, owner=MAJA) for sound in spoken("maja", 2)]
    place = own_words._place("maja") / f"{kept[0].id}.npy"
    place.write_bytes(place.read_bytes()[:-2] + b"xy")
    app = choose(page(view="train"), "maja")
    assert said(app).count("damaged: delete it") == 1
    app.button(key=f"voice.teach.delete.{kept[0].id}").click().run()
    assert not app.exception
    assert [one.id for one in own_words.examples("maja")] == [kept[1].id]


def test_what_cannot_be_learned_from_is_said_and_not_kept() -> None:
    app = choose(page(view="train"), "maja")
    (sound,) = spoken("maja", 1)
    upload(app, np.zeros(16_000, np.float32), np.clip(sound * 30, -1, 1), np.concatenate([sound, sound]), sound)
    text = said(app).replace("\\", "")
    assert "0.wav: Nothing was heard" in text
    assert "1.wav: " in text and "clipping" in text
    assert "2.wav: More than one word was heard" in text
    assert own_words.words() == {"maja": 1}


@pytest.mark.parametrize("word", ["stop", "house", "../etc", "x9"])
def test_a_word_that_needs_no_recordings_or_is_none_is_refused(word: str) -> None:
    app = choose(page(view="train"), word)
    assert len(app.error) == 1
    assert not app.get("audio_input")


def test_the_words_are_put_into_the_form() -> None:
    for sound in spoken("maja"):
        own_words.add("maja", sound, owner=MAJA)
    app = page(view="train")
    app.button(key="voice.teach.form").click().run()
    assert not app.exception
    form = form_of(app, "voice")
    assert form.data == "own_words" and form.words.endswith(",go,maja") and form.start == "release"


def test_the_preset_that_teaches_asks_for_a_word_and_takes_those_that_were_recorded() -> None:
    app = page(view="train")
    next(one for one in app.selectbox if one.label == "Preset").set_value("own_words").run()
    assert "First teach it a word of your own" in said(app)
    assert app.button(key="voice.start").disabled
    for sound in spoken("maja"):
        own_words.add("maja", sound, owner=MAJA)
    app.run()
    assert not app.exception
    assert form_of(app, "voice").words.endswith(",go,maja")
    assert next(one for one in app.selectbox if one.label == "Preset").value == "own_words"


FEW = 24  # synthetic training clips a word, so that they are spoken within seconds
WORKER = (
    f"from core.data.sound import speech; speech.NUM_SYNTHETIC = {FEW}; "
    "from core.service import worker; worker.main([])"
)


@pytest.mark.timeout(900)  # a whole training, on a machine that may be busy
def test_five_recordings_teach_a_word_that_is_then_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "NUM_SYNTHETIC", FEW)
    speech.load("synthetic_speech")
    *learned, new = spoken("banana", 6)
    app = upload(choose(page(view="train"), "banana"), *learned)
    app.button(key="voice.teach.start").click().run()
    assert not app.exception
    run_id = str(app.query_params["run"])
    subprocess.run([sys.executable, "-c", WORKER], check=True, timeout=800)

    text = said(page(view="train", run=run_id))
    assert "Your recordings that were held out" in text
    assert "this one answers **“banana”**" in text
    assert "1 of 1\u00a0held-out recordings are answered right" in text

    app = page(view="try", model=run_id)
    app.segmented_control(key="voice.input").set_value("upload").run()
    app.file_uploader(key="voice.file").upload("new.wav", wav(new), "audio/wav").run()
    assert "You said “banana”." in said(app)
