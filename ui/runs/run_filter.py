"""The filter of page Runs. Every choice stands in the address, so a filtered list can be linked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast, get_args

import streamlit as st

from core.runs.protocols import Sort
from core.runs.records import Run, State
from ui.frame.demo_pages import shown
from ui.frame.services import store
from ui.frame.visitor import owner
from ui.frame.words import STATES, plain

WIDTH = 150  # px of a choice: two in a row on a phone

# What is shown is what stands in the address (a bound widget writes its label there): short words.
ANY_STATE, ANY_DEMO, EVERYBODY, MINE = "Any state", "All demos", "Everybody", "Me"
STATE_WORDS = {STATES[state][0].capitalize(): state for state in cast(tuple[State, ...], get_args(State))}
SORT_WORDS = {word.capitalize(): word for word in cast(tuple[Sort, ...], get_args(Sort))}


@dataclass(frozen=True)
class Filter:
    """Which runs are shown, in which order; None lets all pass."""

    text: str
    state: State | None
    demo: str | None
    owner: str | None
    sort: Sort


def run_filter() -> Filter:
    """Draw the filter and return what it says; words in the address that are unknown are said and left out."""
    demos = {demo.title: name for name, demo in shown().items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Title or id",
            type="search",
            icon=":material/search:",
            placeholder="Find a run",
            key="q",
            bind="query-params",
            persist_state="session",
            live=True,
        )
        state = _choice("State", [ANY_STATE, *STATE_WORDS], key="state")
        # with one demo there is nothing to choose
        demo = _choice("Demo", [ANY_DEMO, *demos], key="demo") if len(demos) > 1 else ANY_DEMO
        whose = _choice("Started by", [EVERYBODY, MINE], key="by")
        sort = _choice("Order", SORT_WORDS, key="sort")
    return Filter(
        text=(text or "").strip(),
        state=STATE_WORDS.get(state),
        demo=demos.get(demo),
        owner=owner() if whose == MINE else None,
        sort=SORT_WORDS[sort],
    )


def _choice(label: str, words: Iterable[str], *, key: str) -> str:
    words = list(words)
    given = st.query_params.get(key)
    if given is not None and given not in words:
        message = f"The address asks for {label.lower()} “{given}”; there is {', '.join(words)}. “{words[0]}” is shown."
        st.warning(plain(message), icon=":material/link_off:")
    return st.selectbox(label, words, key=key, bind="query-params", persist_state="session", width=WIDTH)


def clear_filter() -> None:
    """Let every run pass, in the next run of the page; for callbacks."""
    st.session_state["q"] = ""
    for key, word in (("state", ANY_STATE), ("demo", ANY_DEMO), ("by", EVERYBODY)):
        if key in st.session_state:
            st.session_state[key] = word


def find(chosen: Filter) -> list[Run]:
    """The runs that pass."""
    return store().find(
        text=chosen.text,
        states=[chosen.state] if chosen.state else (),
        task=chosen.demo,
        owner=chosen.owner,
        sort=chosen.sort,
    )
