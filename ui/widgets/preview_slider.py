"""A slider over what a run has drawn again and again while it trained."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.contract import Previewed
from core.runs.records import Run
from ui.frame.state import record


@dataclass
class _Looked:
    """Which moment somebody looks back to; None: the newest, whichever that is."""

    back: int | None = None


def moment(run: Run, drawn: Sequence[Previewed]) -> int:
    """Index of the moment that the slider shows: the newest, until somebody looks back."""
    newest, looked = len(drawn) - 1, record(_Looked, run.id)
    if newest == 0:
        return 0
    key = f"previews.{run.id}.{newest}"  # a slider with another end is another slider

    def choose() -> None:
        chosen = st.session_state[key]
        looked.back = None if chosen == newest else chosen

    return int(
        st.select_slider(
            "Time (steps)",
            range(newest + 1),
            newest if looked.back is None else looked.back,
            format_func=lambda index: f"{drawn[index].step:,}",
            key=key,
            on_change=choose,
        )
    )
