"""One of a few ways or parts, all in sight: a segmented control that keeps what was chosen for the session."""

from collections.abc import Mapping

import streamlit as st


def one_of(label: str, options: Mapping[str, str], *, key: str) -> str:
    """The chosen option; the first one at first.

    Args:
        label: for people who hear the page; it is not drawn.
        options: by name, what stands on each, with its icon.
        key: stable for its place on the page.
    """
    chosen = st.segmented_control(
        label,
        list(options),
        default=next(iter(options)),
        required=True,
        format_func=options.__getitem__,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
    assert chosen is not None
    return chosen
