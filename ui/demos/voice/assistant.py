"""The assistant on the page: a light, a cursor, a player, its questions and its words, aloud if wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.demos.voice.assistant import SIDE, State, Turn, respond
from core.demos.voice.hearing import NOTHING
from core.plots.template import palette
from ui.demos.voice.browser import say
from ui.frame.state import record
from ui.frame.style import is_dark
from ui.frame.words import plain

CELL = 20  # px


@dataclass
class _Kept:
    """Where the assistant stands, and where it stood before the recording that it responded to last."""

    state: State = field(default_factory=State)
    before: State = field(default_factory=State)
    recording: str | None = None  # id of that recording


def respond_to(recording_id: str, commands: Sequence[str], *, key: str) -> list[Turn]:
    """What the commands of a recording do, from where the assistant stood when the recording was given.

    A change of a slider or of the threshold may change what was heard: then it is responded to anew, not once more.
    """
    kept = record(_Kept, key)
    if kept.recording != recording_id:
        kept.before, kept.recording = kept.state, recording_id
    state, turns = kept.before, []
    for command in commands or (NOTHING,):
        turns.append(respond(state, command))
        state = turns[-1].state
    kept.state = state
    return turns


def show_assistant(turns: Sequence[Turn], recording_id: str, *, key: str) -> None:
    """The things that commands change, and what the assistant says."""
    state = turns[-1].state if turns else record(_Kept, key).state
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**4 · Respond**", width="stretch")
            aloud = st.toggle("Speak aloud", key=f"{key}.aloud", persist_state="session")
            st.button("Start over", icon=":material/restart_alt:", key=f"{key}.reset", on_click=_reset, args=(key,))
        words = " ".join(turn.response for turn in turns) or "Say a command, and these things obey."
        st.markdown(f"#### {plain(words)}")
        with st.container(horizontal=True, gap="large", vertical_alignment="center"):
            _thing("lightbulb", "Light", "on" if state.light else "off", lit=state.light)
            _thing("play_circle" if state.playing else "stop_circle", "Player", _plays(state), lit=state.playing)
            _field(state)
            if state.question is not None:
                st.caption("A question waits: say yes or no.", width="content")
    say(words if aloud and turns else "", sentence_id=f"{recording_id} {words}", key=f"{key}.voice")


def _reset(key: str) -> None:
    kept = record(_Kept, key)
    kept.state = kept.before = State()


def _plays(state: State) -> str:
    return "playing" if state.playing else "stopped"


def _thing(icon: str, name: str, word: str, *, lit: bool) -> None:
    color = "primary" if lit else "gray"
    with st.container(width="content", gap="xxsmall", horizontal_alignment="center"):
        st.markdown(f"# :{color}[:material/{icon}:]")
        st.caption(f"{name}: {word}")


def _field(state: State) -> None:
    """The cursor's field of 5×5 cells."""
    colors = palette(is_dark())
    cells = "".join(
        f'<div style="border-radius:4px;background:'
        f'{colors.accent if (column, row) == (state.column, state.row) else colors.grid}"></div>'
        for row in range(SIDE)
        for column in range(SIDE)
    )
    where = f"Cursor: column {state.column + 1}, row {state.row + 1} of {SIDE}"
    grid = f"display:grid;gap:3px;grid-template:repeat({SIDE},{CELL}px)/repeat({SIDE},{CELL}px)"
    with st.container(width="content", gap="xxsmall", horizontal_alignment="center"):
        st.html(f'<div role="img" aria-label="{where}" style="{grid}">{cells}</div>', width="content")
        st.caption(where)
