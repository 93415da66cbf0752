"""Texts with labels out of a person's own table: which rows can be learned from, and how they are kept.

Reading the table itself is in `core/data/tables/`. What is kept is the texts and labels that were good.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.own import ContentStore
from core.data.tables.columns import one_spelling
from core.data.tables.reader import read_table
from core.data.tables.table import MALFORMED, SHOWN, BadRow, LeftOut, Table, column, in_words
from core.errors import InvalidInputError

read_csv = read_table  # what scripts know it by, from when it read nothing else

MAX_TEXT, MAX_LABEL = 20_000, 60  # characters
FEWEST_CLASSES, MOST_CLASSES, FEWEST_ROWS = 2, 10, 20


@dataclass(frozen=True)
class Labelled:
    """Texts with labels, as indices of the classes."""

    name: str
    classes: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Imported:
    """What could be used of a table, and what could not."""

    labelled: Labelled
    bad: tuple[BadRow, ...]  # the first of them
    num_bad: int  # of the whole file: those that the reader left out, too
    left_out: dict[str, int]  # how many, by reason


def labelled(table: Table, *, text: str, label: str, one_class: bool = True) -> Imported:
    """The rows of a table that can be learned from.

    Args:
        table: from `core.data.tables.reader.read_table`.
        text, label: names of the columns.
        one_class: whether labels that differ only in capitals and spaces are one.

    Raises:
        InvalidInputError: no such column, fewer than 2 or more than 10 labels, fewer than 20 good rows; it says what
            was left out.
    """
    text_place, label_place = column(table, text), column(table, label)
    if text_place == label_place:
        raise InvalidInputError(f"Text and label are both the column “{text}”. Choose two different columns.")
    good: dict[str, str] = {}
    left_out = LeftOut()
    for line, row in zip(table.lines, table.rows, strict=True):
        wrong = _wrong(row, table, text_place, label_place, good)
        if wrong is None:
            good[row[text_place].strip()] = row[label_place].strip()
        else:
            left_out.add(line, wrong[0], row, kind=wrong[1])
    if one_class:
        called = one_spelling(list(good.values()))
        good = {one: called[its] for one, its in good.items()}
    counts = dict(Counter(table.left_out) + left_out.counts)
    bad = sorted((*table.bad, *left_out.first), key=lambda row: row.line)[:SHOWN]
    return Imported(_checked(table.name, good, counts), tuple(bad), sum(counts.values()), counts)


def _wrong(row: Sequence[str], table: Table, text: int, label: int, good: dict[str, str]) -> tuple[str, str] | None:
    """What is wrong with a row, and what that is counted as; None if nothing is."""
    if len(row) > len(table.columns) or len(row) <= max(text, label):
        return f"it has {len(row)} cells in place of {len(table.columns)}", MALFORMED
    if not row[text].strip():
        return "its text is empty", ""
    if len(row[text]) > MAX_TEXT:
        return f"its text has {len(row[text]):,} characters; at most {MAX_TEXT:,} are allowed", "its text is too long"
    if not row[label].strip():
        return "its label is empty", ""
    if len(row[label]) > MAX_LABEL:
        return f"its label has {len(row[label]):,} characters; at most {MAX_LABEL} are allowed", "its label is too long"
    if row[text].strip() in good:
        return "the same text stands in a row before it", ""
    return None


def _checked(name: str, good: dict[str, str], left_out: dict[str, int]) -> Labelled:
    counts = Counter(good.values())
    classes = tuple(sorted(counts))
    without = f" Left out were {in_words(left_out)}." if left_out else ""
    if len(good) < FEWEST_ROWS:
        raise InvalidInputError(
            f"“{name}” has {len(good)} good rows; at least {FEWEST_ROWS} are needed to learn, choose and test.{without}"
        )
    if not FEWEST_CLASSES <= len(classes) <= MOST_CLASSES:
        some = ", ".join(f"“{one}”" for one in classes[:5])
        raise InvalidInputError(
            f"“{name}” has {len(classes)} different labels in its good rows ({some}{' …' if len(classes) > 5 else ''});"
            f" from {FEWEST_CLASSES} to {MOST_CLASSES} are allowed. Is it the right column?{without}"
        )
    number = {one: index for index, one in enumerate(classes)}
    return Labelled(name, classes, tuple(good), tuple(number[one] for one in good.values()))


def _to_bytes(table: Labelled) -> bytes:
    document = {"name": table.name, "classes": table.classes, "texts": table.texts, "labels": table.labels}
    return json.dumps(document, ensure_ascii=False).encode()


def _from_bytes(content: bytes) -> Labelled:
    document = json.loads(content)
    return Labelled(document["name"], tuple(document["classes"]), tuple(document["texts"]), tuple(document["labels"]))


OWN = ContentStore(
    called="The table of your own",
    remedy="Upload it on the Sentiment page, view Train.",
    folder="texts",
    suffix=".json",
    to_bytes=_to_bytes,
    from_bytes=_from_bytes,
)
