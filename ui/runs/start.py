"""Starting a run from a page, where two clicks in a hurry start one, and going on with it."""

import time
from dataclasses import dataclass, field
from typing import Any

from core.contract import Task
from core.knobs import Config, to_json
from core.runs.records import Run
from core.service import launch
from ui.frame.services import run_of, store
from ui.frame.state import record
from ui.frame.visitor import owner

HURRY_SECONDS = 5.0  # the same again within this time is the same click: the answer to the first was slow


@dataclass
class _Started:
    """What this session has started in a hurry: when, what was wanted, and the run that was made."""

    runs: list[tuple[float, tuple[Any, ...], str]] = field(default_factory=list)


def start_run(task: Task, config: Config, *, parent: str | None = None, title: str | None = None) -> Run:
    """The run that `launch.start` makes for this visitor, or the one that the same click has started already.

    A run that has ended meanwhile is no answer: whoever starts it again then wants another.

    Raises:
        GlassboxError: it cannot be started.
    """
    wanted: tuple[Any, ...] = (task.name, to_json(config), parent, title)
    now = time.monotonic()
    started = record(_Started).runs
    started[:] = [one for one in started if now - one[0] < HURRY_SECONDS]
    for _, same, run_id in started:
        if same == wanted and (run := _still_going(run_id)) is not None:
            return run
    run = launch.start(store(), task, config, owner=owner(), parent=parent, title=title)
    started.append((now, wanted, run.id))
    return run


def resume(run_id: str) -> Run:
    """Go on with a stopped or failed run, or take a stop back; raises as `core.service.launch.resume`."""
    return launch.resume(store(), run_id)


def extend(run_id: str, epochs: int) -> Run:
    """More epochs for a completed or stopped run; raises as `core.service.launch.extend`."""
    return launch.extend(store(), run_id, epochs)


def _still_going(run_id: str) -> Run | None:
    run = run_of(run_id)
    return None if run is None or run.is_over or run.deleted_at is not None else run
