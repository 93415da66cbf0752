"""A button that gives a file to the browser, without drawing the page again."""

import mimetypes
from collections.abc import Callable

import streamlit as st


def download(label: str, content: bytes | Callable[[], bytes], name: str, *, key: str) -> None:
    """The button.

    Args:
        content: of the file; a function makes it when the button is clicked, outside the page's script.
        name: of the file; its end says what kind it is.
    """
    st.download_button(
        label,
        content,
        file_name=name.replace("/", "-"),
        mime=mimetypes.guess_type(name)[0] or "application/octet-stream",
        on_click="ignore",
        icon=":material/download:",
        key=key,
    )
