"""What every place of Foundations has: a question before, what was seen after, settings that stand in the address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import streamlit as st

from core.knobs import PAGE_PARAMETERS, Settings, from_text, knobs, relevant
from ui.frame import address
from ui.frame.state import record
from ui.frame.words import plain
from ui.widgets.form import widget, write_address

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Question:
    """What people answer before they try; `right` is one of the answers."""

    text: str
    answers: tuple[str, ...]
    right: str
    because: str  # completes the answer, in a sentence or two


@dataclass(frozen=True)
class Place:
    """One place of page Foundations, in a module of its name."""

    name: str  # in addresses, `?place=name`: shorter than the module's, and never changed
    title: str
    icon: str
    sentence: str
    question: Question
    show: Callable[[], Sequence[str]]  # draws everything between question and end; returns what was seen


@dataclass
class Kept:
    """The settings of a place as they were left."""

    settings: Settings | None = None
    notices: list[str] = field(default_factory=list)  # what the address got wrong
    version: int = 0  # counts how often they came from elsewhere than the widgets; part of the widgets' keys
    written: dict[str, str] | None = None  # what of them stands in the address


def ask(place: Place) -> str | None:
    """The question; returns the answer once there is one."""
    with st.container(border=True, key=f"{place.name}.question"):
        st.markdown(f":primary[**What do you think?**]  \n{place.question.text}")
        answer = st.pills(
            "Your answer",
            place.question.answers,
            key=f"{place.name}.answer",
            label_visibility="collapsed",
            persist_state="session",
        )
        st.caption("Noted. Now try it; the end of this place says what was seen." if answer else "Guess first.")
    return answer


def tell(place: Place, answer: str | None, seen: Sequence[str]) -> None:
    """What was seen, and what became of the answer; without an answer it stays folded."""
    with st.expander("**What was seen**", icon=":material/visibility:", expanded=answer is not None):
        for sentence in seen:
            st.markdown(sentence)
        right = place.question.right
        if answer is None:
            st.markdown(f"**{right}.** {place.question.because}")
        elif answer == right:
            st.markdown(f"You said “{answer}”: **right.** {place.question.because}")
        else:
            st.markdown(f"You said “{answer}”. It is: **{right}.** {place.question.because}")


def settings_of(kind: type[S], place: str) -> S:
    """The settings of a place: from the address where it says any, else as they were left, else the defaults.

    What the address gets wrong is said on the page and takes its default.
    """
    kept, given = record(Kept, place), _given()
    is_wanted = bool(given) or address.is_history()
    if kept.settings is None or (is_wanted and given != kept.written):
        settings, notices = from_text(kind, given)
        keep(place, settings)
        kept.notices = notices
    else:
        _write(kept.settings, place)
    if kept.notices:
        st.warning("  \n".join(plain(notice) for notice in kept.notices), icon=":material/link_off:")
    return current(kind, place)


def current(kind: type[S], place: str) -> S:
    """The settings of a place that is shown, as they are now; for callbacks."""
    settings = record(Kept, place).settings
    assert isinstance(settings, kind)
    return settings


def hold(place: str, settings: Settings) -> None:
    """Take what the widgets of a place say: it outlives them, and stands in the address."""
    kept = record(Kept, place)
    if kept.settings != settings:
        kept.notices = []
    kept.settings = settings
    _write(settings, place)


def keep(place: str, settings: Settings) -> None:
    """Take settings that no widget made: every widget of the place starts anew from them. For callbacks too."""
    hold(place, settings)
    record(Kept, place).version += 1


def version(place: str) -> int:
    """Counts how often the settings of a place came from elsewhere than its widgets; part of the widgets' keys."""
    return record(Kept, place).version


def turn(place: str, settings: S, names: Sequence[str], *, columns: int = 3) -> S:
    """Draw the widgets of some knobs, those that matter now, and return the settings as they say."""
    declared = knobs(type(settings))
    shown = [name for name in names if name in relevant(settings)]
    chosen = {}
    for start in range(0, len(shown), columns):
        row = st.columns(columns, gap="medium", vertical_alignment="bottom")
        for column, name in zip(row, shown[start : start + columns], strict=False):
            with column:
                key = f"{place}.{name}.{version(place)}"
                chosen[name] = widget(declared[name], getattr(settings, name), key)
    changed = replace(settings, **chosen)
    if changed != settings:
        hold(place, changed)
    return changed


def _write(settings: Settings, place: str) -> None:
    write_address(settings)
    record(Kept, place).written = _given()


def _given() -> dict[str, str]:
    """What the address says of the settings of its place."""
    return {name: text for name, text in st.query_params.items() if name not in PAGE_PARAMETERS}
