"""Sound as the networks get it: from a file to one channel, finding what was said, and changing a recording.

Here: level and noise, the loudest second, the parts of a recording in which something is said, gain, noise and speed.
Not here: formats and limits of files (`core.data.sound.sound_file`), features of sound and networks
(`core.demos.voice`), data sets (`core.data.sound.speech`). Everywhere a sound is float32 in [-1, 1], mono, 16,000
samples a second. Levels are in dBFS: 0 is the power of a full-scale square wave, so a full-scale sine has −3.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from core.data.sound import sound_file
from core.data.sound.sound_file import FORMATS as FORMATS
from core.data.sound.sound_file import MAX_BYTES as MAX_BYTES
from core.data.sound.sound_file import MAX_SECONDS as MAX_SECONDS
from core.data.sound.sound_file import MIN_SECONDS as MIN_SECONDS
from core.errors import Problem

RATE = 16_000  # samples a second
WINDOW = RATE  # samples that a network hears at a time
HOP = RATE // 100  # 10 ms
UNHEARD_DB = -40.0  # of a channel, below the loudest one
CLIPPED = 0.99  # amplitude from which a sample counts as cut off
SILENT_DB, QUIET_DB = -65.0, -48.0  # of the loudest second
FLOOR_DB = -100.0  # the level that stands for no sound at all
GAP = 0.2  # seconds of quiet that separate two commands; the closed lips in “stop” and “up” last about 0.1
SHORTEST = 0.08  # seconds; what is shorter is a click
CLICK, CLICK_GAP = 0.03, 0.04  # seconds: of a click right before a word, and of the quiet after it
ABOVE_NOISE_DB, BELOW_PEAK_DB = 9.0, 28.0

Wave = npt.NDArray[np.float32]  # (N,) in [-1, 1]
Span = tuple[int, int]  # (start, end) in samples


@dataclass(frozen=True)
class Recording:
    """A decoded sound and what it was before."""

    samples: Wave
    rate: int  # of the file, in Hz
    channels: int  # of the file

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / RATE


@dataclass(frozen=True)
class Window:
    """The second of a recording that a network hears: `[start, start + 16,000)`, in samples.

    What lies outside `[low, high)` belongs to a neighbour or to nothing and is silence for this window.
    """

    start: int
    low: int
    high: int

    @property
    def seconds(self) -> tuple[float, float]:
        """Start and end on the recording's time axis; a recording shorter than a second is padded on both sides."""
        return self.start / RATE, (self.start + WINDOW) / RATE


def read_sound(data: bytes, *, name: str, most: float = MAX_SECONDS) -> Recording:
    """Decode a file of any format of `FORMATS`; the content tells which, and no limit is taken from what it promises.

    Raises:
        InvalidInputError: see `core.data.sound.sound_file.decoded`.
    """
    decoded = sound_file.decoded(data, name=name, rate=RATE, most=most)
    return Recording(_mono(decoded.samples), decoded.rate, decoded.channels)


def _mono(samples: npt.NDArray[np.float32]) -> Wave:
    """(N, channels) → the mean of those that hold sound; where they cancel, as of opposite phase, the loudest.

    Channels that have nothing to do with each other have a mean with the mean power by their number; less than half of
    that is left only of those that cancel.
    """
    if samples.shape[1] == 1:
        return samples[:, 0]
    powers = samples.var(axis=0, dtype=np.float64)
    heard = powers >= powers.max() * 10 ** (UNHEARD_DB / 10)
    mixed = samples[:, heard].mean(axis=1)
    if mixed.var(dtype=np.float64) < 0.5 * powers[heard].mean() / heard.sum():
        mixed = samples[:, powers.argmax()]
    return np.ascontiguousarray(mixed, dtype=np.float32)


def resampled(samples: npt.NDArray[np.floating], rate: int, target: int) -> Wave:
    """Polyphase resampling, of synthetic speech; what lies above half the lower rate is filtered away."""
    if rate == target:
        return np.ascontiguousarray(samples, dtype=np.float32)
    from scipy import signal

    common = math.gcd(rate, target)
    resampled = signal.resample_poly(samples, target // common, rate // common)
    return np.clip(resampled, -1, 1).astype(np.float32)


def write_wav(samples: Wave) -> bytes:
    """A sound as a 16-bit WAV file, for a player."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def to_int16(samples: Wave) -> npt.NDArray[np.int16]:
    """[-1, 1] → 16-bit integers, as files and data sets keep them."""
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)


def from_int16(samples: npt.NDArray[np.int16]) -> Wave:
    """16-bit integers → [-1, 1)."""
    return samples.astype(np.float32) / np.float32(32768)


def level(samples: Wave) -> float:
    """Mean power in dBFS, of what is not a constant offset; at least `FLOOR_DB`."""
    return _decibels(float(np.var(samples, dtype=np.float64))) if len(samples) else FLOOR_DB


def _decibels(power: float) -> float:
    return max(FLOOR_DB, 10 * math.log10(power)) if power > 0 else FLOOR_DB


def levels(samples: Wave) -> npt.NDArray[np.float64]:
    """(N // 160,) level of each 10 ms in dBFS; a shorter rest is left out."""
    blocks = (samples - samples.mean(dtype=np.float64))[: len(samples) // HOP * HOP].reshape(-1, HOP)
    power = np.mean(blocks.astype(np.float64) ** 2, axis=1)
    return 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))


def noise_floor(samples: Wave) -> float:
    """Level of the quietest tenth of a recording in dBFS: what is there while nobody speaks, if anybody is silent."""
    return float(np.percentile(levels(samples), 10))


def clipped_fraction(samples: Wave) -> float:
    """Share of samples that stand at the end of the scale in a row of three or more, in [0, 1]."""
    high = np.abs(samples) >= CLIPPED
    if len(high) < 3:
        return 0.0
    rows = high[:-2] & high[1:-1] & high[2:]
    in_row = np.zeros_like(high)
    for shift in range(3):
        in_row[shift : len(high) - 2 + shift] |= rows
    return float(in_row.mean())


def loudest_window(samples: Wave) -> Window:
    """The second with the most energy, clicks aside; of those that have nearly as much, the middle one.

    So a word is centred. A shorter recording is placed in the middle of a second.
    """
    parts, clicks = _spoken(samples)
    start = _loudest_second(samples, clicks)
    begin = next((begin for begin, end in parts if end > start), 0)
    return Window(start, _after(clicks, begin), len(samples))


def _loudest_second(samples: Wave, clicks: list[Span]) -> int:
    count = len(samples)
    if count <= WINDOW:
        return -((WINDOW - count) // 2)
    power = (samples - samples.mean(dtype=np.float64)) ** 2
    for start, end in clicks:
        power[start:end] = 0.0
    energy = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.append(np.arange(0, count - WINDOW, HOP), count - WINDOW)
    sums = energy[starts + WINDOW] - energy[starts]
    near = np.flatnonzero(sums >= 0.98 * sums.max())
    best = int(sums.argmax())
    first = last = best  # the run of near-best windows around the best
    nearby = set(near.tolist())
    while first - 1 in nearby:
        first -= 1
    while last + 1 in nearby:
        last += 1
    return int(starts[(first + last) // 2])


def commands(samples: Wave) -> tuple[Window, ...]:
    """The seconds around each part of a recording in which something is said, in order; at least one.

    A part is what is clearly louder than the noise and not far below the loudest, with pauses shorter than `GAP`. A
    click before it, as of a microphone that is switched on, is not heard with it.
    """
    parts, clicks = _spoken(samples)
    if len(parts) < 2:
        return (loudest_window(samples),)
    windows = []
    for index, (start, end) in enumerate(parts):
        low = 0 if index == 0 else (parts[index - 1][1] + start) // 2
        high = len(samples) if index == len(parts) - 1 else (end + parts[index + 1][0]) // 2
        if end - start > WINDOW:
            first = start + loudest_window(samples[start:end]).start
        else:
            first = min(max((start + end - WINDOW) // 2, 0), max(len(samples) - WINDOW, 0))
        windows.append(Window(first, max(low, _after(clicks, start)), high))
    return tuple(windows)


def _after(clicks: list[Span], start: int) -> int:
    """The end of the last click before a place."""
    return max((end for _, end in clicks if end <= start), default=0)


def _spoken(samples: Wave) -> tuple[list[Span], list[Span]]:
    """The parts in which something is said, and the clicks: what is as loud, but shorter than `SHORTEST`.

    How loud speech is at its loudest is asked again without the clicks that were found: a pop of the microphone may be
    much louder than the word after it. A click may also stand right before a word: what is shorter than `CLICK` and
    ends `CLICK_GAP` before the rest. After a word it would be its last consonant.
    """
    loud = levels(samples)
    noise = float(np.percentile(loud, 10)) if len(loud) else FLOOR_DB
    clicks: list[Span] = []
    while len(loud):
        limit = max(noise + ABOVE_NOISE_DB, float(loud.max()) - BELOW_PEAK_DB, SILENT_DB)
        frames = np.flatnonzero(loud > limit)
        if not len(frames):
            break
        groups = np.split(frames, np.flatnonzero(np.diff(frames) > GAP * RATE / HOP) + 1)
        short = [_span(group) for group in groups if _seconds(group) < SHORTEST]
        for group in groups:
            first, *rest = np.split(group, np.flatnonzero(np.diff(group) > CLICK_GAP * RATE / HOP) + 1)
            if rest and _seconds(first) <= CLICK:
                short.append(_span(first))
        if not short:
            return [_span(group) for group in groups], clicks
        for start, end in short:
            loud[start // HOP : end // HOP] = FLOOR_DB
        clicks += short
    return [], clicks


def _span(frames: npt.NDArray[np.intp]) -> Span:
    return int(frames[0]) * HOP, (int(frames[-1]) + 1) * HOP


def _seconds(frames: npt.NDArray[np.intp]) -> float:
    return float(frames[-1] + 1 - frames[0]) * HOP / RATE


def cut(samples: Wave, window: Window) -> Wave:
    """(16000,) what a window holds; zeros where it reaches over its own bounds or the recording's."""
    result = np.zeros(WINDOW, np.float32)
    low, high = max(window.start, window.low, 0), min(window.start + WINDOW, window.high, len(samples))
    result[low - window.start : high - window.start] = samples[low:high]
    return result


def problem(samples: Wave) -> Problem | None:
    """What stands in the way of an answer, the most serious first; None if nothing does."""
    loudest = level(cut(samples, loudest_window(samples)))
    if loudest < SILENT_DB:
        message = "Nothing was heard: this is silence. Check that the right microphone is on, and speak towards it."
        return Problem("silence", message, blocking=True)
    if loudest < QUIET_DB:
        message = f"This is very quiet ({loudest:.0f} dBFS), so the answer may be wrong. Speak louder or come nearer."
        return Problem("quiet", message.replace("-", "−"), blocking=False)
    if (fraction := clipped_fraction(samples)) > 0.001:
        message = f"{100 * fraction:.1f} % of the samples are cut off (clipping). Speak softer or turn the input down."
        return Problem("clipped", message, blocking=False)
    return None


def with_gain(samples: Wave, decibels: float) -> Wave:
    """The sound made louder or softer; what goes over full scale is cut off, as a converter would."""
    return np.clip(samples * np.float32(10 ** (decibels / 20)), -1, 1)


def with_noise(samples: Wave, decibels: float, *, seed: int = 0) -> Wave:
    """The sound with pink noise (equal power in each octave, as in a room) of a level in dBFS."""
    noise = pink_noise(len(samples), np.random.default_rng(seed)) * np.float32(10 ** (decibels / 20))
    return np.clip(samples + noise, -1, 1)


def pink_noise(count: int, rng: np.random.Generator) -> Wave:
    """(count,) float32 with power 1 (0 dBFS) that falls by 3 dB an octave above 20 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / RATE)
    spectrum *= np.where(frequencies > 20, 1, 0) / np.sqrt(np.maximum(frequencies, 20))
    noise = np.fft.irfft(spectrum, count)
    return (noise / max(float(noise.std()), 1e-12)).astype(np.float32)


def with_speed(samples: Wave, factor: float) -> Wave:
    """The sound played faster (factor above 1) or slower; the pitch moves with it, as on a tape."""
    percent = round(100 * factor)
    if percent == 100:
        return samples
    from scipy import signal

    common = math.gcd(percent, 100)
    return np.clip(signal.resample_poly(samples, 100 // common, percent // common), -1, 1).astype(np.float32)
