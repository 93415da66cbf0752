"""Labelled texts in their fixed splits: film reviews that come with a package, SST-2 in a folder, a person's own table.

Texts stay as they were written; cutting them into tokens is the business of a demo. Reading a person's table is in
`core/data/text/table.py`.

No split shares a text with another. Beyond that: most sentences of SST-2 stand in "rotten_tomatoes" too, so what has
learned from one of the two must not be measured on the other.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data import registry
from core.data.registry import DataSet
from core.data.text import table
from core.errors import DataUnavailableError

Labels = NDArray[np.int64]
LONG = 10  # words of a phrase that may be a whole sentence
LONGEST_SPAN, SHORTEST_SPAN = 60, 3  # words of a phrase that would give a held-out sentence away


@dataclass(frozen=True)
class Part:
    """Texts and their labels (N,) int64."""

    texts: tuple[str, ...]
    labels: Labels

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Texts:
    """A loaded set; its parts have no text in common."""

    train: Part
    validation: Part
    test: Part
    classes: tuple[str, ...]
    label: str
    unit: str


@lru_cache(maxsize=2)
def load(name: str, own: str = "") -> Texts:
    """A set in its fixed splits.

    Args:
        name: a text set of the registry, or "own".
        own: id of a person's table, for "own".

    Raises:
        DataUnavailableError: it is not on this machine.
        NotFoundError: there is no such set.
    """
    if name == "own":
        return _load_own(own)
    source = registry.find(name, "text")
    return _load_sst2(source) if name == "sst2" else _load_package(source)


def require(name: str, own: str = "") -> None:
    """Raise what `load` raises where a set is not on this machine; looks at names of files, and into an own table."""
    if name == "own":
        table.OWN.stored(own)
    else:
        registry.find(name, "text").place()


def sizes(name: str, own: str = "") -> tuple[int, int, int]:
    """Texts to train, validate and test with, whether the set is here or not; none of a table that is not given."""
    if name == "own":
        return _own_sizes(len(table.OWN.stored(own).texts)) if own else (0, 0, 0)
    return registry.find(name, "text").sizes


def _own_sizes(count: int) -> tuple[int, int, int]:
    validation, test = min(max(1, count // 10), 1_000), min(max(1, count // 5), 2_000)
    return count - validation - test, validation, test


def sst2_folder() -> Path | None:
    """The folder that holds SST-2's `train.tsv` and `dev.tsv`, if there is one in the data folder."""
    return registry.find("sst2").origin.place()


def read_tsv(path: Path) -> Part:
    """Sentences and labels of one of SST-2's files, with its heading line; raises `DataUnavailableError`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    wrong = next((i for i, row in enumerate(rows) if len(row) != 2 or row[1] not in ("0", "1")), None)
    if lines[:1] != ["sentence\tlabel"] or wrong is not None:
        where = "its first line" if wrong is None else f"line {wrong + 2}"
        raise DataUnavailableError(
            f"{path} is not a file of SST-2: {where} is not “sentence<tab>label” with 0 or 1. Take train.tsv and "
            "dev.tsv from the archive SST-2.zip of the GLUE benchmark."
        )
    return Part(tuple(row[0].strip() for row in rows), np.array([int(row[1]) for row in rows], np.int64))


def _order(count: int) -> NDArray[np.intp]:
    """A permutation that is the same for ever (`RandomState`: NumPy promises its stream, NEP 19)."""
    return np.random.RandomState(20_240_917).permutation(count)


def _chosen(part: Part, index: Sequence[int] | NDArray[np.intp]) -> Part:
    return Part(tuple(part.texts[i] for i in index), part.labels[np.asarray(index, np.intp)])


def _split(part: Part, *, sizes: tuple[int, int, int], classes: Sequence[str], label: str, unit: str) -> Texts:
    order = _order(len(part))
    first_test = len(part) - sizes[2]
    first_validation = first_test - sizes[1]
    return Texts(
        train=_chosen(part, order[:first_validation]),
        validation=_chosen(part, order[first_validation:first_test]),
        test=_chosen(part, order[first_test:]),
        classes=tuple(classes),
        label=label,
        unit=unit,
    )


@lru_cache(maxsize=2)
def _package_texts(path: Path, part: str) -> Part:
    """One part of the package's table, each text once."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["text"]: int(row["label"]) for row in csv.DictReader(file) if row["source"] == part}
    return Part(tuple(rows), np.array(list(rows.values()), np.int64))


def _load_package(source: DataSet) -> Texts:
    part = _package_texts(source.place(), source.name)
    return _split(part, sizes=source.sizes, classes=source.classes, label=source.label, unit=source.unit)


def _load_own(own: str) -> Texts:
    stored = table.OWN.stored(own)
    part = Part(tuple(stored.texts), np.array(stored.labels, np.int64))
    return _split(part, sizes=_own_sizes(len(part)), classes=stored.classes, label=stored.name, unit="texts")


def sst2_dev() -> Part:
    """The 872 sentences of GLUE's dev set; raises `DataUnavailableError`."""
    return read_tsv(_sst2_file("dev.tsv"))


def _sst2_file(name: str) -> Path:
    path = registry.find("sst2").place() / name
    if not path.is_file():
        raise DataUnavailableError(
            f"{path.parent} lacks {name} of SST-2. Put it there from the archive SST-2.zip of the GLUE benchmark."
        )
    return path


def _load_sst2(source: DataSet) -> Texts:
    train, validation = hold_out(read_tsv(_sst2_file("train.tsv")), num_sentences=source.sizes[1])
    return Texts(train, validation, sst2_dev(), source.classes, source.label, source.unit)


def hold_out(phrases: Part, *, num_sentences: int) -> tuple[Part, Part]:
    """Split SST-2's training phrases by sentence, so that no phrase of a held-out sentence is learned from.

    Held out are whole sentences: long phrases that are part of no other. With them goes every phrase of three or more
    words out of them; shorter ones are vocabulary and stay.

    Returns:
        The phrases to learn from, and the held-out sentences.
    """
    long: dict[str, list[int]] = {}  # word → the long phrases that it stands in
    for index, text in enumerate(phrases.texts):
        if text.count(" ") >= LONG - 1:
            for word in set(text.split(" ")):
                long.setdefault(word, []).append(index)
    held: list[int] = []
    for index in map(int, _order(len(phrases))):
        text = phrases.texts[index]
        if text.count(" ") >= LONG - 1:
            rarest = min((long[word] for word in text.split(" ")), key=len)
            if not any(f" {text} " in f" {phrases.texts[other]} " for other in rarest if other != index):
                held.append(index)
        if len(held) == num_sentences:
            break
    given_away = {span for index in held for span in spans(phrases.texts[index])}
    taken = set(held)
    kept = [i for i, text in enumerate(phrases.texts) if i not in taken and text not in given_away]
    return _chosen(phrases, kept), _chosen(phrases, held)


def spans(text: str) -> set[str]:
    """The parts of a sentence of three words and more, the sentence itself among them."""
    words = text.split(" ")
    count = len(words)
    return {
        " ".join(words[first:last])
        for first in range(count)
        for last in range(first + SHORTEST_SPAN, min(count, first + LONGEST_SPAN) + 1)
    }
