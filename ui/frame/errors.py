"""The one place where errors are shown, as they are: nothing that stands in them is read as Markdown.

A click is handled before its page is drawn. What it could not do is kept until the place of its button is drawn.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ParamSpec

import streamlit as st

from core.errors import GlassboxError
from ui.frame.state import record
from ui.frame.words import plain

Given = ParamSpec("Given")

UNEXPECTED = (
    "Something went wrong here that nobody has thought of. Load the page again; if it comes back, tell whoever started "
    "the studio: the server's log says what it was."
)


def show_error(error: Exception | str, *, icon: str = "error", mild: bool = False) -> None:
    """Show an error, or the words of one, with one of Material's icons; a mild one is a warning."""
    (st.warning if mild else st.error)(plain(str(error)), icon=f":material/{icon}:")


def show_uncaught(error: Exception) -> bool:
    """Show what ended the drawing of a page or of a part of it, in place of Streamlit's words, which are no pupil's.

    The server's log has it with its traceback.
    """
    show_error(error if isinstance(error, GlassboxError) else UNEXPECTED)
    return True


def shown_errors(kind: type[GlassboxError] = GlassboxError, *, icon: str = "error", mild: bool = False) -> "_Caught":
    """`with shown_errors():` shows an error of that kind; the rest of the block is left out, what follows it is not."""
    return _Caught(kind, icon, mild)


@dataclass
class _Caught(AbstractContextManager["_Caught"]):
    kind: type[GlassboxError]
    icon: str
    mild: bool

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, self.kind):
            return False
        show_error(error, icon=self.icon, mild=self.mild)
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


def action(
    place: str, label: str, icon: str | None, act: Callable[..., object], *arguments: object, key: str, **look: Any
) -> None:
    """A button that does something with these arguments; what it cannot do is said by `show_click_error`.

    Args:
        icon: of Material.
        look: what else `st.button` takes.
    """
    icon = f":material/{icon}:" if icon else None
    st.button(label, icon=icon, on_click=attempt, args=(place, act, *arguments), key=key, **look)


def show_click_error(place: str) -> None:
    """What the last click at a place could not do, once."""
    if said := record(_Clicks).said.pop(place, None):
        show_error(said)
