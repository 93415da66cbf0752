"""The trained networks behind the pages, read once and kept: release models, and those of runs."""

from typing import Any

import streamlit as st

from core import demos
from core.errors import NotFoundError
from core.runs import checkpoints
from core.runs.records import Checkpoint
from core.settings import home
from ui.frame.services import files, store

RELEASE = "release"  # in addresses: the first release model, whatever its id


def best_checkpoint(run_id: str) -> Checkpoint:
    """The checkpoint that answers for a run: the best, or the newest where nothing was compared.

    Raises:
        NotFoundError: it has none any more. A page that was open for long may still ask for it.
    """
    newest_first = store().checkpoints(run_id)
    if not newest_first:
        raise NotFoundError(f"The model of run {run_id} is not here any more. Load the page again to choose another.")
    return next((checkpoint for checkpoint in newest_first if checkpoint.best), newest_first[0])


def model_of(demo_name: str, model_id: str) -> Any:
    """What a demo's record makes of a release model or of a run, by its id in addresses.

    Raises:
        DataUnavailableError: the release model needs what is not on this machine.
        NotFoundError: the run has no model any more.
        GlassboxError: the run's checkpoint cannot be read or means nothing.
    """
    releases = demos.find(demo_name).releases
    if model_id == RELEASE:
        model_id = next(iter(releases))
    if model_id in releases:
        return release(demo_name, model_id)
    return _of_run(str(home()), demo_name, model_id, best_checkpoint(model_id).seq)


@st.cache_resource(max_entries=8, show_spinner=False)
def release(demo_name: str, release_id: str) -> Any:
    """A release model, read once; raises `DataUnavailableError` where it needs what is not here."""
    demo = demos.find(demo_name)
    assert demo.models is not None
    return demo.models.of_release(demo.releases[release_id])


@st.cache_resource(max_entries=16)
def _of_run(home_folder: str, demo_name: str, run_id: str, seq: int) -> Any:
    demo, restored = demos.find(demo_name), checkpoints.restore(store(), files(), run_id, prefer="best")
    assert demo.models is not None
    assert restored is not None
    return demo.models.of_run(store().get(run_id).config, restored.state["learner"])
