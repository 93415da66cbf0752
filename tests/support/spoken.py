"""Words as synthetic voices say them, and their files."""

import io

import numpy as np
import soundfile

from core.data.sound import audio
from core.data.sound.speech_synthesis import Utterance, speak

VOICES = ("en-us+m1", "en-us+f2", "en-gb-x-rp+m3", "en+f3", "en-us-nyc+m5")


def wav(samples: audio.Wave) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, audio.RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def spoken(word: str, count: int = 5) -> list[audio.Wave]:
    """A word as different voices say it, with quiet around it."""
    utterances = [Utterance(word, VOICES[index % 5], 150 + 5 * index, 50) for index in range(count)]
    rng = np.random.default_rng(0)
    return [
        (np.pad(sound / np.abs(sound).max() * 0.4, 4000) + rng.normal(0, 1e-3, len(sound) + 8000)).astype(np.float32)
        for sound in speak(utterances)
    ]
