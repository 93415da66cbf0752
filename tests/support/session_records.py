"""What the tests of pages read and set in a session: its typed records."""

from typing import Any, TypeVar

from streamlit.testing.v1 import AppTest

from ui.frame.state import record_key
from ui.lessons.place import Kept
from ui.widgets.form import Form

Record = TypeVar("Record")


def kept(app: AppTest, kind: type[Record], name: str = "") -> Record:
    """The record of a session; one that it does not have yet is made."""
    key = record_key(kind, name)
    if key not in app.session_state:
        app.session_state[key] = kind()
    found: Record = app.session_state[key]
    return found


def settings_of(app: AppTest, place: str) -> Any:
    """The settings of a place of Foundations."""
    return kept(app, Kept, place).settings


def form_of(app: AppTest, demo: str) -> Any:
    """The config that the form of a demo holds."""
    return kept(app, Form, demo).config
