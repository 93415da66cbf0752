"""The one reader of tables, for Sentiment, the playground and the terminal: any format in, a `Table` out."""

from __future__ import annotations

from collections.abc import Callable

from core.data import formats
from core.data.formats import Format, starts
from core.data.tables import delimited, json_lines, parquet, spreadsheet
from core.data.tables.table import MAX_BYTES, Found, Table, table_of, with_heading
from core.errors import InvalidInputError

# A reader gives what it has found of a content with a name.
FORMATS: tuple[Format[Callable[[bytes, str], Found]], ...] = (
    Format("Excel", ("xlsx", "xlsm"), spreadsheet.fits, spreadsheet.read),
    Format("Parquet", ("parquet",), starts(parquet.MARK), parquet.read),
    Format("JSON lines", ("jsonl", "ndjson", "json"), json_lines.fits, json_lines.read),
    Format("CSV", ("csv", "tsv", "tab", "txt"), lambda _: True, delimited.read),  # text has no mark: the last of all
)
PACKED = ("Excel", "Parquet")  # only whole


def read_table(content: bytes, *, name: str, heading: int = -1) -> Table:
    """A table of texts, at most its first `MAX_ROWS` rows.

    Args:
        heading: whether the first row names the columns, 1 or 0; -1: that is recognised.

    Raises:
        InvalidInputError: it is none of these formats, damaged, empty, or too large and of a format that cannot be cut.
    """
    found = formats.of(content, FORMATS)
    assert found is not None
    if len(content) > MAX_BYTES and found.name in PACKED:
        raise InvalidInputError(
            f"“{name}” has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are allowed. Split the file."
        )
    table = table_of(found.reader(content, name))
    return table if heading < 0 else with_heading(table, bool(heading))
