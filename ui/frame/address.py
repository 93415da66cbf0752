"""The address of the page. Every change of it goes through here, so that an old address is not taken for a new one.

The browser sends its address with everything that people do, but what the server writes there reaches it a moment
later. On a slow network a second click thus arrives with the address of before the first, and would undo it: back to
the view that was left, or a second run for a double click on Start. What was written meanwhile is put in again.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.frame.state import record

LATE_SECONDS = 3.0  # for so long an address that was replaced may still come from the browser
TRACKING = re.compile(r"utm_\w+|mc_[ce]id|_ga|_gl|igsh(id)?|[a-z]*clid|wbraid|gbraid", re.ASCII)  # of chats and mails
AFTER_A_LINK = ".,;:!?)]}>*_\"'’”»"  # what a chat takes into a link that stands in a sentence


@dataclass
class _Known:
    """What a session knows of its address."""

    page: str | None = None
    now: dict[str, str] = field(default_factory=dict)
    replaced: list[tuple[float, dict[str, str]]] = field(default_factory=list)  # when, and what stood there
    is_history: bool = False  # in this run of the page people came by the browser's Back or Forward button


def write(changes: Mapping[str, str | None]) -> None:
    """Change some parameters of the address; None takes one out. What stands there already is not written again.

    However many change, the browser's history gets one entry, so that its Back button takes back one change.
    """
    known, before = _known(), st.query_params.to_dict()
    given = {**(known.now if _is_late(known) else before), **changes}
    wanted = {name: value for name, value in given.items() if value is not None}
    if wanted != before:
        known.replaced.append((time.monotonic(), before))
        st.query_params.from_dict(wanted)
    known.now = st.query_params.to_dict()


def replace(parameters: Mapping[str, str]) -> None:
    """Write an address that has these parameters and no others."""
    write({**dict.fromkeys((*st.query_params, *_known().now)), **parameters})


def catch_up() -> None:
    """Where the browser sent an address that was replaced moments ago, put in the one that replaced it."""
    write({})


def arrive(page: str) -> None:
    """Before a page is drawn: catch up, unless people came from another page or by the browser's Back button."""
    known = _known()
    known.is_history = _is_history_navigation()
    if page == known.page and not known.is_history and _is_late(known):
        catch_up()
        return
    now = st.query_params.to_dict()
    is_new = page != known.page or now != known.now  # people went elsewhere
    known.page, known.now = page, now
    if is_new:
        known.replaced.clear()
        write(_repairs(now))


def is_history() -> bool:
    """Whether people came by the browser's Back or Forward button: then the address says what they want."""
    return _known().is_history


def _repairs(given: Mapping[str, str]) -> dict[str, str | None]:
    """What to change in a link that went through a chat or a mail, which add to it; nothing of it was meant."""
    bare = {name: None if TRACKING.fullmatch(name) else value.rstrip(AFTER_A_LINK) for name, value in given.items()}
    return {name: value for name, value in bare.items() if value != given[name]}


def _known() -> _Known:
    return record(_Known)


def _is_late(known: _Known) -> bool:
    given, now = st.query_params.to_dict(), time.monotonic()
    known.replaced = [(when, address) for when, address in known.replaced if now - when < LATE_SECONDS]
    return given != known.now and any(address == given for _, address in known.replaced)


def _is_history_navigation() -> bool:
    context = get_script_run_ctx()
    return context is not None and bool(getattr(context, "is_history_navigation", False))
