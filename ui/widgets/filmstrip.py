"""A slider over what a run has drawn again and again while it trained."""

from collections.abc import Sequence

import streamlit as st

from core.contract import Previewed
from core.runs.records import Run


def moment(run: Run, drawn: Sequence[Previewed]) -> int:
    """Index of the moment that the slider shows: the newest, until somebody looks back."""
    newest, state = len(drawn) - 1, f"film.{run.id}"
    if newest == 0:
        return 0
    key = f"{state}.{newest}"  # a slider with another end is another slider

    def choose() -> None:
        chosen = st.session_state[key]
        st.session_state[state] = None if chosen == newest else chosen

    chosen = st.session_state.get(state)
    return int(
        st.select_slider(
            "Time (steps)",
            range(newest + 1),
            newest if chosen is None else chosen,
            format_func=lambda index: f"{drawn[index].step:,}",
            key=key,
            on_change=choose,
        )
    )
