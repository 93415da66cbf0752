"""A person's own table of texts and labels: reading a CSV with limits, checking it row by row, and how it is kept.

What is kept is the texts and labels that were good.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.data import formats
from core.data.formats import Format
from core.data.own import ContentStore
from core.errors import InvalidInputError

MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 10_000_000, 200_000, 200
MAX_CELLS = 1_000_000  # a cell costs a page 60 bytes and more, however short it is
MAX_TEXT, MAX_LABEL = 20_000, 60  # characters
FEWEST_CLASSES, MOST_CLASSES, FEWEST_ROWS = 2, 10, 20
SHOWN = 100  # bad rows at most that are listed


@dataclass(frozen=True)
class Table:
    """A read CSV. Rows may be ragged; the first row named the columns."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]  # line of the file where each row begins, from 1


@dataclass(frozen=True)
class BadRow:
    """A row that was left out, and why."""

    line: int
    reason: str
    content: str


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
    num_bad: int


def read_csv(content: bytes, *, name: str) -> Table:
    """A CSV with a heading row; commas, semicolons or tabs.

    Raises:
        InvalidInputError: too large, not UTF-8, not text, empty, or with too many rows, columns or cells.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"“{name}” has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are allowed. Split the file."
        )
    found = formats.of(content, FORMATS)
    assert found is not None
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    num_cells = 0
    for number, (line, row) in enumerate(found.reader(content, name)):  # blank rows count: millions take seconds
        width = len(row)
        if width > MAX_COLUMNS:
            raise InvalidInputError(
                f"“{name}” has {width:,} columns in line {line:,}; at most {MAX_COLUMNS} are allowed. "
                "Keep the columns that are needed."
            )
        if number > MAX_ROWS:
            raise InvalidInputError(
                f"“{name}” has more than {MAX_ROWS:,} rows, which is the most allowed. Split the file."
            )
        num_cells += width
        if num_cells > MAX_CELLS:
            raise InvalidInputError(
                f"“{name}” has more than {MAX_CELLS:,} cells, which is the most allowed. Keep the columns that are "
                "needed, or split the file."
            )
        if row:
            rows.append(tuple(row))
            lines.append(line)
    return Table(name, _names(rows[0]), tuple(rows[1:]), tuple(lines[1:]))


def _names(heading: Sequence[str]) -> tuple[str, ...]:
    """Different names of all columns: one that has none or a name that was there before is told by its place."""
    names: list[str] = []
    for place, cell in enumerate(heading, 1):
        name = cell.strip() or f"column {place}"
        while name in names:
            name += f" (column {place})"
        names.append(name)
    return tuple(names)


def _csv_rows(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content, name)
    heading = text.lstrip().partition("\n")[0]
    if not heading.strip():
        raise InvalidInputError(f"“{name}” is empty. A table needs a first row with the names of its columns.")
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=heading.count)), 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInputError(
            f"“{name}” cannot be read as a table: {error} in line {line:,}. A quotation mark may be missing there."
        ) from error


# A reader gives each row with the line where it begins, from 1; the first that is not blank names the columns.
FORMATS: tuple[Format[Callable[[bytes, str], Iterator[tuple[int, list[str]]]]], ...] = (
    Format("CSV", ("csv", "tsv", "txt"), lambda content: True, _csv_rows),  # text has no mark: the last of all
)


def _decoded(content: bytes, name: str) -> str:
    if b"\0" in content[:100_000] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInputError(f"“{name}” is not a text file. Save the table as CSV (UTF-8) and give that.")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInputError(
            f"“{name}” is not encoded as UTF-8: line {line:,} holds the byte 0x{content[error.start]:02x}. Save it as "
            "“CSV UTF-8” and give it again."
        ) from error


def column(table: Table, name: str) -> int:
    """Place of a column; raises `InvalidInputError`, naming those that exist."""
    if name not in table.columns:
        known = ", ".join(f"“{one[:40]}”" for one in table.columns[:20])
        raise InvalidInputError(f"“{table.name}” has no column “{name[:40]}”. Its columns are: {known}.")
    return table.columns.index(name)


def column_texts(table: Table, name: str) -> list[str]:
    """One column of all rows; empty where a row is too short."""
    place = column(table, name)
    return [row[place] if len(row) > place else "" for row in table.rows]


def labelled(table: Table, *, text: str, label: str) -> Imported:
    """The rows of a table that can be learned from.

    Args:
        table: from `read_csv`.
        text, label: names of the columns.

    Raises:
        InvalidInputError: no such column, fewer than 2 or more than 10 labels, fewer than 20 good rows.
    """
    text_place, label_place = column(table, text), column(table, label)
    if text_place == label_place:
        raise InvalidInputError(f"Text and label are both the column “{text}”. Choose two different columns.")
    good: dict[str, str] = {}
    bad: list[BadRow] = []
    for line, row in zip(table.lines, table.rows, strict=True):
        reason = _wrong(row, table, text_place, label_place, good)
        if reason is None:
            good[row[text_place].strip()] = row[label_place].strip()
        else:
            bad.append(BadRow(line, reason, ", ".join(row)[:80]))
    return Imported(_checked(table.name, good), tuple(bad[:SHOWN]), len(bad))


def _wrong(row: Sequence[str], table: Table, text: int, label: int, good: dict[str, str]) -> str | None:
    """What is wrong with a row; None if nothing is."""
    if len(row) != len(table.columns):
        return f"it has {len(row)} cells in place of {len(table.columns)}"
    if not row[text].strip():
        return "its text is empty"
    if len(row[text]) > MAX_TEXT:
        return f"its text has {len(row[text]):,} characters; at most {MAX_TEXT:,} are allowed"
    if not row[label].strip():
        return "its label is empty"
    if len(row[label]) > MAX_LABEL:
        return f"its label has {len(row[label]):,} characters; at most {MAX_LABEL} are allowed"
    if row[text].strip() in good:
        return "the same text stands in a row before it"
    return None


def _checked(name: str, good: dict[str, str]) -> Labelled:
    counts = Counter(good.values())
    classes = tuple(sorted(counts))
    if len(good) < FEWEST_ROWS:
        raise InvalidInputError(
            f"“{name}” has {len(good)} good rows; at least {FEWEST_ROWS} are needed to learn, choose and test."
        )
    if not FEWEST_CLASSES <= len(classes) <= MOST_CLASSES:
        some = ", ".join(f"“{one}”" for one in classes[:5])
        raise InvalidInputError(
            f"“{name}” has {len(classes)} different labels in its good rows ({some}{' …' if len(classes) > 5 else ''});"
            f" from {FEWEST_CLASSES} to {MOST_CLASSES} are allowed. Is it the right column?"
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
