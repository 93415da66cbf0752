"""The user's own words: recordings of a second each, kept on this machine, in a folder for each word.

A word's folder is named by its letters in hexadecimal, so that nothing a person types becomes part of a path. A
recording's name says when it was made, what it is for (training, validation, test), whose it is and what is in it. What
it is for is decided once: whatever is deleted or added later, no model is ever tested on what it has learned from.

Everybody's recordings are learned from; hearing them is for their owner alone. What is deleted can be brought back for
a day. A run learns from the recordings that there were at its start, which are `pinned` for it.
"""

from __future__ import annotations

import io
import json
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core import kept, settings
from core.data.own import ContentStore
from core.data.sound import audio
from core.data.sound.speech_synthesis import Sound
from core.errors import InvalidInputError, NotFoundError

MIN_EXAMPLES = 5
OF_FIVE = {"train": 3, "test": 1, "validation": 1}  # of every five recordings
MAX_EXAMPLES = 100
MAX_WORDS = 20
MAX_LETTERS = 20
MAX_DELETED = 1_000  # recordings that can be brought back; of more, the oldest are gone at once
KEEP_DELETED_SECONDS = 24 * 3600.0
RESERVED = ("unknown", "silence")  # the answers that are no words
NOTHING = "nothing heard"  # how people are told the second
NAME = re.compile(r"\d{20}-(train|validation|test)(?:-([0-9a-f]{16})-([0-9a-f]{16}))?")
HIDDEN = re.compile(rf"({NAME.pattern})\.(?P<when>\d{{20}})\.deleted")  # can be brought back; when, in nanoseconds


@dataclass(frozen=True)
class Example:
    """One kept recording of a word."""

    id: str
    split: str  # "train", "validation" or "test"
    owner: str  # hash of the owner's id; empty for recordings of before they had owners
    key: str  # hash of the file; empty for recordings of before it was kept

    def is_of(self, owner: str) -> bool:
        """Whether it is the recording of this owner, who alone may hear it."""
        return bool(owner) and self.owner == kept.key(owner.encode())


def words() -> dict[str, int]:
    """Each word that has recordings, with their number, in alphabetical order."""
    found = {word: len(_files(_place(word))) for word in _words()}
    return {word: count for word, count in found.items() if count}


def ready() -> tuple[str, ...]:
    """The words that have enough recordings to be learned."""
    return tuple(word for word in words() if not lacking(word) and not is_reserved(word))


def lacking(word: str, recordings: str = "") -> int:
    """How many recordings a word still needs before it can be learned."""
    splits = [example.split for example in examples(word, recordings)]
    return max(MIN_EXAMPLES - len(splits), sum(split not in splits for split in OF_FIVE), 0)


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
    """Whether a word would be taken for an answer that every network has: "unknown", "silence" or "nothing heard"."""
    return folded(word) in map(folded, (*RESERVED, NOTHING))


def add(word: str, samples: audio.Wave, *, owner: str) -> Example:
    """Keep the loudest second of a recording as an example of a word that `check_word` gave.

    One that is kept already stays the one example that it is, and is written again, should it be damaged.

    Args:
        owner: id of the browser that alone may hear it; empty where that is not known, so nobody may.

    Raises:
        InvalidInputError: nothing is heard, it is too quiet or cut off, or there are too many.
        StorageError: it cannot be written.
    """
    problem = audio.problem(samples)
    if problem is not None:
        raise InvalidInputError(f"{problem.message} This recording was not kept.")
    if len(audio.commands(samples)) > 1:
        raise InvalidInputError("More than one word was heard. Say the word once. This recording was not kept.")
    second = audio.to_int16(audio.cut(samples, audio.loudest_window(samples)))
    with kept.locked(_lock()):  # of many at once, each sees what the one before is for
        there, key = examples(word), _key(second)
        if same := [example for example in there if example.key == key]:
            before = same[0].id.removesuffix(key)
        elif len(there) < MAX_EXAMPLES:
            split = _wanted(example.split for example in there)
            before = f"{time.time_ns():020d}-{split}-{kept.key(owner.encode())}-"
        else:
            raise InvalidInputError(f"“{word}” has {MAX_EXAMPLES} recordings, which is enough. Delete one first.")
        return _example(_recordings(word).keep(second, before=before))


def pinned(words: Sequence[str]) -> str:
    """Write down which recordings of words there are now, and what is in them; returns an id made of that.

    Raises:
        StorageError: it cannot be written, or a recording cannot be read.
    """

    there = {word: [(one.id, one.key or _key(sound(word, one))) for one in examples(word)] for word in words}
    return _PINNED.keep(there)


def gone(word: str, recordings: str) -> bool:
    """Whether any of the recordings that were `pinned` was deleted since."""
    return not {example.id for example in examples(word, recordings)} <= {example.id for example in examples(word)}


def examples(word: str, recordings: str = "") -> list[Example]:
    """The recordings of a word, in the order they were made: all kept ones, or those that were `pinned`.

    Raises:
        DataUnavailableError: what was pinned is not here, or has changed on the disk.
        StorageError: it cannot be read.
    """
    if recordings:
        return [replace(_example(name), key=key) for name, key in _PINNED.stored(recordings).get(word, [])]
    return [_example(path.stem) for path in _files(_place(word))]


def sound(word: str, example: Example) -> Sound:
    """(16000,) int16, what was recorded.

    Raises:
        DataUnavailableError: it is not there (any more), or what stands on the disk is not what was kept.
        StorageError: it cannot be read.
    """
    return _recordings(word).stored(example.id, key=example.key)


def clips(word: str, split: str, recordings: str = "") -> Sound:
    """(n, 16000) int16, the recordings of a word that are for a split; raises what `sound` and `examples` raise."""
    found = [sound(word, example) for example in examples(word, recordings) if example.split == split]
    return np.stack(found) if found else np.empty((0, audio.WINDOW), np.int16)


def may_hear(word: str, clip: Sound, *, owner: str) -> bool:
    """Whether a clip is a kept recording of a word that this owner made."""
    key = _key(clip)
    return any(example.key == key and example.is_of(owner) for example in examples(word))


def delete(word: str, example_id: str) -> None:
    """Remove one recording; `bring_back` undoes it for a day.

    Raises:
        NotFoundError: it is not there (any more).
        StorageError: it cannot be removed.
    """
    with kept.locked(_lock()):
        found = [path for path in _files(_place(word)) if path.stem == example_id]
        if not found:
            raise _gone(word)
        _hide(found)


def delete_word(word: str) -> None:
    """Remove a word with all its recordings, which `bring_back` undoes for a day; does nothing where there is none.

    Raises:
        StorageError: they cannot be removed.
    """
    with kept.locked(_lock()):
        _hide(_files(_place(word)))


def deleted() -> dict[str, int]:
    """Each word of which something can be brought back, with the number of recordings that were deleted last."""
    found = {word: len(_deleted_last(word)) for word in _words()}
    return {word: count for word, count in found.items() if count}


def bring_back(word: str) -> None:
    """Undo what deleted recordings of a word last.

    Raises:
        NotFoundError: the day is over, or somebody else has brought them back.
        StorageError: they cannot be brought back.
    """
    with kept.locked(_lock()):
        hidden = _deleted_last(word)
        if not hidden:
            raise NotFoundError(f"Of “{word}” there is nothing to bring back any more: deleting is undone for a day.")
        _renamed({path: path.with_name(f"{_id(path)}.npy") for path in hidden})


def purge(*, older_than: float = KEEP_DELETED_SECONDS) -> None:
    """Remove for good what was deleted more than `older_than` seconds ago; raises `StorageError`."""
    with kept.locked(_lock()):
        _purge(older_than)


def _folder() -> Path:
    return settings.home() / "speech" / "own"


def _lock() -> Path:
    return _folder() / ".lock"


def _recordings(word: str) -> ContentStore[Sound]:
    return ContentStore(
        called=f"A recording of “{word}”",
        remedy="Delete it on the page Voice, view Train, and record it again.",
        folder=f"speech/own/{word.encode().hex()}",
        suffix=".npy",
        to_bytes=kept.array_bytes,
        from_bytes=_second,
    )


def _second(content: bytes) -> Sound:
    samples: Sound = np.load(io.BytesIO(content), allow_pickle=False)
    if samples.shape != (audio.WINDOW,) or samples.dtype != np.int16:
        raise ValueError(f"it has shape {samples.shape} and type {samples.dtype}")
    return samples


_PINNED: ContentStore[dict[str, list[tuple[str, str]]]] = ContentStore(
    called="The list of own recordings to learn from",
    remedy="Clone the run: the copy learns from those that there are now.",
    folder="speech/pinned",
    suffix=".json",
    to_bytes=lambda listed: json.dumps(listed).encode(),
    from_bytes=json.loads,
)


def _key(clip: Sound) -> str:
    return kept.key(kept.array_bytes(np.array(clip)))


def _place(word: str) -> Path:
    return _folder() / word.encode().hex()


def _words() -> list[str]:
    """All that have a folder, in alphabetical order; what else lies there is none of ours."""
    found = (_named(place.name) for place in _folder().glob("*"))
    return sorted(word for word in found if word)


def _named(folder: str) -> str:
    """The word of a folder; empty for another folder."""
    try:
        return bytes.fromhex(folder).decode()
    except ValueError:
        return ""


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.glob("*.npy") if NAME.fullmatch(path.stem))


def _id(path: Path) -> str:
    """Of a recording, kept or deleted."""
    return path.name.partition(".")[0]


def _example(name: str) -> Example:
    found = NAME.fullmatch(name)
    assert found is not None
    return Example(name, found[1], found[2] or "", found[3] or "")


def _gone(word: str) -> NotFoundError:
    return NotFoundError(f"This recording of “{word}” is not there any more.")


def _hide(paths: list[Path]) -> None:
    when = time.time_ns()
    _renamed({path: path.with_name(f"{path.stem}.{when:020d}.deleted") for path in paths})
    _purge(KEEP_DELETED_SECONDS)


def _hidden(word: str) -> list[tuple[int, Path]]:
    """What can be brought back of a word, and when it was deleted, in nanoseconds."""
    found = ((HIDDEN.fullmatch(path.name), path) for path in _place(word).glob("*.deleted"))
    return [(int(match["when"]), path) for match, path in found if match]


def _deleted_last(word: str) -> list[Path]:
    """What went together, and last, of what can still be brought back."""
    again = {example.key for example in examples(word)} - {""}  # recorded after it was deleted
    hidden = [(when, path) for when, path in _hidden(word) if _example(_id(path)).key not in again]
    last = max((when for when, _ in hidden), default=0)
    return [path for when, path in hidden if when == last and not _is_over(when, KEEP_DELETED_SECONDS)]


def _is_over(when: int, seconds: float) -> bool:
    return time.time_ns() - when > seconds * 1e9


def _purge(older_than: float) -> None:
    hidden = sorted((one for word in _words() for one in _hidden(word)), reverse=True)
    for index, (when, path) in enumerate(hidden):
        if index >= MAX_DELETED or _is_over(when, older_than):
            try:
                path.unlink()
            except OSError as error:
                raise kept.unwritten(path, error) from error
            with suppress(OSError):  # there is more in it
                path.parent.rmdir()


def _renamed(names: Mapping[Path, Path]) -> None:
    for path, target in names.items():
        try:
            path.rename(target)
            kept.sync(target.parent)
        except OSError as error:
            raise kept.unwritten(path, error) from error


def _wanted(splits: Iterable[str]) -> str:
    """What the next recording is for: where the most is missing."""
    there = Counter(splits)
    return min(OF_FIVE, key=lambda split: (there[split] + 1) / OF_FIVE[split])
