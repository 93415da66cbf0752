"""The model picker: release models and every finished run of a demo, each with its measured figure and its set."""

from dataclasses import dataclass

import streamlit as st

from core.contract import Task
from core.errors import NotFoundError
from core.runs.records import Checkpoint
from ui.frame import address
from ui.frame.services import store
from ui.frame.state import record
from ui.frame.words import plain
from ui.runs.run_words import result

RELEASE = "release"  # in addresses: the first release model, whatever its id


@dataclass(frozen=True)
class Choice:
    """A model that can be picked."""

    id: str  # of a release model or of a run
    label: str


@dataclass
class _Last:
    """What this session chose last for a demo."""

    model: str | None = None


def choices(task: Task, *, release_label: str) -> list[Choice]:
    """The one release model first, then finished runs, newest first."""
    return [Choice(RELEASE, f"Release model · {release_label}"), *finished(task)]


def finished(task: Task) -> list[Choice]:
    """Runs that have a model, newest first."""
    runs = store().find(task=task.name, states=["completed", "stopped"], limit=100)
    own = []
    for run in runs:
        if checkpoints := store().checkpoints(run.id):
            measured = result(task, run, checkpoints) or "not measured"
            own.append(Choice(run.id, f"Run {run.id} · {run.title} · {measured}"))
    return own


def best_checkpoint(run_id: str) -> Checkpoint:
    """The checkpoint that answers for a run: the best, or the newest where nothing was compared."""
    newest_first = store().checkpoints(run_id)
    return next((checkpoint for checkpoint in newest_first if checkpoint.best), newest_first[0])


def model_picker(task: Task, options: list[Choice]) -> str:
    """The chosen model's id, the first one by default; the choice is in the address as `model=`, and an unknown one
    there is said."""
    ids = [option.id for option in options]
    default = ids[0]
    last = record(_Last, task.name)
    wanted = st.query_params.get("model") or last.model or default
    if wanted not in (*ids, RELEASE):
        st.warning(plain(_why_not(wanted)), icon=":material/link_off:")
    wanted = wanted if wanted in ids else default
    labels = {option.id: option.label for option in options}
    key = f"model.{task.name}.{wanted}.{len(ids)}"
    chosen = st.selectbox("Model", ids, index=ids.index(wanted), format_func=labels.__getitem__, key=key)
    last.model = chosen
    if chosen != st.query_params.get("model", default):
        address.write({"model": None if chosen == default else chosen})
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
