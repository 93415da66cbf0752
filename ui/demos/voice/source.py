"""Ways to give a recording: the microphone, a file, a sample; and changing it by gain, noise and speed."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.formats import named, suffixes
from core.data.sound import audio
from core.data.sound.sound_file import MAX_BYTES, MAX_CHANNELS, MAX_RATE, MAX_SECONDS, MIN_RATE, MIN_SECONDS
from core.errors import InvalidInputError
from ui.demos.voice.browser import microphone_hint
from ui.frame.errors import shown_errors
from ui.frame.state import record
from ui.widgets import uploads
from ui.widgets.choice import one_of

SAMPLES = Path(__file__).parent / "samples"
SAMPLE_NAMES = (
    "up",
    "stop",
    "go",
    "yes",
    "no",
    "down",
    "left",
    "right",
    "on",
    "off",
    "on, right, go",
    "house",
    "silence",
)
INPUTS = {
    "record": ":material/mic: Record",
    "upload": ":material/upload: Upload",
    "sample": ":material/casino: Sample",
}
LIMITS = (
    f"{MIN_SECONDS:g} to {MAX_SECONDS:g} s, {MIN_RATE // 1000} to {MAX_RATE // 1000} kHz, "
    f"up to {MAX_CHANNELS} channels and {MAX_BYTES / 1e6:g} MB."
)
NO_NOISE = -80  # dBFS, the left end of the slider


@dataclass(frozen=True)
class Given:
    """A recording as it was given. `id` tells it from every other: the assistant obeys it once."""

    recording: audio.Recording
    id: str
    truth: str | None = None  # what is said in it, known for samples


@dataclass
class _Last:
    """What was given last."""

    given: Given | None = None


@dataclass
class _Said:
    """How often a sample was to be said again."""

    times: int = 0


def input_picker(key: str) -> str:
    """The chosen way to give a recording."""
    return one_of("How to give a recording", INPUTS, key=f"{key}.input")


def take(how: str, key: str) -> Given | None:
    """What was given in this way; None as long as there is nothing to hear."""
    match how:
        case "upload":
            given = _uploaded(key)
        case "sample":
            given = _sampled(key)
        case _:
            given = _recorded(key)
    if given is not None:
        record(_Last, key).given = given
    return given


def last(key: str) -> Given | None:
    """What this visitor gave last, on any view."""
    return record(_Last, key).given


def _recorded(key: str) -> Given | None:
    file = uploads.audio_input("Record one to three seconds", sample_rate=audio.RATE, key=f"{key}.microphone")
    microphone_hint(key=f"{key}.microphone.hint")
    if file is None:
        st.caption("Say one of: yes, no, up, down, left, right, on, off, stop, go. Several, with pauses, work too.")
        return None
    return decoded(file, name="The recording")


def _uploaded(key: str) -> Given | None:
    file = uploads.file_uploader(
        f"A recording ({named(audio.FORMATS)})",
        type=suffixes(audio.FORMATS),
        key=f"{key}.file",
    )
    if file is None:
        st.caption(f"{LIMITS} Of a film its sound is heard.")
        return None
    return decoded(file)


def _sampled(key: str) -> Given:
    name = st.selectbox("Sample", SAMPLE_NAMES, key=f"{key}.sample", persist_state="session")
    said = record(_Said, key)

    def again() -> None:
        said.times += 1

    st.button("Say it again", icon=":material/replay:", on_click=again, key=f"{key}.again")
    st.caption("Synthetic speech, made by eSpeak NG; no model here has learned from these voices.")
    truth = None if name == "silence" or "," in name else name
    return Given(sample(name), f"sample {name} {said.times}", truth)


def decoded(file: UploadedFile, *, name: str | None = None) -> Given | None:
    """A decoded recording; what is wrong with a file is said instead."""
    with shown_errors(InvalidInputError, icon="music_off"):
        recording = uploads.read(audio.read_sound, file, name=name)
        return Given(recording, hashlib.sha256(file.getvalue()).hexdigest()[:16])
    return None


@cache
def sample(name: str) -> audio.Recording:
    """A recording that comes with the studio."""
    return audio.read_sound((SAMPLES / f"{name}.ogg").read_bytes(), name=name)


def changed(given: Given, key: str) -> audio.Wave:
    """The recording as three sliders change it."""
    columns = st.columns(3, gap="medium")
    gain = columns[0].slider("Gain (dB)", -24, 24, 0, key=f"{key}.gain", help="Louder or softer than it was recorded.")
    noise = columns[1].slider(
        "Noise (dBFS)",
        NO_NOISE,
        -10,
        NO_NOISE,
        key=f"{key}.noise",
        help="Added pink noise, as of a fan. At the left end there is none; speech is at about −30 to −15.",
    )
    speed = columns[2].slider(
        "Speed", 0.7, 1.4, 1.0, 0.05, key=f"{key}.speed", help="Faster or slower; the pitch moves with it."
    )
    samples = audio.with_speed(audio.with_gain(given.recording.samples, gain), speed)
    return samples if noise == NO_NOISE else audio.with_noise(samples, noise, seed=_seed(given))


def _seed(given: Given) -> int:
    return int(np.frombuffer(hashlib.sha256(given.id.encode()).digest()[:4], np.uint32)[0])
