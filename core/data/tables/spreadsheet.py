"""Tables as Excel workbooks (.xlsx): the cells of the first sheet that has any, as Excel shows them.

What a workbook unpacks to is measured before calamine reads it, which would take memory for all that lies between two
cells however far apart.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from core.data.tables.table import Found
from core.errors import InvalidInputError

MARK = b"PK\x03\x04"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_UNPACKED_BYTES = 80_000_000  # a million short cells are 45 MB
MAX_CELLS = 300_000  # that are taken; reading a workbook costs ten times as much as reading a CSV
MAX_AREA = 4_000_000  # cells between the first and the last, empty ones among them
CHUNK = 1_000_000
FAR = re.compile(
    rb"""\sr\s*=\s*["'](?:[A-Z]{3}|[A-Z]{2}\d{5}|[A-Z]?(?:[2-9]\d{5}|\d{7}))"""
)  # a cell that may be too far
CELL = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})?(\d{1,9})["']""")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError)


def fits(content: bytes) -> bool:
    """Whether a content may be a workbook, of today or of old."""
    return content.startswith((MARK, OLD))


def read(content: bytes, name: str) -> Found:
    """All rows of the first sheet with any.

    Raises:
        InvalidInputError: damaged, too large when unpacked, another kind of zip, or an older or encrypted workbook.
    """
    if content.startswith(OLD):
        raise InvalidInputError(
            f"“{name}” is a workbook with a password, or of Excel 2003 or older. Save it as “Excel workbook (.xlsx)” "
            "without a password."
        )
    _check(content, name)
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    found = Found(name, max_cells=MAX_CELLS)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            shown = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
            for sheet_name in shown or book.sheet_names:
                sheet = book.get_sheet_by_name(sheet_name)
                if sheet.total_height:
                    break
            else:
                return found
            if len(shown) > 1:
                others = ", ".join(f"“{one[:40]}”" for one in shown if one != sheet_name)
                found.notes.append(f"Read was the sheet “{sheet_name[:40]}”, not {others[:300]}.")
            left = (sheet.start or (0, 0))[1]  # columns without anything
            for line, row in enumerate(sheet.iter_rows(), 1):
                if not found.add(line, [cell if type(cell) is str else _text(cell) for cell in row[left:]]):
                    found.only_first(f"of {sheet.height:,}")
                    break
    except CalamineError as error:
        raise InvalidInputError(
            f"“{name}” is not a workbook that can be read ({str(error)[:200]}). Save it again as .xlsx, or as CSV."
        ) from error
    return found


def _check(content: bytes, name: str) -> None:
    """Unpack everything once, a piece at a time, to see how much there is and how far the cells lie apart."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise InvalidInputError(
                    f"“{name}” is a zip file, but no Excel workbook (.xlsx). Save the table as .xlsx or CSV, and give "
                    "it unpacked."
                )
            left = MAX_UNPACKED_BYTES
            for entry in archive.infolist():
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile("it is packed by an unusual method")
                is_far = False
                for piece in _pieces(archive, entry):
                    left -= CHUNK
                    if left < -CHUNK:
                        raise InvalidInputError(
                            f"“{name}” has more than {MAX_UNPACKED_BYTES / 1e6:g} MB when unpacked, which is the most "
                            "allowed. Keep the columns and rows that are needed, or save it as CSV."
                        )
                    is_far = is_far or FAR.search(piece) is not None
                if is_far and entry.filename.startswith("xl/worksheets/"):
                    _check_area(_pieces(archive, entry), name)
    except BROKEN as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(
            f"“{name}” is not a workbook that can be read ({str(error)[:200]}). Save it again as .xlsx, or as CSV."
        ) from error


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What an entry unpacks to; each piece begins with the end of the one before, so that no cell is torn apart."""
    tail = b""
    with archive.open(entry) as stream:
        while piece := stream.read(CHUNK):
            yield tail + piece
            tail = piece[-30:]


def _check_area(sheet: Iterable[bytes], name: str) -> None:
    columns, rows = {b"A"}, 1
    for piece in sheet:
        places = CELL.findall(piece)
        columns |= {column for column, _ in places if column}
        rows = max(rows, max((int(row) for _, row in places), default=0))
    width = max(map(_place, columns))
    if rows * width > MAX_AREA:
        raise InvalidInputError(
            f"“{name}” has cells as far apart as row {rows:,} and column {width:,}. Copy the table alone into a new "
            "workbook, or save it as CSV."
        )


def _place(column: bytes) -> int:
    """ "A" is 1, "AA" is 27."""
    place = 0
    for letter in column:
        place = 26 * place + letter - 64
    return place


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return str(cell.date())
    return str(cell)
