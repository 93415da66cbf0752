"""Recorded speech in its canonical layouts: which files a folder holds, how they are split, and reading them.

The layouts are those of Speech Commands (P. Warden 2018, arXiv:1804.03209): `speech_commands_v0.02/WORD/*.wav` with
`validation_list.txt`, `testing_list.txt` and `_background_noise_/`; `mini_speech_commands/WORD/*.wav`, split by the
speaker's hash; and the official test set's `WORD/*.wav` with `_unknown_/` and `_silence_/`. Own folders of these
layouts may hold sound of any format that the studio reads, in folders within a word's folder too, of any length. What
is left out and what was changed is counted, in a `Counter` by the keys of `TOLD`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from core.data.formats import suffixes
from core.data.sound import audio, sound_file
from core.data.sound.speech_synthesis import Sound
from core.errors import DataUnavailableError, InvalidInputError

NOISE, UNKNOWN, SILENCE = "_background_noise_", "_unknown_", "_silence_"
SPLITS = ("train", "validation", "test")
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
SUFFIXES = tuple(f".{suffix}" for suffix in suffixes(sound_file.FORMATS))
MOST_NOISE = 600.0  # seconds of a file of noise
THREADS = 4
MAX_CLIPS_PER_CLASS = 2**27 - 1  # of the publisher's rule, not a limit here
TOLD = {  # what is counted → how it is said
    "hidden": "{:,} hidden files, whose names begin with a dot, were left out.",
    "no_sound": "{:,} files that are no sound by their names were left out.",
    "missing": f"{{:,}} files that {' and '.join(LISTS.values())} name are not there.",
    "others": "{:,} clips of other words were left out: “unknown” has at most twice as many as a word.",
    "longer": "Of {:,} clips that are longer than a second the loudest second was taken.",
    "shorter": "{:,} clips that are shorter than a second were filled up with silence.",
    "converted": "{:,} clips of another format, rate or number of channels were converted.",
}
LEFT_OUT = ("hidden", "no_sound", "missing", "others")
USUAL = ("others", "shorter")  # in the published sets too


def sentences(told: Mapping[str, int]) -> tuple[str, ...]:
    """What people are told of a folder that is not as the published ones are."""
    return tuple(said.format(told[kind]) for kind, said in TOLD.items() if told.get(kind) and kind not in USUAL)


def accounted(told: Mapping[str, int]) -> dict[str, Any]:
    """The same for a program: what was found, left out and changed, JSON-ready."""
    return {
        "files": {kind: count for kind, count in told.items() if kind not in TOLD and count},
        "left_out": {kind: told[kind] for kind in LEFT_OUT if told.get(kind)},
        "changed": {kind: told[kind] for kind in TOLD if kind not in LEFT_OUT and told.get(kind)},
        "notices": list(sentences(told)),
    }


def words_in(folder: Path) -> list[str]:
    """The words of a folder, in alphabetical order."""
    if not folder.is_dir():
        return []
    return sorted(place.name for place in folder.iterdir() if place.is_dir() and not place.name.startswith(("_", ".")))


def has_clips(place: Path) -> bool:
    """Whether a word's folder holds a sound file."""
    return next(_sounds(place, Counter()), None) is not None


def sounds_in(place: Path, told: Counter[str]) -> list[Path]:
    """The sound files of a folder and of those within it, in order; the others are counted."""
    return sorted(_sounds(place, told))


def _sounds(place: Path, told: Counter[str]) -> Iterator[Path]:
    for folder, inner, names in os.walk(place):
        inner[:] = [name for name in inner if not name.startswith((".", "__MACOSX"))]
        for name in names:
            if name.startswith("."):
                told["hidden"] += 1
            elif name.lower().endswith(SUFFIXES):
                yield Path(folder, name)
            else:
                told["no_sound"] += 1


def stamp(folder: Path, words: Sequence[str]) -> str:
    """What changes whenever a file of a folder is added, removed or written again: folders do not show the last."""
    digest = hashlib.sha256()
    files = (path for name in (*words, NOISE) for path in sounds_in(folder / name, Counter()))
    for path in (*files, *(folder / name for name in LISTS.values())):
        if path.is_file():
            state = path.stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_ctime_ns}\n".encode())
    return digest.hexdigest()


def split_of(name: str) -> str:
    """The split of a file by its speaker: the publisher's own rule, so that a speaker is in one split only.

    Source: `which_set` in the README of Speech Commands v0.02; 10 % validation, 10 % test.
    """
    speaker = re.sub(r"_nohash_.*$", "", Path(name).stem)
    digest = int(hashlib.sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percentage = digest % (MAX_CLIPS_PER_CLASS + 1) * (100.0 / MAX_CLIPS_PER_CLASS)
    return "validation" if percentage < 10 else "test" if percentage < 20 else "train"


def listed(folder: Path, words: Sequence[str], told: Counter[str] | None = None) -> dict[str, dict[str, list[Path]]]:
    """Split → word → its files: by the lists that come with the folder, or by the speaker's hash without them.

    Args:
        told: counts what is left out.
    """
    told = Counter() if told is None else told
    lists = {name: split for split in LISTS for name in _names(folder / LISTS[split], words)}
    named = set()
    found: dict[str, dict[str, list[Path]]] = {split: {word: [] for word in words} for split in SPLITS}
    for word in words:
        for path in sounds_in(folder / word, told):
            names = {_key(word, *path.relative_to(folder / word).parts), _key(word, path.name)} & lists.keys()
            named |= names
            split = lists[names.pop()] if names else "train" if lists else split_of(path.name)
            found[split][word].append(path)
    told["missing"] += len(lists.keys() - named)
    return found


def _key(*parts: str) -> str:
    """A file as lists name it; they may have been written for another format, or where case does not matter."""
    whole = "/".join(parts).casefold()
    return next((whole.removesuffix(suffix) for suffix in SUFFIXES if whole.endswith(suffix)), whole)


def _names(path: Path, words: Sequence[str]) -> Iterator[str]:
    """The files that a list names, one a line, also one that was written on Windows, or with the folder before them."""
    if not path.is_file():
        return
    content = path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for line in content.decode(encoding, errors="replace").splitlines():
        parts = [part for part in re.split(r"[\\/]", line.strip().strip("\"'")) if part not in ("", ".")]
        if parts:
            yield _key(*parts[max((at for at, part in enumerate(parts[:-1]) if part in words), default=0) :])


def read_clips(paths: Sequence[Path], into: Sound) -> Counter[str]:
    """Read files into the rows of `into`, (N, 16000) int16, and count what had to be changed.

    Shorter ones are padded at the end; of longer ones the loudest second is taken, as of a recording on the page.

    Raises:
        DataUnavailableError: a file is damaged, or outside the limits of `core.data.sound.sound_file`.
    """
    into[:] = 0
    told: Counter[str] = Counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for index, (samples, is_converted) in enumerate(pool.map(_read, paths, chunksize=1)):
            told["converted"] += is_converted
            told["shorter"] += len(samples) < audio.WINDOW
            told["longer"] += len(samples) > audio.WINDOW
            start = max(0, audio.loudest_window(audio.from_int16(samples)).start) if len(samples) > audio.WINDOW else 0
            second = samples[start : start + audio.WINDOW]
            into[index, : len(second)] = second
    return told


def _read(path: Path, most: float = sound_file.MAX_SECONDS) -> tuple[Sound, bool]:
    """The samples of a file at 16 kHz, and whether it had others: 16-bit ones are taken bit for bit."""
    try:
        with soundfile.SoundFile(path) as file:
            is_plain = (file.samplerate, file.channels, file.subtype) == (audio.RATE, 1, "PCM_16")
            if is_plain and 0 < file.frames <= most * audio.RATE:
                return file.read(dtype="int16"), False
    except (soundfile.SoundFileError, OSError):
        pass  # another reader may know it, or says what is wrong
    try:
        content = path.read_bytes()
        return audio.to_int16(audio.read_sound(content, name=path.name, most=most).samples), True
    except InvalidInputError as error:
        raise DataUnavailableError(
            f"{path} is damaged or no clip: {error} Remove this file, or get the data set again."
        ) from error
    except OSError as error:
        raise DataUnavailableError(f"{path} cannot be read: {error.strerror or error}. Remove this file.") from error


def silences(folder: Path, split: str, count: int, rng: np.random.RandomState) -> Sound:
    """(count, 16000) seconds of the background noise that comes with a folder, at all levels.

    The first 80 % of each noise file are for training, then 10 % each for validation and test.
    """
    noises = [_read(path, MOST_NOISE)[0] for path in sounds_in(folder / NOISE, Counter())]
    low, high = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}[split]
    made = np.zeros((count, audio.WINDOW), np.int16)
    for row in made:
        noise = noises[rng.randint(len(noises))]
        first, last = int(low * len(noise)), int(high * len(noise)) - audio.WINDOW
        start = rng.randint(first, max(last, first) + 1)
        part = noise[start : start + audio.WINDOW]
        row[: len(part)] = (part * rng.uniform(0, 1)).astype(np.int16)
    return made


def official_test(
    folder: Path, words: Sequence[str], told: Counter[str] | None = None
) -> tuple[list[Path], npt.NDArray[np.int64]]:
    """Files and labels of the official test set: the words in their order, then unknown and silence.

    Args:
        told: counts what is left out.
    """
    told = Counter() if told is None else told
    names = [*words, UNKNOWN, SILENCE]
    groups = [sounds_in(folder / name, told) for name in names]
    empty = [name for name, group in zip(names, groups, strict=True) if not group]
    if empty:
        raise DataUnavailableError(
            f"{folder} lacks {', '.join(empty)}: the official test set has a folder with sound files for each. "
            "Unpack speech_commands_test_set_v0.02.tar.gz there."
        )
    labels = np.repeat(np.arange(len(names)), [len(group) for group in groups])
    return [path for group in groups for path in group], labels
