"""The model picker: the release model and every finished run of a demo, each with its measured figure and its set."""

from dataclasses import dataclass

import streamlit as st

from core.contract import Task
from core.errors import NotFoundError
from core.runs.records import Checkpoint
from ui.run_words import result
from ui.services import store
from ui.words import plain

RELEASE = "release"


@dataclass(frozen=True)
class Choice:
    """A model that can be picked."""

    id: str  # "release" or a run's id
    label: str


def choices(task: Task, *, release_label: str) -> list[Choice]:
    """Release first, then finished runs, newest first."""
    runs = store().find(task=task.name, states=["completed", "stopped"], limit=100)
    own = []
    for run in runs:
        if checkpoints := store().checkpoints(run.id):
            measured = result(task, run, checkpoints) or "not measured"
            own.append(Choice(run.id, f"Run {run.id} · {run.title} · {measured}"))
    return [Choice(RELEASE, f"Release model · {release_label}"), *own]


def best_checkpoint(run_id: str) -> Checkpoint:
    """The checkpoint that answers for a run: the best, or the newest where nothing was compared."""
    newest_first = store().checkpoints(run_id)
    return next((checkpoint for checkpoint in newest_first if checkpoint.best), newest_first[0])


def model_picker(task: Task, options: list[Choice]) -> str:
    """The chosen model's id; the choice is in the address as `model=`, and an unknown one there is said."""
    ids = [option.id for option in options]
    last = f"model.{task.name}.last"
    wanted = st.query_params.get("model") or st.session_state.get(last, RELEASE)
    if wanted not in ids:
        st.warning(plain(_why_not(wanted)), icon=":material/link_off:")
        wanted = RELEASE
    labels = {option.id: option.label for option in options}
    key = f"model.{task.name}.{wanted}.{len(ids)}"
    chosen = st.selectbox("Model", ids, index=ids.index(wanted), format_func=labels.__getitem__, key=key)
    st.session_state[last] = chosen
    if chosen != st.query_params.get("model", RELEASE):
        if chosen == RELEASE:
            st.query_params.pop("model", None)
        else:
            st.query_params["model"] = chosen
    return chosen


def _why_not(run_id: str) -> str:
    try:
        run = store().get(run_id)
    except NotFoundError as error:
        return f"The address names a model that is not here. {error} The release model answers instead."
    if run.deleted_at is not None:
        return f"Run {run_id} is deleted; page Runs restores it. The release model answers instead."
    why = "is not among the models here" if run.is_over else "has no finished model yet"
    return f"Run {run_id} is {run.state} and {why}. The release model answers instead."
