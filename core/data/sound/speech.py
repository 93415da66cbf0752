"""The speech that the Voice demo learns from: synthetic, Speech Commands, its mini set, and the user's own words.

Sound stays 16-bit as it was published; features are the business of the demo. Here the sets are put together; where
their clips come from is in `speech_synthesis`, `speech_folders` and `own_words`; which sets there are, in the registry.
"""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import kept, settings
from core.data import registry
from core.data.fetch.download import Cancelled, Progress, ShouldStop, storing
from core.data.registry import CORE_WORDS as CORE_WORDS
from core.data.registry import MINI_WORDS as MINI_WORDS
from core.data.registry import OTHER_WORDS as OTHER_WORDS
from core.data.sound import audio, own_words, speech_folders, speech_synthesis
from core.data.sound.speech_synthesis import Sound
from core.errors import DataUnavailableError, InvalidSettingError

UNKNOWN, SILENCE = own_words.RESERVED  # the last two classes of every set
NUM_SYNTHETIC = 100  # training clips a word
UNKNOWN_FACTOR = 2  # unknown has so many times the clips of a word: it is many words
CLIPS_A_WORD = {"mini_speech_commands": (800, 100, 100), "speech_commands": (3_080, 370, 410)}  # mean of its words
OWN_COPIES = 20  # of each own recording in training, each a little different
DECODED_TOGETHER = 1_000  # clips of 32 kB
SEED = 20_240_917

SPLITS = speech_folders.SPLITS
Labels = npt.NDArray[np.int64]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpeechSet:
    """Clips int16 (N, 16000) at 16 kHz and labels int64 (N,), indices into `classes`. Arrays may not be writable."""

    train_waves: Sound
    train_labels: Labels
    validation_waves: Sound
    validation_labels: Labels
    test_waves: Sound
    test_labels: Labels
    classes: tuple[str, ...]  # the words, then "unknown" and "silence"
    name: str  # completes "300 … test clips": "synthetic"
    notices: tuple[str, ...] = ()  # what was left out and changed of a folder


Part = tuple[Sound, Labels]


def load(source: str, words: Sequence[str] = CORE_WORDS, recordings: str = "") -> SpeechSet:
    """A set in its fixed splits, in which no speaker is in two of them.

    What has to be made or decoded first is kept for the next time: the first call takes up to a minute for synthetic
    speech and some minutes for all of Speech Commands.

    Args:
        source: a sound set of the registry; of "own_words", words that Speech Commands has are synthetic and others
            are the user's recordings.
        words: those that are told apart; the others that the set has are "unknown".
        recordings: of "own_words", which recordings, from `own_words.pinned`; empty: all that there are.

    Raises:
        DataUnavailableError: the set is not on this machine, or is damaged.
        InvalidSettingError: the set has no such word, or fewer than two or all of them are asked for.
        NotFoundError: there is no such set.
    """
    words = tuple(words)
    require(source, words, recordings)
    match source:
        case "synthetic_speech":
            return _synthetic(words)
        case "own_words":
            return _with_own(words, recordings)
        case "mini_speech_commands" | "speech_commands":
            return _from_folder(source, words)
    raise AssertionError(source)


def require(source: str, words: Sequence[str], recordings: str = "") -> None:
    """Raise what `load` raises, at once: looks at names of files only. Synthetic speech need not have been made yet."""
    data_set = registry.find(source, "sound")
    if len(set(words)) < 2 or len(set(words)) != len(words):
        raise InvalidSettingError(f"The words to learn are {', '.join(words) or 'none'}; choose at least two.")
    if reserved := [word for word in words if own_words.is_reserved(word)]:
        raise InvalidSettingError(
            f"{_quoted(reserved)} cannot be a word to learn: every network has the answers “{UNKNOWN}” and “{SILENCE}” "
            "already. Leave it out, and record the word under another name."
        )
    if source in CLIPS_A_WORD:
        data_set.place()
    if not set(data_set.classes) - set(words):
        raise InvalidSettingError("All words that there are are to be learned; leave one out to stand for “unknown”.")
    if source == "own_words":
        _require_recordings(own_among(words), recordings)
    elif source in CLIPS_A_WORD:
        _require_folder(source, words)


def sizes(source: str, words: Sequence[str], recordings: str = "") -> tuple[int, int, int]:
    """Clips to train, validate and test with, whether they are here or not; of recorded sets about so many."""
    if source in CLIPS_A_WORD:
        unknown = min(UNKNOWN_FACTOR, len(set(registry.find(source).classes) - set(words)))
        train, validation, test = ((len(words) + unknown + 1) * count for count in CLIPS_A_WORD[source])
        return train, validation, test
    own = own_among(words) if source == "own_words" else ()
    known = [word for word in words if word not in own]
    plan = [count for _, count in synthetic_plan(known)] + [NUM_SYNTHETIC]  # and of silence
    kept = {"train": OWN_COPIES, "validation": 1, "test": 1}
    train, validation, test = (
        sum(speech_synthesis.counts(count)[split] for count in plan)
        + kept[split] * sum(one.split == split for word in own for one in own_words.examples(word, recordings))
        for split in SPLITS
    )
    return train, validation, test


def own_among(words: Sequence[str]) -> tuple[str, ...]:
    """Those of the words that only recordings of the user can teach."""
    return tuple(word for word in words if word not in (*CORE_WORDS, *OTHER_WORDS))


def synthetic_plan(words: Sequence[str] = CORE_WORDS) -> list[tuple[str, int]]:
    """The words to be spoken, each with its number of training clips: the others make up "unknown"."""
    others = [word for word in (*CORE_WORDS, *OTHER_WORDS) if word not in words]
    each = -(-UNKNOWN_FACTOR * NUM_SYNTHETIC // len(others))
    return [(word, NUM_SYNTHETIC) for word in words] + [(word, each) for word in others]


def synthetic_is_here(words: Sequence[str] = CORE_WORDS) -> bool:
    """Whether all of it has been spoken already."""
    return all(speech_synthesis.path_of(*one).exists() for one in synthetic_plan(words))


def speak_all(progress: Progress, should_stop: ShouldStop) -> None:
    """Make the synthetic speech of the core words; `progress` counts clips; raises `Cancelled`."""
    if not speech_synthesis.make(synthetic_plan(), progress=progress, should_stop=should_stop):
        raise Cancelled


def _synthetic(words: tuple[str, ...]) -> SpeechSet:
    wanted = synthetic_plan(words)
    speech_synthesis.make(wanted, progress=lambda done, total: None, should_stop=lambda: False)
    parts = {}
    for split in SPLITS:
        clips = [(speech_synthesis.clips(word, count, split), index) for index, (word, count) in enumerate(wanted)]
        quiet = speech_synthesis.silence(split, speech_synthesis.counts(NUM_SYNTHETIC)[split])
        groups = [(sound, min(index, len(words))) for sound, index in clips]
        parts[split] = _joined([*groups, (quiet, len(words) + 1)])
    return _set(parts, words, name="synthetic")


def _with_own(words: tuple[str, ...], recordings: str) -> SpeechSet:
    """Synthetic speech of the words that Speech Commands has, and the user's recordings of the others.

    Of five recordings three are trained with, one validates and one tests.
    """
    own = own_among(words)
    common = tuple(word for word in words if word not in own)
    base = _synthetic(common)
    to_own_place = np.array([words.index(word) for word in common] + [len(words), len(words) + 1])
    parts = {}
    for split in SPLITS:
        waves, labels = [getattr(base, f"{split}_waves")], [to_own_place[getattr(base, f"{split}_labels")]]
        for word in own:
            clips = _own_clips(word, split, recordings)
            waves.append(clips)
            labels.append(np.full(len(clips), words.index(word)))
        parts[split] = (np.concatenate(waves), np.concatenate(labels).astype(np.int64))
    return _set(parts, words, name="synthetic and own")


def _require_recordings(own: Sequence[str], recordings: str) -> None:
    if gone := [word for word in own if own_words.gone(word, recordings)]:
        raise DataUnavailableError(
            f"Recordings of {_quoted(gone)} that this run learns from were deleted. They can be brought back for a day "
            "on the page Voice, view Train. Or clone the run: the copy learns from those that there are now."
        )
    lacking = [word for word in own if own_words.lacking(word, recordings)]
    if lacking or not own:
        raise DataUnavailableError(
            f"{_quoted(lacking)} has too few recordings to train, validate and test: at least "
            f"{own_words.MIN_EXAMPLES} are needed. Record more on the page Voice, view Train, or leave the word out."
            if lacking
            else "There is no word of your own among the words to learn. Record one on the page Voice, view Train, and "
            "choose it, or choose other data."
        )


def _own_clips(word: str, split: str, recordings: str) -> Sound:
    kept = own_words.clips(word, split, recordings)
    if split != "train":
        return kept
    rng = np.random.RandomState(SEED)
    return np.stack([_varied(clip, rng) for clip in kept for _ in range(OWN_COPIES)])


def _varied(clip: Sound, rng: np.random.RandomState) -> Sound:
    """The same word a little faster or slower, louder or softer, earlier or later, in a little more noise."""
    wave = audio.with_speed(audio.from_int16(clip), round(rng.uniform(0.88, 1.14), 2))
    wave = audio.with_gain(wave, rng.uniform(-8, 6))
    wave = np.roll(np.pad(wave, (0, max(0, audio.WINDOW - len(wave))))[: audio.WINDOW], int(rng.normal(0, 800)))
    return audio.to_int16(audio.with_noise(wave, rng.uniform(-75, -45), seed=int(rng.randint(2**31))))


def _require_folder(source: str, words: Sequence[str]) -> None:
    folder = registry.find(source).place()
    there = speech_folders.words_in(folder)
    if lacking := [word for word in words if word not in there]:
        raise InvalidSettingError(f"{folder.name} has no {_quoted(lacking)}; it has {', '.join(there)}.")
    others = [word for word in there if word not in words]
    if empty := [word for word in words if not speech_folders.has_clips(folder / word)]:
        raise DataUnavailableError(f"{folder} has no clip of {_quoted(empty)}. Get the data set again.")
    if not any(speech_folders.has_clips(folder / word) for word in others):
        raise DataUnavailableError(
            f"{folder} has clips of {_quoted(words)} alone, so none would stand for “{UNKNOWN}”. Leave one of these "
            "words out, or get the data set again."
        )


def _from_folder(source: str, words: tuple[str, ...]) -> SpeechSet:
    """A recorded set; decoded once into a few large files, which are then mapped, not read."""
    folder = registry.find(source).place()
    there = speech_folders.words_in(folder)
    of_these = kept.key(json.dumps([str(folder), words]).encode())
    decoded = settings.home() / "speech" / "decoded" / f"{of_these}-{speech_folders.stamp(folder, there)[:16]}"
    if not _is_whole(decoded):
        with kept.locked(settings.home() / "speech" / ".decoding.lock"):
            if not _is_whole(decoded):  # another process was not faster
                _decode(folder, words, there, decoded)
    parts = {
        split: (np.load(decoded / f"{split}_waves.npy", mmap_mode="r"), np.load(decoded / f"{split}_labels.npy"))
        for split in SPLITS
    }
    name = "Speech Commands v0.02" if source == "speech_commands" else "mini Speech Commands"
    told = json.loads(kept.read(_told(decoded)) or b"{}")
    return replace(_set(parts, words, name=name), notices=speech_folders.sentences(told))


def _told(decoded: Path) -> Path:
    """Where it is written what was counted when a folder was decoded."""
    return decoded.parent.with_name("told") / f"{decoded.name}.json"


def _is_whole(decoded: Path) -> bool:
    return all(kept.is_sealed(decoded / f"{split}_{kind}.npy") for split in SPLITS for _, kind in _KINDS)


def _decode(folder: Path, words: tuple[str, ...], there: Sequence[str], decoded: Path) -> None:
    """Write the arrays of all splits into a temporary folder and give it its name at the end."""
    temporary = decoded.with_name(f"{decoded.name}.part")
    rng = np.random.RandomState(SEED)
    if decoded.exists():
        _log.warning("%s is not what was kept, and is made again.", decoded)
    with storing(decoded), _emptied(decoded, temporary):
        told: Counter[str] = Counter()
        listed = speech_folders.listed(folder, there, told)
        _require_enough(folder, listed, words, told)
        for split, files in listed.items():
            paths, labels, quiet = _chosen(files, words, rng)
            labels += [len(words) + 1] * quiet
            silence = _quiet(folder, split, quiet, rng)
            kept.write_sealed(temporary / f"{split}_waves.npy", _file_of_clips(paths, silence, told))
            kept.write_sealed(temporary / f"{split}_labels.npy", [kept.array_bytes(np.array(labels, dtype=np.int64))])
        kept.write(_told(decoded), json.dumps(told).encode())
        temporary.replace(decoded)
        kept.sync(decoded.parent)


@contextmanager
def _emptied(decoded: Path, temporary: Path) -> Iterator[None]:
    """Nothing in either place before, also of a process that was killed; and after an error nothing half done.

    What was decoded of the same folder before it changed goes as well: it is as large, and nobody asks for it again.
    """
    for path in decoded.parent.glob(f"{decoded.name.partition('-')[0]}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    try:
        yield
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _file_of_clips(paths: Sequence[Path], silence: Sound, told: Counter[str]) -> Iterator[bytes | memoryview]:
    """The parts of a .npy file of decoded clips with silence after them: all of them at once fit into no memory."""
    shape = (len(paths) + len(silence), audio.WINDOW)
    header = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(silence.dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, described)
    yield header.getvalue()
    for start in range(0, len(paths), DECODED_TOGETHER):
        some = paths[start : start + DECODED_TOGETHER]
        clips = np.empty((len(some), audio.WINDOW), np.int16)
        told.update(speech_folders.read_clips(some, clips))
        yield clips.data
    yield silence.data


def _chosen(
    files: dict[str, list[Path]], words: tuple[str, ...], rng: np.random.RandomState
) -> tuple[list[Path], list[int], int]:
    """Files and labels of the words and of a fair number of others, and how many seconds of silence belong to them."""
    paths = [path for word in words for path in files[word]]
    labels = [index for index, word in enumerate(words) for _ in files[word]]
    mean = max(1, round(len(paths) / len(words)))
    others = [path for word, of_word in files.items() if word not in words for path in of_word]
    picked = [others[index] for index in sorted(rng.permutation(len(others))[: UNKNOWN_FACTOR * mean])]
    return paths + picked, labels + [len(words)] * len(picked), mean


def _quiet(folder: Path, split: str, count: int, rng: np.random.RandomState) -> Sound:
    if speech_folders.has_clips(folder / speech_folders.NOISE):
        return speech_folders.silences(folder, split, count, rng)
    return speech_synthesis.silence(split, count)  # the mini set comes without noise


@dataclass(frozen=True)
class Tested:
    """What a model is measured on, with every file of its folder accounted for."""

    waves: Sound
    labels: Labels  # unknown and silence after the words
    name: str
    told: Mapping[str, int]  # by `speech_folders.TOLD`, and "found" files and those "of_other_splits"


def test_clips(words: Sequence[str] = CORE_WORDS) -> tuple[Sound, Labels, str]:
    """Clips, labels and name of what `tested` gives."""
    found = tested(words)
    return found.waves, found.labels, found.name


def tested(words: Sequence[str] = CORE_WORDS) -> Tested:
    """What a model is measured on: the official test set where it is here, else the test split of Speech Commands.

    The folder may be the data folder that holds a set in its canonical layout, or a set's own folder.

    Raises:
        DataUnavailableError: neither is in the data folder, or it is damaged, or a word has no clip to test with.
    """
    words, data = tuple(words), settings.data_folder()
    official, full = registry.SPEECH_TEST.folder, registry.find("speech_commands").origin.folder
    for folder in (data / official, data):
        if (folder / speech_folders.UNKNOWN).is_dir() and (folder / speech_folders.SILENCE).is_dir():
            return _official(folder, words)
    lacking: tuple[str, ...] = words
    for folder in (data / full, data):
        there = speech_folders.words_in(folder)
        if set(words) <= set(there):
            return _test_split(folder, words, there)
        lacking = min(lacking, tuple(word for word in words if word not in there), key=len)
    but = f", and no clips of {_quoted(lacking)}" if len(lacking) < len(words) else ""
    raise DataUnavailableError(
        f"{data} holds neither {official} nor {full}{but}. Give the folder that holds one of them, with a folder of "
        "sound files for each word."
    )


def _official(folder: Path, words: tuple[str, ...]) -> Tested:
    told: Counter[str] = Counter()
    paths, labels = speech_folders.official_test(folder, words, told)
    waves = np.empty((len(paths), audio.WINDOW), np.int16)
    told["found"] = len(paths) + told["hidden"] + told["no_sound"]
    told.update(speech_folders.read_clips(paths, waves))
    return Tested(waves, labels, f"{len(paths):,} clips of the Speech Commands v0.02 12-class test set", told)


def _test_split(folder: Path, words: tuple[str, ...], there: Sequence[str]) -> Tested:
    told: Counter[str] = Counter()
    listed = speech_folders.listed(folder, there, told)
    sizes = {split: sum(map(len, files.values())) for split, files in listed.items()}
    told["found"] = sum(sizes.values()) + told["hidden"] + told["no_sound"]
    told["of_other_splits"] = sizes["train"] + sizes["validation"]
    files = listed["test"]
    _require_enough(folder, {"test": files}, words, told)
    rng = np.random.RandomState(SEED)
    paths, known, quiet = _chosen(files, words, rng)
    told["others"] = sizes["test"] - len(paths)
    waves = np.empty((len(paths) + quiet, audio.WINDOW), np.int16)
    told.update(speech_folders.read_clips(paths, waves[: len(paths)]))
    waves[len(paths) :] = _quiet(folder, "test", quiet, rng)
    labels = np.array(known + [len(words) + 1] * quiet, dtype=np.int64)
    return Tested(waves, labels, f"{len(waves):,} clips of the test split in {folder.name}", told)


def _require_enough(
    folder: Path, listed: Mapping[str, Mapping[str, Sequence[Path]]], words: Sequence[str], told: Mapping[str, int]
) -> None:
    """Raise `DataUnavailableError` where a word has no clip in a split: its figures would mean nothing."""
    for split, files in listed.items():
        if lacking := [word for word in words if not files[word]]:
            purpose = {"train": "learn from", "validation": "validate with", "test": "test with"}[split]
            left = " ".join(speech_folders.sentences(told))
            raise DataUnavailableError(
                f"{folder} has no clip of {_quoted(lacking)} to {purpose}. {left}{' ' * bool(left)}"
                f"{' and '.join(speech_folders.LISTS.values())} say which clips validate and test, one a line, as "
                "yes/name.wav; without them the part of a name before “_nohash_” decides, which is the speaker."
            )


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def _joined(groups: Sequence[tuple[Sound, int]]) -> Part:
    waves = np.concatenate([sound for sound, _ in groups])
    return waves, np.repeat([label for _, label in groups], [len(sound) for sound, _ in groups]).astype(np.int64)


def _set(parts: dict[str, Part], words: Sequence[str], *, name: str) -> SpeechSet:
    arrays = {f"{split}_{kind}": part[index] for split, part in parts.items() for index, kind in _KINDS}
    return SpeechSet(**arrays, classes=(*words, UNKNOWN, SILENCE), name=name)  # type: ignore[arg-type]


_KINDS = ((0, "waves"), (1, "labels"))
