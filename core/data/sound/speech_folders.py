"""Recorded speech in its canonical layouts: which files a folder holds, how they are split, and reading them.

The layouts are those of Speech Commands (P. Warden 2018, arXiv:1804.03209): `speech_commands_v0.02/WORD/*.wav` with
`validation_list.txt`, `testing_list.txt` and `_background_noise_/`; `mini_speech_commands/WORD/*.wav`, split by the
speaker's hash; and the official test set's `WORD/*.wav` with `_unknown_/` and `_silence_/`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from core.data.sound import audio
from core.data.sound.speech_synthesis import Sound
from core.errors import DataUnavailableError

NOISE, UNKNOWN, SILENCE = "_background_noise_", "_unknown_", "_silence_"
SPLITS = ("train", "validation", "test")
THREADS = 4
MAX_CLIPS_PER_CLASS = 2**27 - 1  # of the publisher's rule, not a limit here


def words_in(folder: Path) -> list[str]:
    """The words of a folder, in alphabetical order."""
    if not folder.is_dir():
        return []
    return sorted(place.name for place in folder.iterdir() if place.is_dir() and not place.name.startswith(("_", ".")))


def has_clips(place: Path) -> bool:
    """Whether a word's folder holds a sound file."""
    return any(place.glob("*.wav"))


def split_of(name: str) -> str:
    """The split of a file by its speaker: the publisher's own rule, so that a speaker is in one split only.

    Source: `which_set` in the README of Speech Commands v0.02; 10 % validation, 10 % test.
    """
    speaker = re.sub(r"_nohash_.*$", "", Path(name).stem)
    digest = int(hashlib.sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percentage = digest % (MAX_CLIPS_PER_CLASS + 1) * (100.0 / MAX_CLIPS_PER_CLASS)
    return "validation" if percentage < 10 else "test" if percentage < 20 else "train"


def listed(folder: Path, words: Sequence[str]) -> dict[str, dict[str, list[Path]]]:
    """Split → word → its files: by the lists that come with the folder, or by the speaker's hash without them."""
    lists = {}
    for split, name in (("validation", "validation_list.txt"), ("test", "testing_list.txt")):
        if (folder / name).is_file():
            lists.update(dict.fromkeys((folder / name).read_text().split(), split))
    found: dict[str, dict[str, list[Path]]] = {split: {word: [] for word in words} for split in SPLITS}
    for word in words:
        for path in sorted((folder / word).glob("*.wav")):
            split = lists.get(f"{word}/{path.name}", "train") if lists else split_of(path.name)
            found[split][word].append(path)
    return found


def read_clips(paths: Sequence[Path], into: Sound) -> None:
    """Read files of a second each into the rows of `into`, (N, 16000) int16; shorter ones are padded at the end.

    Raises:
        DataUnavailableError: a file is damaged, or is not 16 kHz mono.
    """
    into[:] = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for index, samples in enumerate(pool.map(_read, paths, chunksize=1)):
            into[index, : min(len(samples), audio.WINDOW)] = samples[: audio.WINDOW]


def _read(path: Path) -> Sound:
    try:
        samples, rate = soundfile.read(path, dtype="int16")
    except (soundfile.SoundFileError, OSError) as error:
        raise DataUnavailableError(
            f"{path} is damaged and cannot be read. Get the data set again, or remove this file."
        ) from error
    if rate != audio.RATE or samples.ndim != 1:
        raise DataUnavailableError(
            f"{path} has {rate:,} Hz and {samples.ndim if samples.ndim == 1 else samples.shape[1]} channels; the data "
            "set's files have 16,000 Hz and one channel. Get the data set again, or remove this file."
        )
    return samples


def silences(folder: Path, split: str, count: int, rng: np.random.RandomState) -> Sound:
    """(count, 16000) seconds of the background noise that comes with a folder, at all levels.

    The first 80 % of each noise file are for training, then 10 % each for validation and test.
    """
    files = sorted((folder / NOISE).glob("*.wav"))
    noises = [_read(path) for path in files]
    low, high = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}[split]
    made = np.zeros((count, audio.WINDOW), np.int16)
    for row in made:
        noise = noises[rng.randint(len(noises))]
        first, last = int(low * len(noise)), int(high * len(noise)) - audio.WINDOW
        start = rng.randint(first, max(last, first) + 1)
        part = noise[start : start + audio.WINDOW]
        row[: len(part)] = (part * rng.uniform(0, 1)).astype(np.int16)
    return made


def official_test(folder: Path, words: Sequence[str]) -> tuple[list[Path], npt.NDArray[np.int64]]:
    """Files and labels of the official test set: the words in their order, then unknown and silence."""
    names = [*words, UNKNOWN, SILENCE]
    groups = [sorted((folder / name).glob("*.wav")) for name in names]
    empty = [name for name, group in zip(names, groups, strict=True) if not group]
    if empty:
        raise DataUnavailableError(
            f"{folder} lacks {', '.join(empty)}: the official test set has a folder with .wav files for each. "
            "Unpack speech_commands_test_set_v0.02.tar.gz there."
        )
    labels = np.repeat(np.arange(len(names)), [len(group) for group in groups])
    return [path for group in groups for path in group], labels
