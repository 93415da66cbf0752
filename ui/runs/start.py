"""Starting a run from a page: two clicks in a hurry start one."""

import time
from typing import Any

import streamlit as st

from core.contract import Task
from core.errors import NotFoundError
from core.knobs import Config, to_json
from core.runs.records import Run
from core.service import launch
from ui.frame.services import store
from ui.frame.visitor import owner

HURRY_SECONDS = 5.0  # the same again within this time is the same click: the answer to the first was slow


def start_run(task: Task, config: Config, *, parent: str | None = None, title: str | None = None) -> Run:
    """The run that `launch.start` makes for this visitor, or the one that the same click has started already.

    A run that has ended meanwhile is no answer: whoever starts it again then wants another.

    Raises:
        GlassboxError: it cannot be started.
    """
    wanted: tuple[Any, ...] = (task.name, to_json(config), parent, title)
    now = time.monotonic()
    started: list[tuple[float, tuple[Any, ...], str]] = st.session_state.setdefault("started", [])
    started[:] = [one for one in started if now - one[0] < HURRY_SECONDS]
    for _, same, run_id in started:
        if same == wanted and (run := _still_going(run_id)) is not None:
            return run
    run = launch.start(store(), task, config, owner=owner(), parent=parent, title=title)
    started.append((now, wanted, run.id))
    return run


def _still_going(run_id: str) -> Run | None:
    try:
        run = store().get(run_id)
    except NotFoundError:
        return None
    return None if run.is_over or run.deleted_at is not None else run
