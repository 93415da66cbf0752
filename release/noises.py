"""Noise to train the release model of Voice with: made here, of many kinds, none of them a model of one sound.

Coloured noise whose level and colour wander (water, wind, crowds, appliances), tones that glide (birds, alarms, hum),
bursts (clicks, drums, dishes), voices on top of one another. What measures the model makes its noise by other means:
`release/unheard_noises.py`.
"""

import numpy as np
import numpy.typing as npt

from core.data.sound import audio
from core.data.sound.audio import RATE, WINDOW
from release.voice_data import Samples

Random = np.random.Generator
Noise = npt.NDArray[np.float64]  # (16000,)

FREQUENCIES = np.fft.rfftfreq(WINDOW, 1 / RATE)
LOUDEST, QUIETEST = 0.3, 0.0003  # amplitude, as a standard deviation
VOICES = (3, 8)  # that speak together


def _curve(count: int, knots: int, spread: float, random: Random) -> Noise:
    """(count,) factors that wander: straight lines in decibels between random points."""
    points = random.normal(0, spread, knots)
    return 10 ** (np.interp(np.linspace(0, knots - 1, count), np.arange(knots), points) / 20)


def _coloured(random: Random) -> Noise:
    """White noise with a random slope and a random outline of its spectrum, and a level that wanders."""
    spectrum = np.fft.rfft(random.standard_normal(WINDOW))
    spectrum /= np.maximum(FREQUENCIES, 30) ** random.uniform(0, 1.2)
    spectrum *= _curve(len(spectrum), int(random.integers(2, 40)), random.uniform(0, 8), random)
    level = _curve(WINDOW, int(random.integers(2, 60)), random.uniform(0, 8), random)
    noise = np.fft.irfft(spectrum, WINDOW) * level
    return noise / noise.std()


def wandering(random: Random) -> Noise:
    """Up to three coloured noises, each louder and softer at its own time."""
    return np.sum([random.uniform(0.2, 1) * _coloured(random) for _ in range(random.integers(1, 4))], axis=0)


def tones(random: Random) -> Noise:
    """One to six tones with their harmonics, held, gliding, trembling or switched on and off."""
    time = np.arange(WINDOW) / RATE
    sound = np.zeros(WINDOW)
    for _ in range(random.integers(1, 7)):
        first = float(np.exp(random.uniform(np.log(50), np.log(3500))))
        last = first * (1.0 if random.random() < 0.4 else float(np.exp(random.normal(0, 0.6))))
        trembling = random.uniform(0, 0.05) * np.sin(2 * np.pi * random.uniform(2, 40) * time)
        phase = 2 * np.pi * np.cumsum(np.linspace(first, last, WINDOW) * (1 + trembling)) / RATE
        tone = np.sum(
            [np.sin(number * phase) / number ** random.uniform(0.3, 2) for number in range(1, random.integers(2, 9))],
            axis=0,
        )
        if random.random() < 0.6:  # on and off
            period, share = random.uniform(0.08, 0.8), random.uniform(0.2, 0.8)
            on = ((time + random.uniform(0, period)) % period) < share * period
            tone = tone * np.convolve(on, np.hanning(320) / 160, "same")
        sound += random.uniform(0.2, 1) * tone
    return sound / max(sound.std(), 1e-9) + random.uniform(0, 0.5) * _coloured(random)


def bursts(random: Random) -> Noise:
    """Blows that die away, regular or not: noise, a tone whose pitch falls, or both."""
    sound = np.zeros(2 * WINDOW)
    period = random.uniform(0.06, 0.6)
    starts = np.arange(random.uniform(0, period), 1, period)
    if random.random() < 0.5:
        starts = random.uniform(0, 1, random.integers(1, 12))
    for start in starts:
        length = float(np.exp(random.uniform(np.log(0.004), np.log(0.25))))
        time = np.arange(int(min(1.0, 6 * length) * RATE)) / RATE
        pitch = float(np.exp(random.uniform(np.log(60), np.log(3000)))) * (
            1 + random.uniform(0, 2) * np.exp(-time * 40)
        )
        ringing = np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
        mixed = random.random()
        blow = (mixed * ringing + (1 - mixed) * _coloured(random)[: len(time)]) * np.exp(-time / length)
        place = int(start * RATE)
        sound[place : place + len(blow)] += random.uniform(0.3, 1) * blow
    sound = sound[:WINDOW]
    return sound / max(sound.std(), 1e-9) + random.uniform(0, 0.3) * _coloured(random)


def whistles(random: Random) -> Noise:
    """One to eight short notes in a nearly quiet room, each gliding as it likes: birds, alarms, a squeaking door."""
    sound = np.zeros(2 * WINDOW)
    for _ in range(random.integers(1, 9)):
        length = float(np.exp(random.uniform(np.log(0.03), np.log(0.6))))
        time = np.arange(int(length * RATE)) / RATE
        first = float(np.exp(random.uniform(np.log(200), np.log(4500))))
        bend = np.interp(time / length, np.linspace(0, 1, 4), np.cumsum(random.normal(0, 0.35, 4)))
        phase = 2 * np.pi * np.cumsum(np.minimum(first * np.exp(bend), 7000)) / RATE
        note = np.sin(phase) + random.choice([0.0, 0.0, 0.5]) * np.sin(2 * phase)
        envelope = np.sin(np.pi * time / length) ** random.uniform(0.3, 2)
        place = random.integers(WINDOW)
        sound[place : place + len(time)] += random.uniform(0.3, 1) * note * envelope
    sound = sound[:WINDOW]
    return sound / max(sound.std(), 1e-9) + 10 ** random.uniform(-3, -1) * _coloured(random)


def without_voices(num: int, *, seed: int) -> Samples:
    """(num, 16000) seconds in which nobody speaks, from loud to hardly there."""
    random = np.random.default_rng(seed)
    kinds = (wandering, wandering, tones, bursts, whistles)
    clips = []
    for place in range(num):
        noise = kinds[place % len(kinds)](random)
        level = float(np.exp(random.uniform(np.log(QUIETEST), np.log(LOUDEST))))
        clips.append(audio.to_int16((noise / max(noise.std(), 1e-9) * level).astype(np.float32)))
    return np.stack(clips)


def voices(clips: Samples, num: int, *, seed: int) -> Samples:
    """(num, 16000) several people at once, none of whom can be understood; made of clips of single words."""
    random = np.random.default_rng(seed)
    crowds = np.empty((num, WINDOW), np.int16)
    for place in range(num):
        crowd = np.zeros(WINDOW)
        for index in random.integers(len(clips), size=random.integers(*VOICES)):
            one = audio.from_int16(clips[index])
            crowd += random.uniform(0.3, 1) * np.roll(one / max(float(one.std()), 1e-4), random.integers(WINDOW))
        crowds[place] = audio.to_int16((0.05 * crowd / crowd.std()).astype(np.float32))
    return crowds
