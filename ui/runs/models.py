"""The model picker: release models and every finished run of a demo, each with its measured figure and its set."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.contract import Task
from core.demo import Demo
from core.errors import DataUnavailableError, NotFoundError
from core.release import ReleaseModel
from ui.frame import address
from ui.frame.services import store
from ui.frame.state import record
from ui.frame.words import plain
from ui.runs import readers
from ui.runs.run_words import result


@dataclass(frozen=True)
class ModelOption:
    """A model that can be picked."""

    id: str  # of a release model or of a run
    label: str


@dataclass
class _Last:
    """What this session chose last for a demo."""

    model: str | None = None


def figure(release: ReleaseModel) -> str:
    """ "99.71 % of 10,000 MNIST test images"."""
    told = release.headline()
    return f"{told['accuracy']:.2f} % of {told['set']}"


def choices(demo: Demo, *, figure: Callable[[ReleaseModel], str] = figure) -> list[ModelOption]:
    """The release models that can answer here, the best one first, then finished runs. What cannot answer is said.

    Args:
        figure: how good a release model is, in words.
    """
    own = []
    for name, release in demo.releases.items():
        label = f"Release model, {release.label}" if release.label else "Release model"
        try:
            readers.release(demo.name, name)
        except DataUnavailableError as error:
            st.info(
                f"The release model “{release.label or name}” cannot answer here. {plain(str(error))}",
                icon=":material/cloud_off:",
            )
        else:
            own.append(ModelOption(name, f"{label} · {figure(release)}"))
    return [*own, *finished(demo.task)]


def finished(task: Task) -> list[ModelOption]:
    """Runs that have a model, newest first."""
    runs = store().find(task=task.name, states=["completed", "stopped"], limit=100)
    own = []
    for run in runs:
        if checkpoints := store().checkpoints(run.id):
            measured = result(task, run, checkpoints) or "not measured"
            own.append(ModelOption(run.id, f"Run {run.id} · {run.title} · {measured}"))
    return own


def model_picker(demo: Demo, options: list[ModelOption]) -> str:
    """The chosen model's id, the first one by default; the choice is in the address as `model=`, and an unknown one
    there is said."""
    if not options:
        st.stop()  # said above: no release model can answer here, and no run has finished
    ids = [option.id for option in options]
    default = ids[0]
    last = record(_Last, demo.name)
    wanted = st.query_params.get("model") or last.model or default
    if wanted not in (*ids, readers.RELEASE):
        st.warning(plain(_why_not(wanted)), icon=":material/link_off:")
    wanted = wanted if wanted in ids else default
    labels = {option.id: option.label for option in options}
    key = f"model.{demo.name}.{wanted}.{len(ids)}"
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
