"""Noise that no training hears: made by other means than that of `release/noises.py`, to measure with.

Water is single bubbles that ring (Minnaert 1933), rain single drops, an engine pulses through a pipe, a street passing
tyres, music chords of plucked strings (Karplus and Strong 1983), a fan blades. Training noise has none of these models:
it is coloured noise whose level and colour wander. Everywhere (N,) float32 with power 1 at 16 kHz.
"""

from collections.abc import Callable

import numpy as np
from scipy import signal

from core.data.sound.audio import RATE, Wave

Random = np.random.Generator


def _normal(samples: np.ndarray) -> Wave:
    samples = samples - samples.mean()
    return (samples / max(float(samples.std()), 1e-9)).astype(np.float32)


def running_water(count: int, random: Random) -> Wave:
    """A tap or a brook: hundreds of bubbles a second, each a sine that dies away and rises a little in pitch."""
    sound = np.zeros(count + RATE)
    mean, spread = random.uniform(600, 2000), random.uniform(0.4, 0.8)
    for start in random.integers(0, count, int(count / RATE * random.uniform(200, 900))):
        pitch = float(np.clip(mean * np.exp(spread * random.standard_normal()), 200, 7000))
        time = np.arange(int(RATE * min(0.2, 30 / pitch))) / RATE
        decay = 0.13 * pitch + 0.0072 * pitch**1.5  # damping of a bubble that rings
        rise = pitch * (1 + random.uniform(0, 0.1) * decay * time)
        ringing = np.sin(2 * np.pi * np.cumsum(rise) / RATE) * np.exp(-decay * time / 3)
        sound[start : start + len(time)] += random.exponential() * ringing * (1000 / pitch) ** 0.5
    spray = signal.lfilter(*signal.butter(2, 1500, "high", fs=RATE), random.standard_normal(count))
    return _normal(_normal(sound[:count]) + random.uniform(0.1, 0.6) * _normal(spray))


def rain(count: int, random: Random) -> Wave:
    """Drops on a roof: impulses of any strength, each through the ringing of what it hits."""
    impulses = (random.random(count) < random.uniform(0.005, 0.05)) * random.pareto(2.5, count)
    low = random.uniform(300, 1500)
    roof = signal.lfilter(*signal.iirpeak(low, random.uniform(1, 4), fs=RATE), impulses)
    return _normal(impulses + random.uniform(1, 6) * roof)


def engine(count: int, random: Random) -> Wave:
    """Pulses of 20 to 90 Hz that vary in strength and time, through a pipe."""
    rate = random.uniform(20, 90) * (1 + 0.1 * np.sin(2 * np.pi * random.uniform(0.1, 0.5) * np.arange(count) / RATE))
    phase = np.cumsum(rate / RATE * (1 + 0.05 * random.standard_normal(count)))
    pulses = np.diff(np.floor(phase), prepend=0.0) * random.uniform(0.7, 1.3, count)
    pipe = signal.lfilter(*signal.iirpeak(random.uniform(100, 400), 2, fs=RATE), pulses)
    return _normal(_normal(pipe) + 0.3 * _normal(np.cumsum(random.standard_normal(count)) % 50))


def street(count: int, random: Random) -> Wave:
    """Tyres on a road: cars that come nearer and go away, each louder and brighter while it is near."""
    time = np.arange(count) / RATE
    sound = np.zeros(count)
    for _ in range(4):
        near = np.exp(-0.5 * ((time - random.uniform(0, count / RATE)) / random.uniform(0.3, 1.5)) ** 2)
        band = signal.butter(1, [random.uniform(80, 300), random.uniform(800, 3000)], "band", fs=RATE)
        sound += near * signal.lfilter(*band, random.standard_normal(count))
    return _normal(sound + 0.1 * sound.std() * random.standard_normal(count))


def music(count: int, random: Random) -> Wave:
    """Chords of plucked strings, four to eight plucks a second."""
    sound = np.zeros(count + RATE)
    step = int(RATE / random.uniform(2, 5))
    scale = 110 * 2 ** (random.integers(0, 12) / 12 + np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)
    for start in range(0, count, step):
        for pitch in random.choice(scale, 2):
            period = max(2, int(RATE / pitch))
            pluck = np.zeros(RATE)
            pluck[:period] = random.uniform(-1, 1, period)
            string = np.zeros(period + 2)
            string[0], string[period] = 1.0, -0.498
            string[period + 1] = -0.498
            sound[start : start + RATE] += signal.lfilter([1.0], string, pluck)
    return _normal(sound[:count])


def fan(count: int, random: Random) -> Wave:
    """A kitchen fan: blades that chop the air, and the hum of its motor."""
    time = np.arange(count) / RATE
    blades = random.uniform(15, 60)
    chopped = (1 + 0.6 * signal.sawtooth(2 * np.pi * blades * time, 0.3)) * random.standard_normal(count)
    air = signal.lfilter(*signal.butter(1, random.uniform(300, 1500), fs=RATE), chopped)
    motor = signal.square(2 * np.pi * 100 * time, 0.4)
    return _normal(_normal(air) + random.uniform(0.1, 0.5) * signal.lfilter(*signal.butter(1, 900, fs=RATE), motor))


NOISES: dict[str, Callable[[int, Random], Wave]] = {
    "running water": running_water,
    "rain": rain,
    "engine": engine,
    "street": street,
    "music": music,
    "fan": fan,
}


def chirps(count: int, random: Random) -> Wave:
    """Birds or an alarm: short tones that glide, with pauses; power 0.01."""
    sound = np.zeros(count)
    place = 0
    while place < count:
        length = int(RATE * random.uniform(0.05, 0.5))
        time = np.arange(min(length, count - place)) / RATE
        low, high = random.uniform(300, 3800, 2)
        glide = signal.chirp(time, low, length / RATE, high, method=random.choice(["linear", "quadratic"]))
        rest = random.uniform(1, 3)
        sound[place : place + len(time)] = glide * np.hanning(length)[: len(time)]
        place += int(length * rest)
    return 0.1 * _normal(sound + 0.003 * random.standard_normal(count))


def drums(count: int, random: Random) -> Wave:
    """A drummer: kicks whose pitch falls, snares of noise and skin, hats, at 60 to 180 beats a minute; power 0.01."""
    sound = np.zeros(count + RATE)
    step = int(RATE * 60 / random.uniform(60, 180) / 2)
    time = np.arange(RATE // 2) / RATE
    for start in range(0, count, step):
        kind = random.integers(4)
        decay = np.exp(-time / random.uniform(0.03, 0.15))
        if kind == 0:
            hit = np.sin(2 * np.pi * (random.uniform(45, 90) * time + 6 * (1 - np.exp(-time * 30)))) * decay
        elif kind == 1:
            hit = (
                0.5 * np.sin(2 * np.pi * random.uniform(150, 300) * time) + 0.5 * random.standard_normal(len(time))
            ) * decay
        elif kind == 2:
            hit = 0.4 * np.diff(random.standard_normal(len(time) + 1)) * decay**3
        else:
            hit = np.sin(2 * np.pi * random.uniform(80, 500) * time) * decay
        sound[start : start + len(hit)] += random.uniform(0.3, 1) * hit
    return 0.1 * _normal(sound[:count] + 0.002 * random.standard_normal(count))
