"""Files and recordings that people give to a page: read outside this process, and said when the server let go of one.

A connection that is lost for longer than `server.disconnectedSessionTTL` takes its files along, and a server that was
started again has none; the browser goes on showing their names.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from core.reading import pool

Result = TypeVar("Result")

LOST = (
    "The connection was lost for too long: the studio no longer has this {thing}, although it is still shown. {again}."
)


def file_uploader(label: str, *, key: str, **options: Any) -> Any:
    """`st.file_uploader`, which says when what it shows is gone."""
    given = st.file_uploader(label, key=key, **options)
    _say_if_lost(key, thing="file", again="Choose it again")
    return given


def audio_input(label: str, *, key: str, **options: Any) -> UploadedFile | None:
    """`st.audio_input`, which says when what it shows is gone."""
    given = st.audio_input(label, key=key, **options)
    _say_if_lost(key, thing="recording", again="Record it again")
    return given


def given_to(key: str) -> list[UploadedFile]:
    """What the widget of this key holds, in a callback."""
    return [file for file in _held(key) if isinstance(file, UploadedFile)]


def _say_if_lost(key: str, *, thing: str, again: str) -> None:
    if any(isinstance(file, DeletedFile) for file in _held(key)):
        st.warning(LOST.format(thing=thing, again=again), icon=":material/link_off:")


def _held(key: str) -> list[Any]:
    held = st.session_state.get(key)
    return held if isinstance(held, list) else [held]


def read(parser: Callable[..., Result], file: UploadedFile, *, name: str | None = None, **after: float) -> Result:
    """What a parser of `core.reading.parsers` makes of a file.

    Args:
        name: what sentences call the file, if not by its own name.
        after: for a parser that reads a file in parts, how far the part before came.

    Raises:
        InvalidInputError: it cannot be read, or not within the limits.
    """
    return pool.readers().read(parser, file.getvalue(), name=name or file.name, left=_left, **after)


def _left() -> None:
    """Look at the session's state: there Streamlit ends a run of a page whose visitor left or clicked elsewhere."""
    _ = "left" in st.session_state
