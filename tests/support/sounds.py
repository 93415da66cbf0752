"""Sounds worked out by hand."""

import numpy as np

from core.data.sound import audio, speech

RATE = audio.RATE


def tone(seconds: float, *, amplitude: float = 0.5, rate: int = RATE, frequency: float = 440) -> audio.Wave:
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def burst(*starts: float, seconds: float = 3.0, length: float = 0.4) -> audio.Wave:
    """Noise at −60 dBFS with tones of 0.4 s."""
    sound = (np.random.default_rng(0).standard_normal(round(seconds * RATE)) * 1e-3).astype(np.float32)
    for start in starts:
        first = round(start * RATE)
        sound[first : first + round(length * RATE)] += tone(length)
    return sound


def pop() -> audio.Wave:
    """30 ms of a low thump at nearly full scale, as a mouth too near to the microphone makes it."""
    time = np.arange(480) / RATE
    wave = np.sin(2 * np.pi * 120 * time) * np.exp(-time / 0.01)
    return (0.9 * wave / np.abs(wave).max()).astype(np.float32)


def word_like(seed: int = 0, *, start: float = 0.3) -> audio.Wave:
    """A second with a tone of 0.4 s in a little noise."""
    samples = (np.random.default_rng(seed).standard_normal(audio.WINDOW) * 1e-3).astype(np.float32)
    first = round(start * audio.RATE)
    samples[first : first + 6400] += 0.2 * np.sin(np.arange(6400) * (0.1 + 0.01 * seed)).astype(np.float32)
    return samples


def sizes_of(loaded: speech.SpeechSet) -> tuple[int, int, int]:
    return len(loaded.train_waves), len(loaded.validation_waves), len(loaded.test_waves)
