"""What people pin to a run, and its answers: a pin belongs to one session, and an answer to one input.

Two tabs of one browser pin without disturbing each other. What a session has pinned becomes its browser's when it
ends, so that a page that is loaded again begins with it. Nothing is drawn here.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from core import demos
from core.contract import Previewed
from core.runs.protocols import RunBook
from core.runs.records import Run, pin_name
from ui.frame.services import store
from ui.frame.state import record
from ui.frame.visitor import owner
from ui.runs.live import told

IN_A_MOMENT = "The newest weights answer it in a moment …"

Whose = Literal["session", "browser", "visitor"]


@dataclass(frozen=True)
class Answered:
    """The answers to one input while a run trained."""

    name: str  # of the pin, see `pin_name`
    given: Any  # what was pinned; None where it is no longer kept
    whose: Whose
    events: list[Previewed]  # with an answer to it, the newest last

    @property
    def answers(self) -> list[Any]:
        """The answers themselves."""
        return [event.answers[self.name] for event in self.events]


def nothing(run: Run) -> str:
    """What is said where nothing was pinned: "Nothing was drawn while this run trained."."""
    return f"Nothing was {demos.find(run.task).page.gave} while this run trained."


def origin(run: Run, found: Answered) -> str:
    """Whose pin it is, of another session: "drawn before", "drawn by another visitor"; empty for this session's own."""
    words = {"session": "", "browser": "{} before", "visitor": "{} by another visitor"}
    return words[found.whose].format(demos.find(run.task).page.gave)


@dataclass
class _Pinned:
    """What this session has pinned to a run."""

    source: object = None  # of what the pin was made
    given: Any = None  # the pin


def pin(run: Run, source: object, make: Callable[[], Any] | None = None) -> None:
    """Have the newest weights answer what this session gives about once a second.

    Args:
        source: what was given, or what tells it from all else; None takes the pin away.
        make: the pin, JSON-ready, of another source than before; None: the source itself is.
    """
    pinned = record(_Pinned, run.id)
    if source != pinned.source:
        pinned.source, pinned.given = source, make() if make is not None and source is not None else source
    elif source is None:
        return
    _hold(run)


def answered(run: Run, *, watched: Collection[str] = ()) -> Answered | None:
    """The answers to what this session has pinned; to what its browser or another visitor has where that is nothing.

    Args:
        watched: names of what every run of its demo previews.
    """
    previews = told(run, Previewed)
    given = record(_Pinned, run.id).given
    if given is not None:
        name = pin_name(owner(), given)
        events = [event for event in previews if name in event.answers]
        if not run.is_over:
            _hold(run)
        if events or not run.is_over:
            return Answered(name, given, "session", events)
    pinned = [event for event in previews if not set(event.answers) <= set(watched)]
    if not pinned:
        return None
    name, whose = chosen(run, (name for name in pinned[-1].answers if name not in watched))
    events = [event for event in pinned if name in event.answers]
    return Answered(name, _kept(run, name), whose, events)


def chosen(run: Run, names: Iterable[str]) -> tuple[str, Whose]:
    """Which of these pins, one at least, this session should see: its own, its browser's, or the first."""
    names = list(names)
    given = record(_Pinned, run.id).given
    own = None if given is None else pin_name(owner(), given)
    if own in names:
        return own, "session"
    for name in names:
        if _browser(name) == owner():
            return name, "browser"
    return names[0], "visitor"


def _browser(name: str) -> str:
    return name.rpartition("@")[0] or name  # runs of before named a pin by its browser alone


def _kept(run: Run, name: str) -> Any:
    pins = store().pins(run.id)
    return pins.get(name) or next((given for other, given in pins.items() if _browser(other) == name), None)


@dataclass
class _Held:
    """What the store holds of a connected session, by run."""

    key: str
    browser: str
    runs: RunBook
    given: dict[str, Any] = field(default_factory=dict)

    def leave(self) -> None:
        if self.given:
            self.runs.leave_pins(self.key, browser=self.browser)


@st.cache_resource(scope="session", show_spinner=False, on_release=_Held.leave)
def _held(key: str, browser: str) -> _Held:
    return _Held(key, browser, store())


@dataclass
class _Session:
    """Tells this session from the others of its browser."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))


def _hold(run: Run) -> None:
    """Let the store have what the session has; Streamlit lets go of it whenever the connection is lost."""
    held = _held(f"{owner()}/{record(_Session).id}", owner())
    given = record(_Pinned, run.id).given
    if held.given.get(run.id) != given:
        store().set_pin(run.id, held.key, given)
        held.given[run.id] = given
