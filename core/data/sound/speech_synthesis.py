"""Synthetic speech: words spoken by eSpeak NG in many voices, made once on this machine and kept.

Here: the voices, which utterance has which voice, speed and pitch, and the kept files. The library itself speaks in a
process of its own (`core.data.sound.espeak`). What is made here is called synthetic wherever it is shown.
"""

from __future__ import annotations

import json
import logging
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import core
from core import kept, settings
from core.data.fetch.download import Progress, ShouldStop
from core.data.sound import audio
from core.errors import DataUnavailableError

ESPEAK_RATE = 22_050  # Hz
VERSION = 1  # of the recipe below: another one is kept under another name
ACCENTS = (
    "en-us",
    "en",
    "en-gb-x-rp",
    "en-us-nyc",
    "en-gb-scotland",
    "en-029",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
)
# Variants that sound like people; a variant is a speaker, and a speaker is in one split only.
SPEAKERS = {
    "train": (
        *("m1", "m2", "m3", "m4", "m5", "m6", "f1", "f2", "f3", "Alicia", "Andy", "Gene", "Lee", "Michael", "adam"),
        *("anika", "belinda", "benjamin", "david", "edward", "john", "linda", "paul", "steph", "grandma", "max"),
    ),
    "validation": ("m7", "f4", "Annie", "Mike", "caleb", "shelby"),
    "test": ("m8", "f5", "Andrea", "Denis", "robert", "steph2", "quincy", "travis"),
}
SPLITS = tuple(SPEAKERS)
SIZES = {"train": 1.0, "validation": 0.2, "test": 0.3}  # of the number of training clips

Sound = npt.NDArray[np.int16]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Utterance:
    """A word to be spoken, and how."""

    text: str
    voice: str
    rate: int  # words a minute
    pitch: int  # 0 to 99


def counts(num_train: int) -> dict[str, int]:
    """Clips in each split for so many training clips."""
    return {split: max(1, round(size * num_train)) for split, size in SIZES.items()}


def plan(word: str, split: str, count: int) -> list[Utterance]:
    """Which voices say a word: the same for ever, a different speaker, accent, speed and pitch in each."""
    rng = _random(f"{word}/{split}")
    voices = [f"{accent}+{speaker}" for accent in ACCENTS for speaker in SPEAKERS[split]]
    order = [voices[index] for index in rng.permutation(len(voices))]
    return [
        Utterance(
            word,
            order[index % len(order)],
            rate=int(rng.randint(110, 221)),
            pitch=int(np.clip(rng.normal(50, 18), 5, 95)),
        )
        for index in range(count)
    ]


def speak(utterances: Sequence[Utterance]) -> Generator[audio.Wave]:
    """Each utterance as a sound at 16 kHz, without the silence around it.

    Raises:
        DataUnavailableError: eSpeak NG does not run here.
    """
    with _espeak() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for utterance in utterances:
            process.stdin.write(json.dumps(utterance.__dict__).encode() + b"\n")
            process.stdin.flush()
            header = process.stdout.read(4)
            if len(header) < 4:
                raise DataUnavailableError(_not_here("it ended without an answer"))
            (length,) = struct.unpack("<i", header)
            samples = np.frombuffer(process.stdout.read(2 * length), "<i2")
            yield _trimmed(audio.resampled(audio.from_int16(samples), ESPEAK_RATE, audio.RATE))


@contextmanager
def _espeak() -> Iterator[subprocess.Popen[bytes]]:
    """The speaking program, ended at the end."""
    path = os.pathsep.join(filter(None, [str(Path(core.__file__).parent.parent), os.environ.get("PYTHONPATH")]))
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.data.sound.espeak"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
    except OSError as error:
        raise DataUnavailableError(_not_here(str(error))) from error
    try:
        yield process
    except BrokenPipeError as error:
        raise DataUnavailableError(_not_here("it ended without an answer")) from error
    finally:
        process.kill()
        process.communicate()


def _not_here(reason: str) -> str:
    return (
        f"The speech program eSpeak NG cannot speak here ({reason}). Nothing was changed. Install requirements.txt "
        "again (espeakng-loader), or choose recorded speech as data."
    )


def _trimmed(samples: audio.Wave) -> audio.Wave:
    """Without the silence at both ends."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * max(float(np.abs(samples).max(initial=0)), 1e-6))
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:1]


def placed(spoken: audio.Wave, rng: np.random.RandomState) -> Sound:
    """(16000,) a word somewhere in a second, at the level of a person near a microphone, in a quiet room."""
    word = spoken[: audio.WINDOW]
    second = np.zeros(audio.WINDOW, np.float32)
    room = audio.WINDOW - len(word)
    start = int(np.clip(room / 2 + rng.normal(0, 0.12) * audio.RATE, 0, room))
    gain = rng.uniform(-32, -14) - audio.level(word)
    second[start : start + len(word)] = audio.with_gain(word, gain)
    return audio.to_int16(audio.with_noise(second, rng.uniform(-75, -45), seed=int(rng.randint(2**31))))


def silence(split: str, count: int) -> Sound:
    """(count, 16000) seconds in which nobody speaks: noise of a room at many levels, now and then with a hum."""
    rng = _random(f"silence/{split}")
    clips = np.empty((count, audio.WINDOW), np.int16)
    time = np.arange(audio.WINDOW) / audio.RATE
    for index in range(count):
        hum = np.sin(2 * np.pi * rng.uniform(45, 300) * time) * 10 ** (rng.uniform(-80, -25) / 20)
        noise = audio.with_noise(hum.astype(np.float32), rng.uniform(-80, -20), seed=int(rng.randint(2**31)))
        clips[index] = audio.to_int16(noise)
    return clips


def _random(name: str) -> np.random.RandomState:
    """Random numbers of a name; `RandomState`, because NumPy promises its stream across versions (NEP 19)."""
    return np.random.RandomState(zlib.crc32(name.encode()))


def path_of(word: str, num_train: int) -> Path:
    """Where the clips of a word are kept, all splits one after the other."""
    return settings.home() / "speech" / f"synthetic-{VERSION}" / f"{word}-{num_train}.npy"


def make(wanted: Sequence[tuple[str, int]], *, progress: Progress, should_stop: ShouldStop) -> bool:
    """Speak what is not kept yet, or is damaged, word by word, and keep it.

    Args:
        wanted: (word, number of training clips); the other splits have their `SIZES`.
        progress: called with (clips done, clips in all).
        should_stop: asked before each clip; finished words are kept.

    Returns:
        False where it was stopped.

    Raises:
        DataUnavailableError: eSpeak NG does not run here.
        StorageError: the files cannot be written.
    """
    totals = {(word, num_train): sum(counts(num_train).values()) for word, num_train in wanted}
    missing = [one for one in wanted if not _is_whole(path_of(*one))]
    total = sum(totals.values())
    done = total - sum(totals[one] for one in missing)
    progress(done, total)
    for word, num_train in missing:
        rng = _random(f"{word}/placed")
        utterances = [one for split, count in counts(num_train).items() for one in plan(word, split, count)]
        made = np.empty((len(utterances), audio.WINDOW), np.int16)
        # a process for each word: what eSpeak NG says depends a little on what it said before
        with closing(speak(utterances)) as spoken:
            for index, sound in enumerate(spoken):
                if should_stop():
                    return False
                made[index] = placed(sound, rng)
                done += 1
                progress(done, total)
        kept.write_sealed(path_of(word, num_train), [kept.array_bytes(made)])
    progress(total, total)
    return True


def _is_whole(path: Path) -> bool:
    whole = kept.is_sealed(path)
    if not whole and path.exists():
        _log.warning("%s is not what was kept, and is made again.", path)
    return whole


def clips(word: str, num_train: int, split: str) -> Sound:
    """(n, 16000) the kept clips of a word in a split, of which `make` has seen that they are whole."""
    whole = np.load(path_of(word, num_train), mmap_mode="r")
    sizes = counts(num_train)
    start = sum(sizes[name] for name in SPLITS[: SPLITS.index(split)])
    part: Sound = whole[start : start + sizes[split]]
    return part
