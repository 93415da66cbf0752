"""The user's own words: recordings of a second each, kept on this machine, in a folder for each word.

A word's folder is named by its letters in hexadecimal, so that nothing a person types becomes part of a path. What a
recording is for (training, validation, test) is decided once, when it is kept, and stands in its name: whatever is
deleted or added later, no model is ever tested on what it has learned from.
"""

from __future__ import annotations

import shutil
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import kept, settings
from core.data import audio
from core.data.speech_synthesis import Sound
from core.errors import InvalidInputError, NotFoundError

MIN_EXAMPLES = 5
SHARES = {"train": 3, "test": 1, "validation": 1}  # of every five recordings
MAX_EXAMPLES = 100
MAX_WORDS = 20
MAX_LETTERS = 20
RESERVED = ("unknown", "silence")  # the answers that are no words


@dataclass(frozen=True)
class Example:
    """One kept recording of a word."""

    id: str
    split: str  # "train", "validation" or "test"
    samples: Sound  # (16000,)


def words() -> dict[str, int]:
    """Each word that has recordings, with their number, in alphabetical order."""
    folder = _folder()
    found = {bytes.fromhex(place.name).decode(): len(_files(place)) for place in folder.glob("*") if place.is_dir()}
    return {word: count for word, count in sorted(found.items()) if count}


def ready() -> tuple[str, ...]:
    """The words that have enough recordings to be learned."""
    return tuple(word for word in words() if not lacking(word) and not is_reserved(word))


def lacking(word: str) -> int:
    """How many recordings a word still needs before it can be learned."""
    splits = [_split_of(path) for path in _files(_place(word))]
    return max(MIN_EXAMPLES - len(splits), sum(split not in splits for split in SHARES), 0)


def check_word(text: str, *, taken: tuple[str, ...] = ()) -> str:
    """A word as it is kept: lower case, without spaces around it.

    Args:
        taken: words that can be learned without recordings.

    Raises:
        InvalidInputError: empty, too long, other characters than letters and spaces, taken, or one word too many.
    """
    word = " ".join(unicodedata.normalize("NFC", text).lower().split())
    if not word or len(word) > MAX_LETTERS or not all(letter.isalpha() or letter in " '-" for letter in word):
        raise InvalidInputError(
            f"A word has 1 to {MAX_LETTERS} letters; “{text[:40]}” has not. Type the word that you will say."
        )
    if is_reserved(word):
        raise InvalidInputError(
            f"“{word}” cannot be taught: every network has an answer of that name. Type another word."
        )
    if folded(word) in map(folded, taken):
        raise InvalidInputError(f"“{word}” needs no recordings: choose it under “Words”, or type another word here.")
    if word not in words() and len(words()) >= MAX_WORDS:
        raise InvalidInputError(f"There are {MAX_WORDS} own words already, which is the limit. Delete one first.")
    return word


def folded(word: str) -> str:
    """The letters of a word alone, whatever their case and width: two words that are the same here sound the same."""
    letters = unicodedata.normalize("NFKC", word).casefold()
    return "".join(letter for letter in letters if letter.isalpha())


def is_reserved(word: str) -> bool:
    """Whether a word would be taken for an answer that every network has: "unknown" or "silence"."""
    return folded(word) in RESERVED


def add(word: str, samples: audio.Wave) -> Example:
    """Keep the loudest second of a recording as an example of a word that `check_word` gave.

    Raises:
        InvalidInputError: nothing is heard, it is too quiet or cut off, or there are too many.
        StorageError: it cannot be written.
    """
    problem = audio.problem(samples)
    if problem is not None:
        raise InvalidInputError(f"{problem.message} This recording was not kept.")
    if len(audio.commands(samples)) > 1:
        raise InvalidInputError("More than one word was heard. Say the word once. This recording was not kept.")
    if words().get(word, 0) >= MAX_EXAMPLES:
        raise InvalidInputError(f"“{word}” has {MAX_EXAMPLES} recordings, which is enough. Delete one first.")
    second = audio.to_int16(audio.cut(samples, audio.loudest_window(samples)))
    split = _wanted([_split_of(path) for path in _files(_place(word))])
    name = f"{time.time_ns():020d}-{split}"
    kept.write(_place(word) / f"{name}.npy", kept.array_bytes(second))
    return Example(name, split, second)


def examples(word: str) -> list[Example]:
    """All kept recordings of a word, in the order they were made."""
    return [Example(path.stem, _split_of(path), np.load(path)) for path in _files(_place(word))]


def clips(word: str, split: str) -> Sound:
    """(n, 16000) int16, the recordings of a word that are for a split."""
    found = [example.samples for example in examples(word) if example.split == split]
    return np.stack(found) if found else np.empty((0, audio.WINDOW), np.int16)


def delete(word: str, example_id: str) -> None:
    """Remove one recording.

    Raises:
        NotFoundError: it is not there (any more).
    """
    path = next((path for path in _files(_place(word)) if path.stem == example_id), None)
    if path is None:
        raise NotFoundError(f"This recording of “{word}” is not there any more.")
    path.unlink()


def delete_word(word: str) -> None:
    """Remove a word with all its recordings; does nothing where there is none."""
    shutil.rmtree(_place(word), ignore_errors=True)


def _folder() -> Path:
    return settings.home() / "speech" / "own"


def _place(word: str) -> Path:
    return _folder() / word.encode().hex()


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.npy"))


def _split_of(path: Path) -> str:
    return path.stem.rpartition("-")[2]


def _wanted(splits: list[str]) -> str:
    """What the next recording is for: where the most is missing."""
    return min(SHARES, key=lambda split: (splits.count(split) + 1) / SHARES[split])
