"""Sound as the networks get it: decoding uploads and recordings, finding what was said, and changing a recording.

Here: limits on files, level and noise, the loudest second, the parts of a recording in which something is said, gain,
noise and speed. Not here: features of sound and networks (`core.demos.voice`), data sets (`core.data.sound.speech`).
Everywhere a sound is float32 in [-1, 1], mono, 16,000 samples a second. Levels are in dBFS: 0 is the power of a
full-scale square wave, so a full-scale sine has −3.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from core.data import formats
from core.data.formats import Format, starts
from core.errors import InvalidInputError, Problem

RATE = 16_000  # samples a second
WINDOW = RATE  # samples that a network hears at a time
HOP = RATE // 100  # 10 ms
MAX_BYTES, MAX_SECONDS, MIN_SECONDS, MAX_CHANNELS = 5_000_000, 30.0, 0.1, 2
MIN_RATE, MAX_RATE = 8_000, 48_000
UNKNOWN_LENGTH = 2**48  # frames; libsndfile says about 2⁶³ of a FLAC that was written into a pipe
CLIPPED = 0.99  # amplitude from which a sample counts as cut off
SILENT_DB, QUIET_DB = -65.0, -48.0  # of the loudest second
FLOOR_DB = -100.0  # the level that stands for no sound at all
GAP = 0.2  # seconds of quiet that separate two commands; the closed lips in “stop” and “up” last about 0.1
SHORTEST = 0.08  # seconds; what is shorter is a click
ABOVE_NOISE_DB, BELOW_PEAK_DB = 9.0, 28.0

Wave = npt.NDArray[np.float32]  # (N,) in [-1, 1]


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


def read_sound(data: bytes, *, name: str) -> Recording:
    """Decode WAV, FLAC, MP3 or OGG; the content tells the format, and all limits are checked before decoding.

    Raises:
        InvalidInputError: too large, another format, damaged, empty, shorter than 0.1 or longer than 30 seconds, more
            than two channels, a rate outside 8 to 48 kHz, or samples that are not numbers.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInputError(
            f"“{name}” has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are allowed. Cut out the command."
        )
    if not data:
        raise InvalidInputError(f"“{name}” is empty. Record or export it again.")
    found = formats.of(data, FORMATS)
    if found is None:
        raise InvalidInputError(
            f"“{name}” is not a {formats.named(FORMATS)} sound, whatever its name says. Save it as one of these."
        )
    damaged = f"“{name}” is damaged or incomplete and cannot be read. Record or export it again."
    try:
        samples, rate = found.reader(data, name)
    except InvalidInputError:
        raise
    except (soundfile.SoundFileError, ValueError, OverflowError) as error:
        raise InvalidInputError(damaged) from error
    if len(samples) < MIN_SECONDS * rate:  # the header promised more
        raise InvalidInputError(damaged)
    if not np.isfinite(samples).all():
        raise InvalidInputError(
            f"“{name}” has samples that are not numbers (NaN or infinite). Export it again as 16-bit WAV."
        )
    mono = np.clip(samples, -1, 1).mean(axis=1)
    return Recording(resampled(mono, rate, RATE), rate, samples.shape[1])


def _with_soundfile(data: bytes, name: str) -> tuple[npt.NDArray[np.float32], int]:
    """(N, channels), a second at a time, so that memory follows what is there and not what the header promises."""
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        _check(file.frames, file.samplerate, file.channels, name=name)
        seconds = [np.zeros((0, file.channels), np.float32)]
        for _ in range(math.ceil(file.frames / file.samplerate)):
            seconds.append(file.read(frames=file.samplerate, dtype="float32", always_2d=True))
            if len(seconds[-1]) < file.samplerate:
                break
        return np.concatenate(seconds), file.samplerate


def _is_mp3(data: bytes) -> bool:
    # tags, or a frame without: eleven bits of sync, then version and layer, of which one value each is reserved
    return data[:3] == b"ID3" or (
        len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x18 != 0x08 and data[1] & 6 != 0
    )


# A reader gives samples (N, channels) float32 and their rate, after `_check`.
FORMATS: tuple[Format[Callable[[bytes, str], tuple[npt.NDArray[np.float32], int]]], ...] = (
    Format("WAV", ("wav",), lambda data: data[:4] == b"RIFF" and data[8:12] == b"WAVE", _with_soundfile),
    Format("FLAC", ("flac",), starts(b"fLaC"), _with_soundfile),
    Format("MP3", ("mp3",), _is_mp3, _with_soundfile),
    Format("OGG", ("ogg", "oga"), starts(b"OggS"), _with_soundfile),
)


def _check(frames: int, rate: int, channels: int, *, name: str) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise InvalidInputError(
            f"“{name}” has {rate:,} samples a second; allowed are {MIN_RATE:,} to {MAX_RATE:,} (8 to 48 kHz). "
            "Export it with 16 kHz."
        )
    if channels > MAX_CHANNELS:
        raise InvalidInputError(
            f"“{name}” has {channels} channels; at most {MAX_CHANNELS} (stereo) are allowed. Export it in mono."
        )
    if frames >= UNKNOWN_LENGTH:
        raise InvalidInputError(f"“{name}” does not say how long it is. Save it as WAV.")
    if frames == 0:
        raise InvalidInputError(f"“{name}” holds no sound at all. Record or export it again.")
    seconds = frames / rate
    if seconds < MIN_SECONDS:
        raise InvalidInputError(
            f"“{name}” is too short: {1000 * seconds:.0f} ms; at least {1000 * MIN_SECONDS:.0f} ms are needed. "
            "Record one to three seconds."
        )
    if seconds > MAX_SECONDS:
        raise InvalidInputError(
            f"“{name}” is too long: {seconds:.1f} s; at most {MAX_SECONDS:.0f} s are allowed. Cut out the command."
        )


def resampled(samples: npt.NDArray[np.floating], rate: int, target: int) -> Wave:
    """Polyphase resampling; what lies above half the lower rate is filtered away."""
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
    count = len(samples)
    if count <= WINDOW:
        return Window(-((WINDOW - count) // 2), 0, count)
    power = (samples - samples.mean(dtype=np.float64)) ** 2
    for start, end in _spoken(samples)[1]:
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
    return Window(int(starts[(first + last) // 2]), 0, count)


def commands(samples: Wave) -> tuple[Window, ...]:
    """The seconds around each part of a recording in which something is said, in order; at least one.

    A part is what is clearly louder than the noise and not far below the loudest, with pauses shorter than `GAP`.
    """
    parts, _ = _spoken(samples)
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
        windows.append(Window(first, low, high))
    return tuple(windows)


Span = tuple[int, int]  # (start, end) in samples


def _spoken(samples: Wave) -> tuple[list[Span], list[Span]]:
    """The parts in which something is said, and the clicks: what is as loud, but shorter than `SHORTEST`.

    How loud speech is at its loudest is asked again without the clicks that were found: a pop of the microphone may be
    much louder than the word after it.
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
        spans = [(int(group[0]) * HOP, (int(group[-1]) + 1) * HOP) for group in groups]
        short = [(start, end) for start, end in spans if end - start < SHORTEST * RATE]
        if not short:
            return spans, clicks
        for start, end in short:
            loud[start // HOP : end // HOP] = FLOOR_DB
        clicks += short
    return [], clicks


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
