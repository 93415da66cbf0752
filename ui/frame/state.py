"""What a session remembers of its own, as typed records: one of each kind, or one of a kind for each name.

Keys of `st.session_state` that a widget or a component has given itself are not made here.
"""

from typing import TypeVar

import streamlit as st

Record = TypeVar("Record")


def record(kind: type[Record], name: str = "") -> Record:
    """The record of a kind that this session keeps, by default a fresh one; what is set in it stays.

    Args:
        kind: a class of which every field has a default.
        name: what it is about, where a session has several of a kind: the id of a run, the name of a demo.
    """
    key = record_key(kind, name)
    if key not in st.session_state:
        st.session_state[key] = kind()
    kept: Record = st.session_state[key]
    return kept


def record_key(kind: type, name: str = "") -> str:
    """Under what `st.session_state` has a record."""
    return f"{kind.__module__}.{kind.__qualname__}:{name}"
