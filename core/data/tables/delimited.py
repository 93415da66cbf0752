"""Tables as text: cells between commas, semicolons, tabs or bars, as spreadsheets and programs write them.

Each line is read by itself wherever quotation marks allow it, so that one astray costs no other row.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from core.data.tables.table import MAX_BYTES, MOST_ABOVE, Found
from core.errors import InvalidInputError

DELIMITERS = "\t;|,"  # the comma last: it is in prose and in numbers, too
SAMPLE = 500  # lines by which the delimiter is told
LONGEST_LOOK = 20_000  # characters of a line by which the delimiter is told
LONGEST_ROW = 2_000  # lines of a quoted cell
ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SEPARATOR = re.compile(r'"?sep=(.)"?[\t;|, ]*', re.IGNORECASE)  # Excel's first line
ESCAPED = re.compile(r'\\(\\(?=")|")')
UNUSED = "\x1f"  # no delimiter that a table has: each line is one cell
MARK = "\x01"  # stands for an escaped quotation mark
NO_UTF8 = "it holds bytes that are not UTF-8"
csv.field_size_limit(2 * MAX_BYTES)


def read(content: bytes, name: str) -> Found:
    """All rows of a table, or the texts of a file with one a line."""
    found = Found(name)
    text, is_damaged = decoded(content, found)
    lines = text.rstrip("\n").split("\n")
    first = 0
    delimiter = None
    if match := SEPARATOR.fullmatch(lines[0].strip(" \r")):
        delimiter, first = match[1], 1
    is_table = not name.lower().endswith(".txt")
    sample = [line[:LONGEST_LOOK] for line in lines[first : first + SAMPLE + MOST_ABOVE] if line.strip()]
    if delimiter is None:
        delimiter = _delimiter(sample, is_table)
    if delimiter is None:
        _one_text_a_line(lines, first, found, is_table)
    else:
        _rows(lines, first, delimiter, _is_escaped(text, delimiter), found)
    if is_damaged:
        _leave_out_damaged(found)
    return found


def decoded(content: bytes, found: Found) -> tuple[str, bool]:
    """The text of a file, with "\\n" between lines, and whether some bytes of it were not what its encoding allows.

    Raises:
        InvalidInputError: it is no text.
    """
    encoding = next((name for mark, name in ENCODINGS if content.startswith(mark)), None) or _without_mark(content)
    if encoding is None:
        raise InvalidInputError(
            f"“{found.name}” is not a text file. Save the table as CSV (UTF-8), Excel (.xlsx), Parquet or JSON lines "
            "and give that."
        )
    whole, is_damaged = content[:MAX_BYTES], False
    decode = codecs.getincrementaldecoder(encoding)
    try:
        text = decode().decode(whole, final=len(content) <= MAX_BYTES)
    except UnicodeDecodeError as error:
        text = decode("replace").decode(whole)
        others = len(text) - len(text.encode("ascii", "ignore"))  # letters beyond ASCII, and what was replaced
        if encoding == "utf-8" and 2 * text.count("�") > others:
            text = _windows(whole, found, error)
        else:
            is_damaged = True
    if len(content) > MAX_BYTES:
        text = text[: text.rfind("\n") + 1] or text
        found.notes.append(f"Only the first {MAX_BYTES / 1e6:g} MB were read, which is the most allowed.")
    return (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text), is_damaged


def _without_mark(content: bytes) -> str | None:
    """The encoding of a text that does not begin by saying it; None if it is none."""
    head = content[:4_000]
    if b"\0" not in content[:100_000]:
        return "utf-8"
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) > 0.6 * len(zeros) and head.count(0) < 1.2 * zeros.count(0):
            return encoding
    return None


def _windows(content: bytes, found: Found, error: UnicodeDecodeError) -> str:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInputError(
            f"“{found.name}” is encoded neither as UTF-8 nor as Windows-1252: line {line:,} holds the byte "
            f"0x{content[error.start]:02x}. Save it as “CSV UTF-8” and give it again."
        ) from error
    found.notes.append("It is not UTF-8 and was read as Windows-1252: look whether letters such as ä and é are right.")
    return text


def _delimiter(lines: Sequence[str], is_table: bool) -> str | None:
    """What stands between cells; None where each line is one text."""
    best, best_score = None, (0.0, False)
    for delimiter in DELIMITERS:
        if not any(delimiter in line for line in lines):
            continue
        records = [(len(row), is_astray) for _, row, is_astray in _records(lines, 0, delimiter)]
        start = next((at for at, (size, _) in enumerate(records[:MOST_ABOVE]) if size > 1), 0)  # below titles
        widths = Counter(size for size, _ in records[start:])
        width, number = max(widths.items(), key=lambda one: (one[0] > 1, one[1]))
        astray = sum(is_astray for size, is_astray in records[start:] if size == width)
        score = round((number - astray / 2) / widths.total(), 1), start == 0
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    if not lines or best is None:
        return None
    if is_table:
        return best if best_score[0] >= 0.9 or best in lines[0] else None  # one that comes later is of prose
    return best if best_score[0] == 1 and (best in "\t;|" or len(lines) >= 10) else None


def _one_text_a_line(lines: Sequence[str], first: int, found: Found, is_table: bool) -> None:
    """A file without cells: its lines are the texts, of a `.txt` the first one too."""
    if not is_table:
        found.names = ("text",)
    for line, row, _ in _records(lines, first, UNUSED) if is_table else _whole(lines, first):
        if not found.add(line, [row[0].strip()]):
            found.only_first(f"of {len(lines) - first:,}")
            return


def _whole(lines: Sequence[str], first: int) -> Iterator[tuple[int, list[str], bool]]:
    return ((number + 1, [lines[number]], False) for number in range(first, len(lines)))


def _is_escaped(text: str, delimiter: str) -> bool:
    r"""Whether `\"` stands for a quotation mark inside a cell, where most programs write `""`."""
    if '\\"' not in text:
        return False
    lines = [line for line in text.split("\n") if '\\"' in line][:SAMPLE]
    as_they_are, escaped = (
        sum(is_astray for _, _, is_astray in _records(given, 0, delimiter))
        for given in (lines, [ESCAPED.sub(_unescaped, line) for line in lines])
    )
    return escaped < as_they_are


def _unescaped(match: re.Match[str]) -> str:
    return MARK if match[1] == '"' else "\\"


def _rows(lines: list[str], first: int, delimiter: str, is_escaped: bool, found: Found) -> None:
    if is_escaped:
        lines = [ESCAPED.sub(_unescaped, line) if '\\"' in line else line for line in lines]
    num_astray = 0
    for line, row, is_astray in _records(lines, first, delimiter):
        num_astray += is_astray
        if is_escaped:
            row = [cell.replace(MARK, '"') for cell in row]
        if not found.add(line, row):
            found.only_first(f"of about {len(lines) - first:,}")
            break
    if num_astray:
        found.notes.append(
            f"{num_astray:,} {'row has' if num_astray == 1 else 'rows have'} a quotation mark that belongs to no "
            "quoted cell; it was read as a part of the text."
        )


def _records(lines: Sequence[str], first: int, delimiter: str) -> Iterator[tuple[int, list[str], bool]]:
    """Each row with its line, from 1, and whether a quotation mark was astray in it.

    A line with an odd number of quotation marks may begin a cell of several lines, up to the next such line, if what
    comes of it is well formed and its lines do not look like rows of their own.
    """
    at, count = first, len(lines)
    judge: _Judge | None = None
    while at < count:
        line = lines[at]
        at += 1
        if '"' not in line:
            yield at, line.split(delimiter), False
            continue
        if line.count('"') % 2 == 0:
            row = _well_formed(line, delimiter)
            yield (at, row, False) if row is not None else (at, _literal(line, delimiter), True)
            continue
        last = next((one for one in range(at, min(count, at + LONGEST_ROW)) if lines[one].count('"') % 2), None)
        row = _well_formed("\n".join(lines[at - 1 : last + 1]), delimiter) if last is not None else None
        if row is not None and last is not None:
            judge = judge or _Judge(lines[first : first + 4 * SAMPLE], delimiter)
            if not judge.are_rows(lines[at - 1 : last + 1]):
                yield at, row, False
                at = last + 1
                continue
        yield at, _literal(line, delimiter), True


class _Judge:
    """Tells lines that a quotation mark has swallowed from a cell of several lines, by the rows without such marks."""

    def __init__(self, lines: Sequence[str], delimiter: str) -> None:
        self._delimiter = delimiter
        rows = [line.split(delimiter) for line in lines if '"' not in line and line.strip()]
        self._width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
        rows = [row for row in rows if len(row) == self._width]
        self._known = {}  # column → its few values
        for place in range(self._width):
            values = Counter(row[place].strip() for row in rows)
            if len(values) <= 20 and 2 * len(values) <= len(rows):
                self._known[place] = values

    def are_rows(self, lines: Sequence[str]) -> bool:
        """Whether each of the lines is a row of its own."""
        rows = [_literal(line, self._delimiter) for line in lines]
        if self._width < 2 or any(len(row) != self._width for row in rows):
            return False
        if self._known:
            return all(row[place].strip().strip('"') in values for row in rows for place, values in self._known.items())
        return self._delimiter == "\t" or len(rows) > 2


def _well_formed(text: str, delimiter: str) -> list[str] | None:
    """The cells of one row that keeps to RFC 4180; None if it does not."""
    try:
        rows = list(csv.reader((text,), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _literal(line: str, delimiter: str) -> list[str]:
    """The cells of one line in which a quotation mark is astray: only what is quoted as a whole loses its marks."""
    cells, at, may_close = [], 0, True
    while True:
        close = -1
        if may_close and line[at : at + 1] == '"':
            close = line.find(f'"{delimiter}', at + 1)
            if close < 0 and len(line) - 1 > at and line.endswith('"'):
                close = len(line) - 1
            may_close = close >= 0
        if close >= 0:
            cells.append(line[at + 1 : close].replace('""', '"'))
            end = close + 1
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            cells.append(line[at:end])
        if end >= len(line):
            return cells
        at = end + 1


def _leave_out_damaged(found: Found) -> None:
    """Rows with bytes that could not be decoded."""
    kept = [(line, row) for line, row in zip(found.lines, found.rows, strict=True) if "�" not in "".join(row)]
    for line, row in zip(found.lines, found.rows, strict=True):
        if "�" in "".join(row):
            found.left_out.add(line, NO_UTF8, row)
    found.lines, found.rows = [line for line, _ in kept], [row for _, row in kept]
