"""A set of labelled digits that a person brought: all its files together, the way up and in the ink that MNIST has.

Reading one file is in `digit_files.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from core.data.pictures import picture_set, sources
from core.data.pictures.digit_files import MOST, Labels, Piece, gathered, paired, read_part
from core.data.pictures.picture_set import PictureSet, Pixels, inked
from core.data.registry import DIGITS
from core.errors import InvalidInputError

FEWEST = picture_set.FEWEST
LOOKED_AT = 1_000  # pictures that tell which way up they are
UNLIKE, DOUBTFUL = 0.2, 0.45  # share of pictures that are nearest to the mean of their digit; 0.1 is chance, MNIST 0.8
NO_DIGIT = "its label is no digit from 0 to 9"


@dataclass(frozen=True)
class Imported:
    """A set that can be learned from, and what was left out."""

    pictures: PictureSet
    left_out: dict[str, int]  # how many pictures, by reason
    notes: tuple[str, ...]


def read_files(files: Sequence[tuple[str, bytes]]) -> Imported:
    """All files of a set together, by name and content; raises what `read_part` and `combined` raise."""
    return combined([(name, gathered(partial(read_part, content, name=name), name=name)) for name, content in files])


def combined(pieces: Sequence[tuple[str, Piece]]) -> Imported:
    """One set of all pieces.

    Raises:
        InvalidInputError: pictures without labels or labels without pictures, too few, or no digits.
    """
    names = ", ".join(name for name, _ in pieces)[:200]
    left_out: Counter[str] = Counter()
    notes = [note for _, piece in pieces for note in piece.notes]
    for _, piece in pieces:
        left_out.update(piece.left_out)
    images, labels = paired(pieces)
    if len(images) > MOST:
        notes.append(f"Only the first {MOST:,} of {len(images):,} pictures were taken, which is the most allowed.")
        left_out["it comes after the first 70,000"] += len(images) - MOST
        images, labels = images[:MOST], labels[:MOST]
    images, labels = _only_digits(images, labels, names, left_out)
    empty = np.ptp(images.reshape(len(images), -1), axis=1) < picture_set.FEWEST_SHADES if len(images) else []
    if np.any(empty):
        left_out["it is empty: it has one shade from side to side"] += int(np.sum(empty))
        images, labels = images[~np.asarray(empty)], labels[~np.asarray(empty)]
    if len(images) < FEWEST or len(set(labels.tolist())) < 2:
        without = "; ".join(f"{number:,}: {why}" for why, number in left_out.items())
        raise InvalidInputError(
            f"“{names}” has {len(images):,} good pictures of {len(set(labels.tolist()))} digits; at least {FEWEST} of "
            f"two digits are needed.{f' Left out were {without}.' if without else ''}"
        )
    images = inked(images)
    images = _upright(images, labels, names, notes)
    if missing := [digit for digit in range(10) if digit not in labels]:
        notes.append(f"There is no picture of {', '.join(map(str, missing))}: a network will never answer that.")
    return Imported(PictureSet(names, images, labels, DIGITS, is_own=True), dict(left_out), tuple(notes))


def _only_digits(images: Pixels, labels: Labels, names: str, left_out: Counter[str]) -> tuple[Pixels, Labels]:
    """The pictures with labels from 0 to 9; raises where the labels are those of EMNIST Letters."""
    if len(labels) and labels.min() == 1 and labels.max() == 26:
        raise InvalidInputError(
            f"“{names}” has labels from 1 to 26, as EMNIST Letters has: letters, no digits. Give EMNIST Digits instead."
        )
    good = (labels >= 0) & (labels <= 9)
    if others := int((~good).sum()):
        left_out[NO_DIGIT] += others
    return images[good], labels[good]


def _upright(images: Pixels, labels: Labels, names: str, notes: list[str]) -> Pixels:
    """The pictures as MNIST has them: EMNIST's are transposed, whatever their file is called.

    Raises:
        InvalidInputError: they are like no digits either way.
    """
    some = np.linspace(0, len(images) - 1, min(len(images), LOOKED_AT)).astype(int)
    as_it_is = _agreement(images[some], labels[some])
    turned = _agreement(images[some].transpose(0, 2, 1), labels[some])
    if turned > as_it_is + 0.1:
        notes.append("The pictures lay on their side, rows for columns, as EMNIST's do, and were put upright.")
        images, as_it_is = np.ascontiguousarray(images.transpose(0, 2, 1)), turned
    said = f"of {len(some):,} pictures {as_it_is:.0%} are nearest to the digit that their label says, by MNIST"
    if as_it_is < UNLIKE and len(some) >= 100:
        raise InvalidInputError(
            f"“{names}” does not look like handwritten digits 0 to 9: {said}. Are they clothes, letters or digits of "
            "another script?"
        )
    if as_it_is < DOUBTFUL:
        notes.append(f"Look at the pictures and their labels: {said}.")
    return images


def _agreement(images: Pixels, labels: Labels) -> float:
    """Share of the pictures that are nearest to the mean of their digit, both of length 1."""
    given = images.reshape(len(images), -1).astype(np.float32)
    given /= np.linalg.norm(given, axis=1, keepdims=True) + 1e-6
    return float(((given @ _means().T).argmax(axis=1) == labels).mean())


def _means() -> npt.NDArray[np.float32]:
    digits = sources.load_images("mnist5k")
    pixels = digits.train_images.reshape(len(digits.train_images), -1).astype(np.float32)
    means = np.stack([pixels[digits.train_labels == digit].mean(axis=0) for digit in range(10)])
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / lengths, np.float32)
