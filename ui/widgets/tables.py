"""A table of one's own on a page: giving one, whether its first row names the columns, and what was left out of it."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.formats import named, suffixes
from core.data.tables.reader import FORMATS
from core.data.tables.table import MAX_BYTES, BadRow, Table
from ui.frame.words import plain
from ui.widgets import uploads

SHOWN_ROWS, SHOWN_CHARACTERS = 5, 200


class Given(Protocol):
    """What every parser of tables gives."""

    @property
    def has_heading(self) -> bool | None:
        """Whether a row names the columns; None where that is no question."""
        ...


Result = TypeVar("Result", bound=Given)


def table_uploader(label: str, *, key: str) -> UploadedFile | None:
    """A widget that takes one table of any format."""
    file: UploadedFile | None = uploads.file_uploader(
        f"{label} ({named(FORMATS)}, at most {MAX_BYTES / 1e6:g} MB)", type=suffixes(FORMATS), key=key
    )
    return file


def read(parser: Callable[..., Result], file: UploadedFile, *, key: str) -> Result:
    """What a parser makes of a table, with a switch whether its first row names the columns; raises as the parser."""
    found = uploads.read(parser, file)
    if found.has_heading is None:
        return found
    wanted = st.toggle("The first row names the columns", found.has_heading, key=f"{key}.heading.{file.file_id}")
    return found if wanted == found.has_heading else uploads.read(parser, file, heading=int(wanted))


def preview(table: Table) -> None:
    """The first rows, as they were read."""
    rows = [
        {name: row[at][:SHOWN_CHARACTERS] if at < len(row) else "" for at, name in enumerate(table.columns)}
        for row in table.rows[:SHOWN_ROWS]
    ]
    st.dataframe(rows, hide_index=True)
    say(table.notes)


def say(notes: Sequence[str]) -> None:
    """What was not a matter of course about reading it."""
    if notes:
        st.caption("  \n".join(plain(note) for note in notes))


def left_out(counts: dict[str, int], first: Sequence[BadRow]) -> None:
    """How many rows were left out for which reason, and the first of them; nothing where none was."""
    if not counts:
        return
    number = sum(counts.values())
    with st.expander(f"{number:,} {'row was' if number == 1 else 'rows were'} left out", icon=":material/rule:"):
        st.markdown("\n".join(f"- {number:,}: {plain(why)}" for why, number in counts.items()))
        if first:
            st.dataframe([{"line": row.line, "why": row.reason, "row": row.content} for row in first], hide_index=True)
