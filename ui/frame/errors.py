"""The one place where errors are shown, as they are: nothing that stands in them is read as Markdown.

A click is handled before its page is drawn. What it could not do is kept until the place of its button is drawn.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import ParamSpec

import streamlit as st

from core.errors import GlassboxError
from ui.frame.state import record
from ui.frame.words import plain

Given = ParamSpec("Given")

UNEXPECTED = (
    "Something went wrong here that nobody has thought of. Load the page again; if it comes back, tell whoever started "
    "the studio: the server's log says what it was."
)


def show_error(error: Exception | str, *, icon: str = "error") -> None:
    """Show an error, or the words of one, with one of Material's icons."""
    st.error(plain(str(error)), icon=f":material/{icon}:")


def show_uncaught(error: Exception) -> bool:
    """Show what ended the drawing of a page or of a part of it, in place of Streamlit's words, which are no pupil's.

    The server's log has it with its traceback.
    """
    show_error(error if isinstance(error, GlassboxError) else UNEXPECTED)
    return True


def shown_errors(kind: type[GlassboxError] = GlassboxError, *, icon: str = "error") -> "_Caught":
    """`with shown_errors():` shows an error of that kind; the rest of the block is left out, what follows it is not."""
    return _Caught(kind, icon)


@dataclass
class _Caught(AbstractContextManager["_Caught"]):
    kind: type[GlassboxError]
    icon: str

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, self.kind):
            return False
        show_error(error, icon=self.icon)
        return True


@dataclass
class _Clicks:
    """What the last clicks could not do, by the place of their buttons."""

    said: dict[str, str] = field(default_factory=dict)


def attempt(place: str, act: Callable[Given, object], *arguments: Given.args, **named: Given.kwargs) -> None:
    """Do what a button asks for, in its callback.

    Args:
        place: of the button; `show_click_error` takes the same.
    """
    try:
        act(*arguments, **named)
    except GlassboxError as error:
        record(_Clicks).said[place] = str(error)


def show_click_error(place: str) -> None:
    """What the last click at a place could not do, once."""
    if said := record(_Clicks).said.pop(place, None):
        show_error(said)
