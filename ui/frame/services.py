"""What the pages of a server share: the run store and the runs in it, and this machine's speed."""

from typing import Any

import streamlit as st

from core import demos, settings
from core.errors import NotFoundError
from core.knobs import Config, from_json, to_json
from core.runs.protocols import Files, RunBook
from core.runs.records import Run
from core.runs.store import RunStore, open_store
from core.training import estimate
from core.training.placement import device_for
from ui.frame.errors import shown_errors


@st.cache_resource(max_entries=4)
def _store(home: str) -> RunStore:
    return open_store()


def store() -> RunBook:
    """The run store of this installation, as people use it: pages claim and finish nothing."""
    return _store(str(settings.home())).book


def files() -> Files:
    """The files of its runs."""
    return _store(str(settings.home())).files


def run_of(run_id: str | None, *, task: str | None = None) -> Run | None:
    """The run of that id, and of that demo where one is named; None where there is no such run."""
    if not run_id:
        return None
    try:
        run = store().get(run_id)
    except NotFoundError:
        return None
    return run if task in (None, run.task) else None


FARTHEST = ("completed", "running", "queued", "stopped", "failed")  # which of several runs of one config is shown


def run_with(task_name: str, config: Config) -> Run | None:
    """Of the runs with that very config the one that got farthest, whoever started it: it finds what all would."""
    runs = store().find(task=task_name, config=to_json(config))
    return min(runs, key=lambda run: FARTHEST.index(run.state), default=None)


def run_or_say(run_id: str) -> Run | None:
    """The run of that id; where there is none, the page says so."""
    with shown_errors(NotFoundError, icon="search_off"):
        return store().get(run_id)
    return None


def config_of(run: Run) -> Any:
    """The config of a run, which may have been saved by an older version."""
    return from_json(demos.task(run.task).Config, run.config)[0]


@st.cache_resource
def machine_speed() -> estimate.Speed:
    """How fast this machine is, measured once."""
    return estimate.machine_speed(device_for("auto"))
