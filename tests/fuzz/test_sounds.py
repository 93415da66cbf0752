"""Sounds, whatever is in them."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.sound import audio
from tests.fuzz.conftest import Explore
from tests.support.fuzz_examples import answer, files

FILES = Path(__file__).parents[1] / "data" / "sounds"


def encoded(kind: str, subtype: str, *, rate: int = 16_000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    samples = np.random.default_rng(0).normal(0, 0.1, (rate // 4, channels))
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


SOUNDS = [
    *(encoded("WAV", subtype) for subtype in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM")),
    encoded("WAVEX", "PCM_16", rate=44_100, channels=2),
    encoded("FLAC", "PCM_16"),
    encoded("OGG", "VORBIS"),
    encoded("OGG", "OPUS", rate=48_000),
    encoded("MP3", "MPEG_LAYER_III"),
    encoded("AIFF", "PCM_16"),
    encoded("CAF", "ALAC_16"),
    encoded("AU", "FLOAT"),
    *(path.read_bytes() for path in sorted(FILES.iterdir())),
]


@pytest.fixture(autouse=True, scope="module")
def decoders_are_imported() -> None:
    audio.read_sound(encoded("MP3", "MPEG_LAYER_III", rate=8000), name="a.mp3")


def test_a_sound_is_read_or_refused_in_a_sentence(explore: Explore) -> None:
    def check(data: bytes) -> None:
        recording = answer(lambda: audio.read_sound(data, name="a.wav"))
        if recording is not None:
            assert np.isfinite(recording.samples).all()
            assert np.abs(recording.samples).max() <= 1
            assert audio.MIN_SECONDS - 0.01 <= recording.seconds <= audio.MAX_SECONDS + 0.01
            answer(lambda: audio.problem(recording.samples))
            assert answer(lambda: audio.commands(recording.samples))

    marks = (b"RIFF\xff\xff\0\0WAVEfmt ", b"fLaC\0\0\0\x22", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf1", b"#!AMR\n")
    explore(files(SOUNDS, *marks, b"\0\0\0\x20ftypisom", b"\x1aE\xdf\xa3", b"caff\0\1", b".snd"), check)
