"""Networks that a place trains, on the worker: a button, the training while it goes on, and what it found."""

from collections.abc import Callable

import streamlit as st

from core.contract import Task
from core.knobs import Config
from core.runs.records import Run
from ui.frame.errors import action, show_click_error, show_error
from ui.frame.services import config_of, run_or_say, run_with
from ui.runs.live import RunParts, short_view
from ui.runs.start import start_run

CLICKS = "trained"


def config_of_run(task: Task) -> Config | None:
    """The config of the run that the address names, if it names one of this place."""
    run_id = st.query_params.get("run")
    if run_id is None:
        return None
    run = run_or_say(run_id)
    if run is None:
        return None
    if run.task != task.name:
        show_error(f"Run {run.id} belongs to another place.", icon="search_off")
        return None
    return config_of(run)


def trained(task: Task, config: Config, draw: Callable[[Run], None], *, invitation: str, label: str) -> Run | None:
    """A button where nothing is trained with this config yet; then the training, and `draw` for what it has found.

    What is found follows from the config alone, so the run of anybody will do.

    Returns:
        The run, once there is one.
    """
    run = run_with(task.name, config)
    if run is None:
        with st.container(border=True):
            st.markdown(invitation)
            _button(task, config, label)
        return None
    if run.state == "completed":
        draw(run)
        st.caption(f"Trained in run {run.id}, which page Runs keeps.")
        return run
    parts = RunParts(instead=draw, words=_words)
    short_view(task, run, parts)
    return run


def _button(task: Task, config: Config, label: str) -> None:
    action(CLICKS, label, "play_arrow", start_run, task, config, key=f"{task.name}.train", type="primary")
    show_click_error(CLICKS)


def _words(run: Run) -> str:
    """ "step 120 of 240"."""
    return "" if run.progress is None else f"step {run.progress.step:,} of {run.progress.total_steps:,}"
