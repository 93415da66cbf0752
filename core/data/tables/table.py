"""A table that a person brought, of whatever format: its rows as texts, their heading, and what was left out.

Every reader of a format gives a `Found`; `table_of` makes a `Table` of it. Reading a file is in `reader.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.errors import InvalidInputError

MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 10_000_000, 200_000, 200
MAX_CELLS = 1_000_000  # a cell costs a page 60 bytes and more, however short it is
SHOWN = 100  # rows at most that are listed of those that were left out
LOOKED_AT = 200  # rows that decide whether the first one names the columns
MOST_ABOVE = 30  # rows above a heading: titles and comments
EMPTY = "it is empty"
MALFORMED = "it has another number of cells than the heading"
USUAL = frozenset(  # names of columns, wherever they stand
    [
        "id",
        "index",
        "text",
        "texts",
        "sentence",
        "review",
        "comment",
        "tweet",
        "message",
        "title",
        "content",
        "body",
        "label",
        "labels",
        "class",
        "target",
        "sentiment",
        "category",
        "polarity",
        "rating",
        "stars",
        "score",
        "y",
        "x",
        "name",
        "date",
        "diagnosis",
        "species",
        "kind",
        "type",
        "group",
    ]
)
NUMBER = re.compile(r"\s*[-+]?(\d[\d.,' \u00a0\u202f]*|\.\d+)([eE][-+]?\d+)?\s*%?\s*")

Row = tuple[str, ...]


@dataclass(frozen=True)
class BadRow:
    """A row that was left out, and why."""

    line: int
    reason: str
    content: str


@dataclass(frozen=True)
class Table:
    """Rows of texts under named columns. A row may be shorter than the heading, or longer where the file is."""

    name: str
    columns: Row
    rows: tuple[Row, ...]
    lines: tuple[int, ...]  # line of the file where each row begins, from 1
    heading: tuple[int, Row] | None = None  # line and cells of the row that names the columns; None: none does
    is_named: bool = False  # whether the format itself says what the columns are called
    bad: tuple[BadRow, ...] = ()  # the first of the rows that were left out
    left_out: dict[str, int] = field(default_factory=dict)  # how many, by reason
    notes: tuple[str, ...] = ()  # what was not a matter of course about reading it, in sentences

    @property
    def has_heading(self) -> bool | None:
        """Whether a row names the columns; None where that is no question."""
        return None if self.is_named else self.heading is not None

    @property
    def num_left_out(self) -> int:
        """Rows of the file that are not in `rows`, beside the heading."""
        return sum(self.left_out.values())


class LeftOut:
    """Rows that are left out: how many for each reason, and the first of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: list[BadRow] = []

    def add(self, line: int, reason: str, content: Iterable[str], *, kind: str = "") -> None:
        """One more; `kind` is what it is counted as, where the reason has figures of its own."""
        self.counts[kind or reason] += 1
        if len(self.first) < SHOWN:
            self.first.append(BadRow(line, reason, ", ".join(content)[:80]))


class Found:
    """What a reader has found in a file so far; it is full at the limits."""

    def __init__(self, name: str, *, max_cells: int = MAX_CELLS) -> None:
        self.name = name
        self.max_cells = max_cells
        self.names: Row | None = None  # where the format says what the columns are called
        self.rows: list[Row] = []
        self.lines: list[int] = []
        self.left_out = LeftOut()
        self.notes: list[str] = []
        self._num_cells = 0
        self._num_empty = 0

    def add(self, line: int, row: Sequence[str]) -> bool:
        """Take a row; False where it has no place any more. Raises `InvalidInputError` where the first is too wide."""
        if len(row) > MAX_COLUMNS:
            if not self.rows:
                self.check_width(len(row))
            self.left_out.add(line, f"it has {len(row):,} cells", row[:20], kind=MALFORMED)
            return True
        most = MAX_ROWS + (self.names is None)  # the heading is one more
        if len(self.rows) + self._num_empty >= most or self._num_cells + len(row) > self.max_cells:
            return False
        if any(row) and "".join(row).strip():
            self.rows.append(tuple(row))
            self.lines.append(line)
            self._num_cells += len(row)
        else:
            self._num_empty += 1  # blank ones cost time, too
            if self.rows:
                self.left_out.add(line, EMPTY, row)
        return True

    def check_width(self, width: int) -> None:
        """Raise `InvalidInputError` where there are too many columns."""
        if width > MAX_COLUMNS:
            raise InvalidInputError(
                f"“{self.name}” has {width:,} columns; at most {MAX_COLUMNS} are allowed. Keep the columns that are "
                "needed."
            )

    def only_first(self, whole: str) -> None:
        """Note that the limit was reached; `whole` says how much there is: "of about 250,000"."""
        self.notes.append(
            f"Only the first {min(len(self.rows), MAX_ROWS):,} rows {whole} were read: at most {MAX_ROWS:,} rows and "
            f"{self.max_cells:,} cells are allowed."
        )


def table_of(found: Found) -> Table:
    """The table of what was found: columns that are empty and have no name are dropped, and the heading is recognised.

    Raises:
        InvalidInputError: there is no row, or there are too many columns.
    """
    if not found.rows and found.names is None:
        raise InvalidInputError(f"“{found.name}” is empty. A table needs rows, and a first one that names its columns.")
    names = found.names
    if names is None:
        _pass_titles(found)
    rows = found.rows
    named = names is None and has_heading(rows)
    width = len(names) if names is not None else _width(rows[1:], rows[0]) if named else _width(rows, None)
    found.check_width(width)
    table = Table(
        name=found.name,
        columns=_names(names or (), width),
        rows=tuple(_cut(row, width) for row in rows),
        lines=tuple(found.lines),
        is_named=names is not None,
        bad=tuple(found.left_out.first),
        left_out=dict(found.left_out.counts),
        notes=tuple(found.notes),
    )
    return with_heading(table, named)


def with_heading(table: Table, wanted: bool) -> Table:
    """The same table whose first row names the columns, or does not."""
    if table.is_named or wanted == (table.heading is not None) or not (table.rows or table.heading):
        return table
    if not wanted:
        assert table.heading is not None
        line, cells = table.heading
        width = len(table.columns)
        return replace(
            table, columns=_names((), width), rows=(cells, *table.rows), lines=(line, *table.lines), heading=None
        )
    cells, rows = table.rows[0], table.rows[1:]
    width = len(table.columns)
    if len(cells) == width - 1 and len(rows) > 1 and all(len(row) == width for row in rows[:LOOKED_AT]):
        names = ("", *cells)  # as R writes a table: the names of its rows have no heading
    else:
        names = cells[:width]
    return replace(
        table, columns=_names(names, width), rows=rows, lines=table.lines[1:], heading=(table.lines[0], cells)
    )


def _pass_titles(found: Found) -> None:
    """Take away what stands above the table: rows of one cell or of too few, comments, and what is blank there."""
    rows = found.rows
    width = Counter(len(row) for row in rows[:LOOKED_AT]).most_common(1)[0][0]
    start = next((at for at, row in enumerate(rows[:MOST_ABOVE]) if not _is_title(row, width)), 0)
    if not start or width < 2:
        return
    line = found.lines[start]
    blank = [bad for bad in found.left_out.first if bad.reason == EMPTY and bad.line < line]
    found.left_out.first = [bad for bad in found.left_out.first if bad not in blank]
    found.left_out.counts -= Counter({EMPTY: len(blank)})
    found.notes.append(f"{start:,} {'row' if start == 1 else 'rows'} above the table: passed over.")
    found.rows, found.lines = rows[start:], found.lines[start:]


def _is_title(row: Row, width: int) -> bool:
    is_comment = row[0].startswith("#") and len(row) != width
    return is_comment or len(row) < width - 1 or (bool(row[0].strip()) and not "".join(row[1:]).strip())


def _width(rows: Sequence[Row], heading: Row | None) -> int:
    """How many columns there are; those at the end without name and content are none (trailing delimiters)."""
    if heading is None:
        width = Counter(map(len, rows)).most_common(1)[0][0]
        while width > 1 and not any(len(row) >= width and row[width - 1].strip() for row in rows):
            width -= 1
        return width
    width = _filled(heading) or len(heading)
    longer = [size for row in rows if len(row) > width and (size := _filled(row)) > width]
    if longer and len(longer) >= 0.9 * len(rows):  # the heading is short of names, not the rows malformed
        return Counter(longer).most_common(1)[0][0]
    return width


def _filled(row: Row) -> int:
    """Cells of a row up to the last that holds something."""
    size = len(row)
    while size and not row[size - 1].strip():
        size -= 1
    return size


def _cut(row: Row, width: int) -> Row:
    """A row without empty cells beyond the columns."""
    return row if len(row) <= width or "".join(row[width:]).strip() else row[:width]


def _names(heading: Sequence[str], width: int) -> Row:
    """Different names of all columns: one that has none or a name that was there before is told by its place."""
    names: dict[str, None] = {}
    for place in range(1, width + 1):
        cell = heading[place - 1] if place <= len(heading) else ""
        name = " ".join(cell.removeprefix("#").split()) or f"column {place}"
        while name in names:
            name += f" (column {place})"
        names[name] = None
    return tuple(names)


def has_heading(rows: Sequence[Row]) -> bool:
    """Whether the first row names the columns, by how it differs from those below; True where nothing speaks.

    A number above numbers is no name, nor is a cell that stands in its column again and again.
    """
    first, rest = rows[0], rows[1:LOOKED_AT]
    if not rest or _counts_up(first):
        return True
    votes = 0
    for place, cell in enumerate(map(str.strip, first)):
        below = [text for row in rest if len(row) > place and (text := row[place].strip())]
        if not below or not cell:
            continue
        numeric = sum(NUMBER.fullmatch(text) is not None for text in below) >= 0.9 * len(below)
        if numeric:
            votes += -1 if NUMBER.fullmatch(cell) else 1
        else:
            votes += _vote(cell, below)
        votes += 3 * (cell.lower().removeprefix("#").strip() in USUAL and cell not in below)
    return votes >= 0


def _vote(cell: str, below: Sequence[str]) -> int:
    """Whether a cell above words is a name (1) or one more of them (-1, or -2 where it stands there again)."""
    different = {text.casefold() for text in below}
    if cell.casefold() in different:
        return -2
    if 2 * len(different) <= len(below):  # a few words again and again, and this is none of them
        return 1
    words, usual = len(cell.split()), sum(len(text.split()) for text in below) / len(below)
    if usual < 3:
        return 0
    return 1 if words <= 3 and words < usual / 2 else -1 if words > 4 else 0


def _counts_up(row: Row) -> bool:
    """Whether its numbers are 0, 1, 2 … or 1, 2, 3 …, as a program names columns that have no names."""
    numbers = [int(cell) for cell in row if cell.strip().isdecimal() and len(cell) < 10]
    return len(numbers) >= 3 and numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))


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


def in_words(left_out: dict[str, int]) -> str:
    """What was left out, the most frequent reason first: "12 rows: it is empty; 1 row: its label is empty"."""
    ordered = sorted(left_out.items(), key=lambda one: -one[1])
    return "; ".join(f"{number:,} {'row' if number == 1 else 'rows'}: {reason}" for reason, number in ordered)
